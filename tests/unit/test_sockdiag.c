#include "host/sockdiag.h"

#include "fake_source.h"
#include "netlink_message.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

Suite *test_sockdiag_suite(void);

#define INFO_PATTERN_BYTES 400u /* longer than any kernel's tcp_info today */

static struct inet_diag_msg ipv4_head(void)
{
	struct inet_diag_msg head = {
		.idiag_family = AF_INET,
		.idiag_state = SOCKET_ESTABLISHED,
		.idiag_rqueue = 11,
		.idiag_timer = SOCKET_TIMER_KEEPALIVE,
		.idiag_retrans = 3,
		.idiag_expires = 60000,
		.idiag_wqueue = 22,
		.idiag_uid = 1000,
		.idiag_inode = 4711,
		.id = { .idiag_sport = htons(443),
			.idiag_dport = htons(50123),
			.idiag_if = 5,
			.idiag_cookie = { 0x89abcdefu, 0x01234567u } },
	};

	ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.1", head.id.idiag_src), 1);
	ck_assert_int_eq(inet_pton(AF_INET, "198.51.100.7", head.id.idiag_dst), 1);
	return head;
}

/* Byte i of an INET_DIAG_INFO is i, but for the first, which is not 0 either. */
static void put_info(struct netlink_message *m, size_t len)
{
	uint8_t info[INFO_PATTERN_BYTES];

	for (size_t i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(i % 255 + 1);
	netlink_message_put(m, INET_DIAG_INFO, info, len);
}

static void begin(struct netlink_message *m)
{
	const struct inet_diag_msg head = ipv4_head();

	netlink_message_begin(m, SOCK_DIAG_BY_FAMILY, &head, sizeof(head));
}

/* Into memory full of rubbish: the parser must overwrite it whole. */
static void parse(struct netlink_message *m, struct socket_info *ret)
{
	memset(ret, 0xa5, sizeof(*ret));
	ck_assert_int_eq(sockdiag_parse(netlink_message_last(m), ret), 0);
}

START_TEST(the_head_is_decoded)
{
	struct netlink_message m = { 0 };
	struct socket_info socket;
	char text[ADDRESS_TEXT_MAX];

	begin(&m);
	parse(&m, &socket);
	ck_assert_uint_eq(socket.cookie, 0x0123456789abcdefu);
	ck_assert_str_eq(address_format(&socket.local, text, sizeof(text)), "192.0.2.1");
	ck_assert_str_eq(address_format(&socket.remote, text, sizeof(text)), "198.51.100.7");
	ck_assert_uint_eq(socket.local_port, 443);
	ck_assert_uint_eq(socket.remote_port, 50123);
	ck_assert_uint_eq(socket.state, SOCKET_ESTABLISHED);
	ck_assert_uint_eq(socket.rqueue, 11);
	ck_assert_uint_eq(socket.wqueue, 22);
	ck_assert_uint_eq(socket.uid, 1000);
	ck_assert_uint_eq(socket.inode, 4711);
	ck_assert_uint_eq(socket.bound_ifindex, 5);
	ck_assert_uint_eq(socket.timer, SOCKET_TIMER_KEEPALIVE);
	ck_assert_uint_eq(socket.retransmits, 3);
	ck_assert_uint_eq(socket.expires_ms, 60000);
}
END_TEST

START_TEST(absent_attributes_are_absent)
{
	static const struct tcpinfo no_info;
	struct netlink_message m = { 0 };
	struct socket_info socket;

	begin(&m);
	parse(&m, &socket);
	ck_assert_uint_eq(socket.info_len, 0);
	ck_assert_mem_eq(&socket.info, &no_info, sizeof(no_info));
	ck_assert_uint_eq(socket.memory_fields, 0);
	for (size_t i = 0; i < SOCKET_MEMORY_FIELDS; i++)
		ck_assert_uint_eq(socket.memory[i], 0);
	ck_assert_str_eq(socket.congestion, "");
	ck_assert(!socket.has_bbr);
	ck_assert_uint_eq(socket.bbr_bandwidth, 0);
	ck_assert_uint_eq(socket.bbr_min_rtt_us, 0);
}
END_TEST

START_TEST(info_of_any_length)
{
	static const size_t lengths[] = { 0, 1, 103, 104, 232, 280, 281, INFO_PATTERN_BYTES };
	struct socket_info socket;
	uint8_t bytes[sizeof(socket.info)];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct netlink_message m = { 0 };
		const size_t expected = lengths[i] < 280 ? lengths[i] : 280;

		begin(&m);
		put_info(&m, lengths[i]);
		parse(&m, &socket);
		ck_assert_uint_eq(socket.info_len, expected);
		memcpy(bytes, &socket.info, sizeof(bytes));
		for (size_t at = 0; at < sizeof(bytes); at++)
			ck_assert_uint_eq(bytes[at], at < expected ? at % 255 + 1 : 0);
	}
}
END_TEST

