#include "apply/store.h"

#include "apply/database.h"
#include "apply/store_columns.h"
#include "apply/store_record.h"
#include "apply/store_schema.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct store, store_close)

void transaction_record_done(struct transaction_record *t)
{
	free(t->changes);
	*t = (struct transaction_record){ 0 };
}

int store_open(const char *directory, enum store_access access, const char *vfs, struct store **ret,
	       struct error *e)
{
	struct store *s CLEANUP(store_closep) = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return error_errno(e, -ENOMEM, directory, "the journal cannot be opened");
	r = database_open(directory, &store_schema,
			  access == STORE_WRITE ? DATABASE_WRITE : DATABASE_READ, vfs, &s->db, e);
	if (r < 0)
		return r;
	*ret = s;
	s = NULL;
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	database_close(s->db);
	free(s);
}

static int check_change(const struct change_record *c, size_t position, struct error *e)
{
	const struct target *t = &c->change.target;
	struct target again;
	struct error why = { 0 };
	int r;

	r = record_check(CHANGE_ORIGIN, c, &why);
	if (r == 0)
		r = record_check(CHANGE_PROGRESS, c, &why);
	if (r == 0)
		r = target_recall(t->kind->name, t->name, t->identity, &again, &why);
	if (r == 0)
		return 0;
	return error_set(e, r, ERROR_FAILED, NULL,
			 "change %zu cannot be journaled, so it is not made: %s", position + 1,
			 why.text);
}

static int check_transaction(const struct transaction_record *t, struct error *e)
{
	struct error why = { 0 };
	int r;

	r = record_check(TRANSACTION_ORIGIN, t, &why);
	if (r == 0)
		r = record_check(TRANSACTION_PROGRESS, t, &why);
	if (r < 0)
		return error_set(e, r, ERROR_FAILED, NULL,
				 "the transaction cannot be journaled, so nothing is changed: %s",
				 why.text);
	for (size_t i = 0; i < t->change_count; i++) {
		r = check_change(&t->changes[i], i, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int prune(struct store *s, double now_utc_s, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "WITH finished AS (SELECT id, started_utc_s FROM transactions"
			     " WHERE state IN ('rolled-back', 'failed', 'void')"
			     " AND persistence = 'none')"
			     " DELETE FROM transactions WHERE id IN (SELECT id FROM finished"
			     " WHERE started_utc_s < ?1 OR id <= (SELECT id FROM finished"
			     " ORDER BY id DESC LIMIT 1 OFFSET ?2))",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_double(q, 1, now_utc_s - STORE_FINISHED_DAYS * 86400.0);
	(void)sqlite3_bind_int(q, 2, STORE_FINISHED_MAX);
	return database_step(q, &store_schema, e);
}

static int insert_changes(struct store *s, int64_t id, const struct transaction_record *t,
			  struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "INSERT INTO changes (transaction_id, position, " CHANGE_COLUMNS
			     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			     &q, e);
	for (size_t i = 0; r == 0 && i < t->change_count; i++) {
		(void)sqlite3_bind_int64(q, 1, id);
		(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)i);
		record_bind(q, record_bind(q, 3, CHANGE_ORIGIN, &t->changes[i]), CHANGE_PROGRESS,
			    &t->changes[i]);
		r = database_step(q, &store_schema, e);
		(void)sqlite3_reset(q);
	}
	return r;
}

static int insert(struct store *s, const struct transaction_record *t, int64_t *ret_id,
		  struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "INSERT INTO transactions (" TRANSACTION_COLUMNS
			     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			     &q, e);
	if (r < 0)
		return r;
	record_bind(q, record_bind(q, 1, TRANSACTION_ORIGIN, t), TRANSACTION_PROGRESS, t);
	r = database_step(q, &store_schema, e);
	if (r < 0)
		return r;
	*ret_id = sqlite3_last_insert_rowid(s->db);
	return insert_changes(s, *ret_id, t, e);
}

int store_begin(struct store *s, struct transaction_record *t, struct error *e)
{
	int64_t id = 0;
	int r;

	r = check_transaction(t, e);
	if (r == 0)
		r = database_begin(s->db, &store_schema, e);
	if (r < 0)
		return r;
	r = prune(s, t->started_utc_s, e);
	if (r == 0)
		r = insert(s, t, &id, e);
	r = database_end(s->db, &store_schema, r, e);
	if (r == 0)
		t->id = id;
	return r;
}

/* Runs an UPDATE that must meet exactly one row. */
static int update_one(struct store *s, sqlite3_stmt *q, int64_t id, struct error *e)
{
	int r;

	r = database_step(q, &store_schema, e);
	(void)sqlite3_reset(q);
	if (r == 0 && sqlite3_changes(s->db) != 1)
		return error_set(e, -ENOENT, ERROR_FAILED, NULL,
				 "transaction %lld is not in the journal any more as it was begun",
				 (long long)id);
	return r;
}

static int update_changes(struct store *s, const struct transaction_record *t, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "UPDATE changes SET outcome = ?3, read_back = ?4, note = ?5,"
			     " progress_sum = ?6 WHERE transaction_id = ?1 AND position = ?2",
			     &q, e);
	for (size_t i = 0; r == 0 && i < t->change_count; i++) {
		(void)sqlite3_bind_int64(q, 1, t->id);
		(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)i);
		record_bind(q, 3, CHANGE_PROGRESS, &t->changes[i]);
		r = update_one(s, q, t->id, e);
	}
	return r;
}

static int update_row(struct store *s, const struct transaction_record *t, size_t change_count,
		      struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "UPDATE transactions SET state = ?3, persistence = ?4,"
			     " finished_utc_s = ?5, deadline_boottime_ns = ?6, guardian_pid = ?7,"
			     " guardian_start = ?8, reason = ?9, progress_sum = ?10"
			     " WHERE id = ?1 AND change_count = ?2",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, t->id);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)change_count);
	record_bind(q, 3, TRANSACTION_PROGRESS, t);
	return update_one(s, q, t->id, e);
}

static int update(struct store *s, const struct transaction_record *t, struct error *e)
{
	int r = update_row(s, t, t->change_count, e);

	return r < 0 ? r : update_changes(s, t, e);
}

/* The first `changes` of them with it. */
static int check_progress(const struct transaction_record *t, size_t changes, struct error *e)
{
	struct error why = { 0 };
	int r = record_check(TRANSACTION_PROGRESS, t, &why);

	for (size_t i = 0; r == 0 && i < changes; i++)
		r = record_check(CHANGE_PROGRESS, &t->changes[i], &why);
	if (r < 0)
		return error_set(e, r, ERROR_FAILED, NULL, "transaction %lld: %s", (long long)t->id,
				 why.text);
	return 0;
}

int store_update(struct store *s, const struct transaction_record *t, struct error *e)
{
	int r = check_progress(t, t->change_count, e);

	if (r < 0)
		return r;
	r = database_begin(s->db, &store_schema, e);
	if (r < 0)
		return r;
	return database_end(s->db, &store_schema, update(s, t, e), e);
}

int store_settle(struct store *s, const struct transaction_record *t, size_t begun, struct error *e)
{
	int r = check_progress(t, 0, e);

	if (r < 0)
		return r;
	r = database_begin(s->db, &store_schema, e);
	if (r < 0)
		return r;
	return database_end(s->db, &store_schema, update_row(s, t, begun, e), e);
}
