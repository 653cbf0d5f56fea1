/* A record that is damaged is refused alone: nothing else is in its way, and it in nobody's, unless
 * it may be half done and is the only one that knows what a setting held. */
#include "promise_fixture.h"

#include <errno.h>
#include <sqlite3.h>

static int64_t told[4];
static size_t told_count;

static void note_unreadable(void *arg, int64_t id, const struct error *why)
{
	(void)arg;
	ck_assert_int_eq(why->code, -EBADMSG);
	ck_says(why->text, "is not as netwright wrote it");
	ck_assert_uint_lt(told_count, 4);
	told[told_count++] = id;
}

/* What somebody does with a SQLite shell, or a disk by itself. */
static void damage(const char *sql)
{
	char path[96];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/state.db", world.directory);
	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, WORLD_VFS), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
		      sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static int recover(struct error *e)
{
	const struct recovery_listener listener = { .unreadable = note_unreadable };
	struct applier a = { .os = world.os };
	int r;

	told_count = 0;
	memcpy(a.boot_id, world.boot_id, sizeof(a.boot_id));
	ck_assert_int_eq(store_open(world.directory, STORE_WRITE, WORLD_VFS, &a.store, e), 0);
	r = transaction_recover(&a, &listener, e);
	store_close(a.store);
	return r;
}

/* The plan of the world is made again, for one key of three. */
static void plan_for(const char *key, const char *to)
{
	const struct wish wish = { key, to, "by hand", WISH_SET };
	struct error e = { 0 };
	struct place p;

	plan_done(&world.plan);
	ck_assert_int_eq(place_open(world.os, "blue", &p, &e), 0);
	ck_assert_msg(plan_make(&p, &wish, 1, &world.plan, &e) == 0, "%s", e.text);
	place_close(&p);
}

/* What is finished, or kept, has nothing in hand. */
START_TEST(test_p14_a_damaged_record_that_is_finished_blocks_nothing)
{
	static const char *const damages[] = {
		"UPDATE changes SET note = 'x' WHERE transaction_id = 1",
		"UPDATE changes SET from_text = '1 2 3' WHERE transaction_id = 1 AND position = 0",
		"UPDATE transactions SET boot_id = 'x' WHERE id = 1",
		"DELETE FROM changes WHERE transaction_id = 1",
	};
	static const int results[] = {
		-EBADMSG, 0, -EBADMSG, -EUCLEAN, -EBADMSG, -EBADMSG, -EBADMSG, -EBADMSG,
	};
	struct error e = { 0 };

	ck_assert_int_eq(world_apply(&world), 0);
	if (_i % 2 == 0)
		ck_assert_int_eq(world_roll_back(&world, false), 0);
	damage(damages[_i / 2]);
	ck_assert_msg(recover(&e) == 0, "%s", e.text);
	/* Nobody asks for those that are over for good. */
	ck_assert_uint_eq(told_count, _i % 2 == 0 ? 0 : 1);
	plan_for(SLOW_START, "1");
	if (world.plan.count == 0)
		plan_for(SLOW_START, "0");
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
	ck_assert_int_eq(world.record.id, 2);
	ck_assert_msg(world_roll_back_id(&world, 2, false) == 0, "%s", world.error.text);
	/* It is itself refused, but for what can be read of one that is in force. */
	ck_assert_int_eq(world_roll_back_id(&world, 1, true), results[_i]);
	if (results[_i] == -EBADMSG)
		ck_says(world.error.text, "transaction 1 is not as netwright wrote it");
}
END_TEST

