/* Profiles: named settings for a kind of work, as people write them.
 *
 *   profile = {
 *     name = "bulk-wan"; summary = "Few large transfers over long, fat paths";
 *     include = [ "base" ];
 *     inputs = { rtt = "100ms"; flows = { default = "4"; help = "Transfers at a time"; }; };
 *     settings = (
 *       { tunable = "net.ipv4.tcp_rmem[2]"; raise_to = "min(2 * rate * rtt, host.memory_total /
 * 16)"; when = "host.memory_total >= 1GiB"; why = "..."; source = "..."; } ); rules = { watch = [
 * "RCV-*" ]; }; advice = [ "..." ];
 *   };
 *
 * One profile per libconfig file. Values are expressions (rules/expression.h) over the profile's
 * inputs, the facts of a host that do not change by themselves (metric_is_fact()) and sysctl(). The
 * value of a tunable that is a text, a list or a whole vector is taken as it is, unless there is a
 * single quote in it: if(available('cc', 'bbr'), 'bbr', 'cubic').
 *
 * This file has them as they are written. profiles/inherit.h puts a profile and those that it
 * includes together, profiles/resolve.h works out what that means on a host. Pure but for
 * profile_library_load_directory() and _file().
 */
#ifndef NETWRIGHT_PROFILES_PROFILE_H
#define NETWRIGHT_PROFILES_PROFILE_H

#include "base/error.h"
#include "rules/expression.h"
#include "rules/template.h"
#include "tunables/catalogue.h"

#include <stddef.h>

enum profile_mode {
	PROFILE_SET,
	PROFILE_RAISE, /* unless it holds more already */
	PROFILE_LOWER, /* unless it holds less already */
	PROFILE_MODES,
};
const char *profile_mode_name(enum profile_mode mode); /* "set", "raise_to", "lower_to" */

struct profile_input {
	char *name;
	char *formula; /* its default */
	char *help;    /* NULL: none */
	unsigned int line;
};

struct profile_setting {
	char *name;		       /* of the tunable, without the element */
	const struct tunable *tunable; /* its row */
	int element;		       /* -1: all of it */
	enum profile_mode mode;
	char *value;
	char *when; /* NULL: always */
	char *why, *source;
	unsigned int line, value_line, when_line;
};

/* Something seen on a host that speaks for the profile. */
struct profile_sign {
	struct expression *when;
	struct template *because;
};

struct profile {
	char *name, *summary;
	char **includes;
	size_t include_count;
	unsigned int include_line;
	struct profile_input *inputs;
	size_t input_count;
	struct profile_setting *settings;
	size_t setting_count;
	char **watch; /* ids of rules, globs */
	size_t watch_count;
	char **advice; /* what no tunable can give */
	size_t advice_count;
	struct profile_sign *signs; /* of a host that it fits */
	size_t sign_count;
	char *file;
};
void profile_done(struct profile *p); /* accepts {0} */

struct profile_library {
	struct profile *profiles; /* owned, sorted by name; adding to them moves them */
	size_t count;
};

/* The built-in ones. Never fails but for -ENOMEM and defects that the unit tests catch. */
int profile_library_load_builtin(struct profile_library *l, struct error *e);
/* Adds every *.conf of a directory in name order; a known name replaces the profile. A missing
 * directory is -ENOENT. Errors are -EINVAL with file and line; the library is unchanged then, also
 * in the others. Two files of a directory with one name are an error. */
int profile_library_load_directory(struct profile_library *l, const char *directory,
				   struct error *e);
/* *ret_name, the profile's, lives as long as the library. */
int profile_library_load_file(struct profile_library *l, const char *path, const char **ret_name,
			      struct error *e);
/* `name` stands for the file in messages. */
int profile_library_load_text(struct profile_library *l, const char *name, const char *text,
			      size_t len, const char **ret_name, struct error *e);
void profile_library_done(struct profile_library *l);

const struct profile *profile_library_find(const struct profile_library *l, const char *name);
/* As above; -ENOENT (ERROR_INPUT) with the nearest name when there is none. */
int profile_library_get(const struct profile_library *l, const char *name,
			const struct profile **ret, struct error *e);

/* "net.ipv4.tcp_rmem[2]"; returns buf. */
const char *profile_setting_name(const struct profile_setting *s, char *buf, size_t len);

#endif
