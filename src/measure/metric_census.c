/* Metrics of what the census counted: TCP sockets by state, destinations, owners, local ports. */
#include "measure/metric_getters.h"

#define REASON_CLOSING "the TCP sockets that open or close could not be listed"
#define REASON_RANGE   "the range of local ports could not be read"

METRIC_GETTER(metric_tcp_state)
{
	(void)entity;
	return o->states.known ? value_number(o->states.count[self->argument])
			       : value_unknown(REASON_CLOSING);
}

METRIC_GETTER(metric_tcp_census)
{
	(void)entity;
	if (!o->states.known)
		return value_unknown(REASON_CLOSING);
	switch ((enum tcp_census)self->argument) {
	case TCP_CLOSE_WAIT_KEPT:
		if (o->seconds <= 0)
			return value_unknown("a single sample shows no change");
		return o->states.close_wait_kept_known ? value_number(o->states.close_wait_kept)
						       : value_unknown(REASON_CLOSING);
	case TCP_FIN_WAIT2_ORPHANS:
		return value_number(o->states.fin_wait2_orphans);
	}
	return value_unknown("not counted");
}

METRIC_GETTER(metric_tcp_idle)
{
	(void)entity;
	if (o->sockets_unseen)
		return value_unknown(REASON_UNSEEN);
	if (o->idle.untold > 0)
		return value_unknown("the kernel did not tell when connections were used last");
	switch ((enum tcp_idle)self->argument) {
	case TCP_IDLE_LONG:
		return value_number(o->idle.longer);
	case TCP_IDLE_PROBED_LATE:
		return value_number(o->idle.probed_late);
	case TCP_IDLE_UNPROBED:
		return value_number(o->idle.unprobed);
	}
	return value_unknown("not counted");
}

METRIC_GETTER(metric_listener_census)
{
	const struct listener_stats *l = entity;

	if (!o->states.known)
		return value_unknown(REASON_CLOSING);
	return value_number(self->argument == LISTENER_HALF_OPEN ? l->half_open
								 : l->half_open_retried);
}

METRIC_GETTER(metric_listener_port_ephemeral)
{
	const struct listener_stats *l = entity;

	(void)self;
	return o->ephemeral_known ? value_number(port_range_has(&o->ephemeral, l->port))
				  : value_unknown(REASON_RANGE);
}

METRIC_GETTER(metric_listener_port_reserved)
{
	const struct listener_stats *l = entity;

	(void)self;
	return o->ephemeral_known ? value_number(port_set_has(&o->ephemeral.reserved, l->port))
				  : value_unknown(REASON_RANGE);
}

METRIC_GETTER(metric_ephemeral)
{
	(void)entity;
	if (!o->ephemeral_known)
		return value_unknown(REASON_RANGE);
	switch ((enum ephemeral_metric)self->argument) {
	case EPHEMERAL_FIRST:
		return value_number(o->ephemeral.first);
	case EPHEMERAL_LAST:
		return value_number(o->ephemeral.last);
	case EPHEMERAL_PORTS:
		return value_number(o->ephemeral.ports);
	case EPHEMERAL_UNEVEN:
		return value_number(o->ephemeral.first % 2 == o->ephemeral.last % 2);
	}
	return value_unknown("not a metric of local ports");
}

METRIC_GETTER(metric_peer)
{
	const struct peer_stats *p = entity;

	switch ((enum peer_metric)self->argument) {
	case PEER_ESTABLISHED:
		return value_number(p->established);
	case PEER_PORT:
		return value_number(p->remote_port);
	case PEER_PORT_SHARE:
		return metric_quotient(p->ports, o->ephemeral.ports,
				       "the kernel has no local port to choose");
	case PEER_PORTS:
		return value_number(p->ports);
	case PEER_TIME_WAIT:
		return value_number(p->time_wait);
	}
	return value_unknown("not a metric of a destination");
}

static struct value known_text(const char *text, const char *reason)
{
	return text[0] != '\0' ? value_text(text) : value_unknown(reason);
}

METRIC_GETTER(metric_peer_text)
{
	const struct peer_stats *p = entity;

	(void)o;
	switch ((enum peer_text)self->argument) {
	case PEER_ADDRESS:
		return value_text(p->address);
	case PEER_CGROUP:
		return known_text(p->cgroup, "the process's control group is not known");
	case PEER_PROCESS:
		return known_text(p->process, "the process is not known");
	}
	return value_unknown("not a text of a destination");
}

METRIC_GETTER(metric_owner)
{
	const struct owner_stats *owner = entity;

	switch ((enum owner_metric)self->argument) {
	case OWNER_CLOSE_WAIT:
		return value_number(owner->close_wait);
	case OWNER_CLOSE_WAIT_KEPT:
		if (o->seconds <= 0)
			return value_unknown("a single sample shows no change");
		return o->close_wait_first_known ? value_number(owner->close_wait_kept)
						 : value_unknown(REASON_CLOSING);
	}
	return value_unknown("not a metric of an owner");
}

METRIC_GETTER(metric_owner_text)
{
	const struct owner_stats *owner = entity;

	(void)o;
	switch ((enum owner_text)self->argument) {
	case OWNER_CGROUP:
		return known_text(owner->cgroup, "the process's control group is not known");
	case OWNER_PROCESS:
		return known_text(owner->process, "the process is not known");
	}
	return value_unknown("not a text of an owner");
}
