/* The end of an observation: what is looked up once, after the last sample. */
#ifndef NETWRIGHT_MEASURE_CLOSING_H
#define NETWRIGHT_MEASURE_CLOSING_H

#include "base/error.h"
#include "host/cpus.h"
#include "host/links.h"
#include "host/source.h"
#include "measure/observation.h"

#include <stdbool.h>

/* Reads the links a second time (unless the only sample is the first), and joins both readings. */
int closing_read_links(struct source *s, struct observation *o, struct link_table *first,
		       struct error *e);
/* Reads what the CPUs did a second time, and joins both readings. */
int closing_read_cpus(struct source *s, struct observation *o, const struct cpu_table *first,
		      struct error *e);
/* Finds the links by which the paths with most bytes leave. */
int closing_find_routes(struct source *s, struct observation *o);
/* Finds the processes of listeners that were near full and of the flows with most bytes. */
int closing_find_owners(struct source *s, struct observation *o, struct error *e);
/* Finds the processes that are close to their limit of open descriptors. */
int closing_find_processes(struct source *s, struct observation *o, struct error *e);
/* Notes whether the window ended early, and whether the namespace was deleted meanwhile. */
int closing_read_ending(struct source *s, struct observation *o);

#endif
