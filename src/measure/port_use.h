/* How many local ports the connections to each destination take.
 *
 * A connection is told from others by its four ends: those from one local address to one remote
 * address and port differ in the local port alone, so that there can be as many as the kernel has
 * ports to give. Connections that came in are left out: they all share the port that listens.
 */
#ifndef NETWRIGHT_MEASURE_PORT_USE_H
#define NETWRIGHT_MEASURE_PORT_USE_H

#include "host/address.h"
#include "host/cgroup.h"
#include "host/port_range.h"
#include "host/sockdiag.h"
#include "measure/flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Destinations counted at a time, 64 bytes each. When there are more, those with fewest ports are
 * forgotten until half is free; what is left was counted right, or too low by what was forgotten
 * of it. */
#define PORT_USE_MAX 16384u
/* Handed over, those with most ports first. With the default range 64 that are seven tenths full
 * are more than a million connections. */
#define PORT_USE_KEPT 64u

struct peer_stats {
	struct address local, remote;
	uint16_t remote_port;
	uint32_t ports; /* local ports taken, in whatever state */
	uint32_t established, time_wait;
	uint32_t inode; /* of one of the connections that a process holds; 0: none does */
	/* Filled in for those handed over. */
	char address[ADDRESS_TEXT_MAX]; /* the remote one */
	char name[112];			/* "192.0.2.1 > 198.51.100.7:443" */
	char process[FLOW_PROCESS_MAX]; /* "" unknown */
	char cgroup[CGROUP_PATH_MAX];	/* "" unknown */
};

struct port_use;

int port_use_new(struct port_use **ret); /* 0 or -ENOMEM */
void port_use_free(struct port_use *t);	 /* accepts NULL */
/* Counts a socket of any TCP state but LISTEN, if its local port is one of `range` and not
 * `listening`. */
void port_use_count(struct port_use *t, const struct port_range *range,
		    const struct port_set *listening, const struct socket_info *socket);
bool port_use_overflowed(const struct port_use *t);
/* Hands over at most PORT_USE_KEPT, named, and starts anew. 0 or -ENOMEM. */
int port_use_take(struct port_use *t, struct peer_stats **ret, size_t *ret_count);

#endif
