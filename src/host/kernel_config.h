/* The configuration that the kernel was built with, from /proc/config.gz. */
#ifndef NETWRIGHT_HOST_KERNEL_CONFIG_H
#define NETWRIGHT_HOST_KERNEL_CONFIG_H

#include "base/bytes.h"
#include "host/source.h"

/* Largest configuration unpacked, in bytes: a distribution's is 0.3 MiB; a bomb's guard. */
#define KERNEL_CONFIG_MAX (2u << 20)

enum kernel_symbol { SYMBOL_NO, SYMBOL_MODULE, SYMBOL_YES };

/* Replaces *ret with the text. Returns 0, the errno of reading the file (-ENOENT: the kernel was
 * built without CONFIG_IKCONFIG_PROC), -EBADMSG not gzip or damaged, -EFBIG, -ENOMEM. A failure
 * leaves *ret empty. */
int kernel_config_read(struct source *s, struct bytes *ret);

/* What "CONFIG_X" is set to. One that is not mentioned is off: its dependencies are. */
enum kernel_symbol kernel_config_symbol(const struct bytes *config, const char *symbol);

#endif
