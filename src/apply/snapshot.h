/* Named copies of everything catalogued that one namespace holds: its sysctls, those of each
 * interface included, and in the initial namespace those of the host. Not what a write cannot bring
 * back (TUNABLE_UNDO_NO).
 *
 * A file per snapshot, STATE/snapshots/NAME.json, 0600: schema netwright.snapshot/1, with a CRC-32
 * of the rest, so that what is damaged or edited is refused. Restoring one is a plan like any
 * other: journaled, verified, reversible; names go the way of those that people type.
 */
#ifndef NETWRIGHT_APPLY_SNAPSHOT_H
#define NETWRIGHT_APPLY_SNAPSHOT_H

#include "apply/plan.h"
#include "base/bytes.h"
#include "base/error.h"
#include "tunables/place.h"

#include <stdbool.h>
#include <stddef.h>

#define SNAPSHOT_NAME_MAX 64
/* A host of a thousand interfaces has some 40 settings of each. */
#define SNAPSHOT_VALUES_MAX 100000
#define SNAPSHOT_FILE_MAX   (32u << 20)

struct snapshot_value {
	char name[TARGET_NAME_MAX];
	char *text; /* owned */
};

struct snapshot {
	char name[SNAPSHOT_NAME_MAX];
	char hostname[65], kernel[65];
	char netns[PLACE_NAME_MAX];
	double taken_utc_s;
	struct snapshot_value *values; /* owned, in catalogue order */
	size_t count, capacity;
	size_t unread; /* that exist and could not be read; of one just taken */
};

/* 0 or -EINVAL (ERROR_INPUT): 1 to 63 of [A-Za-z0-9._-], not beginning with a dot. */
int snapshot_check_name(const char *name, struct error *e);

/* Reads everything. *ret is {0} on failure; release it with snapshot_done(). */
int snapshot_take(const struct place *p, const char *name, struct snapshot *ret, struct error *e);
void snapshot_done(struct snapshot *s); /* accepts {0} */

/* How what `p` holds now differs from the snapshot. */
struct snapshot_difference {
	const struct snapshot_value *then; /* the snapshot's */
	struct held now;
	char missing[160]; /* why there is nothing to compare with; "" when there is */
};
struct snapshot_differences {
	struct snapshot_difference *all; /* owned, in the snapshot's order */
	size_t count;
	size_t same;
};
/* 0, -ENOMEM, or what leaving a namespace failed with. */
int snapshot_compare(const struct place *p, const struct snapshot *s,
		     struct snapshot_differences *ret, struct error *e);
void snapshot_differences_done(struct snapshot_differences *d);

/* Writes and reads the file; durable when it returns 0. -EEXIST (ERROR_INPUT) unless `replace`.
 * -ENOENT (ERROR_INPUT) there is none of this name; -EBADMSG (ERROR_FAILED) it is damaged; -EPERM
 * (ERROR_FAILED) it, or the directory, is not ours alone. */
int snapshot_save(struct os *os, const char *state_directory, const struct snapshot *s,
		  bool replace, struct error *e);
int snapshot_load(struct os *os, const char *state_directory, const char *name,
		  struct snapshot *ret, struct error *e);
/* Appends the names in order, each with its NUL; none when there is no directory. */
int snapshot_list(struct os *os, const char *state_directory, struct bytes *ret, struct error *e);

/* The text of a file, and back: -EBADMSG for what snapshot_format() would not have made. `object`
 * is what messages call it. Pure. */
int snapshot_format(const struct snapshot *s, struct bytes *ret);
int snapshot_parse(const char *object, const char *text, size_t len, struct snapshot *ret,
		   struct error *e);

/* Adds a copy: 0, -ENOMEM, -E2BIG. */
int snapshot_add(struct snapshot *s, const char *name, const char *text);

#endif
