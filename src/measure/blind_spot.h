/* What an observation could not see, in its own words. */
#ifndef NETWRIGHT_MEASURE_BLIND_SPOT_H
#define NETWRIGHT_MEASURE_BLIND_SPOT_H

#include "measure/observation.h"

/* Adds a blind spot unless `what` has one already. 0 or -ENOMEM. */
int blind_spot_add(struct observation *o, const char *what, const char *reason);
/* One for each file of counters that could not be read. 0 or -ENOMEM. */
int blind_spot_add_counters(struct observation *o);

#endif
