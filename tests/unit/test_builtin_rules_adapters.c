/* The built-in rules about network adapters, and their nearest harmless neighbours. */
#include "builtin_rules_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_builtin_rules_adapters_suite(void);

static struct link_stats link;

static void make_link(void)
{
	set_up();
	memset(&link, 0, sizeof(link));
	(void)snprintf(link.last.name, sizeof(link.last.name), "eth0");
	link.last.up = true;
	link.seconds = 10;
	link.last.hardware = (struct link_hardware){ .rings_known = true,
						     .queues_known = true,
						     .delay_known = true,
						     .xps_known = true,
						     .rx_ring = 512,
						     .rx_ring_max = 4096,
						     .queues = 2,
						     .queues_max = 8 };
	f.o->links = &link;
	f.o->link_count = 1;
	f.o->seconds = 10;
	f.o->facts.cpus = 4;
}

static void forget_link(void)
{
	f.o->links = NULL;
	f.o->link_count = 0;
	tear_down();
}

START_TEST(a_ring_that_overruns)
{
	const struct finding *finding;

	ck_assert_ptr_null(judge("NIC-01"));
	link.last.rx_missed = 1;
	finding = found("NIC-01");
	ck_assert_int_eq(finding->severity, SEVERITY_INFO);
	ck_assert_uint_eq(finding->change_count, 0);
	ck_assert_ptr_nonnull(strstr(finding->advice, "ethtool -G eth0 rx 1024"));
	ck_assert_ptr_nonnull(strstr(finding->advice, "link:eth0/channels.combined=4"));
	link.last.rx_missed = 1000;
	link.last.hardware.rx_ring = 3000;
	link.last.hardware.queues = 8;
	finding = judge("NIC-01");
	ck_assert_int_eq(finding->severity, SEVERITY_HIGH);
	ck_assert_ptr_nonnull(strstr(finding->advice, "ethtool -G eth0 rx 4096"));
	ck_assert_ptr_null(strstr(finding->advice, "channels"));
	link.last.hardware.rx_ring = 4096;
	ck_assert_ptr_nonnull(strstr(judge("NIC-01")->advice, "as large as it gets"));
	/* A driver that tells of no ring: the finding stands, without a size. */
	link.last.hardware.rings_known = false;
	ck_assert_ptr_null(strstr(judge("NIC-01")->advice, "ethtool -G"));
}
END_TEST

START_TEST(interrupts_that_wait)
{
	f.o->path_count = 1;
	f.paths[0].min_rtt_us = 499;
	link.last.hardware.rx_delay_us = 50;
	ck_assert_ptr_null(judge("NIC-03"));
	link.last.hardware.rx_delay_us = 51;
	ck_assert_ptr_nonnull(judge("NIC-03"));
	link.last.hardware.delay_adapts = true;
	ck_assert_ptr_null(judge("NIC-03"));
	link.last.hardware.delay_adapts = false;
	f.paths[0].min_rtt_us = 500; /* nobody near */
	ck_assert_ptr_null(judge("NIC-03"));
	f.o->path_count = 0;
	ck_assert_ptr_null(judge("NIC-03"));
}
END_TEST

START_TEST(queues_by_hash)
{
	link.last.tx_bytes = 1250000000; /* 1 Gbit/s */
	ck_assert_ptr_null(judge("NIC-06"));
	link.last.tx_bytes++;
	ck_assert_ptr_nonnull(judge("NIC-06"));
	link.last.hardware.xps_cpus = 1;
	ck_assert_ptr_null(judge("NIC-06"));
	link.last.hardware.xps_cpus = 0;
	link.last.hardware.queues = 1;
	ck_assert_ptr_null(judge("NIC-06"));
	link.last.hardware.queues = 2;
	link.last.hardware.xps_known = false; /* as of another namespace */
	ck_assert_ptr_null(judge("NIC-06"));
}
END_TEST

Suite *test_builtin_rules_adapters_suite(void)
{
	Suite *s = suite_create("builtin_rules_adapters");
	TCase *tc = tcase_create("adapters");

	tcase_add_checked_fixture(tc, make_link, forget_link);
	tcase_add_test(tc, a_ring_that_overruns);
	tcase_add_test(tc, interrupts_that_wait);
	tcase_add_test(tc, queues_by_hash);
	suite_add_tcase(s, tc);
	return s;
}
