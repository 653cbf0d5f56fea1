/* A limit that was raised by more than its path can use, taken back to what it does use.
 *
 * As long as a limit is what holds a path, the rate is proportional to it. A step that carried less
 * than its share has therefore passed what the path takes, and what is beyond that only stands in
 * the bottleneck's queue: 3 MiB where 2 MiB fill the path had 1.5 times the RTT (measured, 100
 * Mbit/s x 100 ms). Taken back, too, is tried: the delay must become shorter, and no less may be
 * carried. Pure.
 */
#ifndef NETWRIGHT_TUNE_TRIM_H
#define NETWRIGHT_TUNE_TRIM_H

#include "tune/choice.h"
#include "tune/limits.h"
#include "tune/trial.h"
#include "tune/window.h"

#include <stdbool.h>
#include <stdint.h>

/* Above what fills the path, so that the limit does not hold it again at once: RCV-02 takes a
 * connection for held when its RTT is below 1.25 times the least. */
#define TRIM_HEADROOM 1.3
/* Of the value that was tried: less is not worth another trial. */
#define TRIM_WORTHWHILE 0.8
/* RTT over its minimum from which on a queue stands. */
#define TRIM_QUEUE_INFLATION 1.25
/* Its 95th percentile over its median from which on the queue is others', whom no limit of ours
 * shortens it for: a queue of the limited flows alone keeps its length (rule RCV-02). */
#define TRIM_QUEUE_OF_OTHERS 1.05

struct trim {
	const struct rule *rule; /* whose change it was; NULL: there is nothing to take back */
	struct subject subject;
	struct choice_number number;	 /* `to` is what to try, in place of `from` */
	const struct metric *delay;	 /* that must become shorter: a median */
	const struct metric *most_delay; /* its 95th percentile */
};

/* What a change that was kept leaves to take back, bounded by the pins; rule NULL when nothing: it
 * was not one number that was raised, of a path, judged by its rate; or all of it is used. */
struct trim trim_after(const struct choice *c, const struct trial_report *report,
		       const struct limits *limits);

/* Whether a queue of its own stands in this window. */
bool trim_is_due(const struct trim *t, const struct window *w);

#endif
