/* The promises under every fault: each call fails, is short, or is the last one of its process, and
 * so does each call of the recovery after it.
 *
 * Whatever happens, once recovery has run undisturbed the journal opens, every setting holds its
 * `from` or its `to` as the journal says, and no other state is left.
 */
#include "base/cleanup.h"
#include "fault_fixture.h"

#include <check.h>
#include <errno.h>
#include <string.h>

/* A recovery takes 50 to 250 calls. Every one of them is disturbed for some first fault, but not
 * for every one: that would take minutes. */
#define STRIDE 31

/* The kernel refuses the last change, and half-writes it. */
static void prepare_refused(struct world *w)
{
	fake_os_lie(w->os, WORLD_NETNS, "net.ipv4.tcp_rmem", FAKE_HALF, -EINVAL, NULL,
		    world_three[2].to);
}

static int refused(struct world *w)
{
	int r = world_apply(w);

	return r < 0 && w->error.code != 0 && fake_os_calls(w->os) > 0 &&
			       strstr(w->error.text, "tcp_rmem") != NULL
		       ? 0
		       : r;
}

static const struct scenario half_written = { "restore what was half-written", false, false,
					      prepare_refused, refused };

static void init_three(struct world *w)
{
	world_init(w, world_three, ARRAY_LEN(world_three));
}

START_TEST(test_p2_p3_every_call_of_three_changes)
{
	const struct scenario *s = _i < SCENARIO_COUNT ? &scenarios[_i] : &half_written;
	unsigned int runs = 0;

	for (size_t f = 0; f < fault_count; f++)
		runs += fault_torment(s, init_three, &faults[f], STRIDE);
	ck_assert_uint_gt(runs, 500);
}
END_TEST

static void init_thirty(struct world *w)
{
	static struct world_key keys[30];

	ck_assert_uint_eq(world_many(keys, ARRAY_LEN(keys)), ARRAY_LEN(keys));
	world_init(w, keys, ARRAY_LEN(keys));
}

START_TEST(test_p2_p3_thirty_changes_at_random)
{
	fault_random(&scenarios[_i], init_thirty, 30);
}
END_TEST

Suite *test_promises_faults_suite(void);
Suite *test_promises_faults_suite(void)
{
	Suite *s = suite_create("promises_faults");
	TCase *every = tcase_create("every");

	tcase_add_loop_test(every, test_p2_p3_every_call_of_three_changes, 0, SCENARIO_COUNT + 1);
	tcase_add_loop_test(every, test_p2_p3_thirty_changes_at_random, 0, SCENARIO_COUNT);
	tcase_set_timeout(every, 300);
	suite_add_tcase(s, every);
	return s;
}
