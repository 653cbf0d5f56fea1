/* What is set of network adapters: rings, queues and interrupt delays from ethtool netlink, and to
 * which CPUs their packets go, from /sys and /proc. Read once, at the end of an observation. */
#ifndef NETWRIGHT_HOST_LINK_HARDWARE_H
#define NETWRIGHT_HOST_LINK_HARDWARE_H

#include "host/links.h"
#include "host/source.h"

/* Queues looked at of a link; adapters with more spread them alike. */
#define LINK_QUEUES_MAX 64u

/* Fills what ethtool tells of the links in `table`. What cannot be had is left unknown. 0 or
 * -ENOMEM. */
int link_hardware_read(struct source *s, struct link_table *table);

/* Fills what /sys/class/net and /proc/interrupts tell of hardware links that are up. Both are of
 * the namespace that /sys was mounted in, so they must not be asked for those of another one. 0 or
 * -ENOMEM. */
int link_steering_read(struct source *s, struct link_table *table);

/* How many CPUs a mask of the kernel names, "00000000,0000000f\n". -EINVAL when it is none. Pure.
 */
int link_mask_count(const char *text, size_t len, uint32_t *ret);

#endif
