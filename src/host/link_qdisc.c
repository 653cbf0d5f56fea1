#include "host/link_qdisc.h"

#include "host/attribute.h"
#include "host/netlink.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* struct gnet_stats_basic without its padding: the kernel's answer has 12 or 16 bytes. */
#define BASIC_PACKETS_OFFSET 8u

static struct link_info *find(struct link_table *table, int ifindex)
{
	for (size_t i = 0; i < table->count; i++)
		if ((int64_t)table->links[i].ifindex == ifindex)
			return &table->links[i];
	return NULL;
}

static void take_basic(const struct attribute *a, struct link_info *link)
{
	uint32_t packets;

	if (a->len < BASIC_PACKETS_OFFSET + sizeof(packets))
		return;
	memcpy(&packets, a->data + BASIC_PACKETS_OFFSET, sizeof(packets));
	link->qdisc_packets = packets;
}

static bool take_queue(const struct attribute *a, struct link_info *link)
{
	struct gnet_stats_queue queue;

	if (!attribute_copy(a, &queue, sizeof(queue)))
		return false;
	link->qdisc_drops = queue.drops;
	link->qdisc_requeues = queue.requeues;
	link->qdisc_overlimits = queue.overlimits;
	link->qdisc_backlog_bytes = queue.backlog;
	return true;
}

/* The kernel adds TCA_STATS_PKT64 after the basic ones when 32 bits do not hold the packets. */
static void take_stats(const struct attribute *stats, struct link_info *link)
{
	struct attribute_walk walk = attribute_walk_nested(stats);
	struct attribute a;
	uint64_t packets;

	while (attribute_next(&walk, &a)) {
		if (a.type == TCA_STATS_BASIC)
			take_basic(&a, link);
		else if (a.type == TCA_STATS_PKT64 && attribute_copy(&a, &packets, sizeof(packets)))
			link->qdisc_packets = packets;
		else if (a.type == TCA_STATS_QUEUE)
			link->has_qdisc_stats = take_queue(&a, link);
	}
}

/* Only roots: those with children (mq, mqprio, htb, ...) count what passes their children, mq and
 * mqprio by summing them at the time of the dump (mq_dump() in net/sched/sch_mq.c). */
static int take_qdisc(void *arg, const struct nlmsghdr *message)
{
	struct link_table *table = arg;
	struct attribute_walk walk;
	struct link_info *link;
	struct attribute a;
	struct tcmsg head;

	if (message->nlmsg_type != RTM_NEWQDISC || message->nlmsg_len < NLMSG_LENGTH(sizeof(head)))
		return 0;
	memcpy(&head, NLMSG_DATA(message), sizeof(head));
	link = find(table, head.tcm_ifindex);
	if (head.tcm_parent != TC_H_ROOT || link == NULL)
		return 0;
	walk = attribute_walk_message(message, sizeof(head));
	while (attribute_next(&walk, &a))
		if (a.type == TCA_STATS2)
			take_stats(&a, link);
	return 0;
}

int link_qdisc_read(struct source *s, struct link_table *table, struct error *e)
{
	const struct tcmsg payload = { .tcm_family = AF_UNSPEC };
	const struct source_request request = {
		.name = "rtnetlink/qdiscs",
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETQDISC,
		.flags = NLM_F_DUMP,
		.payload = &payload,
		.payload_len = sizeof(payload),
	};
	/* No restart: an answer seen again overwrites what it said before. */
	const struct netlink_visitor visitor = { .message = take_qdisc, .arg = table };

	return netlink_run(s, &request, &visitor, e);
}
