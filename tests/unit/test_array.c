#include "base/array.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

Suite *test_array_suite(void);

START_TEST(keeps_what_is_in_it_while_it_grows)
{
	size_t count = 0, capacity = 0;
	uint32_t *all = NULL;

	while (count < 1000) {
		all = array_grow(all, count, &capacity, sizeof(*all));
		ck_assert_ptr_nonnull(all);
		ck_assert_uint_gt(capacity, count);
		all[count] = (uint32_t)count;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(all[i], i);
	free(all);
}
END_TEST

START_TEST(stays_where_it_is_while_there_is_room)
{
	size_t capacity = 0;
	uint32_t *all = array_grow(NULL, 0, &capacity, sizeof(*all));
	const size_t first = capacity;

	ck_assert_ptr_nonnull(all);
	ck_assert_ptr_eq(array_grow(all, first - 1, &capacity, sizeof(*all)), all);
	ck_assert_uint_eq(capacity, first);
	all = array_grow(all, first, &capacity, sizeof(*all));
	ck_assert_uint_eq(capacity, 2 * first);
	all[2 * first - 1] = 1; /* for the sanitizers */
	free(all);
}
END_TEST

Suite *test_array_suite(void)
{
	Suite *s = suite_create("array");
	TCase *c = tcase_create("array");

	tcase_add_test(c, keeps_what_is_in_it_while_it_grows);
	tcase_add_test(c, stays_where_it_is_while_there_is_room);
	suite_add_tcase(s, c);
	return s;
}
