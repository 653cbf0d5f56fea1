/* The built-in rules about single sockets and what they leave behind: each fires on numbers made by
 * hand, and is silent beside them. */
#include "builtin_rules_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_builtin_rules_sockets_suite(void);

static struct udp_socket_stats udp;

/* 100 drops of 100 000 datagrams in ten seconds, in a buffer of the default size. */
static void make_udp(void)
{
	set_up();
	udp = (struct udp_socket_stats){
		.local_port = 53,
		.samples = 11,
		.drops_known = true,
		.drops = 100,
		.drops_total = 5000,
		.receive_buffer = 212992,
		.queue_max = 200000,
		.near_full_samples = 2,
	};
	(void)snprintf(udp.process, sizeof(udp.process), "unbound (812)");
	f.o->udp_worst = &udp;
	f.o->udp_worst_count = 1;
	set_counter(COUNTER_UDP_IN_DATAGRAMS, 1000, 101000);
	set_counter(COUNTER_UDP6_IN_DATAGRAMS, 0, 0);
	set_counter(COUNTER_UDP_RCVBUF_ERRORS, 7, 107);
	fixture_set(&f, "net.core.rmem_default", 0, 212992);
	fixture_set(&f, "net.core.rmem_max", 0, 4194304);
}

START_TEST(udp_drops_in_a_buffer_of_the_default_size)
{
	const struct finding *finding = found("UDP-01");

	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_ptr_nonnull(strstr(finding->title, "unbound (812)"));
	ck_assert_double_eq_tol(change_to(finding, "net.core.rmem_default", 0), 425984, 1);
	ck_assert_uint_eq(finding->change_count, 1);
	udp.drops = 2000; /* 2 % */
	finding = found("UDP-01");
	ck_assert_int_eq(finding->severity, SEVERITY_HIGH);
}
END_TEST

START_TEST(udp_drops_in_a_buffer_that_rmem_max_cut)
{
	const struct finding *finding;

	udp.receive_buffer = 2 * 4194304;
	finding = found("UDP-01");
	ck_assert_double_eq_tol(change_to(finding, "net.core.rmem_max", 0), 8388608, 1);
	ck_assert_uint_eq(finding->change_count, 1);
	fixture_set(&f, "net.core.rmem_max", 0, 212992);
	udp.receive_buffer = 2 * 212992;
	finding = found("UDP-01");
	ck_assert_double_eq_tol(change_to(finding, "net.core.rmem_max", 0), 7500000, 1);
}
END_TEST

START_TEST(udp_drops_that_no_buffer_helps)
{
	const struct finding *finding;

	udp.near_full_samples = 11;
	finding = found("UDP-01");
	ck_assert_uint_eq(finding->change_count, 0);
	ck_assert_ptr_nonnull(strstr(finding->advice, "reads more slowly"));
	udp.near_full_samples = 0;
	udp.receive_buffer = 65536;
	finding = found("UDP-01");
	ck_assert_uint_eq(finding->change_count, 0);
	ck_assert_ptr_nonnull(strstr(finding->advice, "own SO_RCVBUF"));
}
END_TEST

START_TEST(udp_drops_too_few_or_of_another_kind)
{
	udp.drops = 9; /* chance */
	ck_assert_ptr_null(judge("UDP-01"));
	udp.drops = 10; /* 0.01 %, and a tenth of ten per second */
	ck_assert_ptr_null(judge("UDP-01"));
	udp.drops = 11;
	ck_assert_ptr_nonnull(judge("UDP-01"));
	set_counter(COUNTER_UDP_RCVBUF_ERRORS, 7, 7); /* bad checksums, then */
	ck_assert_ptr_null(judge("UDP-01"));
	set_counter(COUNTER_UDP6_RCVBUF_ERRORS, 7, 8);
	ck_assert_ptr_nonnull(judge("UDP-01"));
	udp.drops_known = false;
	ck_assert_ptr_null(judge("UDP-01"));
}
END_TEST

static struct peer_stats peer;
static struct owner_stats owner;

