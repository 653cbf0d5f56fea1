#include "host/link_speed.h"

#include "base/cleanup.h"
#include "host/attribute.h"
#include "host/netlink.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <string.h>

#define MBIT_BYTES_PER_S 125000.0 /* 1 Mbit/s */

uint32_t link_speed_ifindex(const struct attribute *header)
{
	struct attribute_walk walk = attribute_walk_nested(header);
	struct attribute a;
	uint32_t ifindex = 0;

	while (attribute_next(&walk, &a))
		if (a.type == ETHTOOL_A_HEADER_DEV_INDEX)
			(void)attribute_copy(&a, &ifindex, sizeof(ifindex));
	return ifindex;
}

/* Whether the speed a link reports is that of hardware: its own, or what a bond, a team or a VLAN
 * adds up or passes on. Tunnels, veth and the like report a number that means nothing. */
static bool speed_is_real(const struct link_info *link)
{
	static const char *const kinds[] = { "", "bond", "team", "vlan" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(link->kind, kinds[i]) == 0)
			return !link->loopback;
	}
	return false;
}

static int take_linkmodes(void *arg, const struct nlmsghdr *message)
{
	const struct link_table *table = arg;
	struct attribute_walk walk = attribute_walk_message(message, GENL_HDRLEN);
	uint32_t ifindex = 0, speed_mbit = (uint32_t)SPEED_UNKNOWN;
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type == ETHTOOL_A_LINKMODES_HEADER)
			ifindex = link_speed_ifindex(&a);
		else if (a.type == ETHTOOL_A_LINKMODES_SPEED)
			(void)attribute_copy(&a, &speed_mbit, sizeof(speed_mbit));
	}
	if (speed_mbit == (uint32_t)SPEED_UNKNOWN)
		return 0;
	for (size_t i = 0; i < table->count; i++) {
		struct link_info *link = &table->links[i];

		if (link->ifindex == ifindex && speed_is_real(link))
			link->speed = speed_mbit * MBIT_BYTES_PER_S;
	}
	return 0;
}

int link_speed_read(struct source *s, struct link_table *table, struct error *e)
{
	/* Compact bit sets: names of all link modes would make 4 KiB of each link. */
	const struct {
		struct genlmsghdr genl;
		struct nlattr header;
		struct nlattr flags;
		uint32_t value; /* cppcheck-suppress unusedStructMember */
	} payload = {
		.genl = { .cmd = ETHTOOL_MSG_LINKMODES_GET, .version = ETHTOOL_GENL_VERSION },
		.header = { .nla_len = 2 * sizeof(struct nlattr) + sizeof(uint32_t),
			    .nla_type = ETHTOOL_A_LINKMODES_HEADER | NLA_F_NESTED },
		.flags = { .nla_len = sizeof(struct nlattr) + sizeof(uint32_t),
			   .nla_type = ETHTOOL_A_HEADER_FLAGS },
		.value = ETHTOOL_FLAG_COMPACT_BITSETS,
	};
	const struct source_request request = {
		.name = "ethtool/linkmodes",
		.protocol = NETLINK_GENERIC,
		.family = ETHTOOL_GENL_NAME,
		.flags = NLM_F_DUMP,
		.payload = &payload,
		.payload_len = sizeof(payload),
	};
	const struct netlink_visitor visitor = { .message = take_linkmodes, .arg = table };

	return netlink_run(s, &request, &visitor, e);
}
