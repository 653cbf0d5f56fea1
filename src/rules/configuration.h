/* netwright.conf: each part of the program reads its own settings of the one file.
 *
 *	ignore  rules/ignore.h: findings to hear no more of
 *	pins    tune/limits.h: what may be changed by itself, and how far
 *	tune    tune/limits.h: which rules may
 *	daemon  daemon/config.h
 */
#ifndef NETWRIGHT_RULES_CONFIGURATION_H
#define NETWRIGHT_RULES_CONFIGURATION_H

#include "base/error.h"

#include <libconfig.h>
#include <stddef.h>

/* Parses it as config_text_parse() does; a setting that no part of the program knows is -EINVAL as
 * well. */
int configuration_parse(const char *name, const char *text, size_t len, config_t *ret,
			struct error *e);

#endif
