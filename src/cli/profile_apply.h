/* netwright apply NAME. */
#ifndef NETWRIGHT_CLI_PROFILE_APPLY_H
#define NETWRIGHT_CLI_PROFILE_APPLY_H

#include "apply/plan.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct profile_application {
	const struct settings *settings;
	const char *name;
	/* Whether a tunable, named without an element, is left alone though the profile sets it,
	 * and why; NULL: none is. */
	bool (*leave)(const void *arg, const char *tunable, char *reason, size_t len);
	const void *arg;
};

/* Works the profile out for this host and applies it as one transaction, which also puts back what
 * only the profiles before it had set (apply/succession.h). What is left out here is counted on
 * stderr. An exit status or a negative errno. */
int profile_apply(const struct profile_application *a, FILE *out, struct error *e);

/* Works it out likewise, and hands the wishes that it comes to to `use`, whose result it returns.
 */
int profile_apply_use(const struct settings *s, const char *name,
		      int (*use)(void *arg, const struct wish *wishes, size_t count,
				 struct error *e),
		      void *arg, struct error *e);

#endif
