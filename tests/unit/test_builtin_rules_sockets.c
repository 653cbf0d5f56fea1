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
	const struct finding *finding = judge("UDP-01");

	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_ptr_nonnull(strstr(finding->title, "unbound (812)"));
	ck_assert_double_eq_tol(change_to(finding, "net.core.rmem_default", 0), 425984, 1);
	ck_assert_uint_eq(finding->change_count, 1);
	udp.drops = 2000; /* 2 % */
	finding = judge("UDP-01");
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_HIGH);
}
END_TEST

START_TEST(udp_drops_in_a_buffer_that_rmem_max_cut)
{
	const struct finding *finding;

	udp.receive_buffer = 2 * 4194304;
	finding = judge("UDP-01");
	ck_assert_ptr_nonnull(finding);
	ck_assert_double_eq_tol(change_to(finding, "net.core.rmem_max", 0), 8388608, 1);
	ck_assert_uint_eq(finding->change_count, 1);
	fixture_set(&f, "net.core.rmem_max", 0, 212992);
	udp.receive_buffer = 2 * 212992;
	finding = judge("UDP-01");
	ck_assert_ptr_nonnull(finding);
	ck_assert_double_eq_tol(change_to(finding, "net.core.rmem_max", 0), 7500000, 1);
}
END_TEST

START_TEST(udp_drops_that_no_buffer_helps)
{
	const struct finding *finding;

	udp.near_full_samples = 11;
	finding = judge("UDP-01");
	ck_assert_ptr_nonnull(finding);
	ck_assert_uint_eq(finding->change_count, 0);
	ck_assert_ptr_nonnull(strstr(finding->advice, "reads more slowly"));
	udp.near_full_samples = 0;
	udp.receive_buffer = 65536;
	finding = judge("UDP-01");
	ck_assert_ptr_nonnull(finding);
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

Suite *test_builtin_rules_sockets_suite(void)
{
	Suite *s = suite_create("builtin_rules_sockets");
	TCase *tc = tcase_create("UDP");

	tcase_add_checked_fixture(tc, make_udp, tear_down);
	tcase_add_test(tc, udp_drops_in_a_buffer_of_the_default_size);
	tcase_add_test(tc, udp_drops_in_a_buffer_that_rmem_max_cut);
	tcase_add_test(tc, udp_drops_that_no_buffer_helps);
	tcase_add_test(tc, udp_drops_too_few_or_of_another_kind);
	suite_add_tcase(s, tc);
	return s;
}
