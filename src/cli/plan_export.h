/* A plan in a form that something else carries out: for hosts under configuration management. */
#ifndef NETWRIGHT_CLI_PLAN_EXPORT_H
#define NETWRIGHT_CLI_PLAN_EXPORT_H

#include "apply/plan.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* Prints shell commands, or the text of a sysctl.d(5) file. What a file cannot express is a comment
 * in it. 0, -ENOMEM or -EIO. */
int plan_export(const struct plan *plan, enum export_form form, FILE *out, struct error *e);

#endif
