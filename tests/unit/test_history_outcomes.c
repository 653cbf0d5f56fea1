/* What trials came to survives a restart, of this boot, and damage costs the entry alone. */
#include "apply/history_outcomes.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_history_outcomes_suite(void);

static const char boot[] = "3f1c5c0e-7b39-4b7c-9d0e-0d6d6f0a1b2c";

struct got {
	struct outcome_record all[4];
	size_t count;
	size_t total;
	int result;
};

static int take(void *arg, const struct outcome_record *o)
{
	struct got *got = arg;

	if (got->count < 4)
		got->all[got->count++] = *o;
	got->total++;
	return got->result;
}

static void setup(void)
{
	(void)fixture_directory();
}

static struct history *open_history(void)
{
	struct history *h = NULL;
	struct error e = { 0 };

	ck_assert_msg(history_open(fixture_path(""), STORE_WRITE, NULL, &h, &e) == 0, "%s", e.text);
	return h;
}

static struct outcome_record outcome(const char *tunable, double utc_s)
{
	struct outcome_record o = { .netns_cookie = 4102,
				    .rule = "RCV-02",
				    .value = "4096 131072 67108864",
				    .kind = "reverted",
				    .failures = 3,
				    .utc_s = utc_s,
				    .retry_utc_s = utc_s + 600,
				    .reason = "path.goodput 0.9 x" };

	(void)snprintf(o.tunable, sizeof(o.tunable), "%s", tunable);
	return o;
}

static void save(struct history *h, const struct outcome_record *o)
{
	struct error e = { 0 };

	ck_assert_msg(history_save_outcome(h, boot, o, &e) == 0, "%s", e.text);
}

static size_t load(struct history *h, const char *boot_id, struct got *got)
{
	struct error e = { 0 };
	size_t damaged = 99;

	*got = (struct got){ 0 };
	ck_assert_msg(history_load_outcomes(h, boot_id, take, got, &damaged, &e) == 0, "%s",
		      e.text);
	return damaged;
}

START_TEST(come_back_as_they_were)
{
	struct outcome_record first = outcome("net.ipv4.tcp_rmem[2]", 2e9);
	struct outcome_record second = outcome("net.ipv4.tcp_sack", 1e9);
	struct history *h = open_history();
	struct got got;

	second.retry_utc_s = INFINITY;
	save(h, &first);
	save(h, &second);
	history_close(h);
	h = open_history();
	ck_assert_uint_eq(load(h, boot, &got), 0);
	ck_assert_uint_eq(got.count, 2);
	ck_assert_mem_eq(&got.all[0], &second, sizeof(second));
	ck_assert_mem_eq(&got.all[1], &first, sizeof(first));
	history_close(h);
}
END_TEST

START_TEST(the_newest_replaces)
{
	struct outcome_record o = outcome("net.ipv4.tcp_sack", 1e9);
	struct history *h = open_history();
	struct got got;

	save(h, &o);
	o.failures = 4;
	save(h, &o);
	o.netns_cookie = 7;
	save(h, &o);
	ck_assert_uint_eq(load(h, boot, &got), 0);
	ck_assert_uint_eq(got.count, 2);
	ck_assert_uint_eq(got.all[0].failures, 4);
	ck_assert_int_eq(history_drop_outcome(h, 7, "net.ipv4.tcp_sack", NULL), 0);
	ck_assert_int_eq(history_drop_outcome(h, 7, "net.ipv4.tcp_sack", NULL), 0);
	ck_assert_uint_eq(load(h, boot, &got), 0);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.all[0].netns_cookie, 4102);
	history_close(h);
}
END_TEST

/* Values and cookies of another boot are gone. */
START_TEST(another_boot_begins_anew)
{
	const char *other = "00000000-7b39-4b7c-9d0e-0d6d6f0a1b2c";
	struct outcome_record o = outcome("net.ipv4.tcp_sack", 1e9);
	struct history *h = open_history();
	struct got got;

	save(h, &o);
	ck_assert_uint_eq(load(h, other, &got), 0);
	ck_assert_uint_eq(got.count, 0);
	ck_assert_int_eq(history_save_outcome(h, other, &o, NULL), 0);
	ck_assert_uint_eq(load(h, boot, &got), 0);
	ck_assert_uint_eq(got.count, 0);
	history_close(h);
}
END_TEST

START_TEST(too_many_are_pruned)
{
	struct outcome_record o = outcome("net.ipv4.tcp_sack", 1e9);
	struct history *h = open_history();
	struct got got;

	save(h, &o);
	history_close(h);
	fixture_sql("history.db",
		    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1030)"
		    " INSERT INTO outcomes SELECT boot_id, i, tunable, rule, value, kind, failures,"
		    " utc_s + i, retry_utc_s, reason FROM outcomes JOIN n");
	h = open_history();
	o.utc_s += 5000;
	o.netns_cookie = 2000;
	save(h, &o);
	ck_assert_uint_eq(load(h, boot, &got), 0);
	ck_assert_uint_eq(got.total, HISTORY_OUTCOMES_MAX);
	ck_assert_uint_eq(got.all[0].netns_cookie, 1030 - HISTORY_OUTCOMES_MAX + 2);
	history_close(h);
}
END_TEST

