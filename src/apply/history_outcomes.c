#include "apply/history_outcomes.h"

#include "apply/history_database.h"
#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* For what is to be written, and for what was read. */
static bool is_sound(const struct outcome_record *o)
{
	return o->netns_cookie <= INT64_MAX && o->tunable[0] != '\0' && isfinite(o->utc_s) &&
	       o->utc_s >= 0 && o->retry_utc_s >= 0 && o->failures <= INT32_MAX &&
	       history_text_is_printable(o->tunable, sizeof(o->tunable)) &&
	       history_text_is_printable(o->rule, sizeof(o->rule)) &&
	       history_text_is_printable(o->value, sizeof(o->value)) &&
	       history_text_is_printable(o->kind, sizeof(o->kind)) &&
	       history_text_is_printable(o->reason, sizeof(o->reason));
}

static int insert(struct history *h, const char *boot_id, const struct outcome_record *o,
		  struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r = database_prepare(
		h->db, &history_schema,
		"INSERT OR REPLACE INTO outcomes"
		" (boot_id, netns_cookie, tunable, rule, value, kind, failures,"
		" utc_s, retry_utc_s, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		&q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, boot_id, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)o->netns_cookie);
	(void)sqlite3_bind_text(q, 3, o->tunable, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 4, o->rule, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 5, o->value, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 6, o->kind, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 7, o->failures);
	(void)sqlite3_bind_double(q, 8, o->utc_s);
	/* SQLite has no infinity that survives everything: never is NULL. */
	if (isfinite(o->retry_utc_s))
		(void)sqlite3_bind_double(q, 9, o->retry_utc_s);
	(void)sqlite3_bind_text(q, 10, o->reason, -1, SQLITE_STATIC);
	return database_step(q, &history_schema, e);
}

static int prune(struct history *h, const char *boot_id, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r = database_prepare(h->db, &history_schema,
				 "DELETE FROM outcomes WHERE boot_id <> ?1 OR utc_s < (SELECT utc_s"
				 " FROM outcomes WHERE boot_id = ?1 ORDER BY utc_s DESC"
				 " LIMIT 1 OFFSET ?2)",
				 &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, boot_id, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(q, 2, HISTORY_OUTCOMES_MAX - 1);
	return database_step(q, &history_schema, e);
}

int history_save_outcome(struct history *h, const char *boot_id, const struct outcome_record *o,
			 struct error *e)
{
	int r;

	if (!is_sound(o) || !history_text_is_printable(boot_id, BOOT_ID_MAX))
		return error_set(e, -EINVAL, ERROR_FAILED, history_schema.file,
				 "the outcome of a trial cannot be recorded: a text is not "
				 "printable, or a number out of range");
	r = database_begin(h->db, &history_schema, e);
	if (r < 0)
		return r;
	r = insert(h, boot_id, o, e);
	if (r == 0)
		r = prune(h, boot_id, e);
	return database_end(h->db, &history_schema, r, e);
}

int history_drop_outcome(struct history *h, uint64_t netns_cookie, const char *tunable,
			 struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r = database_prepare(h->db, &history_schema,
				 "DELETE FROM outcomes WHERE netns_cookie = ? AND tunable = ?", &q,
				 e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)netns_cookie);
	(void)sqlite3_bind_text(q, 2, tunable, -1, SQLITE_STATIC);
	return database_step(q, &history_schema, e);
}

static bool read_outcome(sqlite3_stmt *q, struct outcome_record *o)
{
	sqlite3_int64 failures = sqlite3_column_int64(q, 5);
	bool never = sqlite3_column_type(q, 7) == SQLITE_NULL;

	*o = (struct outcome_record){
		.netns_cookie = (uint64_t)sqlite3_column_int64(q, 0),
		.failures = (unsigned int)failures,
		.utc_s = sqlite3_column_double(q, 6),
		.retry_utc_s = never ? (double)INFINITY : sqlite3_column_double(q, 7),
	};
	return failures >= 0 && failures <= INT32_MAX &&
	       history_copy_text(q, 1, o->tunable, sizeof(o->tunable)) == 0 &&
	       history_copy_text(q, 2, o->rule, sizeof(o->rule)) == 0 &&
	       history_copy_text(q, 3, o->value, sizeof(o->value)) == 0 &&
	       history_copy_text(q, 4, o->kind, sizeof(o->kind)) == 0 &&
	       history_copy_text(q, 8, o->reason, sizeof(o->reason)) == 0 && is_sound(o);
}

int history_load_outcomes(struct history *h, const char *boot_id,
			  int (*visit)(void *arg, const struct outcome_record *o), void *arg,
			  size_t *ret_damaged, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	struct outcome_record o;
	size_t damaged = 0;
	int r = database_prepare(h->db, &history_schema,
				 "SELECT netns_cookie, tunable, rule, value, kind, failures, utc_s,"
				 " retry_utc_s, reason FROM outcomes WHERE boot_id = ?"
				 " ORDER BY utc_s",
				 &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, boot_id, -1, SQLITE_STATIC);
	while ((r = database_step(q, &history_schema, e)) == 1) {
		if (!read_outcome(q, &o)) {
			damaged++;
			continue;
		}
		r = visit(arg, &o);
		if (r < 0)
			return r;
	}
	if (r == 0)
		*ret_damaged = damaged;
	return r;
}
