/* The built-in rules that no test machine can be brought to break on its own: each fires on numbers
 * made by hand, proposes what it should, and stays silent beside them.
 */
#include "builtin_rules_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_builtin_rules_suite(void);

#define GIB (1ull << 30)

/* 16 GiB, 4 KiB pages, TCP's limits at 4.6, 6.25 and 9.4 % of it as the kernel sets them. */
static void memory_of_a_server(uint64_t available_bytes)
{
	f.o->facts.memory_bytes = 16 * GIB;
	f.o->facts.page_bytes = 4096;
	set_counter(COUNTER_MEMORY_TOTAL, 16 * GIB, 16 * GIB);
	set_counter(COUNTER_MEMORY_AVAILABLE, available_bytes, available_bytes);
	set_counter(COUNTER_TCP_MEM_PRESSURE, 256000, 256000);
	set_counter(COUNTER_TCP_MEM_HIGH, 384000, 384000);
	set_counter(COUNTER_MEMORY_PRESSURES, 7, 7);
	set_counter(COUNTER_MEMORY_PRESSURE_MS, 500, 500);
	fixture_set(&f, "net.ipv4.tcp_mem", 0, 192000);
	fixture_set(&f, "net.ipv4.tcp_mem", 1, 256000);
	fixture_set(&f, "net.ipv4.tcp_mem", 2, 384000);
}

START_TEST(tcp_memory_below_pressure_is_fine)
{
	memory_of_a_server(8 * GIB);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 100000, 255000);
	ck_assert_ptr_null(judge("MEM-01"));
}
END_TEST

START_TEST(tcp_memory_pressure_asks_for_a_quarter_more)
{
	const struct finding *finding;

	memory_of_a_server(8 * GIB);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 100000, 257000);
	finding = found("MEM-01");
	ck_assert_int_eq(finding->severity, SEVERITY_HIGH);
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_mem", 2), 480000, 1);
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_mem", 1), 320000, 1);
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_mem", 0), 240000, 1);
}
END_TEST

START_TEST(a_pressure_that_has_passed_counts_as_well)
{
	memory_of_a_server(8 * GIB);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 1000, 1000);
	set_counter(COUNTER_MEMORY_PRESSURES, 7, 8);
	ck_assert_ptr_nonnull(judge("MEM-01"));
}
END_TEST

START_TEST(a_host_short_of_memory_gives_tcp_none)
{
	const struct finding *finding;

	memory_of_a_server(1 * GIB);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 257000, 257000);
	finding = found("MEM-01");
	ck_assert_uint_eq(finding->change_count, 0);
	ck_assert_ptr_nonnull(strstr(finding->advice, "short on the whole host"));
}
END_TEST

START_TEST(a_fifo_is_named_where_something_better_exists)
{
	const struct finding *finding;

	fixture_set_text(&f, "net.core.default_qdisc", "pfifo_fast");
	for (size_t i = 0; i < 8; i++)
		f.o->facts.qdisc_module[i] = AVAILABILITY_NO;
	ck_assert_ptr_null(judge("BLOAT-03"));
	for (size_t i = 0; i < 8; i++)
		f.o->facts.qdisc_module[i] = AVAILABILITY_YES;
	finding = found("BLOAT-03");
	ck_assert_int_eq(finding->severity, SEVERITY_INFO);
	ck_assert_str_eq(finding->changes[0].to.text, "fq_codel");
	fixture_set_text(&f, "net.core.default_qdisc", "fq");
	ck_assert_ptr_null(judge("BLOAT-03"));
}
END_TEST

static void receive_queue(uint64_t collapsed, uint64_t pruned, uint64_t dropped)
{
	set_counter(COUNTER_RCV_COLLAPSED, 0, collapsed);
	set_counter(COUNTER_PRUNE_CALLED, 0, pruned);
	set_counter(COUNTER_RCV_PRUNED, 0, dropped);
	set_counter(COUNTER_OFO_PRUNED, 0, 0);
	set_counter(COUNTER_RCV_QUEUE_DROP, 0, 0);
}