/* A client with the default range, a destination that takes 70 % of it in use, 1001 connections not
 * closed, one listener outside the range. */
static void make_census(void)
{
	set_up();
	f.o->ephemeral_known = true;
	f.o->ephemeral = (struct port_range){ .first = 32768, .last = 60999, .ports = 28232 };
	peer = (struct peer_stats){ .remote_port = 443, .ports = 19763, .established = 19763 };
	(void)snprintf(peer.address, sizeof(peer.address), "198.51.100.7");
	f.o->peers = &peer;
	f.o->peer_count = 1;
	owner = (struct owner_stats){ .pid = 4711, .close_wait = 1200, .close_wait_kept = 1001 };
	(void)snprintf(owner.process, sizeof(owner.process), "java (4711)");
	f.o->holders = &owner;
	f.o->holder_count = 1;
	f.o->close_wait_first_known = true;
	f.o->states.known = f.o->states.close_wait_kept_known = true;
	f.o->listener_count = 1;
	f.listeners[0].port = 80;
	f.listeners[0].samples = 11;
	f.listeners[0].twins = 1;
	fixture_set(&f, "net.ipv4.ip_local_port_range", 0, 32768);
	fixture_set(&f, "net.ipv4.ip_local_port_range", 1, 60999);
	fixture_set(&f, "net.ipv4.tcp_tw_reuse", 0, 2);
	fixture_set(&f, "net.ipv4.tcp_timestamps", 0, 1);
	fixture_set(&f, "net.ipv4.tcp_fin_timeout", 0, 60);
	fixture_set(&f, "net.ipv4.tcp_synack_retries", 0, 5);
}

START_TEST(ports_near_exhaustion)
{
	const struct finding *finding = found("PORT-01");

	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_ptr_nonnull(strstr(finding->title, "198.51.100.7 port 443"));
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.ip_local_port_range", 0), 16384, 0.1);
	ck_assert_uint_eq(finding->change_count, 1);
	peer.ports = 25409; /* 90 % */
	finding = found("PORT-01");
	ck_assert_int_eq(finding->severity, SEVERITY_CRITICAL);
	peer.ports = 19762;
	ck_assert_ptr_null(judge("PORT-01"));
}
END_TEST

START_TEST(ports_held_by_closed_connections)
{
	const struct finding *finding;

	peer.time_wait = 15000;
	finding = found("PORT-01");
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_tw_reuse", 0), 1, 0.1);
	ck_assert_ptr_nonnull(strstr(finding->advice, "keep connections open"));
	fixture_set(&f, "net.ipv4.tcp_timestamps", 0, 0); /* reuse cannot work */
	finding = found("PORT-01");
	ck_assert(change_to(finding, "net.ipv4.tcp_tw_reuse", 0) < 0);
}
END_TEST

START_TEST(a_range_that_was_widened_is_widened_again)
{
	const struct finding *finding;

	f.o->ephemeral = (struct port_range){ .first = 16384, .last = 60999, .ports = 44616 };
	fixture_set(&f, "net.ipv4.ip_local_port_range", 0, 16384);
	peer.ports = 40000;
	finding = found("PORT-01");
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.ip_local_port_range", 0), 1024, 0.1);
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.ip_local_port_range", 1), 65535, 0.1);
	f.listeners[0].port = 8080;
	finding = found("PORT-01");
	ck_assert_uint_eq(finding->change_count, 0);
	ck_assert_ptr_nonnull(strstr(finding->advice, "ip_local_reserved_ports"));
	port_set_add(&f.o->ephemeral.reserved, 8080);
	finding = found("PORT-01");
	ck_assert_uint_eq(finding->change_count, 2);
}
END_TEST

START_TEST(a_range_of_one_parity)
{
	ck_assert_ptr_null(judge("PORT-02"));
	f.o->ephemeral.last = 60998;
	ck_assert_ptr_nonnull(judge("PORT-02"));
	f.o->ephemeral_known = false;
	ck_assert_ptr_null(judge("PORT-02"));
}
END_TEST

