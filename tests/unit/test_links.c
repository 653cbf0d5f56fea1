#include "host/links.h"

#include "base/cleanup.h"
#include "fake_source.h"
#include "netlink_message.h"

#include <check.h>
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/gen_stats.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

Suite *test_links_suite(void);

#define ETHTOOL_ANSWER_TYPE 20 /* any id above the reserved ones: the kernel assigns it */

static void begin_link(struct netlink_message *m, int ifindex, unsigned int flags, const char *name)
{
	const struct ifinfomsg head = { .ifi_index = ifindex, .ifi_flags = flags };

	netlink_message_begin(m, RTM_NEWLINK, &head, sizeof(head));
	netlink_message_put(m, IFLA_IFNAME, name, strlen(name) + 1);
}

static void put_kind(struct netlink_message *m, const char *kind)
{
	const size_t nest = netlink_message_nest(m, IFLA_LINKINFO);

	netlink_message_put(m, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	netlink_message_unnest(m, nest);
}

/* lo, a hardware link with everything, a veth that is down; not in order. */
static void add_links(struct source *s)
{
	const struct rtnl_link_stats64 stats = { .rx_bytes = UINT64_C(1) << 40,
						 .tx_bytes = 2,
						 .rx_packets = 3,
						 .tx_packets = 4,
						 .rx_errors = 5,
						 .tx_errors = 6,
						 .rx_dropped = 7,
						 .tx_dropped = 8,
						 .rx_missed_errors = 9 };
	struct netlink_message m = { 0 };

	begin_link(&m, 7, 0, "veth0");
	put_kind(&m, "veth");
	begin_link(&m, 2, IFF_UP | IFF_RUNNING, "eth0");
	netlink_message_put_u32(&m, IFLA_MTU, 1500);
	netlink_message_put_u32(&m, IFLA_TXQLEN, 1000);
	netlink_message_put(&m, IFLA_QDISC, "fq_codel", 9);
	netlink_message_put(&m, IFLA_STATS64, &stats, sizeof(stats));
	begin_link(&m, 1, IFF_UP | IFF_RUNNING | IFF_LOOPBACK, "lo");
	netlink_message_done(&m);
	fake_source_add_datagram(s, "rtnetlink/links", m.data, m.len);
}

static void put_qdisc(struct netlink_message *m, int ifindex, uint32_t parent, uint32_t factor)
{
	const struct tcmsg head = { .tcm_ifindex = ifindex, .tcm_parent = parent };
	const uint32_t basic[4] = { 0, 0, 10 * factor, 0 }; /* u64 bytes, u32 packets, padding */
	const struct gnet_stats_queue queue = { .drops = 2 * factor,
						.requeues = 3 * factor,
						.overlimits = 4 * factor,
						.backlog = 5 * factor };
	size_t nest;

	netlink_message_begin(m, RTM_NEWQDISC, &head, sizeof(head));
	netlink_message_put(m, TCA_KIND, "mq", 3);
	nest = netlink_message_nest(m, TCA_STATS2);
	netlink_message_put(m, TCA_STATS_BASIC, basic, sizeof(basic));
	netlink_message_put(m, TCA_STATS_QUEUE, &queue, sizeof(queue));
	netlink_message_unnest(m, nest);
}

static void put_speed(struct netlink_message *m, uint32_t ifindex, uint32_t speed_mbit)
{
	const struct genlmsghdr head = { .cmd = ETHTOOL_MSG_LINKMODES_GET_REPLY, .version = 1 };
	size_t nest;

	netlink_message_begin(m, ETHTOOL_ANSWER_TYPE, &head, sizeof(head));
	nest = netlink_message_nest(m, ETHTOOL_A_LINKMODES_HEADER);
	netlink_message_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
	netlink_message_put(m, ETHTOOL_A_HEADER_DEV_NAME, "x", 2);
	netlink_message_unnest(m, nest);
	netlink_message_put_u32(m, ETHTOOL_A_LINKMODES_SPEED, speed_mbit);
}

static void read_links(struct source *s, struct link_table *ret)
{
	ck_assert_int_eq(links_read(s, ret, NULL), 0);
	source_free(s);
}

START_TEST(links_are_decoded_and_sorted)
{
	struct source *s = fake_source_new();
	const struct link_info *link;
	struct link_table t;

	add_links(s);
	read_links(s, &t);
	ck_assert_uint_eq(t.count, 3);
	ck_assert_uint_ne(t.time_ns, 0);
	ck_assert_uint_eq(t.links[0].ifindex, 1);
	ck_assert_uint_eq(t.links[1].ifindex, 2);
	ck_assert_uint_eq(t.links[2].ifindex, 7);
	link = link_find(&t, 2);
	ck_assert_ptr_eq(link, &t.links[1]);
	ck_assert_str_eq(link->name, "eth0");
	ck_assert_str_eq(link->kind, "");
	ck_assert(link->up && !link->loopback);
	ck_assert_uint_eq(link->mtu_bytes, 1500);
	ck_assert_uint_eq(link->tx_queue_len, 1000);
	ck_assert_str_eq(link->qdisc, "fq_codel");
	ck_assert_uint_eq(link->rx_bytes, UINT64_C(1) << 40);
	ck_assert_uint_eq(link->tx_bytes, 2);
	ck_assert_uint_eq(link->rx_packets, 3);
	ck_assert_uint_eq(link->tx_packets, 4);
	ck_assert_uint_eq(link->rx_errors, 5);
	ck_assert_uint_eq(link->tx_errors, 6);
	ck_assert_uint_eq(link->rx_dropped, 7);
	ck_assert_uint_eq(link->tx_dropped, 8);
	ck_assert_uint_eq(link->rx_missed, 9);
	ck_assert(link_find(&t, 1)->loopback);
	ck_assert_str_eq(link_find(&t, 7)->kind, "veth");
	ck_assert(!link_find(&t, 7)->up);
	ck_assert_ptr_null(link_find(&t, 3));
	link_table_done(&t);
	ck_assert_ptr_null(link_find(&t, 1));
}
END_TEST

START_TEST(qdiscs_and_speeds_may_be_missing)
{
	struct source *s = fake_source_new();
	struct link_table t;

	add_links(s);
	fake_source_fail_request(s, "rtnetlink/qdiscs", -EPERM);
	fake_source_fail_request(s, "ethtool/linkmodes", -ENOENT);
	read_links(s, &t);
	for (size_t i = 0; i < t.count; i++) {
		ck_assert(!t.links[i].has_qdisc_stats);
		ck_assert(t.links[i].speed == 0.0);
	}
	link_table_done(&t);
}
END_TEST

START_TEST(only_root_qdiscs_count)
{
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	const struct link_info *link;
	struct link_table t;

	add_links(s);
	put_qdisc(&m, 2, TC_H_ROOT, 1);
	put_qdisc(&m, 2, TC_H_MAKE(0, 1), 100); /* a child of mq: in the root's sum already */
	put_qdisc(&m, 2, TC_H_INGRESS, 1000);
	put_qdisc(&m, 99, TC_H_ROOT, 1); /* a link that came later */
	netlink_message_done(&m);
	fake_source_add_datagram(s, "rtnetlink/qdiscs", m.data, m.len);
	read_links(s, &t);
	link = link_find(&t, 2);
	ck_assert(link->has_qdisc_stats);
	ck_assert_uint_eq(link->qdisc_packets, 10);
	ck_assert_uint_eq(link->qdisc_drops, 2);
	ck_assert_uint_eq(link->qdisc_requeues, 3);
	ck_assert_uint_eq(link->qdisc_overlimits, 4);
	ck_assert_uint_eq(link->qdisc_backlog_bytes, 5);
	ck_assert(!link_find(&t, 1)->has_qdisc_stats);
	link_table_done(&t);
}
END_TEST

START_TEST(packets_beyond_32_bits_are_taken_whole)
{
	const struct tcmsg head = { .tcm_ifindex = 2, .tcm_parent = TC_H_ROOT };
	const struct gnet_stats_queue queue = { .drops = 1 };
	const uint32_t basic[4] = { 0, 0, 7, 0 };
	const uint64_t packets = (UINT64_C(5) << 32) + 7;
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct link_table t;
	size_t nest;

	add_links(s);
	netlink_message_begin(&m, RTM_NEWQDISC, &head, sizeof(head));
	nest = netlink_message_nest(&m, TCA_STATS2);
	netlink_message_put(&m, TCA_STATS_BASIC, basic, sizeof(basic));
	netlink_message_put(&m, TCA_STATS_PKT64, &packets, sizeof(packets));
	netlink_message_put(&m, TCA_STATS_QUEUE, &queue, sizeof(queue));
	netlink_message_unnest(&m, nest);
	netlink_message_done(&m);
	fake_source_add_datagram(s, "rtnetlink/qdiscs", m.data, m.len);
	read_links(s, &t);
	ck_assert_uint_eq(link_find(&t, 2)->qdisc_packets, packets);
	link_table_done(&t);
}
END_TEST

START_TEST(speeds_of_hardware_only)
{
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct link_table t;

	add_links(s);
	put_speed(&m, 1, 10);
	put_speed(&m, 2, 10000);
	put_speed(&m, 7, 10000); /* a veth says 10 Gbit/s whatever carries it */
	netlink_message_done(&m);
	fake_source_add_datagram(s, "ethtool/linkmodes", m.data, m.len);
	read_links(s, &t);
	ck_assert_double_eq(link_find(&t, 2)->speed, 1.25e9);
	ck_assert_double_eq(link_find(&t, 1)->speed, 0.0);
	ck_assert_double_eq(link_find(&t, 7)->speed, 0.0);
	link_table_done(&t);
}
END_TEST

static const struct {
	const char *kind;
	double speed; /* bytes per second, of a reported 25 Gbit/s */
} kinds[] = { { "bond", 3.125e9 }, { "team", 3.125e9 }, { "vlan", 3.125e9 },
	      { "bridge", 0 },	   { "tun", 0 },	{ "wireguard", 0 } };

START_TEST(speeds_that_links_pass_on)
{
	struct source *s = fake_source_new();
	struct netlink_message links = { 0 }, speeds = { 0 };
	struct link_table t;

	begin_link(&links, 5, IFF_UP | IFF_RUNNING, "link5");
	put_kind(&links, kinds[_i].kind);
	netlink_message_done(&links);
	fake_source_add_datagram(s, "rtnetlink/links", links.data, links.len);
	put_speed(&speeds, 5, 25000);
	netlink_message_done(&speeds);
	fake_source_add_datagram(s, "ethtool/linkmodes", speeds.data, speeds.len);
	read_links(s, &t);
	ck_assert_double_eq(link_find(&t, 5)->speed, kinds[_i].speed);
	link_table_done(&t);
}
END_TEST

START_TEST(an_unknown_speed_is_zero)
{
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct link_table t;

	add_links(s);
	put_speed(&m, 2, UINT32_MAX);
	netlink_message_done(&m);
	fake_source_add_datagram(s, "ethtool/linkmodes", m.data, m.len);
	read_links(s, &t);
	ck_assert_double_eq(link_find(&t, 2)->speed, 0.0);
	link_table_done(&t);
}
END_TEST

START_TEST(a_failed_dump_leaves_a_usable_table)
{
	struct source *s = fake_source_new();
	struct link_table t;
	struct error e = { 0 };

	fake_source_fail_request(s, "rtnetlink/links", -EPERM);
	ck_assert_int_eq(links_read(s, &t, &e), -EPERM);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_int_eq(e.code, -EPERM);
	ck_assert_ptr_null(link_find(&t, 1));
	link_table_done(&t);
	source_free(s);
}
END_TEST

START_TEST(hostile_links_are_tamed)
{
	const struct ifinfomsg negative = { .ifi_index = -5 };
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct link_table t;

	begin_link(&m, 3, 0, "a\033[31m-is-longer-than-fifteen");
	netlink_message_put(&m, IFLA_MTU, "xy", 2);
	netlink_message_put(&m, IFLA_STATS64, "short", 5);
	begin_link(&m, 3, 0, "twice");
	netlink_message_begin(&m, RTM_NEWLINK, &negative, sizeof(negative));
	netlink_message_begin(&m, RTM_NEWLINK, "tiny", 4);
	netlink_message_done(&m);
	fake_source_add_datagram(s, "rtnetlink/links", m.data, m.len);
	read_links(s, &t);
	ck_assert_uint_eq(t.count, 1);
	ck_assert_ptr_null(strchr(t.links[0].name, '\033'));
	ck_assert_uint_lt(strlen(t.links[0].name), LINK_NAME_MAX);
	ck_assert_uint_eq(t.links[0].mtu_bytes, 0);
	ck_assert_uint_eq(t.links[0].rx_bytes, 0);
	link_table_done(&t);
}
END_TEST

START_TEST(an_interrupted_dump_is_run_again)
{
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct link_table t;

	begin_link(&m, 4, 0, "gone");
	netlink_message_last(&m)->nlmsg_flags |= NLM_F_DUMP_INTR;
	netlink_message_done(&m);
	netlink_message_last(&m)->nlmsg_flags |= NLM_F_DUMP_INTR;
	fake_source_add_datagram(s, "rtnetlink/links", m.data, m.len);
	fake_source_begin_answer(s, "rtnetlink/links");
	add_links(s);
	read_links(s, &t);
	ck_assert_uint_eq(t.count, 3);
	ck_assert_ptr_null(link_find(&t, 4));
	link_table_done(&t);
}
END_TEST

static struct address address_of(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix), 0);
	return prefix.address;
}

