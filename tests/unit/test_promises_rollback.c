/* What netwright promises of roll-back and recovery, a test for each promise and situation.
 *
 * The numbers are those of the list in netwright(8). test_promises_faults.c holds P1 to P3 under
 * every fault.
 */
#include "promise_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Killed between the two halves of a write: each element is its old or its new value, so it is
 * ours. */
START_TEST(test_p2_a_half_written_vector_is_ours)
{
	ck_assert_int_eq(world_apply(&world), 0);
	somebody_sets(RMEM, "8192 131072 67108864");
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert(world_holds_from(&world));
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_RESTORED);
}
END_TEST

/* Two roll-backs of one crash: the second finds nothing to do. */
START_TEST(test_p3_recovery_is_idempotent)
{
	struct world_image *image = world_save(&world);
	size_t before = world_effects(&world);

	for (unsigned int call = 1; writes_of(since(before)) < 2; call++) {
		world_load(&world, image);
		before = world_effects(&world);
		fake_os_die_at(world.os, call, true);
		(void)world_apply(&world);
	}
	world_image_free(image);
	world_kill(&world, FAKE_LOSE_NOTHING, 0);
	ck_assert(!world_holds_from(&world));
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert(world_holds_from(&world));
	before = world_effects(&world);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_str_eq(since(before), "");
}
END_TEST

/* A transaction that is waiting to be confirmed is no crash. */
START_TEST(test_p3_recovery_leaves_what_is_not_crashed)
{
	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_PENDING);
	ck_assert(world_holds_to(&world));
	ck_assert_int_eq(world_confirm(&world), 0);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_KEPT);
	ck_assert_str_eq(world.record.reason, "as expected");
	ck_assert(world_holds_to(&world));
}
END_TEST

START_TEST(test_p5_roll_back_leaves_what_somebody_else_wrote)
{
	ck_assert_int_eq(world_apply(&world), 0);
	somebody_sets(RMEM, "4096 131072 8388608");
	ck_assert_int_eq(world_roll_back(&world, false), -EUCLEAN);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_says(world.error.text, RMEM);
	ck_says(world.error.text, "4096 131072 8388608");
	ck_assert_str_eq(world_value(&world, RMEM), "4096 131072 8388608");
	ck_assert_str_eq(world_value(&world, RP_FILTER), "1");
	ck_assert_int_eq(world.record.state, TRANSACTION_PARTIAL);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_CONFLICT);
	ck_says(change_of(RMEM)->note, RMEM_TO);
	ck_says(change_of(RMEM)->note, RMEM_FROM);
	ck_says(change_of(RMEM)->note, "--force");
	/* By force it goes. */
	ck_assert_int_eq(world_roll_back(&world, true), 0);
	ck_assert(world_holds_from(&world));
	ck_assert_str_eq(change_of(RMEM)->note, "");
}
END_TEST

START_TEST(test_p5_recovery_leaves_what_somebody_else_wrote)
{
	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	somebody_sets(RP_FILTER, "0");
	fake_os_set_boottime(world.os, UINT64_MAX / 2);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_str_eq(world_value(&world, RP_FILTER), "0");
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
	ck_assert_int_eq(world.record.state, TRANSACTION_PARTIAL);
}
END_TEST

/* Applies the plan, then one that sets everything back: transactions 1 and 2. */
static void apply_there_and_back(double confirm_s)
{
	ck_assert_int_eq(world_apply(&world), 0);
	for (size_t i = 0; i < world.plan.count; i++) {
		struct plan_change *c = &world.plan.changes[i];
		char to[HELD_TEXT_MAX];

		memcpy(to, c->to, sizeof(to));
		memcpy(c->to, c->from.text, sizeof(c->to));
		memcpy(c->from.text, to, sizeof(c->from.text));
	}
	world.confirm_s = confirm_s;
	ck_assert_int_eq(world_apply(&world), 0);
}

/* Else the earlier one finds its old values, and the later one restores the earlier one's. */
START_TEST(test_p5_the_earlier_one_waits_for_the_later_one)
{
	size_t before;

	apply_there_and_back(_i == 0 ? 0 : 60);
	before = world_effects(&world);
	ck_assert_int_eq(world_roll_back_id(&world, 1, false), -EBUSY);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_says(world.error.text, "roll transaction 2 back first");
	ck_assert_int_eq(world.record.id, 0);
	ck_assert_str_eq(since(before), "");
	ck_assert_int_eq(world_roll_back_id(&world, 2, false), 0);
	ck_assert_int_eq(world_roll_back_id(&world, 1, false), 0);
	ck_assert(world_holds_from(&world));
}
END_TEST

