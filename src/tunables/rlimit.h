/* The kind of tunables that are limits of running processes: "rlimit:SELECTOR/RESOURCE".
 *
 * The selector is a PID, the name of processes (comm, at most 15 characters), or "cgroup=PATH":
 * the processes directly in that control group. The canonical name has the PID, and the identity is
 * "process PID start TICKS", the start time of /proc/PID/stat, which tells a process from a later
 * one of the same number.
 *
 * Values are "SOFT:HARD" with "unlimited" for RLIM_INFINITY, in the kernel's unit; people may write
 * SOFT alone, which raises the hard limit only where it must. Raising a hard limit takes
 * CAP_SYS_RESOURCE; lowering one without it cannot be undone, and is refused. What started before
 * keeps its limits' effects: descriptors above a lowered limit stay open.
 */
#ifndef NETWRIGHT_TUNABLES_RLIMIT_H
#define NETWRIGHT_TUNABLES_RLIMIT_H

#include "tunables/kind.h"

#define RLIMIT_PREFIX	   "rlimit:"
#define RLIMIT_TARGETS_MAX 4096 /* processes that one selector may mean */

extern const struct kind rlimit_kind;

#endif
