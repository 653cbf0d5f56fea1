#include "measure/metric_getters.h"

#define REASON_NO_DROPS "this kernel does not tell the drops of a socket"

/* Gain of a counter; 0 while it is unknown and the other family's is known: IPv6 may be absent. */
static bool add_gain(const struct observation *o, enum counter c, double *sum)
{
	if (!o->first.known[c] || !o->last.known[c] || o->last.value[c] < o->first.value[c])
		return false;
	*sum += (double)(o->last.value[c] - o->first.value[c]);
	return true;
}

static struct value drop_share(const struct observation *o, const struct udp_socket_stats *u)
{
	double delivered = 0;
	bool known4 = add_gain(o, COUNTER_UDP_IN_DATAGRAMS, &delivered);
	bool known6 = add_gain(o, COUNTER_UDP6_IN_DATAGRAMS, &delivered);

	if (!u->drops_known)
		return value_unknown(REASON_NO_DROPS);
	if (!known4 && !known6)
		return value_unknown(reason_of_counter(o, COUNTER_UDP_IN_DATAGRAMS));
	return metric_quotient(u->drops, u->drops + delivered, "no datagram arrived");
}

/* Drops within the window take two samples. */
static struct value drops(const struct observation *o, const struct udp_socket_stats *u,
			  double count)
{
	if (!u->drops_known)
		return value_unknown(REASON_NO_DROPS);
	return o->seconds > 0 ? value_number(count) : value_unknown(REASON_ONE_SAMPLE);
}

METRIC_GETTER(metric_udp_socket)
{
	const struct udp_socket_stats *u = entity;

	switch ((enum udp_socket_metric)self->argument) {
	case UDP_SOCKET_DROP_RATE:
		return drops(o, u, u->drops / (o->seconds > 0 ? o->seconds : 1));
	case UDP_SOCKET_DROP_SHARE:
		return drop_share(o, u);
	case UDP_SOCKET_DROPS:
		return drops(o, u, u->drops);
	case UDP_SOCKET_DROPS_TOTAL:
		return u->drops_known ? value_number(u->drops_total)
				      : value_unknown(REASON_NO_DROPS);
	case UDP_SOCKET_NEAR_FULL_SHARE:
		return metric_quotient(u->near_full_samples, u->samples, "no sample saw it");
	case UDP_SOCKET_PORT:
		return value_number(u->local_port);
	case UDP_SOCKET_QUEUE_LAST:
		return value_number(u->queue_last);
	case UDP_SOCKET_QUEUE_MAX:
		return value_number(u->queue_max);
	case UDP_SOCKET_QUEUE_SHARE_MAX:
		return metric_quotient(u->queue_max, u->receive_buffer,
				       "its receive buffer is not known");
	case UDP_SOCKET_RECEIVE_BUFFER:
		return u->receive_buffer > 0 ? value_number(u->receive_buffer)
					     : value_unknown("its receive buffer is not known");
	case UDP_SOCKET_SAMPLES:
		return value_number(u->samples);
	}
	return value_unknown("not a metric of a UDP socket");
}

METRIC_GETTER(metric_udp_socket_text)
{
	const struct udp_socket_stats *u = entity;

	(void)o;
	switch ((enum udp_socket_text)self->argument) {
	case UDP_SOCKET_ADDRESS:
		return value_text(u->address);
	case UDP_SOCKET_CGROUP:
		return u->cgroup[0] != '\0'
			       ? value_text(u->cgroup)
			       : value_unknown("its process's control group is not known");
	case UDP_SOCKET_PROCESS:
		return u->process[0] != '\0' ? value_text(u->process)
					     : value_unknown("the process is not known");
	}
	return value_unknown("not a text of a UDP socket");
}
