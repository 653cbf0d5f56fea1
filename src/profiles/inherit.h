/* A profile and all that it includes, as one.
 *
 * The order is depth first: what a profile includes comes before it, in the order of its list, and
 * what is included twice counts where it came first. Of two settings of one tunable the later wins,
 * and of two inputs of one name the later's default; a setting's formula sees the inputs of all.
 */
#ifndef NETWRIGHT_PROFILES_INHERIT_H
#define NETWRIGHT_PROFILES_INHERIT_H

#include "base/error.h"
#include "profiles/profile.h"
#include "rules/expression.h"

#include <stdbool.h>
#include <stddef.h>

#define PROFILE_INCLUDES_MAX 32 /* levels */
#define PROFILE_INPUTS_MAX   64 /* of all together */

struct flat_input {
	const struct profile_input *input; /* the one that counts */
	const struct profile *origin;	   /* whose it is */
	struct expression *formula;	   /* may name the inputs before it */
	struct dimension dim;
};

struct flat_setting {
	const struct profile_setting *setting;
	const struct profile *origin;
	struct expression *value; /* NULL: setting->value is the text itself */
	struct expression *when;  /* NULL: always */
};

struct flat_profile {
	const struct profile *profile;
	const struct profile **order; /* owned; those included, and the profile last */
	size_t order_count;
	struct flat_input *inputs; /* owned, in the order in which they first come */
	size_t input_count;
	struct expression_variable *variables; /* owned; of the inputs, in their order */
	struct flat_setting *settings;	       /* owned, in the order in which they come */
	size_t setting_count;
};

/* Borrows from the library, which must not change meanwhile. -EINVAL (ERROR_INPUT) with file and
 * line: an include that is not there or leads back (with the chain), an element of what another
 * profile sets whole, a formula that does not compile or whose unit is not the tunable's. `ret`
 * must be {0}; release with flat_profile_done() in any case. */
int profile_flatten(const struct profile_library *library, const struct profile *profile,
		    struct flat_profile *ret, struct error *e);
void flat_profile_done(struct flat_profile *f);

/* Whether the k-th rule that watches the i-th profile of the order is named by none before it. */
bool flat_profile_watches_first(const struct flat_profile *f, size_t i, size_t k);

/* formula.c: compiles what was merged. */
int flat_profile_compile(struct flat_profile *f, struct error *e);

#endif
