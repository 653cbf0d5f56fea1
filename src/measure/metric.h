/* The metric catalogue: every number and name that rules, output and people may ask for.
 *
 * A metric belongs to one kind of entity, shown by its prefix: path.*, flow.*, listener.*, link.*,
 * cpu.*, process.*; every other prefix (host.*, tcp.*, softnet.*, ...) is about the host (within
 * the namespace).
 */
#ifndef NETWRIGHT_MEASURE_METRIC_H
#define NETWRIGHT_MEASURE_METRIC_H

#include "base/unit.h"
#include "measure/observation.h"
#include "measure/value.h"

#include <stdbool.h>
#include <stddef.h>

struct metric {
	const char *name; /* "path.min_rtt" */
	enum entity_kind entity;
	enum unit unit;
	const char *source;  /* the kernel's name for it: "tcp_info min_rtt", "/proc/net/..." */
	const char *meaning; /* one sentence */
	struct value (*get)(const struct metric *self, const struct observation *o,
			    const void *entity);
	int argument; /* for get functions that serve several rows */
};

/* Sorted by name. */
extern const struct metric metrics[];
extern const size_t metric_count;

const struct metric *metric_find(const char *name); /* or NULL */
/* Whether it is a fact of the host, which does not change by itself: what is worked out from facts
 * alone comes out the same tomorrow. */
bool metric_is_fact(const struct metric *m);
/* Whether the process behind a socket has to be looked up for it. */
bool metric_needs_owner(const struct metric *m);
/* Whether the open descriptors of all processes have to be counted for it. */
bool metric_needs_processes(const struct metric *m);
/* The value for one entity (observation_entity()); never a guess: unknown carries its reason. */
struct value metric_get(const struct metric *m, const struct observation *o, const void *entity);

#endif
