#include "measure/flow.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *test_flow_suite(void);

#define SECOND 1000000000u
#define MSS    1448u

struct fixture {
	struct flow_table *t;
	uint64_t time_ns;
	unsigned int samples;
};

static int count_sample(void *arg, struct flow_stats *stats, const struct flow_sample *sample)
{
	struct fixture *f = arg;

	ck_assert_ptr_nonnull(stats);
	ck_assert(sample->seconds > 0);
	f->samples++;
	return 0;
}

static void open_table(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	ck_assert_int_eq(flow_table_new(&f->t), 0);
	flow_table_on_sample(f->t, count_sample, f);
}

static void begin(struct fixture *f)
{
	f->time_ns += SECOND;
	ck_assert_int_eq(flow_round_begin(f->t, f->time_ns), 0);
}

static struct socket_info socket_of(uint64_t cookie)
{
	struct socket_info s = {
		.cookie = cookie,
		.remote = { .family = 4, .bytes = { 198, 51, 100, 7 } },
		.state = SOCKET_ESTABLISHED,
		.inode = 7,
		.memory_fields = SOCKET_MEMORY_FIELDS,
		.info_len = sizeof(struct tcpinfo),
		.info = { .snd_mss = MSS, .snd_cwnd = 100, .snd_wnd = 1 << 20, .rto = 200000 },
	};

	s.memory[SOCKET_SNDBUF] = 1 << 20;
	s.memory[SOCKET_RCVBUF] = 1 << 20;
	return s;
}

static void observe_bytes(struct fixture *f, uint64_t cookie, uint64_t acked)
{
	struct socket_info s = socket_of(cookie);

	s.info.bytes_acked = acked;
	s.info.bytes_sent = acked;
	ck_assert_int_eq(flow_observe(f->t, &s), 0);
}

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

/* --- samples ---------------------------------------------------------------------------------- */

static struct socket_info full_sender(void)
{
	struct socket_info s = socket_of(1);

	/* 100 segments in flight, windows of 1000 segments, buffer of 200 kB all queued. */
	s.memory[SOCKET_SNDBUF] = 200000;
	s.memory[SOCKET_WMEM_QUEUED] = 190000;
	s.info.unacked = 100;
	s.info.snd_cwnd = 1000;
	s.info.snd_wnd = 1000 * MSS;
	return s;
}

static bool is_full(const struct socket_info *s)
{
	struct flow_totals delta = { .bytes_acked = 100000, .busy_us = 1000000 };

	return flow_sample_judge(s, &delta, 1).sndbuf_full;
}

START_TEST(a_full_send_buffer_is_seen_by_its_structure)
{
	struct socket_info s = full_sender();

	ck_assert(is_full(&s));
	s.memory[SOCKET_WMEM_QUEUED] = 133000; /* a bit more than two thirds */
	ck_assert(is_full(&s));
	s.memory[SOCKET_WMEM_QUEUED] = 130000;
	ck_assert(!is_full(&s));
	s = full_sender();
	s.info.unacked = 699; /* windows nearly used */
	ck_assert(is_full(&s));
	s.info.unacked = 701;
	ck_assert(!is_full(&s));
	s = full_sender();
	s.info.snd_wnd = 120 * MSS; /* the peer's window is the limit */
	ck_assert(!is_full(&s));
	s = full_sender();
	s.info.notsent_bytes = 21000; /* the network is the limit */
	ck_assert(!is_full(&s));
	s = full_sender();
	s.info.ca_state = TCPINFO_CA_RECOVERY;
	ck_assert(!is_full(&s));
}
END_TEST

START_TEST(an_old_kernel_cannot_show_a_full_send_buffer)
{
	struct socket_info s = full_sender();

	s.info_len = offsetof(struct tcpinfo, snd_wnd);
	ck_assert(!is_full(&s));
	s = full_sender();
	s.memory_fields = 0;
	ck_assert(!is_full(&s));
}
END_TEST

