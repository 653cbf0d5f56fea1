/* The history tells which audit a change followed from, and cannot hurt anything. */
#include "apply/history.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *test_history_suite(void);

static char findings[] = "[{\"id\":\"RCV-02\",\"title\":\"\xc3\xa4 receive buffer\"}]";
static struct audit_record given;

static void setup(void)
{
	(void)fixture_directory();
	given = (struct audit_record){ .utc_s = 1.8e9,
				       .window_s = 10.5,
				       .boot_id = "3f1c5c0e-7b39-4b7c-9d0e-0d6d6f0a1b2c",
				       .netns = "web",
				       .netns_cookie = 4102,
				       .findings = findings };
}

static struct history *open_history(enum store_access access)
{
	struct history *h = NULL;
	struct error e = { 0 };

	ck_assert_msg(history_open(fixture_path(""), access, NULL, &h, &e) == 0, "%s", e.text);
	return h;
}

static int64_t add(struct history *h, int64_t transaction)
{
	struct error e = { 0 };
	int64_t id = 0;

	ck_assert_msg(history_add_audit(h, &given, transaction, &id, &e) == 0, "%s", e.text);
	return id;
}

START_TEST(finds_the_cause)
{
	struct history *h = open_history(STORE_WRITE);
	struct audit_record got = { 0 };
	struct error e = { 0 };

	ck_assert_int_eq(add(h, 0), 1);
	ck_assert_int_eq(add(h, 12), 2);
	history_close(h);
	h = open_history(STORE_READ);
	ck_assert_msg(history_find_audit(h, 12, &got, &e) == 0, "%s", e.text);
	ck_assert_int_eq(got.id, 2);
	ck_assert_double_eq(got.utc_s, given.utc_s);
	ck_assert_double_eq(got.window_s, given.window_s);
	ck_assert_str_eq(got.boot_id, given.boot_id);
	ck_assert_str_eq(got.netns, given.netns);
	ck_assert_uint_eq(got.netns_cookie, given.netns_cookie);
	ck_assert_str_eq(got.findings, findings);
	audit_record_done(&got);
	ck_assert_int_eq(history_find_audit(h, 1, &got, &e), -ENOENT);
	ck_assert_ptr_null(got.findings);
	history_close(h);
}
END_TEST

START_TEST(a_journal_begun_anew_uses_numbers_again)
{
	struct history *h = open_history(STORE_WRITE);
	struct audit_record got = { 0 };

	ck_assert_int_eq(add(h, 1), 1);
	ck_assert_int_eq(add(h, 1), 2);
	ck_assert_int_eq(history_find_audit(h, 1, &got, NULL), 0);
	ck_assert_int_eq(got.id, 2);
	audit_record_done(&got);
	history_close(h);
}
END_TEST

START_TEST(none_yet)
{
	struct history *h = NULL;

	ck_assert_int_eq(history_open(fixture_path(""), STORE_READ, NULL, &h, NULL), -ENOENT);
	ck_assert_int_eq(access(fixture_path("history.db"), F_OK), -1);
}
END_TEST

START_TEST(not_taken_for_the_journal)
{
	struct store *s = NULL;
	struct error e = { 0 };
	char other[256];

	history_close(open_history(STORE_WRITE));
	(void)snprintf(other, sizeof(other), "%s", fixture_path("history.db"));
	ck_assert_int_eq(rename(other, fixture_path("state.db")), 0);
	ck_assert_int_eq(store_open(fixture_path(""), STORE_WRITE, NULL, &s, &e), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(e.text, "application id"));
}
END_TEST

