/* One daemon for each state directory: a lock on the file "daemon.lock" in it.
 *
 * Apart from the lock of those who change settings (apply/lock.h), which the daemon takes for some
 * milliseconds at a time. flock(2), so that it dies with its holder; the file says which PID that
 * is.
 */
#ifndef NETWRIGHT_DAEMON_SINGLE_H
#define NETWRIGHT_DAEMON_SINGLE_H

#include "base/error.h"

#include <stdint.h>

/* Creates the directory (0700) and the file when missing. Returns a descriptor that holds the lock
 * until closed; -EBUSY (ERROR_BUSY) naming the holder; errors of apply/state_directory.h. */
int single_take(const char *directory, struct error *e);

/* Whether a daemon runs: 1 and its PID (0: unknown), 0 when none does, or a negative errno. Nothing
 * is created or written. */
int single_probe(const char *directory, int64_t *ret_pid, struct error *e);

#endif
