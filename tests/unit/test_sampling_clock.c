#include "host/sampling_clock.h"

#include <check.h>

Suite *test_sampling_clock_suite(void);

#define S 1000000000ull

static struct sampling_clock started(uint64_t duration_ns, uint64_t interval_ns)
{
	struct sampling_clock c = { .duration_ns = duration_ns, .interval_ns = interval_ns };

	sampling_clock_start(&c, 100 * S);
	ck_assert(c.started);
	return c;
}

START_TEST(no_duration_is_one_sample)
{
	struct sampling_clock c = started(0, 0);

	ck_assert(c.over);
}
END_TEST

START_TEST(grid_is_absolute)
{
	struct sampling_clock c = started(10 * S, S);

	ck_assert(!c.over);
	ck_assert_uint_eq(sampling_clock_next(&c, 100 * S), 101 * S);
	ck_assert_uint_eq(sampling_clock_next(&c, 100 * S + 1), 101 * S);
	ck_assert_uint_eq(sampling_clock_next(&c, 101 * S - 1), 101 * S);
	ck_assert_uint_eq(sampling_clock_next(&c, 101 * S), 102 * S);
	ck_assert_uint_eq(sampling_clock_next(&c, 101 * S + 300), 102 * S);
	/* A clock that went back is as if nothing had passed. */
	ck_assert_uint_eq(sampling_clock_next(&c, 99 * S), 101 * S);
}
END_TEST

START_TEST(late_samples_are_skipped)
{
	struct sampling_clock c = started(10 * S, S);

	ck_assert_uint_eq(sampling_clock_next(&c, 104 * S + S / 2), 105 * S);
}
END_TEST

START_TEST(last_is_exactly_at_the_end)
{
	struct sampling_clock c = started(10 * S, 3 * S);

	ck_assert_uint_eq(sampling_clock_next(&c, 109 * S), 110 * S);
	sampling_clock_took(&c, 109 * S);
	ck_assert(!c.over);
	/* However late, it is taken. */
	ck_assert_uint_eq(sampling_clock_next(&c, 500 * S), 110 * S);
	sampling_clock_took(&c, 110 * S);
	ck_assert(c.over);
}
END_TEST

START_TEST(interval_beyond_the_window)
{
	struct sampling_clock c = started(S, 60 * S);

	ck_assert_uint_eq(sampling_clock_next(&c, 100 * S), 101 * S);
}
END_TEST

START_TEST(whole_window)
{
	struct sampling_clock c = started(10 * S, S / 10);
	uint64_t now = 100 * S;
	int samples = 1;

	while (!c.over) {
		uint64_t due = sampling_clock_next(&c, now);

		ck_assert_uint_gt(due, now);
		now = due;
		sampling_clock_took(&c, due);
		samples++;
	}
	ck_assert_int_eq(samples, 101);
	ck_assert_uint_eq(now, 110 * S);
}
END_TEST

Suite *test_sampling_clock_suite(void)
{
	Suite *suite = suite_create("sampling_clock");
	TCase *instants = tcase_create("instants");

	tcase_add_test(instants, no_duration_is_one_sample);
	tcase_add_test(instants, grid_is_absolute);
	tcase_add_test(instants, late_samples_are_skipped);
	tcase_add_test(instants, last_is_exactly_at_the_end);
	tcase_add_test(instants, interval_beyond_the_window);
	tcase_add_test(instants, whole_window);
	suite_add_tcase(suite, instants);
	return suite;
}
