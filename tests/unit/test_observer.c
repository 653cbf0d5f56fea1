#include "measure/observer.h"

#include "fake_source.h"
#include "measure/metric.h"
#include "netlink_message.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

Suite *test_observer_suite(void);

#define TCP4 "sock_diag/tcp4"
#define TCP6 "sock_diag/tcp6"

struct peer {
	uint32_t cookie, inode;
	uint8_t state;
	const char *remote; /* NULL: a listener */
	uint16_t local_port;
	uint32_t rqueue, wqueue;
	uint64_t acked, received;
	uint32_t rtt_us;
};

static void put_peer(struct netlink_message *m, const struct peer *p)
{
	struct inet_diag_msg head = {
		.idiag_family = AF_INET,
		.idiag_state = p->state,
		.idiag_rqueue = p->rqueue,
		.idiag_wqueue = p->wqueue,
		.idiag_inode = p->inode,
		.id = { .idiag_sport = htons(p->local_port),
			.idiag_dport = htons(50000),
			.idiag_cookie = { p->cookie, 0 } },
	};
	struct tcpinfo info = { 0 };
	uint32_t memory[SOCKET_MEMORY_FIELDS] = { 0 };

	ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.1", head.id.idiag_src), 1);
	if (p->remote != NULL)
		ck_assert_int_eq(inet_pton(AF_INET, p->remote, head.id.idiag_dst), 1);
	netlink_message_begin(m, SOCK_DIAG_BY_FAMILY, &head, sizeof(head));
	info.bytes_acked = info.bytes_sent = p->acked;
	info.bytes_received = p->received;
	info.data_segs_out = (uint32_t)(p->acked / 1448);
	info.rtt = p->rtt_us;
	info.min_rtt = 10000;
	info.snd_mss = 1448;
	info.snd_cwnd = 10;
	info.snd_wnd = 65536;
	memory[SOCKET_RCVBUF] = memory[SOCKET_SNDBUF] = 100000;
	netlink_message_put(m, INET_DIAG_INFO, &info, sizeof(info));
	netlink_message_put(m, INET_DIAG_SKMEMINFO, memory, sizeof(memory));
	netlink_message_put(m, INET_DIAG_CONG, "cubic", 6);
}

/* The answer to a dump from the sample under the pen on. */
static void add_dump(struct source *s, const char *name, const struct peer *peers, size_t n)
{
	struct netlink_message m = { 0 };

	fake_source_begin_answer(s, name);
	for (size_t i = 0; i < n; i++)
		put_peer(&m, &peers[i]);
	netlink_message_done(&m);
	fake_source_add_datagram(s, name, m.data, m.len);
}

static void add_links(struct source *s, uint64_t tx_bytes)
{
	const struct ifinfomsg head = { .ifi_index = 2, .ifi_flags = IFF_UP };
	const struct rtnl_link_stats64 stats = { .tx_bytes = tx_bytes };
	struct netlink_message m = { 0 };

	netlink_message_begin(&m, RTM_NEWLINK, &head, sizeof(head));
	netlink_message_put(&m, IFLA_IFNAME, "eth0", 5);
	netlink_message_put(&m, IFLA_STATS64, &stats, sizeof(stats));
	netlink_message_done(&m);
	fake_source_begin_answer(s, "rtnetlink/links");
	fake_source_add_datagram(s, "rtnetlink/links", m.data, m.len);
}

static void add_route(struct source *s, const char *remote)
{
	const struct rtmsg head = { .rtm_family = AF_INET };
	struct netlink_message m = { 0 };
	char name[64];

	netlink_message_begin(&m, RTM_NEWROUTE, &head, sizeof(head));
	netlink_message_put_u32(&m, RTA_OIF, 2);
	(void)snprintf(name, sizeof(name), "route/%s", remote);
	fake_source_add_datagram(s, name, m.data, m.len);
}

/* Five samples: one busy flow, one idle flow, one that comes at the third sample, a listener whose
 * queue fills up, no IPv6. */
static struct source *five_samples(void)
{
	struct source *s = fake_source_new();
	struct peer peers[] = {
		{ 1, 101, SOCKET_ESTABLISHED, "198.51.100.7", 443, 0, 0, 1000000, 50, 12000 },
		{ 2, 102, SOCKET_ESTABLISHED, "203.0.113.9", 443, 0, 0, 77, 77, 20000 },
		{ 3, 103, SOCKET_LISTEN, NULL, 443, 0, 5, 0, 0, 0 },
		{ 4, 104, SOCKET_ESTABLISHED, "203.0.113.9", 80, 0, 0, 0, 0, 15000 },
	};

