/* The promises over all kinds at once: whatever befalls the processes that change, put back and
 * recover, sysctls, limits, routes, links and connections are all as they were, or all as wished.
 */
#include "base/cleanup.h"
#include "fault_fixture.h"
#include "kinds_fixture.h"

#include <check.h>
#include <errno.h>

#define RUNS 20

/* The ways of failing differ in what SQLite makes of them, which is looked at with sysctls alone:
 * here, a call that fails, and a process that is killed, without and with the power. */
static const struct fault few[] = {
	{ .code = -EIO },
	{ .kill = true, .after = true, .loss = FAKE_LOSE_NOTHING },
	{ .kill = true, .after = true, .loss = FAKE_LOSE_ALL },
};
#define FEW ((int)ARRAY_LEN(few))

START_TEST(test_control)
{
	struct world w;

	kinds_init_thirty(&w);
	ck_assert_uint_eq(w.plan.count, KINDS_CHANGES);
	ck_assert(world_holds_from(&w));
	ck_assert_int_eq(world_apply(&w), 0);
	ck_assert(world_holds_to(&w));
	ck_assert(!world_holds_from(&w));
	ck_assert_msg(world_roll_back(&w, false) == 0, "%s", w.error.text);
	ck_assert(world_holds_from(&w));
	world_done(&w);
}
END_TEST

START_TEST(test_p2_p3_thirty_changes_of_five_kinds)
{
	fault_random(&scenarios[_i], kinds_init_thirty, RUNS);
}
END_TEST

START_TEST(test_p2_p3_every_call_of_five_kinds)
{
	const struct scenario *s = &scenarios[_i / FEW];

	ck_assert_uint_gt(fault_torment(s, kinds_init_five, &few[_i % FEW], 0), 50);
}
END_TEST

Suite *test_promises_kinds_suite(void);
Suite *test_promises_kinds_suite(void)
{
	Suite *s = suite_create("promises_kinds");
	TCase *tc = tcase_create("kinds");

	tcase_add_test(tc, test_control);
	tcase_add_loop_test(tc, test_p2_p3_thirty_changes_of_five_kinds, 0, SCENARIO_COUNT);
	tcase_add_loop_test(tc, test_p2_p3_every_call_of_five_kinds, 0, SCENARIO_COUNT * FEW);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(s, tc);
	return s;
}
