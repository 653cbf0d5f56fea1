/* The daemon: set up, turn after turn, and ended in order. */
#ifndef NETWRIGHT_DAEMON_DAEMON_H
#define NETWRIGHT_DAEMON_DAEMON_H

#include "base/error.h"
#include "daemon/policy.h"

#include <stdio.h>

struct daemon_options {
	const char *directory; /* of the journal, the history, and the daemon's lock and status */
	/* Reads the configuration: at the start, and anew for each SIGHUP. *ret is {0}, and
	 * released by policy_done() in any case. */
	int (*load)(void *arg, struct policy *ret, struct error *e);
	void *arg;
	FILE *log;
	/* Of the environment, each NULL when unset; see sd_notify(3), systemd.exec(5). */
	const char *journal_stream, *notify_socket, *watchdog_usec, *watchdog_pid;
};

/* Runs until SIGTERM or SIGINT. 0; -EINVAL (ERROR_INPUT) for its configuration; -EBUSY (ERROR_BUSY)
 * when there is a daemon already, or somebody holds the journal; what else kept it from starting.
 * Once it has started, nothing ends it but a signal. */
int daemon_run(const struct daemon_options *options, struct error *e);

/* Only finishes what killed runs have left, as it does at its start. */
int daemon_recover(const struct daemon_options *options, struct error *e);

#endif
