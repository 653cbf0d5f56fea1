/* This machine, with everything that may be watched and tuned on it. */
#ifndef NETWRIGHT_DAEMON_LIVE_REALM_H
#define NETWRIGHT_DAEMON_LIVE_REALM_H

#include "apply/transaction.h"
#include "daemon/kept.h"
#include "daemon/pace.h"
#include "daemon/realm.h"
#include "daemon/wait.h"
#include "tune/live_world.h"

struct live_realm {
	struct realm realm; /* first */
	const char *directory;
	struct waiter *waiter;
	const struct recovery_listener *listener;
	struct logbook *log;
	struct kept kept;
	struct pace pace;
	struct live_world *world; /* the one that is open; NULL: none is */
};

/* `directory` holds the journal; `listener` is told when a session finishes what others left, `log`
 * of trials that could not be ended at once. All must outlive it. */
void live_realm_init(struct live_realm *r, const char *directory, struct waiter *waiter,
		     const struct recovery_listener *listener, struct logbook *log);

#endif
