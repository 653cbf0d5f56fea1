#include "cli/busiest.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

struct ranked {
	double weight;
	size_t index;
};

static double or_zero(double value)
{
	return isfinite(value) ? value : 0;
}

static double flow_weight(const struct flow_stats *f, enum flow_order order)
{
	switch (order) {
	case FLOW_ORDER_RETRANSMITS:
		return flow_retransmit_ratio(f);
	case FLOW_ORDER_RTT:
		return flow_srtt_s(f);
	case FLOW_ORDER_GOODPUT:
	default:
		return or_zero(flow_goodput(f)) + or_zero(flow_receive_rate(f));
	}
}

/* Heaviest first; equal ones in order of first activity, so that the result does not depend on the
 * sorting algorithm. */
static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->weight > y->weight || x->weight < y->weight)
		return x->weight > y->weight ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

int busiest_flows(const struct observation *o, enum flow_order order, size_t **ret)
{
	struct ranked *ranked = calloc(o->flow_count + 1, sizeof(*ranked));
	size_t *indices = calloc(o->flow_count + 1, sizeof(*indices));

	if (ranked == NULL || indices == NULL) {
		free(ranked);
		free(indices);
		return -ENOMEM;
	}
	for (size_t i = 0; i < o->flow_count; i++) {
		double weight = flow_weight(observation_flow(o, i), order);

		ranked[i] = (struct ranked){ isfinite(weight) ? weight : -1, i };
	}
	qsort(ranked, o->flow_count, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < o->flow_count; i++)
		indices[i] = ranked[i].index;
	free(ranked);
	*ret = indices;
	return 0;
}

/* A counter that was reset in the window says nothing. */
static double gain(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) : 0;
}

static double link_bytes(const struct link_stats *l)
{
	return gain(l->first.rx_bytes, l->last.rx_bytes) +
	       gain(l->first.tx_bytes, l->last.tx_bytes);
}

/* Those of other kinds are in this order already. */
static double entity_weight(const struct observation *o, enum entity_kind kind, size_t index)
{
	if (kind == ENTITY_FLOW)
		return flow_weight(observation_flow(o, index), FLOW_ORDER_GOODPUT);
	if (kind == ENTITY_LISTENER)
		return o->listeners[index].queue_max;
	if (kind == ENTITY_LINK)
		return link_bytes(&o->links[index]);
	if (kind == ENTITY_CPU)
		return gain(o->cpus[index].first.softnet[SOFTNET_PROCESSED],
			    o->cpus[index].last.softnet[SOFTNET_PROCESSED]);
	return -(double)index;
}

int busiest_entity(const struct observation *o, enum entity_kind kind, size_t *ret_index)
{
	size_t count = observation_entities(o, kind);
	size_t best = 0;

	if (count == 0)
		return -ENOENT;
	for (size_t i = 1; i < count; i++) {
		if (entity_weight(o, kind, i) > entity_weight(o, kind, best))
			best = i;
	}
	*ret_index = best;
	return 0;
}
