/* A TuneD profile and those that it includes, merged as TuneD merges them.
 *
 * Parents come before their child, depth first; a file counts once, so that a profile may include
 * the one of its own name from a directory of less weight. Sections merge by name: the child's
 * options win, its type, enabled and devices replace the parent's even when it does not name them,
 * replace=1 drops all that was there and drop= single options (tuned/profiles/merger.py).
 */
#ifndef NETWRIGHT_PROFILES_TUNED_PROFILE_H
#define NETWRIGHT_PROFILES_TUNED_PROFILE_H

#include "base/error.h"
#include "profiles/tuned_file.h"
#include "profiles/tuned_variables.h"

#include <stddef.h>

#define TUNED_FILES_MAX	      64 /* that one profile includes; TuneD's own go four deep */
#define TUNED_DIRECTORIES_MAX 8

/* Where profiles are looked for: NAME/tuned.conf in the first directory that has it. */
struct tuned_search {
	const char *directories[TUNED_DIRECTORIES_MAX];
	size_t count;
};

/* An include that was not followed, and why. */
struct tuned_gap {
	struct tuned_option include; /* owned */
	const char *why;	     /* static */
};

/* Initialise with {0}; release with tuned_profile_done() in any case. */
struct tuned_profile {
	char *name; /* of the directory that holds the file */
	char *files[TUNED_FILES_MAX];
	size_t file_count;
	struct tuned_sections units; /* merged, with [main] and [variables] */
	struct tuned_variables variables;
	struct tuned_gap *gaps;
	size_t gap_count;
	char *summary; /* NULL: none */
};

/* -ENOENT (ERROR_INPUT) when a profile, or one that it includes, is nowhere; -EINVAL (ERROR_INPUT)
 * with file and line for what TuneD rejects; negative errnos of open(2) and read(2). */
int tuned_profile_load(const struct tuned_search *search, const char *name,
		       struct tuned_profile *ret, struct error *e);
/* Of a file instead of a name; what it includes is searched for. */
int tuned_profile_load_file(const struct tuned_search *search, const char *path,
			    struct tuned_profile *ret, struct error *e);
void tuned_profile_done(struct tuned_profile *p);

/* [A-Za-z0-9_.-]+, which TuneD accepts as a name. */
bool tuned_name_is_valid(const char *name);

#endif