static void add_route(struct source *s, const char *request, uint8_t type, uint32_t ifindex)
{
	const struct rtmsg head = { .rtm_family = AF_INET, .rtm_type = type };
	struct netlink_message m = { 0 };

	netlink_message_begin(&m, RTM_NEWROUTE, &head, sizeof(head));
	netlink_message_last(&m)->nlmsg_flags = 0;
	if (ifindex != 0)
		netlink_message_put_u32(&m, RTA_OIF, ifindex);
	fake_source_add_datagram(s, request, m.data, m.len);
}

START_TEST(routes_lead_to_links)
{
	const struct address v4 = address_of("198.51.100.7"), v6 = address_of("2001:db8::1");
	struct source *s = fake_source_new();
	const uint8_t *payload;
	struct rtmsg head;
	struct nlattr attribute;
	size_t len = 0;

	add_route(s, "route/198.51.100.7", RTN_UNICAST, 2);
	add_route(s, "route/2001:db8::1", RTN_LOCAL, 1);
	ck_assert_int_eq(route_egress(s, &v4, NULL), 2);
	payload = fake_source_last_payload(s, &len);
	ck_assert_uint_eq(len, sizeof(head) + sizeof(attribute) + 4);
	memcpy(&head, payload, sizeof(head));
	memcpy(&attribute, payload + sizeof(head), sizeof(attribute));
	ck_assert_uint_eq(head.rtm_family, AF_INET);
	ck_assert_uint_eq(head.rtm_dst_len, 32);
	ck_assert_uint_eq(attribute.nla_type, RTA_DST);
	ck_assert_uint_eq(attribute.nla_len, 8);
	ck_assert_mem_eq(payload + sizeof(head) + sizeof(attribute), "\306\063\144\007", 4);

	ck_assert_int_eq(route_egress(s, &v6, NULL), 1);
	payload = fake_source_last_payload(s, &len);
	ck_assert_uint_eq(len, sizeof(head) + sizeof(attribute) + 16);
	memcpy(&head, payload, sizeof(head));
	ck_assert_uint_eq(head.rtm_family, AF_INET6);
	ck_assert_uint_eq(head.rtm_dst_len, 128);
	source_free(s);
}
END_TEST

