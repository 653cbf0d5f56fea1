/* A profile as TuneD's tuned.conf, as far as TuneD can say it.
 *
 * TuneD has no arithmetic, compares single numbers only and reports an error for a key that the
 * kernel lacks. A constant is written as it is; whatever depends on the host, or is one element of
 * a vector, is asked of netwright when TuneD loads the profile: ${f:exec:...} runs the helper
 * `value` beside the tuned.conf. The rest is listed in comments, with the reason.
 */
#ifndef NETWRIGHT_PROFILES_TUNED_EXPORT_H
#define NETWRIGHT_PROFILES_TUNED_EXPORT_H

#include "base/bytes.h"
#include "profiles/inherit.h"
#include "profiles/resolve.h"
#include "tunables/catalogue.h"
#include "tunables/tunable_setting.h"

#include <stddef.h>

/* Appends the file's text. 0 or -ENOMEM. */
int tuned_export(const struct flat_profile *f, struct bytes *ret);

/* Why TuneD cannot set the i-th setting; NULL: it can. Static. */
const char *tuned_export_obstacle(const struct flat_profile *f, size_t i);

/* The whole value that sysctl `name` has once the profile is applied: what it holds now, with what
 * the profile sets of it. -ENOENT (ERROR_INPUT) when the profile does not set it, -EOPNOTSUPP when
 * this kernel has no such key, -EINVAL when what it holds is no value. */
int tuned_export_value(const struct resolved_profile *r, const char *name, const char *present,
		       struct tunable_setting *ret, struct error *e);

#endif
