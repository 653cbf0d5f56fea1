/* One change, tried: measured without it and with it in turn, then kept or put back.
 *
 * Without, with, with, without, without, with, ...: whatever else changes meanwhile, a drift of the
 * traffic above all, falls on both sides alike. With all windows of one side first, traffic that
 * grows by 2 % from window to window had two changes in three kept that did nothing (simulated).
 * What cannot be taken back from open sockets, and no new ones come, is tried in one step all the
 * same, and must then be better by a quarter in its worst window than the best one without.
 */
#ifndef NETWRIGHT_TUNE_TRIAL_H
#define NETWRIGHT_TUNE_TRIAL_H

#include "apply/plan.h"
#include "base/error.h"
#include "tune/judge.h"
#include "tune/world.h"

#include <stdbool.h>
#include <stddef.h>

/* Which sockets the windows count. */
enum trial_sockets {
	TRIAL_ALL_SOCKETS,
	TRIAL_NEW_SOCKETS, /* opened after each switch: the change reaches no others */
	/* Those, if they carry at least half of the traffic, else all. For changes that reach open
	 * sockets in part: what is opened with a route's congestion control keeps it when the
	 * route's is put back, so that windows without the change would hold sockets with it. */
	TRIAL_NEW_SOCKETS_IF_THEY_CARRY,
	/* Those likewise of a path, else all: first every window without the change, then every one
	 * with it, and only what lies clearly apart counts. For changes that open sockets take up
	 * in part and never give back: a send buffer grows up to the new tcp_wmem[2], and stays so.
	 */
	TRIAL_NEW_SOCKETS_OR_ONE_STEP,
};
/* For tunables some or all of which reach new sockets only. */
enum trial_sockets trial_sockets_for(bool some_new_only, bool all_new_only);

struct trial_request {
	const struct wish *wishes;
	size_t wish_count;
	struct judge_criteria criteria;
	unsigned int pairs; /* PAIRED_SHIFT_MIN to PAIRED_SHIFT_MAX */
	double window_s;    /* of each window; 1 to 3600 */
	double settle_s;    /* left out after each change, for the traffic to find its new level */
	enum trial_sockets sockets;
	bool leave_in_place; /* keep what is better; else restore in any case */
	/* Told of each window as it is done; may be NULL. */
	void (*progress)(void *arg, const char *phase, unsigned int done, unsigned int of);
	void *progress_arg;
};

struct trial_report {
	struct judgement_of_trial judgement;
	bool new_sockets; /* it was judged by those opened after each switch */
	bool one_step;	  /* by all, without it first and then with it */
	bool in_place;	  /* the change is in force */
	bool foreign;	  /* ended because somebody else changed a target or rolled back */
	char foreign_target[TARGET_NAME_MAX]; /* which; "" all of the trial */
	bool confirmed;	     /* in force because somebody has confirmed it meanwhile */
	int64_t transaction; /* the last one; 0: nothing was changed */
	double seconds;	     /* how long it took */
};

/* Runs a trial. 0 with *ret when it came to a verdict, undecided included, and the change is in
 * force or put back as *ret says. Errors leave nothing changed, with two exceptions. -EUCLEAN
 * (ERROR_CONFLICT): *ret says whether the change is in force and its files could not be written, or
 * it could not be put back, and the sentence says until when. -EINTR: asked to end; what somebody
 * had confirmed by then stays, and *ret says so. -EALREADY: the wishes hold already; -ESTALE: the
 * namespace is gone. */
int trial_run(struct world *w, const struct trial_request *request, struct trial_report *ret,
	      struct error *e);

/* The longest that the change is in force in one go, and then some: the deadline of its
 * transactions. */
double trial_deadline_s(const struct trial_request *request);

#endif
