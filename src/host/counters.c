#include "host/counters.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/procfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum file_shape {
	SHAPE_PAIR,
	SHAPE_INLINE,
	SHAPE_PRESSURE,
	SHAPE_ROW,
	SHAPE_COLUMN,
	SHAPE_KEY,
	SHAPE_TABLE,
};

struct file_row {
	const char *path;
	enum source_scope scope;
	enum file_shape shape;
	unsigned int base;   /* of its numbers */
	const char *columns; /* names of the columns, '+'-separated, where the file has no names */
};

#define PATH_SNMP      "/proc/net/snmp"
#define PATH_SNMP6     "/proc/net/snmp6"
#define PATH_NETSTAT   "/proc/net/netstat"
#define PATH_SOCKSTAT  "/proc/net/sockstat"
#define PATH_SOCKSTAT6 "/proc/net/sockstat6"
#define PATH_TCP_MEM   "/proc/sys/net/ipv4/tcp_mem"
#define PATH_UDP_MEM   "/proc/sys/net/ipv4/udp_mem"
#define PATH_SOFTNET   "/proc/net/softnet_stat"
#define PATH_MEMINFO   "/proc/meminfo"
#define PATH_STAT      "/proc/stat"
#define PATH_PRESSURE  "/proc/pressure/"
#define PATH_CT	       "/proc/sys/net/netfilter/nf_conntrack_"
#define PATH_CT_STAT   "/proc/net/stat/nf_conntrack"
#define PATH_ARP       "/proc/net/stat/arp_cache"
#define PATH_NDISC     "/proc/net/stat/ndisc_cache"
#define PATH_FILE_NR   "/proc/sys/fs/file-nr"

/* Columns: softnet_seq_show() in net/core/net-procfs.c; proc(5) for stat, whose guest times are
 * contained in user and nice; proc(5) for file-nr. The neighbour tables, like tcp_mem, are the
 * initial namespace's to show. */
static const struct file_row files[COUNTER_FILES] = {
	[COUNTER_FILE_SNMP] = { PATH_SNMP, SOURCE_NETNS, SHAPE_PAIR, 10, NULL },
	[COUNTER_FILE_SNMP6] = { PATH_SNMP6, SOURCE_NETNS, SHAPE_KEY, 10, NULL },
	[COUNTER_FILE_NETSTAT] = { PATH_NETSTAT, SOURCE_NETNS, SHAPE_PAIR, 10, NULL },
	[COUNTER_FILE_SOCKSTAT] = { PATH_SOCKSTAT, SOURCE_NETNS, SHAPE_INLINE, 10, NULL },
	[COUNTER_FILE_SOCKSTAT6] = { PATH_SOCKSTAT6, SOURCE_NETNS, SHAPE_INLINE, 10, NULL },
	[COUNTER_FILE_TCP_MEM] = { PATH_TCP_MEM, SOURCE_HOST, SHAPE_COLUMN, 10,
				   "low+pressure+high" },
	[COUNTER_FILE_UDP_MEM] = { PATH_UDP_MEM, SOURCE_HOST, SHAPE_COLUMN, 10,
				   "low+pressure+high" },
	[COUNTER_FILE_SOFTNET] = { PATH_SOFTNET, SOURCE_HOST, SHAPE_COLUMN, 16,
				   "processed+dropped+time_squeeze+-+-+-+-+-+-+received_rps+"
				   "flow_limit_count" },
	[COUNTER_FILE_CONNTRACK_COUNT] = { PATH_CT "count", SOURCE_NETNS, SHAPE_COLUMN, 10,
					   "count" },
	[COUNTER_FILE_CONNTRACK_LIMIT] = { PATH_CT "max", SOURCE_NETNS, SHAPE_COLUMN, 10, "max" },
	[COUNTER_FILE_CONNTRACK_BUCKETS] = { PATH_CT "buckets", SOURCE_NETNS, SHAPE_COLUMN, 10,
					     "buckets" },
	[COUNTER_FILE_CONNTRACK_STAT] = { PATH_CT_STAT, SOURCE_NETNS, SHAPE_TABLE, 16, NULL },
	[COUNTER_FILE_ARP_CACHE] = { PATH_ARP, SOURCE_HOST, SHAPE_TABLE, 16, NULL },
	[COUNTER_FILE_NDISC_CACHE] = { PATH_NDISC, SOURCE_HOST, SHAPE_TABLE, 16, NULL },
	[COUNTER_FILE_FILE_NR] = { PATH_FILE_NR, SOURCE_HOST, SHAPE_COLUMN, 10,
				   "allocated+free+max" },
	[COUNTER_FILE_MEMINFO] = { PATH_MEMINFO, SOURCE_HOST, SHAPE_KEY, 10, NULL },
	[COUNTER_FILE_STAT] = { PATH_STAT, SOURCE_HOST, SHAPE_ROW, 10,
				"user+nice+system+idle+iowait+irq+softirq+steal" },
	[COUNTER_FILE_PSI_CPU] = { PATH_PRESSURE "cpu", SOURCE_HOST, SHAPE_PRESSURE, 10, NULL },
	[COUNTER_FILE_PSI_MEMORY] = { PATH_PRESSURE "memory", SOURCE_HOST, SHAPE_PRESSURE, 10,
				      NULL },
	[COUNTER_FILE_PSI_IO] = { PATH_PRESSURE "io", SOURCE_HOST, SHAPE_PRESSURE, 10, NULL },
};