START_TEST(refuses_what_it_could_not_read)
{
	static char texts[][24] = {
		"", "{}", "[", "1", "[\"\xff\"]", "[{\"a\":1,\"a\":2}]", "[] x"
	};
	struct history *h = open_history(STORE_WRITE);
	struct error e = { 0 };
	int64_t id = 7;
	char *large;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		given.findings = texts[i];
		ck_assert_int_eq(history_add_audit(h, &given, 1, &id, &e), -EINVAL);
	}
	large = malloc(HISTORY_FINDINGS_MAX + 2);
	ck_assert_ptr_nonnull(large);
	memset(large, ' ', HISTORY_FINDINGS_MAX + 1);
	large[0] = '[';
	large[1] = ']';
	large[HISTORY_FINDINGS_MAX + 1] = '\0';
	given.findings = large;
	ck_assert_int_eq(history_add_audit(h, &given, 1, &id, &e), -E2BIG);
	large[HISTORY_FINDINGS_MAX] = '\0';
	(void)snprintf(given.netns, sizeof(given.netns), "\033");
	ck_assert_int_eq(history_add_audit(h, &given, 1, &id, &e), -EINVAL);
	given.netns[0] = '\0';
	given.window_s = -1;
	ck_assert_int_eq(history_add_audit(h, &given, 1, &id, &e), -EINVAL);
	ck_assert_int_eq(id, 7);
	/* The control. */
	given.window_s = 0;
	ck_assert_int_eq(add(h, 1), 1);
	history_close(h);
	free(large);
}
END_TEST

START_TEST(refuses_what_it_did_not_write)
{
	static const char *const edits[] = {
		"UPDATE audits SET findings = '{}'",
		"UPDATE audits SET findings = '[' || char(0) || ']'",
		"UPDATE audits SET findings = '[' || printf('%262144d', 1) || ']'",
		"UPDATE audits SET netns = char(27)",
		"UPDATE audits SET boot_id = printf('%40d', 1)",
		"UPDATE audits SET netns_cookie = -1",
		"UPDATE audits SET utc_s = 9e999",
	};
	struct audit_record got = { 0 };
	struct error e = { 0 };
	struct history *h = open_history(STORE_WRITE);

	add(h, 1);
	history_close(h);
	fixture_sql("history.db", edits[_i]);
	h = open_history(STORE_READ);
	ck_assert_int_eq(history_find_audit(h, 1, &got, &e), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(e.text, "transaction 1"));
	ck_assert_ptr_null(got.findings);
	history_close(h);
}
END_TEST

START_TEST(old_ones_are_pruned)
{
	struct history *h = open_history(STORE_WRITE);
	struct audit_record got = { 0 };

	add(h, 1);
	given.utc_s += HISTORY_DAYS * 86400.0 - 1;
	add(h, 2);
	ck_assert_int_eq(history_find_audit(h, 1, &got, NULL), 0);
	audit_record_done(&got);
	given.utc_s += 2;
	add(h, 3);
	ck_assert_int_eq(history_find_audit(h, 1, &got, NULL), -ENOENT);
	ck_assert_int_eq(history_find_audit(h, 2, &got, NULL), 0);
	audit_record_done(&got);
	history_close(h);
}
END_TEST

START_TEST(too_many_are_pruned)
{
	struct history *h = open_history(STORE_WRITE);
	struct audit_record got = { 0 };

	add(h, 1);
	add(h, 2);
	history_close(h);
	fixture_sql("history.db",
		    "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
		    " INSERT INTO audits SELECT i, utc_s, window_s, boot_id, netns, netns_cookie,"
		    " findings FROM audits JOIN n WHERE id = 1");
	h = open_history(STORE_WRITE);
	ck_assert_int_eq(history_find_audit(h, 1, &got, NULL), 0);
	audit_record_done(&got);
	ck_assert_int_eq(add(h, 3), HISTORY_AUDITS_MAX + 1);
	ck_assert_int_eq(history_find_audit(h, 1, &got, NULL), -ENOENT);
	ck_assert_int_eq(history_find_audit(h, 2, &got, NULL), 0);
	audit_record_done(&got);
	history_close(h);
}
END_TEST

Suite *test_history_suite(void)
{
	Suite *suite = suite_create("history");
	TCase *tc = tcase_create("history");

	tcase_add_checked_fixture(tc, setup, fixture_remove);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, finds_the_cause);
	tcase_add_test(tc, a_journal_begun_anew_uses_numbers_again);
	tcase_add_test(tc, none_yet);
	tcase_add_test(tc, not_taken_for_the_journal);
	tcase_add_test(tc, refuses_what_it_could_not_read);
	tcase_add_loop_test(tc, refuses_what_it_did_not_write, 0, 7);
	tcase_add_test(tc, old_ones_are_pruned);
	tcase_add_test(tc, too_many_are_pruned);
	suite_add_tcase(suite, tc);
	return suite;
}