/* What the later one could not restore it still owes; what is somebody else's it does not. */
START_TEST(test_p5_the_earlier_one_waits_for_what_is_partial)
{
	apply_there_and_back(0);
	if (_i == 0)
		lie(RMEM, FAKE_REFUSED, EPERM, NULL, RMEM_TO);
	else
		somebody_sets(RMEM, "4096 131072 8388608");
	ck_assert_int_eq(world_roll_back_id(&world, 2, false), -EUCLEAN);
	ck_assert_int_eq(world_roll_back_id(&world, 1, false), _i == 0 ? -EBUSY : -EUCLEAN);
	ck_assert_str_eq(world_value(&world, RP_FILTER), _i == 0 ? "2" : "1");
	ck_assert_int_eq(world_roll_back_id(&world, 1, true), 0);
	ck_assert(world_holds_from(&world));
}
END_TEST

/* What is to be put back is in the journal already: nothing more has to fit on the disk. */
START_TEST(test_p2_roll_back_on_a_disk_that_takes_nothing)
{
	static const int codes[] = { -ENOSPC, -EROFS, -EIO };
	struct world_image *image;
	unsigned int call = 1;

	ck_assert_int_eq(world_apply(&world), 0);
	image = world_save(&world);
	world_load(&world, image);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	while (!fake_vfs_wrote(world.vfs, call))
		call++;
	world_load(&world, image);
	ck_assert(world_holds_to(&world));
	fake_os_fail_at(world.os, call, codes[_i]);
	ck_assert_msg(world_roll_back(&world, false) == 0, "%s", world.error.text);
	ck_assert(world_holds_from(&world));
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
	world_image_free(image);
}
END_TEST

START_TEST(test_p6_roll_back_twice_is_roll_back_once)
{
	size_t before;

	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	before = world_effects(&world);
	ck_assert_int_eq(world_roll_back(&world, false), -EALREADY);
	ck_says(world.error.text, "rolled-back");
	ck_assert_str_eq(since(before), "");
}
END_TEST

START_TEST(test_p7_no_change_on_top_of_an_unfinished_one)
{
	size_t before;

	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), -EBUSY);
	ck_assert_int_eq(world.error.kind, ERROR_BUSY);
	ck_says(world.error.text, "netwright confirm 1");
	ck_assert_str_eq(since(before), "");
}
END_TEST

/* The guardian was killed: whoever comes next finds the deadline passed. */
START_TEST(test_p8_not_confirmed_in_time_is_rolled_back)
{
	uint64_t start = world.os->ops->boottime_ns(world.os), deadline;

	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	deadline = world.record.deadline_boottime_ns;
	ck_assert_uint_ge(deadline, start + 60000000000u);
	ck_assert_uint_le(deadline, start + 61000000000u);
	fake_os_set_boottime(world.os, deadline - 1000000000u);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_PENDING);
	ck_assert(world_holds_to(&world));
	fake_os_set_boottime(world.os, deadline);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
	ck_assert(world_holds_from(&world));
	ck_says(world.record.reason, "not confirmed in time");
	ck_assert_int_eq(world_confirm(&world), -ENOENT);
}
END_TEST

START_TEST(test_p8_too_late_is_not_confirmed)
{
	struct applier a = { .os = world.os };
	struct transaction_record t;
	struct error e = { 0 };

	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	memcpy(a.boot_id, world.boot_id, sizeof(a.boot_id));
	ck_assert_int_eq(store_open(world.directory, STORE_WRITE, WORLD_VFS, &a.store, &e), 0);
	fake_os_set_boottime(world.os, world.record.deadline_boottime_ns);
	/* Recovery did not come first. */
	ck_assert_int_eq(transaction_confirm(&a, 1, "", &t, &e), -ETIME);
	transaction_record_done(&t);
	store_close(a.store);
}
END_TEST