struct counter_row {
	enum counter_file file;
	uint32_t scale; /* to the unit in counters.h */
	const char *group;
	const char *fields; /* several, '+'-separated, are summed; so are the lines of CPUs */
	const char *origin;
	bool repeated; /* every CPU's line says the same: one of them is the number */
};

#define ROW(file, path, group, fields, scale)                                \
	{                                                                    \
		file, scale, group, fields, path " " group " " fields, false \
	}
#define PLAIN_ROW(file, path, fields, scale)                    \
	{                                                       \
		file, scale, "", fields, path " " fields, false \
	}
#define SNMP(group, field)     ROW(COUNTER_FILE_SNMP, PATH_SNMP, group, field, 1)
#define NETSTAT(group, field)  ROW(COUNTER_FILE_NETSTAT, PATH_NETSTAT, group, field, 1)
#define SOCKSTAT(group, field) ROW(COUNTER_FILE_SOCKSTAT, PATH_SOCKSTAT, group, field, 1)
#define SOCKSTAT6(group)       ROW(COUNTER_FILE_SOCKSTAT6, PATH_SOCKSTAT6, group, "inuse", 1)
#define TCP_MEM(field)	       PLAIN_ROW(COUNTER_FILE_TCP_MEM, PATH_TCP_MEM, field, 1)
#define UDP_MEM(field)	       PLAIN_ROW(COUNTER_FILE_UDP_MEM, PATH_UDP_MEM, field, 1)
#define SNMP6(field)	       PLAIN_ROW(COUNTER_FILE_SNMP6, PATH_SNMP6, field, 1)
#define CT(file, field)                                                           \
	{                                                                         \
		COUNTER_FILE_CONNTRACK_##file, 1, "", field, PATH_CT field, false \
	}
#define CT_STAT(field) PLAIN_ROW(COUNTER_FILE_CONNTRACK_STAT, PATH_CT_STAT, field, 1)
#define ARP(field)     PLAIN_ROW(COUNTER_FILE_ARP_CACHE, PATH_ARP, field, 1)
#define NDISC(field)   PLAIN_ROW(COUNTER_FILE_NDISC_CACHE, PATH_NDISC, field, 1)
#define ENTRIES(file, path)                                   \
	{                                                     \
		file, 1, "", "entries", path " entries", true \
	}
#define FILE_NR(field)	PLAIN_ROW(COUNTER_FILE_FILE_NR, PATH_FILE_NR, field, 1)
#define SOFTNET(field)	PLAIN_ROW(COUNTER_FILE_SOFTNET, PATH_SOFTNET, field, 1)
#define MEMINFO(field)	PLAIN_ROW(COUNTER_FILE_MEMINFO, PATH_MEMINFO, field, 1024)
#define CPU(fields)	ROW(COUNTER_FILE_STAT, PATH_STAT, "cpu", fields, 1)
#define PSI(file, name) ROW(file, PATH_PRESSURE name, "some", "total", 1)