	fake_source_set_samples(s, 5);
	fake_source_add_file(s, "/proc/meminfo", "MemTotal: 1024 kB\n");
	add_links(s, 0);
	for (unsigned int i = 1; i <= 5; i++) {
		fake_source_at_sample(s, i);
		peers[0].acked += 100000;
		peers[2].rqueue = i;
		peers[3].received += i >= 3 ? 5000 : 0;
		add_dump(s, TCP4, peers, i >= 3 ? 4 : 3);
		add_dump(s, TCP6, NULL, 0);
		add_links(s, 1000 * (uint64_t)i);
	}
	add_route(s, "198.51.100.7");
	fake_source_set_scan(s, "101 4711 iperf3\n103 812 nginx\n", 0);
	return s;
}

static struct observation *run(struct source *s, struct filter *filter)
{
	const struct observe_options options = { .filter = filter, .find_owners = true };
	struct observation *o = NULL;
	struct error e = { 0 };

	ck_assert_msg(observe(s, &options, &o, &e) == 0, "%s", e.text);
	source_free(s);
	return o;
}

static const struct blind_spot *blind_spot(const struct observation *o, const char *what)
{
	for (size_t i = 0; i < o->blind_spot_count; i++)
		if (strcmp(o->blind_spots[i].what, what) == 0)
			return &o->blind_spots[i];
	return NULL;
}

static double number(const struct observation *o, const char *name, const void *entity)
{
	struct value v = metric_get(metric_find(name), o, entity);

	ck_assert_msg(v.kind == VALUE_NUMBER, "%s: %s", name, v.text);
	return v.number;
}

START_TEST(an_observation_sums_up_its_samples)
{
	struct observation *o = run(five_samples(), NULL);
	char name[ENTITY_NAME_MAX];

	ck_assert_uint_eq(o->samples, 5);
	ck_assert_double_eq_tol(o->seconds, 4, 1e-9);
	ck_assert_uint_eq(o->sockets, 3);
	ck_assert_uint_eq(o->flow_count, 2);
	ck_assert_uint_eq(o->path_count, 2);
	ck_assert_str_eq(o->paths[0].name, "198.51.100.0/24"); /* most bytes first */
	ck_assert_str_eq(o->paths[1].name, "203.0.113.0/24");
	ck_assert_double_eq_tol(number(o, "path.goodput", &o->paths[0]), 100000, 1e-6);
	ck_assert_double_eq_tol(number(o, "path.peak_goodput", &o->paths[0]), 100000, 1e-6);
	ck_assert_double_eq_tol(number(o, "path.srtt_p50", &o->paths[0]), 0.012, 0.00012);
	ck_assert_double_eq_tol(number(o, "path.queue_delay_p50", &o->paths[0]), 0.002, 0.00002);
	ck_assert_double_eq_tol(number(o, "path.sending_time", &o->paths[0]), 4, 1e-9);
	ck_assert_uint_eq(o->paths[1].flows, 1); /* the idle one does not count */
	ck_assert_double_eq_tol(number(o, "path.receive_rate", &o->paths[1]), 3750, 1e-6);
	ck_assert_double_eq_tol(number(o, "path.peak_receive_rate", &o->paths[1]), 5000, 1e-6);
	ck_assert_double_eq_tol(number(o, "tcp.goodput", o), 100000, 1e-6);
	ck_assert_str_eq(o->paths[0].congestion, "cubic");
	ck_assert_str_eq(observation_entity_name(o, ENTITY_FLOW, 0, name, sizeof(name)),
			 "192.0.2.1:443 > 198.51.100.7:50000");
	observation_free(o);
}
END_TEST

START_TEST(flows_point_at_their_paths_after_sorting)
{
	struct observation *o = run(five_samples(), NULL);

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow_stats *f = observation_flow(o, i);

		ck_assert_uint_lt(f->path, o->path_count);
		ck_assert(prefix_contains(&o->paths[f->path].prefix, &f->remote));
	}
	ck_assert(observation_flow(o, 1)->first_seen_in_window);
	observation_free(o);
}
END_TEST

