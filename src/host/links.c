#include "host/links.h"

#include "base/array.h"
#include "base/text.h"
#include "host/attribute.h"
#include "host/link_qdisc.h"
#include "host/link_speed.h"
#include "host/netlink.h"

#include <assert.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static_assert(LINK_NAME_MAX == IFNAMSIZ, "names of the kernel fit");

static void take_text(const struct attribute *a, char ret[LINK_NAME_MAX])
{
	text_copy_printable(ret, LINK_NAME_MAX, (const char *)a->data, a->len);
}

/* Older and newer kernels send fewer and more of them; all of ours were there from the start. */
static void take_stats(const struct attribute *a, struct link_info *link)
{
	struct rtnl_link_stats64 stats;
	const size_t least = offsetof(struct rtnl_link_stats64, rx_missed_errors) +
			     sizeof(stats.rx_missed_errors);

	if (a->len < least)
		return;
	memcpy(&stats, a->data, least);
	link->rx_bytes = stats.rx_bytes;
	link->tx_bytes = stats.tx_bytes;
	link->rx_packets = stats.rx_packets;
	link->tx_packets = stats.tx_packets;
	link->rx_errors = stats.rx_errors;
	link->tx_errors = stats.tx_errors;
	link->rx_dropped = stats.rx_dropped;
	link->tx_dropped = stats.tx_dropped;
	link->rx_missed = stats.rx_missed_errors;
}

static void take_kind(const struct attribute *info, struct link_info *link)
{
	struct attribute_walk walk = attribute_walk_nested(info);
	struct attribute a;

	while (attribute_next(&walk, &a))
		if (a.type == IFLA_INFO_KIND)
			take_text(&a, link->kind);
}

static void take_attribute(const struct attribute *a, struct link_info *link)
{
	switch (a->type) {
	case IFLA_IFNAME:
		take_text(a, link->name);
		break;
	case IFLA_MTU:
		(void)attribute_copy(a, &link->mtu_bytes, sizeof(link->mtu_bytes));
		break;
	case IFLA_TXQLEN:
		(void)attribute_copy(a, &link->tx_queue_len, sizeof(link->tx_queue_len));
		break;
	case IFLA_QDISC:
		take_text(a, link->qdisc);
		break;
	case IFLA_LINKINFO:
		take_kind(a, link);
		break;
	case IFLA_STATS64:
		take_stats(a, link);
		break;
	default:
		break;
	}
}

struct collecting {
	struct link_info *links;
	size_t count, capacity;
};

static int add_link(struct collecting *to, const struct link_info *link)
{
	struct link_info *grown = array_grow(to->links, to->count, &to->capacity, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	to->links = grown;
	to->links[to->count++] = *link;
	return 0;
}

static int take_link(void *arg, const struct nlmsghdr *message)
{
	struct collecting *to = arg;
	struct link_info link = { 0 };
	struct attribute_walk walk;
	struct ifinfomsg head;
	struct attribute a;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(head)))
		return 0;
	memcpy(&head, NLMSG_DATA(message), sizeof(head));
	if (head.ifi_index <= 0)
		return 0;
	link.ifindex = (uint32_t)head.ifi_index;
	link.up = (head.ifi_flags & IFF_UP) != 0 && (head.ifi_flags & IFF_RUNNING) != 0;
	link.loopback = (head.ifi_flags & IFF_LOOPBACK) != 0;
	walk = attribute_walk_message(message, sizeof(head));
	while (attribute_next(&walk, &a))
		take_attribute(&a, &link);
	return add_link(to, &link);
}

static void forget_links(void *arg)
{
	struct collecting *to = arg;

	to->count = 0;
}

static int compare_links(const void *a, const void *b)
{
	const uint32_t x = ((const struct link_info *)a)->ifindex;
	const uint32_t y = ((const struct link_info *)b)->ifindex;

	return (x > y) - (x < y);
}

/* Sorted and each once: a dump that the table changed under may have shown one twice. */
static size_t sort_links(struct link_info *links, size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(links, count, sizeof(*links), compare_links);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || links[kept - 1].ifindex != links[i].ifindex)
			links[kept++] = links[i];
	return kept;
}

int links_read(struct source *s, struct link_table *ret, struct error *e)
{
	const struct ifinfomsg payload = { .ifi_family = AF_UNSPEC };
	const struct source_request request = {
		.name = "rtnetlink/links",
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETLINK,
		.flags = NLM_F_DUMP,
		.payload = &payload,
		.payload_len = sizeof(payload),
	};
	struct collecting to = { 0 };
	const struct netlink_visitor visitor = { take_link, forget_links, &to };
	int r;

	r = netlink_run(s, &request, &visitor, e);
	*ret = (struct link_table){ .time_ns = source_time_ns(s), .links = to.links };
	ret->count = sort_links(to.links, to.count);
	if (r < 0)
		return r;
	r = link_qdisc_read(s, ret, NULL);
	if (r == -ENOMEM)
		return error_errno(e, r, "rtnetlink/qdiscs", "cannot read");
	r = link_speed_read(s, ret, NULL);
	if (r == -ENOMEM)
		return error_errno(e, r, "ethtool/linkmodes", "cannot read");
	return 0;
}

void link_table_done(struct link_table *t)
{
	free(t->links);
	*t = (struct link_table){ 0 };
}

const struct link_info *link_find(const struct link_table *t, uint32_t ifindex)
{
	const struct link_info key = { .ifindex = ifindex };

	if (t->count == 0)
		return NULL;
	return bsearch(&key, t->links, t->count, sizeof(*t->links), compare_links);
}
