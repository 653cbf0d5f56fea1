/* What an operator allows the closed loop to do, from netwright.conf:
 *
 *	pins = ( { tunable = "net.ipv4.tcp_rmem[2]"; max = "64MiB"; },
 *	         { tunable = "net.ipv4.tcp_congestion_control"; never = true; } );
 *	tune = { rules = [ "RCV-*", "SND-*" ]; except = [ "CC-01" ]; };
 *
 * A pin names one tunable, or as the catalogue does all of a kind (net.ipv4.conf.*.rp_filter), with
 *or without an element. Rules are shell patterns (fnmatch) of ids or slugs.
 */
#ifndef NETWRIGHT_TUNE_LIMITS_H
#define NETWRIGHT_TUNE_LIMITS_H

#include "base/error.h"
#include "rules/rulebook.h"
#include "tunables/catalogue.h"

#include <stdbool.h>
#include <stddef.h>

struct pin {
	char *tunable;
	bool never, has_min, has_max;
	int64_t min, max; /* in the kernel's unit */
};

struct limits {
	struct pin *pins; /* owned */
	size_t pin_count;
	char **only; /* owned; empty: every rule */
	size_t only_count;
	char **except;
	size_t except_count;
};

/* Reads them from the configuration file into `ret`, which must be {0}. -ENOENT; -EINVAL with file
 * and line for a name that no tunable has, a value that is not of its unit, min above max.
 * Other settings of the file are not looked at. Release with limits_done() in any case. */
int limits_load(struct limits *ret, const char *path, struct error *e);
int limits_load_text(struct limits *ret, const char *name, const char *text, size_t len,
		     struct error *e);
void limits_done(struct limits *l); /* accepts {0} */
/* A person asks for these rules, by ids or slugs, in place of those that the file allows. 0 or
 * -ENOMEM. */
int limits_choose(struct limits *l, const char *const *rules, size_t count);

bool limits_allow_rule(const struct limits *l, const struct rule *rule);
/* Bounds *value (kernel's unit) of a tunable; false when it may not be changed at all. Texts have
 * no bounds: give NULL. */
bool limits_bound(const struct limits *l, const char *tunable, int64_t *value);

#endif
