/* What `netwright restore` sets at boot: each kind of it is a step.
 *
 * A step does what it can. What it cannot (an interface that is missing, a value that this kernel
 * has not) it tells on stderr, one line each, counts, and goes on with the rest.
 */
#ifndef NETWRIGHT_CLI_RESTORE_H
#define NETWRIGHT_CLI_RESTORE_H

#include "base/error.h"
#include "cli/options.h"
#include "tunables/place.h"

#include <stddef.h>
#include <stdio.h>

struct restoring {
	const struct settings *settings; /* dry_run, lock_timeout_s, quiet, root, state_dir */
	const struct place *place;
	size_t failures; /* what could not be restored, so far */
};

/* One line on stderr, and counted. */
void restoring_tell(struct restoring *g, const char *what);

/* The profile of /etc/netwright/restore.d (apply/boot_profile.h), worked out for this host, as one
 * transaction. Returns as restore_settings(). */
int restore_profile(struct restoring *g, FILE *out, struct error *e);

/* The settings of /etc/netwright/restore.d (apply/boot_settings.h), as one transaction of those
 * that can be set. 0, or a negative errno when nothing more can be done. */
int restore_settings(struct restoring *g, FILE *out, struct error *e);

#endif
