/* Established connections that have been silent for longer than what is on their way may remember
 * them, and whether a keep-alive probe would have come in time. Pure.
 *
 * Whether there is a NAT, a firewall or a load balancer on the way cannot be seen from a host.
 */
#ifndef NETWRIGHT_MEASURE_IDLE_CONNECTIONS_H
#define NETWRIGHT_MEASURE_IDLE_CONNECTIONS_H

#include "host/sockdiag.h"

#include <stdint.h>

/* What an AWS Network Load Balancer remembers unless told otherwise (Elastic Load Balancing user
 * guide, "Connection idle timeout"). Azure's gives up after 240 s, Google Cloud after 600 s; RFC
 * 5382, REQ-5, asks for two hours and four minutes. */
#define IDLE_REMEMBERED_MS 350000u

/* Of one dump; connections within this host are left out. */
struct idle_connections {
	uint32_t longer;      /* silent for longer than IDLE_REMEMBERED_MS */
	uint32_t probed_late; /* those whose keep-alive first probes later than that */
	uint32_t unprobed;    /* those without keep-alive */
	uint32_t untold;      /* the kernel did not say when they were used last */
};

/* Counts a socket, if it is established. Called once per socket of a dump with tcp_info. */
void idle_connections_count(struct idle_connections *c, const struct socket_info *socket);

#endif
