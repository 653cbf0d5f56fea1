/* Configuration files in libconfig's format, opened with care: bounded, text only, and without
 * @include, which would open any file that a line names.
 */
#ifndef NETWRIGHT_RULES_CONFIG_TEXT_H
#define NETWRIGHT_RULES_CONFIG_TEXT_H

#include "base/bytes.h"
#include "base/error.h"

#include <libconfig.h>
#include <stddef.h>

#define CONFIG_TEXT_MAX (1u << 20) /* bytes; the built-in rule books are 40 KiB together */

/* Reads a regular file whole; ret->data is never NULL afterwards. Errors: -errno of opening,
 * -EINVAL when it is no regular file or too large. */
int config_text_read_file(const char *path, struct bytes *ret, struct error *e);

/* Parses it; `name` stands for the file in messages, with the line of a mistake. On success the
 * caller destroys *ret, on failure there is nothing to destroy. -EINVAL, -ENOMEM. */
int config_text_parse(const char *name, const char *text, size_t len, config_t *ret,
		      struct error *e);

#endif
