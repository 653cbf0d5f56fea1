/* Which change to try next: at most one finding's at a time. Pure.
 *
 * The most severe finding first that has held for as many windows in a row as its rule asks, whose
 * rule and tunables the operator allows, and of which nothing is parked or backing off. Its changes
 * are bounded by each rule's `step` and by the pins.
 */
#ifndef NETWRIGHT_TUNE_CHOICE_H
#define NETWRIGHT_TUNE_CHOICE_H

#include "apply/plan.h"
#include "base/error.h"
#include "tune/judge.h"
#include "tune/limits.h"
#include "tune/memory.h"
#include "tune/trial.h"
#include "tune/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often each finding was seen in a row, for hysteresis: its rule, and what it would change
 * first, so that two paths that take turns as the worst are one finding. One per namespace. */
struct sightings {
	struct sighting *all; /* owned */
	size_t count, capacity;
};
void sightings_done(struct sightings *s); /* accepts {0} */
/* Counts the findings of a window, and forgets those that it does not have. 0 or -ENOMEM. */
int sightings_count(struct sightings *s, const struct diagnosis *d);

struct choice_request {
	const struct limits *limits;
	const struct memory *memory;	   /* NULL: everything may be tried */
	const struct sightings *sightings; /* NULL: once is enough, for a person who asks */
	unsigned int patience;		   /* windows in a row where the rule does not say */
	uint64_t netns_cookie;
	bool is_init; /* the initial namespace: else what is init-only is left out */
	double now_utc_s;
	enum severity least;
};

/* A change of one number. */
struct choice_number {
	const struct tunable *tunable; /* its row */
	char name[TARGET_NAME_MAX];    /* "net.ipv4.tcp_rmem[2]" */
	int64_t from, to;	       /* in the kernel's unit */
};

struct choice {
	const struct rule *rule; /* NULL: nothing to try */
	struct subject subject;
	struct choice_number number; /* when that is all of it; else its tunable is NULL */
	struct wish *wishes;	     /* owned, with their texts */
	size_t wish_count;
	struct choice_text *texts;
	enum trial_sockets sockets; /* which the changes reach */
	bool stepped;		    /* less than the finding asks for: more may follow */
};
void choice_done(struct choice *c); /* accepts {0} */

/* 0 with ret->rule NULL when there is nothing to try. `skipped`, if not NULL, is called for each
 * finding that was passed over because of limits or memory, with the reason. */
int choice_make(const struct choice_request *request, const struct diagnosis *d,
		void (*skipped)(void *arg, const struct finding *f, const char *reason), void *arg,
		struct choice *ret, struct error *e);

/* A choice of that number, for that rule. 0 or -ENOMEM. */
int choice_of_number(const struct rule *rule, const struct subject *subject,
		     const struct choice_number *n, struct choice *ret, struct error *e);

#endif
