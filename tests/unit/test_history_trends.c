/* Metrics over time: what was measured comes back summed up, and the database does not grow. */
#include "apply/history_trends.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *test_history_trends_suite(void);

struct got {
	struct trend all[4];
	size_t count;
	int result;
};

static int take(void *arg, const struct trend *t)
{
	struct got *got = arg;

	if (got->count < 4)
		got->all[got->count] = *t;
	got->count++;
	return got->result;
}

static struct history *h;

static void setup(void)
{
	(void)fixture_directory();
	ck_assert_int_eq(history_open(fixture_path(""), STORE_WRITE, NULL, &h, NULL), 0);
}

static void teardown(void)
{
	history_close(h);
	h = NULL;
	fixture_remove();
}

static void add(double utc_s, const char *netns, const char *metric, const char *entity,
		double value)
{
	const struct trend_point p = { metric, entity, value };
	struct error e = { 0 };

	ck_assert_msg(history_add_points(h, utc_s, netns, &p, 1, &e) == 0, "%s", e.text);
}

static struct got trends(struct trend_query query, size_t damaged)
{
	struct got got = { 0 };
	struct error e = { 0 };
	size_t found = 99;

	ck_assert_msg(history_read_trends(h, &query, take, &got, &found, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(found, damaged);
	return got;
}

START_TEST(sums_up)
{
	struct got got;

	add(1000, "web", "path.goodput", "198.51.100.0/24", 5);
	add(1060, "web", "path.goodput", "198.51.100.0/24", 2);
	add(1120, "web", "path.goodput", "198.51.100.0/24", 11);
	/* Out of order, as after a clock that was set back: the last is the newest of the clock. */
	add(1090, "web", "path.goodput", "198.51.100.0/24", 6);
	add(1000, "", "host.cpu_busy", "", 0.5);
	got = trends((struct trend_query){ 0 }, 0);
	ck_assert_uint_eq(got.count, 2);
	ck_assert_str_eq(got.all[0].metric, "host.cpu_busy");
	ck_assert_str_eq(got.all[0].netns, "");
	ck_assert_str_eq(got.all[1].entity, "198.51.100.0/24");
	ck_assert_uint_eq(got.all[1].points, 4);
	ck_assert_double_eq(got.all[1].first_utc_s, 1000);
	ck_assert_double_eq(got.all[1].last_utc_s, 1120);
	ck_assert_double_eq(got.all[1].least, 2);
	ck_assert_double_eq(got.all[1].mean, 6);
	ck_assert_double_eq(got.all[1].most, 11);
	ck_assert_double_eq(got.all[1].last, 11);
	ck_assert_double_eq(got.all[1].earlier, 5);
	ck_assert_double_eq(got.all[1].later, 19 / 3.0);
	ck_assert(isnan(got.all[0].earlier));
	ck_assert_double_eq(got.all[0].later, 0.5);
}
END_TEST

START_TEST(chooses)
{
	struct got got;

	add(1000, "a", "tcp.goodput", "", 1);
	add(2000, "a", "tcp.goodput", "", 2);
	add(1000, "b", "tcp.goodput", "", 3);
	add(1000, "b", "tcp.throughput", "", 4);
	got = trends((struct trend_query){ .netns = "a" }, 0);
	ck_assert_uint_eq(got.count, 1);
	got = trends((struct trend_query){ .metric = "tcp.g*" }, 0);
	ck_assert_uint_eq(got.count, 2);
	got = trends((struct trend_query){ .metric = "tcp.throughput" }, 0);
	ck_assert_uint_eq(got.count, 1);
	got = trends((struct trend_query){ .since_utc_s = 1500 }, 0);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.all[0].points, 1);
	got = trends((struct trend_query){ .netns = "c" }, 0);
	ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(unknown_has_no_point)
{
	const struct trend_point points[] = { { "a", "", NAN },
					      { "b", "", 1 },
					      { "c", "", INFINITY } };

	ck_assert_int_eq(history_add_points(h, 1000, "", points, 3, NULL), 0);
	ck_assert_uint_eq(trends((struct trend_query){ 0 }, 0).count, 1);
	ck_assert_int_eq(history_add_points(h, 1000, "", NULL, 0, NULL), 0);
}
END_TEST

START_TEST(one_bad_name_adds_nothing)
{
	struct trend_point points[] = { { "a", "", 1 }, { "b", "\x1b[2J", 1 } };
	char longest[HISTORY_METRIC_MAX + 1] = "";

	ck_assert_int_eq(history_add_points(h, 1000, "", points, 2, NULL), -EINVAL);
	memset(longest, 'm', HISTORY_METRIC_MAX);
	points[1] = (struct trend_point){ longest, "", 1 };
	ck_assert_int_eq(history_add_points(h, 1000, "", points, 2, NULL), -EINVAL);
	ck_assert_uint_eq(trends((struct trend_query){ 0 }, 0).count, 0);
	longest[HISTORY_METRIC_MAX - 1] = '\0';
	ck_assert_int_eq(history_add_points(h, 1000, "", points, 2, NULL), 0);
	ck_assert_uint_eq(trends((struct trend_query){ 0 }, 0).count, 2);
}
END_TEST

START_TEST(old_points_and_their_series_go)
{
	const double days = 86400.0;
	struct got got;

	add(0, "", "gone", "198.51.100.7", 1);
	add(0, "", "stays", "", 1);
	add(HISTORY_TRENDS_DAYS * days, "", "stays", "", 2);
	ck_assert_uint_eq(trends((struct trend_query){ 0 }, 0).count, 2);
	add(HISTORY_TRENDS_DAYS * days + 1, "", "stays", "", 3);
	got = trends((struct trend_query){ 0 }, 0);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.all[0].points, 2);
	history_close(h);
	h = NULL;
	fixture_sql("history.db", "INSERT INTO series (netns, metric, entity) VALUES"
				  " ('', 'gone', '198.51.100.7')"); /* fails if it is there still */
}
END_TEST

/* The newest stay, and the file does not grow beyond them. */
START_TEST(too_many_points_go)
{
	struct got got;

	add(1000, "", "m", "", 1);
	history_close(h);
	h = NULL;
	fixture_sql("history.db", "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n"
				  " WHERE i < 500001)"
				  " INSERT INTO points SELECT i, 1000.0, 1, 1.0 FROM n");
	ck_assert_int_eq(history_open(fixture_path(""), STORE_WRITE, NULL, &h, NULL), 0);
	add(1000, "", "m", "", 7);
	got = trends((struct trend_query){ 0 }, 0);
	ck_assert_uint_eq(got.all[0].points, HISTORY_POINTS_MAX);
	ck_assert_double_eq(got.all[0].last, 7);
}
END_TEST

START_TEST(damage_costs_the_series_alone)
{
	static const char *const edits[] = {
		"UPDATE series SET metric = char(27) WHERE metric = 'b'",
		"UPDATE series SET entity = printf('%128d', 1) WHERE metric = 'b'",
		"UPDATE series SET netns = 'a' || char(0) WHERE metric = 'b'",
		"UPDATE points SET utc_s = 9e999 WHERE series_id ="
		" (SELECT id FROM series WHERE metric = 'b')",
	};

	add(1000, "", "a", "", 1);
	add(1000, "", "b", "", 1);
	history_close(h);
	h = NULL;
	fixture_sql("history.db", edits[_i]);
	ck_assert_int_eq(history_open(fixture_path(""), STORE_READ, NULL, &h, NULL), 0);
	ck_assert_uint_eq(trends((struct trend_query){ 0 }, 1).count, 1);
}
END_TEST

Suite *test_history_trends_suite(void)
{
	Suite *suite = suite_create("history_trends");
	TCase *tc = tcase_create("history_trends");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, sums_up);
	tcase_add_test(tc, chooses);
	tcase_add_test(tc, unknown_has_no_point);
	tcase_add_test(tc, one_bad_name_adds_nothing);
	tcase_add_test(tc, old_points_and_their_series_go);
	tcase_add_test(tc, too_many_points_go);
	tcase_add_loop_test(tc, damage_costs_the_series_alone, 0, 4);
	suite_add_tcase(suite, tc);
	return suite;
}
