#include "trial_fixture.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static void try_harm(void)
{
	wish = (struct wish){ "net.ipv4.tcp_sack", "0", "HARM-01 harm", WISH_SET };
	request.criteria.rule = sim_rule(&host, "HARM-01");
}

/* Without a rule, and where the change is without any effect: the path carries no more. */
static void try_nothing(void)
{
	request.criteria.rule = NULL;
	host.path_rate = 10e6;
}

START_TEST(a_change_that_helps_is_kept)
{
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert(report.in_place && report.judgement.has_shift);
	/* 62.9 MB/s before, limited by the path after: 125 / 62.9. */
	ck_assert_double_eq_tol(report.judgement.shift.estimate, 125 / 62.9, 0.1);
	ck_assert_uint_eq(report.judgement.wins, 6);
	/* Without, with; with, without; ...: one change for each pair, and one more to keep it. */
	ck_assert_uint_eq(host.windows, 12);
	ck_assert_uint_eq(host.applies, 4);
	ck_assert_uint_eq(host.reverts, 3);
	ck_assert_uint_eq(host.keeps, 1);
	ck_assert_double_eq(host.rmem, 25165824);
	ck_assert_double_eq_tol(report.seconds, 12 * 5 + 6 * 3, 0.01);
	ck_assert_double_gt(host.deadline_s, 2 * 5 + 3);
	ck_assert_msg(strstr(report.judgement.reason, "path.receive_rate 1.9") != NULL ||
			      strstr(report.judgement.reason, "path.receive_rate 2") != NULL,
		      "%s", report.judgement.reason);
}
END_TEST

START_TEST(a_change_that_helps_is_put_back_when_only_asked_about)
{
	request.leave_in_place = false;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert(!report.in_place);
	ck_assert_int_eq(host.pending, 0);
	ck_assert_double_eq(host.rmem, 6291456);
}
END_TEST

START_TEST(a_change_that_hurts_is_put_back_after_two_windows)
{
	try_harm();
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_REVERT);
	ck_assert(!report.in_place && !host.harmed);
	ck_assert_uint_eq(host.windows, 1 + 2);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "ended early"));
}
END_TEST

/* Gone with the change in force and with it put back again: it ended by itself. */
START_TEST(traffic_that_ends_is_not_called_harm)
{
	host.silent_from = 5; /* the second window with the change */
	host.silent_to = 100;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert(!report.in_place);
	ck_assert_double_eq(host.rmem, 6291456);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "too little"));
	host.windows = 0;
	host.silent_from = 2; /* the first */
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert_uint_eq(host.windows, 1 + 2 + 1);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "the traffic ended"));
	host.windows = 0;
	host.silent_to = 3; /* it comes back */
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_REVERT);
	ck_assert(!report.in_place);
}
END_TEST

/* What it was set on has been closed since: a connection, a process. */
START_TEST(a_change_with_nothing_left_to_set_it_on)
{
	static const int errors[] = { -ENOENT, -ESTALE };

	host.apply_error = errors[_i];
	host.apply_error_from = 2;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert(!report.in_place && !report.foreign);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "nothing is left"));
	host.apply_error_from = 0;
	run(errors[_i]);
}
END_TEST

/* Another descriptor of the same number is not somebody else's doing. */
START_TEST(a_reused_name_is_no_foreign_write)
{
	host.reused = true;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert(!report.foreign);
}
END_TEST

START_TEST(a_change_that_does_nothing_is_put_back)
{
	host.path_rate = 10e6;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert(!report.in_place);
	ck_assert_double_eq(host.rmem, 6291456);
}
END_TEST

START_TEST(without_traffic_there_is_no_verdict)
{
	host.idle = true;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert(!report.in_place && !report.judgement.has_shift);
	ck_assert_uint_eq(report.judgement.pairs, 0);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "too little"));
}
END_TEST

/* Traffic that grows or shrinks by itself is not taken for the change's doing. */
START_TEST(a_drift_deceives_nobody)
{
	static const double drifts[] = { -0.03, -0.01, 0.01, 0.03, 0.05 };

	try_nothing();
	host.noise = 0.01;
	host.drift = drifts[_i];
	run(0);
	ck_assert_msg(report.judgement.verdict == VERDICT_UNDECIDED, "%s", report.judgement.reason);
	ck_assert_double_eq_tol(report.judgement.shift.estimate, 1, 0.05);
	request.criteria.rule = sim_rule(&host, "GAIN-01");
	run(0);
	ck_assert_msg(report.judgement.verdict == VERDICT_UNDECIDED, "%s", report.judgement.reason);
}
END_TEST

static double false_verdicts(unsigned int runs, enum verdict verdict)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < runs; i++) {
		host.rmem = 6291456;
		run(0);
		wrong += report.judgement.verdict == verdict;
	}
	return (double)wrong / runs;
}