START_TEST(memory_of_any_length)
{
	static const uint32_t sent[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	struct socket_info socket;

	for (size_t bytes = 0; bytes <= sizeof(sent); bytes++) {
		struct netlink_message m = { 0 };
		const size_t expected = bytes / 4 < 9 ? bytes / 4 : 9;

		begin(&m);
		netlink_message_put(&m, INET_DIAG_SKMEMINFO, sent, bytes);
		parse(&m, &socket);
		ck_assert_uint_eq(socket.memory_fields, expected);
		for (size_t i = 0; i < SOCKET_MEMORY_FIELDS; i++)
			ck_assert_uint_eq(socket.memory[i], i < expected ? i + 1 : 0);
	}
}
END_TEST

START_TEST(congestion_names_are_made_safe)
{
	struct netlink_message m = { 0 };
	struct socket_info socket;

	begin(&m);
	netlink_message_put(&m, INET_DIAG_CONG, "bbr", 4);
	parse(&m, &socket);
	ck_assert_str_eq(socket.congestion, "bbr");

	begin(&m);
	netlink_message_put(&m, INET_DIAG_CONG, "a\033[2Jb\377", 8);
	parse(&m, &socket);
	ck_assert_str_eq(socket.congestion, "a?[2Jb?");

	begin(&m); /* neither terminated nor short enough */
	netlink_message_put(&m, INET_DIAG_CONG, "abcdefghijklmnopqrst", 20);
	parse(&m, &socket);
	ck_assert_str_eq(socket.congestion, "abcdefghijklmno");

	begin(&m);
	netlink_message_put(&m, INET_DIAG_CONG, NULL, 0);
	parse(&m, &socket);
	ck_assert_str_eq(socket.congestion, "");
}
END_TEST

START_TEST(bbr_is_decoded_when_whole)
{
	const struct tcp_bbr_info bbr = { .bbr_bw_lo = 7, .bbr_bw_hi = 1, .bbr_min_rtt = 1234 };
	struct netlink_message m = { 0 };
	struct socket_info socket;

	begin(&m);
	netlink_message_put(&m, INET_DIAG_BBRINFO, &bbr, sizeof(bbr));
	parse(&m, &socket);
	ck_assert(socket.has_bbr);
	ck_assert_uint_eq(socket.bbr_bandwidth, (UINT64_C(1) << 32) + 7);
	ck_assert_uint_eq(socket.bbr_min_rtt_us, 1234);

	begin(&m);
	netlink_message_put(&m, INET_DIAG_BBRINFO, &bbr, sizeof(bbr) - 1);
	parse(&m, &socket);
	ck_assert(!socket.has_bbr);
	ck_assert_uint_eq(socket.bbr_bandwidth, 0);
}
END_TEST

START_TEST(unknown_and_broken_attributes_do_no_harm)
{
	struct netlink_message m = { 0 };
	struct socket_info socket;
	struct nlattr overrun = { .nla_len = 200, .nla_type = INET_DIAG_INFO };
	struct nlattr too_short = { .nla_len = 3, .nla_type = INET_DIAG_INFO };
	size_t at;

	begin(&m);
	netlink_message_put_u32(&m, 999, 1);
	netlink_message_put(&m, INET_DIAG_CONG, "cubic", 6);
	at = m.len;
	netlink_message_put_u32(&m, INET_DIAG_MARK, 1); /* 8 bytes, overwritten below */
	memcpy(m.data + at, &overrun, sizeof(overrun));
	parse(&m, &socket);
	ck_assert_str_eq(socket.congestion, "cubic");
	ck_assert_uint_eq(socket.info_len, 0);

	memcpy(m.data + at, &too_short, sizeof(too_short));
	parse(&m, &socket);
	ck_assert_str_eq(socket.congestion, "cubic");
	ck_assert_uint_eq(socket.info_len, 0);
}
END_TEST

START_TEST(short_messages_are_refused)
{
	struct netlink_message m = { 0 };
	struct socket_info socket = { .inode = 1 };

	begin(&m);
	netlink_message_last(&m)->nlmsg_len--;
	ck_assert_int_eq(sockdiag_parse(netlink_message_last(&m), &socket), -EBADMSG);
}
END_TEST

/* Each prefix of a message, in memory of exactly its size so that ASan sees a read beyond. */
START_TEST(every_truncation_stays_in_bounds)
{
	const struct tcp_bbr_info bbr = { .bbr_min_rtt = 1 };
	struct netlink_message m = { 0 };
	struct socket_info socket;

	begin(&m);
	put_info(&m, 280);
	netlink_message_put(&m, INET_DIAG_CONG, "bbr", 4);
	netlink_message_put(&m, INET_DIAG_BBRINFO, &bbr, sizeof(bbr));
	for (uint32_t len = sizeof(struct nlmsghdr); len <= m.len; len++) {
		struct nlmsghdr *cut = malloc(len);

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, m.data, len);
		cut->nlmsg_len = len;
		ck_assert_int_eq(sockdiag_parse(cut, &socket),
				 len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)) ? -EBADMSG : 0);
		free(cut);
	}
}
END_TEST