/* A sender and a receiver on one path, of which the receiver cannot tell what holds it. */
static struct observation *two_directions(uint64_t received)
{
	struct source *s = fake_source_new();
	struct peer peers[] = {
		{ 1, 0, SOCKET_ESTABLISHED, "203.0.113.9", 80, 0, 0, 0, 0, 15000 },
		{ 2, 0, SOCKET_ESTABLISHED, "198.51.100.7", 443, 0, 0, 0, 0, 12000 },
		{ 3, 0, SOCKET_ESTABLISHED, "198.51.100.8", 443, 0, 0, 0, 0, 12000 },
	};

	fake_source_set_samples(s, 5);
	for (unsigned int i = 1; i <= 5; i++) {
		fake_source_at_sample(s, i);
		peers[0].acked += 10;
		peers[1].acked += 100000; /* never busy: the application's */
		peers[2].received += received;
		add_dump(s, TCP4, peers, 3);
		add_dump(s, TCP6, NULL, 0);
	}
	return run(s, NULL);
}

START_TEST(paths_are_in_order_of_bytes)
{
	struct observation *o = two_directions(1000);

	ck_assert_uint_eq(o->path_count, 2);
	ck_assert_str_eq(o->paths[0].name, "198.51.100.0/24"); /* though seen second */
	ck_assert_uint_eq(observation_flow(o, 0)->path, 1);
	ck_assert_uint_eq(observation_flow(o, 1)->path, 0);
	ck_assert_uint_eq(observation_flow(o, 2)->path, 0);
	observation_free(o);
}
END_TEST

START_TEST(what_is_unknown_speaks_for_a_path_only_if_it_is_most_of_it)
{
	struct observation *o = two_directions(150000);

	ck_assert_int_eq(o->paths[0].limiter, LIMITER_APPLICATION);
	ck_assert_double_eq_tol(o->paths[0].limiter_share, 0.4, 1e-9);
	observation_free(o);
	o = two_directions(300000);
	ck_assert_int_eq(o->paths[0].limiter, LIMITER_UNKNOWN);
	ck_assert_double_eq_tol(o->paths[0].limiter_share, 0.75, 1e-9);
	observation_free(o);
}
END_TEST

START_TEST(listeners_are_followed)
{
	struct observation *o = run(five_samples(), NULL);
	const struct listener_stats *l = &o->listeners[0];

	ck_assert_uint_eq(o->listener_count, 1);
	ck_assert_str_eq(l->name, "192.0.2.1:443");
	ck_assert_uint_eq(l->samples, 5);
	ck_assert_uint_eq(l->queue_max, 5);
	ck_assert_uint_eq(l->full_samples, 0);	    /* 5 of 5: one more fits */
	ck_assert_uint_eq(l->near_full_samples, 2); /* 4 and 5 */
	ck_assert_str_eq(l->process, "nginx (812)");
	observation_free(o);
}
END_TEST

START_TEST(links_routes_and_owners_are_joined)
{
	struct observation *o = run(five_samples(), NULL);
	char text[64];

	ck_assert_uint_eq(o->link_count, 1);
	ck_assert_double_eq_tol(number(o, "link.tx_rate", &o->links[0]), 1000, 1e-6);
	ck_assert_uint_eq(o->paths[0].link, 0);
	ck_assert_uint_eq(o->paths[1].link, UINT32_MAX);
	ck_assert_str_eq(observation_flow(o, 0)->process, "iperf3 (4711)");
	ck_assert_str_eq(o->paths[0].process, "iperf3 (4711)");
	ck_assert_str_eq(observation_process(o, 103, text, sizeof(text)), "nginx (812)");
	ck_assert_str_eq(observation_process(o, 999, text, sizeof(text)), "");
	observation_free(o);
}
END_TEST

START_TEST(what_cannot_be_read_becomes_a_blind_spot)
{
	struct source *s = five_samples();
	struct observation *o;

	fake_source_at_sample(s, 1);
	fake_source_fail_request(s, TCP6, -EPERM);
	fake_source_fail_file(s, "/proc/net/netstat", -EACCES);
	fake_source_set_scan(s, "101 4711 iperf3\n", -EACCES);
	o = run(s, NULL);
	ck_assert_ptr_nonnull(blind_spot(o, "tcp6 sockets"));
	ck_assert_ptr_nonnull(blind_spot(o, "/proc/net/netstat"));
	ck_assert_ptr_nonnull(blind_spot(o, "processes of other users"));
	ck_assert_ptr_null(blind_spot(o, "tcp4 sockets"));
	ck_assert_ptr_null(blind_spot(o, "/proc/meminfo"));
	for (size_t i = 0; i < o->blind_spot_count; i++)
		ck_assert_str_ne(o->blind_spots[i].reason, "");
	observation_free(o);
}
END_TEST

