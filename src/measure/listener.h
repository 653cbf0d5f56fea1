/* Listening sockets over the window. */
#ifndef NETWRIGHT_MEASURE_LISTENER_H
#define NETWRIGHT_MEASURE_LISTENER_H

#include "host/sockdiag.h"
#include "measure/observation.h"

#include <stddef.h>
#include <stdint.h>

/* Initialise with {0}. */
struct listener_table {
	struct listener_stats *listeners; /* owned, in order of first sight */
	uint32_t *last_round;		  /* owned, one per listener */
	size_t count, capacity;
	size_t expected; /* the kernel's order is stable */
	uint32_t round;
};

void listener_table_done(struct listener_table *t);
void listener_round_begin(struct listener_table *t);
/* A second time in a round is ignored. 0 or -ENOMEM. */
int listener_observe(struct listener_table *t, const struct socket_info *socket);
/* Hands the listeners over, sorted by port, with unique names. */
void listener_table_take(struct listener_table *t, struct listener_stats **ret, size_t *ret_count);

#endif