static const struct counter_row rows[COUNTERS] = {
	[COUNTER_TCP_ACTIVE_OPENS] = SNMP("Tcp", "ActiveOpens"),
	[COUNTER_TCP_PASSIVE_OPENS] = SNMP("Tcp", "PassiveOpens"),
	[COUNTER_TCP_ATTEMPT_FAILS] = SNMP("Tcp", "AttemptFails"),
	[COUNTER_TCP_ESTAB_RESETS] = SNMP("Tcp", "EstabResets"),
	[COUNTER_TCP_CURR_ESTAB] = SNMP("Tcp", "CurrEstab"),
	[COUNTER_TCP_IN_SEGS] = SNMP("Tcp", "InSegs"),
	[COUNTER_TCP_OUT_SEGS] = SNMP("Tcp", "OutSegs"),
	[COUNTER_TCP_RETRANS_SEGS] = SNMP("Tcp", "RetransSegs"),
	[COUNTER_TCP_IN_ERRS] = SNMP("Tcp", "InErrs"),
	[COUNTER_TCP_OUT_RSTS] = SNMP("Tcp", "OutRsts"),
	[COUNTER_UDP_IN_DATAGRAMS] = SNMP("Udp", "InDatagrams"),
	[COUNTER_UDP_OUT_DATAGRAMS] = SNMP("Udp", "OutDatagrams"),
	[COUNTER_UDP_RCVBUF_ERRORS] = SNMP("Udp", "RcvbufErrors"),
	[COUNTER_UDP_SNDBUF_ERRORS] = SNMP("Udp", "SndbufErrors"),
	[COUNTER_UDP_NO_PORTS] = SNMP("Udp", "NoPorts"),
	[COUNTER_UDP_MEM_ERRORS] = SNMP("Udp", "MemErrors"),
	[COUNTER_IP_IN_RECEIVES] = SNMP("Ip", "InReceives"),
	[COUNTER_IP_FORWARDED] = SNMP("Ip", "ForwDatagrams"),
	[COUNTER_IP6_IN_RECEIVES] = SNMP6("Ip6InReceives"),
	[COUNTER_IP6_FORWARDED] = SNMP6("Ip6OutForwDatagrams"),
	[COUNTER_UDP6_IN_DATAGRAMS] = SNMP6("Udp6InDatagrams"),
	[COUNTER_UDP6_RCVBUF_ERRORS] = SNMP6("Udp6RcvbufErrors"),
	[COUNTER_UDP6_SNDBUF_ERRORS] = SNMP6("Udp6SndbufErrors"),
	[COUNTER_UDP6_NO_PORTS] = SNMP6("Udp6NoPorts"),
	[COUNTER_UDP6_MEM_ERRORS] = SNMP6("Udp6MemErrors"),
	[COUNTER_LISTEN_OVERFLOWS] = NETSTAT("TcpExt", "ListenOverflows"),
	[COUNTER_LISTEN_DROPS] = NETSTAT("TcpExt", "ListenDrops"),
	[COUNTER_REQ_QUEUE_FULL_COOKIES] = NETSTAT("TcpExt", "TCPReqQFullDoCookies"),
	[COUNTER_REQ_QUEUE_FULL_DROP] = NETSTAT("TcpExt", "TCPReqQFullDrop"),
	[COUNTER_ORIG_DATA_SENT] = NETSTAT("TcpExt", "TCPOrigDataSent"),
	[COUNTER_FAST_RETRANS] = NETSTAT("TcpExt", "TCPFastRetrans"),
	[COUNTER_SLOW_START_RETRANS] = NETSTAT("TcpExt", "TCPSlowStartRetrans"),
	[COUNTER_TIMEOUTS] = NETSTAT("TcpExt", "TCPTimeouts"),
	[COUNTER_LOSS_PROBES] = NETSTAT("TcpExt", "TCPLossProbes"),
	[COUNTER_LOST_RETRANSMIT] = NETSTAT("TcpExt", "TCPLostRetransmit"),
	[COUNTER_SACK_RECOVERY] = NETSTAT("TcpExt", "TCPSackRecovery"),
	[COUNTER_RENO_RECOVERY] = NETSTAT("TcpExt", "TCPRenoRecovery"),
	[COUNTER_SPURIOUS_RTOS] = NETSTAT("TcpExt", "TCPSpuriousRTOs"),
	[COUNTER_DSACK_RECEIVED] = NETSTAT("TcpExt", "TCPDSACKRecv"),
	[COUNTER_SACK_REORDER] = NETSTAT("TcpExt", "TCPSACKReorder"),
	[COUNTER_PRUNE_CALLED] = NETSTAT("TcpExt", "PruneCalled"),
	[COUNTER_RCV_PRUNED] = NETSTAT("TcpExt", "RcvPruned"),
	[COUNTER_OFO_PRUNED] = NETSTAT("TcpExt", "OfoPruned"),
	[COUNTER_RCV_COLLAPSED] = NETSTAT("TcpExt", "TCPRcvCollapsed"),
	[COUNTER_RCV_QUEUE_DROP] = NETSTAT("TcpExt", "TCPRcvQDrop"),
	[COUNTER_TO_ZERO_WINDOW_ADV] = NETSTAT("TcpExt", "TCPToZeroWindowAdv"),
	[COUNTER_FROM_ZERO_WINDOW_ADV] = NETSTAT("TcpExt", "TCPFromZeroWindowAdv"),
	[COUNTER_BACKLOG_DROP] = NETSTAT("TcpExt", "TCPBacklogDrop"),
	[COUNTER_MEMORY_PRESSURES] = NETSTAT("TcpExt", "TCPMemoryPressures"),
	[COUNTER_MEMORY_PRESSURE_MS] = NETSTAT("TcpExt", "TCPMemoryPressuresChrono"),
	[COUNTER_ABORT_ON_MEMORY] = NETSTAT("TcpExt", "TCPAbortOnMemory"),
	[COUNTER_SYN_RETRANS] = NETSTAT("TcpExt", "TCPSynRetrans"),
	[COUNTER_SYNCOOKIES_SENT] = NETSTAT("TcpExt", "SyncookiesSent"),
	[COUNTER_SYNCOOKIES_RECEIVED] = NETSTAT("TcpExt", "SyncookiesRecv"),
	[COUNTER_SYNCOOKIES_FAILED] = NETSTAT("TcpExt", "SyncookiesFailed"),
	[COUNTER_TIME_WAITS] = NETSTAT("TcpExt", "TW"),
	[COUNTER_TIME_WAIT_OVERFLOW] = NETSTAT("TcpExt", "TCPTimeWaitOverflow"),
	[COUNTER_REVERSE_PATH_DROPS] = NETSTAT("TcpExt", "IPReversePathFilter"),
	[COUNTER_IN_OCTETS] = NETSTAT("IpExt", "InOctets"),
	[COUNTER_OUT_OCTETS] = NETSTAT("IpExt", "OutOctets"),
	[COUNTER_IN_CE_PACKETS] = NETSTAT("IpExt", "InCEPkts"),
	[COUNTER_SOCKETS_TCP_INUSE] = SOCKSTAT("TCP", "inuse"),
	[COUNTER_SOCKETS_TCP_ORPHAN] = SOCKSTAT("TCP", "orphan"),
	[COUNTER_SOCKETS_TCP_TIME_WAIT] = SOCKSTAT("TCP", "tw"),
	[COUNTER_SOCKETS_TCP_ALLOC] = SOCKSTAT("TCP", "alloc"),
	[COUNTER_SOCKETS_TCP_MEMORY] = SOCKSTAT("TCP", "mem"),
	[COUNTER_SOCKETS_UDP_INUSE] = SOCKSTAT("UDP", "inuse"),
	[COUNTER_SOCKETS_UDP_MEMORY] = SOCKSTAT("UDP", "mem"),
	[COUNTER_SOCKETS_TCP6_INUSE] = SOCKSTAT6("TCP6"),
	[COUNTER_SOCKETS_UDP6_INUSE] = SOCKSTAT6("UDP6"),
	[COUNTER_TCP_MEM_LOW] = TCP_MEM("low"),
	[COUNTER_TCP_MEM_PRESSURE] = TCP_MEM("pressure"),
	[COUNTER_TCP_MEM_HIGH] = TCP_MEM("high"),
	[COUNTER_UDP_MEM_PRESSURE] = UDP_MEM("pressure"),
	[COUNTER_UDP_MEM_HIGH] = UDP_MEM("high"),
	[COUNTER_SOFTNET_PROCESSED] = SOFTNET("processed"),
	[COUNTER_SOFTNET_DROPPED] = SOFTNET("dropped"),
	[COUNTER_SOFTNET_SQUEEZED] = SOFTNET("time_squeeze"),
	[COUNTER_SOFTNET_FLOW_LIMITED] = SOFTNET("flow_limit_count"),
	[COUNTER_CONNTRACK_COUNT] = CT(COUNT, "count"),
	[COUNTER_CONNTRACK_LIMIT] = CT(LIMIT, "max"),
	[COUNTER_CONNTRACK_BUCKETS] = CT(BUCKETS, "buckets"),
	[COUNTER_CONNTRACK_INSERT_FAILED] = CT_STAT("insert_failed"),
	[COUNTER_CONNTRACK_DROP] = CT_STAT("drop"),
	[COUNTER_CONNTRACK_EARLY_DROP] = CT_STAT("early_drop"),
	[COUNTER_NEIGHBOUR4_ENTRIES] = ENTRIES(COUNTER_FILE_ARP_CACHE, PATH_ARP),
	[COUNTER_NEIGHBOUR4_FULL] = ARP("table_fulls"),
	[COUNTER_NEIGHBOUR4_FORCED_GC] = ARP("forced_gc_runs"),
	[COUNTER_NEIGHBOUR4_UNRESOLVED] = ARP("unresolved_discards"),
	[COUNTER_NEIGHBOUR6_ENTRIES] = ENTRIES(COUNTER_FILE_NDISC_CACHE, PATH_NDISC),
	[COUNTER_NEIGHBOUR6_FULL] = NDISC("table_fulls"),
	[COUNTER_NEIGHBOUR6_FORCED_GC] = NDISC("forced_gc_runs"),
	[COUNTER_NEIGHBOUR6_UNRESOLVED] = NDISC("unresolved_discards"),
	[COUNTER_FILES_OPEN] = FILE_NR("allocated"),
	[COUNTER_FILES_LIMIT] = FILE_NR("max"),
	[COUNTER_MEMORY_TOTAL] = MEMINFO("MemTotal"),
	[COUNTER_MEMORY_AVAILABLE] = MEMINFO("MemAvailable"),
	[COUNTER_CPU_TOTAL] = CPU("user+nice+system+idle+iowait+irq+softirq+steal"),
	[COUNTER_CPU_IDLE] = CPU("idle+iowait"),
	[COUNTER_CPU_SOFTIRQ] = CPU("softirq"),
	[COUNTER_CPU_STEAL] = CPU("steal"),
	[COUNTER_PSI_CPU_US] = PSI(COUNTER_FILE_PSI_CPU, "cpu"),
	[COUNTER_PSI_MEMORY_US] = PSI(COUNTER_FILE_PSI_MEMORY, "memory"),
	[COUNTER_PSI_IO_US] = PSI(COUNTER_FILE_PSI_IO, "io"),
};

