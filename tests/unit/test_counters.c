#include "host/counters.h"

#include "fake_source.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_counters_suite(void);

static struct counters read_counters(struct source *s)
{
	struct counters c;

	memset(&c, 0xa5, sizeof(c));
	ck_assert_int_eq(counters_read(s, &c, NULL), 0);
	source_free(s);
	return c;
}

static struct counters read_one(const char *path, const char *content)
{
	struct source *s = fake_source_new();

	fake_source_add_file(s, path, content);
	return read_counters(s);
}

static void check_known(const struct counters *c, enum counter which, uint64_t value)
{
	ck_assert_msg(c->known[which], "%s is unknown", counter_origin(which));
	ck_assert_msg(c->value[which] == value, "%s is %llu", counter_origin(which),
		      (unsigned long long)c->value[which]);
}

static void check_unknown(const struct counters *c, enum counter which)
{
	char reason[128] = "";

	ck_assert_msg(!c->known[which], "%s is known", counter_origin(which));
	ck_assert_uint_eq(c->value[which], 0);
	ck_assert_str_ne(counter_reason(c, which, reason, sizeof(reason)), "");
}

START_TEST(every_counter_says_where_it_comes_from)
{
	for (int i = 0; i < COUNTERS; i++) {
		const char *origin = counter_origin((enum counter)i);

		ck_assert_msg(origin != NULL && strncmp(origin, "/proc/", 6) == 0, "counter %d", i);
		for (int j = 0; j < i; j++)
			ck_assert_msg(strcmp(origin, counter_origin((enum counter)j)) != 0,
				      "%s twice", origin);
	}
	ck_assert_str_eq(counter_origin(COUNTER_LISTEN_DROPS),
			 "/proc/net/netstat TcpExt ListenDrops");
	ck_assert_str_eq(counter_origin(COUNTER_PSI_IO_US), "/proc/pressure/io some total");
}
END_TEST

START_TEST(nothing_readable_is_no_error)
{
	struct source *s = fake_source_new();
	char reason[128];
	struct counters c;

	fake_source_fail_file(s, "/proc/net/netstat", -EACCES);
	c = read_counters(s);
	for (int i = 0; i < COUNTERS; i++)
		check_unknown(&c, (enum counter)i);
	for (int i = 0; i < COUNTER_FILES; i++)
		ck_assert_str_ne(c.file_reason[i], "");
	ck_assert_str_eq(counter_reason(&c, COUNTER_LISTEN_DROPS, reason, sizeof(reason)),
			 "/proc/net/netstat: Permission denied");
}
END_TEST

START_TEST(no_memory_is_an_error)
{
	struct source *s = fake_source_new();
	struct counters c = { .time_ns = 7 };
	struct error e = { 0 };

	fake_source_fail_file(s, "/proc/stat", -ENOMEM);
	ck_assert_int_eq(counters_read(s, &c, &e), -ENOMEM);
	ck_assert_uint_eq(c.time_ns, 7);
	ck_assert_int_eq(e.code, -ENOMEM);
	source_free(s);
}
END_TEST

START_TEST(snmp_is_read_by_name)
{
	const struct counters c = read_one(
		"/proc/net/snmp",
		"Ip: Forwarding InSegs\nIp: 1 99\n"
		"Tcp: MaxConn OutSegs NewField InSegs CurrEstab RetransSegs\n"
		"Tcp: -1 500 17 933 18446744073709551615 18446744073709551616\n"
		"Udp: InDatagrams OutDatagrams\nUdp: 29 30\n"
		"UdpLite: InDatagrams OutDatagrams RcvbufErrors\nUdpLite: 7 7 7\n");
	char reason[128];

	check_known(&c, COUNTER_TCP_IN_SEGS, 933);
	check_known(&c, COUNTER_TCP_OUT_SEGS, 500);
	check_known(&c, COUNTER_TCP_CURR_ESTAB, UINT64_MAX);
	check_known(&c, COUNTER_UDP_IN_DATAGRAMS, 29);
	check_unknown(&c, COUNTER_TCP_RETRANS_SEGS);  /* too large */
	check_unknown(&c, COUNTER_TCP_PASSIVE_OPENS); /* not listed */
	check_unknown(&c, COUNTER_UDP_RCVBUF_ERRORS); /* UdpLite has it, Udp has not */
	ck_assert_str_eq(c.file_reason[COUNTER_FILE_SNMP], "");
	ck_assert_ptr_nonnull(
		strstr(counter_reason(&c, COUNTER_TCP_PASSIVE_OPENS, reason, sizeof(reason)),
		       "PassiveOpens"));
	ck_assert_str_eq(counter_reason(&c, COUNTER_TCP_IN_SEGS, reason, sizeof(reason)), "");
}
END_TEST

