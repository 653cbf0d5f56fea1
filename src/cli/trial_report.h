/* What a trial came to, in text and JSON. */
#ifndef NETWRIGHT_CLI_TRIAL_REPORT_H
#define NETWRIGHT_CLI_TRIAL_REPORT_H

#include "apply/plan.h"
#include "cli/document.h"
#include "cli/terminal.h"
#include "tune/trial.h"

struct trial_view {
	const struct settings *settings; /* state_dir: for the commands that are proposed */
	const struct plan *plan;	 /* what was tried, and what it replaced */
	const struct trial_request *request;
	const struct trial_report *report;
	bool restored; /* experiment_is_restored() */
};

/* "better", "worse", "undecided". */
const char *trial_verdict_word(enum verdict v);

/* "net.ipv4.tcp_rmem  4096 131072 6291456 -> 4096 131072 33554432", a line for each change. */
void trial_print_changes(const struct terminal *t, const struct plan *plan);
/* The measurement as a table, the verdict with its reason, and what holds now. */
int trial_print_result(const struct terminal *t, const struct trial_view *v, struct error *e);

/* {subject, design, pairs, ..., changes[], verdict, ...}: a new reference. */
json_t *trial_object(struct document *d, const struct trial_view *v);

#endif
