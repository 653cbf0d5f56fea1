/* netwright apply NAME. */
#ifndef NETWRIGHT_CLI_PROFILE_APPLY_H
#define NETWRIGHT_CLI_PROFILE_APPLY_H

#include "apply/plan.h"
#include "base/error.h"
#include "cli/options.h"

#include <stddef.h>
#include <stdio.h>

/* Works the profile out for this host and applies it as one transaction, which also puts back what
 * only the profiles before it had set (apply/succession.h). What is left out here is counted on
 * stderr. An exit status or a negative errno. */
int profile_apply(const struct settings *s, const char *name, FILE *out, struct error *e);

/* Works it out likewise, and hands the wishes that it comes to to `use`, whose result it returns.
 */
int profile_apply_use(const struct settings *s, const char *name,
		      int (*use)(void *arg, const struct wish *wishes, size_t count,
				 struct error *e),
		      void *arg, struct error *e);

#endif
