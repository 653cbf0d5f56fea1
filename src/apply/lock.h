/* One writer at a time: a lock on the state directory.
 *
 * flock(2), so that it dies with its holder, and on the directory itself, because a file of its own
 * could be removed, and whoever made it anew would hold another lock. The file "lock" in it only
 * says who holds it. A child process shares the lock of its parent: fork first (apply/guardian.h).
 */
#ifndef NETWRIGHT_APPLY_LOCK_H
#define NETWRIGHT_APPLY_LOCK_H

#include "base/error.h"

#include <stdint.h>

#define LOCK_COMMAND_MAX 128

/* Creates the directory (0700) when missing, and waits up to `wait_s` for the lock. Returns a
 * descriptor that holds it until closed; -EBUSY (ERROR_BUSY) with the holder's PID and command;
 * -EPERM for a directory that is a link, not ours, or open to others; errnos of the file system.
 * `command` is noted in the file for others to read. */
int lock_take(const char *directory, double wait_s, const char *command, struct error *e);

struct lock_holder {
	int64_t pid; /* 0: unknown */
	double held_s;
	char command[LOCK_COMMAND_MAX]; /* printable */
};

/* Who holds the lock now, for those who only report: 1 and *ret, 0 when it is free, or a negative
 * errno. Nothing is created or written. */
int lock_probe(const char *directory, struct lock_holder *ret, struct error *e);

#endif
