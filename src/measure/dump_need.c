#include "measure/dump_need.h"

#include <sys/socket.h>

static bool is_none(const struct counters *c, enum counter which)
{
	return c->known[which] && c->value[which] == 0;
}

bool dump_is_needed(const struct counters *c, enum socket_dump what, int af_family)
{
	const bool six = af_family == AF_INET6;

	if (what == SOCKET_DUMP_UDP)
		return !is_none(c, six ? COUNTER_SOCKETS_UDP6_INUSE : COUNTER_SOCKETS_UDP_INUSE);
	if (!is_none(c, six ? COUNTER_SOCKETS_TCP6_INUSE : COUNTER_SOCKETS_TCP_INUSE))
		return true;
	/* Established and listening ones do not wait. */
	return what != SOCKET_DUMP_TCP && !is_none(c, COUNTER_SOCKETS_TCP_TIME_WAIT);
}
