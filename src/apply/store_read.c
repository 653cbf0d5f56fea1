/* Reading the journal. */
#include "apply/store.h"

#include "apply/database.h"
#include "apply/store_columns.h"
#include "apply/store_record.h"
#include "apply/store_schema.h"
#include "base/array.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad_record(struct store *s, int64_t id, const char *what, struct error *e)
{
	return error_set(e, -EBADMSG, ERROR_CONFLICT, sqlite3_db_filename(s->db, "main"),
			 "transaction %lld is not as netwright wrote it (%.120s): a person has to "
			 "look after what it set; netwright show %lld names what of it can be "
			 "read, with what that held before. Whoever moves the file away loses "
			 "what every transaction in it replaced",
			 (long long)id, what, (long long)id);
}

static int bad_change(struct store *s, int64_t id, size_t position, const char *what,
		      struct error *e)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "change %zu: %.200s", position + 1, what);
	return bad_record(s, id, text, e);
}

static int read_change(sqlite3_stmt *q, size_t position, struct change_record *ret, struct error *e)
{
	struct target *t = &ret->change.target;
	struct target recalled;
	int column, r;

	if (sqlite3_column_int64(q, 0) != (sqlite3_int64)position)
		return error_set(e, -EBADMSG, ERROR_FAILED, NULL, "it is missing");
	column = record_read(q, 1, CHANGE_ORIGIN, ret, e);
	if (column < 0)
		return column;
	column = record_read(q, column, CHANGE_PROGRESS, ret, e);
	if (column < 0)
		return column;
	r = target_recall(t->kind->name, t->name, t->identity, &recalled, e);
	if (r < 0)
		return r;
	*t = recalled;
	return 0;
}

static int load_changes(struct store *s, struct transaction_record *t, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	struct error why = { 0 };
	size_t n = 0;
	int r;

	t->changes = calloc(t->change_count, sizeof(*t->changes));
	if (t->changes == NULL)
		return error_errno(e, -ENOMEM, NULL, "the journal cannot be read");
	r = database_prepare(s->db, &store_schema,
			     "SELECT position, " CHANGE_COLUMNS
			     " FROM changes WHERE transaction_id = ? ORDER BY position",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, t->id);
	while ((r = database_step(q, &store_schema, e)) > 0) {
		if (n >= t->change_count)
			return bad_record(s, t->id, "it has more changes than it was begun with",
					  e);
		r = read_change(q, n, &t->changes[n], &why);
		if (r < 0)
			return r == -ENOMEM ? error_errno(e, r, NULL, "the journal cannot be read")
					    : bad_change(s, t->id, n, why.text, e);
		n++;
	}
	if (r == 0 && n < t->change_count)
		return bad_change(s, t->id, n, "it is missing", e);
	return r;
}

/* Both groups of columns, from `column` on. */
static int read_transaction(sqlite3_stmt *q, int column, struct transaction_record *ret,
			    struct error *e)
{
	column = record_read(q, column, TRANSACTION_ORIGIN, ret, e);
	return column < 0 ? column : record_read(q, column, TRANSACTION_PROGRESS, ret, e);
}

static int load(struct store *s, int64_t id, struct transaction_record *t, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	struct error why = { 0 };
	int r;

	r = database_prepare(s->db, &store_schema,
			     "SELECT " TRANSACTION_COLUMNS " FROM transactions WHERE id = ?", &q,
			     e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, id);
	r = database_step(q, &store_schema, e);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(e, -ENOENT, ERROR_INPUT, NULL,
				 "there is no transaction %lld; netwright history lists them",
				 (long long)id);
	t->id = id;
	if (read_transaction(q, 0, t, &why) < 0)
		return bad_record(s, id, why.text, e);
	return load_changes(s, t, e);
}

int store_load(struct store *s, int64_t id, struct transaction_record *ret, struct error *e)
{
	struct transaction_record t = { 0 };
	int r;

	r = database_begin_reading(s->db, &store_schema, e);
	if (r < 0)
		return r;
	r = load(s, id, &t, e);
	database_end_reading(s->db);
	if (r < 0) {
		transaction_record_done(&t);
		return r;
	}
	*ret = t;
	return 0;
}

/* Of a mask. */
static unsigned int state_bit(const char *name)
{
	for (unsigned int v = 0; v < TRANSACTION_STATES && name != NULL; v++) {
		if (strcmp(name, transaction_state_name((enum transaction_state)v)) == 0)
			return 1u << v;
	}
	return STORE_STATE_UNKNOWN;
}

struct id_list {
	int64_t *ids;
	size_t count, capacity;
};

static int append_id(struct id_list *l, int64_t id)
{
	int64_t *grown = array_grow(l->ids, l->count, &l->capacity, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	l->ids = grown;
	l->ids[l->count++] = id;
	return 0;
}

static int list(struct store *s, unsigned int state_mask, size_t limit, struct id_list *l,
		struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "SELECT id, state FROM transactions ORDER BY id DESC", &q, e);
	if (r < 0)
		return r;
	while (l->count < limit && (r = database_step(q, &store_schema, e)) > 0) {
		int64_t id = sqlite3_column_int64(q, 0);

		if ((state_mask & state_bit((const char *)sqlite3_column_text(q, 1))) != 0 &&
		    append_id(l, id) < 0)
			return error_errno(e, -ENOMEM, NULL, "the journal cannot be read");
	}
	return r < 0 ? r : 0;
}

int store_list(struct store *s, unsigned int state_mask, size_t limit, int64_t **ret,
	       size_t *ret_count, struct error *e)
{
	struct id_list l = { 0 };
	int r;

	r = list(s, state_mask, limit, &l, e);
	if (r < 0) {
		free(l.ids);
		return r;
	}
	*ret = l.ids;
	*ret_count = l.count;
	return 0;
}

/* One row of store_visit(): the id, and the transaction's columns. */
static int visit_row(struct store *s, sqlite3_stmt *q,
		     int (*visit)(void *arg, int64_t id, const struct transaction_record *t,
				  const struct error *why),
		     void *arg)
{
	struct transaction_record t = { .id = sqlite3_column_int64(q, 0) };
	struct error what = { 0 }, why = { 0 };

	if (read_transaction(q, 1, &t, &what) >= 0)
		return visit(arg, t.id, &t, NULL);
	(void)bad_record(s, t.id, what.text, &why);
	return visit(arg, t.id, NULL, &why);
}

int store_visit(struct store *s, unsigned int state_mask, size_t limit,
		int (*visit)(void *arg, int64_t id, const struct transaction_record *t,
			     const struct error *why),
		void *arg, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	size_t seen = 0;
	int r;

	r = database_prepare(s->db, &store_schema,
			     "SELECT id, " TRANSACTION_COLUMNS
			     ", state FROM transactions ORDER BY id DESC",
			     &q, e);
	if (r < 0)
		return r;
	while (seen < limit && (r = database_step(q, &store_schema, e)) > 0) {
		const char *state = (const char *)sqlite3_column_text(q,
								      sqlite3_column_count(q) - 1);

		if ((state_mask & state_bit(state)) == 0)
			continue;
		seen++;
		r = visit_row(s, q, visit, arg);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}