START_TEST(what_does_nothing_is_rarely_kept)
{
	double share;

	try_nothing();
	host.noise = 0.2;
	share = false_verdicts(800, VERDICT_KEEP);
	/* 1 in 64 for six pairs, within two standard deviations of so many trials. */
	ck_assert_msg(share > 0.006 && share <= 0.0156 + 0.009, "%g", share);
	/* What a rule expects is more than noise. */
	request.criteria.rule = sim_rule(&host, "GAIN-01");
	share = false_verdicts(300, VERDICT_KEEP);
	ck_assert_msg(share <= 0.05, "%g", share);
}
END_TEST

/* How likely a change that does nothing is kept after these pairs: each that tells anything is a
 * win or a loss, by a coin. */
static double chance_of_keeping(size_t pairs, size_t wins, size_t losses, double told)
{
	const struct judge j = { .criteria = request.criteria, .wins = wins, .losses = losses };

	if (pairs >= 6 && sign_test(wins, losses) <= JUDGE_FALSE_KEEP)
		return 1;
	if (pairs == 9 || (pairs >= 6 && !judge_is_close(&j)))
		return 0;
	return (1 - told) * chance_of_keeping(pairs + 1, wins, losses, told) +
	       told / 2 * chance_of_keeping(pairs + 1, wins + 1, losses, told) +
	       told / 2 * chance_of_keeping(pairs + 1, wins, losses + 1, told);
}

START_TEST(looking_for_longer_keeps_no_more_than_promised)
{
	double most = 0;

	for (int told = 1; told <= 100; told++)
		most = fmax(most, chance_of_keeping(0, 0, 0, told / 100.0));
	ck_assert_double_eq_tol(most, 0.0390625, 1e-9);
}
END_TEST

/* Of nine pairs at most: six, and three more as long as two wins would do. */
START_TEST(what_is_close_is_looked_at_for_longer)
{
	host.disturbed_at = 2;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert_uint_eq(report.judgement.losses, 1);
	ck_assert_uint_eq(report.judgement.wins, 7);
	ck_assert_uint_eq(host.windows, 16);
}
END_TEST

START_TEST(what_does_nothing_is_rarely_called_harmful)
{
	static const double noises[] = { 0.05, 0.1, 0.2, 0.4 };
	double share;

	host.path_rate = 10e6;
	host.noise = noises[_i];
	share = false_verdicts(300, VERDICT_REVERT);
	/* The guards and the objective are each asked at 5 %, and mostly agree. */
	ck_assert_msg(share <= 0.09, "%g", share);
}
END_TEST

START_TEST(a_foreign_write_ends_it_and_is_named)
{
	host.foreign_at = 2;
	run(0);
	ck_assert(report.foreign && !report.in_place);
	ck_assert_str_eq(report.foreign_target, "net.ipv4.tcp_rmem");
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert_uint_eq(host.windows, 1 + 2);
}
END_TEST

START_TEST(a_person_may_end_it)
{
	host.rolled_back_at = 3;
	run(0);
	ck_assert(report.foreign && !report.in_place);
	ck_assert_str_eq(report.foreign_target, "");
	ck_assert_uint_eq(host.reverts, 1);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "rolled back"));
}
END_TEST

START_TEST(what_a_person_confirms_stays)
{
	host.confirmed_at = 3;
	run(0);
	ck_assert(report.foreign && report.in_place && report.confirmed);
	ck_assert_uint_eq(host.reverts, 1);
	ck_assert_double_eq(host.rmem, 25165824);
}
END_TEST

START_TEST(windows_of_a_suspended_machine_are_taken_anew)
{
	host.suspended = 3;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert_uint_eq(host.windows, 12 + 3);
	host.rmem = 6291456;
	host.suspended = 100;
	run(-ETIME);
	ck_assert_int_eq(host.pending, 0);
}
END_TEST

/* In each window of the trial. */
START_TEST(asked_to_end_it_leaves_nothing_changed)
{
	host.stop_at = (unsigned int)_i + 1;
	run(-EINTR);
	ck_assert_int_eq(host.pending, 0);
	ck_assert_double_eq(host.rmem, 6291456);
	ck_assert(!report.in_place);
}
END_TEST

START_TEST(errors_leave_nothing_changed)
{
	host.apply_error = -EBUSY;
	run(-EBUSY);
	ck_assert_uint_eq(host.reverts, 0);
	host.apply_error = 0;
	host.keep_error = -ENOSPC;
	run(-ENOSPC);
	ck_assert_uint_eq(host.reverts, 4);
	ck_assert_int_eq(host.pending, 0);
	ck_assert_double_eq(host.rmem, 6291456);
	host.keep_error = 0;
	wish.value = "6291456";
	run(-EALREADY);
}
END_TEST

/* In the middle, at the end, and when a person had asked to end: it is tried once more, and said.
 */
