/* What netwright promises of reboots and of the files that outlive them (P9 of netwright(8)). */
#include "promise_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

START_TEST(test_p9_values_of_another_boot_are_never_replayed)
{
	size_t before;

	ck_assert_int_eq(world_apply(&world), 0);
	world_kill(&world, FAKE_LOSE_ALL, 0);
	/* After the reboot somebody, or a file, sets the very value that we had written. */
	somebody_sets(RMEM, RMEM_TO);
	before = world_effects(&world);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_VOID);
	ck_assert_int_eq(world_roll_back(&world, true), -EALREADY);
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_TO);
}
END_TEST

START_TEST(test_p9_a_pending_change_does_not_survive_a_reboot)
{
	world.confirm_s = 60;
	world.persist = true;
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert(!world_has_file(&world, 1));
	world_kill(&world, FAKE_LOSE_ALL, 0);
	ck_assert_int_eq(world_confirm(&world), -ENOENT);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_VOID);
	ck_assert(!world_has_file(&world, 1));
}
END_TEST

static unsigned int commits_of(const char *trace)
{
	static const char commit[] = "truncate state.db-journal\nfsync state.db-journal\n";
	unsigned int n = 0;

	for (const char *at = trace; (at = strstr(at, commit)) != NULL; at++)
		n++;
	return n;
}

/* Kept, and killed before its file was written: the file is what was asked for. */
START_TEST(test_p9_files_are_finished_after_a_reboot)
{
	struct world_image *image = world_save(&world);
	size_t before = world_effects(&world);

	world.persist = true;
	/* Up to the second commit: the one that keeps it. */
	for (unsigned int call = 1; commits_of(since(before)) < 2; call++) {
		world_load(&world, image);
		before = world_effects(&world);
		fake_os_die_at(world.os, call, true);
		ck_assert_int_lt(world_apply(&world), 0);
	}
	world_image_free(image);
	ck_assert(world_holds_to(&world));
	ck_assert(!world_has_file(&world, 1));
	world_kill(&world, FAKE_LOSE_ALL, 0);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_VOID);
	ck_assert_int_eq(world.record.persistence, PERSISTENCE_WRITTEN);
	ck_assert(world_has_file(&world, world.record.id));
	/* And rolling it back removes what is left of it. */
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert(!world_has_file(&world, world.record.id));
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
}
END_TEST

/* As a run leaves it that was killed before it could write the files, or whose journal failed
 * behind the commit, so that it put everything back. */
static void apply_with_files_wanted(void)
{
	struct store *s;
	struct error e = { 0 };

	ck_assert_int_eq(world_apply(&world), 0);
	world.record.persistence = PERSISTENCE_WANTED;
	ck_assert_int_eq(store_open(world.directory, STORE_WRITE, WORLD_VFS, &s, &e), 0);
	ck_assert_int_eq(store_update(s, &world.record, &e), 0);
	store_close(s);
}

START_TEST(test_p9_no_files_for_what_was_put_back)
{
	apply_with_files_wanted();
	for (size_t i = 0; i < 3; i++)
		somebody_sets(world_three[i].key, world_three[i].from);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	ck_assert_int_eq(world.record.persistence, PERSISTENCE_NONE);
	ck_assert(!world_has_file(&world, 1));
}
END_TEST

START_TEST(test_p9_no_files_for_what_was_put_back_in_part)
{
	apply_with_files_wanted();
	somebody_sets(RMEM, RMEM_FROM);
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_PARTIAL);
	ck_assert(!world_has_file(&world, 1));
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert(world_holds_from(&world));
}
END_TEST

static int refuse_to_write(struct os *os, const char *root, const struct transaction_record *t,
			   struct error *e)
{
	(void)os;
	(void)root;
	(void)t;
	return error_errno(e, -EROFS, "/etc/sysctl.d", "cannot be written");
}

static int remove_nothing(struct os *os, const char *root, const struct transaction_record *t,
			  struct error *e)
{
	(void)os;
	(void)root;
	(void)t;
	(void)e;
	return 0;
}

/* Other settings may be changed all the same, and rolling back needs no file to be written first.
 */