START_TEST(a_service_in_the_range)
{
	ck_assert_ptr_null(judge("PORT-04"));
	f.listeners[0].port = 32768;
	ck_assert_ptr_nonnull(judge("PORT-04"));
	port_set_add(&f.o->ephemeral.reserved, 32768);
	ck_assert_ptr_null(judge("PORT-04"));
}
END_TEST

START_TEST(connections_that_nobody_closes)
{
	const struct finding *finding = found("CW-01");

	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_ptr_nonnull(strstr(finding->title, "java (4711)"));
	owner.close_wait = 1001; /* no more have come */
	finding = found("CW-01");
	ck_assert_int_eq(finding->severity, SEVERITY_LOW);
	owner.close_wait = 5000; /* closed late, but closed */
	owner.close_wait_kept = 1000;
	ck_assert_ptr_null(judge("CW-01"));
	owner.close_wait_kept = 1001;
	f.o->close_wait_first_known = false;
	ck_assert_ptr_null(judge("CW-01"));
}
END_TEST

START_TEST(orphans_in_fin_wait2)
{
	f.o->states.count[SOCKET_ESTABLISHED] = 1000;
	f.o->states.fin_wait2_orphans = 100; /* a tenth */
	ck_assert_ptr_null(judge("FIN-01"));
	f.o->states.fin_wait2_orphans = 101;
	ck_assert_ptr_nonnull(judge("FIN-01"));
	ck_assert_double_eq_tol(change_to(judge("FIN-01"), "net.ipv4.tcp_fin_timeout", 0), 30, 0.1);
	f.o->states.count[SOCKET_ESTABLISHED] = 5000;
	f.o->states.fin_wait2_orphans = 1350; /* by the second way, not by the 5000 of the first */
	ck_assert_double_eq(judge("FIN-01")->evidence[0].threshold.number, 500);
	f.o->states.count[SOCKET_ESTABLISHED] = 100000;
	f.o->states.fin_wait2_orphans = 5000;
	ck_assert_ptr_null(judge("FIN-01"));
	f.o->states.fin_wait2_orphans = 5001;
	ck_assert_ptr_nonnull(judge("FIN-01"));
	f.o->states.count[SOCKET_ESTABLISHED] = 1;
	f.o->states.fin_wait2_orphans = 99; /* a quiet host */
	ck_assert_ptr_null(judge("FIN-01"));
}
END_TEST

START_TEST(one_of_several_does_not_accept)
{
	struct listener_stats *l = &f.listeners[0];

	l->twins = 4;
	l->queue_sum = 88; /* eight on average */
	l->twins_queue_mean = 2;
	ck_assert_ptr_nonnull(judge("LST-07"));
	l->twins_queue_mean = 2.1;
	ck_assert_ptr_null(judge("LST-07"));
	l->twins_queue_mean = 0;
	l->queue_sum = 87;
	ck_assert_ptr_null(judge("LST-07"));
	l->queue_sum = 880;
	l->twins = 1;
	ck_assert_ptr_null(judge("LST-07"));
}
END_TEST

START_TEST(half_open_for_long)
{
	struct listener_stats *l = &f.listeners[0]; /* of 511 */
	const struct finding *finding;

	l->half_open = 256;
	l->half_open_retried = 129;
	finding = found("LST-08");
	ck_assert_uint_eq(finding->change_count, 0);
	l->half_open_retried = 128; /* a burst of new ones */
	ck_assert_ptr_null(judge("LST-08"));
	l->half_open = l->half_open_retried = 255;
	ck_assert_ptr_null(judge("LST-08"));
	l->half_open = l->half_open_retried = 256;
	l->twins = 2; /* they may hold twice as many */
	ck_assert_ptr_null(judge("LST-08"));
	l->twins = 1;
	f.o->states.known = false;
	ck_assert_ptr_null(judge("LST-08"));
}
END_TEST

