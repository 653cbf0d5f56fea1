/* What `netwright explain` says about one thing. */
#ifndef NETWRIGHT_CLI_EXPLAIN_H
#define NETWRIGHT_CLI_EXPLAIN_H

#include "cli/terminal.h"
#include "measure/metric.h"
#include "rules/lint.h"
#include "rules/rulebook.h"
#include "tunables/catalogue.h"

void explain_rule(const struct terminal *t, const struct rule *rule);
/* All keys of the lint's id. */
void explain_lint(const struct terminal *t, const struct lint *lint);
/* `o` may be NULL: then there is no present value. */
void explain_metric(const struct terminal *t, const struct metric *m, const struct observation *o);
/* values->values may be NULL likewise. */
void explain_tunable(const struct terminal *t, const struct tunable *tunable,
		     const struct tunable_values *values);

#endif
