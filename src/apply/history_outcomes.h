/* What the closed loop tried and what came of it, in the history, so that a restart does not try it
 * all again. Nothing else decides by it; the newest of each tunable is kept, of this boot: another
 * starts from other values, and its namespaces have other cookies. */
#ifndef NETWRIGHT_APPLY_HISTORY_OUTCOMES_H
#define NETWRIGHT_APPLY_HISTORY_OUTCOMES_H

#include "apply/history.h"
#include "apply/plan.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define HISTORY_OUTCOMES_MAX 1024 /* newest; as many as the loop remembers (tune/memory.h) */

/* All texts printable ASCII. */
struct outcome_record {
	uint64_t netns_cookie;
	char tunable[TARGET_NAME_MAX];
	char rule[32]; /* id; "" by hand */
	char value[HELD_TEXT_MAX];
	char kind[16]; /* "kept", "reverted", ... */
	unsigned int failures;
	double utc_s;
	double retry_utc_s; /* INFINITY: never by itself */
	char reason[256];
};

/* Notes it in place of the one of the same tunable and namespace. -EINVAL for what could not be
 * read back. */
int history_save_outcome(struct history *h, const char *boot_id, const struct outcome_record *o,
			 struct error *e);
/* Forgets it; 0 also when there is none. */
int history_drop_outcome(struct history *h, uint64_t netns_cookie, const char *tunable,
			 struct error *e);
/* Calls `visit` for each of this boot, the oldest first; a negative return of it ends that and is
 * returned. Entries that this program would not have written are left out, and counted in
 * *ret_damaged. */
int history_load_outcomes(struct history *h, const char *boot_id,
			  int (*visit)(void *arg, const struct outcome_record *o), void *arg,
			  size_t *ret_damaged, struct error *e);

#endif
