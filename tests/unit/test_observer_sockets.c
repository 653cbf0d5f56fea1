/* What an observation says of UDP sockets, and of TCP sockets that are not established. */
#include "measure/observer.h"

#include "fake_source.h"
#include "measure/metric.h"
#include "netlink_message.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

Suite *test_observer_sockets_suite(void);

static uint32_t next_cookie;

struct row {
	uint8_t state;
	uint16_t local_port;
	const char *local, *remote;
	uint32_t inode;
	uint8_t retransmits;
};

static void put(struct netlink_message *m, const struct row *row)
{
	struct inet_diag_msg head = {
		.idiag_family = AF_INET,
		.idiag_state = row->state,
		.idiag_inode = row->inode,
		.idiag_retrans = row->retransmits,
		.idiag_wqueue = 128,
		.id = { .idiag_sport = htons(row->local_port),
			.idiag_dport = htons(443),
			.idiag_cookie = { ++next_cookie, 0 } },
	};

	ck_assert_int_eq(inet_pton(AF_INET, row->local, head.id.idiag_src), 1);
	ck_assert_int_eq(inet_pton(AF_INET, row->remote, head.id.idiag_dst), 1);
	netlink_message_begin(m, SOCK_DIAG_BY_FAMILY, &head, sizeof(head));
}

/* `flags` of its last message. */
static void answer_flagged(struct source *s, const char *name, const struct row *rows, size_t n,
			   uint16_t flags)
{
	struct netlink_message m = { 0 };

	for (size_t i = 0; i < n; i++)
		put(&m, &rows[i]);
	netlink_message_done(&m);
	netlink_message_last(&m)->nlmsg_flags |= flags;
	fake_source_begin_answer(s, name);
	fake_source_add_datagram(s, name, m.data, m.len);
}

static void answer(struct source *s, const char *name, const struct row *rows, size_t n)
{
	answer_flagged(s, name, rows, n, 0);
}

static void answer_udp(struct source *s, uint32_t drops)
{
	uint32_t memory[SOCKET_MEMORY_FIELDS] = {
		[SOCKET_RCVBUF] = 1000, [SOCKET_RMEM_ALLOC] = 900, [SOCKET_DROPS] = drops
	};
	const struct row row = { SOCKET_CLOSE, 53, "0.0.0.0", "0.0.0.0", 700, 0 };
	struct netlink_message m = { 0 };

	next_cookie = 1000;
	put(&m, &row);
	netlink_message_put(&m, INET_DIAG_SKMEMINFO, memory, sizeof(memory));
	netlink_message_done(&m);
	fake_source_begin_answer(s, "sock_diag/udp4");
	fake_source_add_datagram(s, "sock_diag/udp4", m.data, m.len);
}

#define LISTENERS 2
static const struct row tcp[LISTENERS] = {
	{ SOCKET_LISTEN, 443, "0.0.0.0", "0.0.0.0", 500, 0 },
	{ SOCKET_LISTEN, 443, "192.0.2.1", "0.0.0.0", 501, 0 },
};

static const struct row all[] = {
	{ SOCKET_ESTABLISHED, 443, "192.0.2.1", "198.51.100.7", 600, 0 }, /* came in */
	{ SOCKET_ESTABLISHED, 40000, "192.0.2.1", "198.51.100.7", 601, 0 },
	{ SOCKET_TIME_WAIT, 40001, "192.0.2.1", "198.51.100.7", 0, 0 },
	{ SOCKET_FIN_WAIT2, 40001, "192.0.2.1", "198.51.100.8", 0, 0 },
	{ SOCKET_FIN_WAIT2, 40002, "192.0.2.1", "198.51.100.8", 602, 0 },
	{ SOCKET_SYN_RECV, 443, "192.0.2.1", "198.51.100.9", 0, 2 },
	{ SOCKET_SYN_RECV, 443, "192.0.2.1", "198.51.100.9", 0, 3 },
	{ SOCKET_SYN_RECV, 443, "192.0.2.9", "198.51.100.9", 0, 3 },
	{ SOCKET_CLOSE_WAIT, 443, "192.0.2.1", "198.51.100.9", 603, 0 },
	{ SOCKET_CLOSE_WAIT, 443, "192.0.2.1", "198.51.100.9", 604, 0 },
	{ 77, 443, "192.0.2.1", "198.51.100.9", 604, 0 }, /* a state nobody knows */
};

/* Two samples of a host; without the requests that only later versions make when `old`. */
static struct source *two_samples(bool old)
{
	struct source *s = fake_source_new();