START_TEST(numbers_that_are_none_are_unknown)
{
	static const char *const bad[] = { "-1", "1x", "+1", "0x10", "1.5", "--", "\033[0m" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct source *s = fake_source_new();
		char text[64] = "TcpExt: ListenDrops TCPTimeouts\nTcpExt: ";
		struct counters c;

		strncat(text, bad[i], 12);
		strncat(text, " 4", 3);
		fake_source_add_file(s, "/proc/net/netstat", text);
		c = read_counters(s);
		check_unknown(&c, COUNTER_LISTEN_DROPS);
		check_known(&c, COUNTER_TIMEOUTS, 4);
	}
}
END_TEST

START_TEST(a_pair_that_does_not_match_is_unknown)
{
	const struct counters c = read_one("/proc/net/netstat",
					   "TcpExt: PruneCalled ListenDrops\nTcpExt: 5\n"
					   "IpExt: InOctets OutOctets\nIpExt: 10 20\n");

	check_unknown(&c, COUNTER_PRUNE_CALLED);
	check_unknown(&c, COUNTER_LISTEN_DROPS);
	check_known(&c, COUNTER_IN_OCTETS, 10);
	check_known(&c, COUNTER_OUT_OCTETS, 20);
}
END_TEST

START_TEST(sockstat)
{
	const struct counters c = read_one("/proc/net/sockstat",
					   "sockets: used 15\n"
					   "TCP: inuse 1 orphan 2 tw 3 alloc 4 mem 377\n"
					   "UDP: inuse 5 mem -3\nUDPLITE: inuse 9\n");

	check_known(&c, COUNTER_SOCKETS_TCP_INUSE, 1);
	check_known(&c, COUNTER_SOCKETS_TCP_ORPHAN, 2);
	check_known(&c, COUNTER_SOCKETS_TCP_TIME_WAIT, 3);
	check_known(&c, COUNTER_SOCKETS_TCP_ALLOC, 4);
	check_known(&c, COUNTER_SOCKETS_TCP_MEMORY, 377);
	check_known(&c, COUNTER_SOCKETS_UDP_INUSE, 5);
	check_unknown(&c, COUNTER_SOCKETS_UDP_MEMORY);
}
END_TEST

START_TEST(sockstat6)
{
	const struct counters c = read_one("/proc/net/sockstat6",
					   "TCP6: inuse 7\nUDP6: inuse 0\nUDPLITE6: inuse 9\n"
					   "FRAG6: inuse 4 memory 0\n");

	check_known(&c, COUNTER_SOCKETS_TCP6_INUSE, 7);
	check_known(&c, COUNTER_SOCKETS_UDP6_INUSE, 0);
	check_unknown(&c, COUNTER_SOCKETS_TCP_INUSE);
}
END_TEST

START_TEST(softnet_lines_are_summed)
{
	struct counters c = read_one("/proc/net/softnet_stat",
				     "0000000d 00000001 000000ff 00000000 00000000\n"
				     "000003bb 00000000 00000001\n");

	check_known(&c, COUNTER_SOFTNET_PROCESSED, 0xd + 0x3bb);
	check_known(&c, COUNTER_SOFTNET_DROPPED, 1);
	check_known(&c, COUNTER_SOFTNET_SQUEEZED, 0x100);

	c = read_one("/proc/net/softnet_stat", "0000000d zz 1\n000003bb 5 1\n");
	check_known(&c, COUNTER_SOFTNET_PROCESSED, 0xd + 0x3bb);
	check_unknown(&c, COUNTER_SOFTNET_DROPPED); /* one CPU's part is not the sum */

	c = read_one("/proc/net/softnet_stat", "ffffffffffffffff\n1\n");
	check_unknown(&c, COUNTER_SOFTNET_PROCESSED);
}
END_TEST

