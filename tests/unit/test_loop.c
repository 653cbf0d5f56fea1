/* The daemon's loop on a simulated host, whose clock is the test's. */
#include "loop_fixture.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_loop_suite(void);

/* Of the address sanitizer, with which these tests are always built. */
size_t __sanitizer_get_current_allocated_bytes(void);

/* --- what it does --------------------------------------------------------------------------- */

START_TEST(what_limits_is_raised_and_kept)
{
	turns(5);
	ck_assert_double_eq(host->rmem, 25165824);
	ck_assert_uint_eq(host->keeps, 1);
	ck_assert_uint_eq(tries(), 1);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_KEPT);
	expect_log("GAIN-01 path 198.51.100.0/24: trying net.ipv4.tcp_rmem[2] 6 MiB -> 24 MiB\n");
	expect_log("GAIN-01 path 198.51.100.0/24: net.ipv4.tcp_rmem[2] 6 MiB -> 24 MiB kept: "
		   "path.receive_rate ");
	ck_assert_uint_eq(loop.status.trial_count, 1);
	ck_assert_str_eq(loop.status.trials[0].verdict, "kept");
	ck_assert_uint_eq(loop.status.audits, 5);
	ck_assert_uint_ge(published, 6);
}
END_TEST

/* By default in three audits in a row. */
START_TEST(what_is_seen_once_is_not_tried)
{
	configure("daemon = { patience = 3; };" NO_HARM);
	turns(2);
	host->idle = true;
	turn(0);
	host->idle = false;
	turns(2);
	ck_assert_uint_eq(host->applies, 0);
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

/* A path that carries eight times as much takes two steps. */
START_TEST(step_by_step)
{
	host->path_rate = 450e6;
	turns(6);
	ck_assert_uint_eq(host->keeps, 2);
	ck_assert_double_eq(host->rmem, 67108864);
}
END_TEST

/* 24 MiB where 12.5 MB fill the path: the rest only stands in its queue. */
START_TEST(what_a_step_has_to_spare_is_taken_back)
{
	const double fills = host->path_rate * host->rtt_s;

	host->queue = fills;
	turns(6);
	ck_assert_uint_eq(host->keeps, 2);
	ck_assert_double_ge(host->rmem, 1.2 * fills);
	ck_assert_double_le(host->rmem, 1.4 * fills);
	expect_log("GAIN-01 path 198.51.100.0/24: trying net.ipv4.tcp_rmem[2] 24 MiB -> ");
	expect_log("kept: path.rcv_rtt_p50 0.6");
	/* Once: it does not hold the path again. */
	turns(200);
	ck_assert_uint_eq(tries(), 2);
}
END_TEST

/* A queue that stands for a moment is no reason: a daemon at the other end may try something. */
START_TEST(a_queue_that_does_not_last_is_no_reason_to_take_back)
{
	configure("daemon = { patience = 3; };" NO_HARM);
	host->queue = host->path_rate * host->rtt_s;
	turns(5);
	ck_assert_uint_eq(tries(), 1);
	host->queue = 0;
	turn(0);
	host->queue = host->path_rate * host->rtt_s;
	turns(2);
	ck_assert_uint_eq(tries(), 1);
	turn(0);
	ck_assert_uint_eq(tries(), 2);
}
END_TEST

/* Nothing is gained without a queue, or where it is others'; and nobody asks with a pin. */
START_TEST(what_is_used_or_pinned_is_not_taken_back)
{
	host->queue = _i == 0 ? 0 : host->path_rate * host->rtt_s;
	host->others_delay_s = _i == 2 ? 0.05 : 0;
	if (_i == 1)
		configure(
			"pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; min = \"24MiB\"; } );" NO_HARM);
	turns(20);
	ck_assert_uint_eq(tries(), 1);
	ck_assert_double_eq(host->rmem, 25165824);
}
END_TEST

/* The path takes more by now than it did. The limit itself stays kept. */
START_TEST(a_trim_that_costs_goodput_is_put_back)
{
	host->queue = host->path_rate * host->rtt_s;
	turns(1);
	ck_assert_uint_eq(host->keeps, 1);
	host->path_rate = 190e6;
	turns(30);
	ck_assert_uint_eq(host->keeps, 1);
	ck_assert_uint_eq(tries(), 2);
	ck_assert_double_eq(host->rmem, 25165824);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_KEPT);
}
END_TEST

START_TEST(a_healthy_or_idle_host_is_left_alone)
{
	host->path_rate = 10e6;
	host->idle = _i == 1;
	turns(100);
	ck_assert_uint_eq(tries(), 0);
	ck_assert_uint_eq(host->windows, 100);
	ck_assert_uint_eq(count_in_log("trying"), 0);
}
END_TEST

