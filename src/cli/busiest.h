/* Which entities come first. */
#ifndef NETWRIGHT_CLI_BUSIEST_H
#define NETWRIGHT_CLI_BUSIEST_H

#include "cli/options.h"
#include "measure/observation.h"

#include <stddef.h>

/* Allocates the indices of all flows, in descending order by what `order` says (for
 * FLOW_ORDER_GOODPUT: bytes acknowledged and received per second); unknown comes last. The caller
 * frees *ret. 0 or -ENOMEM. */
int busiest_flows(const struct observation *o, enum flow_order order, size_t **ret);

/* The entity of a kind that moved most (flows, paths, links: bytes; listeners: longest queue), or
 * -ENOENT when there is none. */
int busiest_entity(const struct observation *o, enum entity_kind kind, size_t *ret_index);

#endif