START_TEST(test_p9_files_that_cannot_be_written_after_a_reboot)
{
	static const struct persister read_only = { .write = refuse_to_write,
						    .remove = remove_nothing };
	struct applier a = { .os = world.os, .persister = &read_only };
	struct transaction_record t;
	struct error e = { 0 };

	apply_with_files_wanted();
	world_kill(&world, FAKE_LOSE_ALL, 0);
	memcpy(a.boot_id, world.boot_id, sizeof(a.boot_id));
	ck_assert_int_eq(store_open(world.directory, STORE_WRITE, WORLD_VFS, &a.store, &e), 0);
	ck_assert_int_eq(transaction_recover(&a, NULL, &e), -EUCLEAN);
	ck_assert_int_eq(e.kind, ERROR_CONFLICT);
	ck_says(e.text, "/etc/sysctl.d");
	ck_assert_int_eq(transaction_roll_back(&a, 1, false, "by hand", &t, &e), 0);
	ck_assert_int_eq(t.state, TRANSACTION_ROLLED_BACK);
	transaction_record_done(&t);
	store_close(a.store);
}
END_TEST

START_TEST(test_p9_files_are_finished_for_what_is_in_force)
{
	apply_with_files_wanted();
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_KEPT);
	ck_assert(world_has_file(&world, 1));
}
END_TEST

static bool keeps_nothing(const void *arg, const struct plan_change *c)
{
	(void)arg, (void)c;
	return false;
}

/* A file for what holds already, whose value says nothing about whether it was put back. */
START_TEST(test_p9_files_for_what_holds_already)
{
	const struct wish wish = { RMEM, RMEM_FROM, "by hand", WISH_SET };
	const struct plan_keeper keeper = { .is_kept = keeps_nothing };
	struct error e = { 0 };
	struct place p;

	plan_done(&world.plan);
	ck_assert_int_eq(place_open(world.os, "blue", &p, &e), 0);
	ck_assert_int_eq(plan_make_to_keep(&p, &wish, 1, &keeper, &world.plan, &e), 0);
	place_close(&p);
	ck_assert_uint_eq(world.plan.count, 1);
	if (_i == 0) {
		apply_with_files_wanted();
		ck_assert_int_eq(world_recover(&world), 0);
	} else {
		world.persist = true;
		ck_assert_int_eq(world_apply(&world), 0);
	}
	ck_assert_int_eq(world.record.state, TRANSACTION_KEPT);
	ck_assert(world_has_file(&world, 1));
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
	ck_assert(!world_has_file(&world, 1));
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
}
END_TEST

START_TEST(test_p9_files_are_written_on_confirmation_only)
{
	world.confirm_s = 60;
	world.persist = true;
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert(!world_has_file(&world, 1));
	ck_assert_int_eq(world_confirm(&world), 0);
	ck_assert(world_has_file(&world, 1));
	ck_assert_int_eq(world.record.persistence, PERSISTENCE_WRITTEN);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	ck_assert(!world_has_file(&world, 1));
}
END_TEST

Suite *test_promises_reboot_suite(void);
Suite *test_promises_reboot_suite(void)
{
	Suite *s = suite_create("promises_reboot");
	TCase *kept = tcase_create("kept");

	tcase_add_checked_fixture(kept, setup, teardown);
	tcase_set_timeout(kept, 180);
	tcase_add_test(kept, test_p9_values_of_another_boot_are_never_replayed);
	tcase_add_test(kept, test_p9_a_pending_change_does_not_survive_a_reboot);
	tcase_add_test(kept, test_p9_files_are_finished_after_a_reboot);
	tcase_add_test(kept, test_p9_no_files_for_what_was_put_back);
	tcase_add_test(kept, test_p9_no_files_for_what_was_put_back_in_part);
	tcase_add_test(kept, test_p9_files_that_cannot_be_written_after_a_reboot);
	tcase_add_test(kept, test_p9_files_are_finished_for_what_is_in_force);
	tcase_add_loop_test(kept, test_p9_files_for_what_holds_already, 0, 2);
	tcase_add_test(kept, test_p9_files_are_written_on_confirmation_only);
	suite_add_tcase(s, kept);
	return s;
}