struct visited {
	unsigned int count, stop_at;
	uint32_t inode_sum;
};

static int visit(void *arg, const struct socket_info *socket)
{
	struct visited *visited = arg;

	visited->inode_sum += socket->inode;
	return ++visited->count == visited->stop_at ? -ECANCELED : 0;
}

static void add_sockets(struct source *s, const char *request, unsigned int n)
{
	struct netlink_message m = { 0 };

	for (unsigned int i = 0; i < n; i++)
		begin(&m);
	netlink_message_done(&m);
	fake_source_add_datagram(s, request, m.data, m.len);
}

START_TEST(a_dump_visits_every_socket)
{
	struct source *s = fake_source_new();
	struct visited visited = { 0 };
	struct inet_diag_req_v2 asked;
	uint64_t time_ns = 0;
	const void *payload;
	size_t len = 0;

	add_sockets(s, "sock_diag/tcp4", 3);
	ck_assert_int_eq(sockdiag_dump_tcp(s, AF_INET, visit, &visited, &time_ns, NULL), 0);
	ck_assert_uint_eq(visited.count, 3);
	ck_assert_uint_eq(visited.inode_sum, 3 * 4711);
	ck_assert_uint_eq(time_ns, source_time_ns(s));
	ck_assert_uint_ne(time_ns, 0);

	payload = fake_source_last_payload(s, &len);
	ck_assert_uint_eq(len, sizeof(asked));
	memcpy(&asked, payload, sizeof(asked));
	ck_assert_uint_eq(asked.sdiag_family, AF_INET);
	ck_assert_uint_eq(asked.sdiag_protocol, IPPROTO_TCP);
	ck_assert_uint_eq(asked.idiag_states, 1u << 1 | 1u << 10);
	ck_assert_uint_eq(asked.idiag_ext, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 6);
	source_free(s);
}
END_TEST

START_TEST(each_family_has_its_request)
{
	struct source *s = fake_source_new();
	struct visited visited = { 0 };
	struct error e = { 0 };

	add_sockets(s, "sock_diag/tcp6", 1);
	ck_assert_int_eq(sockdiag_dump_tcp(s, AF_INET6, visit, &visited, NULL, NULL), 0);
	ck_assert_uint_eq(visited.count, 1);
	ck_assert_int_lt(sockdiag_dump_tcp(s, AF_INET, visit, &visited, NULL, &e), 0);
	ck_assert_uint_eq(visited.count, 1);
	ck_assert_str_ne(e.text, "");
	source_free(s);
}
END_TEST

static const struct {
	enum socket_dump what;
	const char *name4, *name6;
	uint8_t protocol, extensions;
	uint32_t states;
} dumps[] = {
	{ SOCKET_DUMP_TCP, "sock_diag/tcp4", "sock_diag/tcp6", IPPROTO_TCP, 0x4e, 0x402 },
	{ SOCKET_DUMP_CLOSING, "sock_diag/tcp4-closing", "sock_diag/tcp6-closing", IPPROTO_TCP, 0,
	  0xb7c },
	{ SOCKET_DUMP_ALL_TCP, "sock_diag/tcp4-all", "sock_diag/tcp6-all", IPPROTO_TCP, 0, 0xb7e },
	{ SOCKET_DUMP_UDP, "sock_diag/udp4", "sock_diag/udp6", IPPROTO_UDP, 0x40, 0x82 },
};