/* Whether `name` is one of the '+'-separated names of `list`. */
static bool list_has(const char *list, struct text_span name)
{
	while (name.len > 0) {
		const size_t len = strcspn(list, "+");

		if (len == name.len && memcmp(list, name.at, len) == 0)
			return true;
		if (list[len] == '\0')
			break;
		list += len + 1;
	}
	return false;
}

/* The nth of the '+'-separated names; empty when there are fewer. */
static struct text_span list_nth(const char *list, size_t n)
{
	for (;;) {
		const size_t len = strcspn(list, "+");

		if (n == 0)
			return (struct text_span){ .at = list, .len = len };
		if (list[len] == '\0')
			return (struct text_span){ 0 };
		list += len + 1;
		n--;
	}
}

struct reading {
	struct counters *counters;
	enum counter_file file;
	size_t begin, end;	  /* its rows are among these */
	bool malformed[COUNTERS]; /* a part of its sum was no number: the rest must not pass for it
				   */
};

static void add_value(struct reading *reading, size_t which, struct text_span text)
{
	struct counters *counters = reading->counters;
	uint64_t value;

	if (rows[which].repeated)
		counters->value[which] = 0;
	if (text_parse_u64(text.at, text.len, files[reading->file].base, &value) < 0 ||
	    __builtin_mul_overflow(value, rows[which].scale, &value) ||
	    __builtin_add_overflow(counters->value[which], value, &counters->value[which])) {
		reading->malformed[which] = true;
		return;
	}
	counters->known[which] = true;
}

