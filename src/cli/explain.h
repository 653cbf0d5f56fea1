/* What `netwright explain` says about one thing. */
#ifndef NETWRIGHT_CLI_EXPLAIN_H
#define NETWRIGHT_CLI_EXPLAIN_H

#include "cli/terminal.h"
#include "measure/metric.h"
#include "rules/lint.h"
#include "rules/rulebook.h"
#include "tunables/catalogue.h"

/* Where an explanation goes: a heading, then lines of a label and a text. The manual pages of the
 * tables are made through it too (man/generate.c), and so say what the program says. */
struct explain_writer {
	void (*heading)(void *arg, const char *text);
	void (*line)(void *arg, const char *label, const char *text); /* text is not empty */
	void *arg;
};
/* Labels of the present value, the only line that depends on the host, and of the file and line of
 * a rule. */
#define EXPLAIN_NOW	   "now"
#define EXPLAIN_DEFINED_IN "defined in"

struct explain_writer explain_on_terminal(struct terminal *t);

void explain_rule(const struct explain_writer *w, const struct rule *rule);
/* All keys of the lint's id. */
void explain_lint(const struct explain_writer *w, const struct lint *lint);
/* `o` may be NULL: then there is no present value. */
void explain_metric(const struct explain_writer *w, const struct metric *m,
		    const struct observation *o);
/* values->values may be NULL likewise. */
void explain_tunable(const struct explain_writer *w, const struct tunable *tunable,
		     const struct tunable_values *values);

#endif
