/* Turns a source's samples into an observation. The only part of measure/ that reads anything. */
#ifndef NETWRIGHT_MEASURE_OBSERVER_H
#define NETWRIGHT_MEASURE_OBSERVER_H

#include "base/error.h"
#include "host/source.h"
#include "measure/filter.h"
#include "measure/observation.h"

struct observe_options {
	struct filter *filter; /* which flows and listeners count; NULL: all */
	/* Looked up at the end: the processes behind sockets, and those that are close to their
	 * limit of descriptors. */
	bool find_owners;
	bool find_processes; /* the latter, also without the former */
};

/* Runs the source to its end. What cannot be read becomes a blind spot, not an error. Errors:
 * -ENODATA when the source yields no sample; those of source_next_sample(); -ENOMEM. */
int observe(struct source *s, const struct observe_options *options, struct observation **ret,
	    struct error *e);

/* What can be known at one instant without looking at sockets: facts, gauges and links. All else is
 * unknown. Errors as above. */
int observe_host(struct source *s, struct observation **ret, struct error *e);

/* observe() in steps, so that several sources can be sampled side by side. */
struct observer;
/* Reads the facts. `s` and `options` must outlive the observer. */
int observer_new(struct source *s, const struct observe_options *options, struct observer **ret,
		 struct error *e);
/* Takes the next sample. 1, 0 when the window is over, or an error of observe(). */
int observer_sample(struct observer *ob, struct error *e);
/* Sums up, once, and hands the observation over. */
int observer_finish(struct observer *ob, struct observation **ret, struct error *e);
void observer_free(struct observer *ob); /* accepts NULL */

#endif
