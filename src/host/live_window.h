/* The window of a live observation: when its samples are due, and waiting for them.
 *
 * Several sources may share one window, so that they are sampled side by side. Each keeps the
 * number of its round; the first that asks for the next sample waits, those that lag behind follow
 * at once.
 */
#ifndef NETWRIGHT_HOST_LIVE_WINDOW_H
#define NETWRIGHT_HOST_LIVE_WINDOW_H

#include "base/error.h"
#include "host/live.h"
#include "host/sampling_clock.h"

#include <stdbool.h>
#include <stdint.h>

struct live_window {
	struct live_options options; /* its texts are not used */
	struct sampling_clock clock;
	uint64_t round;	  /* samples begun */
	bool interrupted; /* ended before its time */
};

/* -EINVAL for a duration or an interval that live_source_new() refuses. */
int live_window_init(struct live_window *w, const struct live_options *options, struct error *e);

/* Moves a source of round *round on by one round, waiting until its sample is due when nobody has
 * before. Returns 1, or 0 when the window is over. */
int live_window_follow(struct live_window *w, uint64_t *round);

uint64_t live_window_now_ns(void); /* CLOCK_BOOTTIME */

#endif
