/* Putting back what was the daemon's own: what a killed one left on trial, and, when it is told to,
 * what is in force. */
#ifndef NETWRIGHT_DAEMON_UNDO_H
#define NETWRIGHT_DAEMON_UNDO_H

#include "apply/transaction.h"
#include "base/error.h"
#include "daemon/logbook.h"

/* Logs what a session finishes of what others left. */
struct recovery_listener undo_listener(struct logbook *log);

/* Finishes what a crash or a killed run left, as every command that changes something does, and
 * rolls back what a daemon that is no more has left on trial: there is one daemon, whose lock the
 * caller holds, so that nobody else judges it any more. Each is logged. Creates the journal when
 * missing. Errors of session_lock() and session_begin(). */
int undo_trials(const char *directory, struct logbook *log, struct error *e);

/* Rolls back its changes that are in force, the newest first; what somebody else has changed since
 * is left alone, and logged. 0, or the first error. */
int undo_kept(const char *directory, struct logbook *log, struct error *e);

#endif