static void take_field(void *arg, const struct procfile_field *field)
{
	struct reading *reading = arg;
	const char *columns = files[reading->file].columns;
	const struct text_span name = columns != NULL ? list_nth(columns, field->column)
						      : field->name;

	for (size_t i = reading->begin; i < reading->end; i++) {
		if (rows[i].file == reading->file && text_span_equal(field->group, rows[i].group) &&
		    list_has(rows[i].fields, name))
			add_value(reading, i, field->value);
	}
}

static void choose_file(struct reading *reading, enum counter_file file)
{
	reading->file = file;
	reading->begin = 0;
	reading->end = COUNTERS;
	while (reading->begin < COUNTERS && rows[reading->begin].file != file)
		reading->begin++;
	while (reading->end > reading->begin && rows[reading->end - 1].file != file)
		reading->end--;
}

static void take_file(struct reading *reading, struct text_span text)
{
	switch (files[reading->file].shape) {
	case SHAPE_PAIR:
		procfile_each_pair(text, take_field, reading);
		break;
	case SHAPE_INLINE:
		procfile_each_inline(text, ' ', take_field, reading);
		break;
	case SHAPE_PRESSURE:
		procfile_each_inline(text, '=', take_field, reading);
		break;
	case SHAPE_ROW:
		procfile_each_row(text, take_field, reading);
		break;
	case SHAPE_COLUMN:
		procfile_each_column(text, take_field, reading);
		break;
	case SHAPE_KEY:
		procfile_each_key(text, take_field, reading);
		break;
	case SHAPE_TABLE:
		procfile_each_table(text, take_field, reading);
		break;
	}
}