START_TEST(dropped_receive_queues_ask_for_more_buffer)
{
	const struct finding *finding;

	memory_of_a_server(8 * GIB);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 1000, 1000);
	receive_queue(900, 9, 0); /* below 100 and 1 per second over ten seconds */
	ck_assert_ptr_null(judge("RCV-08"));
	receive_queue(3000, 9, 0); /* compacted, nothing lost: no change */
	finding = found("RCV-08");
	ck_assert_uint_eq(finding->change_count, 0);
	receive_queue(3000, 9, 1);
	finding = found("RCV-08");
	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_rmem", 2), 2 * 6291456.0, 1);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 200000, 200000); /* 78 % of pressure */
	finding = found("RCV-08");
	ck_assert_uint_eq(finding->change_count, 0);
}
END_TEST

/* A buffer beyond what this host's memory allows, a queue beyond what is proposed at most: a
 * finding that asks for more must never propose less. */
START_TEST(what_is_large_already_is_not_lowered)
{
	const struct finding *finding;

	memory_of_a_server(8 * GIB);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 1000, 1000);
	receive_queue(3000, 9, 1);
	f.o->facts.memory_bytes = 64 << 20; /* a sixteenth is less than the 6 MiB that are set */
	finding = found("RCV-08");
	ck_assert_uint_eq(finding->change_count, 0);
	f.o->listener_count = 1;
	f.listeners[0] = (struct listener_stats){
		.samples = 9, .near_full_samples = 9, .queue_max = 120000, .backlog = 131072
	};
	fixture_set(&f, "net.core.somaxconn", 0, 131072);
	finding = found("LST-02");
	ck_assert_uint_eq(finding->change_count, 0);
	fixture_set(&f, "net.core.somaxconn", 0, 128);
	finding = found("LST-02");
	ck_assert_double_eq_tol(change_to(finding, "net.core.somaxconn", 0), 4096, 0.1);
}
END_TEST

START_TEST(a_listener_beyond_the_syn_backlog)
{
	const struct finding *finding;

	f.o->listener_count = 2; /* backlogs 511 and 4096 */
	fixture_set(&f, "net.ipv4.tcp_syncookies", 0, 0);
	fixture_set(&f, "net.ipv4.tcp_max_syn_backlog", 0, 5462); /* three quarters: 4096.5 */
	ck_assert_ptr_null(judge("LST-05"));
	fixture_set(&f, "net.ipv4.tcp_max_syn_backlog", 0, 5461);
	finding = found("LST-05");
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_max_syn_backlog", 0), 8192, 1);
	fixture_set(&f, "net.ipv4.tcp_syncookies", 0, 1);
	ck_assert_ptr_null(judge("LST-05"));
}
END_TEST

START_TEST(many_connections_with_a_large_initial_buffer)
{
	const struct finding *finding;

	memory_of_a_server(8 * GIB);
	fixture_set(&f, "net.ipv4.tcp_rmem", 1, 1048576);
	f.o->sockets = 1001;
	finding = found("RCV-09");
	ck_assert_int_eq(finding->severity, SEVERITY_LOW);
	f.o->sockets = 5000; /* 4.9 of 16 GiB */
	finding = found("RCV-09");
	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	fixture_set(&f, "net.ipv4.tcp_rmem", 1, 131072);
	ck_assert_ptr_null(judge("RCV-09"));
}
END_TEST

static void set_link(struct link_stats *link, const char *qdisc, uint64_t packets, uint64_t drops)
{
	*link = (struct link_stats){ .seconds = 10 };
	(void)snprintf(link->first.name, sizeof(link->first.name), "eth0");
	(void)snprintf(link->first.qdisc, sizeof(link->first.qdisc), "%s", qdisc);
	link->first.has_qdisc_stats = true;
	link->last = link->first;
	link->last.qdisc_packets = packets;
	link->last.qdisc_drops = drops;
}

