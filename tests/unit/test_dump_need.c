/* Which dumps of sockets would come back empty. */
#include "fake_source.h"
#include "measure/dump_need.h"
#include "measure/observer.h"
#include "netlink_message.h"

#include <check.h>
#include <sys/socket.h>

Suite *test_dump_need_suite(void);

struct counted {
	enum counter which;
	uint64_t value;
};

static struct counters counted(const struct counted *some, size_t n)
{
	struct counters c = { 0 };

	for (size_t i = 0; i < n; i++) {
		c.known[some[i].which] = true;
		c.value[some[i].which] = some[i].value;
	}
	return c;
}

static const enum socket_dump tcp_dumps[] = { SOCKET_DUMP_TCP, SOCKET_DUMP_CLOSING,
					      SOCKET_DUMP_ALL_TCP };

START_TEST(what_is_not_known_is_needed)
{
	const struct counters c = { 0 };

	for (int what = 0; what < SOCKET_DUMPS; what++) {
		ck_assert(dump_is_needed(&c, (enum socket_dump)what, AF_INET));
		ck_assert(dump_is_needed(&c, (enum socket_dump)what, AF_INET6));
	}
}
END_TEST

START_TEST(each_family_has_its_counter)
{
	static const struct counted some[] = { { COUNTER_SOCKETS_TCP_INUSE, 0 },
					       { COUNTER_SOCKETS_TCP6_INUSE, 1 },
					       { COUNTER_SOCKETS_TCP_TIME_WAIT, 0 },
					       { COUNTER_SOCKETS_UDP_INUSE, 1 },
					       { COUNTER_SOCKETS_UDP6_INUSE, 0 } };
	const struct counters c = counted(some, 5);

	for (size_t i = 0; i < 3; i++) {
		ck_assert(!dump_is_needed(&c, tcp_dumps[i], AF_INET));
		ck_assert(dump_is_needed(&c, tcp_dumps[i], AF_INET6));
	}
	ck_assert(dump_is_needed(&c, SOCKET_DUMP_UDP, AF_INET));
	ck_assert(!dump_is_needed(&c, SOCKET_DUMP_UDP, AF_INET6));
}
END_TEST

/* They are counted for both families together. */
START_TEST(those_that_wait_are_needed_in_either_family)
{
	static const struct counted some[] = { { COUNTER_SOCKETS_TCP_INUSE, 0 },
					       { COUNTER_SOCKETS_TCP6_INUSE, 0 },
					       { COUNTER_SOCKETS_TCP_TIME_WAIT, 1 } };
	const struct counters c = counted(some, 3);

	ck_assert(!dump_is_needed(&c, SOCKET_DUMP_TCP, AF_INET));
	ck_assert(!dump_is_needed(&c, SOCKET_DUMP_TCP, AF_INET6));
	for (size_t i = 1; i < 3; i++) {
		ck_assert(dump_is_needed(&c, tcp_dumps[i], AF_INET));
		ck_assert(dump_is_needed(&c, tcp_dumps[i], AF_INET6));
	}
}
END_TEST

START_TEST(unknown_ones_that_wait_are_needed)
{
	static const struct counted some[] = { { COUNTER_SOCKETS_TCP_INUSE, 0 } };
	const struct counters c = counted(some, 1);

	ck_assert(!dump_is_needed(&c, SOCKET_DUMP_TCP, AF_INET));
	ck_assert(dump_is_needed(&c, SOCKET_DUMP_ALL_TCP, AF_INET));
}
END_TEST

#define NONE4 "TCP: inuse 0 orphan 3 tw 0 alloc 9 mem 1\nUDP: inuse 0 mem 0\n"
#define NONE6 "TCP6: inuse 0\nUDP6: inuse 0\n"

static const struct {
	const char *sockstat, *sockstat6; /* NULL: not there */
	unsigned int spared;
} hosts[] = {
	{ NULL, NULL, 0 },
	{ "TCP: inuse 1 tw 0\nUDP: inuse 1 mem 0\n", "TCP6: inuse 1\nUDP6: inuse 1\n", 0 },
	/* in each sample, of two: TCP and UDP; at the first and the last one: what closes */
	{ NONE4, NULL, 2 * 2 + 2 },
	{ NONE4, NONE6, 2 * (2 * 2 + 2) },
	{ "TCP: inuse 0 tw 1\nUDP: inuse 0 mem 0\n", NONE6, 2 * 2 * 2 },
};

static struct observation *observe_host_of(size_t i, unsigned int *ret_requests)
{
	static const char *const dumps[] = { "sock_diag/tcp4",	       "sock_diag/tcp6",
					     "sock_diag/udp4",	       "sock_diag/udp6",
					     "sock_diag/tcp4-closing", "sock_diag/tcp6-closing",
					     "sock_diag/tcp4-all",     "sock_diag/tcp6-all" };
	const struct observe_options options = { 0 };
	struct source *s = fake_source_new();
	struct netlink_message end = { 0 };
	struct observation *o;
	struct error e = { 0 };

	netlink_message_done(&end);
	for (size_t k = 0; k < sizeof(dumps) / sizeof(dumps[0]); k++)
		fake_source_add_datagram(s, dumps[k], end.data, end.len);
	fake_source_set_samples(s, 2);
	if (hosts[i].sockstat != NULL)
		fake_source_add_file(s, "/proc/net/sockstat", hosts[i].sockstat);
	if (hosts[i].sockstat6 != NULL)
		fake_source_add_file(s, "/proc/net/sockstat6", hosts[i].sockstat6);
	ck_assert_msg(observe(s, &options, &o, &e) == 0, "%s", e.text);
	*ret_requests = fake_source_requests(s);
	source_free(s);
	return o;
}

START_TEST(an_observation_spares_what_is_empty)
{
	unsigned int all, some;
	struct observation *o = observe_host_of(0, &all);

	observation_free(o);
	o = observe_host_of((size_t)_i, &some);
	ck_assert_uint_eq(all - some, hosts[_i].spared);
	/* What is known to be none was seen. */
	ck_assert(!o->sockets_unseen && !o->udp_unseen);
	ck_assert(o->states.known);
	ck_assert(o->close_wait_first_known);
	observation_free(o);
}
END_TEST

Suite *test_dump_need_suite(void)
{
	Suite *s = suite_create("dump_need");
	TCase *t = tcase_create("dump_need");

	tcase_add_test(t, what_is_not_known_is_needed);
	tcase_add_test(t, each_family_has_its_counter);
	tcase_add_test(t, those_that_wait_are_needed_in_either_family);
	tcase_add_test(t, unknown_ones_that_wait_are_needed);
	tcase_add_loop_test(t, an_observation_spares_what_is_empty, 0,
			    (int)(sizeof(hosts) / sizeof(hosts[0])));
	suite_add_tcase(s, t);
	return s;
}
