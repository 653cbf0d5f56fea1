/* The directory of the journal, the history, the lock and the snapshots, checked before it is used.
 *
 * What is in it decides what is written to the kernel, so nobody else may be able to put a file
 * there: it is a directory and no symbolic link, it belongs to root or to us, and neither its group
 * nor others may write to it. Its parents are taken as the administrator made them; symbolic links
 * among them are followed once, at opening.
 */
#ifndef NETWRIGHT_APPLY_STATE_DIRECTORY_H
#define NETWRIGHT_APPLY_STATE_DIRECTORY_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

struct state_directory {
	int fd;		     /* owned */
	char path[PATH_MAX]; /* absolute, without symbolic links */
};

/* With `create` a missing directory is made (0700, its parents not) and survives power loss.
 * -ENOENT: it, or its parent, does not exist; -EPERM (ERROR_FAILED): a link, not ours, or open to
 * others; -EACCES (ERROR_PRIVILEGE): we may not look into it; other errnos of the file system. */
int state_directory_open(const char *path, bool create, struct state_directory *ret,
			 struct error *e);
void state_directory_close(struct state_directory *d); /* accepts {.fd = -1} */

/* A file in it is a regular file of root or us, with one name, that nobody else may write to.
 * -ENOENT without words when it does not exist; -EPERM (ERROR_FAILED). */
int state_directory_check_file(const struct state_directory *d, const char *name, struct error *e);

#endif
