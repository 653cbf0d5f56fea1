/* The systemd unit that a process belongs to, whose drop-ins set its limits. */
#ifndef NETWRIGHT_APPLY_PERSISTENCE_UNIT_H
#define NETWRIGHT_APPLY_PERSISTENCE_UNIT_H

#include "base/error.h"
#include "base/os.h"
#include "tunables/kind.h"

#include <stddef.h>

#define UNIT_NAME_MAX 256 /* systemd's UNIT_NAME_MAX, with the NUL */

/* The service of a control group's path: the first part below the slices, as systemd(1) lays them
 * out. 0, or -EOPNOTSUPP and why there is none in *ret_why (static, after "it runs in "). Pure. */
int persistence_unit_parse(const char *path, size_t len, char ret[UNIT_NAME_MAX],
			   const char **ret_why);

/* The service of a process limit's target: 0, -ESTALE the process has ended, -EOPNOTSUPP
 * (ERROR_UNSUPPORTED) it belongs to none, or the errno of reading its control group. */
int persistence_unit_find(struct os *os, const struct target *t, char ret[UNIT_NAME_MAX],
			  struct error *e);

#endif