/* It is kept, and whoever confirms it learns that it is not what holds. */
START_TEST(test_p8_what_was_put_back_meanwhile_is_told)
{
	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	if (_i == 0)
		somebody_sets(RMEM, RMEM_FROM);
	else
		somebody_sets(RMEM, "4096 131072 33554432");
	ck_assert_int_eq(world_confirm(&world), -EUCLEAN);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_says(world.error.text, "is kept, but 1 of its 3 settings");
	ck_says(world.error.text, RMEM);
	ck_assert_int_eq(world.record.state, TRANSACTION_KEPT);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_CONFLICT);
	ck_assert_int_eq(change_of(RP_FILTER)->outcome, CHANGE_WRITTEN);
	/* The roll-back decides by what holds then. */
	somebody_sets(RMEM, RMEM_TO);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert(world_holds_from(&world));
}
END_TEST

START_TEST(test_p10_a_gone_link_does_not_stop_the_others)
{
	ck_assert_int_eq(world_apply(&world), 0);
	fake_os_remove_link(world.os, WORLD_NETNS, "eth0");
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert_int_eq(change_of(RP_FILTER)->outcome, CHANGE_GONE);
	ck_assert_str_eq(world_value(&world, RP_FILTER), "2");
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
}
END_TEST

START_TEST(test_p10_another_link_of_that_name_is_another_one)
{
	ck_assert_int_eq(world_apply(&world), 0);
	fake_os_remove_link(world.os, WORLD_NETNS, "eth0");
	fake_os_add_link(world.os, WORLD_NETNS, "eth0", 8);
	ck_assert_int_eq(world_roll_back(&world, true), 0);
	ck_assert_int_eq(change_of(RP_FILTER)->outcome, CHANGE_GONE);
	ck_assert_str_eq(world_value(&world, RP_FILTER), "2");
}
END_TEST

START_TEST(test_p10_a_gone_namespace)
{
	ck_assert_int_eq(world_apply(&world), 0);
	fake_os_remove_netns(world.os, WORLD_NETNS);
	/* Made again under its name, with the same settings: not ours. */
	fake_os_add_netns(world.os, "blue", 4103);
	fake_os_add_sysctl(world.os, 4103, RMEM, RMEM_TO);
	ck_assert_int_eq(world_roll_back(&world, true), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(change_of(world_three[i].key)->outcome, CHANGE_GONE);
	ck_assert_str_eq(fake_os_sysctl(world.os, 4103, RMEM), RMEM_TO);
}
END_TEST

/* A namespace that nobody could find, and that is there after all. */
START_TEST(test_p10_what_was_gone_is_put_back_when_it_turns_up)
{
	ck_assert_int_eq(world_apply(&world), 0);
	fake_os_hide_netns(world.os, WORLD_NETNS, true);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_GONE);
	ck_assert_int_eq(world_roll_back(&world, false), -EALREADY);
	fake_os_hide_netns(world.os, WORLD_NETNS, false);
	ck_assert(world_holds_to(&world));
	ck_assert_msg(world_roll_back(&world, false) == 0, "%s", world.error.text);
	ck_assert(world_holds_from(&world));
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_RESTORED);
	ck_assert_int_eq(world_roll_back(&world, false), -EALREADY);
}
END_TEST

/* One that is held by a mount somewhere was never gone. */
START_TEST(test_p10_a_namespace_that_is_bound_elsewhere)
{
	ck_assert_int_eq(world_apply(&world), 0);
	fake_os_add_process(world.os, 900, "dockerd", 1800, FAKE_INITIAL_NETNS, "/");
	fake_os_hold_netns(world.os, WORLD_NETNS, 900, _i == 0 ? "/run/docker/netns/x" : "fd/9");
	fake_os_hide_netns(world.os, WORLD_NETNS, true);
	ck_assert_msg(world_roll_back(&world, false) == 0, "%s", world.error.text);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_RESTORED);
	ck_assert(world_holds_from(&world));
}
END_TEST

START_TEST(test_p10_a_plan_for_a_link_that_is_gone)
{
	size_t before;

	fake_os_remove_link(world.os, WORLD_NETNS, "eth0");
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), -ESTALE);
	ck_assert_uint_eq(writes_of(since(before)), 0);
}
END_TEST

#define PID    812
#define NOFILE "rlimit:812/nofile"

