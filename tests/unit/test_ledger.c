/* What the daemon puts into the history, and finds there after a restart. */
#include "daemon/ledger.h"

#include "apply/history_trends.h"
#include "sim_host.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_ledger_suite(void);

#define BOOT "3f1c5c0e-7b39-4b7c-9d0e-0d6d6f0a1b2c"

static char directory[64];
static char *log_text;
static size_t log_len;
static struct logbook log_;
static struct ledger ledger;
static struct memory memory;
static struct error e;

static void set_up(void)
{
	(void)snprintf(directory, sizeof(directory), "%s", fixture_directory());
	logbook_init(&log_, open_memstream(&log_text, &log_len), NULL);
	ledger = (struct ledger){ .directory = directory, .log = &log_, .boot_id = BOOT };
}

static void tear_down(void)
{
	ledger_done(&ledger);
	memory_done(&memory);
	(void)fclose(log_.out);
	free(log_text);
	fixture_remove();
}

static struct outcome some_outcome(const char *tunable, enum outcome_kind kind)
{
	struct outcome o = { .netns_cookie = 7,
			     .rule = "RCV-02",
			     .value = "25165824",
			     .kind = kind,
			     .failures = 3,
			     .utc_s = 1.6e9,
			     .retry_utc_s = kind == OUTCOME_PARKED ? (double)INFINITY : 1.6e9 + 600,
			     .reason = "path.goodput 0.5 x" };

	(void)snprintf(o.tunable, sizeof(o.tunable), "%s", tunable);
	return o;
}

START_TEST(a_restart_remembers_every_kind)
{
	static const char *const names[OUTCOME_KINDS] = { "net.core.somaxconn",
							  "net.ipv4.tcp_rmem[2]",
							  "net.ipv4.tcp_sack",
							  "net.ipv4.tcp_wmem[2]" };

	for (enum outcome_kind k = 0; k < OUTCOME_KINDS; k++) {
		struct outcome o = some_outcome(names[k], k);

		ledger_save(&ledger, &o);
	}
	ledger_load(&ledger, &memory);
	ck_assert_uint_eq(memory.count, OUTCOME_KINDS);
	for (enum outcome_kind k = 0; k < OUTCOME_KINDS; k++) {
		const struct outcome wanted = some_outcome(names[k], k);
		const struct outcome *o = memory_find(&memory, 7, names[k]);

		ck_assert_ptr_nonnull(o);
		ck_assert_int_eq((int)o->kind, (int)k);
		ck_assert_uint_eq(o->failures, 3);
		ck_assert(o->retry_utc_s >= wanted.retry_utc_s &&
			  o->retry_utc_s <= wanted.retry_utc_s);
		ck_assert_str_eq(o->rule, wanted.rule);
		ck_assert_str_eq(o->value, wanted.value);
		ck_assert_str_eq(o->reason, wanted.reason);
	}
	ck_assert_uint_eq(log_len, 0);
}
END_TEST

START_TEST(another_boot_is_another_story)
{
	struct outcome o = some_outcome("net.core.somaxconn", OUTCOME_PARKED);

	ledger_save(&ledger, &o);
	ledger.boot_id = "00000000-0000-0000-0000-000000000000";
	ledger_load(&ledger, &memory);
	ck_assert_uint_eq(memory.count, 0);
}
END_TEST

START_TEST(without_a_history_nothing_is_known)
{
	ledger_load(&ledger, &memory);
	ck_assert_uint_eq(memory.count, 0);
	ck_assert_uint_eq(log_len, 0);
	ledger_write(&ledger);
	ck_assert_int_ne(access(fixture_path("history.db"), F_OK), 0);
}
END_TEST

START_TEST(a_history_that_cannot_be_written_is_said_once)
{
	struct outcome o = some_outcome("net.core.somaxconn", OUTCOME_KEPT);

	fixture_write("history.db", "this is no database at all", 26);
	for (int i = 0; i < 3; i++)
		ledger_save(&ledger, &o);
	ck_assert_ptr_nonnull(strstr(log_text, "the history is not written: "));
	ck_assert_ptr_eq(strchr(log_text, '\n'), log_text + log_len - 1);
	ledger_load(&ledger, &memory);
	ck_assert_ptr_nonnull(strstr(log_text, "what was tried before is not known: "));
}
END_TEST

