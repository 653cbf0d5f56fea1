/* A plan in a form that something else carries out: for hosts under configuration management. */
#ifndef NETWRIGHT_CLI_PLAN_EXPORT_H
#define NETWRIGHT_CLI_PLAN_EXPORT_H

#include "apply/plan.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* Prints shell commands, or the text of a sysctl.d(5) file, for the plan that was made of `wishes`.
 * What is no sysctl is a `netwright set` of the wish, and a comment in a file. 0, -ENOMEM or -EIO.
 */
int plan_export(const struct plan *plan, const struct wish *wishes, size_t n, enum export_form form,
		FILE *out, struct error *e);

#endif
