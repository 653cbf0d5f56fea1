/* The table of tunables, and what can be asked of it.
 *
 * Ranges are what makes sense, not what the kernel takes: it accepts tcp_fin_timeout -5 and
 * tcp_rmem "9000000 131072 6291456" without complaint (measured on Linux 6.18).
 */
#include "tunables/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Short names for the columns below. JIFFIES: seconds that the kernel multiplies by HZ, at most
 * 1000, in an int. */
#define IP	"Documentation/networking/ip-sysctl.rst"
#define CORE	"Documentation/admin-guide/sysctl/net.rst"
#define FS	"Documentation/admin-guide/sysctl/fs.rst"
#define CT	"Documentation/networking/nf_conntrack-sysctl.rst"
#define I32	INT32_MAX
#define JIFFIES (INT32_MAX / 1000)
#define NS	TUNABLE_PER_NETNS
#define INIT	TUNABLE_INIT_ONLY
#define FULL	TUNABLE_UNDO_FULL
#define NEW	TUNABLE_UNDO_NEW_SOCKETS_ONLY

/* name, type, elements, unit, scale, minimum, maximum, ascending,
 * scope, undo, since, help, source */
const struct tunable tunables[] = {
	{ "fs.file-max", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, INT64_MAX, false, INIT, FULL, NULL,
	  "Files that all processes of the host together may have open. Sockets are files.", FS },
	{ "fs.nr_open", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 8, I32, false, INIT, FULL, NULL,
	  "Most that a process's limit on open files (RLIMIT_NOFILE) may be raised to.", FS },
	{ "net.core.busy_poll", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1e-6, 0, I32, false, INIT, FULL,
	  NULL,
	  "How long poll() and select() spin on the device queue before they sleep. Costs "
	  "a CPU per waiting thread; 0 is off.",
	  CORE },
	{ "net.core.busy_read", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1e-6, 0, I32, false, INIT, NEW,
	  NULL,
	  "How long a blocking read of a new socket spins on the device queue before it "
	  "sleeps. 0 is off.",
	  CORE },
	{ "net.core.default_qdisc", TUNABLE_TOKEN, 1, UNIT_TEXT, 1, 0, 0, false, INIT, NEW, NULL,
	  "Queueing discipline that devices get when they come up from now on. Existing "
	  "ones keep theirs.",
	  CORE },
	{ "net.core.high_order_alloc_disable", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, INIT,
	  FULL, "5.14",
	  "Fill sockets from single pages instead of larger blocks: slower, for machines whose memory is fragmented.",
	  CORE },
	{ "net.core.netdev_budget", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false, INIT, FULL,
	  NULL,
	  "Packets that one softirq round may take from all devices of a CPU before it "
	  "yields.",
	  CORE },
	{ "net.core.netdev_budget_usecs", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1e-6, 1, I32, false,
	  INIT, FULL, "4.12",
	  "Time that one softirq round may take before it yields; the sooner of this and "
	  "netdev_budget ends it.",
	  CORE },
	{ "net.core.netdev_max_backlog", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false, INIT,
	  FULL, NULL,
	  "Packets queued per CPU between receive steering (RPS, veth, loopback) and the "
	  "stack; beyond it they are dropped.",
	  CORE },
	{ "net.core.optmem_max", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 0, I32, false, NS, FULL, NULL,
	  "Ancillary memory per socket: control messages, zero-copy notifications, "
	  "attached filters.",
	  CORE },
	{ "net.core.rmem_default", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 256, I32, false, INIT, NEW,
	  NULL, "Initial receive buffer of sockets other than TCP.", CORE },
	{ "net.core.rmem_max", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 256, I32, false, INIT, NEW, NULL,
	  "Most that a program may ask for with SO_RCVBUF. Does not bound TCP's own "
	  "autotuning: tcp_rmem[2] does.",
	  CORE },
	{ "net.core.rps_sock_flow_entries", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 536870912, false,
	  INIT, FULL, NULL,
	  "Connections that receive flow steering remembers, so that packets are handled on the CPU of their reader; 0 is off.",
	  CORE },
	{ "net.core.somaxconn", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false, NS, NEW, NULL,
	  "Upper bound of a listener's accept queue. Taken when listen(2) is called: "
	  "running listeners keep theirs until they call it again.",
	  IP },
	{ "net.core.wmem_default", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 4608, I32, false, INIT, NEW,
	  NULL, "Initial send buffer of sockets other than TCP.", CORE },
	{ "net.core.wmem_max", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 4608, I32, false, INIT, NEW, NULL,
	  "Most that a program may ask for with SO_SNDBUF. Does not bound TCP's own "
	  "autotuning: tcp_wmem[2] does.",
	  CORE },
	{ "net.ipv4.conf.all.rp_filter", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 2, false, NS, FULL,
	  NULL,
	  "Drop packets whose source could not be answered: 0 never, 1 unless by the link they came from, 2 unless by any. The larger of this and the link's own counts.",
	  IP },
	{ "net.ipv4.ip_forward", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS,
	  TUNABLE_UNDO_NO, NULL,
	  "Forward packets between links. A change resets the per-link settings of IPv4 to the defaults of a router or of a host.",
	  IP },
	{ "net.ipv4.ip_local_port_range", TUNABLE_VECTOR, 2, UNIT_COUNT, 1, 1, 65535, true, NS, NEW,
	  NULL, "First and last local port for outgoing connections that did not choose one.", IP },
	{ "net.ipv4.ip_no_pmtu_disc", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 3, false, NS, NEW, NULL,
	  "Path MTU discovery: 0 on, 1 off, 2 off and ICMP ignored, 3 on with stricter checks of ICMP.",
	  IP },
	{ "net.ipv4.neigh.default.gc_thresh1", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false,
	  INIT, FULL, NULL, "Neighbours below which none is evicted. One table for all namespaces.",
	  IP },
	{ "net.ipv4.neigh.default.gc_thresh2", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false,
	  INIT, FULL, NULL, "Neighbours above which those unused for 5 s are evicted.", IP },
	{ "net.ipv4.neigh.default.gc_thresh3", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false,
	  INIT, FULL, NULL, "Most neighbours; packets to further ones are dropped.", IP },
	{ "net.ipv4.tcp_abort_on_overflow", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS,
	  FULL, NULL,
	  "Answer connections that do not fit the accept queue with a reset instead of "
	  "letting the client retry.",
	  IP },
	{ "net.ipv4.tcp_allowed_congestion_control", TUNABLE_TOKENS, 1, UNIT_TEXT, 1, 0, 0, false,
	  INIT, FULL, NULL, "Congestion controls that programs without CAP_NET_ADMIN may choose.",
	  IP },
	{ "net.ipv4.tcp_app_win", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 31, false, NS, FULL, NULL,
	  "Share of the window kept for the program, as a power of one half; 31 keeps nothing.",
	  IP },
	{ "net.ipv4.tcp_base_mss", TUNABLE_INTEGER, 1, UNIT_BYTES_PER_SEGMENT, 1, 48, 65535, false,
	  NS, FULL, NULL, "Segment size that path MTU probing starts its search from.", IP },
	{ "net.ipv4.tcp_congestion_control", TUNABLE_TOKEN, 1, UNIT_TEXT, 1, 0, 0, false, NS, NEW,
	  NULL,
	  "Congestion control of new connections that did not choose one and whose route "
	  "does not.",
	  IP },
	{ "net.ipv4.tcp_dsack", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, FULL, NULL,
	  "Tell the sender which segments arrived twice, so that it can undo needless "
	  "slow-downs.",
	  IP },
	{ "net.ipv4.tcp_early_retrans", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 4, false, NS, FULL,
	  NULL,
	  "Tail loss probe: 3 repairs a lost tail after about two round trips instead of "
	  "a timeout; 0 is off.",
	  IP },
	{ "net.ipv4.tcp_ecn", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 5, false, NS, NEW, NULL,
	  "Explicit congestion notification: 0 off, 1 asked for and accepted, 2 accepted "
	  "when the peer asks. 3 to 5 (AccECN) are refused by kernels that lack them.",
	  IP },
	{ "net.ipv4.tcp_ecn_fallback", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, NEW,
	  NULL,
	  "Try again without ECN when the network drops a connection request that asks "
	  "for it.",
	  IP },
	{ "net.ipv4.tcp_fastopen", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 1543, false, NS, NEW, NULL,
	  "Data in the opening segment, as bits: 1 client, 2 server; 4, 0x200 and 0x400 "
	  "relax the cookie.",
	  IP },
	{ "net.ipv4.tcp_fin_timeout", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1, 1, I32, false, NS, FULL,
	  NULL,
	  "How long a connection that the program has closed waits for the peer's FIN. "
	  "Does not shorten TIME-WAIT, which is 60 s always.",
	  IP },
	{ "net.ipv4.tcp_frto", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 2, false, NS, FULL, NULL,
	  "Detect timeouts that were no loss (RFC 5682) and undo them; 0 is off.", IP },
	{ "net.ipv4.tcp_keepalive_intvl", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1, 1, JIFFIES, false,
	  NS, FULL, NULL, "Time between keep-alive probes that were not answered.", IP },
	{ "net.ipv4.tcp_keepalive_probes", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, 255, false, NS,
	  FULL, NULL, "Unanswered keep-alive probes after which the connection is dropped.", IP },
	{ "net.ipv4.tcp_keepalive_time", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1, 1, JIFFIES, false, NS,
	  FULL, NULL, "Idle time after which a socket with SO_KEEPALIVE is probed.", IP },
	{ "net.ipv4.tcp_limit_output_bytes", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 1, I32, false, NS,
	  FULL, NULL,
	  "Bytes of one socket that may wait in qdisc and device (TCP small queues). Less "
	  "means less local delay, too little starves fast links.",
	  IP },
	{ "net.ipv4.tcp_max_orphans", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false, INIT, FULL,
	  NULL,
	  "Connections without a program that are kept; beyond it they are reset. A guard "
	  "against attacks: never lower it.",
	  IP },
	{ "net.ipv4.tcp_max_reordering", TUNABLE_INTEGER, 1, UNIT_SEGMENTS, 1, 1, I32, false, NS,
	  FULL, NULL,
	  "Most reordering that a connection adapts to before it takes a late segment for "
	  "a lost one.",
	  IP },
	{ "net.ipv4.tcp_max_syn_backlog", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false, NS,
	  FULL, NULL,
	  "Half-open connections remembered per listener. In force only while "
	  "tcp_syncookies is 0; otherwise the listener's own backlog is.",
	  IP },
	{ "net.ipv4.tcp_max_tw_buckets", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false, NS, FULL,
	  NULL,
	  "Connections kept in TIME-WAIT; beyond it they are forgotten at once. A guard "
	  "against attacks: never lower it.",
	  IP },
	{ "net.ipv4.tcp_mem", TUNABLE_VECTOR, 3, UNIT_PAGES, 1, 0, INT64_MAX, true, INIT, FULL,
	  NULL,
	  "Memory of all TCP sockets of the machine together: below [0] nothing is done, "
	  "at [1] buffers stop growing, at [2] allocations fail. Pages, not bytes.",
	  IP },
	{ "net.ipv4.tcp_min_rtt_wlen", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1, 0, 86400, false, NS,
	  FULL, NULL,
	  "Length of the window over which a connection's least round-trip time is kept.", IP },
	{ "net.ipv4.tcp_moderate_rcvbuf", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, FULL,
	  NULL, "Receive buffers grow with the connection's rate, up to tcp_rmem[2].", IP },
	{ "net.ipv4.tcp_mtu_probing", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 2, false, NS, FULL,
	  NULL,
	  "Search for the path's packet size: 0 never, 1 when a path swallows large "
	  "packets silently, 2 always.",
	  IP },
	{ "net.ipv4.tcp_no_metrics_save", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, FULL,
	  NULL,
	  "Do not remember a destination's round-trip time and reordering for the next "
	  "connection.",
	  IP },
	{ "net.ipv4.tcp_no_ssthresh_metrics_save", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false,
	  NS, FULL, "5.6",
	  "Do not remember a destination's slow start threshold for the next connection.", IP },
	{ "net.ipv4.tcp_notsent_lowat", TUNABLE_INTEGER, 1, UNIT_BYTES, 1, 0, 4294967295, false, NS,
	  FULL, NULL,
	  "Unsent bytes beyond which a socket no longer counts as writable: bounds the "
	  "delay in the send buffer. The default, 4294967295, is no bound.",
	  IP },
	{ "net.ipv4.tcp_orphan_retries", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 255, false, NS, FULL,
	  NULL,
	  "Retransmissions before a connection without a program is given up; 0 stands "
	  "for 8.",
	  IP },
	{ "net.ipv4.tcp_pacing_ca_ratio", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 1000, false, NS,
	  FULL, NULL,
	  "Percent of the current rate at which segments are paced in congestion "
	  "avoidance.",
	  IP },
	{ "net.ipv4.tcp_pacing_ss_ratio", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 1000, false, NS,
	  FULL, NULL, "Percent of the current rate at which segments are paced in slow start.",
	  IP },
	{ "net.ipv4.tcp_recovery", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 255, false, NS, FULL, NULL,
	  "Loss detection by time (RACK), as bits: 1 on, 2 a fixed reordering window, 4 "
	  "no duplicate-ACK threshold.",
	  IP },
	{ "net.ipv4.tcp_reordering", TUNABLE_INTEGER, 1, UNIT_SEGMENTS, 1, 1, I32, false, NS, NEW,
	  NULL,
	  "Reordering that a new connection expects before it takes a late segment for a "
	  "lost one.",
	  IP },
	{ "net.ipv4.tcp_retries2", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 255, false, NS, FULL, NULL,
	  "Retransmissions of an established connection before it is given up; 15 is "
	  "924.6 s at least, below 8 is less than RFC 1122 asks for.",
	  IP },
	{ "net.ipv4.tcp_rfc1337", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, FULL, NULL,
	  "Ignore resets in TIME-WAIT. Of little use.", IP },
	{ "net.ipv4.tcp_rmem", TUNABLE_VECTOR, 3, UNIT_BYTES, 1, 1, I32, true, NS, FULL, NULL,
	  "Receive buffer of TCP sockets: what is granted under memory pressure, initial, "
	  "and the most that autotuning grows it to.",
	  IP },
	{ "net.ipv4.tcp_rto_min_us", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1e-6, 1, I32, false, NS, NEW,
	  "6.11", "Least retransmission timeout of new connections, unless the route sets one.",
	  IP },
	{ "net.ipv4.tcp_sack", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, NEW, NULL,
	  "Selective acknowledgements: without them every burst of losses is repaired one "
	  "segment per round trip.",
	  IP },
	{ "net.ipv4.tcp_shrink_window", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, FULL,
	  "6.5",
	  "Let the offered window shrink when memory is short instead of dropping what "
	  "arrives.",
	  IP },
	{ "net.ipv4.tcp_slow_start_after_idle", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS,
	  FULL, NULL,
	  "Start over with a small congestion window after an idle of one retransmission "
	  "timeout. Without effect on bbr.",
	  IP },
	{ "net.ipv4.tcp_syn_retries", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, 127, false, NS, FULL,
	  NULL, "Retransmissions of an opening segment; 6 gives up after 131 s.", IP },
	{ "net.ipv4.tcp_synack_retries", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 255, false, NS, FULL,
	  NULL, "Retransmissions of the answer to an opening segment; 5 gives up after 63 s.", IP },
	{ "net.ipv4.tcp_syncookies", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 2, false, NS, FULL, NULL,
	  "Answer without remembering when the queue of half-open connections is full: 0 "
	  "never (drop), 1 when full, 2 always (for tests).",
	  IP },
	{ "net.ipv4.tcp_thin_linear_timeouts", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS,
	  FULL, NULL,
	  "Connections with less than four segments in flight repeat after equal, not "
	  "doubling, timeouts.",
	  IP },
	{ "net.ipv4.tcp_timestamps", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 2, false, NS, NEW, NULL,
	  "Timestamps in every segment (RFC 7323): better round-trip times, protection "
	  "against old duplicates; 2 is without a random offset.",
	  IP },
	{ "net.ipv4.tcp_tso_win_divisor", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false, NS,
	  FULL, NULL,
	  "Share of the congestion window that one large segment may take, as a divisor.", IP },
	{ "net.ipv4.tcp_tw_reuse", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, 2, false, NS, FULL, NULL,
	  "Reuse ports in TIME-WAIT for new outgoing connections: 0 never, 1 when safe by "
	  "timestamps, 2 on loopback only.",
	  IP },
	{ "net.ipv4.tcp_window_scaling", TUNABLE_BOOLEAN, 1, UNIT_COUNT, 1, 0, 1, false, NS, NEW,
	  NULL,
	  "Windows above 64 KiB (RFC 7323). Without it a connection carries at most 64 "
	  "KiB per round trip.",
	  IP },
	{ "net.ipv4.tcp_wmem", TUNABLE_VECTOR, 3, UNIT_BYTES, 1, 1, I32, true, NS, FULL, NULL,
	  "Send buffer of TCP sockets: what is granted under memory pressure, initial, "
	  "and the most that autotuning grows it to.",
	  IP },
	{ "net.ipv4.udp_mem", TUNABLE_VECTOR, 3, UNIT_PAGES, 1, 0, INT64_MAX, true, INIT, FULL,
	  NULL,
	  "Memory of all UDP sockets of the machine together: pressure begins at [1], datagrams are dropped at [2]. Pages, not bytes.",
	  IP },
	{ "net.ipv6.neigh.default.gc_thresh1", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false,
	  INIT, FULL, NULL, "As net.ipv4.neigh.default.gc_thresh1, of IPv6 neighbours.", IP },
	{ "net.ipv6.neigh.default.gc_thresh2", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 0, I32, false,
	  INIT, FULL, NULL, "As net.ipv4.neigh.default.gc_thresh2, of IPv6 neighbours.", IP },
	{ "net.ipv6.neigh.default.gc_thresh3", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false,
	  INIT, FULL, NULL, "As net.ipv4.neigh.default.gc_thresh3, of IPv6 neighbours.", IP },
	{ "net.netfilter.nf_conntrack_buckets", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false,
	  INIT, FULL, NULL, "Hash buckets of the connection tracking table, 8 bytes each.", CT },
	{ "net.netfilter.nf_conntrack_max", TUNABLE_INTEGER, 1, UNIT_COUNT, 1, 1, I32, false, INIT,
	  FULL, NULL, "Connections tracked at most; beyond it new ones are dropped.", CT },
	{ "net.netfilter.nf_conntrack_tcp_timeout_established", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1,
	  1, JIFFIES, false, NS, FULL, NULL,
	  "How long an idle established connection stays tracked.", CT },
	{ "net.netfilter.nf_conntrack_tcp_timeout_time_wait", TUNABLE_INTEGER, 1, UNIT_SECONDS, 1,
	  1, JIFFIES, false, NS, FULL, NULL, "How long a closed connection stays tracked.", CT },
};

const size_t tunable_count = sizeof(tunables) / sizeof(tunables[0]);

const struct tunable *tunable_find(const char *name)
{
	size_t low = 0, high = tunable_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, tunables[middle].name);

		if (order == 0)
			return &tunables[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *tunable_path(const struct tunable *t, char *buf, size_t len)
{
	static const char root[] = "/proc/sys/";
	int n = snprintf(buf, len, "%s%s", root, t->name);

	if (n < 0 || (size_t)n >= len)
		return NULL;
	for (char *dot = strchr(buf, '.'); dot != NULL; dot = strchr(dot, '.'))
		*dot = '/';
	return buf;
}

double tunable_from_kernel(const struct tunable *t, int64_t kernel)
{
	return (double)kernel * t->scale;
}

int64_t tunable_to_kernel(const struct tunable *t, double base)
{
	double kernel = round(base / t->scale);

	/* (double)INT64_MAX is above INT64_MAX: compare before converting back. */
	if (!(kernel > (double)t->minimum))
		return t->minimum;
	if (kernel >= (double)t->maximum)
		return t->maximum;
	return (int64_t)kernel;
}
