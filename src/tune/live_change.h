/* A change on trial, on this machine: each step is a session of its own with the journal. */
#ifndef NETWRIGHT_TUNE_LIVE_CHANGE_H
#define NETWRIGHT_TUNE_LIVE_CHANGE_H

#include "apply/session.h"
#include "base/error.h"
#include "tunables/place.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live_change {
	const struct place *place;
	const char *directory; /* absolute */
	double lock_wait_s;    /* 0: SESSION_LOCK_TIMEOUT_S */
	const char *command;
	bool persist; /* what is kept gets files for the next boot, as far as there can be any */
	const volatile sig_atomic_t *stop;
	struct recovery_listener listener; /* of what earlier runs left */
};

/* What would be refused only after the first window, asked before it: -EINVAL (ERROR_INPUT) for a
 * change that cannot be undone, -EBUSY (ERROR_BUSY) while somebody holds the lock for longer than
 * lock_wait_s or somebody's transaction is pending; else as session_lock() and session_begin(),
 * which finishes what earlier runs left. */
int live_change_prepare(const struct live_change *c, const struct plan *plan, struct error *e);

/* As the functions of struct world_ops of the same names. */
int live_change_apply(const struct live_change *c, const struct wish *wishes, size_t count,
		      double deadline_s, struct transaction_record *ret, struct error *e);
int live_change_check(const struct live_change *c, int64_t transaction,
		      char target[TARGET_NAME_MAX], struct error *e);
int live_change_keep(const struct live_change *c, int64_t transaction, const char *reason,
		     struct error *e);
int live_change_revert(const struct live_change *c, int64_t transaction, const char *reason,
		       struct error *e);

#endif
