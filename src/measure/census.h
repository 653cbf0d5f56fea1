/* The TCP sockets that are not established: counted at the first and the last sample, not followed.
 *
 * At the first sample those that open or close are dumped; at the last one the established ones
 * too, because they take local ports. Reads through the source, as observer.c does.
 */
#ifndef NETWRIGHT_MEASURE_CENSUS_H
#define NETWRIGHT_MEASURE_CENSUS_H

#include "host/port_range.h"
#include "host/source.h"
#include "measure/filter.h"
#include "measure/observation.h"

/* What it works with; all is the caller's. */
struct census {
	struct source *source;
	struct filter *filter; /* NULL: all */
	struct observation *o;
	/* Ports with a listener, those that the filter leaves out as well. */
	struct port_set listening;
};

/* During the first sample, after its listeners were seen. What cannot be read becomes a blind spot.
 * 0 or -ENOMEM. */
int census_first(struct census *c);
/* After the last sample, when o->listeners is there: fills o->states, o->peers, o->ephemeral,
 * o->close_wait, and what the listeners have half open. 0 or -ENOMEM. */
int census_last(struct census *c);

#endif
