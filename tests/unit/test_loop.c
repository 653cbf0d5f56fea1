/* The daemon's loop on a simulated host, whose clock is the test's. */
#include "daemon/loop.h"

#include "sim_realm.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_loop_suite(void);

/* Of the address sanitizer, with which these tests are always built. */
size_t __sanitizer_get_current_allocated_bytes(void);

#define NO_HARM "tune = { except = [ \"HARM-01\" ]; };"

static struct sim_realm realm;
static struct sim_host *host; /* of the first place */
static struct loop loop;
static struct logbook log_;
static char *log_text;
static size_t log_len, published;
static struct error e;

static void load(struct policy *p, const char *text)
{
	*p = (struct policy){ 0 };
	ck_assert_msg(
		daemon_config_load_text(&p->config, "netwright.conf", text, strlen(text), &e) == 0,
		"%s", e.text);
	ck_assert_msg(limits_load_text(&p->limits, "netwright.conf", text, strlen(text), &e) == 0,
		      "%s", e.text);
	ck_assert_int_eq(rulebook_load_text(&p->book, "sim.conf", sim_rules, strlen(sim_rules), &e),
			 0);
}

static void publish(void *arg, const struct daemon_status *s)
{
	(void)arg;
	ck_assert_str_ne(s->doing, "");
	published++;
}

static void set_up(void)
{
	sim_realm_open(&realm);
	host = &realm.places[0].host;
	logbook_init(&log_, open_memstream(&log_text, &log_len), NULL);
	loop = (struct loop){ .realm = &realm.realm, .log = &log_, .publish = publish };
	load(&loop.policy, NO_HARM);
}

static void tear_down(void)
{
	ck_assert_uint_eq(realm.worlds, 0);
	ck_assert_int_eq(host->pending, 0);
	loop_done(&loop);
	sim_realm_close(&realm);
	(void)fclose(log_.out);
	free(log_text);
}

static void configure(const char *text)
{
	struct policy p;

	load(&p, text);
	loop_adopt(&loop, &p);
}

static void turn(int expected)
{
	int r = loop_turn(&loop, &e);

	ck_assert_msg(r == expected, "%d instead of %d: %s", r, expected, e.text);
}

static void turns(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		turn(0);
}

static void expect_log(const char *text)
{
	ck_assert_msg(log_len > 0 && strstr(log_text, text) != NULL, "\"%s\" is not in: %s", text,
		      log_len > 0 ? log_text : "");
}

static size_t count_in_log(const char *text)
{
	size_t n = 0;

	for (const char *at = log_len > 0 ? strstr(log_text, text) : NULL; at != NULL;
	     at = strstr(at + 1, text))
		n++;
	return n;
}

/* A trial changes the setting several times. */
static size_t trials(void)
{
	return count_in_log(": trying ");
}

static const struct outcome *outcome_of(const char *tunable)
{
	const struct outcome *o = memory_find(&loop.memory, 7, tunable);

	ck_assert_msg(o != NULL, "nothing is known of %s", tunable);
	return o;
}

/* --- what it does --------------------------------------------------------------------------- */

