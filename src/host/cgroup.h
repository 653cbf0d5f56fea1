/* Which control group a process is in: the service or container that its owner knows it by. */
#ifndef NETWRIGHT_HOST_CGROUP_H
#define NETWRIGHT_HOST_CGROUP_H

#include "base/error.h"
#include "host/source.h"

#include <stddef.h>

/* Longer paths keep their end, where the service or container stands. */
#define CGROUP_PATH_MAX 96

/* Reads /proc/PID/cgroup. *ret_path is printable; "/" is the root. The unified hierarchy (version
 * 2) counts unless it has the process at its root while another one, in the order of the file, does
 * not. Returns 0, or a negative errno: -ENOENT or -ESRCH the process is gone, -EACCES, -ENODATA no
 * hierarchy, or not in a recording. */
int cgroup_of_process(struct source *s, int pid, char ret_path[CGROUP_PATH_MAX], struct error *e);

#endif
