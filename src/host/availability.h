/* What this kernel can do, found out without loading or creating anything; a part of host/facts. */
#ifndef NETWRIGHT_HOST_AVAILABILITY_H
#define NETWRIGHT_HOST_AVAILABILITY_H

#include "host/facts.h"
#include "host/source.h"

/* Fills congestion_module and qdisc_module, from facts already there (kernel). Returns 0 or
 * -ENOMEM. */
int availability_read(struct source *s, struct facts *facts);

#endif
