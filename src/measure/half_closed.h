/* Connections that the peer has closed and the program has not (CLOSE-WAIT), by program. */
#ifndef NETWRIGHT_MEASURE_HALF_CLOSED_H
#define NETWRIGHT_MEASURE_HALF_CLOSED_H

#include "host/cgroup.h"
#include "host/owners.h"
#include "measure/flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Remembered of the first and of the last sample, 4 bytes each. */
#define HALF_CLOSED_MAX 65536u
/* From so many on the processes are looked up, at 7 us for each descriptor of the host. */
#define HALF_CLOSED_NOTABLE 100u
#define OWNERS_KEPT	    16u

struct owner_stats {
	int pid;
	uint32_t close_wait;	  /* at the last sample */
	uint32_t close_wait_kept; /* of them, those that the first sample saw as well */
	char process[FLOW_PROCESS_MAX];
	char cgroup[CGROUP_PATH_MAX]; /* "" unknown */
};

/* The inodes of one sample. Initialise with {0}. */
struct half_closed {
	uint32_t *inodes; /* owned */
	size_t count, capacity;
	uint32_t total;	 /* beyond HALF_CLOSED_MAX, and those that no process holds, as well */
	uint32_t orphan; /* of them, those without a process: never accepted */
};

void half_closed_done(struct half_closed *h);
int half_closed_add(struct half_closed *h, uint32_t inode); /* 0 or -ENOMEM */
/* Sorts it; to be called once, when all were added. */
void half_closed_sort(struct half_closed *h);
/* How many of the sorted `last` are in the sorted `first` too. */
uint32_t half_closed_kept(const struct half_closed *first, const struct half_closed *last);
/* Those of `last` that no process of `owners` holds, as if one other did. */
struct owner_stats half_closed_unheld(const struct half_closed *first,
				      const struct half_closed *last,
				      const struct owner_table *owners);
/* By process, most first, at most OWNERS_KEPT; without control groups. 0 or -ENOMEM. */
int half_closed_owners(const struct half_closed *first, const struct half_closed *last,
		       const struct owner_table *owners, struct owner_stats **ret,
		       size_t *ret_count);

#endif
