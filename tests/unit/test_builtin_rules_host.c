/* The built-in rules that need counters, gauges and settings alone: each fires on numbers made by
 * hand and stays silent just beside them. Every case is a change to one healthy host.
 */
#include "builtin_rules_fixture.h"

#include <check.h>
#include <string.h>

Suite *test_builtin_rules_host_suite(void);

#define SILENT	    (-1)
#define CHANGES_MAX 6
#define GIB	    (1ull << 30)

struct counter_change {
	enum counter counter;
	uint64_t first, last; /* both 0: not a change */
};

struct setting_change {
	const char *key; /* NULL: not a change */
	unsigned int element;
	double value;
};

struct host_case {
	const char *id;
	int severity; /* enum severity, or SILENT */
	struct counter_change counters[CHANGES_MAX];
	struct setting_change settings[CHANGES_MAX];
	struct setting_change proposed;
	const char *advice; /* part of it */
};

static const struct counter_change healthy_counters[] = {
	{ COUNTER_MEMORY_TOTAL, 16 * GIB, 16 * GIB },
	{ COUNTER_MEMORY_AVAILABLE, 8 * GIB, 8 * GIB },
	{ COUNTER_TCP_MEM_PRESSURE, 256000, 256000 },
	{ COUNTER_TCP_MEM_HIGH, 384000, 384000 },
	{ COUNTER_UDP_MEM_PRESSURE, 512000, 512000 },
	{ COUNTER_UDP_MEM_HIGH, 768000, 768000 },
	{ COUNTER_CONNTRACK_COUNT, 5000, 5000 },
	{ COUNTER_CONNTRACK_LIMIT, 262144, 262144 },
	{ COUNTER_CONNTRACK_BUCKETS, 65536, 65536 },
	{ COUNTER_NEIGHBOUR4_ENTRIES, 40, 40 },
	{ COUNTER_NEIGHBOUR6_ENTRIES, 40, 40 },
	{ COUNTER_FILES_OPEN, 3000, 3000 },
	{ COUNTER_FILES_LIMIT, 1000000, 1000000 },
	{ COUNTER_CPU_TOTAL, 0, 4000 },
	{ COUNTER_CPU_SOFTIRQ, 0, 40 },
	{ COUNTER_SOFTNET_PROCESSED, 0, 100000 },
	{ COUNTER_IP_IN_RECEIVES, 0, 100000 },
	{ COUNTER_IP_FORWARDED, 0, 0 },
};

