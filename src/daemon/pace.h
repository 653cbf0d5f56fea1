/* How often a daemon looks at the sockets within an audit, unless it is told, and how long it rests
 * before the next: so that it takes no more of a CPU than PACE_SHARE. At the beginning and at the
 * end of an audit it looks in any case. Pure. */
#ifndef NETWRIGHT_DAEMON_PACE_H
#define NETWRIGHT_DAEMON_PACE_H

#include <stdint.h>

/* 100 000 connections take 0.1 to 0.2 s of CPU each time (measured): three times a minute, and once
 * more for the next audit, is 1 %. */
#define PACE_SHARE     0.004
#define PACE_LONGEST_S 3600.0 /* between two samples (host/live.h) */

struct pace {
	double sample_cost_s; /* CPU time of one sample of all namespaces; 0: not known yet */
};

/* Seconds between two samples of an audit of `interval_s` that need not be less than `sample_s`
 * apart: from that to interval_s, or PACE_LONGEST_S. */
double pace_sample_s(const struct pace *p, double interval_s, double sample_s);
/* Seconds to rest before an audit with samples so far apart: 0 on most hosts, at most
 * PACE_LONGEST_S. */
double pace_rest_s(const struct pace *p, double interval_s, double sample_s);
/* An audit that took `cpu_s` for `samples` of them. */
void pace_note(struct pace *p, double cpu_s, unsigned int samples);

#endif
