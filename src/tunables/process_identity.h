/* Which process a PID means, and which PIDs a selector means, read from /proc through struct os. */
#ifndef NETWRIGHT_TUNABLES_PROCESS_IDENTITY_H
#define NETWRIGHT_TUNABLES_PROCESS_IDENTITY_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/os.h"

#include <stdint.h>

/* When the process started, in clock ticks after boot: 0, -ESRCH when there is none, -EBADMSG. */
int process_start_find(struct os *os, pid_t pid, uint64_t *ret);

/* Appends to *pids (an array of pid_t) what a selector means: all digits a PID, "cgroup=PATH" the
 * processes directly in that control group, anything else a name, as /proc/PID/comm has it.
 * -EINVAL (ERROR_INPUT) when malformed, -ENOENT (ERROR_INPUT) when it means none, or more than
 * `max`: -E2BIG (ERROR_INPUT). */
int process_select(struct os *os, const char *selector, size_t max, struct bytes *pids,
		   struct error *e);

#endif
