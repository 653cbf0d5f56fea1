/* Named copies of everything catalogued that one namespace holds.
 *
 * A file per snapshot in STATE/snapshots/NAME.json, schema netwright.snapshot/1. Restoring one is a
 * plan like any other: journaled, verified, reversible.
 */
#ifndef NETWRIGHT_APPLY_SNAPSHOT_H
#define NETWRIGHT_APPLY_SNAPSHOT_H

#include "apply/plan.h"
#include "base/error.h"
#include "tunables/place.h"

#include <stddef.h>

struct snapshot_value {
	char name[TARGET_NAME_MAX];
	char text[HELD_TEXT_MAX];
};

struct snapshot {
	char name[64];
	char hostname[65], kernel[65];
	char netns[PLACE_NAME_MAX];
	double taken_utc_s;
	struct snapshot_value *values; /* owned, in catalogue order */
	size_t count;
};

int snapshot_take(const struct place *p, const char *name, struct snapshot *ret, struct error *e);
void snapshot_done(struct snapshot *s); /* accepts {0} */

/* -EEXIST unless `replace`. Names are 1 to 63 of [A-Za-z0-9._-] and do not begin with a dot. */
int snapshot_save(struct os *os, const char *state_directory, const struct snapshot *s,
		  bool replace, struct error *e);
int snapshot_load(struct os *os, const char *state_directory, const char *name,
		  struct snapshot *ret, struct error *e);
/* The names in order; *ret and each are allocated. */
int snapshot_list(const char *state_directory, char ***ret, size_t *ret_count, struct error *e);

/* The wishes that lead from what `p` holds to the snapshot are its values; plan_make() leaves out
 * those that hold. What does not exist here any more is listed by the caller from -EOPNOTSUPP. */

#endif
