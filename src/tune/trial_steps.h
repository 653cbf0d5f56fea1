/* The parts of a trial: its state, switching the change on and off, watching the traffic. For
 * trial.c and the files that implement them.
 */
#ifndef NETWRIGHT_TUNE_TRIAL_STEPS_H
#define NETWRIGHT_TUNE_TRIAL_STEPS_H

#include "tune/trial.h"

/* Windows of a machine that was suspended meanwhile are taken anew; this often in a trial. */
#define TRIAL_RETRIES_MAX 3
/* Where new sockets alone count, windows without any are passed over: so many for each pair. */
#define TRIAL_WINDOWS_WITHOUT_SOCKETS 4

struct trial {
	struct world *world;
	const struct trial_request *request;
	struct trial_report *report;
	struct judge judge;
	struct window *without; /* owned, one for each pair */
	size_t without_count;
	struct transaction_record first; /* owned: what held before the first change */
	int64_t pending;		 /* the transaction in force; 0: none */
	bool new_sockets;		 /* they alone count */
	bool one_step;			 /* without the change first, then with it */
	bool fresh;			 /* none of them was seen since the last change */
	bool expired;			 /* its guardian has put it back */
	bool absent;			 /* the last window with it did not have the subject */
	bool lost;			 /* what it would be set on is gone */
	bool ended;			 /* the traffic is, with and without it */
	bool marked;			 /* sockets are remembered since the last change */
	unsigned int harm, retries, empty, done;
};

/* What it is doing, for who watches. */
void trial_tell(const struct trial *t, const char *phase);

/* --- trial_switch.c: all return 1, or 0 when the trial is over because of somebody else, or
 * because the connections that the change is set on have been closed since it began; or an error.
 */

int trial_switch_on(struct trial *t, struct error *e);
/* 0, or an error as revert() of world_ops; what was never switched on is off. */
int trial_switch_off(struct trial *t, const char *reason, struct error *e);
/* On or off, and settled. */
int trial_bring(struct trial *t, bool with, struct error *e);
/* Whether the change is still ours. */
int trial_look_for_others(struct trial *t, struct error *e);

/* --- trial_watch.c: 1 with *ret, to be released with window_done(); 0 when the trial is over; or
 * an error, with what *ret holds to be released all the same. */

bool trial_has_subject(const struct trial *t, const struct window *w);
int trial_observe_once(struct trial *t, bool new_sockets, struct window *ret, struct error *e);
/* The next window that counts. */
int trial_observe(struct trial *t, struct window *ret, struct error *e);
/* Settles which sockets count, before the first window. */
int trial_choose_sockets(struct trial *t, struct error *e);

#endif
