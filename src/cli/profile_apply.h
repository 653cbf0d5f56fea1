/* netwright apply NAME. */
#ifndef NETWRIGHT_CLI_PROFILE_APPLY_H
#define NETWRIGHT_CLI_PROFILE_APPLY_H

#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* Works the profile out for this host and applies it as one transaction, which also puts back what
 * only the profiles before it had set (apply/succession.h). What is left out here is counted on
 * stderr. An exit status or a negative errno. */
int profile_apply(const struct settings *s, const char *name, FILE *out, struct error *e);

#endif
