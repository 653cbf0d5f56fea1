#include "measure/quantile.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *test_quantile_suite(void);

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

START_TEST(nothing_added_is_nan)
{
	struct quantiles q = { 0 };

	ck_assert(isnan(quantiles_get(&q, 0.5)));
	ck_assert(isnan(quantiles_get(&q, 0)));
	quantiles_done(&q);
}
END_TEST

START_TEST(one_value_is_every_quantile)
{
	struct quantiles q = { 0 };

	ck_assert_int_eq(quantiles_add(&q, 0.123), 0);
	ck_assert_double_eq(quantiles_get(&q, 0), 0.123);
	ck_assert_double_eq(quantiles_get(&q, 0.5), 0.123);
	ck_assert_double_eq(quantiles_get(&q, 1), 0.123);
	quantiles_done(&q);
	ck_assert_uint_eq(q.total, 0);
}
END_TEST

/* Eighteen orders of magnitude, against the exact answer. */
START_TEST(error_stays_within_one_percent)
{
	static double values[5000];
	static const double shares[] = { 0.01, 0.1, 0.5, 0.9, 0.95, 0.99 };
	const size_t n = sizeof(values) / sizeof(values[0]);
	struct quantiles q = { 0 };
	uint64_t state = 42;

	for (size_t i = 0; i < n; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		values[i] = pow(10, (double)(state >> 40) / (1 << 24) * 18 - 6);
		ck_assert_int_eq(quantiles_add(&q, values[i]), 0);
	}
	qsort(values, n, sizeof(values[0]), compare);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double exact = values[(size_t)(shares[i] * (double)(n - 1))];

		ck_assert_double_le(fabs(quantiles_get(&q, shares[i]) - exact), 0.0100001 * exact);
	}
	ck_assert_double_eq(quantiles_get(&q, 0), values[0]);
	ck_assert_double_eq(quantiles_get(&q, 1), values[n - 1]);
	quantiles_done(&q);
}
END_TEST

START_TEST(nan_infinite_and_negative_are_ignored)
{
	struct quantiles q = { 0 };

	ck_assert_int_eq(quantiles_add(&q, NAN), 0);
	ck_assert_int_eq(quantiles_add(&q, INFINITY), 0);
	ck_assert_int_eq(quantiles_add(&q, -1), 0);
	ck_assert_uint_eq(q.total, 0);
	ck_assert(isnan(quantiles_get(&q, 0.5)));
	quantiles_done(&q);
}
END_TEST

START_TEST(zeros_count)
{
	struct quantiles q = { 0 };

	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(quantiles_add(&q, i < 4 ? 0 : 100), 0);
	ck_assert_double_eq(quantiles_get(&q, 0.5), 0);
	ck_assert_double_eq_tol(quantiles_get(&q, 0.9), 100, 1);
	quantiles_done(&q);
}
END_TEST

START_TEST(memory_is_bounded_by_the_range)
{
	struct quantiles q = { 0 };

	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(quantiles_add(&q, 0.1 + i * 1e-7), 0);
	ck_assert_uint_le(q.buckets, 64);
	ck_assert_int_eq(quantiles_add(&q, 1e300), 0);
	ck_assert_int_eq(quantiles_add(&q, 1e-9), 0);
	ck_assert_uint_le(q.buckets, 4000);
	ck_assert_double_eq(quantiles_get(&q, 1), 1e300);
	quantiles_done(&q);
}
END_TEST

Suite *test_quantile_suite(void)
{
	Suite *s = suite_create("quantile");
	TCase *tc = tcase_create("quantile");

	tcase_add_test(tc, nothing_added_is_nan);
	tcase_add_test(tc, one_value_is_every_quantile);
	tcase_add_test(tc, error_stays_within_one_percent);
	tcase_add_test(tc, nan_infinite_and_negative_are_ignored);
	tcase_add_test(tc, zeros_count);
	tcase_add_test(tc, memory_is_bounded_by_the_range);
	suite_add_tcase(s, tc);
	return s;
}
