/* Speeds of links from ethtool netlink, a part of host/links. */
#ifndef NETWRIGHT_HOST_LINK_SPEED_H
#define NETWRIGHT_HOST_LINK_SPEED_H

#include "base/error.h"
#include "host/links.h"
#include "host/source.h"

struct attribute;

/* Of the header of an answer of ethtool netlink: the link that it is about; 0: it does not say. */
uint32_t link_speed_ifindex(const struct attribute *header);

/* Fills `speed` of the hardware links in `table`. Errors as netlink_run(). */
int link_speed_read(struct source *s, struct link_table *table, struct error *e);

#endif
