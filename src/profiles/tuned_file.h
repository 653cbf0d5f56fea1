/* One tuned.conf, as TuneD's parser reads it.
 *
 * That is Python's configparser with `=` as the only delimiter, keys that differ by case and no
 * interpolation (tuned/profiles/loader.py, TuneD 2.20 and 2.28). Comments: a line whose first
 * character is # or ;, and " #" within a line, but not " ;". A line that is indented deeper than
 * the option above it continues its value. Of equal sections and options the later adds and wins.
 * Options of [DEFAULT] are options of every section. A line without `=` makes the whole file
 * unusable.
 *
 * TuneD itself sets no bounds; ours keep a small file from taking all memory and time.
 */
#ifndef NETWRIGHT_PROFILES_TUNED_FILE_H
#define NETWRIGHT_PROFILES_TUNED_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define TUNED_SECTIONS_MAX 128	/* of a file, and of a profile; TuneD's own have up to 20 */
#define TUNED_OPTIONS_MAX  1024 /* of a section */
#define TUNED_VALUE_MAX	   4096 /* bytes: what a sysctl takes (proc_sys_write() of the kernel) */

struct tuned_option {
	char *key;	  /* owned */
	char *value;	  /* owned; lines of a continued one are separated by newlines */
	const char *file; /* borrowed: the path that it was parsed with */
	unsigned int line;
};

struct tuned_section {
	char *name; /* owned */
	struct tuned_option *options;
	size_t count, capacity;
	const char *file; /* borrowed */
	unsigned int line;
};

/* Initialise with {0}; release with tuned_sections_done() in any case. */
struct tuned_sections {
	struct tuned_section *all; /* in the order in which they first come */
	size_t count, capacity;
};

/* Adds a file's sections; `path` must live as long as they do. -EINVAL (ERROR_INPUT) with file and
 * line for what TuneD rejects and for what is more than the bounds above, -ENOMEM. */
int tuned_file_parse(const char *path, const char *text, size_t len, struct tuned_sections *ret,
		     struct error *e);
/* A file of variables: options without a header, in the section "variables"; a line without `=` has
 * no value and is left out, as TuneD does. */
int tuned_file_parse_variables(const char *path, const char *text, size_t len,
			       struct tuned_sections *ret, struct error *e);
void tuned_sections_done(struct tuned_sections *s);

struct tuned_section *tuned_section_find(const struct tuned_sections *s, const char *name);
/* Finds or adds. -EINVAL (ERROR_INPUT) when there are as many as there may be, -ENOMEM. */
int tuned_section_get(struct tuned_sections *s, const char *name, const char *file,
		      unsigned int line, struct tuned_section **ret, struct error *e);
void tuned_section_clear(struct tuned_section *s); /* removes the options */

struct tuned_option *tuned_option_find(const struct tuned_section *s, const char *key);
/* Sets or adds; a known key keeps its place. -EINVAL (ERROR_INPUT) for one option too many or a
 * value that is too long, -ENOMEM. */
int tuned_option_set(struct tuned_section *s, const char *key, const char *value, const char *file,
		     unsigned int line, struct error *e);
void tuned_option_remove(struct tuned_section *s, const char *key);
/* Its value, or `otherwise`. */
const char *tuned_option_value(const struct tuned_section *s, const char *key,
			       const char *otherwise);
/* Python's list ["1", "true", "True"]: "yes" is false. */
bool tuned_value_is_true(const char *value);

#endif