START_TEST(each_kind_has_its_request)
{
	struct source *s = fake_source_new();
	struct visited visited = { 0 };
	struct inet_diag_req_v2 asked;
	size_t len = 0;

	add_sockets(s, dumps[_i].name4, 2);
	add_sockets(s, dumps[_i].name6, 3);
	ck_assert_int_eq(sockdiag_dump(s, dumps[_i].what, AF_INET, visit, &visited, NULL, NULL), 0);
	ck_assert_uint_eq(visited.count, 2);
	ck_assert_int_eq(sockdiag_dump(s, dumps[_i].what, AF_INET6, visit, &visited, NULL, NULL),
			 0);
	ck_assert_uint_eq(visited.count, 5);
	memcpy(&asked, fake_source_last_payload(s, &len), sizeof(asked));
	ck_assert_uint_eq(asked.sdiag_family, AF_INET6);
	ck_assert_uint_eq(asked.sdiag_protocol, dumps[_i].protocol);
	ck_assert_uint_eq(asked.idiag_ext, dumps[_i].extensions);
	ck_assert_uint_eq(asked.idiag_states, dumps[_i].states);
	source_free(s);
}
END_TEST

START_TEST(a_visitor_can_stop_the_dump)
{
	struct source *s = fake_source_new();
	struct visited visited = { .stop_at = 2 };
	uint64_t time_ns = 77;

	add_sockets(s, "sock_diag/tcp4", 5);
	ck_assert_int_eq(sockdiag_dump_tcp(s, AF_INET, visit, &visited, &time_ns, NULL),
			 -ECANCELED);
	ck_assert_uint_eq(visited.count, 2);
	ck_assert_uint_eq(time_ns, 77);
	source_free(s);
}
END_TEST

START_TEST(a_repeated_dump_is_told)
{
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct visited visited = { 0 };

	begin(&m);
	netlink_message_last(&m)->nlmsg_flags |= NLM_F_DUMP_INTR;
	netlink_message_done(&m);
	fake_source_add_datagram(s, "sock_diag/tcp4", m.data, m.len);
	fake_source_begin_answer(s, "sock_diag/tcp4");
	add_sockets(s, "sock_diag/tcp4", 1);
	ck_assert_int_eq(sockdiag_dump_tcp(s, AF_INET, visit, &visited, NULL, NULL), 1);
	ck_assert_uint_eq(visited.count, 2);
	source_free(s);
}
END_TEST

START_TEST(a_short_message_in_a_dump_is_an_error)
{
	struct source *s = fake_source_new();
	struct netlink_message m = { 0 };
	struct visited visited = { 0 };

	netlink_message_begin(&m, SOCK_DIAG_BY_FAMILY, "tiny", 4);
	netlink_message_done(&m);
	fake_source_add_datagram(s, "sock_diag/tcp4", m.data, m.len);
	ck_assert_int_eq(sockdiag_dump_tcp(s, AF_INET, visit, &visited, NULL, NULL), -EBADMSG);
	ck_assert_uint_eq(visited.count, 0);
	source_free(s);
}
END_TEST

Suite *test_sockdiag_suite(void)
{
	Suite *suite = suite_create("sockdiag");
	TCase *tc = tcase_create("sockdiag");

	tcase_add_test(tc, the_head_is_decoded);
	tcase_add_test(tc, absent_attributes_are_absent);
	tcase_add_test(tc, info_of_any_length);
	tcase_add_test(tc, memory_of_any_length);
	tcase_add_test(tc, congestion_names_are_made_safe);
	tcase_add_test(tc, bbr_is_decoded_when_whole);
	tcase_add_test(tc, unknown_and_broken_attributes_do_no_harm);
	tcase_add_test(tc, short_messages_are_refused);
	tcase_add_test(tc, every_truncation_stays_in_bounds);
	tcase_add_test(tc, a_dump_visits_every_socket);
	tcase_add_test(tc, each_family_has_its_request);
	tcase_add_loop_test(tc, each_kind_has_its_request, 0, SOCKET_DUMPS);
	tcase_add_test(tc, a_visitor_can_stop_the_dump);
	tcase_add_test(tc, a_repeated_dump_is_told);
	tcase_add_test(tc, a_short_message_in_a_dump_is_an_error);
	suite_add_tcase(suite, tc);
	return suite;
}
