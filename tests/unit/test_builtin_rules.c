/* The built-in rules that no test machine can be brought to break on its own: each fires on numbers
 * made by hand, proposes what it should, and stays silent beside them.
 */
#include "rules/diagnose.h"
#include "rules_fixture.h"

#include <check.h>
#include <string.h>

Suite *test_builtin_rules_suite(void);

static struct rules_fixture f;
static struct rulebook book;
static struct diagnosis d;

static void set_up(void)
{
	fixture_open(&f);
	f.o->path_count = 0;
	f.o->listener_count = 0;
	ck_assert_msg(rulebook_load_builtin(&book, &f.e) == 0, "%s", f.e.text);
}

static void tear_down(void)
{
	diagnosis_done(&d);
	rulebook_done(&book);
	fixture_close(&f);
}

static void set_counter(enum counter c, uint64_t first, uint64_t last)
{
	f.o->first.known[c] = f.o->last.known[c] = true;
	f.o->first.value[c] = first;
	f.o->last.value[c] = last;
	f.o->gauge_max[c] = last > first ? last : first;
}

static const struct finding *judge(const char *id)
{
	diagnosis_done(&d);
	d = (struct diagnosis){ 0 };
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	for (size_t i = 0; i < d.finding_count; i++) {
		if (strcmp(d.findings[i].rule->id, id) == 0)
			return &d.findings[i];
	}
	return NULL;
}

static double change_to(const struct finding *finding, const char *tunable, unsigned int element)
{
	for (size_t i = 0; i < finding->change_count; i++) {
		const struct finding_change *c = &finding->changes[i];

		if (strcmp(c->tunable->name, tunable) == 0 && c->element == element)
			return c->to.number;
	}
	return -1;
}

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
	finding = judge("MEM-01");
	ck_assert_ptr_nonnull(finding);
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
	finding = judge("MEM-01");
	ck_assert_ptr_nonnull(finding);
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
	finding = judge("BLOAT-03");
	ck_assert_ptr_nonnull(finding);
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
	finding = judge("RCV-08");
	ck_assert_ptr_nonnull(finding);
	ck_assert_uint_eq(finding->change_count, 0);
	receive_queue(3000, 9, 1);
	finding = judge("RCV-08");
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_double_eq_tol(change_to(finding, "net.ipv4.tcp_rmem", 2), 2 * 6291456.0, 1);
	set_counter(COUNTER_SOCKETS_TCP_MEMORY, 200000, 200000); /* 78 % of pressure */
	finding = judge("RCV-08");
	ck_assert_ptr_nonnull(finding);
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
	finding = judge("RCV-08");
	ck_assert_ptr_nonnull(finding);
	ck_assert_uint_eq(finding->change_count, 0);
	f.o->listener_count = 1;
	f.listeners[0] = (struct listener_stats){
		.samples = 9, .near_full_samples = 9, .queue_max = 120000, .backlog = 131072
	};
	fixture_set(&f, "net.core.somaxconn", 0, 131072);
	finding = judge("LST-02");
	ck_assert_ptr_nonnull(finding);
	ck_assert_uint_eq(finding->change_count, 0);
	fixture_set(&f, "net.core.somaxconn", 0, 128);
	finding = judge("LST-02");
	ck_assert_ptr_nonnull(finding);
	ck_assert_double_eq_tol(change_to(finding, "net.core.somaxconn", 0), 4096, 0.1);
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
	suite_add_tcase(s, c);
	return s;
}