/* "0 flows" would be a claim. One dump that succeeded is enough to count. */
START_TEST(sockets_that_nobody_may_list_are_unknown)
{
	const enum value_kind wanted = _i == 0 ? VALUE_UNKNOWN : VALUE_NUMBER;
	struct source *s = five_samples();
	struct observation *o;

	for (unsigned int i = 1 + (unsigned int)_i; i <= 5; i++) {
		fake_source_at_sample(s, i);
		fake_source_fail_request(s, TCP4, -EPERM);
		fake_source_fail_request(s, TCP6, -EPERM);
	}
	o = run(s, NULL);
	ck_assert(o->sockets_unseen == (_i == 0));
	ck_assert_int_eq(metric_get(metric_find("tcp.sockets"), o, NULL).kind, wanted);
	ck_assert_int_eq(metric_get(metric_find("tcp.active_flows"), o, NULL).kind, wanted);
	ck_assert_int_eq(metric_get(metric_find("tcp.goodput"), o, NULL).kind, wanted);
	observation_free(o);
}
END_TEST

/* Half a dump must not look like half of the connections being closed. */
START_TEST(an_incomplete_round_closes_nothing)
{
	struct source *s = five_samples();
	struct observation *o;

	fake_source_at_sample(s, 3);
	fake_source_fail_request(s, TCP4, -ENOBUFS);
	o = run(s, NULL);
	ck_assert(!observation_flow(o, 0)->closed_in_window);
	ck_assert_uint_eq(observation_flow(o, 0)->gain.bytes_acked, 400000);
	/* The newcomer may have begun at any time: it counts from where it was first seen. */
	ck_assert(!observation_flow(o, 1)->first_seen_in_window);
	ck_assert_uint_eq(observation_flow(o, 1)->gain.bytes_received, 5000);
	ck_assert_ptr_nonnull(blind_spot(o, "tcp4 sockets"));
	observation_free(o);
}
END_TEST

START_TEST(a_deleted_namespace_is_told)
{
	struct source *s = five_samples();
	struct observation *o;

	fake_source_add_file(s, "/netwright/netns-state", "gone\n");
	o = run(s, NULL);
	ck_assert_ptr_nonnull(blind_spot(o, "the namespace"));
	observation_free(o);
	s = five_samples();
	fake_source_add_file(s, "/netwright/netns-state", "there\n");
	o = run(s, NULL);
	ck_assert_ptr_null(blind_spot(o, "the namespace"));
	observation_free(o);
}
END_TEST

START_TEST(a_filter_limits_flows_and_listeners)
{
	struct filter *f = NULL;
	struct observation *o;

	ck_assert_int_eq(filter_parse("dst 203.0.113.0/24", &f, NULL), 0);
	o = run(five_samples(), f);
	ck_assert_uint_eq(o->sockets, 2);
	ck_assert_uint_eq(o->path_count, 1);
	ck_assert_uint_eq(o->listener_count, 0);
	observation_free(o);
	filter_free(f);
	/* The fake answers 101 and 103 for every process. */
	ck_assert_int_eq(filter_parse("pid 4711", &f, NULL), 0);
	o = run(five_samples(), f);
	ck_assert_uint_eq(o->sockets, 1);
	ck_assert_uint_eq(o->listener_count, 1);
	observation_free(o);
	filter_free(f);
}
END_TEST

START_TEST(a_single_sample_has_no_rates)
{
	struct source *s = five_samples();
	struct observation *o;
	struct value v;

	fake_source_set_samples(s, 1);
	o = run(s, NULL);
	ck_assert_uint_eq(o->samples, 1);
	ck_assert_double_eq(o->seconds, 0);
	ck_assert_uint_eq(o->sockets, 2);
	ck_assert_uint_eq(o->path_count, 0);
	ck_assert_uint_eq(o->link_count, 1);
	for (size_t i = 0; i < metric_count; i++) {
		size_t n = observation_entities(o, metrics[i].entity);

		v = metric_get(&metrics[i], o,
			       n > 0 ? observation_entity(o, metrics[i].entity, 0) : NULL);
		ck_assert_msg(v.kind != VALUE_NUMBER || isfinite(v.number), "%s", metrics[i].name);
		ck_assert_msg(v.kind != VALUE_UNKNOWN || v.text[0] != '\0', "%s", metrics[i].name);
	}
	v = metric_get(metric_find("link.tx_rate"), o, &o->links[0]);
	ck_assert_int_eq(v.kind, VALUE_UNKNOWN);
	observation_free(o);
}
END_TEST

