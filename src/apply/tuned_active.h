/* What the active profiles of TuneD set by its sysctl plugin.
 *
 * /etc/tuned/active_profile and post_loaded_profile name them; profiles/tuned_profile.h reads them
 * as TuneD does.
 */
#ifndef NETWRIGHT_APPLY_TUNED_ACTIVE_H
#define NETWRIGHT_APPLY_TUNED_ACTIVE_H

#include "profiles/tuned_profile.h"

#include <stddef.h>

#define TUNED_ACTIVE_MAX 8

/* Initialise with {0}; release with tuned_active_done() in any case. */
struct tuned_active {
	char name[128]; /* as in active_profile: "network-throughput", or several words */
	struct tuned_profile profiles[TUNED_ACTIVE_MAX]; /* later ones win */
	size_t count;
	size_t root_len; /* of the paths of their files */
};

struct tuned_active_setting {
	const char *file; /* without the root */
	unsigned int line;
	char value[128]; /* printable; "" when it is not known without running TuneD */
};

/* Looks below `root` ("" for /). What is missing or malformed is left out: 0 or -ENOMEM. */
int tuned_active_load(const char *root, struct tuned_active *ret);
void tuned_active_done(struct tuned_active *a);

/* What sets a key (dotted) in the end. Returns 1, 0 when nothing does, or -ENOMEM. */
int tuned_active_find(const struct tuned_active *a, const char *key,
		      struct tuned_active_setting *ret);

#endif
