/* The daemon's work: audit every namespace, try at most one change, note what came of it; again.
 *
 * Ordinary blocking code over a struct realm, which does the waiting. What it keeps between two
 * turns is small and bounded: how often each finding was seen in a row, and the outcomes of what
 * was tried. Observations are gone once they were judged.
 */
#ifndef NETWRIGHT_DAEMON_LOOP_H
#define NETWRIGHT_DAEMON_LOOP_H

#include "base/error.h"
#include "daemon/attempt.h"
#include "daemon/logbook.h"
#include "daemon/policy.h"
#include "daemon/realm.h"
#include "daemon/status.h"
#include "daemon/watched.h"
#include "tune/choice.h"
#include "tune/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Turns: looking up processes reads all of /proc, which costs more than all else together. Where
 * it decides a finding, it goes on until that was seen often enough to be tried. */
#define LOOP_PROCESSES_EVERY 10
#define LOOP_REASONS_MAX     256

struct loop {
	struct realm *realm;
	const struct logbook *log;
	struct policy policy; /* owned; may be replaced between two turns, see loop_adopt() */
	struct memory memory; /* owned */
	struct daemon_status status;
	/* Told whenever the status has changed, of each outcome as it is remembered, and of each
	 * window; all may be NULL. */
	void (*publish)(void *arg, const struct daemon_status *s);
	void (*noted)(void *arg, const struct outcome *o);
	void (*observed)(void *arg, const struct realm_place *place, const struct window *w);
	void *arg;

	struct watched_list watched;
	struct attempt candidate; /* of this turn */
	double candidate_tried_utc_s;
	uint64_t turns;
	bool lookup_helps; /* a finding of the last turn is one that a lookup of processes decides
			    */
	char unseen_now[LOOP_REASONS_MAX];
	struct logbook_complaint trouble, unseen;
};

void loop_done(struct loop *l); /* accepts {0} */

/* One turn. 0; -EINTR when the run, or this turn, is to end, and nothing is on trial then; or what
 * kept it from seeing anything: the caller waits before the next one. */
int loop_turn(struct loop *l, struct error *e);

/* Replaces the policy, which is taken over. What was seen by the old one is forgotten. */
void loop_adopt(struct loop *l, struct policy *policy);

/* What was on trial when a daemon was cut short, and is put back, is undecided. */
void loop_note_undone(struct loop *l, const struct transaction_record *t);

/* For `doing` and what follows from it. */
void loop_tell(struct loop *l, double seconds, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