static const struct setting_change healthy_settings[] = {
	{ "net.core.netdev_budget", 0, 300 },
	{ "net.core.netdev_budget_usecs", 0, 0.002 },
	{ "net.core.netdev_max_backlog", 0, 1000 },
	{ "net.ipv4.ip_forward", 0, 0 },
	{ "net.ipv4.ip_no_pmtu_disc", 0, 0 },
	{ "net.ipv4.neigh.default.gc_thresh1", 0, 128 },
	{ "net.ipv4.neigh.default.gc_thresh2", 0, 512 },
	{ "net.ipv4.neigh.default.gc_thresh3", 0, 1024 },
	{ "net.ipv4.tcp_abort_on_overflow", 0, 0 },
	{ "net.ipv4.tcp_max_orphans", 0, 65536 },
	{ "net.ipv4.tcp_max_syn_backlog", 0, 16384 },
	{ "net.ipv4.tcp_max_tw_buckets", 0, 131072 },
	{ "net.ipv4.tcp_mem", 0, 192000 },
	{ "net.ipv4.tcp_mem", 1, 256000 },
	{ "net.ipv4.tcp_mem", 2, 384000 },
	{ "net.ipv4.tcp_syncookies", 0, 1 },
	{ "net.ipv4.tcp_timestamps", 0, 1 },
	{ "net.ipv4.tcp_tw_reuse", 0, 2 },
	{ "net.ipv4.tcp_wmem", 0, 4096 },
	{ "net.ipv4.tcp_wmem", 1, 16384 },
	{ "net.ipv4.tcp_wmem", 2, 4194304 },
	{ "net.ipv4.udp_mem", 0, 384000 },
	{ "net.ipv4.udp_mem", 1, 512000 },
	{ "net.ipv4.udp_mem", 2, 768000 },
	{ "net.ipv6.neigh.default.gc_thresh1", 0, 128 },
	{ "net.ipv6.neigh.default.gc_thresh2", 0, 512 },
	{ "net.ipv6.neigh.default.gc_thresh3", 0, 1024 },
	{ "net.netfilter.nf_conntrack_buckets", 0, 65536 },
	{ "net.netfilter.nf_conntrack_max", 0, 262144 },
	{ "net.netfilter.nf_conntrack_tcp_timeout_established", 0, 432000 },
	{ "fs.file-max", 0, 1000000 },
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void make_healthy(void)
{
	set_up();
	f.o->facts.page_bytes = 4096;
	f.o->facts.memory_bytes = 16 * GIB;
	for (int i = 0; i < COUNTERS; i++)
		set_counter((enum counter)i, 0, 0);
	for (size_t i = 0; i < COUNT_OF(healthy_counters); i++)
		set_counter(healthy_counters[i].counter, healthy_counters[i].first,
			    healthy_counters[i].last);
	for (size_t i = 0; i < COUNT_OF(healthy_settings); i++)
		fixture_set(&f, healthy_settings[i].key, healthy_settings[i].element,
			    healthy_settings[i].value);
}

/* Of ten seconds. */
static const struct host_case cases[] = {
	{ "LST-03", SEVERITY_MEDIUM,
	  /* a flood */ .counters = { { COUNTER_REQ_QUEUE_FULL_COOKIES, 0, 21 },
				      { COUNTER_SYNCOOKIES_SENT, 0, 21 } },
	  .advice = "SYN flood" },
	{ "LST-03", SEVERITY_MEDIUM,
	  /* a burst of clients */ .counters = { { COUNTER_REQ_QUEUE_FULL_COOKIES, 0, 100 },
						 { COUNTER_SYNCOOKIES_SENT, 0, 100 },
						 { COUNTER_SYNCOOKIES_RECEIVED, 0, 90 } },
	  .advice = "real clients in a burst" },
	{ "LST-03", SILENT,
	  .counters = { { COUNTER_REQ_QUEUE_FULL_COOKIES, 0, 10 },
			{ COUNTER_SYNCOOKIES_SENT, 0, 10 } } },
	{ "LST-04", SEVERITY_MEDIUM,
	  .counters = { { COUNTER_REQ_QUEUE_FULL_DROP, 0, 1 }, { COUNTER_LISTEN_DROPS, 0, 1 } },
	  .settings = { { "net.ipv4.tcp_syncookies", 0, 0 } },
	  .proposed = { "net.ipv4.tcp_syncookies", 0, 1 } },
	{ "LST-04", SEVERITY_HIGH,
	  /* of the last quarter of the backlog */ .counters = { { COUNTER_LISTEN_DROPS, 0, 50 },
								 { COUNTER_LISTEN_OVERFLOWS, 0,
								   10 } },
	  .settings = { { "net.ipv4.tcp_syncookies", 0, 0 } } },
	{ "LST-04", SILENT,
	  /* the accept queue overflows: LST-01 */ .counters = { { COUNTER_LISTEN_DROPS, 0, 50 },
								 { COUNTER_LISTEN_OVERFLOWS, 0,
								   50 } },
	  .settings = { { "net.ipv4.tcp_syncookies", 0, 0 } } },
	{ "LST-04", SILENT, .counters = { { COUNTER_LISTEN_DROPS, 0, 50 } } },
	{ "LST-06", SEVERITY_LOW, .settings = { { "net.ipv4.tcp_abort_on_overflow", 0, 1 } } },
	{ "LST-06", SEVERITY_MEDIUM, .counters = { { COUNTER_LISTEN_OVERFLOWS, 0, 1 } },
	  .settings = { { "net.ipv4.tcp_abort_on_overflow", 0, 1 } },
	  .proposed = { "net.ipv4.tcp_abort_on_overflow", 0, 0 } },
	{ "TW-01", SEVERITY_INFO,
	  .counters = { { COUNTER_SOCKETS_TCP_TIME_WAIT, 60000, 70000 },
			{ COUNTER_TCP_PASSIVE_OPENS, 0, 12000 } } },
	{ "TW-01", SILENT,
	  /* a client */ .counters = { { COUNTER_SOCKETS_TCP_TIME_WAIT, 20000, 20000 },
				       { COUNTER_TCP_ACTIVE_OPENS, 0, 12000 } } },
	{ "TW-01", SILENT,
	  /* TW-02 says it */ .counters = { { COUNTER_SOCKETS_TCP_TIME_WAIT, 131000, 131000 },
					    { COUNTER_TCP_PASSIVE_OPENS, 0, 12000 } } },
	{ "TW-02", SEVERITY_MEDIUM,
	  .counters = { { COUNTER_TIME_WAIT_OVERFLOW, 7, 8 },
			{ COUNTER_SOCKETS_TCP_TIME_WAIT, 9, 9 } },
	  .settings = { { "net.ipv4.tcp_max_tw_buckets", 0, 10 } },
	  .proposed = { "net.ipv4.tcp_max_tw_buckets", 0, 32768 } },
	{ "TW-02", SEVERITY_LOW, .counters = { { COUNTER_SOCKETS_TCP_TIME_WAIT, 118000, 118000 } },
	  .proposed = { "net.ipv4.tcp_max_tw_buckets", 0, 262144 } },
	{ "TW-02", SILENT, .counters = { { COUNTER_SOCKETS_TCP_TIME_WAIT, 117000, 117000 } } },
	{ "TW-02", SILENT, .counters = { { COUNTER_TIME_WAIT_OVERFLOW, 7, 7 } } },
	{ "TW-03", SEVERITY_INFO,
	  .counters = { { COUNTER_TCP_PASSIVE_OPENS, 0, 1000 },
			{ COUNTER_TCP_ACTIVE_OPENS, 0, 9 } },
	  .settings = { { "net.ipv4.tcp_tw_reuse", 0, 1 } },
	  .proposed = { "net.ipv4.tcp_tw_reuse", 0, 2 } },
	{ "TW-03", SILENT,
	  .counters = { { COUNTER_TCP_PASSIVE_OPENS, 0, 1000 },
			{ COUNTER_TCP_ACTIVE_OPENS, 0, 10 } },
	  .settings = { { "net.ipv4.tcp_tw_reuse", 0, 1 } } },
	{ "TW-04", SEVERITY_LOW,
	  .settings = { { "net.ipv4.tcp_tw_reuse", 0, 1 }, { "net.ipv4.tcp_timestamps", 0, 0 } },
	  .proposed = { "net.ipv4.tcp_timestamps", 0, 1 } },
	{ "TW-04", SILENT, .settings = { { "net.ipv4.tcp_tw_reuse", 0, 1 } } },
	{ "ORPH-01", SEVERITY_MEDIUM, .counters = { { COUNTER_SOCKETS_TCP_ORPHAN, 32800, 32800 } },
	  .proposed = { "net.ipv4.tcp_max_orphans", 0, 65536 } }, /* a quarter of memory */
	{ "ORPH-01", SEVERITY_INFO, .counters = { { COUNTER_SOCKETS_TCP_ORPHAN, 16384, 16384 } } },
	{ "ORPH-01", SILENT, .counters = { { COUNTER_SOCKETS_TCP_ORPHAN, 16383, 16383 } } },
	{ "SYNRTX-01", SEVERITY_LOW,
	  .counters = { { COUNTER_TCP_ACTIVE_OPENS, 0, 200 }, { COUNTER_SYN_RETRANS, 0, 9 } } },
	{ "SYNRTX-01", SILENT,
	  .counters = { { COUNTER_TCP_ACTIVE_OPENS, 0, 200 }, { COUNTER_SYN_RETRANS, 0, 4 } } },
	{ "SYNRTX-01", SILENT, /* a server's answers are in the same counter */
	  .counters = { { COUNTER_TCP_ACTIVE_OPENS, 0, 200 },
			{ COUNTER_TCP_PASSIVE_OPENS, 0, 10 },
			{ COUNTER_SYN_RETRANS, 0, 90 } } },
	{ "MEM-02", SEVERITY_HIGH, .counters = { { COUNTER_ABORT_ON_MEMORY, 3, 4 } } },
	{ "MEM-02", SEVERITY_CRITICAL, .counters = { { COUNTER_ABORT_ON_MEMORY, 3, 40 } } },
	{ "MEM-02", SILENT, .counters = { { COUNTER_ABORT_ON_MEMORY, 3, 3 } } },
	{ "MEM-03", SEVERITY_HIGH, .settings = { { "net.ipv4.tcp_mem", 2, 8388608 } },
	  .proposed = { "net.ipv4.tcp_mem", 2, 393007 } },
	{ "MEM-03", SILENT, .settings = { { "net.ipv4.tcp_mem", 2, 3774000 } } },
	{ "MEM-05", SEVERITY_MEDIUM, .counters = { { COUNTER_SOCKETS_UDP_MEMORY, 0, 460800 } },
	  .proposed = { "net.ipv4.udp_mem", 2, 768000 } }, /* more than a tenth of memory */
	{ "MEM-05", SEVERITY_MEDIUM, .counters = { { COUNTER_UDP6_MEM_ERRORS, 0, 1 } } },
	{ "MEM-05", SILENT, .counters = { { COUNTER_SOCKETS_UDP_MEMORY, 0, 460000 } } },
	{ "UDP-02", SEVERITY_INFO, .counters = { { COUNTER_UDP_SNDBUF_ERRORS, 0, 1 } } },
	{ "UDP-02", SEVERITY_LOW, .counters = { { COUNTER_UDP_SNDBUF_ERRORS, 0, 101 } } },
	{ "UDP-02", SEVERITY_INFO, .counters = { { COUNTER_UDP6_SNDBUF_ERRORS, 0, 1 } } },
	{ "UDP-02", SILENT, .counters = { { COUNTER_UDP_SNDBUF_ERRORS, 9, 9 } } },
	{ "UDP-03", SEVERITY_INFO, .counters = { { COUNTER_UDP_NO_PORTS, 0, 1001 } } },
	{ "UDP-03", SILENT, .counters = { { COUNTER_UDP_NO_PORTS, 0, 1000 } } },
	{ "CT-01", SEVERITY_CRITICAL,
	  .counters = { { COUNTER_CONNTRACK_COUNT, 262144, 262144 },
			{ COUNTER_CONNTRACK_DROP, 0, 1 } },
	  .proposed = { "net.netfilter.nf_conntrack_max", 0, 524288 }, .advice = "notrack" },
	{ "CT-01", SEVERITY_MEDIUM, .counters = { { COUNTER_CONNTRACK_COUNT, 224000, 224000 } } },
	{ "CT-01", SEVERITY_HIGH, .counters = { { COUNTER_CONNTRACK_COUNT, 1, 250000 } } },
	{ "CT-01", SILENT, .counters = { { COUNTER_CONNTRACK_COUNT, 222000, 222000 } } },
	{ "CT-02", SEVERITY_INFO,
	  .counters = { { COUNTER_CONNTRACK_COUNT, 65540, 65540 },
			{ COUNTER_CONNTRACK_BUCKETS, 16384, 16384 } },
	  .proposed = { "net.netfilter.nf_conntrack_buckets", 0, 131072 } },
	{ "CT-02", SILENT,
	  .counters = { { COUNTER_CONNTRACK_COUNT, 65536, 65536 },
			{ COUNTER_CONNTRACK_BUCKETS, 16384, 16384 } } },
	{ "NB-01", SEVERITY_MEDIUM,
	  .counters = { { COUNTER_NEIGHBOUR4_ENTRIES, 820, 820 },
			{ COUNTER_NEIGHBOUR4_FORCED_GC, 0, 11 } },
	  .proposed = { "net.ipv4.neigh.default.gc_thresh3", 0, 4096 } },
	{ "NB-01", SEVERITY_LOW, .counters = { { COUNTER_NEIGHBOUR4_ENTRIES, 820, 820 } },
	  .proposed = { "net.ipv4.neigh.default.gc_thresh2", 0, 2048 } },
	{ "NB-01", SEVERITY_HIGH,
	  .counters = { { COUNTER_NEIGHBOUR4_FULL, 0, 1 },
			{ COUNTER_NEIGHBOUR4_ENTRIES, 1024, 1024 } },
	  .proposed = { "net.ipv4.neigh.default.gc_thresh1", 0, 512 } },
	{ "NB-01", SILENT,
	  .counters = { { COUNTER_NEIGHBOUR4_ENTRIES, 819, 819 },
			{ COUNTER_NEIGHBOUR6_FULL, 0, 9 } } },
	{ "V6-01", SEVERITY_HIGH,
	  .counters = { { COUNTER_NEIGHBOUR6_FULL, 0, 1 },
			{ COUNTER_NEIGHBOUR6_ENTRIES, 1024, 1024 } },
	  .proposed = { "net.ipv6.neigh.default.gc_thresh3", 0, 4096 } },
	{ "V6-01", SILENT,
	  .counters = { { COUNTER_NEIGHBOUR6_ENTRIES, 819, 819 },
			{ COUNTER_NEIGHBOUR4_FULL, 0, 9 } } },
	{ "FD-01", SEVERITY_HIGH, .counters = { { COUNTER_FILES_OPEN, 900000, 900000 } },
	  .proposed = { "fs.file-max", 0, 1677721 } }, /* 10 KiB each */
	{ "FD-01", SEVERITY_CRITICAL, .counters = { { COUNTER_FILES_OPEN, 951000, 951000 } } },
	{ "FD-01", SILENT, .counters = { { COUNTER_FILES_OPEN, 899000, 899000 } } },
	{ "CPU-01", SEVERITY_INFO, .counters = { { COUNTER_SOFTNET_DROPPED, 0, 1 } },
	  .proposed = { "net.core.netdev_max_backlog", 0, 2000 } },
	{ "CPU-01", SEVERITY_HIGH, .counters = { { COUNTER_SOFTNET_DROPPED, 0, 201 } } },
	{ "CPU-01", SEVERITY_HIGH,
	  /* a CPU is at its end: no longer queue */ .counters = { { COUNTER_SOFTNET_DROPPED, 0,
								     201 },
								   { COUNTER_CPU_SOFTIRQ, 0,
								     900 } },
	  .advice = "Spread the packets" },
	{ "CPU-01", SILENT, .counters = { { COUNTER_SOFTNET_DROPPED, 201, 201 } } },
	{ "CPU-02", SEVERITY_LOW,
	  .counters = { { COUNTER_SOFTNET_SQUEEZED, 0, 102 }, { COUNTER_SOFTNET_DROPPED, 0, 1 } },
	  .proposed = { "net.core.netdev_budget", 0, 600 } },
	{ "CPU-02", SILENT,
	  .counters = { { COUNTER_SOFTNET_SQUEEZED, 0, 102 } } }, /* nothing was lost */
	{ "CPU-02", SILENT,
	  .counters = { { COUNTER_SOFTNET_SQUEEZED, 0, 100 }, { COUNTER_SOFTNET_DROPPED, 0, 1 } } },
	{ "MTU-03", SEVERITY_LOW, .settings = { { "net.ipv4.ip_no_pmtu_disc", 0, 1 } },
	  .proposed = { "net.ipv4.ip_no_pmtu_disc", 0, 0 } },
	{ "MTU-03", SILENT, .settings = { { "net.ipv4.ip_no_pmtu_disc", 0, 3 } } },
	{ "RT-01", SEVERITY_INFO,
	  .counters = { { COUNTER_IP_FORWARDED, 0, 95000 }, { COUNTER_REVERSE_PATH_DROPS, 0, 3 } },
	  .advice = "rp_filter" },
	{ "RT-01", SILENT, .counters = { { COUNTER_IP_FORWARDED, 0, 1000 } } },
	{ "RT-02", SEVERITY_INFO, .settings = { { "net.ipv4.ip_forward", 0, 1 } } },
	{ "RT-02", SILENT, .counters = { { COUNTER_IP_FORWARDED, 3, 3 } },
	  .settings = { { "net.ipv4.ip_forward", 0, 1 } } },
	{ "RCV-09", SILENT, .settings = { { "net.ipv4.tcp_rmem", 1, 1048576 } } },
	{ "SND-04", SEVERITY_LOW, .settings = { { "net.ipv4.tcp_wmem", 2, 1048576 } },
	  .proposed = { "net.ipv4.tcp_wmem", 2, 4194304 } },
	{ "SND-04", SILENT, .counters = { { COUNTER_MEMORY_TOTAL, GIB / 2, GIB / 2 } },
	  .settings = { { "net.ipv4.tcp_wmem", 2, 1048576 } } },
};

static void apply_changes(const struct host_case *c)
{
	for (int i = 0; i < CHANGES_MAX; i++) {
		const struct counter_change *counter = &c->counters[i];
		const struct setting_change *setting = &c->settings[i];

		if (counter->first > 0 || counter->last > 0)
			set_counter(counter->counter, counter->first, counter->last);
		if (setting->key != NULL)
			fixture_set(&f, setting->key, setting->element, setting->value);
	}
}

/* A proposal equal to what is set is none. */
static void check_proposal(const struct finding *finding, const struct setting_change *proposed)
{
	double present = tunable_value_of(&f.settings, tunable_find(proposed->key))
				 ->element[proposed->element]
				 .number;
	double to = change_to(finding, proposed->key, proposed->element);

	if (proposed->value <= present && proposed->value >= present)
		ck_assert_double_eq(to, -1);
	else
		ck_assert_double_eq_tol(to, proposed->value, 2);
}

START_TEST(fires_or_stays_silent)
{
	const struct host_case *c = &cases[_i];
	const struct finding *finding;

	apply_changes(c);
	finding = judge(c->id);
	if (c->severity == SILENT) {
		ck_assert_msg(finding == NULL, "case %d: %s must be silent", _i, c->id);
		return;
	}
	ck_assert_msg(finding != NULL, "case %d: %s is missing", _i, c->id);
	ck_assert_msg((int)finding->severity == c->severity, "case %d: %s is %s", _i, c->id,
		      severity_name(finding->severity));
	if (c->proposed.key != NULL)
		check_proposal(finding, &c->proposed);
	if (c->advice != NULL)
		ck_assert_msg(strstr(finding->advice, c->advice) != NULL, "%s: %s", c->id,
			      finding->advice);
}
END_TEST

START_TEST(a_healthy_host_hears_nothing)
{
	(void)judge("");
	for (size_t i = 0; i < d.finding_count; i++)
		ck_abort_msg("%s on a healthy host", d.findings[i].rule->id);
}
END_TEST

START_TEST(what_is_unknown_is_no_finding)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		ck_assert_msg(judge(cases[i].id) == NULL, "%s out of nothing", cases[i].id);
}
END_TEST

