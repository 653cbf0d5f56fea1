/* The audit that a change followed from: kept in the history, and told by `show`. */
#ifndef NETWRIGHT_CLI_CHANGE_CAUSE_H
#define NETWRIGHT_CLI_CHANGE_CAUSE_H

#include "apply/store.h"
#include "cli/inspection.h"
#include "cli/options.h"

#include <jansson.h>
#include <stdio.h>

/* Records what was found. That it cannot is no failure of the change: a line on `err`. */
void change_cause_record(const struct settings *s, const struct inspection *i,
			 const struct transaction_record *t, FILE *err);

/* The findings that are recorded for a transaction, as "findings" of netwright.audit/1: a new
 * reference, or NULL when there are none. An unreadable history is told on `err`. */
json_t *change_cause_find(const struct settings *s, const struct transaction_record *t, FILE *err);

/* "why  RCV-02 medium: The receive buffer ..." for each finding that changed something. */
void change_cause_print(const json_t *findings, FILE *out);

#endif
