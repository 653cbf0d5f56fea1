/* What a profile wants changed, as wishes. Pure. */
#ifndef NETWRIGHT_APPLY_PROFILE_WISHES_H
#define NETWRIGHT_APPLY_PROFILE_WISHES_H

#include "apply/plan.h"
#include "base/error.h"
#include "profiles/resolve.h"

#include <stdbool.h>
#include <stddef.h>

/* Changes of a profile say so in their `why`, "profile bulk-wan (rtt=180ms, flows=1)", and the
 * journal knows the profile and its inputs by it: what is kept for the next boot is made of that.
 */
#define PROFILE_WHY_PREFIX "profile "
/* Of inputs together; the rest of PLAN_WHY_MAX is the name and what else there is to say. */
#define PROFILE_WHY_INPUTS_MAX 320
#define PROFILE_NAME_MAX       72 /* bytes with the NUL; profile_reader.c allows 64 characters */

struct profile_wishes {
	struct wish *wishes; /* owned */
	size_t count;
	char **texts; /* owned; what the wishes borrow from: three for each */
};

/* The `why` of such a profile's changes; -E2BIG (ERROR_INPUT) when the inputs are too long for it.
 */
int profile_why_format(const struct resolved_profile *p, char ret[PLAN_WHY_MAX], struct error *e);

/* One wish for each setting that is not left out, in their order. 0, -ENOMEM or errors of
 * profile_why_format(); `ret` must be {0}; release with profile_wishes_done() in any case. */
int profile_wishes_make(const struct resolved_profile *p, struct profile_wishes *ret,
			struct error *e);
/* Copies the texts of `wish`. */
int profile_wishes_add(struct profile_wishes *w, const struct wish *wish, struct error *e);
/* Gives the wish another value, to be set. */
int profile_wishes_fix(struct profile_wishes *w, size_t index, const char *value, struct error *e);
void profile_wishes_done(struct profile_wishes *w);

/* The profile that a change's `why` names; false when it names none. */
bool profile_of_why(const char *why, char ret[PROFILE_NAME_MAX]);
/* The input that begins at or after *at of such a `why`, which starts at 0 and is moved past it:
 * "rtt=180ms"; false when there is no other. */
bool profile_input_of_why(const char *why, size_t *at, char ret[PROFILE_WHY_INPUTS_MAX]);

#endif
