/* What the configuration makes of the daemon: how it works, by which rules, and within which
 * limits. Loaded as a whole, so that one that is broken leaves the one before in force. */
#ifndef NETWRIGHT_DAEMON_POLICY_H
#define NETWRIGHT_DAEMON_POLICY_H

#include "daemon/config.h"
#include "rules/rulebook.h"
#include "tune/limits.h"

struct policy {
	struct daemon_config config;
	struct rulebook book;
	struct limits limits;
};

static inline void policy_done(struct policy *p) /* accepts {0} */
{
	daemon_config_done(&p->config);
	rulebook_done(&p->book);
	limits_done(&p->limits);
}

#endif
