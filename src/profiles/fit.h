/* Which profile fits what was observed, and why. Pure. */
#ifndef NETWRIGHT_PROFILES_FIT_H
#define NETWRIGHT_PROFILES_FIT_H

#include "base/bytes.h"
#include "base/error.h"
#include "measure/observation.h"
#include "profiles/profile.h"
#include "tunables/catalogue.h"

#include <stddef.h>

struct profile_fit {
	const struct profile *profile; /* of the library */
	struct bytes *reasons;	       /* owned; one text for each sign that was seen */
	size_t count;
	size_t unknown; /* signs that could not be told */
};

struct profile_fits {
	struct profile_fit *fits; /* owned; most reasons first, else by name */
	size_t count;
};

/* Profiles of which a sign was seen. 0 or -ENOMEM; `ret` must be {0}; release with
 * profile_fits_done() in any case. */
int profile_fits_find(const struct profile_library *library, const struct observation *o,
		      const struct tunable_values *values, struct profile_fits *ret,
		      struct error *e);
void profile_fits_done(struct profile_fits *f);

#endif
