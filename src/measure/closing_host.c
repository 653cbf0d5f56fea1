/* The end of an observation: CPUs and processes. */
#include "measure/blind_spot.h"
#include "measure/closing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void join_cpu(struct cpu_stats *c, const struct cpu_info *last,
		     const struct cpu_table *first)
{
	const struct cpu_info *before = cpu_find(first, last->number);

	c->last = *last;
	c->first = before != NULL ? *before : *last;
	c->whole = before != NULL;
	(void)snprintf(c->name, sizeof(c->name), "cpu%u", last->number);
}

int closing_read_cpus(struct source *s, struct observation *o, const struct cpu_table *first,
		      struct error *e)
{
	struct cpu_table last = { 0 };
	int r = cpus_read(s, &last, e);

	if (r < 0)
		return r;
	o->cpus = calloc(last.count + 1, sizeof(*o->cpus));
	if (o->cpus == NULL)
		r = -ENOMEM;
	for (; r == 0 && o->cpu_count < last.count; o->cpu_count++)
		join_cpu(&o->cpus[o->cpu_count], &last.cpus[o->cpu_count], first);
	(void)snprintf(o->cpu_softnet_reason, sizeof(o->cpu_softnet_reason), "%s",
		       last.softnet_reason);
	(void)snprintf(o->cpu_time_reason, sizeof(o->cpu_time_reason), "%s", last.time_reason);
	cpu_table_done(&last);
	return r;
}

int closing_find_processes(struct source *s, struct observation *o, struct error *e)
{
	const struct process_table *t = &o->processes;
	char reason[160];
	int r = processes_read(s, &o->processes, e);

	if (r < 0)
		return r;
	if (!t->read)
		return blind_spot_add(o, "open descriptors of processes", t->reason);
	if (t->hidden)
		return blind_spot_add(o, "open descriptors of processes",
				      "/proc does not show the processes of others (hidepid): run "
				      "as root");
	if (t->unseen == 0)
		return 0;
	(void)snprintf(reason, sizeof(reason),
		       "%llu of %llu processes may not be looked into: run as root",
		       (unsigned long long)t->unseen, (unsigned long long)t->scanned);
	return blind_spot_add(o, "open descriptors of processes", reason);
}
