/* A session with the journal: whatever changes settings opens one, for some milliseconds.
 *
 * The order matters. Usage is checked, and the plan made, before anything is created; the guardian
 * of a deadline is started before the lock is taken; and what an earlier run left half-done is
 * finished before anything new begins:
 *
 *   guardian_start(), session_lock(), session_begin(), session_apply(), session_close()
 */
#ifndef NETWRIGHT_APPLY_SESSION_H
#define NETWRIGHT_APPLY_SESSION_H

#include "apply/guardian.h"
#include "apply/plan.h"
#include "apply/store.h"
#include "apply/transaction.h"
#include "base/error.h"

#include <signal.h>
#include <stdbool.h>

/* A change takes milliseconds, and an observation holds no lock: who still has the lock after so
 * long is stuck, or waits on a disk. */
#define SESSION_LOCK_TIMEOUT_S 5.0

struct session {
	struct applier applier;
	const char *directory; /* borrowed */
	const char *command;   /* borrowed; for the audit trail and for who waits for the lock */
	int lock;
	bool locked;
	int recovered; /* how many transactions of earlier runs had to be finished */
};

/* Waits for the lock of the state directory, which is created when missing. `ret` must be {0}.
 * Errors as lock_take(). Release with session_close() in any case. */
int session_lock(const char *directory, double wait_s, const char *command, struct session *ret,
		 struct error *e);
/* Opens the journal, creating it when missing, and finishes what earlier runs left; the listener
 * (may be NULL) is told of each. A transaction that could only be recovered in part does not fail
 * this: it is told and closed as partial, and the next command may be the one that repairs it. */
int session_begin(struct session *s, const struct recovery_listener *listener, struct error *e);
void session_close(struct session *s); /* accepts {0} */

/* -EBUSY (ERROR_BUSY), saying which and until when, while a transaction waits for confirmation. */
int session_refuse_pending(const struct session *s, struct error *e);

struct session_change {
	const struct place *place;
	double confirm_s; /* > 0: pending until confirmed; needs a guardian */
	bool persist;
	const volatile sig_atomic_t *stop; /* as in struct apply_options */
	/* Makes the plan anew, and says whether that is to survive a reboot; needed when recovery,
	 * or whoever had the lock before, changed what held when the given one was made. */
	int (*make_plan)(void *arg, struct plan *ret, bool *ret_persist, struct error *e);
	void *arg;
	bool renew; /* in any case: the plan follows from what is in force */
};

/* Applies a plan that was made before the lock was taken, and entrusts what is pending to the
 * guardian, who is dismissed when there is nothing to guard; `g` may be {0} without confirm_s.
 * Results as transaction_apply(), and -EBUSY (ERROR_BUSY) while another is pending. A change whose
 * guardian was lost on the way is rolled back, which *ret then tells. *plan may be replaced. */
int session_apply(struct session *s, const struct session_change *change, struct guardian *g,
		  struct plan *plan, struct transaction_record *ret, struct error *e);

/* Seconds until a deadline of CLOCK_BOOTTIME; negative when it has passed. */
double session_seconds_until(uint64_t deadline_boottime_ns);

#endif
