#include "measure/limiter.h"

#include "measure/flow.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *test_limiter_suite(void);

#define SECOND 1000000000u
#define MSS    1448u
#define TENTHS 10u /* samples, a second each */

/* Ten seconds of a sender on a path of 100 ms: busy, windows half used, no loss, no queue: nothing
 * to find. Each test changes what it is about. */
static struct flow_stats sender(void)
{
	return (struct flow_stats){
		.info_len = sizeof(struct tcpinfo),
		.first_ns = 1,
		.last_ns = 1 + 10ull * SECOND,
		.samples = TENTHS,
		.sending = TENTHS,
		.sending_s = 10,
		.mss = MSS,
		.min_rtt_us = 100000,
		.srtt_sum_us = TENTHS * 101000,
		.rtt_samples = TENTHS,
		.unacked_sum = TENTHS * 1000ull,
		.snd_wnd_sum = TENTHS * 2000ull * MSS,
		.wqueue_sum = TENTHS * 4000ull * MSS,
		.gain = { .bytes_acked = 145000000,
			  .bytes_sent = 145000000,
			  .data_segs_out = 100000,
			  .busy_us = 10000000 },
		.congestion = "cubic",
	};
}

static struct flow_stats receiver(void)
{
	return (struct flow_stats){
		.info_len = sizeof(struct tcpinfo),
		.first_ns = 1,
		.last_ns = 1 + 10ull * SECOND,
		.samples = TENTHS,
		.receiving = TENTHS,
		.receiving_s = 10,
		.min_rtt_us = 100000,
		.rcv_rtt_us = 101000,
		.rcv_wnd_sum = TENTHS * 4000000ull,
		.gain = { .bytes_received = 380000000 }, /* 38 MB/s x 101 ms = 0.96 of the window */
	};
}

static enum limiter judge(const struct flow_stats *f)
{
	struct limiter_verdict v = limiter_judge(f, 0);

	ck_assert_ptr_nonnull(v.why);
	ck_assert(isnan(v.share) || (v.share >= 0 && v.share <= 1));
	return v.limiter;
}

static void lose(struct flow_stats *f, double ratio)
{
	f->gain.bytes_retrans = (uint64_t)(ratio * (double)f->gain.bytes_sent);
	f->gain.total_retrans = (uint64_t)(ratio * (double)f->gain.data_segs_out);
}

static void set_rtt(struct flow_stats *f, uint64_t srtt_us)
{
	f->srtt_sum_us = srtt_us * f->rtt_samples;
}

/* Acknowledged bytes for a rate in bytes per second. */
static void set_rate(struct flow_stats *f, double rate)
{
	f->gain.bytes_acked = (uint64_t)(rate * 10);
	f->gain.bytes_sent = f->gain.bytes_acked;
	f->gain.data_segs_out = f->gain.bytes_sent / MSS;
}

START_TEST(nothing_found_is_unknown)
{
	struct flow_stats f = sender();

	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	ck_assert(isnan(limiter_judge(&f, 0).share));
}
END_TEST

