/* One change that the daemon may try: what it is, in words, and what came of it. */
#ifndef NETWRIGHT_DAEMON_ATTEMPT_H
#define NETWRIGHT_DAEMON_ATTEMPT_H

#include "base/error.h"
#include "daemon/policy.h"
#include "daemon/realm.h"
#include "daemon/status.h"
#include "tune/choice.h"
#include "tune/memory.h"
#include "tune/trial.h"

#include <stdbool.h>
#include <stddef.h>

struct attempt {
	struct realm_place place;
	struct choice choice;		   /* owned; rule NULL: there is none */
	const struct metric *delay;	   /* this must become shorter; NULL: the rule decides */
	char change[256];		   /* "net.ipv4.tcp_rmem[2] 6 MiB -> 24 MiB" */
	char about[REALM_LABEL_MAX + 160]; /* "web: RCV-02 path 198.51.100.0/24" */
};
void attempt_done(struct attempt *a); /* accepts {0} */

/* Takes over the choice, which was made of this diagnosis at this place, and leaves {0} behind. */
void attempt_take(struct attempt *ret, const struct realm_place *place, struct choice *choice,
		  const struct diagnosis *d);
/* Likewise one that takes back what a limit has to spare: it is judged by that delay. What comes of
 * it says nothing of the limit itself, which stays kept if this is put back. */
void attempt_take_trim(struct attempt *ret, const struct realm_place *place, struct choice *choice,
		       const struct metric *delay);

/* Whether everything may still be tried. */
bool attempt_is_allowed(const struct attempt *a, const struct memory *m, double now_utc_s);

/* What a trial of it came to. */
struct attempt_result {
	enum outcome_kind kind;
	bool noted; /* there is an outcome to be remembered; else it was never tried */
	char target[TARGET_NAME_MAX]; /* it is about this target alone; "" all of the change */
	char verdict[16];	      /* "kept", "reverted", "undecided", "ended", "failed" */
	char reason[512];
	struct trial_report report;
};

/* Runs the trial in a world of that place. -EINTR when the run is to end: nothing is changed then.
 * Every other failure is a result. */
int attempt_run(const struct attempt *a, const struct policy *policy, struct world *w,
		struct attempt_result *ret, struct error *e);
/* Of a failure before there was a world. */
void attempt_fail(int code, const struct error *why, struct attempt_result *ret);

/* Notes the outcome of each of its tunables that the result is about; `noted` is told of each, as
 * it is remembered, and may be NULL. 0 or -ENOMEM. */
int attempt_note(const struct attempt *a, const struct attempt_result *result, double now_utc_s,
		 double interval_s, struct memory *m,
		 void (*noted)(void *arg, const struct outcome *o), void *arg);

void attempt_describe(const struct attempt *a, const struct attempt_result *result,
		      double now_utc_s, struct status_trial *ret);

#endif
