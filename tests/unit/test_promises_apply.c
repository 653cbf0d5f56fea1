/* What netwright promises of applying a plan, a test for each promise and situation.
 *
 * The numbers are those of the list in netwright(8). test_promises_faults.c holds P1 to P3 under
 * every fault.
 */
#include "promise_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(test_p1_journal_before_write)
{
	size_t before = world_effects(&world);
	const char *trace, *first_write, *last_write, *commit;

	ck_assert_int_eq(world_apply(&world), 0);
	trace = since(before);
	first_write = strstr(trace, "write 4102 ");
	ck_assert_ptr_nonnull(first_write);
	/* The database is synced, and then its rollback journal ends: that is the commit. */
	commit = strstr(trace,
			"fsync state.db\ntruncate state.db-journal\nfsync state.db-journal\n");
	ck_assert_ptr_nonnull(commit);
	ck_assert(commit < first_write);
	/* And one after the last write, and none between. */
	ck_assert_uint_eq(writes_of(trace), 3);
	last_write = find_write(trace, RMEM, RMEM_TO);
	ck_assert_ptr_nonnull(strstr(last_write, "truncate state.db-journal"));
	for (const char *at = first_write; at < last_write; at++)
		ck_assert(strncmp(at, "truncate ", strlen("truncate ")) != 0);
}
END_TEST

/* The journal knows what was there before: that is all that recovery has. */
START_TEST(test_p1_the_journal_has_the_values_before)
{
	for (unsigned int call = 1; writes_of(fake_os_trace(world.os)) == 0; call++) {
		world_kill(&world, FAKE_LOSE_NOTHING, 0);
		fake_os_die_at(world.os, call, true);
		ck_assert_int_lt(world_apply(&world), 0);
	}
	world_kill(&world, FAKE_LOSE_NOTHING, 0);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(change_of(world_three[i].key)->change.from.text,
				 world_three[i].from);
}
END_TEST

START_TEST(test_p1_a_full_disk_means_no_write)
{
	struct world_image *image = world_save(&world);
	bool refused = false;

	for (unsigned int call = 1; call < 200; call++) {
		size_t before;

		world_load(&world, image);
		before = world_effects(&world);
		fake_os_fail_at(world.os, call, -ENOSPC);
		if (world_apply(&world) < 0 && writes_of(since(before)) == 0)
			refused = true;
		ck_assert(world_holds_from(&world) || world_holds_to(&world));
	}
	world_image_free(image);
	ck_assert(refused);
}
END_TEST

static const struct {
	enum fake_lie kind;
	int code;
	const char *says;
} failures[] = {
	{ FAKE_HALF, -EINVAL, "tcp_rmem" },
	{ FAKE_REFUSED, -EPERM, "tcp_rmem" },
	{ FAKE_PARTIAL, 0, "8192 131072 6291456" },
	{ FAKE_ADJUSTED, 0, "8192 262144 4194304" },
	{ FAKE_LOST, 0, "still holds" },
};

START_TEST(test_p2_all_or_nothing)
{
	size_t before = world_effects(&world);

	lie(RMEM, failures[_i].kind, failures[_i].code, "8192 262144 4194304", RMEM_TO);
	ck_assert_int_lt(world_apply(&world), 0);
	ck_assert(world_holds_from(&world));
	ck_says(world.error.text, failures[_i].says);
	ck_says(world.error.text, "everything holds what it held before");
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_FAILED);
	ck_assert_int_eq(change_of(RP_FILTER)->outcome, CHANGE_RESTORED);
	/* In reverse: the one written last goes back first. */
	(void)find_write(find_write(since(before), SLOW_START, "1"), RP_FILTER, "1");
}
END_TEST

START_TEST(test_p2_what_was_not_reached_is_not_touched)
{
	size_t before = world_effects(&world);

	lie(RP_FILTER, FAKE_REFUSED, -EINVAL, NULL, "2");
	ck_assert_int_lt(world_apply(&world), 0);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_UNTOUCHED);
	ck_assert_ptr_null(strstr(since(before), "tcp_rmem"));
}
END_TEST

START_TEST(test_p2_what_cannot_be_restored_is_told)
{
	lie(RMEM, FAKE_HALF, -EINVAL, NULL, RMEM_TO);
	lie(RP_FILTER, FAKE_REFUSED, -EROFS, NULL, "1");
	ck_assert_int_eq(world_apply(&world), -EUCLEAN);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_says(world.error.text, RP_FILTER);
	ck_assert_int_eq(world.record.state, TRANSACTION_PARTIAL);
	ck_assert_int_eq(change_of(RP_FILTER)->outcome, CHANGE_UNRESTORED);
	ck_assert_str_eq(change_of(RP_FILTER)->read_back, "2");
	ck_assert_int_eq(change_of(SLOW_START)->outcome, CHANGE_RESTORED);
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
	/* Once the reason is gone, a person can finish it. */
	lie(RP_FILTER, FAKE_HONEST, 0, NULL, NULL);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert(world_holds_from(&world));
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
}
END_TEST

