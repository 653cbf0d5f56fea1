#include "flow_fixture.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *test_flow_suite(void);

START_TEST(the_first_dump_is_the_baseline)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	observe_bytes(&f, 1, 1000000);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_active(f.t), 0);
	begin(&f);
	observe_bytes(&f, 1, 1500000);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_active(f.t), 1);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->gain.bytes_acked, 500000);
	ck_assert_double_eq_tol(flow_goodput(flow_table_stats(f.t, 0)), 500000, 1e-6);
	ck_assert(!flow_table_stats(f.t, 0)->first_seen_in_window);
	ck_assert_uint_eq(f.samples, 1);
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_newcomer_after_a_complete_round_began_at_zero)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	flow_round_end(f.t, true);
	begin(&f);
	observe_bytes(&f, 9, 3000);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_active(f.t), 1);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->gain.bytes_acked, 3000);
	ck_assert(flow_table_stats(f.t, 0)->first_seen_in_window);
	ck_assert_double_eq_tol(flow_seconds(flow_table_stats(f.t, 0)), 1, 1e-9);
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_newcomer_after_an_incomplete_round_has_no_baseline)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	flow_round_end(f.t, false);
	begin(&f);
	observe_bytes(&f, 9, 3000);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_active(f.t), 0);
	begin(&f);
	observe_bytes(&f, 9, 3500);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->gain.bytes_acked, 500);
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_flow_missed_by_an_incomplete_round_is_kept)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	observe_bytes(&f, 1, 100);
	flow_round_end(f.t, true);
	begin(&f);
	flow_round_end(f.t, false);
	ck_assert_uint_eq(flow_table_count(f.t), 1);
	begin(&f);
	observe_bytes(&f, 1, 300);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->gain.bytes_acked, 200);
	/* Both seconds belong to the sample. */
	ck_assert_double_eq_tol(flow_table_stats(f.t, 0)->sending_s, 2, 1e-9);
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_flow_absent_from_a_complete_round_is_closed_and_its_stats_stay)
{
	struct fixture f;

	open_table(&f);
	for (int i = 0; i < 2; i++) {
		begin(&f);
		observe_bytes(&f, 1, 100 + 100 * (uint64_t)i);
		observe_bytes(&f, 2, 100);
		flow_round_end(f.t, true);
	}
	begin(&f);
	observe_bytes(&f, 2, 100);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_count(f.t), 1);
	ck_assert_uint_eq(flow_table_active(f.t), 1);
	ck_assert(flow_table_stats(f.t, 0)->closed_in_window);
	/* Its cookie again would be another connection. */
	begin(&f);
	observe_bytes(&f, 1, 50);
	observe_bytes(&f, 2, 100);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_count(f.t), 2);
	ck_assert_uint_eq(flow_table_active(f.t), 2);
	ck_assert_uint_eq(flow_table_stats(f.t, 1)->gain.bytes_acked, 50);
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_second_sight_in_a_round_is_ignored)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	observe_bytes(&f, 1, 100);
	observe_bytes(&f, 1, 900);
	flow_round_end(f.t, true);
	begin(&f);
	observe_bytes(&f, 1, 1000);
	observe_bytes(&f, 1, 5000);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_count(f.t), 1);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->gain.bytes_acked, 900);
	ck_assert_uint_eq(f.samples, 1);
	flow_table_free(f.t);
}
END_TEST

START_TEST(counters_that_go_backwards_gain_nothing)
{
	struct fixture f;
	static const uint64_t acked[] = { 1000, 2000, 500, 2000, 2500 };

	open_table(&f);
	for (size_t i = 0; i < 5; i++) {
		begin(&f);
		observe_bytes(&f, 1, acked[i]);
		flow_round_end(f.t, true);
	}
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->gain.bytes_acked, 1500);
	flow_table_free(f.t);
}
END_TEST

START_TEST(segment_counters_may_wrap)
{
	struct flow_counters from = { .data_segs_out = UINT32_MAX - 9, .segs_out = 100 };
	struct flow_counters to = { .data_segs_out = 10, .segs_out = 90 };
	struct flow_totals gain = flow_counters_gain(&from, &to);

	ck_assert_uint_eq(gain.data_segs_out, 20);
	ck_assert_uint_eq(gain.segs_out, 0);
	flow_counters_advance(&from, &gain);
	ck_assert_uint_eq(from.data_segs_out, 10);
	ck_assert_uint_eq(from.segs_out, 100);
}
END_TEST

START_TEST(a_time_that_stands_still_makes_no_sample)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	observe_bytes(&f, 1, 100);
	flow_round_end(f.t, true);
	f.time_ns -= SECOND;
	begin(&f);
	observe_bytes(&f, 1, 200);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_active(f.t), 0);
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_socket_without_a_cookie_is_ignored)
{
	struct fixture f;

	open_table(&f);
	begin(&f);
	observe_bytes(&f, 0, 100);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_count(f.t), 0);
	flow_table_free(f.t);
}
END_TEST