START_TEST(drops_of_a_fifo)
{
	struct link_stats link;
	const struct finding *finding;

	f.o->links = &link;
	f.o->link_count = 1;
	set_link(&link, "pfifo_fast", 10000, 50);
	finding = found("Q-01");
	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	set_link(&link, "pfifo_fast", 100000, 50); /* 0.05 % */
	ck_assert_ptr_null(judge("Q-01"));
	set_link(&link, "pfifo_fast", 1000, 9); /* too few to tell */
	ck_assert_ptr_null(judge("Q-01"));
	set_link(&link, "fq_codel", 10000, 50); /* a signal */
	ck_assert_ptr_null(judge("Q-01"));
	set_link(&link, "tbf", 10000, 500); /* policy */
	ck_assert_ptr_null(judge("Q-01"));
}
END_TEST

START_TEST(forwarding_is_what_a_container_host_does)
{
	struct link_stats link;

	f.o->links = &link;
	f.o->link_count = 1;
	set_link(&link, "noqueue", 0, 0);
	set_counter(COUNTER_IP_FORWARDED, 0, 0);
	fixture_set(&f, "net.ipv4.ip_forward", 0, 1);
	ck_assert_ptr_nonnull(judge("RT-02"));
	(void)snprintf(link.last.kind, sizeof(link.last.kind), "bridge");
	ck_assert_ptr_null(judge("RT-02"));
}
END_TEST

START_TEST(bbr_on_a_lan)
{
	f.o->path_count = 1;
	f.paths[0].longest_sending_s = 5;
	(void)snprintf(f.paths[0].congestion, sizeof(f.paths[0].congestion), "bbr");
	f.paths[0].min_rtt_us = 1000;
	ck_assert_ptr_null(judge("CC-03"));
	f.paths[0].min_rtt_us = 900;
	ck_assert_ptr_nonnull(judge("CC-03"));
	(void)snprintf(f.paths[0].congestion, sizeof(f.paths[0].congestion), "cubic");
	ck_assert_ptr_null(judge("CC-03"));
}
END_TEST

START_TEST(an_old_receive_limit_on_a_long_fast_path)
{
	struct link_stats link;

	memory_of_a_server(8 * GIB);
	f.o->links = &link;
	f.o->link_count = 1;
	f.o->path_count = 1;
	set_link(&link, "fq_codel", 0, 0);
	f.paths[0].link = 0;
	ck_assert_ptr_null(judge("RCV-03")); /* nobody knows the link's speed */
	link.last.speed = 125e6;	     /* 1 Gbit/s x 100 ms: 12.5 MB, against 6 MiB */
	ck_assert_ptr_nonnull(judge("RCV-03"));
	f.paths[0].min_rtt_us = 10000;
	ck_assert_ptr_null(judge("RCV-03"));
}
END_TEST

Suite *test_builtin_rules_suite(void)
{
	Suite *s = suite_create("builtin_rules");
	TCase *c = tcase_create("made by hand");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, tcp_memory_below_pressure_is_fine);
	tcase_add_test(c, tcp_memory_pressure_asks_for_a_quarter_more);
	tcase_add_test(c, a_pressure_that_has_passed_counts_as_well);
	tcase_add_test(c, a_host_short_of_memory_gives_tcp_none);
	tcase_add_test(c, a_fifo_is_named_where_something_better_exists);
	tcase_add_test(c, dropped_receive_queues_ask_for_more_buffer);
	tcase_add_test(c, what_is_large_already_is_not_lowered);
	tcase_add_test(c, a_listener_beyond_the_syn_backlog);
	tcase_add_test(c, many_connections_with_a_large_initial_buffer);
	tcase_add_test(c, drops_of_a_fifo);
	tcase_add_test(c, forwarding_is_what_a_container_host_does);
	tcase_add_test(c, bbr_on_a_lan);
	tcase_add_test(c, an_old_receive_limit_on_a_long_fast_path);
	suite_add_tcase(s, c);
	return s;
}
