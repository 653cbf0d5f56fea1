#include "base/suggest.h"

#include <check.h>
#include <string.h>

Suite *test_suggest_suite(void);

static const char *best_of(const char *wanted)
{
	static const char *const names[] = { "audit", "flows", "net.core.rmem_max",
					     "net.ipv4.tcp_rmem", "path.min_rtt" };
	struct suggestion s = suggest_start(wanted, strlen(wanted));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		suggest_offer(&s, names[i]);
	return s.best;
}

START_TEST(distances_count_edits)
{
	ck_assert_uint_eq(suggest_distance("audit", 5, "audit", 5), 0);
	ck_assert_uint_eq(suggest_distance("adit", 4, "audit", 5), 1);
	ck_assert_uint_eq(suggest_distance("auidt", 5, "audit", 5), 1); /* neighbours swapped */
	ck_assert_uint_eq(suggest_distance("", 0, "audit", 5), 5);
}
END_TEST

START_TEST(the_nearest_name_is_suggested)
{
	ck_assert_str_eq(best_of("adit"), "audit");
	ck_assert_str_eq(best_of("path.minrtt"), "path.min_rtt");
	ck_assert_ptr_null(best_of("listener.backlog"));
	ck_assert_ptr_null(best_of(""));
}
END_TEST

START_TEST(a_last_part_is_as_good_as_a_typo)
{
	ck_assert_str_eq(best_of("tcp_rmem"), "net.ipv4.tcp_rmem");
	ck_assert_str_eq(best_of("rmem_max"), "net.core.rmem_max");
	ck_assert_ptr_null(best_of("rmem")); /* part of a part */
}
END_TEST

Suite *test_suggest_suite(void)
{
	Suite *s = suite_create("suggest");
	TCase *c = tcase_create("suggest");

	tcase_add_test(c, distances_count_edits);
	tcase_add_test(c, the_nearest_name_is_suggested);
	tcase_add_test(c, a_last_part_is_as_good_as_a_typo);
	suite_add_tcase(s, c);
	return s;
}
