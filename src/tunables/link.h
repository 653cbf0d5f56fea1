/* The kind of tunables that belong to a link: "link:eth0/mtu", "link:eth0/qdisc",
 * "link:eth0/offload.tso". Identities are "netns COOKIE link INDEX NAME".
 *
 * What a driver cannot do is unsupported, and never a failure of other settings.
 */
#ifndef NETWRIGHT_TUNABLES_LINK_H
#define NETWRIGHT_TUNABLES_LINK_H

#include "tunables/kind.h"

#define LINK_PREFIX "link:"

extern const struct kind link_kind;

#endif
