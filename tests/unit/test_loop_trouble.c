/* What others do to the daemon's changes, and what goes wrong, on a simulated host. */
#include "loop_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

Suite *test_loop_trouble_suite(void);

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

/* Whose outcome was never noted, or forgotten. */
START_TEST(a_foreign_write_parks_what_is_not_remembered)
{
	(void)snprintf(realm.lost, sizeof(realm.lost), "net.ipv4.tcp_rmem");
	turns(20);
	ck_assert_uint_eq(host->applies, 0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem")->kind, (int)OUTCOME_PARKED);
	ck_assert_uint_eq(count_in_log("self: net.ipv4.tcp_rmem is parked: somebody else"), 1);
}
END_TEST

/* Its guardian did, at the deadline or because it had to end: nobody minds the change. */
START_TEST(a_roll_back_by_the_guardian_does_not_park)
{
	host->expired_at = 2;
	turn(0);
	ck_assert_uint_eq(host->keeps, 0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_UNDECIDED);
	expect_log("undecided: its guardian has put it back");
	turns(12);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

START_TEST(a_foreign_write_during_a_trial_parks_as_well)
{
	host->foreign_at = 2;
	turns(20);
	ck_assert_uint_eq(tries(), 1);
	ck_assert_uint_eq(host->keeps, 0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_PARKED);
	expect_log("ended: somebody else has meanwhile set net.ipv4.tcp_rmem");
}
END_TEST

START_TEST(a_roll_back_by_a_person_parks)
{
	host->rolled_back_at = 2;
	turns(20);
	ck_assert_uint_eq(tries(), 1);
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

/* --- what goes wrong ------------------------------------------------------------------------ */

START_TEST(a_suspended_machine_is_not_judged)
{
	realm.survey_error = -ETIME;
	turn(0);
	expect_log("the machine was suspended");
	ck_assert_uint_eq(loop.status.audits, 0);
	ck_assert_uint_eq(host->applies, 0);
	turn(0);
	ck_assert_uint_eq(tries(), 1);
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
	host->stop_at = 1 + 6;
	turn(-EINTR);
	ck_assert_double_eq(host->rmem, 6291456);
	ck_assert_uint_eq(loop.memory.count, 0);
	expect_log("ended before a verdict, and put back");
	host->stop_at = 0;
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

/* Killed in a trial, it does not try the same at once again, for ever. */
START_TEST(a_trial_cut_short_is_undecided)
{
	struct change_record change = { .change = { .to = "4096 131072 25165824" } };
	const struct transaction_record t = { .netns_cookie = 7,
					      .changes = &change,
					      .change_count = 1 };

	(void)snprintf(change.change.target.name, TARGET_NAME_MAX, "net.ipv4.tcp_rmem");
	loop_note_undone(&loop, &t);
	turns(9);
	ck_assert_uint_eq(tries(), 0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem")->kind, (int)OUTCOME_UNDECIDED);
	turns(2);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

/* A journal on a full disk: no trial, which is said; later again. */
START_TEST(a_journal_that_cannot_be_written)
{
	host->apply_error = -ENOSPC;
	turns(9);
	ck_assert_uint_eq(tries(), 1);
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
	ck_assert_uint_eq(tries(), 3);
	ck_assert_uint_eq(loop.memory.count, 0);
	host->apply_error = 0;
	turn(0);
	ck_assert_uint_eq(host->keeps, 1);
}
END_TEST

/* Why it could not, nobody knows yet: whether it is somebody else's, the journal says. */
START_TEST(what_cannot_be_put_back_is_undecided)
{
	host->path_rate = 10e6;
	host->revert_error = -EUCLEAN;
	configure("");
	turn(0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_sack")->kind, (int)OUTCOME_UNDECIDED);
	host->pending = 0; /* by hand */
	host->harmed = false;
	if (_i == 1)
		(void)snprintf(realm.lost, sizeof(realm.lost), "net.ipv4.tcp_sack");
	turns(9);
	ck_assert_uint_eq(tries(), 1);
	host->revert_error = 0;
	turns(2);
	ck_assert_uint_eq(tries(), _i == 1 ? 1 : 2);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_sack")->kind,
			 _i == 1 ? (int)OUTCOME_PARKED : (int)OUTCOME_REVERTED);
}
END_TEST

/* In force, and not as it was meant to be. */
START_TEST(what_is_kept_with_a_conflict_is_kept)
{
	host->keep_error = -EUCLEAN;
	turn(0);
	ck_assert_int_eq((int)outcome_of("net.ipv4.tcp_rmem[2]")->kind, (int)OUTCOME_KEPT);
	host->pending = 0;
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
	ck_assert_uint_eq(host->applies, 0);
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
	ck_assert_uint_eq(tries(), 1);
	realm.utc_offset_s = -86400;
	turns(14);
	ck_assert_uint_eq(tries(), 2);
}
END_TEST

Suite *test_loop_trouble_suite(void)
{
	Suite *suite = suite_create("loop_trouble");
	TCase *tests = tcase_create("loop_trouble");

	tcase_add_checked_fixture(tests, loop_set_up, loop_tear_down);
	tcase_add_test(tests, a_foreign_write_parks_that_tunable_alone);
	tcase_add_test(tests, a_foreign_write_parks_what_is_not_remembered);
	tcase_add_test(tests, a_roll_back_by_the_guardian_does_not_park);
	tcase_add_test(tests, a_foreign_write_during_a_trial_parks_as_well);
	tcase_add_test(tests, a_roll_back_by_a_person_parks);
	tcase_add_test(tests, pins_hold);
	tcase_add_test(tests, a_suspended_machine_is_not_judged);
	tcase_add_test(tests, a_survey_that_fails_is_the_callers);
	tcase_add_test(tests, asked_to_end_in_a_trial_it_leaves_nothing);
	tcase_add_test(tests, a_trial_cut_short_is_undecided);
	tcase_add_test(tests, a_journal_that_cannot_be_written);
	tcase_add_test(tests, somebody_elses_transaction_is_waited_for);
	tcase_add_loop_test(tests, what_cannot_be_put_back_is_undecided, 0, 2);
	tcase_add_test(tests, what_is_kept_with_a_conflict_is_kept);
	tcase_add_test(tests, a_place_that_vanished_before_its_trial);
	tcase_add_test(tests, without_the_journal_nothing_is_tried);
	tcase_add_test(tests, a_clock_that_is_set_back);
	suite_add_tcase(suite, tests);
	return suite;
}
