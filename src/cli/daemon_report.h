/* What the daemon does, beside what is in force: for status. */
#ifndef NETWRIGHT_CLI_DAEMON_REPORT_H
#define NETWRIGHT_CLI_DAEMON_REPORT_H

#include "base/error.h"
#include "cli/document.h"
#include "daemon/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct daemon_report {
	bool runs;
	int64_t pid;		     /* 0: unknown */
	bool known;		     /* it has left a status, now or when it ran last */
	struct daemon_status status; /* that */
	char reason[256];	     /* why it is not known although it should be; "" */
};

/* Whether one runs and what it says of itself. Nothing is created or written. Errors of
 * single_probe(). */
int daemon_report_load(const char *directory, struct daemon_report *ret, struct error *e);
/* Some lines; nothing when there never was a daemon. */
void daemon_report_print(const struct daemon_report *r, double now_utc_s, FILE *out);
/* {running, pid, state, doing, since_utc, ...}; null when there never was a daemon. */
json_t *daemon_report_object(struct document *d, const struct daemon_report *r);

#endif
