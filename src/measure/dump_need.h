/* Whether sockets need to be dumped at all.
 *
 * A dump of TCP walks the table of all network namespaces together, whatever it finds: 0.5 ms where
 * it is empty, 13 ms with 100 000 connections in another namespace (Linux 6.18, 2-CPU virtual
 * machine). Most namespaces of a host with containers have no sockets of one family, or none.
 */
#ifndef NETWRIGHT_MEASURE_DUMP_NEED_H
#define NETWRIGHT_MEASURE_DUMP_NEED_H

#include "host/counters.h"
#include "host/sockdiag.h"

#include <stdbool.h>

/* False when the counters of this sample say that there is no such socket of AF_INET or AF_INET6.
 *
 * What the kernel counts in `inuse` are those in its tables, in any state but TIME-WAIT: what is
 * half open has a listener, and what waits in FIN-WAIT-2 without a process is counted among those
 * in TIME-WAIT, of both families together (__inet_hash(), inet_twsk_hashdance_schedule()). Where a
 * counter is not known, it is needed. */
bool dump_is_needed(const struct counters *c, enum socket_dump what, int af_family);

#endif
