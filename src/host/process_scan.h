/* The live half of host/processes.h: looks through /proc for processes that are close to their
 * limit of open descriptors. */
#ifndef NETWRIGHT_HOST_PROCESS_SCAN_H
#define NETWRIGHT_HOST_PROCESS_SCAN_H

#include "base/bytes.h"

#include <stdbool.h>

/* Appends what SOURCE_PROCESSES_PATH answers, about the network namespace that the calling thread
 * is in. `own` says that it is our own: processes of others, whose namespace nobody may see, are
 * taken to be in it then. About 15 us per process where the kernel says how many descriptors there
 * are (Linux 6.2 and later), 1 us more per descriptor where they must be counted. 0, -ENOMEM, or
 * the errno of not being able to list /proc. */
int process_scan(bool own, struct bytes *ret);

#endif
