/* What holds a flow back. */
#ifndef NETWRIGHT_MEASURE_LIMITER_H
#define NETWRIGHT_MEASURE_LIMITER_H

enum limiter {
	LIMITER_UNKNOWN,
	LIMITER_APPLICATION,	  /* this host's program writes or reads too little */
	LIMITER_PEER_APPLICATION, /* the remote program does not read: its window is closed */
	LIMITER_RECEIVER_WINDOW,
	LIMITER_SEND_BUFFER,
	LIMITER_CONGESTION,  /* a standing queue: RTT well above its minimum */
	LIMITER_RANDOM_LOSS, /* loss without a queue holds a loss-based sender down */
	LIMITER_POLICER,     /* loss without a queue, at a rate that is held up */
	LIMITER_BANDWIDTH,   /* the link, or a bottleneck whose rate the flow reaches */
	LIMITER_REORDERING,
	LIMITERS,
};

/* Seconds of samples below which nothing is judged: three of an audit in the direction judged, less
 * what their instants jitter. */
#define LIMITER_EVIDENCE_S 2.9

struct limiter_verdict {
	enum limiter limiter;
	double share;	 /* 0..1: how much of the flow's busy time it holds; NAN when unknown */
	const char *why; /* static: the test that decided, e.g. "rwnd-limited 92 % of busy time" */
};

struct flow_stats;

/* Follows domain knowledge in a fixed order (limiter.c says which test decides and why), with its
 * guards: `rwnd_limited` lies under loss and on a saturated link; `sndbuf_limited` under-reports.
 * `link_rate` is the speed of the local link in bytes per second, 0 when unknown. Needs three
 * seconds of samples, else LIMITER_UNKNOWN. Pure. */
struct limiter_verdict limiter_judge(const struct flow_stats *flow, double link_rate);

/* "application", "receiver-window", ... as rules and JSON write them. */
const char *limiter_name(enum limiter limiter);

#endif
