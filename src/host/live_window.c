#include "host/live_window.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#define NS_PER_S 1000000000u

/* Between looks at the stop flag and reports of progress. */
#define WAIT_SLICE_NS (NS_PER_S / 4)

uint64_t live_window_now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool is_stopped(const struct live_window *w)
{
	return w->options.stop != NULL && *w->options.stop != 0;
}

static void sleep_until(uint64_t instant_ns)
{
	const struct timespec t = {
		.tv_sec = (time_t)(instant_ns / NS_PER_S),
		.tv_nsec = (long)(instant_ns % NS_PER_S),
	};

	/* A signal ends the sleep early; the caller looks at the clock again. */
	(void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL);
}

/* Waits for the instant; false when it was told to stop. */
static bool wait_until(struct live_window *w, uint64_t due_ns)
{
	if (w->options.wait != NULL) {
		w->interrupted = !w->options.wait(w->options.wait_arg, due_ns);
		return !w->interrupted;
	}
	for (;;) {
		uint64_t now = live_window_now_ns();
		uint64_t slice = due_ns - now < WAIT_SLICE_NS ? due_ns : now + WAIT_SLICE_NS;

		if (is_stopped(w)) {
			w->interrupted = true;
			return false;
		}
		if (w->options.progress != NULL)
			w->options.progress(w->options.progress_arg,
					    (double)(now - w->clock.start_ns) / NS_PER_S,
					    w->options.duration_s);
		if (now >= due_ns)
			return true;
		sleep_until(slice);
	}
}

int live_window_init(struct live_window *w, const struct live_options *options, struct error *e)
{
	const double shortest_s = 0.1, longest_s = 3600;

	/* Without a duration the interval is never used. A year is as good as for ever. */
	if (!(options->duration_s >= 0 && options->duration_s <= 366.0 * 86400) ||
	    (options->duration_s > 0 &&
	     !(options->interval_s >= shortest_s && options->interval_s <= longest_s)))
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "samples are taken every 0.1 to 3600 s, for at most a year");
	*w = (struct live_window){ .options = *options };
	w->options.netns = NULL; /* the caller's */
	w->clock.duration_ns = (uint64_t)llround(options->duration_s * NS_PER_S);
	w->clock.interval_ns = (uint64_t)llround(options->interval_s * NS_PER_S);
	return 0;
}

static void advance(struct live_window *w)
{
	uint64_t due;

	if (!w->clock.started) {
		sampling_clock_start(&w->clock, live_window_now_ns());
		return;
	}
	due = sampling_clock_next(&w->clock, live_window_now_ns());
	if (wait_until(w, due))
		sampling_clock_took(&w->clock, due);
	else
		w->clock.over = true;
}

int live_window_follow(struct live_window *w, uint64_t *round)
{
	if (*round == w->round) {
		if (w->clock.over)
			return 0;
		advance(w);
		w->round++;
	}
	*round = w->round;
	return 1;
}