int counters_read(struct source *s, struct counters *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	struct counters counters = { 0 };
	struct reading reading = { .counters = &counters };

	for (size_t i = 0; i < COUNTER_FILES; i++) {
		const int r = source_read_file(s, files[i].scope, files[i].path, &content, NULL);

		if (i == 0)
			counters.time_ns = source_time_ns(s);
		if (r == -ENOMEM)
			return error_errno(e, r, files[i].path, "cannot read");
		if (r < 0) {
			(void)snprintf(counters.file_reason[i], sizeof(counters.file_reason[i]),
				       "%s: %s", files[i].path, strerror(-r));
			continue;
		}
		choose_file(&reading, (enum counter_file)i);
		take_file(&reading, procfile_text(&content));
	}
	for (size_t i = 0; i < COUNTERS; i++) {
		counters.known[i] = counters.known[i] && !reading.malformed[i];
		if (!counters.known[i])
			counters.value[i] = 0;
	}
	*ret = counters;
	return 0;
}

const char *counter_origin(enum counter c)
{
	return rows[c].origin;
}

const char *counter_reason(const struct counters *c, enum counter which, char *buf, size_t len)
{
	const char *file_reason = c->file_reason[rows[which].file];

	if (c->known[which])
		(void)snprintf(buf, len, "%s", "");
	else if (file_reason[0] != '\0')
		(void)snprintf(buf, len, "%s", file_reason);
	else
		(void)snprintf(buf, len, "%s: this kernel does not tell, or not as a number",
			       rows[which].origin);
	return buf;
}
