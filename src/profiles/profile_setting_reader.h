/* One setting of a profile's file. */
#ifndef NETWRIGHT_PROFILES_PROFILE_SETTING_READER_H
#define NETWRIGHT_PROFILES_PROFILE_SETTING_READER_H

#include "profiles/profile.h"
#include "rules/setting.h"

#include <libconfig.h>

/* Any tunable of any kind that files may name. What its value says is checked later, when the
 * inputs are known: profiles/inherit.h. Errors of setting.h; release with profile_setting_done() in
 * any case. */
int profile_setting_read(struct setting_reader *r, const config_setting_t *group,
			 struct profile_setting *ret);
void profile_setting_done(struct profile_setting *s);

#endif