START_TEST(in_flight_leaves_out_what_arrived_or_was_lost)
{
	struct socket_info s = socket_of(1);
	struct flow_totals delta = { .bytes_acked = 1 };

	s.info.unacked = 50;
	s.info.sacked = 20;
	s.info.lost = 10;
	s.info.retrans = 5;
	ck_assert_uint_eq(flow_sample_judge(&s, &delta, 1).inflight, 25 * MSS);
	s.info.sacked = 100; /* nonsense must not wrap */
	ck_assert_uint_eq(flow_sample_judge(&s, &delta, 1).inflight, 0);
}
END_TEST

START_TEST(the_minor_direction_is_not_counted)
{
	struct socket_info s = socket_of(1);
	struct flow_totals download = { .bytes_acked = 500,
					.bytes_received = 1000000,
					.busy_us = 1000 };
	struct flow_totals upload = { .bytes_acked = 1000000, .bytes_received = 500 };
	struct flow_totals both = { .bytes_acked = 1000, .bytes_received = 5000 };
	struct flow_totals stuck = { .busy_us = 1000000 };

	ck_assert(!flow_sample_judge(&s, &download, 1).sending);
	ck_assert(flow_sample_judge(&s, &download, 1).receiving);
	ck_assert(flow_sample_judge(&s, &upload, 1).sending);
	ck_assert(!flow_sample_judge(&s, &upload, 1).receiving);
	ck_assert(flow_sample_judge(&s, &both, 1).sending);
	ck_assert(flow_sample_judge(&s, &both, 1).receiving);
	ck_assert(flow_sample_judge(&s, &stuck, 1).sending);
}
END_TEST

START_TEST(unread_data_is_high_above_half_of_the_buffer)
{
	struct socket_info s = socket_of(1);

	s.memory[SOCKET_RCVBUF] = 100000;
	s.info.rcv_wnd = 60000;
	s.rqueue = 50001;
	ck_assert(flow_unread_high(&s));
	s.rqueue = 50000;
	ck_assert(!flow_unread_high(&s));
	s.info.rcv_wnd = 1000; /* payload fills the buffer's memory earlier */
	ck_assert(flow_unread_high(&s));
	s.rqueue = 20000;
	ck_assert(!flow_unread_high(&s));
	s.rqueue = 50001;
	s.memory_fields = 0;
	ck_assert(!flow_unread_high(&s));
}
END_TEST

START_TEST(a_flow_that_is_not_read_is_active)
{
	struct fixture f;
	struct socket_info s = socket_of(1);

	open_table(&f);
	s.memory[SOCKET_RCVBUF] = 100000;
	s.rqueue = 80000;
	for (int i = 0; i < 4; i++) {
		begin(&f);
		ck_assert_int_eq(flow_observe(f.t, &s), 0);
		flow_round_end(f.t, true);
	}
	ck_assert_uint_eq(flow_table_active(f.t), 1);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->unread_high, 3);
	ck_assert_uint_eq(flow_table_stats(f.t, 0)->receiving, 3);
	flow_table_free(f.t);
}
END_TEST

/* A burst every other second; the round-trip timeout is 200 ms. */
static uint32_t idle_restarts(uint32_t segments, uint32_t idle_ms, uint32_t unacked)
{
	struct fixture f;
	struct socket_info s = socket_of(1);
	uint32_t restarts;

	open_table(&f);
	for (int i = 0; i < 9; i++) {
		bool burst = i % 2 == 1;

		begin(&f);
		s.info.data_segs_out += burst ? segments : 0;
		s.info.bytes_acked += burst ? 1000 : 0;
		s.info.last_data_sent = burst ? 10 : idle_ms;
		s.info.unacked = unacked;
		ck_assert_int_eq(flow_observe(f.t, &s), 0);
		flow_round_end(f.t, true);
	}
	restarts = flow_table_stats(f.t, 0)->idle_restarts;
	flow_table_free(f.t);
	return restarts;
}

START_TEST(bursts_after_idle_time_are_counted)
{
	ck_assert_uint_eq(idle_restarts(50, 900, 0), 3); /* the first has no idle time before */
	ck_assert_uint_eq(idle_restarts(10, 900, 0), 0); /* fits the initial window */
	ck_assert_uint_eq(idle_restarts(50, 150, 0), 0); /* idle for less than the timeout */
	ck_assert_uint_eq(idle_restarts(50, 900, 3), 0); /* not idle: data in flight */
}
END_TEST

