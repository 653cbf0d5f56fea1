/* What a trial may be judged by: metrics of which more, or less, is better whatever the workload.
 */
#ifndef NETWRIGHT_TUNE_OBJECTIVE_H
#define NETWRIGHT_TUNE_OBJECTIVE_H

#include "base/error.h"
#include "measure/metric.h"

#include <stdbool.h>
#include <stddef.h>

struct objective {
	const char *metric;
	bool smaller_is_better;
};

/* Sorted by the metric's name. */
extern const struct objective objectives[];
extern const size_t objective_count;

/* -EINVAL (ERROR_INPUT) for what is no metric, with the nearest name, and for a metric of which
 * neither more nor less is better by itself: a buffer's size, a number of connections. */
int objective_find(const char *name, const struct metric **ret_metric, bool *ret_smaller_is_better,
		   struct error *e);

/* Whether it is counted of single sockets, so that it can be of those alone that are new: counters,
 * links, CPUs and listeners know no difference. */
bool objective_is_of_sockets(const struct metric *m);

#endif
