/* Metrics over time, as audits of the daemon measured them.
 *
 * A series is one metric of one entity in one namespace; a point is its value at an instant. Points
 * are kept for HISTORY_TRENDS_DAYS, and no more than HISTORY_POINTS_MAX of them, the newest: with
 * their index some 45 bytes each. What an audit could not measure has no point.
 */
#ifndef NETWRIGHT_APPLY_HISTORY_TRENDS_H
#define NETWRIGHT_APPLY_HISTORY_TRENDS_H

#include "apply/history.h"
#include "base/error.h"

#include <stddef.h>

#define HISTORY_TRENDS_DAYS 14	   /* two of each weekday */
#define HISTORY_POINTS_MAX  500000 /* 23 MB; every minute for 14 days: 24 series */
#define HISTORY_METRIC_MAX  64
#define HISTORY_ENTITY_MAX  128

struct trend_point {
	const char *metric; /* "path.goodput" */
	const char *entity; /* "198.51.100.0/24"; "" of the host */
	double value;	    /* in base units; not finite: left out */
};

/* Adds what one audit measured. `netns` is the name of struct place, "" our own. -EINVAL for names
 * that are too long or not printable; nothing is added then. */
int history_add_points(struct history *h, double utc_s, const char *netns,
		       const struct trend_point *points, size_t count, struct error *e);

struct trend_query {
	const char *netns;  /* NULL: every namespace */
	const char *metric; /* a name, or a pattern of SQLite's GLOB; NULL: every metric */
	double since_utc_s; /* 0: all */
};

/* What a series comes to. */
struct trend {
	char netns[PLACE_NAME_MAX];
	char metric[HISTORY_METRIC_MAX];
	char entity[HISTORY_ENTITY_MAX];
	size_t points;
	double first_utc_s, last_utc_s;
	double least, mean, most, last;
	double earlier, later; /* means of the two halves of that time; NAN: no points in one */
};

/* Calls `visit` for each series with points since then, by metric, namespace and entity. A negative
 * return of it ends that and is returned. Damaged series are left out and counted. */
int history_read_trends(struct history *h, const struct trend_query *query,
			int (*visit)(void *arg, const struct trend *t), void *arg,
			size_t *ret_damaged, struct error *e);

#endif
