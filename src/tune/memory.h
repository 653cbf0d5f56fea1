/* What was tried, and what came of it: so that nothing is tried again and again.
 *
 * Kept in history.db (apply/history.h) across restarts; this part is pure.
 */
#ifndef NETWRIGHT_TUNE_MEMORY_H
#define NETWRIGHT_TUNE_MEMORY_H

#include "apply/plan.h"
#include "base/error.h"
#include "tune/judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A change that was put back is not tried again for this many intervals of the loop, twice as many
 * after the second time, and so on. */
#define MEMORY_BACK_OFF_INTERVALS 10
#define MEMORY_BACK_OFF_MAX_S	  (7 * 86400.0)
#define MEMORY_RULE_MAX		  32
/* More tunables than any host was seen to need; the oldest is forgotten for a new one. */
#define MEMORY_OUTCOMES_MAX 1024

enum outcome_kind {
	OUTCOME_KEPT,
	OUTCOME_REVERTED,
	OUTCOME_UNDECIDED, /* put back for want of evidence */
	OUTCOME_PARKED,	   /* somebody else sets this tunable: hands off */
	OUTCOME_KINDS,
};
const char *outcome_kind_name(enum outcome_kind k);

/* The newest outcome of one tunable (with its element) in one namespace. */
struct outcome {
	uint64_t netns_cookie;
	char tunable[TARGET_NAME_MAX];
	char rule[MEMORY_RULE_MAX]; /* id; "" by hand */
	char value[HELD_TEXT_MAX];  /* that was tried */
	enum outcome_kind kind;
	unsigned int failures; /* in a row */
	double utc_s;	       /* when */
	double retry_utc_s;    /* not before; 0: at any time; INFINITY never by itself */
	char reason[256];
};

struct memory {
	struct outcome *all; /* owned */
	size_t count, capacity;
};
void memory_done(struct memory *m); /* accepts {0} */

const struct outcome *memory_find(const struct memory *m, uint64_t netns_cookie,
				  const char *tunable);
/* Notes an outcome in place of the one before, and works out `failures` and `retry_utc_s`:
 * undecided backs off as a first failure does, and counts as one only if it was undecided the last
 * time as well; kept clears. 0 or -ENOMEM. *ret, if not NULL, is what was noted. */
int memory_note(struct memory *m, const struct outcome *o, double interval_s,
		const struct outcome **ret);
/* Takes in an outcome that was noted before, as it is, in place of the one that is there. 0 or
 * -ENOMEM. */
int memory_recall(struct memory *m, const struct outcome *o);
/* NULL when it may be tried now, else why not; of an element, what is known of the whole counts as
 * well. */
const struct outcome *memory_forbids(const struct memory *m, uint64_t netns_cookie,
				     const char *tunable, double now_utc_s);
/* For a clock that was set back: what was noted in the future counts as noted now, so that it backs
 * off as long as it was meant to and no longer. */
void memory_meet_clock(struct memory *m, double now_utc_s);
/* A person wants it tried again: forgets what is known of tunables that match the pattern. */
size_t memory_forget(struct memory *m, uint64_t netns_cookie, const char *pattern);

#endif