START_TEST(what_limits_is_raised_and_kept)
{
	turns(5);
	ck_assert_double_eq(host->rmem, 25165824);
	ck_assert_uint_eq(host->keeps, 1);
	ck_assert_uint_eq(trials(), 1);
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

/* A path that carries eight times as much takes two steps. */
START_TEST(step_by_step)
{
	host->path_rate = 450e6;
	turns(6);
	ck_assert_uint_eq(host->keeps, 2);
	ck_assert_double_eq(host->rmem, 67108864);
}
END_TEST

START_TEST(a_healthy_or_idle_host_is_left_alone)
{
	host->path_rate = 10e6;
	host->idle = _i == 1;
	turns(100);
	ck_assert_uint_eq(trials(), 0);
	ck_assert_uint_eq(host->windows, 100);
	ck_assert_uint_eq(count_in_log("trying"), 0);
}
END_TEST

START_TEST(told_not_to_tune_it_only_looks)
{
	configure("daemon = { tune = false; };");
	turns(10);
	ck_assert_uint_eq(trials(), 0);
	ck_assert_uint_eq(loop.status.audits, 10);
}
END_TEST

START_TEST(harm_is_reverted_within_two_windows_and_remembered)
{
	const struct outcome *o;

	host->path_rate = 10e6;
	configure("");
	turn(0);
	ck_assert_uint_eq(trials(), 1);
	/* The audit's, one without, two with the change. */
	ck_assert_uint_eq(host->windows, 1 + 1 + 2);
	ck_assert(!host->harmed);
	o = outcome_of("net.ipv4.tcp_sack");
	ck_assert_int_eq((int)o->kind, (int)OUTCOME_REVERTED);
	ck_assert_double_eq_tol(o->retry_utc_s - o->utc_s, 600, 1);
	/* Ten intervals later it may be tried once more, and then not for twenty. */
	turns(9);
	ck_assert_uint_eq(trials(), 1);
	turn(0);
	ck_assert_uint_eq(trials(), 2);
	turns(19);
	ck_assert_uint_eq(trials(), 2);
	turn(0);
	ck_assert_uint_eq(trials(), 3);
	expect_log("HARM-01 is left alone: net.ipv4.tcp_sack is reverted");
	expect_log("reverted: ended early");
}
END_TEST

/* Whatever the path does, nothing goes back and forth: what was put back rests for ten intervals.
 */
START_TEST(a_path_that_changes_makes_nothing_flap)
{
	static const double rates[] = { 125e6, 10e6, 450e6, 30e6 };
	const char *const verdicts[] = { "] 6 MiB -> 24 MiB undecided",
					 "] 6 MiB -> 24 MiB reverted",
					 "] 24 MiB -> 64 MiB undecided",
					 "] 24 MiB -> 64 MiB reverted" };
	double reverted_s = -1e9;
	size_t reverts = 0;

	for (unsigned int i = 0; i < 200; i++) {
		size_t now = 0;

		host->path_rate = rates[i / (unsigned int)_i % 4];
		host->noise = 0.2;
		turn(0);
		for (size_t v = 0; v < 4; v++)
			now += count_in_log(verdicts[v]);
		if (now == reverts)
			continue;
		ck_assert_uint_eq(now, reverts + 1);
		ck_assert_double_ge((double)host->now_ns / 1e9 - reverted_s, 10 * 60.0);
		reverts = now;
		reverted_s = (double)host->now_ns / 1e9;
	}
	ck_assert_uint_ge(trials(), 1);
	ck_assert_uint_le(reverts, 200 / 10);
}
END_TEST

/* --- others --------------------------------------------------------------------------------- */

START_TEST(a_foreign_write_parks_that_tunable_alone)
{
	turns(2);
	ck_assert_double_eq(host->rmem, 25165824);
	(void)snprintf(realm.lost, sizeof(realm.lost), "net.ipv4.tcp_rmem");
	host->rmem = 6291456;
	configure("");
	turns(30);
	ck_assert_double_eq(host->rmem, 6291456);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_PARKED);
	/* The other one is tried all the same. */
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_sack")->kind, (int)OUTCOME_REVERTED);
	ck_assert_uint_eq(
		count_in_log("\nself: net.ipv4.tcp_rmem[2] is parked: somebody else has set it\n"),
		1);
	ck_assert_uint_eq(loop.status.parked_count, 1);
	ck_assert_str_eq(loop.status.parked[0].tunable, "net.ipv4.tcp_rmem[2]");
	ck_assert_str_eq(loop.status.parked[0].netns, "self");
}
END_TEST

START_TEST(a_foreign_write_during_a_trial_parks_as_well)
{
	host->foreign_at = 2;
	turns(20);
	ck_assert_uint_eq(trials(), 1);
	ck_assert_uint_eq(host->keeps, 0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_PARKED);
	expect_log("ended: somebody else has meanwhile set net.ipv4.tcp_rmem");
}
END_TEST

START_TEST(a_roll_back_by_a_person_parks)
{
	host->rolled_back_at = 2;
	turns(20);
	ck_assert_uint_eq(trials(), 1);
	ck_assert_double_eq(host->rmem, 6291456);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_PARKED);
}
END_TEST

START_TEST(pins_hold)
{
	configure("pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; max = \"8MiB\"; } );" NO_HARM);
	turns(5);
	ck_assert_double_eq(host->rmem, 8388608);
	configure("pins = ( { tunable = \"net.ipv4.tcp_rmem\"; never = true; } );" NO_HARM);
	turns(5);
	ck_assert_double_eq(host->rmem, 8388608);
	ck_assert_uint_eq(count_in_log("is left alone: net.ipv4.tcp_rmem[2] is pinned\n"), 1);
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
	ck_assert_uint_eq(loop.watched_count, 2);
	web->gone = true;
	turns(2);
	ck_assert_uint_eq(loop.watched_count, 2);
	ck_assert_ptr_nonnull(memory_find(&loop.memory, 9, "net.ipv4.tcp_rmem[2]"));
	turn(0);
	expect_log("web: no longer watched\n");
	ck_assert_ptr_null(memory_find(&loop.memory, 9, "net.ipv4.tcp_rmem[2]"));
	ck_assert_uint_eq(loop.watched_count, 1);
	turns(3);
}
END_TEST

