/* What lints say about the values in force, as findings of an audit. */
#ifndef NETWRIGHT_RULES_LINT_FINDING_H
#define NETWRIGHT_RULES_LINT_FINDING_H

#include "base/error.h"
#include "rules/diagnose.h"
#include "rules/ignore.h"
#include "rules/lint.h"

/* Adds the findings of `report` to `d`, in its order, and what could not be judged. The entity of
 * such a finding is the setting: "net.ipv4.tcp_retries2". Left out is what `ignore` names (it is
 * listed as ignored), and what a rule has said already: one that proposes to change that setting,
 * of a setting of several numbers one about configuration. Texts of values belong to `report`: keep
 * it as long as `d`. 0 or -ENOMEM; `d` must be released in any case. */
int diagnosis_add_lints(struct diagnosis *d, const struct lint_report *report,
			const struct ignore_list *ignore, struct error *e);

#endif