START_TEST(routes_that_lead_nowhere)
{
	static const struct {
		const char *address;
		uint8_t type;
		uint32_t ifindex;
	} cases[] = {
		{ "198.51.100.1", RTN_UNREACHABLE, 1 },	   { "198.51.100.2", RTN_BLACKHOLE, 1 },
		{ "198.51.100.3", RTN_PROHIBIT, 1 },	   { "198.51.100.4", RTN_UNICAST, 0 },
		{ "198.51.100.5", RTN_UNICAST, 1u << 31 },
	};
	const struct address far = address_of("203.0.113.1"), none = { 0 };
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct address address = address_of(cases[i].address);
		char request[64] = "route/";

		strncat(request, cases[i].address, 40);
		add_route(s, request, cases[i].type, cases[i].ifindex);
		ck_assert_int_eq(route_egress(s, &address, NULL), -ENETUNREACH);
	}
	netlink_message_error(&m, -EHOSTUNREACH);
	fake_source_add_datagram(s, "route/203.0.113.1", m.data, m.len);
	ck_assert_int_eq(route_egress(s, &far, NULL), -EHOSTUNREACH);
	ck_assert_int_eq(route_egress(s, &none, NULL), -EAFNOSUPPORT);
	source_free(s);
}
END_TEST

Suite *test_links_suite(void)
{
	Suite *suite = suite_create("links");
	TCase *tc = tcase_create("links");

	tcase_add_test(tc, links_are_decoded_and_sorted);
	tcase_add_test(tc, qdiscs_and_speeds_may_be_missing);
	tcase_add_test(tc, only_root_qdiscs_count);
	tcase_add_test(tc, packets_beyond_32_bits_are_taken_whole);
	tcase_add_test(tc, speeds_of_hardware_only);
	tcase_add_loop_test(tc, speeds_that_links_pass_on, 0, sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(tc, an_unknown_speed_is_zero);
	tcase_add_test(tc, a_failed_dump_leaves_a_usable_table);
	tcase_add_test(tc, hostile_links_are_tamed);
	tcase_add_test(tc, an_interrupted_dump_is_run_again);
	tcase_add_test(tc, routes_lead_to_links);
	tcase_add_test(tc, routes_that_lead_nowhere);
	suite_add_tcase(suite, tc);
	return suite;
}