/* One that may be half done: its own settings are left alone, others are not. */
START_TEST(test_p14_a_damaged_record_that_may_be_hot_blocks_its_own)
{
	struct error e = { 0 };
	size_t before;

	world.confirm_s = 60;
	plan_for(RMEM, RMEM_TO);
	ck_assert_int_eq(world_apply(&world), 0);
	if (_i == 0)
		damage("UPDATE transactions SET reason = 'x'");
	else
		damage("UPDATE transactions SET state = 'done'");
	ck_assert_msg(recover(&e) == 0, "%s", e.text);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_int_eq(told[0], 1);
	world.confirm_s = 0;
	plan_for(RMEM, "4096 131072 33554432");
	before = world_effects(&world);
	ck_assert_int_eq(world_apply(&world), -EBADMSG);
	ck_assert_int_eq(world.error.kind, ERROR_FAILED);
	ck_says(world.error.text, RMEM);
	ck_says(world.error.text, "transaction 1 is not as netwright wrote it");
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_TO);
	plan_for(RP_FILTER, "2");
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
}
END_TEST

/* One that may be half done, and does not tell with what, blocks everything. */
START_TEST(test_p14_a_damaged_record_that_tells_nothing_blocks_all)
{
	static const char *const damages[] = {
		"UPDATE changes SET name = 'net.ipv4.tcp_wmem'",
		"DELETE FROM changes",
		"UPDATE transactions SET netns_cookie = 7, reason = 'x'",
	};

	world.confirm_s = 60;
	plan_for(RMEM, RMEM_TO);
	ck_assert_int_eq(world_apply(&world), 0);
	damage(damages[_i]);
	world.confirm_s = 0;
	plan_for(RP_FILTER, "2");
	ck_assert_int_eq(world_apply(&world), -EBADMSG);
	ck_assert_str_ne(world_value(&world, RP_FILTER), "2");
	/* With the record, what it stood for is given up. */
	damage("DELETE FROM changes");
	damage("DELETE FROM transactions");
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
}
END_TEST

/* Whatever it had in hand, the kernel forgot it. */
START_TEST(test_p14_a_damaged_record_of_another_boot_blocks_nothing)
{
	struct error e = { 0 };

	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	world_kill(&world, FAKE_LOSE_ALL, 0);
	damage("UPDATE transactions SET reason = 'x'");
	ck_assert_msg(recover(&e) == 0, "%s", e.text);
	ck_assert_uint_eq(told_count, 1);
	plan_for(RMEM, RMEM_TO);
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
}
END_TEST

/* The control: an unfinished one that is whole blocks all, and is to be confirmed. */
START_TEST(test_p7_an_unfinished_one_beside_a_damaged_one)
{
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_int_eq(world_roll_back(&world, false), 0);
	damage("UPDATE transactions SET state = 'done'");
	world.confirm_s = 60;
	plan_for(RP_FILTER, "2");
	/* Nobody knows that it is finished. */
	ck_assert_int_eq(world_apply(&world), -EBADMSG);
	damage("UPDATE transactions SET state = 'rolled-back', reason = 'x'");
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
	plan_for(SLOW_START, "0");
	if (world.plan.count == 0)
		plan_for(SLOW_START, "1");
	ck_assert_int_eq(world_apply(&world), -EBUSY);
	ck_assert_msg(world_confirm(&world) == 0, "%s", world.error.text);
	ck_assert_int_eq(world.record.id, 2);
}
END_TEST

/* One row of three is lost; the others go back when the deadline has passed, and only then. */
START_TEST(test_p14_what_can_be_read_of_a_damaged_record_goes_back)
{
	struct error e = { 0 };

	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	damage(_i == 0 ? "UPDATE changes SET name = 'net.ipv4.tcp_wmem' WHERE name = '" RMEM "'"
		       : "DELETE FROM changes WHERE name = '" RMEM "'");
	ck_assert_int_eq(recover(&e), 0);
	ck_assert_uint_eq(told_count, 1);
	ck_assert(world_holds_to(&world));
	fake_os_set_boottime(world.os, world.record.deadline_boottime_ns);
	ck_assert_msg(recover(&e) == 1, "%s", e.text);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_TO);
	ck_assert_str_eq(world_value(&world, SLOW_START), "1");
	ck_assert_str_eq(world_value(&world, RP_FILTER), "1");
	/* It is over as far as it can be: told of, and in nobody's way. */
	somebody_sets(SLOW_START, "0");
	ck_assert_int_eq(recover(&e), 0);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_str_eq(world_value(&world, SLOW_START), "0");
	world.confirm_s = 0;
	plan_for(RMEM, RMEM_FROM);
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
}
END_TEST

