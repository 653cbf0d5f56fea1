/* Putting back what was the daemon's own: what a killed one left on trial, and, when it is told to,
 * what is in force. */
#ifndef NETWRIGHT_DAEMON_UNDO_H
#define NETWRIGHT_DAEMON_UNDO_H

#include "apply/transaction.h"
#include "base/error.h"
#include "daemon/logbook.h"

/* For a lock that somebody holds while the daemon ends, within systemd's patience for that (30 s,
 * TimeoutStopSec of the unit). */
#define UNDO_LOCK_WAIT_S 20.0

struct undo {
	const char *directory; /* of the journal */
	double lock_wait_s;
	struct logbook *log;
	/* Told of each of its own transactions that was on trial and is put back; may be NULL. */
	void (*undone)(void *arg, const struct transaction_record *t);
	void *arg;
};

/* Logs what a session finishes of what others left. */
struct recovery_listener undo_listener(struct logbook *log);

/* Finishes what a crash or a killed run left, as every command that changes something does, and
 * rolls back what the daemon, or one that is no more, has left on trial: there is one daemon, whose
 * lock the caller holds, so that nobody else judges it any more. Each is logged. Creates the
 * journal when missing. What is put back in part is no error: kept_check() tells of it. Errors of
 * session_lock() and session_begin(), or the first of a roll-back, the others having been
 * attempted. */
int undo_trials(const struct undo *u, struct error *e);

/* Rolls back its changes that are in force, the newest first; what somebody else has changed since
 * is left alone, and logged. 0; -EUCLEAN (ERROR_CONFLICT) when something is left; or the first
 * error, the others having been attempted. */
int undo_kept(const struct undo *u, struct error *e);

#endif
