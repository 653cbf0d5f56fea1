/* This machine, with everything that may be watched and tuned on it. */
#ifndef NETWRIGHT_DAEMON_LIVE_REALM_H
#define NETWRIGHT_DAEMON_LIVE_REALM_H

#include "daemon/kept.h"
#include "daemon/realm.h"
#include "daemon/wait.h"

struct live_realm {
	struct realm realm; /* first */
	const char *directory;
	struct waiter *waiter;
	struct kept kept;
};

/* `directory` holds the journal. Both must outlive it. Release with live_realm_done(). */
void live_realm_init(struct live_realm *r, const char *directory, struct waiter *waiter);
void live_realm_done(struct live_realm *r);

#endif