START_TEST(test_p4_what_the_kernel_made_of_it_is_told)
{
	lie(RMEM, FAKE_ADJUSTED, 0, "8192 262144 33554432", RMEM_TO);
	ck_assert_int_eq(world_apply(&world), -EIO);
	ck_says(world.error.text, "8192 262144 33554432");
	ck_says(world.error.text, RMEM_TO);
	ck_says(world.error.text, RMEM_FROM);
	ck_says(change_of(RMEM)->note, "8192 262144 33554432");
}
END_TEST

START_TEST(test_p4_one_write_of_the_whole_vector)
{
	size_t before = world_effects(&world);
	const char *found;

	ck_assert_int_eq(world_apply(&world), 0);
	found = find_write(since(before), RMEM, RMEM_TO);
	ck_assert_ptr_null(strstr(found + 1, "write 4102 "));
	ck_assert_uint_eq(writes_of(since(before)), 3);
	ck_assert_str_eq(change_of(RMEM)->read_back, RMEM_TO);
}
END_TEST

START_TEST(test_p5_apply_aborts_when_it_changed_since_the_plan)
{
	size_t before;

	somebody_sets(SLOW_START, "0");
	somebody_sets(RP_FILTER, "0");
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), -EAGAIN);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_says(world.error.text, RP_FILTER);
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_uint_eq(world_transactions(&world), 0);
}
END_TEST

START_TEST(test_p6_a_satisfied_plan_writes_nothing)
{
	struct wish wishes[] = { { RMEM, RMEM_FROM, "by hand", WISH_SET },
				 { RP_FILTER, "1", "by hand", WISH_SET } };
	struct plan plan;
	struct place p;
	struct error e;
	size_t before;

	ck_assert_int_eq(place_open(world.os, "blue", &p, &e), 0);
	ck_assert_int_eq(plan_make(&p, wishes, 2, &plan, &e), 0);
	place_close(&p);
	ck_assert_uint_eq(plan.count, 0);
	ck_assert_uint_eq(plan.satisfied, 2);
	plan_done(&world.plan);
	world.plan = plan;
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_str_eq(since(before), "");
	ck_assert_int_eq(world.record.id, 0);
	ck_assert_uint_eq(world_transactions(&world), 0);
}
END_TEST

static struct plan plan_of(const struct wish *wishes, size_t n, int expected, struct error *e)
{
	struct plan plan;
	struct place p;

	ck_assert_int_eq(place_open(world.os, "blue", &p, e), 0);
	ck_assert_int_eq(plan_make(&p, wishes, n, &plan, e), expected);
	place_close(&p);
	return plan;
}

START_TEST(test_p11_what_cannot_be_undone_is_refused_with_confirm)
{
	const struct wish wish = { "net.ipv4.ip_forward", "1", "by hand", WISH_SET };
	struct error e;

	fake_os_add_sysctl(world.os, WORLD_NETNS, "net.ipv4.ip_forward", "0");
	plan_done(&world.plan);
	world.plan = plan_of(&wish, 1, 0, &e);
	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), -EINVAL);
	ck_assert_int_eq(world.error.kind, ERROR_INPUT);
	ck_says(world.error.text, "--confirm");
	ck_assert_str_eq(world_value(&world, "net.ipv4.ip_forward"), "0");
	world.confirm_s = 0;
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_str_eq(world_value(&world, "net.ipv4.ip_forward"), "1");
}
END_TEST

START_TEST(test_p11_what_cannot_be_written_is_refused_before_anything_is)
{
	size_t before;

	lie(RMEM, FAKE_READ_ONLY, -EACCES, NULL, NULL);
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), -EACCES);
	ck_assert_int_eq(world.error.kind, ERROR_PRIVILEGE);
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_uint_eq(world_transactions(&world), 0);
}
END_TEST

START_TEST(test_p12_the_plan_is_what_is_written)
{
	size_t before = world_effects(&world);
	const char *at;

	ck_assert_int_eq(world_apply(&world), 0);
	at = since(before);
	for (size_t i = 0; i < world.plan.count; i++) {
		const struct plan_change *c = &world.plan.changes[i];

		at = find_write(at, c->target.name, c->to);
		at++;
	}
	ck_assert_uint_eq(writes_of(since(before)), world.plan.count);
}
END_TEST

