/* How often the daemon looks at the sockets. */
#include "daemon/pace.h"

#include <check.h>

Suite *test_pace_suite(void);

static const struct {
	double cost_s, interval_s, sample_s, result_s;
} cases[] = {
	/* not known yet; and most hosts */
	{ 0, 60, 30, 30 },
	{ 0.003, 60, 30, 30 },
	{ 0.003, 60, 1, 1 },
	/* 0.4 % of a minute is 0.24 s: 24 samples, three, or fewer */
	{ 0.0099, 60, 1, 60.0 / 23 },
	{ 0.079, 60, 30, 30 },
	{ 0.081, 60, 30, 60 },
	{ 9, 60, 30, 60 },
	{ 9, 10, 3, 10 },
	/* the last at the end */
	{ 0, 10, 10, 10 },
	{ 0, 10, 3, 10.0 / 3 },
	{ 900, 86400, 60, 3600 },
};

START_TEST(samples_take_no_more_than_their_share)
{
	struct pace p = { 0 };

	pace_note(&p, 3 * cases[_i].cost_s, 3);
	ck_assert_double_eq_tol(pace_sample_s(&p, cases[_i].interval_s, cases[_i].sample_s),
				cases[_i].result_s, 1e-9);
}
END_TEST

static const struct {
	double cost_s, interval_s, sample_s, rest_s;
} rests[] = {
	{ 0, 60, 30, 0 },     { 0.003, 60, 30, 0 },
	{ 0.079, 60, 30, 0 }, { 0.2, 60, 60, 40 }, /* 0.4 s of 100 s */
	{ 1, 1, 1, 499 },     { 100, 60, 60, 3600 },
};

START_TEST(audits_take_no_more_than_their_share)
{
	const struct pace p = { rests[_i].cost_s };

	ck_assert_double_eq_tol(pace_rest_s(&p, rests[_i].interval_s, rests[_i].sample_s),
				rests[_i].rest_s, 1e-9);
}
END_TEST

START_TEST(no_samples_tell_nothing)
{
	struct pace p = { 0.1 };

	pace_note(&p, 5, 0);
	ck_assert_double_eq(p.sample_cost_s, 0.1);
}
END_TEST

Suite *test_pace_suite(void)
{
	Suite *s = suite_create("pace");
	TCase *c = tcase_create("pace");

	tcase_add_loop_test(c, samples_take_no_more_than_their_share, 0,
			    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(c, audits_take_no_more_than_their_share, 0,
			    (int)(sizeof(rests) / sizeof(rests[0])));
	tcase_add_test(c, no_samples_tell_nothing);
	suite_add_tcase(s, c);
	return s;
}
