/* When samples are due: start + k * interval, and the last exactly at the window's end. Pure. */
#ifndef NETWRIGHT_HOST_SAMPLING_CLOCK_H
#define NETWRIGHT_HOST_SAMPLING_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct sampling_clock {
	uint64_t duration_ns; /* 0: one sample, then over */
	uint64_t interval_ns; /* > 0 */
	uint64_t start_ns;    /* CLOCK_BOOTTIME of the first sample */
	bool started, over;
};

/* Starts the window; the first sample is due now, and is the last when there is no duration. */
void sampling_clock_start(struct sampling_clock *c, uint64_t now_ns);
/* The instant of the next sample after `now_ns`. Instants that have passed are skipped, so that
 * samples that were late do not follow in a burst; only the last, at the end, is never skipped.
 */
uint64_t sampling_clock_next(const struct sampling_clock *c, uint64_t now_ns);
/* A sample was taken for instant `due_ns`; the one at or after the end closes the window. */
void sampling_clock_took(struct sampling_clock *c, uint64_t due_ns);

#endif
