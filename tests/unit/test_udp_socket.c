#include "measure/udp_socket.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *test_udp_socket_suite(void);

static struct udp_table *table;
static struct udp_socket_stats *list;
static size_t count;

static void open_table(void)
{
	ck_assert_int_eq(udp_table_new(&table), 0);
	list = NULL;
}

static void close_table(void)
{
	free(list);
	udp_table_free(table);
}

static struct socket_info udp(uint64_t cookie, uint32_t drops, uint32_t queue)
{
	struct socket_info s = {
		.cookie = cookie,
		.local = { .family = 4 },
		.local_port = 53,
		.inode = (uint32_t)(100 + cookie),
		.memory_fields = SOCKET_MEMORY_FIELDS,
	};

	s.memory[SOCKET_RMEM_ALLOC] = queue;
	s.memory[SOCKET_RCVBUF] = 1000;
	s.memory[SOCKET_DROPS] = drops;
	return s;
}

static void see(struct socket_info s)
{
	ck_assert_int_eq(udp_observe(table, &s), 0);
}

static void take(void)
{
	free(list);
	ck_assert_int_eq(udp_table_take(table, &list, &count), 0);
}

START_TEST(drops_count_from_the_first_sample_on)
{
	udp_round_begin(table);
	see(udp(2, 1000, 0));
	see(udp(1, 5, 800));
	udp_round_end(table, true);
	udp_round_begin(table);
	see(udp(1, 5, 100));
	see(udp(3, 7, 0)); /* made in the window: all its drops are of it */
	see(udp(2, 1020, 799));
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(udp_table_count(table), 3);
	ck_assert_uint_eq(list[0].cookie, 2);
	ck_assert_uint_eq(list[0].drops, 20);
	ck_assert_uint_eq(list[0].drops_total, 1020);
	ck_assert_uint_eq(list[0].near_full_samples, 0);
	ck_assert_uint_eq(list[1].cookie, 3);
	ck_assert_uint_eq(list[1].drops, 7);
	ck_assert_uint_eq(list[2].drops, 0);
	ck_assert_uint_eq(list[2].samples, 2);
	ck_assert_uint_eq(list[2].queue_max, 800);
	ck_assert_uint_eq(list[2].queue_last, 100);
	ck_assert_uint_eq(list[2].near_full_samples, 1);
	ck_assert_uint_eq(list[2].inode, 101);
}
END_TEST

START_TEST(after_an_incomplete_round_nothing_is_new)
{
	udp_round_begin(table);
	see(udp(1, 500, 0));
	udp_round_end(table, true);
	udp_round_begin(table); /* the dump failed */
	udp_round_end(table, false);
	udp_round_begin(table);
	see(udp(1, 500, 0));
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(list[0].drops, 0);
}
END_TEST

START_TEST(a_counter_wraps)
{
	udp_round_begin(table);
	see(udp(1, UINT32_MAX - 1, 0));
	udp_round_end(table, true);
	udp_round_begin(table);
	see(udp(1, 3, 0));
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(list[0].drops, 5);
}
END_TEST

START_TEST(twice_in_a_round_and_gone_in_the_next)
{
	udp_round_begin(table);
	see(udp(1, 0, 0));
	see(udp(1, 0, 0));
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(list[0].samples, 1);
	udp_round_begin(table);
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_kernel_without_the_counter)
{
	struct socket_info s = udp(1, 0, 0);

	s.memory_fields = SOCKET_DROPS;
	udp_round_begin(table);
	see(s);
	udp_round_end(table, true);
	take();
	ck_assert(!list[0].drops_known);
	ck_assert_uint_eq(list[0].drops, 0);
}
END_TEST

START_TEST(names_are_unique)
{
	struct socket_info connected = udp(3, 0, 0);

	connected.remote = (struct address){ .family = 6, .bytes = { 0x20, 1, 0xd, 0xb8 } };
	connected.remote_port = 443;
	udp_round_begin(table);
	see(udp(1, 0, 0));
	see(udp(2, 0, 0));
	see(connected);
	udp_round_end(table, true);
	take();
	ck_assert_str_eq(list[0].name, "0.0.0.0:53");
	ck_assert_str_eq(list[1].name, "0.0.0.0:53 #2");
	ck_assert_str_eq(list[2].name, "0.0.0.0:53 > [2001:db8::]:443");
}
END_TEST

/* One more than are followed, and the worst among those that are. */
START_TEST(memory_is_bounded)
{
	udp_round_begin(table);
	udp_round_end(table, true);
	for (uint32_t round = 0; round < 2; round++) {
		udp_round_begin(table);
		for (uint32_t i = 0; i < UDP_SOCKETS_MAX + round; i++)
			see(udp(i + 1, i == 4711 ? 9 : 0, 0));
		udp_round_end(table, true);
		ck_assert(udp_table_overflowed(table) == (round == 1));
	}
	ck_assert_uint_eq(udp_table_count(table), UDP_SOCKETS_MAX);
	take();
	ck_assert_uint_eq(count, UDP_SOCKETS_KEPT);
	ck_assert_uint_eq(list[0].cookie, 4712);
}
END_TEST

/* Which ones are followed may differ from dump to dump: what is new to us may be old. */
START_TEST(after_more_than_are_followed_nothing_is_new)
{
	udp_round_begin(table);
	for (uint32_t i = 0; i <= UDP_SOCKETS_MAX; i++)
		see(udp(i + 1, 0, 0));
	udp_round_end(table, true);
	udp_round_begin(table);
	see(udp(UDP_SOCKETS_MAX + 1, 500, 0));
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(list[0].drops, 0);
	/* And once all were seen again, it is. */
	udp_round_begin(table);
	see(udp(UDP_SOCKETS_MAX + 2, 500, 0));
	udp_round_end(table, true);
	take();
	ck_assert_uint_eq(list[0].drops, 500);
}
END_TEST

Suite *test_udp_socket_suite(void)
{
	Suite *suite = suite_create("udp_socket");
	TCase *tc = tcase_create("udp_socket");

	tcase_add_checked_fixture(tc, open_table, close_table);
	tcase_add_test(tc, drops_count_from_the_first_sample_on);
	tcase_add_test(tc, after_an_incomplete_round_nothing_is_new);
	tcase_add_test(tc, a_counter_wraps);
	tcase_add_test(tc, twice_in_a_round_and_gone_in_the_next);
	tcase_add_test(tc, a_kernel_without_the_counter);
	tcase_add_test(tc, names_are_unique);
	tcase_add_test(tc, memory_is_bounded);
	tcase_add_test(tc, after_more_than_are_followed_nothing_is_new);
	suite_add_tcase(suite, tc);
	return suite;
}