START_TEST(what_cannot_be_put_back_is_said)
{
	host.revert_error = _i == 0 ? -EUCLEAN : -EBUSY;
	host.stop_at = _i == 2 ? 2 : 0;
	run(-EUCLEAN);
	ck_assert_int_eq(host.pending != 0, _i != 0);
	ck_assert_str_ne(e.text, "");
	if (_i > 0)
		ck_assert_msg(strstr(e.text, "netwright rollback 1 at once") != NULL, "%s", e.text);
}
END_TEST

/* Confirmed when the trial was about to put it back: it is theirs. */
START_TEST(what_a_person_confirms_last_stays)
{
	host.revert_error = -EALREADY;
	run(0);
	ck_assert(report.foreign && report.confirmed && report.in_place);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
}
END_TEST

START_TEST(a_foreign_write_in_between_ends_it)
{
	host.foreign_between = 4;
	run(0);
	ck_assert(report.foreign && !report.in_place);
	ck_assert_str_eq(report.foreign_target, "net.ipv4.tcp_rmem");
	ck_assert_int_eq(host.pending, 0);
	ck_assert_double_eq(host.rmem, 5e6);
}
END_TEST

START_TEST(a_deadline_that_passed_is_nobodys_doing)
{
	host.expired_at = 2;
	run(0);
	ck_assert(!report.foreign && !report.in_place);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert_ptr_nonnull(strstr(report.judgement.reason, "deadline"));
}
END_TEST

START_TEST(impossible_requests_are_refused)
{
	static const struct {
		unsigned int pairs;
		double window_s, settle_s;
	} cases[] = { { 5, 5, 3 },    { 65, 5, 3 },  { 6, 0.5, 3 },
		      { 6, 3601, 3 }, { 6, NAN, 3 }, { 6, 5, -1 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request.pairs = cases[i].pairs;
		request.window_s = cases[i].window_s;
		request.settle_s = cases[i].settle_s;
		run(-EINVAL);
		ck_assert_uint_eq(host.windows, 0);
	}
}
END_TEST

START_TEST(smaller_may_be_better)
{
	request.criteria.rule = NULL;
	request.criteria.objective = metric_find("path.receive_rate");
	request.criteria.smaller_is_better = true;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_REVERT);
	ck_assert(!report.in_place);
}
END_TEST

START_TEST(the_sign_test_counts_coins)
{
	ck_assert_double_eq(sign_test(0, 0), 1);
	ck_assert_double_eq(sign_test(6, 0), 1.0 / 64);
	ck_assert_double_eq(sign_test(5, 1), 7.0 / 64);
	ck_assert_double_eq(sign_test(0, 6), 1);
	ck_assert_double_eq_tol(sign_test(64, 0), 5.42e-20, 1e-21);
}
END_TEST

Suite *test_trial_suite(void);
Suite *test_trial_suite(void)
{
	Suite *s = suite_create("trial");
	TCase *c = tcase_create("trial");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_change_that_helps_is_kept);
	tcase_add_test(c, a_change_that_helps_is_put_back_when_only_asked_about);
	tcase_add_test(c, a_change_that_hurts_is_put_back_after_two_windows);
	tcase_add_test(c, traffic_that_ends_is_not_called_harm);
	tcase_add_loop_test(c, a_change_with_nothing_left_to_set_it_on, 0, 2);
	tcase_add_test(c, a_reused_name_is_no_foreign_write);
	tcase_add_test(c, a_change_that_does_nothing_is_put_back);
	tcase_add_test(c, without_traffic_there_is_no_verdict);
	tcase_add_loop_test(c, a_drift_deceives_nobody, 0, 5);
	tcase_add_test(c, what_does_nothing_is_rarely_kept);
	tcase_add_test(c, looking_for_longer_keeps_no_more_than_promised);
	tcase_add_test(c, what_is_close_is_looked_at_for_longer);
	tcase_add_loop_test(c, what_does_nothing_is_rarely_called_harmful, 0, 4);
	tcase_add_test(c, a_foreign_write_ends_it_and_is_named);
	tcase_add_test(c, a_person_may_end_it);
	tcase_add_test(c, what_a_person_confirms_stays);
	tcase_add_test(c, windows_of_a_suspended_machine_are_taken_anew);
	tcase_add_loop_test(c, asked_to_end_it_leaves_nothing_changed, 0, 12);
	tcase_add_test(c, errors_leave_nothing_changed);
	tcase_add_loop_test(c, what_cannot_be_put_back_is_said, 0, 3);
	tcase_add_test(c, what_a_person_confirms_last_stays);
	tcase_add_test(c, a_foreign_write_in_between_ends_it);
	tcase_add_test(c, a_deadline_that_passed_is_nobodys_doing);
	tcase_add_test(c, impossible_requests_are_refused);
	tcase_add_test(c, smaller_may_be_better);
	tcase_add_test(c, the_sign_test_counts_coins);
	suite_add_tcase(s, c);
	return s;
}
