/* What changed between an earlier audit's findings and those of now. */
#ifndef NETWRIGHT_CLI_COMPARISON_H
#define NETWRIGHT_CLI_COMPARISON_H

#include "base/error.h"
#include "rules/diagnose.h"

#include <jansson.h>
#include <stddef.h>

#define COMPARISON_FILE_MAX (64u << 20) /* bytes; an audit with 200 flows takes 400 KiB */

/* One finding of one entity is the same one as before when id and entity are. */
enum comparison_kind {
	COMPARISON_APPEARED,
	COMPARISON_WORSE,  /* more severe than before */
	COMPARISON_BETTER, /* less severe */
	COMPARISON_SAME,
	COMPARISON_GONE,
	COMPARISON_KINDS,
};

struct comparison_row {
	enum comparison_kind kind;
	const char *id, *entity;   /* owned by the comparison or the diagnosis */
	enum severity before, now; /* `before` of what appeared and `now` of what is gone mean
				    * nothing */
};

struct comparison {
	const char *path;
	json_t *old;		     /* owned */
	const char *old_start_utc;   /* "" when the file does not say */
	struct comparison_row *rows; /* owned; by kind, then in the order of the findings */
	size_t row_count;
};

/* Reads the JSON of `netwright audit --json`, of one network namespace or of all. Errors: -errno of
 * opening; -EBADMSG when it is not such a file, with the line; -EFBIG. `path` must outlive the
 * comparison. */
int comparison_open(const char *path, struct comparison *ret, struct error *e);
/* The audit of one namespace, by name: *ret shares the file, and has no earlier findings when the
 * namespace was not there. A file with a single audit is that of the namespace it names, else of
 * "self". */
void comparison_select(const struct comparison *file, const char *netns, struct comparison *ret);
/* Likewise for an audit of one namespace (NULL: our own), where a file with a single audit is
 * compared with whatever it is of. -ENOENT when the file has audits, but not that one. */
int comparison_select_only(struct comparison *c, const char *netns, struct error *e);
/* The name of the index'th namespace of a file with the audits of all; NULL at their end. */
const char *comparison_namespace(const struct comparison *c, size_t index);
/* Of the earlier audit: the host it is of and its network namespace, "" our own; NULL when the file
 * does not say, or there was no such audit. */
const char *comparison_host(const struct comparison *c);
const char *comparison_netns(const struct comparison *c);
/* Compares it with the findings of now, which must outlive the comparison. 0 or -ENOMEM. */
int comparison_make(struct comparison *c, const struct diagnosis *now, struct error *e);
void comparison_done(struct comparison *c); /* accepts {0} */

const char *comparison_kind_name(enum comparison_kind kind); /* "appeared", "worse", ... */

#endif