static void make_idle(void)
{
	set_up();
	f.o->idle = (struct idle_connections){ .longer = 60, .probed_late = 10, .unprobed = 0 };
	fixture_set(&f, "net.ipv4.tcp_keepalive_time", 0, 7200);
	fixture_set(&f, "net.ipv4.tcp_keepalive_intvl", 0, 75);
	fixture_set(&f, "net.ipv4.tcp_keepalive_probes", 0, 9);
}

START_TEST(silent_connections_probed_late)
{
	const struct finding *finding = found("KA-01");

	ck_assert_int_eq(finding->severity, SEVERITY_INFO);
	ck_assert_uint_eq(finding->change_count, 0); /* what is on the way cannot be seen */
	ck_assert_ptr_nonnull(strstr(finding->advice, "cannot be seen from this host"));
	ck_assert_ptr_nonnull(strstr(finding->advice, "tcp_keepalive_time 120"));
	ck_assert_ptr_null(strstr(finding->advice, "no keep-alive at all"));
	f.o->idle.probed_late = 50;
	f.o->idle.unprobed = 7;
	finding = found("KA-01");
	ck_assert_int_eq(finding->severity, SEVERITY_LOW);
	ck_assert_ptr_nonnull(strstr(finding->advice, "7 more have no keep-alive at all"));
}
END_TEST

START_TEST(silent_connections_whose_programs_chose_the_time)
{
	const struct finding *finding;

	fixture_set(&f, "net.ipv4.tcp_keepalive_time", 0, 350);
	finding = found("KA-01");
	ck_assert_ptr_nonnull(strstr(finding->advice, "TCP_KEEPIDLE"));
	ck_assert_ptr_null(strstr(finding->advice, "tcp_keepalive_time 120"));
}
END_TEST

START_TEST(silent_connections_that_keep_alive_does_not_concern)
{
	f.o->idle.probed_late = 9;
	ck_assert_ptr_null(judge("KA-01"));
	f.o->idle = (struct idle_connections){ .longer = 60, .unprobed = 60 };
	ck_assert_ptr_null(judge("KA-01"));
	f.o->idle = (struct idle_connections){ .longer = 60, .probed_late = 60, .untold = 1 };
	ck_assert_ptr_null(judge("KA-01"));
	f.o->idle.untold = 0;
	ck_assert_ptr_nonnull(judge("KA-01"));
	f.o->sockets_unseen = true;
	ck_assert_ptr_null(judge("KA-01"));
}
END_TEST

/* Flows that send five segments of a hundred bytes per second, three of which outlasted a back-off.
 */
static void make_thin(void)
{
	set_up();
	ck_assert_int_eq(flow_table_new(&f.o->flows), 0);
	for (uint64_t round = 0; round < 2; round++) {
		ck_assert_int_eq(flow_round_begin(f.o->flows, 1 + round * 10000000000u), 0);
		for (uint64_t i = 1; i <= 30; i++) {
			struct socket_info s = { .cookie = i,
						 .state = SOCKET_ESTABLISHED,
						 .info_len = sizeof(struct tcpinfo),
						 .info = { .snd_mss = 1448 } };

			s.info.bytes_acked = s.info.bytes_sent = round * 5000;
			s.info.data_segs_out = (uint32_t)round * 50;
			ck_assert_int_eq(flow_observe(f.o->flows, &s), 0);
		}
		flow_round_end(f.o->flows, true);
	}
	f.o->flow_count = 30;
	for (size_t i = 0; i < 3; i++)
		flow_table_stats(f.o->flows, i)->outlasted = 1;
	set_counter(COUNTER_TIMEOUTS, 5, 45);
	set_counter(COUNTER_TCP_RETRANS_SEGS, 100, 200);
	set_counter(COUNTER_ORIG_DATA_SENT, 0, 1500);
	fixture_set(&f, "net.ipv4.tcp_thin_linear_timeouts", 0, 0);
}

static void tear_down_thin(void)
{
	flow_table_free(f.o->flows);
	tear_down();
}

