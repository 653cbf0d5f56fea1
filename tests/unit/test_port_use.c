#include "measure/port_use.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *test_port_use_suite(void);

static struct port_use *table;
static struct port_set listening;
static struct peer_stats *list;
static size_t count;
static const struct port_range range = { .first = 40000, .last = 50000, .ports = 10001 };

static void open_table(void)
{
	ck_assert_int_eq(port_use_new(&table), 0);
	memset(&listening, 0, sizeof(listening));
	list = NULL;
}

static void close_table(void)
{
	free(list);
	port_use_free(table);
}

static void see(uint32_t remote, uint16_t port, uint8_t state, uint32_t inode)
{
	struct socket_info s = {
		.local = { .family = 4, .bytes = { 192, 0, 2, 1 } },
		.remote = { .family = 4 },
		.local_port = port,
		.remote_port = 443,
		.state = state,
		.inode = inode,
	};

	memcpy(s.remote.bytes, &remote, sizeof(remote));
	port_use_count(table, &range, &listening, &s);
}

static void take(void)
{
	free(list);
	ck_assert_int_eq(port_use_take(table, &list, &count), 0);
}

START_TEST(connections_count_for_their_destination)
{
	see(1, 40000, SOCKET_ESTABLISHED, 7);
	see(2, 40000, SOCKET_ESTABLISHED, 9);
	see(2, 50000, SOCKET_TIME_WAIT, 0);
	see(2, 40001, SOCKET_SYN_SENT, 0);
	take();
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(list[0].ports, 3);
	ck_assert_uint_eq(list[0].established, 1);
	ck_assert_uint_eq(list[0].time_wait, 1);
	ck_assert_uint_eq(list[0].inode, 9);
	ck_assert_str_eq(list[0].name, "192.0.2.1 > 2.0.0.0:443");
	ck_assert_str_eq(list[0].address, "2.0.0.0");
	ck_assert_uint_eq(list[1].ports, 1);
	take();
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(what_came_in_or_lies_outside_does_not)
{
	port_set_add(&listening, 40002);
	see(1, 40002, SOCKET_ESTABLISHED, 7); /* to a listener here */
	see(1, 39999, SOCKET_ESTABLISHED, 7);
	see(1, 50001, SOCKET_ESTABLISHED, 7);
	see(1, 40003, SOCKET_SYN_RECV, 0);
	see(1, 40003, SOCKET_LISTEN, 7);
	take();
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(the_largest_survive_a_full_table)
{
	for (uint32_t i = 0; i < PORT_USE_MAX; i++)
		see(i + 10, 40000, SOCKET_ESTABLISHED, 1);
	ck_assert(!port_use_overflowed(table));
	for (uint16_t i = 1; i < 50; i++)
		see(10 + PORT_USE_MAX - 1, (uint16_t)(40000 + i), SOCKET_ESTABLISHED, 1);
	ck_assert(!port_use_overflowed(table));
	see(1, 40000, SOCKET_ESTABLISHED, 1);
	ck_assert(port_use_overflowed(table));
	see(10 + PORT_USE_MAX - 1, 40050, SOCKET_ESTABLISHED, 1);
	take();
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(list[0].ports, 51);
	ck_assert_uint_eq(list[1].ports, 1);
}
END_TEST

START_TEST(few_are_handed_over)
{
	for (uint32_t i = 1; i <= 2 * PORT_USE_KEPT; i++)
		for (uint16_t port = 0; port < i; port++)
			see(i, (uint16_t)(40000 + port), SOCKET_ESTABLISHED, 1);
	take();
	ck_assert_uint_eq(count, PORT_USE_KEPT);
	ck_assert_uint_eq(list[0].ports, 2 * PORT_USE_KEPT);
	ck_assert_uint_eq(list[count - 1].ports, PORT_USE_KEPT + 1);
}
END_TEST

Suite *test_port_use_suite(void)
{
	Suite *suite = suite_create("port_use");
	TCase *tc = tcase_create("port_use");

	tcase_add_checked_fixture(tc, open_table, close_table);
	tcase_add_test(tc, connections_count_for_their_destination);
	tcase_add_test(tc, what_came_in_or_lies_outside_does_not);
	tcase_add_test(tc, the_largest_survive_a_full_table);
	tcase_add_test(tc, few_are_handed_over);
	suite_add_tcase(suite, tc);
	return suite;
}