/* The same by hand, of one that is kept; what somebody else set since is left alone. */
START_TEST(test_p14_rolling_a_damaged_record_back)
{
	ck_assert_int_eq(world_apply(&world), 0);
	damage("UPDATE changes SET from_text = '1 2 3' WHERE name = '" RMEM "'");
	somebody_sets(RP_FILTER, "0");
	ck_assert_int_eq(world_roll_back_id(&world, 1, _i == 1), -EUCLEAN);
	ck_assert_int_eq(world.error.kind, ERROR_CONFLICT);
	ck_says(world.error.text, "1 of the 3 settings of transaction 1 cannot be read");
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_TO);
	ck_assert_str_eq(world_value(&world, SLOW_START), "1");
	ck_assert_str_eq(world_value(&world, RP_FILTER), _i == 1 ? "1" : "0");
}
END_TEST

/* What became of a change is not needed to undo it, and is whole again afterwards. */
START_TEST(test_p14_a_record_whose_values_are_whole_is_mended)
{
	ck_assert_int_eq(world_apply(&world), 0);
	damage("UPDATE changes SET note = 'x'");
	ck_assert_msg(world_roll_back_id(&world, 1, false) == 0, "%s", world.error.text);
	ck_assert(world_holds_from(&world));
	ck_assert_int_eq(world_recover(&world), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
}
END_TEST

/* Its own row is damaged: nobody knows whether it is pending, and nothing is done by itself. Who
 * sets again what it held before is not refused, and only they. */
START_TEST(test_p14_setting_again_what_a_damaged_record_replaced)
{
	struct error e = { 0 };

	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), 0);
	damage("UPDATE transactions SET reason = 'x'");
	damage("DELETE FROM changes WHERE name = '" RP_FILTER "'");
	fake_os_set_boottime(world.os, world.record.deadline_boottime_ns);
	ck_assert_int_eq(recover(&e), 0);
	ck_assert(world_holds_to(&world));
	world.confirm_s = 0;
	plan_for(RMEM, "4096 131072 33554432");
	ck_assert_int_eq(world_apply(&world), -EBADMSG);
	plan_for(RP_FILTER, "1");
	ck_assert_int_eq(world_apply(&world), -EBADMSG);
	plan_for(RMEM, RMEM_FROM);
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
}
END_TEST

Suite *test_promises_damage_suite(void);
Suite *test_promises_damage_suite(void)
{
	Suite *s = suite_create("promises_damage");
	TCase *c = tcase_create("damage");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 180);
	tcase_add_loop_test(c, test_p14_a_damaged_record_that_is_finished_blocks_nothing, 0, 8);
	tcase_add_loop_test(c, test_p14_a_damaged_record_that_may_be_hot_blocks_its_own, 0, 2);
	tcase_add_loop_test(c, test_p14_a_damaged_record_that_tells_nothing_blocks_all, 0, 3);
	tcase_add_test(c, test_p14_a_damaged_record_of_another_boot_blocks_nothing);
	tcase_add_loop_test(c, test_p14_what_can_be_read_of_a_damaged_record_goes_back, 0, 2);
	tcase_add_loop_test(c, test_p14_rolling_a_damaged_record_back, 0, 2);
	tcase_add_test(c, test_p14_a_record_whose_values_are_whole_is_mended);
	tcase_add_test(c, test_p14_setting_again_what_a_damaged_record_replaced);
	tcase_add_test(c, test_p7_an_unfinished_one_beside_a_damaged_one);
	suite_add_tcase(s, c);
	return s;
}
