/* What files set at boot already, so that --persist writes none that says the same. */
#ifndef NETWRIGHT_APPLY_PERSISTED_H
#define NETWRIGHT_APPLY_PERSISTED_H

#include "apply/boot_profile.h"
#include "apply/boot_settings.h"
#include "apply/plan.h"
#include "tunables/place.h"
#include "tunables/sysctl_file.h"

#include <stdbool.h>

struct persisted {
	const struct place *place;    /* borrowed */
	const char *root;	      /* prefixed to /etc, /run and /usr; borrowed */
	struct sysctl_settings files; /* of sysctl.d(5) */
	struct boot_settings boot;    /* of /etc/netwright/restore.d */
	struct boot_profile profile;
};

/* Reads those two. What cannot be read sets nothing. 0 or -ENOMEM; release with
 * persisted_done() in any case. */
int persisted_load(const struct place *p, const char *root, struct persisted *ret);
void persisted_done(struct persisted *d);

/* For struct plan_keeper: whether the value of a change, which holds, is what files set at boot (of
 * a limit: what our own drop-ins of its service do); or whether no file can set it. */
bool persisted_is_kept(const void *persisted, const struct plan_change *c);

#endif
