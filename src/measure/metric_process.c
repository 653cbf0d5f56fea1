#include "measure/metric_getters.h"

static struct value limit_of(uint64_t limit)
{
	return limit != UINT64_MAX ? value_number((double)limit)
				   : value_unknown("there is no limit");
}

METRIC_GETTER(metric_process)
{
	const struct process_info *p = entity;

	(void)o;
	switch ((enum process_metric)self->argument) {
	case PROCESS_DESCRIPTORS:
		return value_number((double)p->descriptors);
	case PROCESS_SOFT_LIMIT:
		return limit_of(p->soft);
	case PROCESS_HARD_LIMIT:
		return limit_of(p->hard);
	case PROCESS_DESCRIPTOR_SHARE:
		return metric_quotient((double)p->descriptors, (double)p->soft, "the limit is 0");
	case PROCESS_PID:
		return value_number(p->pid);
	}
	return value_unknown("not a metric of a process");
}

METRIC_GETTER(metric_process_cgroup)
{
	const struct process_info *p = entity;

	(void)self;
	(void)o;
	return p->cgroup[0] != '\0' ? value_text(p->cgroup)
				    : value_unknown("the control group could not be read");
}

METRIC_GETTER(metric_process_name)
{
	const struct process_info *p = entity;

	(void)self;
	(void)o;
	return value_text(p->comm);
}

METRIC_GETTER(metric_processes)
{
	const struct process_table *t = &o->processes;

	(void)entity;
	if (!t->read)
		return value_unknown(t->reason[0] != '\0' ? t->reason : "they were not looked at");
	switch ((enum processes_metric)self->argument) {
	case PROCESSES_SCANNED:
		return value_number((double)t->scanned);
	case PROCESSES_UNSEEN:
		return t->hidden ? value_unknown("/proc does not show the processes of others")
				 : value_number((double)t->unseen);
	}
	return value_unknown("not a metric of the processes");
}