START_TEST(refuses_what_it_could_not_read)
{
	struct history *h = open_history();
	struct outcome_record bad[5];

	for (size_t i = 0; i < 5; i++)
		bad[i] = outcome("net.ipv4.tcp_sack", 1e9);
	bad[0].tunable[0] = '\0';
	bad[1].utc_s = NAN;
	bad[2].netns_cookie = UINT64_MAX;
	bad[3].reason[0] = '\n';
	memset(bad[4].rule, 'x', sizeof(bad[4].rule));
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(history_save_outcome(h, boot, &bad[i], NULL), -EINVAL);
	ck_assert_int_eq(history_save_outcome(h, "\x1b", &bad[0], NULL), -EINVAL);
	history_close(h);
}
END_TEST

START_TEST(damage_costs_the_entry_alone)
{
	static const char *const edits[] = {
		"UPDATE outcomes SET kind = char(27) WHERE tunable = 'b'",
		"UPDATE outcomes SET kind = printf('%16d', 1) WHERE tunable = 'b'",
		"UPDATE outcomes SET failures = -1 WHERE tunable = 'b'",
		"UPDATE outcomes SET failures = 99999999999 WHERE tunable = 'b'",
		"UPDATE outcomes SET netns_cookie = -1 WHERE tunable = 'b'",
		"UPDATE outcomes SET utc_s = 9e999 WHERE tunable = 'b'",
		"UPDATE outcomes SET retry_utc_s = -1 WHERE tunable = 'b'",
		"UPDATE outcomes SET reason = 'a' || char(0) || 'b' WHERE tunable = 'b'",
	};
	struct outcome_record a = outcome("a", 1), b = outcome("b", 2), c = outcome("c", 3);
	struct history *h = open_history();
	struct got got;

	save(h, &a);
	save(h, &b);
	save(h, &c);
	history_close(h);
	fixture_sql("history.db", edits[_i]);
	h = open_history();
	ck_assert_uint_eq(load(h, boot, &got), 1);
	ck_assert_uint_eq(got.count, 2);
	ck_assert_str_eq(got.all[1].tunable, "c");
	history_close(h);
}
END_TEST

START_TEST(a_visitor_may_end_it)
{
	struct outcome_record a = outcome("a", 1), b = outcome("b", 2);
	struct got got = { .result = -ENOMEM };
	struct history *h = open_history();
	size_t damaged;

	save(h, &a);
	save(h, &b);
	ck_assert_int_eq(history_load_outcomes(h, boot, take, &got, &damaged, NULL), -ENOMEM);
	ck_assert_uint_eq(got.count, 1);
	history_close(h);
}
END_TEST

/* A history of the version before is brought up to date, with what it holds. */
START_TEST(an_older_history_is_migrated)
{
	struct outcome_record o = outcome("a", 1);
	struct audit_record given = { .findings = (char[]){ "[]" } };
	struct audit_record got_audit = { 0 };
	struct history *h = open_history();
	struct got got;
	int64_t id;

	ck_assert_int_eq(history_add_audit(h, &given, 5, &id, NULL), 0);
	history_close(h);
	fixture_sql("history.db", "DROP TABLE outcomes; DROP TABLE points; DROP TABLE series;"
				  "PRAGMA user_version = 1");
	ck_assert_int_eq(history_open(fixture_path(""), STORE_READ, NULL, &h, NULL), -EOPNOTSUPP);
	h = open_history();
	save(h, &o);
	ck_assert_uint_eq(load(h, boot, &got), 0);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_int_eq(history_find_audit(h, 5, &got_audit, NULL), 0);
	audit_record_done(&got_audit);
	history_close(h);
}
END_TEST

Suite *test_history_outcomes_suite(void)
{
	Suite *suite = suite_create("history_outcomes");
	TCase *tc = tcase_create("history_outcomes");

	tcase_add_checked_fixture(tc, setup, fixture_remove);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, come_back_as_they_were);
	tcase_add_test(tc, the_newest_replaces);
	tcase_add_test(tc, another_boot_begins_anew);
	tcase_add_test(tc, too_many_are_pruned);
	tcase_add_test(tc, refuses_what_it_could_not_read);
	tcase_add_loop_test(tc, damage_costs_the_entry_alone, 0, 8);
	tcase_add_test(tc, a_visitor_may_end_it);
	tcase_add_test(tc, an_older_history_is_migrated);
	suite_add_tcase(suite, tc);
	return suite;
}
