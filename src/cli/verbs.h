/* The verbs: each is one file and one const struct that says everything about it. */
#ifndef NETWRIGHT_CLI_VERBS_H
#define NETWRIGHT_CLI_VERBS_H

#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

struct example {
	const char *command; /* NULL ends a list */
	const char *meaning;
};

struct verb {
	const char *name;
	const char *usage;	 /* after "netwright NAME"; "" for none */
	const char *summary;	 /* one line, without a full stop */
	const char *description; /* paragraphs separated by newlines */
	const struct example *examples;
	const struct option_spec *options; /* sorted by name */
	size_t option_count;
	size_t operands_max;
	/* Writes its data to `out`. Returns an exit status (enum exit_status), or a negative errno
	 * with a sentence in *e. */
	int (*run)(const struct settings *settings, FILE *out, struct error *e);
};

extern const struct verb verb_apply;
extern const struct verb verb_audit;
extern const struct verb verb_confirm;
extern const struct verb verb_daemon;
extern const struct verb verb_explain;
extern const struct verb verb_flows;
extern const struct verb verb_help;
extern const struct verb verb_history;
extern const struct verb verb_lint;
extern const struct verb verb_metrics;
extern const struct verb verb_profile;
extern const struct verb verb_restore;
extern const struct verb verb_rollback;
extern const struct verb verb_rules;
extern const struct verb verb_set;
extern const struct verb verb_show;
extern const struct verb verb_snapshot;
extern const struct verb verb_status;
extern const struct verb verb_trial;
extern const struct verb verb_tune;

/* Sorted by name. */
extern const struct verb *const verbs[];
extern const size_t verb_count;

const struct verb *verb_find(const char *name); /* or NULL */

/* Fails with -EINVAL, ERROR_INPUT and the nearest verb's name. */
int verb_unknown(const char *name, struct error *e);

#endif