START_TEST(the_hosts_own_files)
{
	struct source *s = fake_source_new();
	struct counters c;

	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/net/ipv4/tcp_mem",
				    "100\t200\t300\n");
	fake_source_add_file(s, "/proc/meminfo",
			     "MemTotal:       24684096 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\n");
	fake_source_add_file(s, "/proc/stat",
			     "cpu  1 2 4 8 16 32 64 128 256 512\ncpu0 9 9 9 9 9 9 9 9\nintr 5 6\n");
	fake_source_add_file(s, "/proc/pressure/cpu",
			     "some avg10=1.53 avg60=0.57 avg300=0.19 total=3806280\n"
			     "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
	c = read_counters(s);
	check_known(&c, COUNTER_TCP_MEM_LOW, 100);
	check_known(&c, COUNTER_TCP_MEM_PRESSURE, 200);
	check_known(&c, COUNTER_TCP_MEM_HIGH, 300);
	check_known(&c, COUNTER_MEMORY_TOTAL, UINT64_C(24684096) * 1024);
	check_known(&c, COUNTER_MEMORY_AVAILABLE, 2048);
	check_known(&c, COUNTER_CPU_TOTAL, 255); /* guest time is in user time already */
	check_known(&c, COUNTER_CPU_IDLE, 24);
	check_known(&c, COUNTER_CPU_SOFTIRQ, 64);
	check_known(&c, COUNTER_CPU_STEAL, 128);
	check_known(&c, COUNTER_PSI_CPU_US, 3806280);
	check_unknown(&c, COUNTER_PSI_MEMORY_US);
}
END_TEST

START_TEST(a_number_beyond_64_bits_of_bytes_is_unknown)
{
	const struct counters c = read_one("/proc/meminfo", "MemTotal: 18446744073709551615 kB\n");

	check_unknown(&c, COUNTER_MEMORY_TOTAL);
}
END_TEST

START_TEST(each_namespace_is_asked_for_its_own)
{
	struct source *s = fake_source_new();
	struct counters c;

	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/net/snmp", "Tcp: InSegs\nTcp: 1\n");
	fake_source_add_scoped_file(s, SOURCE_NETNS, "/proc/net/snmp", "Tcp: InSegs\nTcp: 2\n");
	fake_source_add_scoped_file(s, SOURCE_NETNS, "/proc/sys/net/ipv4/tcp_mem", "1 2 3\n");
	c = read_counters(s);
	check_known(&c, COUNTER_TCP_IN_SEGS, 2);
	check_unknown(&c, COUNTER_TCP_MEM_LOW);
	ck_assert_uint_ne(c.time_ns, 0);
}
END_TEST

START_TEST(tables_are_summed_over_cpus)
{
	const struct counters c = read_one("/proc/net/stat/nf_conntrack",
					   "entries  clashres drop insert_failed early_drop\n"
					   "000000ff 00000000 0000000a 00000001 00000000\n"
					   "000000ff 00000000 00000006 00000000 00000010\n");

	check_known(&c, COUNTER_CONNTRACK_DROP, 0x10);
	check_known(&c, COUNTER_CONNTRACK_INSERT_FAILED, 1);
	check_known(&c, COUNTER_CONNTRACK_EARLY_DROP, 0x10);
	check_unknown(&c, COUNTER_CONNTRACK_COUNT); /* another file */
}
END_TEST

START_TEST(what_every_cpu_repeats_counts_once)
{
	struct counters c = read_one("/proc/net/stat/arp_cache",
				     "entries table_fulls\n00000100 1\n00000100 2\n");

	check_known(&c, COUNTER_NEIGHBOUR4_ENTRIES, 0x100);
	check_known(&c, COUNTER_NEIGHBOUR4_FULL, 3);
	check_unknown(&c, COUNTER_NEIGHBOUR4_FORCED_GC); /* an old kernel */
	check_unknown(&c, COUNTER_NEIGHBOUR6_ENTRIES);
	c = read_one("/proc/net/stat/ndisc_cache", "entries\nxyz\n00000100\n");
	check_unknown(&c, COUNTER_NEIGHBOUR6_ENTRIES);
}
END_TEST

static const char *const torn_tables[] = {
	"entries table_fulls\n1 2\n1\n",     /* a line too short */
	"entries table_fulls\n1 2\n1 2 3\n", /* too long: which is which? */
	"entries table_fulls\n1 -2\n1 x\n",
	"table_fulls\nffffffffffffffff\n1\n",
	"table_fulls\n10000000000000000\n",
	"entries table_fulls",
	"\n1 2\n",
	"",
};

