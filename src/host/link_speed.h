/* Speeds of links from ethtool netlink, a part of host/links. */
#ifndef NETWRIGHT_HOST_LINK_SPEED_H
#define NETWRIGHT_HOST_LINK_SPEED_H

#include "base/error.h"
#include "host/links.h"
#include "host/source.h"

/* Fills `speed` of the hardware links in `table`. Errors as netlink_run(). */
int link_speed_read(struct source *s, struct link_table *table, struct error *e);

#endif