START_TEST(one_trial_at_a_time_and_each_in_turn)
{
	struct sim_place *web = sim_realm_add(&realm, "web", 9);

	turn(0);
	ck_assert_uint_eq(host->keeps + web->host.keeps, 1);
	turn(0);
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

/* --- what goes wrong ------------------------------------------------------------------------ */

START_TEST(a_suspended_machine_is_not_judged)
{
	realm.survey_error = -ETIME;
	turn(0);
	expect_log("the machine was suspended");
	ck_assert_uint_eq(loop.status.audits, 0);
	ck_assert_uint_eq(trials(), 0);
	turn(0);
	ck_assert_uint_eq(trials(), 1);
}
END_TEST

START_TEST(a_survey_that_fails_is_the_callers)
{
	realm.survey_error = -EMFILE;
	turn(-EMFILE);
	realm.survey_error = -EINTR;
	turn(-EINTR);
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

START_TEST(asked_to_end_in_a_trial_it_leaves_nothing)
{
	host->stop_at = 1 + 6 + 3;
	turn(-EINTR);
	ck_assert_double_eq(host->rmem, 6291456);
	ck_assert_uint_eq(loop.memory.count, 0);
	expect_log("ended before a verdict, and put back");
	host->stop_at = 0;
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

/* A journal on a full disk: no trial, which is said; later again. */
START_TEST(a_journal_that_cannot_be_written)
{
	host->apply_error = -ENOSPC;
	turns(9);
	ck_assert_uint_eq(trials(), 1);
	ck_assert_double_eq(host->rmem, 6291456);
	expect_log("net.ipv4.tcp_rmem[2] 6 MiB -> 24 MiB failed: simulated");
	host->apply_error = 0;
	turns(5);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

START_TEST(somebody_elses_transaction_is_waited_for)
{
	host->apply_error = -EBUSY;
	turns(3);
	ck_assert_uint_eq(trials(), 3);
	ck_assert_uint_eq(loop.memory.count, 0);
	host->apply_error = 0;
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

START_TEST(what_cannot_be_put_back_is_a_persons)
{
	host->path_rate = 10e6;
	host->revert_error = -EUCLEAN;
	configure("");
	turn(0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_sack")->kind, (int)OUTCOME_PARKED);
	host->pending = 0; /* by hand */
	turns(20);
	ck_assert_uint_eq(trials(), 1);
}
END_TEST

START_TEST(a_place_that_vanished_before_its_trial)
{
	realm.open_error = -ESTALE;
	turns(2);
	ck_assert_uint_eq(host->applies, 0);
	ck_assert_uint_eq(loop.memory.count, 0);
	realm.open_error = 0;
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

START_TEST(without_the_journal_nothing_is_tried)
{
	realm.check_error = -EBADMSG;
	turns(5);
	ck_assert_uint_eq(trials(), 0);
	ck_assert_uint_eq(count_in_log("so that nothing is tried: simulated\n"), 1);
	ck_assert_ptr_nonnull(strstr(loop.status.trouble, "simulated"));
	realm.check_error = 0;
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
	turn(0);
	ck_assert_str_eq(loop.status.trouble, "");
}
END_TEST

/* A clock that was set back by a day does not prolong a back-off. */
START_TEST(a_clock_that_is_set_back)
{
	host->path_rate = 10e6;
	configure("");
	turn(0);
	ck_assert_uint_eq(trials(), 1);
	realm.utc_offset_s = -86400;
	turns(14);
	ck_assert_uint_eq(trials(), 2);
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
	ck_assert_uint_le(loop.watched_count, 3);
	ck_assert_uint_eq(loop.status.audits, 10000);
	ck_assert_uint_gt(host->applies, 50);
	ck_assert(!host->harmed);
}
END_TEST

Suite *test_loop_suite(void)
{
	Suite *suite = suite_create("loop");
	TCase *tests = tcase_create("loop"), *soak = tcase_create("soak");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_limits_is_raised_and_kept);
	tcase_add_test(tests, step_by_step);
	tcase_add_loop_test(tests, a_healthy_or_idle_host_is_left_alone, 0, 2);
	tcase_add_test(tests, told_not_to_tune_it_only_looks);
	tcase_add_test(tests, harm_is_reverted_within_two_windows_and_remembered);
	tcase_add_loop_test(tests, a_path_that_changes_makes_nothing_flap, 1, 6);
	tcase_add_test(tests, a_foreign_write_parks_that_tunable_alone);
	tcase_add_test(tests, a_foreign_write_during_a_trial_parks_as_well);
	tcase_add_test(tests, a_roll_back_by_a_person_parks);
	tcase_add_test(tests, pins_hold);
	tcase_add_test(tests, namespaces_come_and_go);
	tcase_add_test(tests, one_trial_at_a_time_and_each_in_turn);
	tcase_add_test(tests, what_cannot_be_read_is_said_once);
	tcase_add_test(tests, a_suspended_machine_is_not_judged);
	tcase_add_test(tests, a_survey_that_fails_is_the_callers);
	tcase_add_test(tests, asked_to_end_in_a_trial_it_leaves_nothing);
	tcase_add_test(tests, a_journal_that_cannot_be_written);
	tcase_add_test(tests, somebody_elses_transaction_is_waited_for);
	tcase_add_test(tests, what_cannot_be_put_back_is_a_persons);
	tcase_add_test(tests, a_place_that_vanished_before_its_trial);
	tcase_add_test(tests, without_the_journal_nothing_is_tried);
	tcase_add_test(tests, a_clock_that_is_set_back);
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(soak, set_up, tear_down);
	tcase_set_timeout(soak, 120);
	tcase_add_test(soak, a_soak_grows_nothing);
	suite_add_tcase(suite, soak);
	return suite;
}
