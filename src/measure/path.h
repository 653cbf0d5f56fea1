/* Accumulates the samples of flows into paths. */
#ifndef NETWRIGHT_MEASURE_PATH_H
#define NETWRIGHT_MEASURE_PATH_H

#include "measure/flow.h"
#include "measure/observation.h"

#include <stddef.h>

struct path_table;

int path_table_new(struct path_table **ret); /* 0 or -ENOMEM */
void path_table_free(struct path_table *t);  /* accepts NULL */

/* Adds one sample to the flow's path, which it finds for a new flow. 16384 paths at most: then new
 * prefixes share 0.0.0.0/0 and ::/0. 0 or -ENOMEM. */
int path_table_add(struct path_table *t, struct flow_stats *flow, const struct flow_sample *sample);
/* All flows of a round were added: the round's rates may be the peak. */
void path_table_end_round(struct path_table *t);

/* Sums up each path's flows over the window, and hands the paths over in descending order of bytes;
 * the flows' indices follow. 0 or -ENOMEM. `seconds` 0: rates stay 0. */
int path_table_take(struct path_table *t, struct flow_table *flows, double seconds,
		    struct path_stats **ret, size_t *ret_count);
void paths_free(struct path_stats *paths, size_t count);

/* The part of it that adds up the flows. */
void paths_sum(struct path_stats *paths, size_t count, struct flow_table *flows, double seconds);

/* Judges every flow and from them the paths. Links must be known by now. */
void paths_judge(struct observation *o);

#endif