	fake_source_set_samples(s, 2);
	fake_source_add_file(s, "/proc/meminfo", "MemTotal: 1024 kB\n");
	next_cookie = 0;
	answer(s, "sock_diag/tcp4", tcp, LISTENERS);
	answer(s, "sock_diag/tcp6", NULL, 0);
	fake_source_set_scan(s, "501 11 web\n601 12 client\n700 13 resolver\n", 0);
	if (old)
		return s;
	fake_source_add_file(s, "/proc/sys/net/ipv4/ip_local_port_range", "40000\t40009\n");
	fake_source_add_file(s, "/proc/sys/net/ipv4/ip_local_reserved_ports", "\n");
	fake_source_add_file(s, "/proc/11/cgroup", "0::/web.service\n");
	fake_source_add_file(s, "/proc/12/cgroup", "0::/client.service\n");
	fake_source_add_file(s, "/proc/13/cgroup", "0::/resolver.service\n");
	answer(s, "sock_diag/tcp4-closing", &all[9], 1);
	answer(s, "sock_diag/tcp6-closing", NULL, 0);
	answer(s, "sock_diag/tcp4-all", all, sizeof(all) / sizeof(all[0]));
	answer(s, "sock_diag/tcp6-all", NULL, 0);
	answer(s, "sock_diag/udp6", NULL, 0);
	fake_source_at_sample(s, 1);
	answer_udp(s, 100);
	fake_source_at_sample(s, 2);
	answer_udp(s, 130);
	return s;
}

static struct observation *run(struct source *s)
{
	const struct observe_options options = { .find_owners = true };
	struct observation *o = NULL;
	struct error e = { 0 };

	ck_assert_msg(observe(s, &options, &o, &e) == 0, "%s", e.text);
	source_free(s);
	return o;
}

static double number(const struct observation *o, const char *name, const void *entity)
{
	struct value v = metric_get(metric_find(name), o, entity);

	ck_assert_msg(v.kind == VALUE_NUMBER, "%s: %s", name, v.text);
	return v.number;
}

#define IS(name, entity, expected) ck_assert_double_eq_tol(number(o, name, entity), expected, 1e-9)

START_TEST(states_are_counted)
{
	struct observation *o = run(two_samples(false));

	IS("tcp.established", o, 2);
	IS("tcp.close_wait", o, 2);
	IS("tcp.close_wait_kept", o, 1);
	IS("tcp.fin_wait2", o, 2);
	IS("tcp.fin_wait2_orphans", o, 1);
	IS("tcp.half_open", o, 3);
	IS("tcp.last_ack", o, 0);
	ck_assert_uint_eq(o->blind_spot_count > 0, 1); /* this host has hardly a file */
	for (size_t i = 0; i < o->blind_spot_count; i++)
		ck_assert_msg(strstr(o->blind_spots[i].what, "sockets") == NULL, "%s",
			      o->blind_spots[i].what);
	observation_free(o);
}
END_TEST

/* What is counted at the end, in answers of which every other one was interrupted so many times. */
static struct observation *interrupted(int times)
{
	struct source *s = two_samples(false);

	for (int i = 0; i < times; i++) {
		answer_flagged(s, "sock_diag/tcp4-all", all, sizeof(all) / sizeof(all[0]),
			       NLM_F_DUMP_INTR);
		answer(s, "sock_diag/tcp4-all", all, sizeof(all) / sizeof(all[0]));
	}
	return run(s);
}

START_TEST(a_repeated_dump_is_counted_once)
{
	struct observation *o = interrupted(1);

	IS("tcp.established", o, 2);
	IS("tcp.close_wait", o, 2);
	IS("tcp.close_wait_kept", o, 1);
	IS("tcp.half_open", o, 3);
	IS("listener.half_open", &o->listeners[1], 2);
	ck_assert_uint_eq(o->peer_count, 2);
	IS("peer.ports", &o->peers[0], 2);
	observation_free(o);
}
END_TEST

START_TEST(what_is_repeated_always_is_unknown)
{
	struct observation *o = interrupted(4);
	bool told = false;

	ck_assert(!o->states.known);
	ck_assert_uint_eq(o->peer_count, 0);
	for (size_t i = 0; i < o->blind_spot_count; i++)
		told = told || strcmp(o->blind_spots[i].what, "closing TCP sockets") == 0;
	ck_assert(told);
	observation_free(o);
}
END_TEST

START_TEST(half_open_belongs_to_the_listener_that_fits_best)
{
	struct observation *o = run(two_samples(false));

	ck_assert_uint_eq(o->listener_count, 2);
	ck_assert_str_eq(o->listeners[0].name, "0.0.0.0:443");
	IS("listener.half_open", &o->listeners[0], 1);
	IS("listener.half_open", &o->listeners[1], 2);
	IS("listener.half_open_retried", &o->listeners[1], 1);
	IS("listener.twins", &o->listeners[1], 1);
	ck_assert_str_eq(o->listeners[1].process, "web (11)");
	ck_assert_str_eq(o->listeners[1].cgroup, "/web.service");
	ck_assert_str_eq(o->listeners[0].cgroup, ""); /* nobody knows who holds it */
	observation_free(o);
}
END_TEST

