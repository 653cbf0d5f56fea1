/* The two forms of a survey's result: the audits, each as audit_report.h prints it, and a summary.
 */
#ifndef NETWRIGHT_CLI_SURVEY_REPORT_H
#define NETWRIGHT_CLI_SURVEY_REPORT_H

#include "base/error.h"
#include "cli/options.h"
#include "cli/survey.h"
#include "cli/terminal.h"

#include <stdio.h>

#define SURVEY_SCHEMA "netwright.audits/1"

/* 0 or -ENOMEM. */
int survey_print_text(const struct terminal *t, const struct survey *s,
		      const struct settings *settings, struct error *e);
/* 0, -ENOMEM or -EIO. */
int survey_print_json(FILE *out, const struct survey *s, struct error *e);

#endif
