#include "measure/metric_getters.h"

#include <math.h>

#define REASON_NOT_WHOLE "the CPU was not online during the whole window"

static const enum softnet_column columns[CPU_GAINS] = {
	[CPU_PROCESSED] = SOFTNET_PROCESSED,	   [CPU_DROPPED] = SOFTNET_DROPPED,
	[CPU_SQUEEZED] = SOFTNET_SQUEEZED,	   [CPU_RECEIVED_RPS] = SOFTNET_RECEIVED_RPS,
	[CPU_FLOW_LIMITED] = SOFTNET_FLOW_LIMITED,
};

static struct value unknown_column(const struct observation *o)
{
	return value_unknown(o->cpu_softnet_reason[0] != '\0'
				     ? o->cpu_softnet_reason
				     : "this kernel's softnet_stat does not tell");
}

/* The kernel counts in 32 bits: what seems to go backwards has wrapped. */
static struct value gain_of(const struct observation *o, const struct cpu_stats *c,
			    enum softnet_column column)
{
	if (!c->last.known[column])
		return unknown_column(o);
	if (!(o->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	if (!c->whole || !c->first.known[column])
		return value_unknown(REASON_NOT_WHOLE);
	return value_number((uint32_t)(c->last.softnet[column] - c->first.softnet[column]));
}

METRIC_GETTER(metric_cpu_gain)
{
	return gain_of(o, entity, columns[self->argument]);
}

METRIC_GETTER(metric_cpu_rate)
{
	struct value v = gain_of(o, entity, columns[self->argument]);

	if (v.kind == VALUE_NUMBER)
		v.number /= o->seconds;
	return v;
}

METRIC_GETTER(metric_cpu_backlog)
{
	const struct cpu_stats *c = entity;

	(void)self;
	return c->last.known[SOFTNET_BACKLOG]
		       ? value_number((double)c->last.softnet[SOFTNET_BACKLOG])
		       : unknown_column(o);
}

METRIC_GETTER(metric_cpu_packet_share)
{
	struct value own = gain_of(o, entity, SOFTNET_PROCESSED);
	double all = 0;

	(void)self;
	if (own.kind != VALUE_NUMBER)
		return own;
	for (size_t i = 0; i < o->cpu_count; i++) {
		struct value v = gain_of(o, &o->cpus[i], SOFTNET_PROCESSED);

		all += v.kind == VALUE_NUMBER ? v.number : 0;
	}
	return metric_quotient(own.number, all, "no packet was processed");
}

METRIC_GETTER(metric_cpu_number)
{
	const struct cpu_stats *c = entity;

	(void)self;
	(void)o;
	return value_number(c->last.number);
}

/* A share of the CPU's own time. */
static struct value time_share(const struct observation *o, const struct cpu_stats *c,
			       enum cpu_time part)
{
	double total, ticks;

	if (!c->last.time_known)
		return value_unknown(o->cpu_time_reason[0] != '\0'
					     ? o->cpu_time_reason
					     : "/proc/stat does not tell, or not as a number");
	if (!(o->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	if (!c->whole || !c->first.time_known)
		return value_unknown(REASON_NOT_WHOLE);
	total = (double)c->last.time[CPU_TIME_TOTAL] - (double)c->first.time[CPU_TIME_TOTAL];
	ticks = (double)c->last.time[part] - (double)c->first.time[part];
	/* The kernel corrects idle time backwards at times, proc(5). */
	return metric_quotient(fmax(ticks, 0), total, "no clock tick passed");
}

METRIC_GETTER(metric_cpu_busy)
{
	struct value idle = time_share(o, entity, CPU_TIME_IDLE);

	(void)self;
	return idle.kind == VALUE_NUMBER ? value_number(fmax(1 - idle.number, 0)) : idle;
}

METRIC_GETTER(metric_cpu_softirq)
{
	(void)self;
	return time_share(o, entity, CPU_TIME_SOFTIRQ);
}

METRIC_GETTER(metric_cpu_of_most)
{
	struct value most = value_unknown("no CPU was seen");
	const struct cpu_stats *found = NULL;

	(void)entity;
	for (size_t i = 0; i < o->cpu_count; i++) {
		struct value v = gain_of(o, &o->cpus[i], columns[self->argument]);

		if (v.kind != VALUE_NUMBER) {
			if (most.kind != VALUE_NUMBER)
				most = v;
			continue;
		}
		if (most.kind != VALUE_NUMBER || v.number > most.number) {
			most = v;
			found = &o->cpus[i];
		}
	}
	if (most.kind != VALUE_NUMBER)
		return most;
	return found != NULL && most.number > 0 ? value_text(found->name)
						: value_unknown("it happened on no CPU");
}

METRIC_GETTER(metric_cpu_softirq_max)
{
	struct value most = value_unknown("no CPU was seen");

	(void)self;
	(void)entity;
	for (size_t i = 0; i < o->cpu_count; i++) {
		struct value v = time_share(o, &o->cpus[i], CPU_TIME_SOFTIRQ);

		if (most.kind != VALUE_NUMBER || (v.kind == VALUE_NUMBER && v.number > most.number))
			most = v;
	}
	return most;
}
