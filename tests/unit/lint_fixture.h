/* Lints on a host of the test's own: what it has set, what listens, its links. */
#ifndef NETWRIGHT_TESTS_UNIT_LINT_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_LINT_FIXTURE_H

#include "base/bytes.h"
#include "base/cleanup.h"
#include "fake_source.h"
#include "netlink_message.h"
#include "rules/lint.h"

#include <check.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHTOOL_ANSWER_TYPE 20 /* any id above the reserved ones: the kernel assigns it */

static struct sysctl_settings settings;
static struct facts facts;
static struct lint_report report;
static struct source *source;
static struct listener_stats listeners[2];
static size_t listener_count;
static bool listeners_unseen;

/* What Linux 6.18 with 23.5 GiB has set, and the keys of the corpus that it has. */
static const struct {
	const char *key, *value;
} host_keys[] = {
	{ "net.ipv4.tcp_timestamps", "1" },
	{ "net.ipv4.tcp_sack", "1" },
	{ "net.ipv4.tcp_dsack", "1" },
	{ "net.ipv4.tcp_window_scaling", "1" },
	{ "net.ipv4.tcp_mem", "287898\t383867\t575796" },
	{ "net.ipv4.udp_mem", "575799\t767734\t1151598" },
	{ "net.ipv4.tcp_rmem", "4096\t131072\t33554432" },
	{ "net.ipv4.tcp_wmem", "4096\t16384\t4194304" },
	{ "net.core.rmem_default", "212992" },
	{ "net.core.wmem_default", "212992" },
	{ "net.core.rmem_max", "4194304" },
	{ "net.core.wmem_max", "4194304" },
	{ "net.core.somaxconn", "4096" },
	{ "net.ipv4.tcp_syncookies", "1" },
	{ "net.ipv4.tcp_fin_timeout", "60" },
	{ "net.ipv4.tcp_max_tw_buckets", "131072" },
	{ "net.ipv4.tcp_max_orphans", "131072" },
	{ "net.ipv4.tcp_ehash_entries", "262144" },
	{ "net.core.netdev_max_backlog", "1000" },
	{ "net.core.rps_sock_flow_entries", "0" },
	{ "net.ipv4.tcp_max_syn_backlog", "2048" },
	{ "net.ipv4.tcp_syn_retries", "6" },
	{ "net.ipv4.tcp_synack_retries", "5" },
	{ "net.ipv4.tcp_retries2", "15" },
	{ "net.ipv4.tcp_keepalive_time", "7200" },
	{ "net.ipv4.tcp_no_metrics_save", "0" },
	{ "net.ipv4.tcp_moderate_rcvbuf", "1" },
	{ "net.ipv4.ip_forward", "1" },
	{ "net.ipv4.ip_local_port_range", "32768\t60999" },
	{ "net.ipv4.ip_unprivileged_port_start", "1024" },
	{ "net.ipv4.tcp_congestion_control", "cubic" },
	{ "net.core.default_qdisc", "fq_codel" },
	{ "net.ipv4.conf.all.rp_filter", "0" },
	{ "net.ipv4.tcp_ecn", "2" },
	{ "net.ipv4.tcp_rfc1337", "0" },
	{ "net.ipv4.tcp_slow_start_after_idle", "1" },
	{ "net.ipv4.tcp_abort_on_overflow", "0" },
	{ "net.netfilter.nf_conntrack_tcp_timeout_established", "432000" },
	{ "fs.file-max", "2466170" },
	{ "net.ipv4.tcp_frto", "2" },
	{ "net.ipv4.tcp_early_retrans", "3" },
	{ "net.ipv4.tcp_recovery", "1" },
	{ "net.ipv4.tcp_mtu_probing", "0" },
	{ "net.ipv4.tcp_notsent_lowat", "4294967295" },
	{ "net.core.busy_poll", "0" },
	{ "net.core.busy_read", "0" },
	{ "net.ipv4.tcp_reordering", "3" },
	{ "net.ipv4.tcp_app_win", "31" },
	{ "net.ipv4.tcp_tso_win_divisor", "3" },
	{ "net.core.high_order_alloc_disable", "0" },
	{ "net.ipv4.tcp_tw_reuse", "2" },
	{ "net.ipv4.ip_local_reserved_ports", "" },
	{ "vm.min_free_kbytes", "67584" },
	{ "kernel.pid_max", "32768" },
};

