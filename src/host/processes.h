/* Processes that are close to their limit of open descriptors (RLIMIT_NOFILE). Sockets are
 * descriptors: at the limit accept(2) and socket(2) fail. */
#ifndef NETWRIGHT_HOST_PROCESSES_H
#define NETWRIGHT_HOST_PROCESSES_H

#include "base/error.h"
#include "host/process_dir.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those with the largest share of their limit, and at least half of it, are kept. */
#define PROCESSES_KEPT_MAX     64u
#define PROCESSES_KEPT_PERCENT 50u

#define PROCESS_CGROUP_MAX 128

struct process_info {
	int pid;
	uint64_t descriptors; /* open */
	uint64_t soft, hard;  /* limits; UINT64_MAX: none */
	char comm[PROCESS_COMM_MAX];
	char cgroup[PROCESS_CGROUP_MAX]; /* "/system.slice/nginx.service"; "" unknown */
};

struct process_table {
	struct process_info *processes; /* owned, largest share first */
	size_t count;
	uint64_t scanned; /* processes looked at, of the whole host */
	uint64_t unseen;  /* of them, those that may not be looked into */
	bool hidden;	  /* those of other users do not even appear (hidepid of /proc) */
	bool read;	  /* false: nothing is known, see `reason` */
	char reason[96];
};

/* Reads SOURCE_PROCESSES_PATH. What cannot be read leaves *ret with a reason; 0, -ENOMEM, or
 * -EBADMSG for a malformed recording. Release with process_table_done(). */
int processes_read(struct source *s, struct process_table *ret, struct error *e);
void process_table_done(struct process_table *t);

#endif
