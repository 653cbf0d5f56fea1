#include "flow_fixture.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *test_flow_sample_suite(void);

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
	s.info.unacked = 899; /* nearly all of the windows used */
	ck_assert(is_full(&s));
	s.info.unacked = 901;
	ck_assert(!is_full(&s));
	s = full_sender();
	s.info.snd_wnd = 105 * MSS; /* the peer's window is the limit */
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

/* 65535 << 3 is 524280. The kernel tells a larger window than it can put into a header. */
START_TEST(the_window_is_full_at_nine_tenths_of_its_scale)
{
	static const struct {
		uint32_t rcv_wnd, told;
		bool full;
	} cases[] = {
		{ 471851, 471851, false },
		{ 471852, 471852, true },
		{ 524280, 524280, true },
		{ 900000, 524280, true },
	};
	struct socket_info s = socket_of(1);
	const struct flow_totals received = { .bytes_received = 1000 }, none = { 0 };

	s.info.wscales = 3u << TCPINFO_SECOND_NIBBLE_SHIFT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow_stats f = { 0 };
		struct flow_sample sample;

		s.info.rcv_wnd = cases[i].rcv_wnd;
		sample = flow_sample_judge(&s, &received, 1);
		ck_assert_msg(sample.wscale_full == cases[i].full, "%u", cases[i].rcv_wnd);
		flow_stats_add(&f, &sample);
		ck_assert_uint_eq(f.rcv_wnd, cases[i].told);
		ck_assert_uint_eq(f.rcv_wnd_sum, cases[i].told);
		ck_assert(!flow_sample_judge(&s, &none, 1).wscale_full);
	}
	s.info_len = offsetof(struct tcpinfo, rcv_wnd);
	ck_assert(!flow_sample_judge(&s, &received, 1).wscale_full);
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

static void stall(struct socket_info *s, uint8_t timeouts)
{
	s->info.ca_state = timeouts > 0 ? TCPINFO_CA_LOSS : TCPINFO_CA_OPEN;
	s->info.retransmits = timeouts;
	s->info.busy_time += 1000000;
}

/* A flow that backs off and goes on has outlasted it; one whose peer is gone has not. */
START_TEST(outages_count_when_they_end)
{
	struct socket_info s = socket_of(1);
	struct fixture f;
	/* timeouts in a row at each dump, and whether anything was acknowledged since the last */
	static const struct {
		uint8_t timeouts;
		bool acked;
		uint32_t outlasted;
	} dumps[] = {
		{ 0, true, 0 },	 { 1, false, 0 }, { 0, true, 0 }, /* one timeout */
		{ 2, false, 0 }, { 0, true, 1 },		  /* two */
		{ 2, true, 1 },	 { 3, true, 2 },		  /* one after the other */
		{ 4, false, 2 }, { 5, false, 2 },		  /* and gone */
	};

	open_table(&f);
	begin(&f);
	ck_assert_int_eq(flow_observe(f.t, &s), 0);
	flow_round_end(f.t, true);
	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		begin(&f);
		stall(&s, dumps[i].timeouts);
		s.info.bytes_acked += dumps[i].acked ? 100 : 0;
		ck_assert_int_eq(flow_observe(f.t, &s), 0);
		flow_round_end(f.t, true);
		ck_assert_uint_eq(flow_table_stats(f.t, 0)->outlasted, dumps[i].outlasted);
	}
	flow_table_free(f.t);
}
END_TEST

START_TEST(a_thin_flow_has_little_to_send)
{
	const struct flow_stats thin = {
		.first_ns = 1 * SECOND,
		.last_ns = 3 * (uint64_t)SECOND,
		.samples = 2,
		.mss = MSS,
		.gain = { .data_segs_out = 19 },
		.unacked_sum = 7,
		.wqueue_sum = (8 * MSS) - 1,
	};
	struct flow_stats f = thin;

	ck_assert(flow_is_thin(&f));
	f.gain.data_segs_out = 20; /* ten per second */
	ck_assert(!flow_is_thin(&f));
	f.gain.data_segs_out = 0; /* it only receives */
	ck_assert(!flow_is_thin(&f));
	f = thin;
	f.unacked_sum = 8; /* four at a time */
	ck_assert(!flow_is_thin(&f));
	f = thin;
	f.wqueue_sum = 8 * MSS; /* more is waiting: loss alone keeps it slow */
	ck_assert(!flow_is_thin(&f));
	f = thin;
	f.last_ns = f.first_ns;
	ck_assert(!flow_is_thin(&f));
	f = thin;
	f.samples = 0;
	ck_assert(!flow_is_thin(&f));
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

Suite *test_flow_sample_suite(void)
{
	Suite *s = suite_create("flow_sample");
	TCase *sample = tcase_create("sample");

	tcase_add_test(sample, a_full_send_buffer_is_seen_by_its_structure);
	tcase_add_test(sample, an_old_kernel_cannot_show_a_full_send_buffer);
	tcase_add_test(sample, in_flight_leaves_out_what_arrived_or_was_lost);
	tcase_add_test(sample, the_minor_direction_is_not_counted);
	tcase_add_test(sample, unread_data_is_high_above_half_of_the_buffer);
	tcase_add_test(sample, the_window_is_full_at_nine_tenths_of_its_scale);
	tcase_add_test(sample, a_flow_that_is_not_read_is_active);
	tcase_add_test(sample, bursts_after_idle_time_are_counted);
	tcase_add_test(sample, outages_count_when_they_end);
	tcase_add_test(sample, a_thin_flow_has_little_to_send);
	tcase_add_test(sample, rates_of_old_kernels_are_unknown);
	tcase_add_test(sample, shares_without_a_whole_are_unknown);
	tcase_add_test(sample, jitter_is_the_mean_difference_of_neighbours);
	suite_add_tcase(s, sample);
	return s;
}