#define ROUTES                          \
	"Iface\tDestination\tGateway\n" \
	"eth0\t00000000\t0100000A\neth0\t0000000A\t00000000\n"
#define SECOND_ROUTE "wan1\t00000000\t0100000B\n"

static inline void set_in_force(const char *key, const char *value)
{
	char path[SYSCTL_KEY_MAX + 16];

	ck_assert_ptr_nonnull(sysctl_key_path(key, path, sizeof(path)));
	fake_source_add_file(source, path, value);
}

static inline void setup(void)
{
	source = fake_source_new();
	facts = (struct facts){ .kernel_major = 6,
				.kernel_minor = 18,
				.memory_bytes = 25253580800,
				.page_bytes = 4096,
				.netns_is_init = true };
	facts.congestion_module[0] = AVAILABILITY_YES;
	facts.congestion_module[1] = AVAILABILITY_YES;
	for (size_t i = 0; i < sizeof(host_keys) / sizeof(host_keys[0]); i++)
		set_in_force(host_keys[i].key, host_keys[i].value);
	fake_source_add_file(source, "/proc/net/route", ROUTES);
	fake_source_add_file(source, "/proc/net/dev", "Inter-|\n face |\n    lo: 1\n  eth0: 1\n");
	fake_source_add_file(source, "/proc/cpuinfo", "flags : fpu sse2\n");
	settings = (struct sysctl_settings){ 0 };
	report = (struct lint_report){ 0 };
	listener_count = 0;
	listeners_unseen = false;
}

static inline void teardown(void)
{
	lint_report_done(&report);
	sysctl_settings_done(&settings);
	source_free(source);
}

static inline void run(bool live)
{
	const struct lint_host host = { .settings = &settings,
					.source = source,
					.facts = &facts,
					.listeners = listeners,
					.listener_count = listener_count,
					.listeners_known = !listeners_unseen };

	lint_report_done(&report);
	ck_assert_int_eq(lint_run(&host, live, &report, NULL), 0);
}

/* Judges one text and returns the ids found, "L-06 L-30". */
static inline const char *ids_of(const char *text)
{
	static char ids[256];
	size_t len = 0;

	sysctl_settings_done(&settings);
	ck_assert_int_eq(sysctl_settings_parse(&settings, "a.conf", text, strlen(text), NULL), 0);
	run(false);
	ids[0] = '\0';
	for (size_t i = 0; i < report.count; i++)
		len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%s%s", i > 0 ? " " : "",
					report.findings[i].id);
	return ids;
}

static inline void listen_on(uint16_t port, uint32_t backlog)
{
	listeners[listener_count].port = port;
	listeners[listener_count++].backlog = backlog;
}

/* A hardware link that is up. */
static inline void add_link(uint32_t speed_mbit)
{
	const struct ifinfomsg link = { .ifi_index = 2, .ifi_flags = IFF_UP | IFF_RUNNING };
	const struct genlmsghdr modes = { .cmd = ETHTOOL_MSG_LINKMODES_GET_REPLY, .version = 1 };
	struct netlink_message m = { 0 };
	size_t nest;

	netlink_message_begin(&m, RTM_NEWLINK, &link, sizeof(link));
	netlink_message_put(&m, IFLA_IFNAME, "eth0", 5);
	netlink_message_done(&m);
	fake_source_add_datagram(source, "rtnetlink/links", m.data, m.len);
	m = (struct netlink_message){ 0 };
	netlink_message_begin(&m, ETHTOOL_ANSWER_TYPE, &modes, sizeof(modes));
	nest = netlink_message_nest(&m, ETHTOOL_A_LINKMODES_HEADER);
	netlink_message_put_u32(&m, ETHTOOL_A_HEADER_DEV_INDEX, 2);
	netlink_message_unnest(&m, nest);
	netlink_message_put_u32(&m, ETHTOOL_A_LINKMODES_SPEED, speed_mbit);
	netlink_message_done(&m);
	fake_source_add_datagram(source, "ethtool/linkmodes", m.data, m.len);
}

#endif
