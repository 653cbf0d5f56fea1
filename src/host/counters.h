/* Counters and gauges of the host and of one network namespace, from files of /proc.
 *
 * Which numbers exist is a table (counters.c): each row names the file, the group and field within
 * it. A number that could not be read is unknown with a reason, never 0.
 */
#ifndef NETWRIGHT_HOST_COUNTERS_H
#define NETWRIGHT_HOST_COUNTERS_H

#include "base/error.h"
#include "host/source.h"

#include <stdbool.h>
#include <stdint.h>

enum counter {
	/* /proc/net/snmp: Tcp, Udp, Ip (IPv4) */
	COUNTER_TCP_ACTIVE_OPENS,
	COUNTER_TCP_PASSIVE_OPENS,
	COUNTER_TCP_ATTEMPT_FAILS,
	COUNTER_TCP_ESTAB_RESETS,
	COUNTER_TCP_CURR_ESTAB, /* gauge */
	COUNTER_TCP_IN_SEGS,
	COUNTER_TCP_OUT_SEGS,
	COUNTER_TCP_RETRANS_SEGS,
	COUNTER_TCP_IN_ERRS,
	COUNTER_TCP_OUT_RSTS,
	COUNTER_UDP_IN_DATAGRAMS,
	COUNTER_UDP_OUT_DATAGRAMS,
	COUNTER_UDP_RCVBUF_ERRORS,
	COUNTER_UDP_SNDBUF_ERRORS,
	COUNTER_UDP_NO_PORTS,
	COUNTER_UDP_MEM_ERRORS,
	COUNTER_IP_IN_RECEIVES,
	COUNTER_IP_FORWARDED,
	/* /proc/net/snmp6 */
	COUNTER_IP6_IN_RECEIVES,
	COUNTER_IP6_FORWARDED,
	COUNTER_UDP6_IN_DATAGRAMS,
	COUNTER_UDP6_RCVBUF_ERRORS,
	COUNTER_UDP6_SNDBUF_ERRORS,
	COUNTER_UDP6_NO_PORTS,
	COUNTER_UDP6_MEM_ERRORS,
	/* /proc/net/netstat: TcpExt, IpExt */
	COUNTER_LISTEN_OVERFLOWS,
	COUNTER_LISTEN_DROPS,
	COUNTER_REQ_QUEUE_FULL_COOKIES,
	COUNTER_REQ_QUEUE_FULL_DROP,
	COUNTER_ORIG_DATA_SENT, /* TCPOrigDataSent */
	COUNTER_FAST_RETRANS,
	COUNTER_SLOW_START_RETRANS,
	COUNTER_TIMEOUTS,
	COUNTER_LOSS_PROBES,
	COUNTER_LOST_RETRANSMIT,
	COUNTER_SACK_RECOVERY,
	COUNTER_RENO_RECOVERY,
	COUNTER_SPURIOUS_RTOS,
	COUNTER_DSACK_RECEIVED,
	COUNTER_SACK_REORDER,
	COUNTER_PRUNE_CALLED,
	COUNTER_RCV_PRUNED,
	COUNTER_OFO_PRUNED,
	COUNTER_RCV_COLLAPSED,
	COUNTER_RCV_QUEUE_DROP,
	COUNTER_TO_ZERO_WINDOW_ADV,
	COUNTER_FROM_ZERO_WINDOW_ADV,
	COUNTER_BACKLOG_DROP,
	COUNTER_MEMORY_PRESSURES,
	COUNTER_MEMORY_PRESSURE_MS, /* TCPMemoryPressuresChrono */
	COUNTER_ABORT_ON_MEMORY,
	COUNTER_SYN_RETRANS,
	COUNTER_SYNCOOKIES_SENT,
	COUNTER_SYNCOOKIES_RECEIVED,
	COUNTER_SYNCOOKIES_FAILED,
	COUNTER_TIME_WAITS, /* connections that ended in TIME-WAIT */
	COUNTER_TIME_WAIT_OVERFLOW,
	COUNTER_REVERSE_PATH_DROPS,
	COUNTER_IN_OCTETS,
	COUNTER_OUT_OCTETS,
	COUNTER_IN_CE_PACKETS,
	/* /proc/net/sockstat: gauges */
	COUNTER_SOCKETS_TCP_INUSE,
	COUNTER_SOCKETS_TCP_ORPHAN,
	COUNTER_SOCKETS_TCP_TIME_WAIT,
	COUNTER_SOCKETS_TCP_ALLOC,
	COUNTER_SOCKETS_TCP_MEMORY, /* pages, all namespaces together */
	COUNTER_SOCKETS_UDP_INUSE,
	COUNTER_SOCKETS_UDP_MEMORY, /* pages */
	/* /proc/net/sockstat6: gauges */
	COUNTER_SOCKETS_TCP6_INUSE,
	COUNTER_SOCKETS_UDP6_INUSE,
	/* /proc/sys/net/ipv4/tcp_mem of the initial namespace: gauges, pages */
	COUNTER_TCP_MEM_LOW,
	COUNTER_TCP_MEM_PRESSURE,
	COUNTER_TCP_MEM_HIGH,
	/* /proc/sys/net/ipv4/udp_mem of the initial namespace: gauges, pages */
	COUNTER_UDP_MEM_PRESSURE,
	COUNTER_UDP_MEM_HIGH,
	/* /proc/net/softnet_stat, summed over CPUs */
	COUNTER_SOFTNET_PROCESSED,
	COUNTER_SOFTNET_DROPPED,
	COUNTER_SOFTNET_SQUEEZED,
	COUNTER_SOFTNET_FLOW_LIMITED,
	/* /proc/sys/net/netfilter: gauges of the audited namespace */
	COUNTER_CONNTRACK_COUNT,
	COUNTER_CONNTRACK_LIMIT,
	COUNTER_CONNTRACK_BUCKETS,
	/* /proc/net/stat/nf_conntrack, summed over CPUs */
	COUNTER_CONNTRACK_INSERT_FAILED,
	COUNTER_CONNTRACK_DROP, /* the table was full, or memory short */
	COUNTER_CONNTRACK_EARLY_DROP,
	/* /proc/net/stat/arp_cache and ndisc_cache: one table for all namespaces */
	COUNTER_NEIGHBOUR4_ENTRIES, /* gauge */
	COUNTER_NEIGHBOUR4_FULL,
	COUNTER_NEIGHBOUR4_FORCED_GC,
	COUNTER_NEIGHBOUR4_UNRESOLVED,
	COUNTER_NEIGHBOUR6_ENTRIES, /* gauge */
	COUNTER_NEIGHBOUR6_FULL,
	COUNTER_NEIGHBOUR6_FORCED_GC,
	COUNTER_NEIGHBOUR6_UNRESOLVED,
	/* /proc/sys/fs/file-nr: gauges */
	COUNTER_FILES_OPEN,
	COUNTER_FILES_LIMIT,
	/* /proc/meminfo: gauges, bytes */
	COUNTER_MEMORY_TOTAL,
	COUNTER_MEMORY_AVAILABLE,
	/* /proc/stat, all CPUs together: clock ticks */
	COUNTER_CPU_TOTAL,
	COUNTER_CPU_IDLE, /* idle + iowait */
	COUNTER_CPU_SOFTIRQ,
	COUNTER_CPU_STEAL,
	/* /proc/pressure: microseconds of "some" stall */
	COUNTER_PSI_CPU_US,
	COUNTER_PSI_MEMORY_US,
	COUNTER_PSI_IO_US,
	COUNTERS,
};

