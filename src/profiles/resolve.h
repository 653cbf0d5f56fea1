/* What a profile means on one host: each setting's value, or why it is left out. Pure. */
#ifndef NETWRIGHT_PROFILES_RESOLVE_H
#define NETWRIGHT_PROFILES_RESOLVE_H

#include "base/error.h"
#include "measure/observation.h"
#include "profiles/inherit.h"
#include "tunables/catalogue.h"
#include "tunables/kind.h"

#include <stdbool.h>
#include <stddef.h>

#define RESOLVED_REASON_MAX 320

/* The host that a profile is for. */
struct profile_host {
	const struct observation *observation; /* of observe_host() */
	const struct tunable_values *tunables;
	/* What a tunable holds that `tunables` does not have: of an interface, a process, a route;
	 * a sysctl whose value is too long there. 0, or a negative errno with the reason, -EINVAL
	 * (ERROR_INPUT) when nothing can be called so. NULL: such are left out. */
	int (*read)(void *arg, const char *name, char ret[HELD_TEXT_MAX], struct error *e);
	void *arg;
};

struct resolved_input {
	const struct flat_input *input;
	struct value value;
	bool given;			  /* rather than its default */
	char reason[RESOLVED_REASON_MAX]; /* why it is unknown; "" */
};

/* How the present value stands to the profile's. */
enum resolved_state {
	RESOLVED_LEFT_OUT, /* `reason` says why */
	RESOLVED_HOLDS,
	RESOLVED_BETTER, /* raise_to and lower_to: what it holds is kept */
	RESOLVED_DIFFERS,
};
const char *resolved_state_name(enum resolved_state s); /* "left-out", "holds", ... */

struct resolved_setting {
	const struct flat_setting *flat;
	enum resolved_state state;
	char value[HELD_TEXT_MAX];	  /* as plan_make() takes it; "" when left out */
	char present[HELD_TEXT_MAX];	  /* the element's or the whole value; "" unknown */
	char reason[RESOLVED_REASON_MAX]; /* RESOLVED_LEFT_OUT; else "" */
};

struct resolved_profile {
	const struct flat_profile *flat;
	const char *const *given; /* borrowed: the texts of inputs, "rtt=180ms" */
	size_t given_count;
	struct resolved_input *inputs;	   /* owned, in the order of the flat profile's */
	struct resolved_setting *settings; /* owned, likewise */
};

/* `inputs` are texts "rtt=180ms", in place of defaults; they must live as long as *ret. -EINVAL
 * (ERROR_INPUT) for an input that the profile does not have, that is malformed or of another unit,
 * or given twice; -EINVAL or -ERANGE (ERROR_INPUT), with file and line, for a value that the
 * tunable cannot have and a name that no tunable can; -ENOMEM. What a host lacks or does not tell
 * is no error: it leaves settings out. `ret` must be {0}; release with resolved_profile_done() in
 * any case. */
int profile_resolve(const struct flat_profile *flat, const struct profile_host *host,
		    const char *const *inputs, size_t input_count, struct resolved_profile *ret,
		    struct error *e);
void resolved_profile_done(struct resolved_profile *r);

/* resolve_input.c: the part of profile_resolve() that is about inputs. `ret` has room for all. */
int profile_resolve_inputs(const struct flat_profile *flat, const struct profile_host *host,
			   const char *const *inputs, size_t input_count,
			   struct resolved_input *ret, struct error *e);

#endif
