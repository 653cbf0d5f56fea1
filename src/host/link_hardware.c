#include "host/link_hardware.h"

#include "base/cleanup.h"
#include "host/attribute.h"
#include "host/link_speed.h"
#include "host/netlink.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <string.h>

static void take_rings(const struct attribute *a, struct link_hardware *h)
{
	h->rings_known = true;
	if (a->type == ETHTOOL_A_RINGS_RX)
		(void)attribute_copy(a, &h->rx_ring, sizeof(h->rx_ring));
	else if (a->type == ETHTOOL_A_RINGS_RX_MAX)
		(void)attribute_copy(a, &h->rx_ring_max, sizeof(h->rx_ring_max));
}

static void take_queues(const struct attribute *a, struct link_hardware *h)
{
	uint32_t number = 0;

	h->queues_known = true;
	(void)attribute_copy(a, &number, sizeof(number));
	if (a->type == ETHTOOL_A_CHANNELS_RX_COUNT || a->type == ETHTOOL_A_CHANNELS_COMBINED_COUNT)
		h->queues += number;
	else if (a->type == ETHTOOL_A_CHANNELS_RX_MAX || a->type == ETHTOOL_A_CHANNELS_COMBINED_MAX)
		h->queues_max += number;
}

static void take_delay(const struct attribute *a, struct link_hardware *h)
{
	uint8_t flag = 0;

	if (a->type == ETHTOOL_A_COALESCE_RX_USECS)
		h->delay_known = attribute_copy(a, &h->rx_delay_us, sizeof(h->rx_delay_us));
	else if (a->type == ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX)
		h->delay_adapts = attribute_copy(a, &flag, sizeof(flag)) && flag != 0;
}

/* A question, and what takes each attribute of the answers but their header, whose number is 1 in
 * all of them. The names stand in recordings. */
struct part {
	const char *name;
	uint8_t command;
	void (*take)(const struct attribute *a, struct link_hardware *h);
};

static const struct part parts[] = {
	{ "ethtool/rings", ETHTOOL_MSG_RINGS_GET, take_rings },
	{ "ethtool/channels", ETHTOOL_MSG_CHANNELS_GET, take_queues },
	{ "ethtool/coalesce", ETHTOOL_MSG_COALESCE_GET, take_delay },
};

struct reading {
	const struct part *part;
	struct link_table *table;
};

static struct link_hardware *find(struct link_table *table, uint32_t ifindex)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->links[i].ifindex == ifindex)
			return &table->links[i].hardware;
	}
	return NULL;
}

static int take_message(void *arg, const struct nlmsghdr *message)
{
	const struct reading *g = arg;
	struct attribute_walk walk = attribute_walk_message(message, GENL_HDRLEN);
	struct link_hardware *h = NULL;
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type == ETHTOOL_A_RINGS_HEADER)
			h = find(g->table, link_speed_ifindex(&a));
		else if (h != NULL)
			g->part->take(&a, h);
	}
	return 0;
}

static void forget(void *arg)
{
	const struct reading *g = arg;

	for (size_t i = 0; g->part->take == take_queues && i < g->table->count; i++)
		g->table->links[i].hardware.queues = g->table->links[i].hardware.queues_max = 0;
}

int link_hardware_read(struct source *s, struct link_table *table)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct genlmsghdr payload = { .cmd = parts[i].command,
						    .version = ETHTOOL_GENL_VERSION };
		const struct source_request request = {
			.name = parts[i].name,
			.protocol = NETLINK_GENERIC,
			.family = ETHTOOL_GENL_NAME,
			.flags = NLM_F_DUMP,
			.payload = &payload,
			.payload_len = sizeof(payload),
		};
		struct reading g = { .part = &parts[i], .table = table };
		const struct netlink_visitor visitor = { take_message, forget, &g };

		if (netlink_run(s, &request, &visitor, NULL) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}