START_TEST(without_connection_tracking_nothing_is_unjudged)
{
	static const enum counter absent[] = {
		COUNTER_CONNTRACK_COUNT, COUNTER_CONNTRACK_LIMIT,    COUNTER_CONNTRACK_BUCKETS,
		COUNTER_CONNTRACK_DROP,	 COUNTER_NEIGHBOUR6_ENTRIES, COUNTER_NEIGHBOUR6_FULL
	};

	for (size_t i = 0; i < COUNT_OF(absent); i++)
		f.o->first.known[absent[i]] = f.o->last.known[absent[i]] = false;
	ck_assert_ptr_null(judge("CT-01"));
	for (size_t i = 0; i < d.unjudged_count; i++) {
		const char *id = d.unjudged[i].rule->id;

		ck_assert_msg(strncmp(id, "CT-", 3) != 0 && strcmp(id, "V6-01") != 0, "%s", id);
	}
}
END_TEST

Suite *test_builtin_rules_host_suite(void)
{
	Suite *s = suite_create("builtin_rules_host");
	TCase *healthy = tcase_create("a healthy host, changed");
	TCase *unknown = tcase_create("nothing known");

	tcase_add_checked_fixture(healthy, make_healthy, tear_down);
	tcase_add_loop_test(healthy, fires_or_stays_silent, 0, (int)COUNT_OF(cases));
	tcase_add_test(healthy, a_healthy_host_hears_nothing);
	tcase_add_test(healthy, without_connection_tracking_nothing_is_unjudged);
	suite_add_tcase(s, healthy);
	tcase_add_checked_fixture(unknown, set_up, tear_down);
	tcase_add_test(unknown, what_is_unknown_is_no_finding);
	suite_add_tcase(s, unknown);
	return s;
}
