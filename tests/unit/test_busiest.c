#include "base/cleanup.h"
#include "cli/busiest.h"

#include <check.h>
#include <errno.h>

Suite *test_busiest_suite(void);

START_TEST(a_reset_counter_makes_no_link_busy)
{
	struct link_stats links[] = {
		{ .first = { .rx_bytes = 900 }, .last = { .rx_bytes = 5 } },
		{ .first = { .tx_bytes = 100 }, .last = { .tx_bytes = 300 } },
		{ .first = { .rx_bytes = 7 }, .last = { .rx_bytes = 8 } },
	};
	const struct observation o = { .links = links, .link_count = ARRAY_LEN(links) };
	size_t index = 99;

	ck_assert_int_eq(busiest_entity(&o, ENTITY_LINK, &index), 0);
	ck_assert_uint_eq(index, 1);
}
END_TEST

START_TEST(nothing_is_busiest_of_none)
{
	const struct observation o = { 0 };
	size_t index = 99;

	ck_assert_int_eq(busiest_entity(&o, ENTITY_LINK, &index), -ENOENT);
	ck_assert_int_eq(busiest_entity(&o, ENTITY_PATH, &index), -ENOENT);
	ck_assert_uint_eq(index, 99);
	ck_assert_int_eq(busiest_entity(&o, ENTITY_HOST, &index), 0);
	ck_assert_uint_eq(index, 0);
}
END_TEST

Suite *test_busiest_suite(void)
{
	Suite *suite = suite_create("busiest");
	TCase *tc = tcase_create("entities");

	tcase_add_test(tc, a_reset_counter_makes_no_link_busy);
	tcase_add_test(tc, nothing_is_busiest_of_none);
	suite_add_tcase(suite, tc);
	return suite;
}
