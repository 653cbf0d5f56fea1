/* What the daemon does now, for `netwright status`: STATE/daemon.json, replaced as a whole whenever
 * something changes. Nothing is decided by it.
 *
 * The file says what was so when it was written; whether the daemon still lives, its lock says
 * (daemon/single.h).
 */
#ifndef NETWRIGHT_DAEMON_STATUS_H
#define NETWRIGHT_DAEMON_STATUS_H

#include "base/error.h"
#include "base/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATUS_TRIALS_MAX 8
#define STATUS_PARKED_MAX 64

struct status_trial {
	double utc_s; /* when it ended */
	char netns[96];
	char rule[32], entity[112];
	char change[256]; /* "net.ipv4.tcp_rmem[2] 6 MiB -> 24 MiB" */
	char verdict[16]; /* "kept", "reverted", "undecided", "ended" */
	char reason[256];
};

struct status_parked {
	char netns[96];
	char tunable[192];
	char reason[256];
};

struct daemon_status {
	int64_t pid;
	double started_utc_s;
	bool ended;	    /* it ended on request, and left nothing on trial */
	char doing[256];    /* "observing 3 network namespaces" */
	double since_utc_s; /* that */
	double next_utc_s;  /* when the audit in hand ends; 0: none is */
	uint64_t audits;    /* since it started */
	char trouble[320];  /* what it complains of; "" */
	struct status_trial trials[STATUS_TRIALS_MAX]; /* the newest first */
	size_t trial_count;
	struct status_parked parked[STATUS_PARKED_MAX];
	size_t parked_count;
};

/* Puts a trial before the others; the oldest makes room. */
void status_add_trial(struct daemon_status *s, const struct status_trial *t);

int status_write(struct os *os, const char *directory, const struct daemon_status *s,
		 struct error *e);
/* -ENOENT: no daemon has run here yet. -EBADMSG (ERROR_FAILED): not as it was written. Texts are
 * printable. */
int status_read(const char *directory, struct daemon_status *ret, struct error *e);

#endif
