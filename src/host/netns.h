/* Network namespaces by name or process. */
#ifndef NETWRIGHT_HOST_NETNS_H
#define NETWRIGHT_HOST_NETNS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define NETNS_DIRECTORY "/run/netns" /* where ip-netns(8) binds the namespaces it names */
#define NETNS_PATH_MAX	288	     /* bytes of a path of these, with the NUL */

/* Where a namespace called `name` is found: in NETNS_DIRECTORY, and, when the name is all digits,
 * of the process of that number; otherwise `of_process` is "". -EINVAL as netns_open(). */
int netns_paths(const char *name, char named[NETNS_PATH_MAX], char of_process[NETNS_PATH_MAX],
		struct error *e);
/* Says why a namespace called `name` could not be opened, `code` being the errno of open(2), or of
 * setns(2) for -EINVAL: no namespace. Returns -ENOENT, -EPERM or `code`. */
int netns_open_failed(const char *name, int code, struct error *e);

/* Opens the namespace called `name` in /run/netns, or of process `name` when it is all digits and
 * no such name exists. NULL opens the caller's own. Returns a close-on-exec descriptor or a
 * negative errno: -ENOENT, -EPERM, -EINVAL for a name with a slash or longer than 255. */
int netns_open(const char *name, struct error *e);
/* What a namespace is called in reports: its name, and "self" for our own, whose name is "". One
 * that ip-netns(8) calls "self" is told from that: "/run/netns/self". */
const char *netns_label(const char *name);

/* Whether both descriptors mean the same namespace; namespaces that are both held open have
 * different inode numbers exactly if they differ. */
bool netns_same(int fd_a, int fd_b);
/* The calling thread enters the namespace. */
int netns_enter(int fd, struct error *e);

#endif
