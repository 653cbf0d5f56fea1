/* Which sockets a trial counts, and what becomes of windows that have none of them. */
#include "trial_fixture.h"

START_TEST(new_sockets_are_marked_at_the_start_and_after_each_change)
{
	request.sockets = TRIAL_NEW_SOCKETS;
	run(0);
	ck_assert_uint_eq(host.marks, 7);
}
END_TEST

/* Connections that are opened some windows later are waited for, and those that never are, are not
 * waited for without end. */
START_TEST(new_sockets_are_waited_for)
{
	request.sockets = TRIAL_NEW_SOCKETS;
	host.late = 3;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert(report.new_sockets);
	/* That in which they appear is not counted. */
	ck_assert_uint_eq(host.windows, 12 + 7 * (3 + 1));
	host.rmem = 6291456;
	host.windows = 0;
	host.late = 1000;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_UNDECIDED);
	ck_assert_uint_eq(report.judgement.pairs, 0);
	ck_assert_uint_eq(host.windows, 12 + 4 * 6);
	ck_assert_double_gt(host.deadline_s, (2 + 4 * 6) * request.window_s);
}
END_TEST

/* Pairs in which nobody sent are made up for, unless they are the most. */
static const struct {
	unsigned int silent_to, pairs, windows;
} silences[] = { { 2, 6, 14 }, { 6, 6, 18 }, { 8, 2, 12 } };

START_TEST(pairs_that_tell_nothing_are_made_up_for)
{
	host.silent_from = 1;
	host.silent_to = silences[_i].silent_to;
	run(0);
	ck_assert_uint_eq(report.judgement.pairs, silences[_i].pairs);
	ck_assert_uint_eq(host.windows, silences[_i].windows);
	ck_assert_int_eq(report.judgement.verdict,
			 silences[_i].pairs == 6 ? VERDICT_KEEP : VERDICT_UNDECIDED);
}
END_TEST

/* Those that are opened soon, and carry most of the traffic; else all. */
static const struct {
	double old_share;
	unsigned int late;
	bool new_sockets;
	unsigned int looks; /* windows before the first that counts */
} shares[] = {
	{ 0, 0, true, 2 },     { 0.4, 0, true, 2 },	  { 0.6, 0, false, 5 },
	{ 0, 3, true, 1 + 4 }, { 0, 1000, false, 1 + 4 },
};

START_TEST(new_sockets_count_alone_if_they_carry_the_traffic)
{
	request.sockets = TRIAL_NEW_SOCKETS_IF_THEY_CARRY;
	host.old_share = shares[_i].old_share;
	host.late = shares[_i].late;
	run(0);
	ck_assert_int_eq(report.judgement.verdict, VERDICT_KEEP);
	ck_assert(report.new_sockets == shares[_i].new_sockets);
	ck_assert_uint_eq(host.marks, shares[_i].new_sockets ? 8 : 1);
	ck_assert_uint_eq(host.windows,
			  shares[_i].looks + 12 +
				  (shares[_i].new_sockets ? 7 * (shares[_i].late + 1) : 0));
}
END_TEST

/* Nobody opens a connection, and what is open takes the change up and keeps it. */
START_TEST(in_one_step_only_what_lies_apart_counts)
{
	static const struct {
		double rmem, noise, drift; /* before; 12.6 MB carry 125 MB/s of the path */
		enum verdict verdict;
	} steps[] = {
		{ 6291456, 0.05, 0, VERDICT_KEEP },
		{ 6291456, 0.05, -0.03, VERDICT_KEEP },
		{ 10.5e6, 0.01, 0, VERDICT_UNDECIDED }, /* a fifth more */
		{ 12.4e6, 0.05, 0.05, VERDICT_UNDECIDED },
		{ 12.4e6, 0.05, -0.05, VERDICT_UNDECIDED },
		{ 12.4e6, 0.2, 0, VERDICT_UNDECIDED },
	};

	request.sockets = TRIAL_NEW_SOCKETS_OR_ONE_STEP;
	host.late = 1000;
	host.rmem = steps[_i].rmem;
	host.noise = steps[_i].noise;
	host.drift = steps[_i].drift;
	run(0);
	ck_assert_msg(report.judgement.verdict == steps[_i].verdict, "%s", report.judgement.reason);
	ck_assert(report.one_step && !report.new_sockets);
	ck_assert_uint_eq(host.applies, 1);
	ck_assert_uint_eq(host.windows, 1 + 4 + 12);
	ck_assert(report.in_place == (steps[_i].verdict == VERDICT_KEEP));
}
END_TEST

/* Of the host anything may be expected, and a path without traffic may yet get some. */
START_TEST(in_one_step_only_what_a_path_carries)
{
	request.sockets = TRIAL_NEW_SOCKETS_OR_ONE_STEP;
	if (_i == 0)
		request.criteria.subject = (struct subject){ ENTITY_HOST, "" };
	else
		host.idle = true;
	run(0);
	ck_assert(!report.one_step && report.new_sockets);
}
END_TEST

Suite *test_trial_sockets_suite(void);
Suite *test_trial_sockets_suite(void)
{
	Suite *s = suite_create("trial_sockets");
	TCase *c = tcase_create("trial_sockets");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, new_sockets_are_marked_at_the_start_and_after_each_change);
	tcase_add_test(c, new_sockets_are_waited_for);
	tcase_add_loop_test(c, pairs_that_tell_nothing_are_made_up_for, 0,
			    sizeof(silences) / sizeof(silences[0]));
	tcase_add_loop_test(c, new_sockets_count_alone_if_they_carry_the_traffic, 0,
			    sizeof(shares) / sizeof(shares[0]));
	tcase_add_loop_test(c, in_one_step_only_what_lies_apart_counts, 0, 6);
	tcase_add_loop_test(c, in_one_step_only_what_a_path_carries, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
