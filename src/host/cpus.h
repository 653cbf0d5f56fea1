/* What each CPU did: packets from /proc/net/softnet_stat, time from /proc/stat. */
#ifndef NETWRIGHT_HOST_CPUS_H
#define NETWRIGHT_HOST_CPUS_H

#include "base/error.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPU_NAME_MAX 16 /* "cpu4095" */

/* Columns of softnet_stat, by softnet_seq_show() of net/core/net-procfs.c. How many there are
 * depends on the kernel: nine at first, received_rps since 2.6.35, flow_limit_count since 3.11,
 * the backlog and the CPU's number since 5.10. */
enum softnet_column {
	SOFTNET_PROCESSED,
	SOFTNET_DROPPED,
	SOFTNET_SQUEEZED,
	SOFTNET_RECEIVED_RPS,
	SOFTNET_FLOW_LIMITED,
	SOFTNET_BACKLOG, /* gauge: packets that wait now */
	SOFTNET_COLUMNS,
};

/* Clock ticks. */
enum cpu_time { CPU_TIME_TOTAL, CPU_TIME_IDLE, CPU_TIME_SOFTIRQ, CPU_TIMES };

struct cpu_info {
	uint32_t number;
	uint64_t softnet[SOFTNET_COLUMNS];
	bool known[SOFTNET_COLUMNS];
	uint64_t time[CPU_TIMES];
	bool time_known;
};

struct cpu_table {
	struct cpu_info *cpus; /* owned, sorted by number */
	size_t count;
	char softnet_reason[96]; /* why packets are unknown; "" when read */
	char time_reason[96];	 /* why times are unknown */
};

/* Reads both files. A file that is missing or malformed leaves its numbers unknown with a reason.
 * 0 or -ENOMEM; release with cpu_table_done(). */
int cpus_read(struct source *s, struct cpu_table *ret, struct error *e);
void cpu_table_done(struct cpu_table *t);
const struct cpu_info *cpu_find(const struct cpu_table *t, uint32_t number); /* or NULL */

#endif