enum counter_file {
	COUNTER_FILE_SNMP,
	COUNTER_FILE_SNMP6,
	COUNTER_FILE_NETSTAT,
	COUNTER_FILE_SOCKSTAT,
	COUNTER_FILE_SOCKSTAT6,
	COUNTER_FILE_TCP_MEM,
	COUNTER_FILE_UDP_MEM,
	COUNTER_FILE_SOFTNET,
	COUNTER_FILE_CONNTRACK_COUNT,
	COUNTER_FILE_CONNTRACK_LIMIT,
	COUNTER_FILE_CONNTRACK_BUCKETS,
	COUNTER_FILE_CONNTRACK_STAT,
	COUNTER_FILE_ARP_CACHE,
	COUNTER_FILE_NDISC_CACHE,
	COUNTER_FILE_FILE_NR,
	COUNTER_FILE_MEMINFO,
	COUNTER_FILE_STAT,
	COUNTER_FILE_PSI_CPU,
	COUNTER_FILE_PSI_MEMORY,
	COUNTER_FILE_PSI_IO,
	COUNTER_FILES,
};

struct counters {
	uint64_t time_ns; /* CLOCK_BOOTTIME when reading began */
	uint64_t value[COUNTERS];
	bool known[COUNTERS];
	char file_reason[COUNTER_FILES][96]; /* why a whole file is missing; "" when it was read */
};

/* Reads every file once. A missing or malformed file makes its numbers unknown and is no error;
 * returns 0 or -ENOMEM. */
int counters_read(struct source *s, struct counters *ret, struct error *e);

/* Where a counter comes from, for `netwright metrics` ("/proc/net/netstat TcpExt ListenDrops"). */
const char *counter_origin(enum counter c);
/* Why it is unknown in `c`; writes a sentence into buf and returns it. */
const char *counter_reason(const struct counters *c, enum counter which, char *buf, size_t len);

#endif