START_TEST(a_torn_table_is_unknown)
{
	const struct counters c = read_one("/proc/net/stat/arp_cache", torn_tables[_i]);

	check_unknown(&c, COUNTER_NEIGHBOUR4_FULL);
}
END_TEST

START_TEST(limits_of_the_host_and_of_the_namespace)
{
	struct source *s = fake_source_new();
	struct counters c;

	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/fs/file-nr",
				    "608\t0\t9223372036854775807\n");
	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/net/ipv4/udp_mem", "1\t2\t3\n");
	fake_source_add_scoped_file(s, SOURCE_NETNS, "/proc/sys/net/netfilter/nf_conntrack_count",
				    "77\n");
	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/net/netfilter/nf_conntrack_max",
				    "99\n");
	fake_source_add_scoped_file(s, SOURCE_NETNS, "/proc/sys/net/netfilter/nf_conntrack_buckets",
				    "many\n");
	fake_source_add_file(s, "/proc/net/snmp6",
			     "Ip6InReceives                   \t5\nUdp6SndbufErrors  7\n");
	fake_source_add_file(s, "/proc/net/softnet_stat", "1 0 0 0 0 0 0 0 0 2 b 0\n");
	c = read_counters(s);
	check_known(&c, COUNTER_FILES_OPEN, 608);
	check_known(&c, COUNTER_FILES_LIMIT, INT64_MAX);
	check_known(&c, COUNTER_UDP_MEM_PRESSURE, 2);
	check_known(&c, COUNTER_UDP_MEM_HIGH, 3);
	check_known(&c, COUNTER_CONNTRACK_COUNT, 77);
	check_unknown(&c, COUNTER_CONNTRACK_LIMIT); /* the namespace did not tell */
	check_unknown(&c, COUNTER_CONNTRACK_BUCKETS);
	check_known(&c, COUNTER_IP6_IN_RECEIVES, 5);
	check_known(&c, COUNTER_UDP6_SNDBUF_ERRORS, 7);
	check_unknown(&c, COUNTER_IP6_FORWARDED);
	check_known(&c, COUNTER_SOFTNET_FLOW_LIMITED, 0xb);
}
END_TEST

START_TEST(empty_files_are_read_and_hold_nothing)
{
	struct source *s = fake_source_new();
	struct counters c;

	fake_source_add_file(s, "/proc/net/snmp", "");
	fake_source_add_file(s, "/proc/net/softnet_stat", "");
	fake_source_add_file(s, "/proc/pressure/io", "");
	c = read_counters(s);
	check_unknown(&c, COUNTER_TCP_IN_SEGS);
	check_unknown(&c, COUNTER_SOFTNET_DROPPED);
	check_unknown(&c, COUNTER_PSI_IO_US);
	ck_assert_str_eq(c.file_reason[COUNTER_FILE_SNMP], "");
}
END_TEST

Suite *test_counters_suite(void)
{
	Suite *suite = suite_create("counters");
	TCase *tc = tcase_create("counters");

	tcase_add_test(tc, every_counter_says_where_it_comes_from);
	tcase_add_test(tc, nothing_readable_is_no_error);
	tcase_add_test(tc, no_memory_is_an_error);
	tcase_add_test(tc, snmp_is_read_by_name);
	tcase_add_test(tc, numbers_that_are_none_are_unknown);
	tcase_add_test(tc, a_pair_that_does_not_match_is_unknown);
	tcase_add_test(tc, sockstat);
	tcase_add_test(tc, sockstat6);
	tcase_add_test(tc, softnet_lines_are_summed);
	tcase_add_test(tc, the_hosts_own_files);
	tcase_add_test(tc, a_number_beyond_64_bits_of_bytes_is_unknown);
	tcase_add_test(tc, each_namespace_is_asked_for_its_own);
	tcase_add_test(tc, tables_are_summed_over_cpus);
	tcase_add_test(tc, what_every_cpu_repeats_counts_once);
	tcase_add_loop_test(tc, a_torn_table_is_unknown, 0,
			    (int)(sizeof(torn_tables) / sizeof(torn_tables[0])));
	tcase_add_test(tc, limits_of_the_host_and_of_the_namespace);
	tcase_add_test(tc, empty_files_are_read_and_hold_nothing);
	suite_add_tcase(suite, tc);
	return suite;
}
