/* The live half of host/processes.h: looks through /proc for processes that are close to their
 * limit of open descriptors. */
#ifndef NETWRIGHT_HOST_PROCESS_SCAN_H
#define NETWRIGHT_HOST_PROCESS_SCAN_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_near_limit {
	int pid;
	uint64_t descriptors, soft, hard; /* as in struct process_info */
	dev_t netns_dev;
	ino_t netns_ino; /* 0: nobody may know in which network namespace it is */
};

/* Initialise with {0}; release with process_scan_done() in any case. */
struct process_scan {
	struct process_near_limit *all; /* owned, of every namespace; largest share first */
	size_t count, capacity;
	uint64_t scanned, unseen; /* as in struct process_table */
	bool hidden;
};

/* Looks at every process of the host. About 15 us each where the kernel says how many descriptors
 * there are (Linux 6.2 and later), 1 us more per descriptor where they must be counted: do it once
 * for all namespaces. 0, -ENOMEM, or the errno of not being able to list /proc. */
int process_scan_read(struct process_scan *ret);
void process_scan_done(struct process_scan *s);

/* Appends what SOURCE_PROCESSES_PATH answers about the network namespace that the calling thread is
 * in. `own` says that it is our own: processes of others, whose namespace nobody may see, are taken
 * to be in it then. 0, -ENOMEM, or the errno of not being able to look at the namespace. */
int process_scan_answer(const struct process_scan *s, bool own, struct bytes *ret);

#endif