START_TEST(test_p13_the_journal_says_who_when_why_and_what_became_of_it)
{
	double now = world.os->ops->utc_s(world.os);
	const struct change_record *c;

	fake_os_add_file(world.os, "/proc/self/loginuid", "1000\n");
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_str_eq(world.record.command, "netwright set");
	ck_assert_uint_eq(world.record.uid, (uint32_t)getuid());
	ck_assert_uint_eq(world.record.login_uid, 1000);
	ck_assert_double_ge(world.record.started_utc_s, now);
	ck_assert_double_ge(world.record.finished_utc_s, world.record.started_utc_s);
	ck_assert_str_eq(world.record.netns, "blue");
	c = change_of(RMEM);
	ck_assert_str_eq(c->change.why, "by hand");
	ck_assert_str_eq(c->change.from.text, RMEM_FROM);
	ck_assert_str_eq(c->change.to, RMEM_TO);
	ck_assert_str_eq(c->read_back, RMEM_TO);
	ck_assert_int_eq(c->outcome, CHANGE_WRITTEN);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_str_eq(world.record.reason, "by hand");
	ck_assert_str_eq(change_of(RMEM)->read_back, RMEM_FROM);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_RESTORED);
}
END_TEST

START_TEST(test_p13_nobody_logged_in)
{
	fake_os_add_file(world.os, "/proc/self/loginuid", _i == 0 ? "4294967295\n" : "");
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_uint_eq(world.record.login_uid, UINT32_MAX);
}
END_TEST

/* A plan may come from a file. */
START_TEST(test_p14_a_plan_is_not_believed)
{
	static const char *const values[] = {
		"8192 262144", "8192 0x40000 67108864", "8192 262144 67108864 1", "",
		"1; reboot",   "67108864 262144 8192"
	};
	size_t before;

	(void)snprintf(world.plan.changes[2].to, sizeof(world.plan.changes[2].to), "%s",
		       values[_i]);
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), -EINVAL);
	ck_assert_int_eq(world.error.kind, ERROR_INPUT);
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_uint_eq(world_transactions(&world), 0);
}
END_TEST

START_TEST(test_p14_names_are_no_paths)
{
	static const char *const names[] = { "../../etc/passwd",
					     "net.ipv4.tcp_rmem/../tcp_wmem",
					     "net.netfilter.nf_hooks_lwtunnel",
					     "kernel.core_pattern",
					     "net.ipv4.conf.*.rp_filter",
					     "" };
	const struct wish wish = { names[_i], "1", "by hand", WISH_SET };
	struct error e = { 0 };
	struct plan plan = plan_of(&wish, 1, -EINVAL, &e);

	ck_assert_int_eq(e.kind, ERROR_INPUT);
	plan_done(&plan);
}
END_TEST

START_TEST(test_p14_a_plan_of_elsewhere_is_refused)
{
	if (_i == 0)
		world.plan.netns_cookie = 4103;
	else if (_i == 1)
		(void)snprintf(world.plan.hostname, sizeof(world.plan.hostname), "elsewhere");
	else
		(void)snprintf(world.plan.kernel, sizeof(world.plan.kernel), "0.99");
	ck_assert_int_eq(world_apply(&world), -ESTALE);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_assert(world_holds_from(&world));
}
END_TEST

Suite *test_promises_apply_suite(void);
Suite *test_promises_apply_suite(void)
{
	Suite *s = suite_create("promises_apply");
	TCase *kept = tcase_create("kept");

	tcase_add_checked_fixture(kept, setup, teardown);
	/* Some of them run hundreds of processes, on machines that do other things as well. */
	tcase_set_timeout(kept, 180);
	tcase_add_test(kept, test_p1_journal_before_write);
	tcase_add_test(kept, test_p1_the_journal_has_the_values_before);
	tcase_add_test(kept, test_p1_a_full_disk_means_no_write);
	tcase_add_loop_test(kept, test_p2_all_or_nothing, 0, 5);
	tcase_add_test(kept, test_p2_what_was_not_reached_is_not_touched);
	tcase_add_test(kept, test_p2_what_cannot_be_restored_is_told);
	tcase_add_test(kept, test_p4_what_the_kernel_made_of_it_is_told);
	tcase_add_test(kept, test_p4_one_write_of_the_whole_vector);
	tcase_add_test(kept, test_p5_apply_aborts_when_it_changed_since_the_plan);
	tcase_add_test(kept, test_p6_a_satisfied_plan_writes_nothing);
	tcase_add_test(kept, test_p11_what_cannot_be_undone_is_refused_with_confirm);
	tcase_add_test(kept, test_p11_what_cannot_be_written_is_refused_before_anything_is);
	tcase_add_test(kept, test_p12_the_plan_is_what_is_written);
	tcase_add_test(kept, test_p13_the_journal_says_who_when_why_and_what_became_of_it);
	tcase_add_loop_test(kept, test_p13_nobody_logged_in, 0, 2);
	tcase_add_loop_test(kept, test_p14_a_plan_is_not_believed, 0, 6);
	tcase_add_loop_test(kept, test_p14_names_are_no_paths, 0, 6);
	tcase_add_loop_test(kept, test_p14_a_plan_of_elsewhere_is_refused, 0, 3);
	suite_add_tcase(s, kept);
	return s;
}