static void answer_silent(struct source *s, uint32_t silent_ms)
{
	const struct tcpinfo info = { .last_data_sent = silent_ms,
				      .last_data_recv = silent_ms,
				      .last_ack_recv = silent_ms };
	const struct row row = { SOCKET_ESTABLISHED, 443, "192.0.2.1", "198.51.100.7", 600, 0 };
	struct netlink_message m = { 0 };

	next_cookie = 2000;
	put(&m, &row);
	netlink_message_put(&m, INET_DIAG_INFO, &info, sizeof(info));
	netlink_message_done(&m);
	fake_source_begin_answer(s, "sock_diag/tcp4");
	fake_source_add_datagram(s, "sock_diag/tcp4", m.data, m.len);
}

/* In one of two samples each; the last counts, and once. */
START_TEST(silence_is_that_of_the_last_sample)
{
	for (uint32_t last = 1; last <= 2; last++) {
		struct source *s = two_samples(false);
		struct observation *o;

		fake_source_at_sample(s, 1);
		answer_silent(s, last == 1 ? 400000 : 1000);
		fake_source_at_sample(s, 2);
		answer_silent(s, last == 1 ? 1000 : 400000);
		o = run(s);
		IS("tcp.idle_long", o, last - 1);
		IS("tcp.idle_unprobed", o, last - 1);
		IS("tcp.idle_probed_late", o, 0);
		observation_free(o);
	}
}
END_TEST

START_TEST(ports_are_counted_for_destinations)
{
	struct observation *o = run(two_samples(false));
	char name[ENTITY_NAME_MAX];

	ck_assert_uint_eq(o->peer_count, 2);
	IS("peer.ports", &o->peers[0], 2);
	IS("peer.port_share", &o->peers[0], 0.2);
	IS("peer.time_wait", &o->peers[0], 1);
	ck_assert_str_eq(o->peers[0].process, "client (12)");
	ck_assert_str_eq(o->peers[0].cgroup, "/client.service");
	ck_assert_str_eq(observation_entity_name(o, ENTITY_PEER, 0, name, sizeof(name)),
			 "192.0.2.1 > 198.51.100.7:443");
	observation_free(o);
}
END_TEST

START_TEST(udp_sockets_have_drops_and_a_process)
{
	struct observation *o = run(two_samples(false));

	ck_assert_uint_eq(o->udp_worst_count, 1);
	IS("udp_socket.drops", &o->udp_worst[0], 30);
	IS("udp_socket.drops_total", &o->udp_worst[0], 130);
	IS("udp_socket.drop_rate", &o->udp_worst[0], 30);
	IS("udp_socket.near_full_share", &o->udp_worst[0], 1);
	ck_assert_str_eq(o->udp_worst[0].process, "resolver (13)");
	ck_assert_str_eq(o->udp_worst[0].cgroup, "/resolver.service");
	observation_free(o);
}
END_TEST

/* As a recording that was made before these requests were. */
START_TEST(what_was_not_asked_is_unknown)
{
	static const char *const names[] = { "tcp.close_wait", "tcp.close_wait_kept",
					     "tcp.fin_wait2_orphans", "tcp.half_open",
					     "ephemeral.ports" };
	struct observation *o = run(two_samples(true));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(metric_get(metric_find(names[i]), o, o).kind == VALUE_UNKNOWN, "%s",
			      names[i]);
	ck_assert_int_eq(metric_get(metric_find("listener.half_open"), o, &o->listeners[0]).kind,
			 VALUE_UNKNOWN);
	ck_assert(o->udp_unseen);
	ck_assert_uint_eq(o->peer_count + o->udp_worst_count + o->holder_count, 0);
	ck_assert_uint_eq(o->listener_count, 2);
	observation_free(o);
}
END_TEST

Suite *test_observer_sockets_suite(void)
{
	Suite *suite = suite_create("observer_sockets");
	TCase *tc = tcase_create("sockets");

	tcase_add_test(tc, states_are_counted);
	tcase_add_test(tc, a_repeated_dump_is_counted_once);
	tcase_add_test(tc, what_is_repeated_always_is_unknown);
	tcase_add_test(tc, half_open_belongs_to_the_listener_that_fits_best);
	tcase_add_test(tc, silence_is_that_of_the_last_sample);
	tcase_add_test(tc, ports_are_counted_for_destinations);
	tcase_add_test(tc, udp_sockets_have_drops_and_a_process);
	tcase_add_test(tc, what_was_not_asked_is_unknown);
	suite_add_tcase(suite, tc);
	return suite;
}
