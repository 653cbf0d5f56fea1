/* Findings that somebody has looked at and wants to hear no more of, from netwright.conf:
 *
 *	ignore = ( { id = "LST-01"; entity = "0.0.0.0:8080"; why = "a test server" } );
 *
 * `id` and `entity` are shell patterns (fnmatch); without `entity` every entity is meant. The
 *reason is required: it is shown wherever the finding would have been.
 */
#ifndef NETWRIGHT_RULES_IGNORE_H
#define NETWRIGHT_RULES_IGNORE_H

#include "base/error.h"

#include <stddef.h>

struct ignore {
	char *id, *why;
	char *entity; /* NULL: any */
};

struct ignore_list {
	struct ignore *entries; /* owned */
	size_t count;
};

/* Reads the configuration file into `list`, which must be {0}; release with ignore_list_done() in
 * any case. Errors: -ENOENT; -EINVAL with file and line. */
int ignore_list_load(struct ignore_list *list, const char *path, struct error *e);
int ignore_list_load_text(struct ignore_list *list, const char *name, const char *text, size_t len,
			  struct error *e);
/* Whether each id, which may be a pattern, is one of a rule in the book or of a lint: 0, or -EINVAL
 * (ERROR_INPUT) about the file `path`, naming the nearest. */
struct rulebook;
int ignore_list_check(const struct ignore_list *list, const char *path, const struct rulebook *book,
		      struct error *e);
void ignore_list_done(struct ignore_list *list); /* accepts {0} */
/* The first entry that matches, or NULL. */
const struct ignore *ignore_find(const struct ignore_list *list, const char *id,
				 const char *entity);

#endif