/* Reading all of /proc is for every tenth audit; unless it decides what can be tried, which must be
 * seen three times in a row. */
START_TEST(processes_are_looked_up_as_long_as_it_helps)
{
	configure("daemon = { patience = 3; };" NO_HARM);
	host->path_rate = _i == 0 ? 10e6 : 4000;
	turns(30);
	ck_assert_uint_eq(realm.lookups, _i == 0 ? 3 : 12);
	ck_assert_uint_eq(realm.holders, _i == 0 ? 0 : 9 + 2);
}
END_TEST

START_TEST(told_not_to_tune_it_only_looks)
{
	configure("daemon = { tune = false; };");
	turns(10);
	ck_assert_uint_eq(tries(), 0);
	ck_assert_uint_eq(loop.status.audits, 10);
}
END_TEST

START_TEST(harm_is_reverted_within_two_windows_and_remembered)
{
	const struct outcome *o;

	host->path_rate = 10e6;
	configure("");
	turn(0);
	ck_assert_uint_eq(tries(), 1);
	/* The audit's, and without, with, with the change; as it reaches new connections only, two
	 * before that look for them, and the window of each switch in which they appear. */
	ck_assert_uint_eq(host->windows, 1 + 2 + 3 + 2);
	ck_assert(!host->harmed);
	o = outcome_of("net.ipv4.tcp_sack");
	ck_assert_int_eq((int)o->kind, (int)OUTCOME_REVERTED);
	ck_assert_double_eq_tol(o->retry_utc_s - o->utc_s, 600, 1);
	/* Ten intervals later it may be tried once more, and then not for twenty. */
	turns(9);
	ck_assert_uint_eq(tries(), 1);
	turn(0);
	ck_assert_uint_eq(tries(), 2);
	turns(19);
	ck_assert_uint_eq(tries(), 2);
	turn(0);
	ck_assert_uint_eq(tries(), 3);
	expect_log("HARM-01 is left alone: net.ipv4.tcp_sack is reverted");
	expect_log("reverted: ended early");
}
END_TEST

/* When each tunable was put back last. */
static struct resting {
	const char *tunable;
	double since_utc_s;
	unsigned int times;
} resting[2];

static void note_rest(void *arg, const struct outcome *o)
{
	struct resting *r = &resting[strcmp(o->tunable, resting[1].tunable) == 0];

	(void)arg;
	ck_assert_str_eq(o->tunable, r->tunable);
	if (r->times > 0)
		ck_assert_double_ge(o->utc_s - r->since_utc_s, 10 * 60);
	if (o->kind == OUTCOME_KEPT)
		return;
	r->since_utc_s = o->utc_s;
	r->times++;
}

/* Whatever the path does, nothing goes back and forth: what was put back rests for ten intervals,
 * each tunable for itself. */
START_TEST(a_path_that_changes_makes_nothing_flap)
{
	static const double rates[] = { 125e6, 10e6, 450e6, 30e6 };

	resting[0] = (struct resting){ "net.ipv4.tcp_rmem[2]", 0, 0 };
	resting[1] = (struct resting){ "net.ipv4.tcp_sack", 0, 0 };
	loop.noted = note_rest;
	configure("");
	for (unsigned int i = 0; i < 200; i++) {
		host->path_rate = rates[i / (unsigned int)_i % 4];
		host->noise = 0.2;
		turn(0);
	}
	ck_assert_uint_gt(resting[1].times, 1);
	ck_assert(!host->harmed);
}
END_TEST

/* --- several namespaces --------------------------------------------------------------------- */

START_TEST(namespaces_come_and_go)
{
	struct sim_place *web;

	host->path_rate = 10e6;
	turns(2);
	web = sim_realm_add(&realm, "web", 9);
	turns(3);
	expect_log("web: a new network namespace, watched from now on\n");
	expect_log("web: GAIN-01 path 198.51.100.0/24: net.ipv4.tcp_rmem[2] 6 MiB -> 24 MiB kept");
	ck_assert_double_eq(web->host.rmem, 25165824);
	ck_assert_uint_eq(host->applies, 0);
	ck_assert_uint_eq(loop.watched.count, 2);
	web->gone = true;
	turns(2);
	ck_assert_uint_eq(loop.watched.count, 2);
	ck_assert_ptr_nonnull(memory_find(&loop.memory, 9, "net.ipv4.tcp_rmem[2]"));
	turn(0);
	expect_log("web: no longer watched\n");
	ck_assert_ptr_null(memory_find(&loop.memory, 9, "net.ipv4.tcp_rmem[2]"));
	ck_assert_uint_eq(loop.watched.count, 1);
	turns(3);
}
END_TEST

