/* Plans and transactions in text and JSON. Values are the same in both. */
#ifndef NETWRIGHT_CLI_CHANGE_REPORT_H
#define NETWRIGHT_CLI_CHANGE_REPORT_H

#include "apply/plan.h"
#include "apply/rival.h"
#include "apply/store.h"
#include "cli/document.h"
#include "cli/options.h"

#include <stdio.h>

#define PLAN_SCHEMA	   "netwright.plan/1"
#define PLANS_SCHEMA	   "netwright.plans/1"
#define TRANSACTION_SCHEMA "netwright.transaction/1"

/* The reason of changes that a person asked for; goes without saying in the text. */
#define CHANGE_WHY_BY_HAND "by hand"

/* What would be written, as netwright.plan/1 with --json. 0, -ENOMEM or -EIO. */
int change_print_plan(const struct settings *s, const struct plan *plan,
		      const struct rivals *rivals, FILE *out, struct error *e);
/* What became of a plan; `t` NULL when everything held already, which was `satisfied` wishes. */
int change_print_result(const struct settings *s, const struct transaction_record *t,
			size_t satisfied, FILE *out, struct error *e);
/* After the result of a transaction was printed, which returned `printed`: 0 when it has reached
 * its reader, else -EIO or `printed` (ERROR_CONFLICT), saying what became of the transaction all
 * the same: it is not undone by a disk that is full. */
int change_finish_printing(const struct settings *s, const struct transaction_record *t,
			   int printed, FILE *out, struct error *e);
/* All that is known about a transaction; `findings` that it followed from, or NULL. */
int change_print_details(const struct settings *s, const struct transaction_record *t,
			 json_t *findings, FILE *out, struct error *e);
/* One line on stderr about a change that a roll-back would leave as it is; nothing for others. */
void change_print_left(const struct change_record *c);
/* One line on stderr for each file that a roll-back would remove. */
void change_print_removals(const struct transaction_record *t);
/* One line on stderr: what recovery did about a transaction that an earlier run left. */
void change_print_recovered(const struct transaction_record *t);

/* One line on stderr about a record of the journal that store_load() refuses. */
void change_print_unreadable(const struct error *why);

/* "2026-11-21 10:25:13 UTC"; "-" for 0. Returns buf. */
#define CHANGE_TIME_MAX 32
const char *change_time(double utc_s, char *buf, size_t len);
/* What a person has to know before and after writing it; NULL when there is nothing. */
const char *change_undo_note(const struct tunable *t);

/* The object of a transaction, as in netwright.transaction/1. */
json_t *change_transaction_object(struct document *d, const struct transaction_record *t);

/* The parts of the two forms. */
int change_plan_json(const struct plan *plan, const struct rivals *rivals, FILE *out,
		     struct error *e);
/* {schema: PLANS_SCHEMA, plans: [...]}, each as a plan without its schema. */
int change_plans_json(const struct plan *plans, size_t n, FILE *out, struct error *e);
int change_transaction_json(const struct transaction_record *t, size_t satisfied, json_t *findings,
			    FILE *out, struct error *e);

#endif
