/* What netwright promises when something happens between two writes: another setting that changes,
 * somebody else, a signal.
 */
#include "promise_fixture.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

/* Right after a write of `key`, as somebody else or the kernel itself would. */
static struct {
	const struct os_ops *ops;
	const char *after; /* a line of the trace */
	const char *key, *value;
	volatile sig_atomic_t *stop;
} meanwhile;

static ssize_t write_and_meanwhile(struct os *os, int fd, const void *buf, size_t len)
{
	size_t before = world_effects(&world);
	ssize_t n = meanwhile.ops->write(os, fd, buf, len);

	if (strcmp(since(before), meanwhile.after) != 0)
		return n;
	if (meanwhile.key != NULL)
		somebody_sets(meanwhile.key, meanwhile.value);
	if (meanwhile.stop != NULL)
		*meanwhile.stop = 1;
	return n;
}

static int run_meanwhile(int (*run)(struct world *w), const char *after_key,
			 const char *after_value)
{
	static struct os_ops ops;
	int r;

	meanwhile.ops = world.os->ops;
	meanwhile.after = line_of(after_key, after_value);
	ops = *world.os->ops;
	ops.write = write_and_meanwhile;
	world.os->ops = &ops;
	r = run(&world);
	world.os->ops = meanwhile.ops;
	return r;
}

static int apply_meanwhile(const char *after_key, const char *after_value)
{
	return run_meanwhile(world_apply, after_key, after_value);
}

static int roll_back(struct world *w)
{
	return world_roll_back(w, false);
}

/* As net.ipv4.ip_forward does to the keys of interfaces. */
START_TEST(test_p2_a_write_that_undoes_an_earlier_one)
{
	meanwhile.key = RP_FILTER;
	meanwhile.value = "1";
	ck_assert_int_eq(apply_meanwhile(SLOW_START, "0"), -EIO);
	ck_says(world.error.text, RP_FILTER);
	ck_says(world.error.text, "after the last write");
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	ck_assert(world_holds_from(&world));
}
END_TEST

START_TEST(test_p2_a_restore_that_undoes_an_earlier_one)
{
	lie(RMEM, FAKE_REFUSED, -EINVAL, NULL, RMEM_TO);
	meanwhile.key = SLOW_START;
	meanwhile.value = "0";
	ck_assert_int_lt(apply_meanwhile(RP_FILTER, "1"), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	ck_assert(world_holds_from(&world));
}
END_TEST

/* Killed right after a write that set another one: that is not somebody else's. */
START_TEST(test_p5_what_restoring_another_one_puts_right_is_no_conflict)
{
	ck_assert_int_eq(world_apply(&world), 0);
	somebody_sets(RMEM, "4096 131072 8388608");
	meanwhile.key = RMEM;
	meanwhile.value = RMEM_FROM;
	ck_assert_int_eq(run_meanwhile(roll_back, RP_FILTER, "1"), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
	ck_assert_int_eq(change_of(RMEM)->outcome, CHANGE_RESTORED);
	ck_assert_str_eq(change_of(RMEM)->note, "");
	ck_assert(world_holds_from(&world));
}
END_TEST

START_TEST(test_p5_somebody_sets_one_while_we_apply)
{
	meanwhile.key = RP_FILTER;
	meanwhile.value = "0";
	ck_assert_int_eq(apply_meanwhile(SLOW_START, "0"), -EUCLEAN);
	ck_assert_int_eq(world.record.state, TRANSACTION_PARTIAL);
	ck_assert_int_eq(change_of(RP_FILTER)->outcome, CHANGE_CONFLICT);
	ck_assert_str_eq(world_value(&world, RP_FILTER), "0");
	ck_assert_str_eq(world_value(&world, SLOW_START), "1");
	ck_assert_str_eq(world_value(&world, RMEM), RMEM_FROM);
}
END_TEST

static const struct {
	const char *key, *value;
} last_writes[] = { { RP_FILTER, "2" }, { SLOW_START, "0" }, { RMEM, RMEM_TO } };

START_TEST(test_p2_stopped_after_the_write_in_hand)
{
	volatile sig_atomic_t stop = 0;
	size_t before = world_effects(&world);

	meanwhile.stop = &stop;
	world.stop = &stop;
	ck_assert_int_eq(apply_meanwhile(last_writes[_i].key, last_writes[_i].value), -EINTR);
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	ck_assert(world_holds_from(&world));
	/* What was written, and the same back. */
	ck_assert_uint_eq(writes_of(since(before)), 2 * ((unsigned int)_i + 1));
}
END_TEST

START_TEST(test_p2_stopped_before_the_first_write)
{
	volatile sig_atomic_t stop = 1;
	size_t before = world_effects(&world);

	world.stop = &stop;
	ck_assert_int_eq(world_apply(&world), -EINTR);
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
}
END_TEST

Suite *test_promises_meanwhile_suite(void);
Suite *test_promises_meanwhile_suite(void)
{
	Suite *s = suite_create("promises_meanwhile");
	TCase *kept = tcase_create("kept");

	tcase_add_checked_fixture(kept, setup, teardown);
	tcase_set_timeout(kept, 180);
	tcase_add_test(kept, test_p2_a_write_that_undoes_an_earlier_one);
	tcase_add_test(kept, test_p2_a_restore_that_undoes_an_earlier_one);
	tcase_add_test(kept, test_p5_what_restoring_another_one_puts_right_is_no_conflict);
	tcase_add_test(kept, test_p5_somebody_sets_one_while_we_apply);
	tcase_add_loop_test(kept, test_p2_stopped_after_the_write_in_hand, 0, 3);
	tcase_add_test(kept, test_p2_stopped_before_the_first_write);
	suite_add_tcase(s, kept);
	return s;
}