/* Not to be read for a while, or not to be watched, is not gone. */
START_TEST(what_is_missing_but_there_is_remembered)
{
	struct sim_place *web = sim_realm_add(&realm, "web", 9);

	host->path_rate = 10e6;
	turns(2);
	web->unreadable = true;
	turns(5);
	expect_log("web: no longer watched\n");
	ck_assert_ptr_nonnull(memory_find(&loop.memory, 9, "net.ipv4.tcp_rmem[2]"));
}
END_TEST

START_TEST(one_trial_at_a_time_and_each_in_turn)
{
	struct sim_place *web = sim_realm_add(&realm, "web", 9);

	turn(0);
	ck_assert_uint_eq(tries(), 1);
	turn(0);
	ck_assert_uint_eq(tries(), 2);
	ck_assert_uint_eq(host->keeps, 1);
	ck_assert_uint_eq(web->host.keeps, 1);
}
END_TEST

START_TEST(what_cannot_be_read_is_said_once)
{
	struct sim_place *web = sim_realm_add(&realm, "web", 9);

	web->unreadable = true;
	turns(10);
	ck_assert_uint_eq(count_in_log("web is not watched: may not be entered\n"), 1);
	ck_assert_uint_eq(host->keeps, 1);
	web->unreadable = false;
	turn(0);
	web->unreadable = true;
	turn(0);
	ck_assert_uint_eq(count_in_log("web is not watched: may not be entered\n"), 2);
}
END_TEST

/* --- for a long time ------------------------------------------------------------------------ */

static unsigned int open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* 10 000 cycles: a path that changes, a namespace that comes and goes, each time another, and a
 * rule that is tried in vain again and again. */
static void run_cycles(struct sim_place *web, unsigned int from, unsigned int to)
{
	static const double rates[] = { 125e6, 10e6, 40e6 };

	for (unsigned int i = from; i < to; i++) {
		host->path_rate = rates[i / 50 % 3];
		if (i % 100 == 0)
			host->rmem = 6291456;
		if (i % 20 == 0)
			web->place.cookie++;
		web->gone = i % 20 >= 10 && i % 20 < 15;
		turn(0);
		/* The log is the reader's. */
		(void)fseek(log_.out, 0, SEEK_SET);
	}
}

START_TEST(a_soak_grows_nothing)
{
	struct sim_place *web = sim_realm_add(&realm, "web", 100);
	unsigned int descriptors;
	size_t bytes;

	configure("");
	run_cycles(web, 0, 1000);
	bytes = __sanitizer_get_current_allocated_bytes();
	descriptors = open_descriptors();
	run_cycles(web, 1000, 10000);
	ck_assert_uint_eq(open_descriptors(), descriptors);
	ck_assert_uint_le(__sanitizer_get_current_allocated_bytes(), bytes + bytes / 2);
	ck_assert_uint_le(loop.memory.count, 4);
	ck_assert_uint_le(loop.watched.count, 3);
	ck_assert_uint_eq(loop.status.audits, 10000);
	ck_assert_uint_gt(host->applies, 50);
	ck_assert(!host->harmed);
}
END_TEST

Suite *test_loop_suite(void)
{
	Suite *suite = suite_create("loop");
	TCase *tests = tcase_create("loop"), *soak = tcase_create("soak");

	tcase_add_checked_fixture(tests, loop_set_up, loop_tear_down);
	tcase_add_test(tests, what_limits_is_raised_and_kept);
	tcase_add_test(tests, what_is_seen_once_is_not_tried);
	tcase_add_test(tests, step_by_step);
	tcase_add_test(tests, what_a_step_has_to_spare_is_taken_back);
	tcase_add_test(tests, a_queue_that_does_not_last_is_no_reason_to_take_back);
	tcase_add_loop_test(tests, what_is_used_or_pinned_is_not_taken_back, 0, 3);
	tcase_add_test(tests, a_trim_that_costs_goodput_is_put_back);
	tcase_add_loop_test(tests, processes_are_looked_up_as_long_as_it_helps, 0, 2);
	tcase_add_loop_test(tests, a_healthy_or_idle_host_is_left_alone, 0, 2);
	tcase_add_test(tests, told_not_to_tune_it_only_looks);
	tcase_add_test(tests, harm_is_reverted_within_two_windows_and_remembered);
	tcase_add_loop_test(tests, a_path_that_changes_makes_nothing_flap, 1, 6);
	tcase_add_test(tests, namespaces_come_and_go);
	tcase_add_test(tests, what_is_missing_but_there_is_remembered);
	tcase_add_test(tests, one_trial_at_a_time_and_each_in_turn);
	tcase_add_test(tests, what_cannot_be_read_is_said_once);
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(soak, loop_set_up, loop_tear_down);
	tcase_set_timeout(soak, 120);
	tcase_add_test(soak, a_soak_grows_nothing);
	suite_add_tcase(suite, soak);
	return suite;
}
