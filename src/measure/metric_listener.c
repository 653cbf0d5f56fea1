#include "measure/metric_getters.h"

METRIC_GETTER(metric_listener)
{
	const struct listener_stats *l = entity;

	(void)o;
	switch ((enum listener_metric)self->argument) {
	case LISTENER_BACKLOG:
		return value_number(l->backlog);
	case LISTENER_FULL_SAMPLES:
		return value_number(l->full_samples);
	case LISTENER_FULL_SHARE:
		return metric_quotient(l->full_samples, l->samples, "no sample saw it");
	case LISTENER_NEAR_FULL_SAMPLES:
		return value_number(l->near_full_samples);
	case LISTENER_PORT:
		return value_number(l->port);
	case LISTENER_QUEUE_LAST:
		return value_number(l->queue_last);
	case LISTENER_QUEUE_MAX:
		return value_number(l->queue_max);
	case LISTENER_QUEUE_MEAN:
		return metric_quotient((double)l->queue_sum, l->samples, "no sample saw it");
	case LISTENER_QUEUE_SHARE_MAX:
		/* A backlog of 0 still holds one connection. */
		return value_number((double)l->queue_max / (l->backlog > 0 ? l->backlog : 1));
	case LISTENER_SAMPLES:
		return value_number(l->samples);
	case LISTENER_TWINS:
		return value_number(l->twins);
	case LISTENER_TWINS_QUEUE_MEAN:
		return l->twins > 1 ? value_number(l->twins_queue_mean)
				    : value_unknown("nobody else listens there");
	}
	return value_unknown("not a metric of a listener");
}

METRIC_GETTER(metric_listener_address)
{
	const struct listener_stats *l = entity;

	(void)self;
	(void)o;
	return value_text(l->address);
}

METRIC_GETTER(metric_listener_cgroup)
{
	const struct listener_stats *l = entity;

	(void)self;
	(void)o;
	return l->cgroup[0] != '\0' ? value_text(l->cgroup)
				    : value_unknown("its process's control group is not known");
}

METRIC_GETTER(metric_listener_process)
{
	const struct listener_stats *l = entity;

	(void)self;
	(void)o;
	return l->process[0] != '\0' ? value_text(l->process)
				     : value_unknown("the process is not known");
}
