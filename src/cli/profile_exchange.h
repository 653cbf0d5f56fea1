/* Profiles from elsewhere and for elsewhere: what `netwright profile` has for TuneD's users. */
#ifndef NETWRIGHT_CLI_PROFILE_EXCHANGE_H
#define NETWRIGHT_CLI_PROFILE_EXCHANGE_H

#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* The operand is a TuneD profile, by name or as a file, or sysctl files. The profile goes to `out`;
 * what was not carried over, and what is to be looked at, also to stderr. An exit status or a
 * negative errno, as of a profile_action. */
int profile_import(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e);

/* The operand is a profile of ours: its tuned.conf goes to `out`, and what that cannot express to
 * stderr. */
int profile_export(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e);
/* The operands are a profile and a sysctl: prints the whole value that the sysctl has on this host
 * once the profile is applied. */
int profile_value(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		  struct error *e);

#endif