/* A plan for a namespace, and a process of another one. */
static void apply_with_process(void)
{
	const struct wish wishes[] = { { RMEM, RMEM_TO, "by hand", WISH_SET },
				       { NOFILE, "4096", "by hand", WISH_SET } };
	struct error e;
	struct place p;

	fake_os_add_process(world.os, PID, "nginx", 173529, FAKE_INITIAL_NETNS, "/");
	fake_os_set_limit(world.os, PID, RLIMIT_NOFILE, 1024, 8192);
	plan_done(&world.plan);
	ck_assert_int_eq(place_open(world.os, "blue", &p, &e), 0);
	ck_assert_int_eq(plan_make(&p, wishes, 2, &world.plan, &e), 0);
	place_close(&p);
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_uint_eq(fake_os_limit(world.os, PID, RLIMIT_NOFILE).rlim_cur, 4096);
}

START_TEST(test_p10_a_process_outlives_its_namespace_for_us)
{
	apply_with_process();
	fake_os_remove_netns(world.os, WORLD_NETNS);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_GONE);
	ck_assert_int_eq(change_of(NOFILE)->outcome, CHANGE_RESTORED);
	ck_assert_uint_eq(fake_os_limit(world.os, PID, RLIMIT_NOFILE).rlim_cur, 1024);
}
END_TEST

START_TEST(test_p10_another_process_of_that_number_is_another_one)
{
	apply_with_process();
	fake_os_remove_process(world.os, PID);
	if (_i == 1) {
		fake_os_add_process(world.os, PID, "nginx", 173530, FAKE_INITIAL_NETNS, "/");
		fake_os_set_limit(world.os, PID, RLIMIT_NOFILE, 4096, 8192);
	}
	ck_assert_int_eq(world_roll_back(&world, true), 0);
	ck_assert_int_eq(change_of(NOFILE)->outcome, CHANGE_GONE);
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
	if (_i == 1)
		ck_assert_uint_eq(fake_os_limit(world.os, PID, RLIMIT_NOFILE).rlim_cur, 4096);
}
END_TEST

Suite *test_promises_rollback_suite(void);
Suite *test_promises_rollback_suite(void)
{
	Suite *s = suite_create("promises_rollback");
	TCase *kept = tcase_create("kept");

	tcase_add_checked_fixture(kept, setup, teardown);
	/* Some of them run hundreds of processes, on machines that do other things as well. */
	tcase_set_timeout(kept, 180);
	tcase_add_test(kept, test_p2_a_half_written_vector_is_ours);
	tcase_add_loop_test(kept, test_p2_roll_back_on_a_disk_that_takes_nothing, 0, 3);
	tcase_add_test(kept, test_p3_recovery_is_idempotent);
	tcase_add_test(kept, test_p3_recovery_leaves_what_is_not_crashed);
	tcase_add_test(kept, test_p5_roll_back_leaves_what_somebody_else_wrote);
	tcase_add_test(kept, test_p5_recovery_leaves_what_somebody_else_wrote);
	tcase_add_loop_test(kept, test_p5_the_earlier_one_waits_for_the_later_one, 0, 2);
	tcase_add_loop_test(kept, test_p5_the_earlier_one_waits_for_what_is_partial, 0, 2);
	tcase_add_test(kept, test_p6_roll_back_twice_is_roll_back_once);
	tcase_add_test(kept, test_p7_no_change_on_top_of_an_unfinished_one);
	tcase_add_test(kept, test_p8_not_confirmed_in_time_is_rolled_back);
	tcase_add_test(kept, test_p8_too_late_is_not_confirmed);
	tcase_add_loop_test(kept, test_p8_what_was_put_back_meanwhile_is_told, 0, 2);
	tcase_add_test(kept, test_p10_a_gone_link_does_not_stop_the_others);
	tcase_add_test(kept, test_p10_another_link_of_that_name_is_another_one);
	tcase_add_test(kept, test_p10_a_gone_namespace);
	tcase_add_test(kept, test_p10_what_was_gone_is_put_back_when_it_turns_up);
	tcase_add_loop_test(kept, test_p10_a_namespace_that_is_bound_elsewhere, 0, 2);
	tcase_add_test(kept, test_p10_a_plan_for_a_link_that_is_gone);
	tcase_add_test(kept, test_p10_a_process_outlives_its_namespace_for_us);
	tcase_add_loop_test(kept, test_p10_another_process_of_that_number_is_another_one, 0, 2);
	suite_add_tcase(s, kept);
	return s;
}