START_TEST(an_empty_flow_is_unknown)
{
	struct flow_stats f = { 0 };

	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.sending_s = 10; /* contradictory, but it must not crash */
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(three_seconds_are_needed)
{
	struct flow_stats f = sender();

	f.gain.busy_us = 100000; /* would be the application */
	f.sending_s = 2.5;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.sending_s = 2.999; /* three samples, whose instants jitter */
	ck_assert_int_eq(judge(&f), LIMITER_APPLICATION);
}
END_TEST

START_TEST(an_idle_sender_waits_for_its_application)
{
	struct flow_stats f = sender();

	f.gain.busy_us = 900000;
	ck_assert_int_eq(judge(&f), LIMITER_APPLICATION);
	f.gain.busy_us = 1100000;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(a_sender_with_a_short_queue_waits_for_its_application)
{
	struct flow_stats f = sender();

	f.app_limited = 6;
	f.wqueue_sum = f.unacked_sum * MSS + TENTHS * MSS;
	ck_assert_int_eq(judge(&f), LIMITER_APPLICATION);
	f.app_limited = 5;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.app_limited = 6;
	f.wqueue_sum = f.unacked_sum * MSS + 3 * TENTHS * MSS;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(a_full_send_buffer_is_not_taken_for_the_application)
{
	struct flow_stats f = sender();

	f.app_limited = 10; /* as the kernel calls it */
	f.wqueue_sum = f.unacked_sum * MSS;
	f.sndbuf_full = 9;
	ck_assert_int_eq(judge(&f), LIMITER_SEND_BUFFER);
}
END_TEST

START_TEST(a_closed_window_is_the_peers_application)
{
	struct flow_stats f = sender();

	f.zero_window = 4;
	f.gain.rwnd_limited_us = 9000000;
	ck_assert_int_eq(judge(&f), LIMITER_PEER_APPLICATION);
}
END_TEST

static struct flow_stats window_limited(void)
{
	struct flow_stats f = sender();

	f.gain.rwnd_limited_us = 9500000;
	f.snd_wnd_sum = TENTHS * 1050ull * MSS;
	return f;
}

START_TEST(a_full_window_is_the_receivers)
{
	struct flow_stats f = window_limited();

	ck_assert_int_eq(judge(&f), LIMITER_RECEIVER_WINDOW);
	ck_assert_double_eq_tol(limiter_judge(&f, 0).share, 0.95, 1e-9);
	f.gain.rwnd_limited_us = 1900000;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

/* Without SACK, data behind a hole fills the window. */
START_TEST(a_window_full_of_losses_is_not_the_receivers)
{
	struct flow_stats f = window_limited();

	lose(&f, 0.077);
	ck_assert_int_ne(judge(&f), LIMITER_RECEIVER_WINDOW);
}
END_TEST

/* 32 MiB on 1 Gbit/s x 100 ms: 100 % "receiver limited" at 173 ms, with the link full. */
START_TEST(a_window_that_stands_in_the_queue_is_bandwidth)
{
	struct flow_stats f = window_limited();

	set_rtt(&f, 173000);
	ck_assert_int_eq(judge(&f), LIMITER_BANDWIDTH);
	/* A slow reader's small window, with delayed acknowledgements: no queue. */
	f.unacked_sum = TENTHS * 14;
	f.snd_wnd_sum = TENTHS * 14 * MSS;
	set_rtt(&f, 144000);
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(a_window_mostly_unused_is_not_the_receivers)
{
	struct flow_stats f = window_limited();

	f.snd_wnd_sum = TENTHS * 2000ull * MSS;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(a_full_send_buffer_is_the_limit)
{
	struct flow_stats f = sender();

	f.sndbuf_full = 6;
	ck_assert_int_eq(judge(&f), LIMITER_SEND_BUFFER);
	f.sndbuf_full = 5;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.sndbuf_full = 6;
	f.gain.rwnd_limited_us = 1100000;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.gain.rwnd_limited_us = 0;
	lose(&f, 0.006);
	ck_assert_int_ne(judge(&f), LIMITER_SEND_BUFFER);
}
END_TEST

START_TEST(a_full_link_is_bandwidth)
{
	struct flow_stats f = sender();

	set_rate(&f, 11.9e6);
	ck_assert_int_eq(limiter_judge(&f, 12.5e6).limiter, LIMITER_BANDWIDTH);
	ck_assert_int_eq(limiter_judge(&f, 0).limiter, LIMITER_UNKNOWN);
	set_rate(&f, 11e6);
	ck_assert_int_eq(limiter_judge(&f, 12.5e6).limiter, LIMITER_UNKNOWN);
}
END_TEST

/* 100 Mbit/s x 100 ms, cubic: 3.4 Mbit/s at 0.1 %, 1.2 at 1 %. */
START_TEST(loss_without_a_queue_holds_cubic)
{
	struct flow_stats f = sender();

	f.cwnd_limited = 9;
	set_rate(&f, 3.4e6 / 8);
	lose(&f, 0.001);
	f.gain.total_retrans = 12;
	ck_assert_int_eq(judge(&f), LIMITER_RANDOM_LOSS);
	f.cwnd_limited = 3;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f = sender();
	f.cwnd_limited = 9;
	set_rate(&f, 1.2e6 / 8);
	lose(&f, 0.01);
	ck_assert_int_eq(judge(&f), LIMITER_RANDOM_LOSS);
}
END_TEST

START_TEST(few_segments_cannot_show_loss)
{
	struct flow_stats f = sender();

	f.cwnd_limited = 9;
	set_rate(&f, 3.4e6 / 8);
	lose(&f, 0.001);
	f.gain.data_segs_out = 900;
	f.gain.total_retrans = 4;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.gain.total_retrans = 5;
	ck_assert_int_eq(judge(&f), LIMITER_RANDOM_LOSS);
}
END_TEST

/* bbr at 1 % of loss: 89 Mbit/s where Mathis says 1.4. */
START_TEST(loss_that_does_not_slow_the_sender_is_a_policer)
{
	struct flow_stats f = sender();

	set_rate(&f, 89e6 / 8);
	lose(&f, 0.045);
	ck_assert_int_eq(judge(&f), LIMITER_POLICER);
	lose(&f, 0.009);
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

/* 20 Mbit/s x 40 ms, a queue of 1 MB: 406 ms. */
START_TEST(a_long_queue_is_congestion)
{
	struct flow_stats f = sender();

	f.min_rtt_us = 40000;
	f.cwnd_limited = 10;
	set_rtt(&f, 406000);
	ck_assert_int_eq(judge(&f), LIMITER_CONGESTION);
	set_rtt(&f, 85000); /* more than twice, but 45 ms */
	ck_assert_int_eq(judge(&f), LIMITER_BANDWIDTH);
	f.cwnd_limited = 0;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(needless_retransmissions_are_reordering)
{
	struct flow_stats f = sender();

	f.gain.data_segs_out = 10000;
	f.gain.reord_seen = 30;
	f.gain.total_retrans = 10;
	f.gain.dsack_dups = 5;
	ck_assert_int_eq(judge(&f), LIMITER_REORDERING);
	f.gain.dsack_dups = 2;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.gain.dsack_dups = 5;
	f.gain.data_segs_out = 10001; /* too few to matter */
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f.gain.data_segs_out = 10000;
	ck_assert_int_eq(judge(&f), LIMITER_REORDERING);
	f.gain.reord_seen = 0;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(a_receiver_that_does_not_read_is_its_application)
{
	struct flow_stats f = receiver();

	f.unread_high = 6;
	ck_assert_int_eq(judge(&f), LIMITER_APPLICATION);
	f.unread_high = 5;
	ck_assert_int_eq(judge(&f), LIMITER_RECEIVER_WINDOW);
}
END_TEST

START_TEST(a_receiver_is_held_by_its_window_only_if_it_fills_it)
{
	struct flow_stats f = receiver();

	ck_assert_int_eq(judge(&f), LIMITER_RECEIVER_WINDOW);
	f.rcv_wnd_sum *= 2;
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(limiter_judge(&f, 0).why, "sender's side"));
	f = receiver();
	f.rcv_rtt_us = 130000; /* a queue: the path is full */
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
	f = receiver();
	f.info_len = offsetof(struct tcpinfo, rcv_wnd);
	ck_assert_int_eq(judge(&f), LIMITER_UNKNOWN);
}
END_TEST

START_TEST(every_limiter_has_a_name_of_its_own)
{
	for (unsigned int i = 0; i < LIMITERS; i++) {
		ck_assert_ptr_nonnull(limiter_name((enum limiter)i));
		for (unsigned int k = 0; k < i; k++)
			ck_assert_str_ne(limiter_name((enum limiter)i),
					 limiter_name((enum limiter)k));
	}
	ck_assert_str_eq(limiter_name(LIMITER_RECEIVER_WINDOW), "receiver-window");
	ck_assert_str_eq(limiter_name((enum limiter)99), "unknown");
}
END_TEST

Suite *test_limiter_suite(void)
{
	Suite *s = suite_create("limiter");
	TCase *tc = tcase_create("limiter");

	tcase_add_test(tc, nothing_found_is_unknown);
	tcase_add_test(tc, an_empty_flow_is_unknown);
	tcase_add_test(tc, three_seconds_are_needed);
	tcase_add_test(tc, an_idle_sender_waits_for_its_application);
	tcase_add_test(tc, a_sender_with_a_short_queue_waits_for_its_application);
	tcase_add_test(tc, a_full_send_buffer_is_not_taken_for_the_application);
	tcase_add_test(tc, a_closed_window_is_the_peers_application);
	tcase_add_test(tc, a_full_window_is_the_receivers);
	tcase_add_test(tc, a_window_full_of_losses_is_not_the_receivers);
	tcase_add_test(tc, a_window_that_stands_in_the_queue_is_bandwidth);
	tcase_add_test(tc, a_window_mostly_unused_is_not_the_receivers);
	tcase_add_test(tc, a_full_send_buffer_is_the_limit);
	tcase_add_test(tc, a_full_link_is_bandwidth);
	tcase_add_test(tc, loss_without_a_queue_holds_cubic);
	tcase_add_test(tc, few_segments_cannot_show_loss);
	tcase_add_test(tc, loss_that_does_not_slow_the_sender_is_a_policer);
	tcase_add_test(tc, a_long_queue_is_congestion);
	tcase_add_test(tc, needless_retransmissions_are_reordering);
	tcase_add_test(tc, a_receiver_that_does_not_read_is_its_application);
	tcase_add_test(tc, a_receiver_is_held_by_its_window_only_if_it_fills_it);
	tcase_add_test(tc, every_limiter_has_a_name_of_its_own);
	suite_add_tcase(s, tc);
	return s;
}