static int count_trend(void *arg, const struct trend *t)
{
	size_t *count = arg;

	(*count)++;
	ck_assert_str_eq(t->netns, "web");
	ck_assert_uint_eq(t->points, 3);
	if (strcmp(t->metric, "path.receive_rate") == 0) {
		ck_assert_str_eq(t->entity, SIM_PATH);
		ck_assert_double_eq_tol(t->mean, 62.9e6, 3e6);
	}
	return 0;
}

START_TEST(metrics_are_written_together)
{
	const struct realm_place place = { .name = "web", .label = "web", .cookie = 9 };
	const struct window_request q = { 5, 1, false };
	struct history *h = NULL;
	struct sim_host host;
	size_t count = 0, damaged = 0;

	sim_host_open(&host);
	for (int i = 0; i < 3; i++) {
		struct window w = { 0 };

		ck_assert_int_eq(host.world.ops->observe(&host.world, &q, &w, &e), 0);
		ledger_add(&ledger, 1.6e9 + 60 * i, &place, &w);
		window_done(&w);
	}
	sim_host_close(&host);
	ck_assert_int_ne(access(fixture_path("history.db"), F_OK), 0);
	ledger_write(&ledger);
	ck_assert_uint_eq(ledger.count, 0);
	ck_assert_int_eq(history_open(directory, STORE_READ, NULL, &h, &e), 0);
	ck_assert_int_eq(history_read_trends(h, &(struct trend_query){ 0 }, count_trend, &count,
					     &damaged, &e),
			 0);
	history_close(h);
	/* At least the path's rate, its round trip, and something of the host. */
	ck_assert_uint_ge(count, 3);
	ck_assert_uint_eq(damaged, 0);
}
END_TEST

static off_t size_after(const struct window *w, int from, int to)
{
	const struct realm_place place = { .name = "web", .label = "web", .cookie = 9 };
	struct outcome o = some_outcome("net.core.somaxconn", OUTCOME_REVERTED);
	struct stat file;

	for (int i = from; i < to; i++) {
		o.utc_s = 1.6e9 + 600.0 * i;
		ledger_add(&ledger, o.utc_s, &place, w);
		if (i % 50 != 0)
			continue;
		ledger_write(&ledger);
		(void)snprintf(o.tunable, sizeof(o.tunable), "net.ipv4.conf.veth%d.rp_filter",
			       i % 7);
		ledger_save(&ledger, &o);
	}
	ck_assert_int_eq(stat(fixture_path("history.db"), &file), 0);
	return file.st_size;
}

/* Ten thousand audits, one every ten minutes: what is older than the retention goes. */
START_TEST(a_soak_does_not_grow_the_database)
{
	const struct window_request q = { 5, 1, false };
	const int retained = HISTORY_TRENDS_DAYS * 24 * 6;
	struct window w = { 0 };
	struct sim_host host;
	off_t young, full;

	sim_host_open(&host);
	ck_assert_int_eq(host.world.ops->observe(&host.world, &q, &w, &e), 0);
	young = size_after(&w, 0, retained / 4);
	full = size_after(&w, retained / 4, 2 * retained);
	ck_assert_int_lt(young, full);
	ck_assert_int_le(size_after(&w, 2 * retained, 10000), full + full / 10);
	ck_assert_int_eq(fflush(log_.out), 0);
	ck_assert_uint_eq(log_len, 0); /* nothing was complained of */
	window_done(&w);
	sim_host_close(&host);
}
END_TEST

Suite *test_ledger_suite(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tests = tcase_create("ledger");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_restart_remembers_every_kind);
	tcase_add_test(tests, another_boot_is_another_story);
	tcase_add_test(tests, without_a_history_nothing_is_known);
	tcase_add_test(tests, a_history_that_cannot_be_written_is_said_once);
	tcase_add_test(tests, metrics_are_written_together);
	tcase_add_test(tests, a_soak_does_not_grow_the_database);
	suite_add_tcase(suite, tests);
	return suite;
}
