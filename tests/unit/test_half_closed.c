#include "measure/half_closed.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *test_half_closed_suite(void);

static void fill(struct half_closed *h, uint32_t from, uint32_t to)
{
	for (uint32_t inode = to; inode-- > from;)
		ck_assert_int_eq(half_closed_add(h, inode), 0);
	half_closed_sort(h);
}

START_TEST(those_that_stay_are_kept)
{
	struct half_closed first = { 0 }, last = { 0 }, none = { 0 };

	fill(&first, 0, 100); /* with one that nobody accepted */
	fill(&last, 60, 150);
	ck_assert_uint_eq(first.total, 100);
	ck_assert_uint_eq(first.orphan, 1);
	ck_assert_uint_eq(first.count, 99);
	ck_assert_uint_eq(half_closed_kept(&first, &last), 40);
	ck_assert_uint_eq(half_closed_kept(&none, &last), 0);
	ck_assert_uint_eq(half_closed_kept(&first, &none), 0);
	half_closed_done(&first);
	half_closed_done(&last);
}
END_TEST

START_TEST(a_socket_seen_twice_counts_once)
{
	struct half_closed h = { 0 };

	ck_assert_int_eq(half_closed_add(&h, 5), 0);
	fill(&h, 5, 6);
	ck_assert_uint_eq(h.count, 1);
	half_closed_done(&h);
}
END_TEST

START_TEST(memory_is_bounded)
{
	struct half_closed h = { 0 };

	fill(&h, 1, HALF_CLOSED_MAX + 10);
	ck_assert_uint_eq(h.count, HALF_CLOSED_MAX);
	ck_assert_uint_eq(h.total, HALF_CLOSED_MAX + 9);
	half_closed_done(&h);
}
END_TEST

START_TEST(sockets_join_their_process)
{
	struct owner owners[] = { { 10, 4711, 1, "java" },
				  { 11, 812, 1, "nginx" },
				  { 12, 4711, 1, "java" } };
	struct owner_table table = { .owners = owners, .count = 3 };
	struct half_closed first = { 0 }, last = { 0 };
	struct owner_stats *list = NULL;
	size_t count = 0;

	fill(&first, 11, 13);
	fill(&last, 10, 14); /* 13 belongs to somebody who could not be looked into */
	ck_assert_int_eq(half_closed_owners(&first, &last, &table, &list, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(list[0].process, "java (4711)");
	ck_assert_uint_eq(list[0].close_wait, 2);
	ck_assert_uint_eq(list[0].close_wait_kept, 1);
	ck_assert_int_eq(list[1].pid, 812);
	ck_assert_uint_eq(list[1].close_wait_kept, 1);
	ck_assert_uint_eq(half_closed_unheld(&first, &last, &table).close_wait, 1);
	ck_assert_uint_eq(half_closed_unheld(&first, &last, &table).close_wait_kept, 0);
	table.count = 0;
	ck_assert_uint_eq(half_closed_unheld(&first, &last, &table).close_wait, 4);
	ck_assert_uint_eq(half_closed_unheld(&first, &last, &table).close_wait_kept, 2);
	free(list);
	half_closed_done(&first);
	half_closed_done(&last);
}
END_TEST

START_TEST(nothing_held)
{
	struct owner_table table = { 0 };
	struct half_closed none = { 0 };
	struct owner_stats *list = NULL;
	size_t count = 1;

	ck_assert_int_eq(half_closed_owners(&none, &none, &table, &list, &count), 0);
	ck_assert_uint_eq(count, 0);
	free(list);
}
END_TEST

Suite *test_half_closed_suite(void)
{
	Suite *suite = suite_create("half_closed");
	TCase *tc = tcase_create("half_closed");

	tcase_add_test(tc, those_that_stay_are_kept);
	tcase_add_test(tc, a_socket_seen_twice_counts_once);
	tcase_add_test(tc, memory_is_bounded);
	tcase_add_test(tc, sockets_join_their_process);
	tcase_add_test(tc, nothing_held);
	suite_add_tcase(suite, tc);
	return suite;
}
