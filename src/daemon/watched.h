/* The network namespaces that the daemon watches, and what it knows of each from turn to turn. */
#ifndef NETWRIGHT_DAEMON_WATCHED_H
#define NETWRIGHT_DAEMON_WATCHED_H

#include "daemon/logbook.h"
#include "daemon/realm.h"
#include "tune/choice.h"
#include "tune/trim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watched {
	struct realm_place place;
	struct sightings sightings;
	unsigned int missed;   /* turns since it was seen */
	double tried_utc_s;    /* when something was tried last; 0: never */
	struct trim trim;      /* what that left to take back */
	unsigned int trim_due; /* turns in a row in which it was due */
	double trimmed_utc_s;  /* when that was tried last; 0: never */
	struct logbook_complaint skipped;
};

struct watched_list {
	struct watched *all; /* owned; moves when it grows */
	size_t count, capacity;
};
void watched_list_done(struct watched_list *l); /* accepts {0} */

bool watched_is_at(const struct watched *w, const struct realm_place *place);
/* The one at that place, which is added if it is new. NULL without memory. */
struct watched *watched_list_get(struct watched_list *l, const struct realm_place *place,
				 bool *ret_new);
/* For people; NULL when it is not watched. */
const char *watched_list_label(const struct watched_list *l, uint64_t cookie);
/* Forgets all findings, which point into rules that are to be replaced. */
void watched_list_forget_findings(struct watched_list *l);
/* Counts a turn. Drops, after telling, what was missing for WATCHED_MISSED_MAX of them. */
#define WATCHED_MISSED_MAX 2
void watched_list_turn(struct watched_list *l, void (*dropped)(void *arg, const struct watched *w),
		       void *arg);

#endif
