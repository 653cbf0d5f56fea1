/* From a parsed file to a profile. */
#ifndef NETWRIGHT_PROFILES_PROFILE_READER_H
#define NETWRIGHT_PROFILES_PROFILE_READER_H

#include "base/error.h"
#include "profiles/profile.h"

#include <libconfig.h>

/* Reads `file`'s only setting, "profile". -EINVAL with file and line, -ENOMEM; release *ret with
 * profile_done() in any case. */
int profile_read(const config_setting_t *root, const char *file, struct profile *ret,
		 struct error *e);

#endif