START_TEST(a_source_without_samples_is_an_error)
{
	const struct observe_options options = { 0 };
	struct source *s = fake_source_new();
	struct observation *o = NULL;
	struct error e = { 0 };

	fake_source_set_samples(s, 0);
	ck_assert_int_eq(observe(s, &options, &o, &e), -ENODATA);
	ck_assert_ptr_null(o);
	ck_assert_str_ne(e.text, "");
	source_free(s);
}
END_TEST

START_TEST(listeners_at_one_address_are_told_apart)
{
	const struct peer peers[] = {
		{ 12, 1, SOCKET_LISTEN, NULL, 80, 0, 5, 0, 0, 0 },
		{ 11, 2, SOCKET_LISTEN, NULL, 80, 1, 0, 0, 0, 0 },
		{ 11, 2, SOCKET_LISTEN, NULL, 80, 1, 0, 0, 0, 0 }, /* dumped twice */
		{ 10, 3, SOCKET_LISTEN, NULL, 22, 0, 0, 0, 0, 0 },
	};
	struct source *s = fake_source_new();
	struct observation *o;

	add_dump(s, TCP4, peers, 4);
	add_dump(s, TCP6, NULL, 0);
	o = run(s, NULL);
	ck_assert_uint_eq(o->listener_count, 3);
	ck_assert_str_eq(o->listeners[0].name, "192.0.2.1:22");
	ck_assert_uint_eq(o->listeners[0].near_full_samples, 0); /* 0 of 0 is not full */
	ck_assert_str_eq(o->listeners[1].name, "192.0.2.1:80");
	ck_assert_uint_eq(o->listeners[1].full_samples, 1);
	ck_assert_uint_eq(o->listeners[1].samples, 1);
	ck_assert_str_eq(o->listeners[2].name, "192.0.2.1:80 #2");
	observation_free(o);
}
END_TEST

START_TEST(entities_out_of_range_are_null)
{
	struct observation *o = run(five_samples(), NULL);
	char name[8];

	ck_assert_ptr_eq(observation_entity(o, ENTITY_HOST, 0), o);
	ck_assert_ptr_null(observation_entity(o, ENTITY_HOST, 1));
	ck_assert_ptr_null(observation_entity(o, ENTITY_PATH, 2));
	ck_assert_ptr_null(observation_entity(o, ENTITY_FLOW, 2));
	ck_assert_str_eq(observation_entity_name(o, ENTITY_PATH, 2, name, sizeof(name)), "");
	ck_assert_str_eq(observation_entity_name(o, ENTITY_PATH, 0, name, sizeof(name)), "198.51.");
	ck_assert_str_eq(entity_kind_name(ENTITY_LISTENER), "listener");
	ck_assert_ptr_null(entity_kind_name(ENTITY_KINDS));
	observation_free(o);
	observation_free(NULL);
}
END_TEST

Suite *test_observer_suite(void)
{
	Suite *s = suite_create("observer");
	TCase *tc = tcase_create("observer");

	tcase_add_test(tc, an_observation_sums_up_its_samples);
	tcase_add_test(tc, flows_point_at_their_paths_after_sorting);
	tcase_add_test(tc, paths_are_in_order_of_bytes);
	tcase_add_test(tc, what_is_unknown_speaks_for_a_path_only_if_it_is_most_of_it);
	tcase_add_test(tc, listeners_are_followed);
	tcase_add_test(tc, links_routes_and_owners_are_joined);
	tcase_add_test(tc, what_cannot_be_read_becomes_a_blind_spot);
	tcase_add_loop_test(tc, sockets_that_nobody_may_list_are_unknown, 0, 2);
	tcase_add_test(tc, an_incomplete_round_closes_nothing);
	tcase_add_test(tc, a_deleted_namespace_is_told);
	tcase_add_test(tc, a_filter_limits_flows_and_listeners);
	tcase_add_test(tc, a_single_sample_has_no_rates);
	tcase_add_test(tc, a_source_without_samples_is_an_error);
	tcase_add_test(tc, listeners_at_one_address_are_told_apart);
	tcase_add_test(tc, entities_out_of_range_are_null);
	suite_add_tcase(s, tc);
	return s;
}