START_TEST(thin_streams_that_stall)
{
	const struct finding *finding = found("THIN-01");

	ck_assert_int_eq(finding->severity, SEVERITY_INFO);
	ck_assert_ptr_nonnull(strstr(finding->title, "3 of 30"));
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_thin_linear_timeouts", 0), 1, 0.1);
	for (size_t i = 3; i < 7; i++)
		flow_table_stats(f.o->flows, i)->outlasted = 2;
	finding = judge("THIN-01"); /* twice the threshold, and more */
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_LOW);
	fixture_set(&f, "net.ipv4.tcp_thin_linear_timeouts", 0, 1);
	ck_assert_ptr_null(judge("THIN-01"));
}
END_TEST

START_TEST(thin_streams_that_do_not_stall)
{
	flow_table_stats(f.o->flows, 2)->outlasted = 0; /* two of them */
	ck_assert_ptr_null(judge("THIN-01"));
	flow_table_stats(f.o->flows, 2)->outlasted = 1;
	set_counter(COUNTER_TIMEOUTS, 5, 35); /* 30 %: what repairs is fast retransmit */
	ck_assert_ptr_null(judge("THIN-01"));
	set_counter(COUNTER_TIMEOUTS, 5, 14);
	set_counter(COUNTER_TCP_RETRANS_SEGS, 100, 110);
	ck_assert_ptr_null(judge("THIN-01")); /* nine timeouts */
	set_counter(COUNTER_TIMEOUTS, 5, 15);
	ck_assert_ptr_nonnull(judge("THIN-01"));
	for (size_t i = 3; i < 30; i++) /* bulk */
		flow_table_stats(f.o->flows, i)->unacked_sum = 40;
	ck_assert_ptr_nonnull(judge("THIN-01"));
	flow_table_stats(f.o->flows, 0)->unacked_sum = 40;
	ck_assert_ptr_null(judge("THIN-01"));
}
END_TEST

START_TEST(thin_streams_of_old_kernels_are_not_known)
{
	flow_table_stats(f.o->flows, 29)->info_len = offsetof(struct tcpinfo, data_segs_out);
	ck_assert_ptr_null(judge("THIN-01"));
	f.o->seconds = 0;
	ck_assert_ptr_null(judge("THIN-01"));
}
END_TEST

Suite *test_builtin_rules_sockets_suite(void)
{
	Suite *s = suite_create("builtin_rules_sockets");
	TCase *tc = tcase_create("UDP"), *census = tcase_create("census");
	TCase *idle = tcase_create("idle"), *thin = tcase_create("thin");

	tcase_add_checked_fixture(tc, make_udp, tear_down);
	tcase_add_test(tc, udp_drops_in_a_buffer_of_the_default_size);
	tcase_add_test(tc, udp_drops_in_a_buffer_that_rmem_max_cut);
	tcase_add_test(tc, udp_drops_that_no_buffer_helps);
	tcase_add_test(tc, udp_drops_too_few_or_of_another_kind);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(census, make_census, tear_down);
	tcase_add_test(census, ports_near_exhaustion);
	tcase_add_test(census, ports_held_by_closed_connections);
	tcase_add_test(census, a_range_that_was_widened_is_widened_again);
	tcase_add_test(census, a_range_of_one_parity);
	tcase_add_test(census, a_service_in_the_range);
	tcase_add_test(census, connections_that_nobody_closes);
	tcase_add_test(census, orphans_in_fin_wait2);
	tcase_add_test(census, one_of_several_does_not_accept);
	tcase_add_test(census, half_open_for_long);
	suite_add_tcase(s, census);
	tcase_add_checked_fixture(idle, make_idle, tear_down);
	tcase_add_test(idle, silent_connections_probed_late);
	tcase_add_test(idle, silent_connections_whose_programs_chose_the_time);
	tcase_add_test(idle, silent_connections_that_keep_alive_does_not_concern);
	suite_add_tcase(s, idle);
	tcase_add_checked_fixture(thin, make_thin, tear_down_thin);
	tcase_add_test(thin, thin_streams_that_stall);
	tcase_add_test(thin, thin_streams_that_do_not_stall);
	tcase_add_test(thin, thin_streams_of_old_kernels_are_not_known);
	suite_add_tcase(s, thin);
	return s;
}
