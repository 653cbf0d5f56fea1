#include "measure/metric.h"

#include "base/cleanup.h"
#include "measure/metric_getters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name, kind, unit, getter, argument, source, meaning) \
	{ name, ENTITY_##kind, UNIT_##unit, source, meaning, metric_##getter, (int)(argument) },

/* One file per prefix, in the order of the names. */
const struct metric metrics[] = {
#include "measure/metric_conntrack.inc"
#include "measure/metric_cpu.inc"
#include "measure/metric_ephemeral.inc"
#include "measure/metric_files.inc"
#include "measure/metric_flow.inc"
#include "measure/metric_host.inc"
#include "measure/metric_link.inc"
#include "measure/metric_listener.inc"
#include "measure/metric_neighbour.inc"
#include "measure/metric_owner.inc"
#include "measure/metric_path.inc"
#include "measure/metric_peer.inc"
#include "measure/metric_process.inc"
#include "measure/metric_tcp.inc"
#include "measure/metric_udp_socket.inc"
};

const size_t metric_count = ARRAY_LEN(metrics);

static int compare_name(const void *name, const void *metric)
{
	return strcmp(name, ((const struct metric *)metric)->name);
}

const struct metric *metric_find(const char *name)
{
	return bsearch(name, metrics, metric_count, sizeof(metrics[0]), compare_name);
}

bool metric_is_fact(const struct metric *m)
{
	static const char *const facts[] = { "host.cpus", "host.link_speed_max",
					     "host.memory_total", "host.page_size" };

	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		if (strcmp(facts[i], m->name) == 0)
			return true;
	}
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool metric_needs_owner(const struct metric *m)
{
	if (m->entity == ENTITY_PROCESS)
		return false;
	return m->entity == ENTITY_OWNER || ends_with(m->name, ".process") ||
	       ends_with(m->name, ".cgroup") || ends_with(m->name, "_pid");
}

bool metric_needs_processes(const struct metric *m)
{
	static const char prefix[] = "processes.";

	return m->entity == ENTITY_PROCESS || strncmp(m->name, prefix, sizeof(prefix) - 1) == 0;
}

struct value metric_get(const struct metric *m, const struct observation *o, const void *entity)
{
	if (entity == NULL && m->entity != ENTITY_HOST)
		return value_unknown("there is no such thing in this observation");
	return m->get(m, o, entity);
}

struct value metric_known(double number, const char *reason)
{
	return isfinite(number) ? value_number(number) : value_unknown(reason);
}

struct value metric_quotient(double a, double b, const char *reason)
{
	return b > 0 ? metric_known(a / b, reason) : value_unknown(reason);
}

struct value metric_info_quotient(const struct observation *o, enum info_field field, double a,
				  double b, const char *reason)
{
	if (!info_field_known(o->info_len, field))
		return value_unknown(reason_of_field(o, field));
	return metric_quotient(a, b, reason);
}
