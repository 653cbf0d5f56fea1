/* tune, by trial: one finding after another is tried on the live traffic, and what helps is kept.
 */
#ifndef NETWRIGHT_CLI_TUNE_TRIAL_H
#define NETWRIGHT_CLI_TUNE_TRIAL_H

#include "base/error.h"
#include "cli/options.h"
#include "rules/diagnose.h"

#include <stdio.h>

/* Findings of severity info tell of something that is no fault. */
#define TUNE_LEAST_SEVERITY SEVERITY_LOW
#define TUNE_SECONDS	    10.0 /* of an observation; as an audit */

/* What was observed, and the findings that count, as an audit prints them. */
void tune_print_findings(const struct settings *s, const struct observation *o,
			 const struct diagnosis *d, FILE *out);

/* Returns an exit status or a negative errno. */
int tune_by_trial(const struct settings *s, FILE *out, struct error *e);

#endif
