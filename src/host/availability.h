/* What this kernel can do, found out without loading or creating anything; a part of host/facts. */
#ifndef NETWRIGHT_HOST_AVAILABILITY_H
#define NETWRIGHT_HOST_AVAILABILITY_H

#include "base/bytes.h"
#include "host/facts.h"
#include "host/source.h"

#include <stdbool.h>

/* Fills congestion_module and qdisc_module, from facts already there (kernel). Returns 0 or
 * -ENOMEM. */
int availability_read(struct source *s, struct facts *facts);

/* Whether a list as depmod(8) writes it, modules.dep or modules.builtin of /lib/modules/RELEASE,
 * has the module, called as its file is without .ko. */
bool availability_list_has(const struct bytes *list, const char *module);

#endif
