#include "base/cleanup.h"
#include "tune/paired_shift.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>

static double flat[64];

static void fill_flat(void)
{
	for (size_t i = 0; i < ARRAY_LEN(flat); i++)
		flat[i] = 100;
}

/* Six, the fewest: ranks 1..6, sum 0 has 1 of 64 chances, 1 another. */
START_TEST(test_six_pairs)
{
	const double after[] = { 101, 102, 104, 108, 116, 132 };
	struct paired_shift s;

	ck_assert_int_eq(paired_shift(flat, after, 6, &s), 0);
	ck_assert_double_eq_tol(s.coverage, 1 - 2 * 1.0 / 64, 1e-12);
	/* From the smallest to the largest. */
	ck_assert_double_eq_tol(s.low, 1.01, 1e-12);
	ck_assert(s.low < s.estimate && s.estimate < s.high);
	ck_assert_double_eq_tol(s.high, 1.32, 1e-12);
}
END_TEST

START_TEST(test_a_constant_factor_is_certain)
{
	double after[64];
	struct paired_shift s;

	for (size_t i = 0; i < ARRAY_LEN(after); i++)
		after[i] = 250;
	for (size_t n = PAIRED_SHIFT_MIN; n <= PAIRED_SHIFT_MAX; n++) {
		ck_assert_int_eq(paired_shift(flat, after, n, &s), 0);
		ck_assert_double_eq_tol(s.estimate, 2.5, 1e-9);
		ck_assert_double_eq_tol(s.low, 2.5, 1e-9);
		ck_assert_double_eq_tol(s.high, 2.5, 1e-9);
		ck_assert(s.coverage >= 0.95 && s.coverage < 0.985);
	}
}
END_TEST

/* Published critical values of the signed-rank test, one-sided 0.025: Wilcoxon's table. */
START_TEST(test_coverage_agrees_with_the_tables)
{
	const struct {
		size_t pairs;
		double coverage; /* 1 - 2 P(W <= critical) */
	} table[] = {
		{ 8, 1 - 2 * 0.0195 },
		{ 10, 1 - 2 * 0.0244 },
		{ 12, 1 - 2 * 0.0212 },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct paired_shift s;

		ck_assert_int_eq(paired_shift(flat, flat, table[i].pairs, &s), 0);
		ck_assert_double_eq_tol(s.coverage, table[i].coverage, 2e-4);
	}
}
END_TEST

START_TEST(test_one_wild_window_does_not_decide)
{
	const double after[] = { 99, 101, 98, 102, 100.5, 99.5, 100, 5000 };
	struct paired_shift s;

	ck_assert_int_eq(paired_shift(flat, after, ARRAY_LEN(after), &s), 0);
	ck_assert_double_lt(s.low, 1);
	ck_assert_double_lt(s.estimate, 1.02);
}
END_TEST

START_TEST(test_swapping_sides_inverts)
{
	const double a[] = { 90, 110, 95, 130, 88, 101, 99 },
		     b[] = { 120, 140, 125, 170, 110, 108, 131 };
	struct paired_shift there, back;

	ck_assert_int_eq(paired_shift(a, b, ARRAY_LEN(a), &there), 0);
	ck_assert_int_eq(paired_shift(b, a, ARRAY_LEN(a), &back), 0);
	ck_assert_double_eq_tol(there.estimate * back.estimate, 1, 1e-9);
	ck_assert_double_eq_tol(there.low * back.high, 1, 1e-9);
}
END_TEST

START_TEST(test_refuses_what_has_no_logarithm)
{
	double after[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct paired_shift s = { .estimate = 42 };

	ck_assert_int_eq(paired_shift(flat, after, 5, &s), -EINVAL);
	ck_assert_int_eq(paired_shift(flat, after, 65, &s), -EINVAL);
	after[3] = 0;
	ck_assert_int_eq(paired_shift(flat, after, 8, &s), -EINVAL);
	after[3] = -1;
	ck_assert_int_eq(paired_shift(flat, after, 8, &s), -EINVAL);
	after[3] = (double)NAN;
	ck_assert_int_eq(paired_shift(flat, after, 8, &s), -EINVAL);
	after[3] = (double)INFINITY;
	ck_assert_int_eq(paired_shift(flat, after, 8, &s), -EINVAL);
	ck_assert_double_eq(s.estimate, 42);
}
END_TEST

/* splitmix64: the same on every machine. */
static double uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53 + 0x1p-54;
}

static double noise(uint64_t *state)
{
	return sqrt(-2 * log(uniform(state))) * cos(2 * 3.14159265358979323846 * uniform(state));
}

/* Nothing was changed: how often would a gain be believed? */
START_TEST(test_false_gains_are_at_most_one_in_forty)
{
	const size_t runs = 20000;
	uint64_t seed = 20261121;
	size_t gains = 0;

	for (size_t run = 0; run < runs; run++) {
		double before[8], after[8];
		struct paired_shift s;

		for (size_t i = 0; i < ARRAY_LEN(before); i++) {
			before[i] = exp(0.3 * noise(&seed));
			after[i] = exp(0.3 * noise(&seed));
		}
		ck_assert_int_eq(paired_shift(before, after, ARRAY_LEN(before), &s), 0);
		gains += s.low > 1;
	}
	/* Expected 0.0195; four standard errors are 0.0039. */
	ck_assert_double_lt((double)gains / (double)runs, 0.0234);
	ck_assert_double_gt((double)gains / (double)runs, 0.0156);
}
END_TEST

Suite *test_paired_shift_suite(void);
Suite *test_paired_shift_suite(void)
{
	Suite *s = suite_create("paired_shift");
	TCase *c = tcase_create("paired_shift");

	tcase_add_checked_fixture(c, fill_flat, NULL);
	tcase_add_test(c, test_six_pairs);
	tcase_add_test(c, test_a_constant_factor_is_certain);
	tcase_add_test(c, test_coverage_agrees_with_the_tables);
	tcase_add_test(c, test_one_wild_window_does_not_decide);
	tcase_add_test(c, test_swapping_sides_inverts);
	tcase_add_test(c, test_refuses_what_has_no_logarithm);
	tcase_add_test(c, test_false_gains_are_at_most_one_in_forty);
	suite_add_tcase(s, c);
	return s;
}