/* Against a plain array: any order, with connections opening and closing. */
START_TEST(matching_survives_churn_and_shuffling)
{
	enum { SOCKETS = 6000, ROUNDS = 12 };
	static uint64_t cookies[SOCKETS], acked[SOCKETS];
	struct fixture f;
	uint64_t next = 1, state = 7, expected = 0, found = 0;

	open_table(&f);
	for (size_t i = 0; i < SOCKETS; i++) {
		cookies[i] = next++;
		acked[i] = 0;
	}
	for (int round = 0; round < ROUNDS; round++) {
		begin(&f);
		for (size_t n = 0; n < SOCKETS; n++) {
			size_t i = round % 3 == 2 ? (n * 2477) % SOCKETS : n;

			state = state * 6364136223846793005u + 1442695040888963407u;
			if (round > 0 && state >> 60 == 0) { /* another connection */
				cookies[i] = next++;
				acked[i] = 0;
			}
			if (round > 0 && (state >> 56 & 3) == 0) {
				acked[i] += state >> 50 & 0xff;
				expected += state >> 50 & 0xff;
			}
			observe_bytes(&f, cookies[i], acked[i]);
		}
		flow_round_end(f.t, true);
		ck_assert_uint_eq(flow_table_count(f.t), SOCKETS);
	}
	for (size_t i = 0; i < flow_table_active(f.t); i++)
		found += flow_table_stats(f.t, i)->gain.bytes_acked;
	ck_assert_uint_eq(found, expected);
	flow_table_free(f.t);
}
END_TEST

START_TEST(an_idle_socket_costs_at_most_128_bytes)
{
	enum { SOCKETS = 100000 };
	struct fixture f;
	size_t before;

	open_table(&f);
	for (int round = 0; round < 3; round++) {
		begin(&f);
		for (uint64_t i = 1; i <= SOCKETS; i++)
			observe_bytes(&f, i, 5);
		flow_round_end(f.t, true);
	}
	ck_assert_uint_le(flow_table_memory(f.t), 128u * SOCKETS);
	ck_assert_uint_eq(flow_table_active(f.t), 0);
	/* Records are used again. */
	before = flow_table_memory(f.t);
	for (uint64_t round = 1; round < 4; round++) {
		begin(&f);
		for (uint64_t i = 1; i <= SOCKETS; i++)
			observe_bytes(&f, i + round * SOCKETS, 0);
		flow_round_end(f.t, true);
	}
	ck_assert_uint_eq(flow_table_count(f.t), SOCKETS);
	ck_assert_uint_le(flow_table_memory(f.t), 5 * before / 2);
	flow_table_free(f.t);
}
END_TEST

START_TEST(stats_stay_where_they_are)
{
	struct fixture f;
	const struct flow_stats *first;

	open_table(&f);
	begin(&f);
	flow_round_end(f.t, true);
	begin(&f);
	observe_bytes(&f, 1, 1);
	first = flow_table_stats(f.t, 0);
	for (uint64_t i = 2; i < 2000; i++)
		observe_bytes(&f, i, 1);
	flow_round_end(f.t, true);
	ck_assert_uint_eq(flow_table_active(f.t), 1999);
	ck_assert_ptr_eq(flow_table_stats(f.t, 0), first);
	ck_assert_uint_eq(first->cookie, 1);
	flow_table_free(f.t);
}
END_TEST

static int refuse(void *arg, struct flow_stats *stats, const struct flow_sample *sample)
{
	(void)arg;
	(void)stats;
	(void)sample;
	return -12;
}

START_TEST(what_the_callback_returns_is_returned)
{
	struct fixture f;
	struct socket_info s = socket_of(1);

	open_table(&f);
	flow_table_on_sample(f.t, refuse, NULL);
	begin(&f);
	flow_round_end(f.t, true);
	begin(&f);
	s.info.bytes_acked = 1;
	ck_assert_int_eq(flow_observe(f.t, &s), -12);
	flow_table_free(f.t);
}
END_TEST

Suite *test_flow_suite(void)
{
	Suite *s = suite_create("flow");
	TCase *match = tcase_create("match");

	tcase_set_timeout(match, 180); /* under sanitizers, on a busy machine */
	tcase_add_test(match, the_first_dump_is_the_baseline);
	tcase_add_test(match, a_newcomer_after_a_complete_round_began_at_zero);
	tcase_add_test(match, a_newcomer_after_an_incomplete_round_has_no_baseline);
	tcase_add_test(match, a_flow_missed_by_an_incomplete_round_is_kept);
	tcase_add_test(match, a_flow_absent_from_a_complete_round_is_closed_and_its_stats_stay);
	tcase_add_test(match, a_second_sight_in_a_round_is_ignored);
	tcase_add_test(match, counters_that_go_backwards_gain_nothing);
	tcase_add_test(match, segment_counters_may_wrap);
	tcase_add_test(match, a_time_that_stands_still_makes_no_sample);
	tcase_add_test(match, a_socket_without_a_cookie_is_ignored);
	tcase_add_test(match, matching_survives_churn_and_shuffling);
	tcase_add_test(match, an_idle_socket_costs_at_most_128_bytes);
	tcase_add_test(match, stats_stay_where_they_are);
	tcase_add_test(match, what_the_callback_returns_is_returned);
	suite_add_tcase(s, match);
	return s;
}
