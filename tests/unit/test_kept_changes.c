#include "cli/kept_changes.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_kept_changes_suite(void);

static const struct settings settings = { .verb = "tune", .state_dir = "/srv/netwright" };

static struct error failure(void)
{
	struct error e = { 0 };

	(void)error_set(&e, -EINTR, ERROR_FAILED, NULL, "interrupted");
	return e;
}

START_TEST(what_failed_without_anything_kept_is_left_alone)
{
	const struct kept_changes none = { 0 };
	struct error e = failure();

	ck_assert_int_eq(kept_changes_explain(&none, &settings, -EINTR, &e), -EINTR);
	ck_assert_int_eq((int)e.kind, ERROR_FAILED);
	ck_assert_str_eq(e.text, "interrupted");
}
END_TEST

START_TEST(what_is_kept_is_named_and_a_matter_for_a_person)
{
	struct kept_changes kept = { 0 };
	struct error e = failure();

	kept_changes_add(&kept, 3);
	ck_assert_int_eq(kept_changes_explain(&kept, &settings, -EINTR, &e), -EINTR);
	ck_assert_int_eq((int)e.kind, ERROR_CONFLICT);
	ck_assert_str_eq(e.text, "interrupted; what was kept is in force: transaction 3; netwright "
				 "rollback 3 --state-dir /srv/netwright undoes it");
	kept_changes_add(&kept, 5);
	e = failure();
	(void)kept_changes_explain(&kept, &settings, -EINTR, &e);
	ck_assert_ptr_nonnull(strstr(e.text, "transactions 3, 5; netwright rollback 5 "));
	for (int64_t i = 0; i < KEPT_CHANGES_MAX; i++)
		kept_changes_add(&kept, 6 + i);
	ck_assert_uint_eq(kept.count, KEPT_CHANGES_MAX);
}
END_TEST

START_TEST(a_full_disk_denies_nothing)
{
	struct kept_changes kept = { 0 };
	struct error e = { 0 };
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	(void)fputs("better", full);
	ck_assert_int_eq(kept_changes_finish_printing(&kept, &settings, 0, full, &e), -ENOSPC);
	ck_assert_int_eq((int)e.kind, ERROR_FAILED);
	kept_changes_add(&kept, 3);
	/* The stream remembers that it failed. */
	ck_assert_int_lt(kept_changes_finish_printing(&kept, &settings, 0, full, &e), 0);
	ck_assert_int_eq((int)e.kind, ERROR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(e.text, "in force: transaction 3;"));
	(void)fclose(full);
}
END_TEST

START_TEST(what_was_printed_is_fine)
{
	struct kept_changes kept = { 0 };
	struct error e = { 0 };
	FILE *null = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(null);
	kept_changes_add(&kept, 3);
	ck_assert_int_eq(kept_changes_finish_printing(&kept, &settings, 0, null, &e), 0);
	ck_assert_int_eq(e.code, 0);
	ck_assert_int_eq(kept_changes_finish_printing(&kept, &settings, -ENOMEM, null, &e),
			 -ENOMEM);
	ck_assert_int_eq((int)e.kind, ERROR_CONFLICT);
	(void)fclose(null);
}
END_TEST

Suite *test_kept_changes_suite(void)
{
	Suite *suite = suite_create("kept_changes");
	TCase *tc = tcase_create("kept_changes");

	tcase_add_test(tc, what_failed_without_anything_kept_is_left_alone);
	tcase_add_test(tc, what_is_kept_is_named_and_a_matter_for_a_person);
	tcase_add_test(tc, a_full_disk_denies_nothing);
	tcase_add_test(tc, what_was_printed_is_fine);
	suite_add_tcase(suite, tc);
	return suite;
}