START_TEST(rates_of_old_kernels_are_unknown)
{
	struct flow_stats f = {
		.first_ns = 1,
		.last_ns = 1 + SECOND,
		.info_len = offsetof(struct tcpinfo, bytes_sent),
		.gain = { .bytes_acked = 1000, .data_segs_out = 200, .total_retrans = 2 },
	};

	ck_assert_double_eq_tol(flow_goodput(&f), 1000, 1e-6);
	ck_assert(isnan(flow_throughput(&f)));
	ck_assert_double_eq_tol(flow_retransmit_ratio(&f), 0.01, 1e-9); /* by segments */
	f.info_len = 104;
	ck_assert(isnan(flow_goodput(&f)));
	ck_assert(isnan(flow_retransmit_ratio(&f)));
	ck_assert(isnan(flow_busy_share(&f)));
}
END_TEST

START_TEST(shares_without_a_whole_are_unknown)
{
	struct flow_stats f = { .info_len = sizeof(struct tcpinfo) };

	ck_assert(isnan(flow_seconds(&f)));
	ck_assert(isnan(flow_goodput(&f)));
	ck_assert(isnan(flow_rwnd_limited_share(&f)));
	ck_assert(isnan(flow_sndbuf_limited_share(&f)));
	ck_assert(isnan(flow_busy_share(&f)));
	ck_assert(isnan(flow_srtt_s(&f)));
	ck_assert(isnan(flow_rtt_inflation(&f)));
	ck_assert(isnan(flow_jitter_s(&f)));
	f.gain.busy_us = 100;
	f.gain.rwnd_limited_us = 104; /* a jiffy too many */
	ck_assert_double_eq(flow_rwnd_limited_share(&f), 1);
}
END_TEST

START_TEST(jitter_is_the_mean_difference_of_neighbours)
{
	static const uint32_t rtt[] = { 0, 1000, 3000, 2000, 2000 };
	struct fixture f;
	struct socket_info s = socket_of(1);

	open_table(&f);
	for (size_t i = 0; i < 5; i++) {
		begin(&f);
		s.info.rtt = rtt[i];
		s.info.min_rtt = 900;
		s.info.bytes_acked += 100;
		ck_assert_int_eq(flow_observe(f.t, &s), 0);
		flow_round_end(f.t, true);
	}
	ck_assert_double_eq_tol(flow_jitter_s(flow_table_stats(f.t, 0)), 0.001, 1e-12);
	ck_assert_double_eq_tol(flow_srtt_s(flow_table_stats(f.t, 0)), 0.002, 1e-12);
	ck_assert_double_eq_tol(flow_min_rtt_s(flow_table_stats(f.t, 0)), 0.0009, 1e-12);
	flow_table_free(f.t);
}
END_TEST

Suite *test_flow_suite(void)
{
	Suite *s = suite_create("flow");
	TCase *match = tcase_create("match"), *sample = tcase_create("sample");

	tcase_set_timeout(match, 60); /* under sanitizers, on a busy machine */
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
	tcase_add_test(sample, a_full_send_buffer_is_seen_by_its_structure);
	tcase_add_test(sample, an_old_kernel_cannot_show_a_full_send_buffer);
	tcase_add_test(sample, in_flight_leaves_out_what_arrived_or_was_lost);
	tcase_add_test(sample, the_minor_direction_is_not_counted);
	tcase_add_test(sample, unread_data_is_high_above_half_of_the_buffer);
	tcase_add_test(sample, a_flow_that_is_not_read_is_active);
	tcase_add_test(sample, bursts_after_idle_time_are_counted);
	tcase_add_test(sample, rates_of_old_kernels_are_unknown);
	tcase_add_test(sample, shares_without_a_whole_are_unknown);
	tcase_add_test(sample, jitter_is_the_mean_difference_of_neighbours);
	suite_add_tcase(s, sample);
	return s;
}
