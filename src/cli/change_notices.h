/* What a person has to know before a plan is carried out: who else sets the same, and what
 * --persist cannot keep for the next boot. */
#ifndef NETWRIGHT_CLI_CHANGE_NOTICES_H
#define NETWRIGHT_CLI_CHANGE_NOTICES_H

#include "apply/plan.h"
#include "apply/rival.h"
#include "cli/document.h"
#include "cli/options.h"
#include "tunables/place.h"

#include <stdio.h>

/* A line for each; also with --quiet. `wishes` are those that the plan was made of. */
void change_notices_print(const struct settings *s, const struct place *p, const struct plan *plan,
			  const struct wish *wishes, size_t n, const struct rivals *rivals,
			  FILE *err);

/* [{kind, name, where, tunable, value, consequence}] */
json_t *change_notices_rivals(struct document *d, const struct rivals *rivals);

#endif
