/* Statistics of the root qdiscs, a part of host/links. */
#ifndef NETWRIGHT_HOST_LINK_QDISC_H
#define NETWRIGHT_HOST_LINK_QDISC_H

#include "base/error.h"
#include "host/links.h"
#include "host/source.h"

/* Fills qdisc_* and has_qdisc_stats of the links in `table`, which must be sorted by ifindex.
 * Errors as netlink_run(). */
int link_qdisc_read(struct source *s, struct link_table *table, struct error *e);

#endif
