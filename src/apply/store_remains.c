#include "apply/store_remains.h"

#include "apply/database.h"
#include "apply/store_columns.h"
#include "apply/store_record.h"
#include "apply/store_schema.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOT \
	(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_ROLLING_BACK | 1u << TRANSACTION_PENDING)

void store_remains_done(struct store_remains *m)
{
	transaction_record_done(&m->record);
	*m = (struct store_remains){ 0 };
}

static bool is_finished(const char *state)
{
	for (unsigned int v = 0; v < TRANSACTION_STATES && state != NULL; v++) {
		if (strcmp(state, transaction_state_name((enum transaction_state)v)) == 0)
			return (HOT & 1u << v) == 0;
	}
	return false;
}

/* What is whole of the transaction's own row. 1, or 0 when it is gone. */
static int load_transaction(struct store *s, int64_t id, struct store_remains *m,
			    bool *ret_finished, struct error *e)
{
	struct transaction_record origin = { .id = id }, all;
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int column, r = database_prepare(s->db, &store_schema,
					 "SELECT state, " TRANSACTION_COLUMNS
					 " FROM transactions WHERE id = ?",
					 &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, id);
	r = database_step(q, &store_schema, e);
	if (r <= 0) /* gone: nothing is left of it */
		return r;
	*ret_finished = is_finished((const char *)sqlite3_column_text(q, 0));
	column = record_read(q, 1, TRANSACTION_ORIGIN, &origin, NULL);
	if (column < 0)
		return 1;
	all = origin;
	m->settled = record_read(q, column, TRANSACTION_PROGRESS, &all, NULL) > 0;
	m->record = m->settled ? all : origin;
	m->begun = m->record.change_count;
	m->record.change_count = 0;
	return 1;
}

static int load_changes(struct store *s, struct store_remains *m, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	struct transaction_record *t = &m->record;
	size_t rows = 0;
	int r = database_prepare(s->db, &store_schema,
				 "SELECT " CHANGE_COLUMNS
				 " FROM changes WHERE transaction_id = ? ORDER BY position",
				 &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, t->id);
	while ((r = database_step(q, &store_schema, e)) > 0 && ++rows <= m->begun) {
		struct change_record *c = &t->changes[t->change_count];
		struct target *target = &c->change.target;
		struct target recalled;

		if (record_read(q, 0, CHANGE_ORIGIN, c, NULL) >= 0 &&
		    target_recall(target->kind->name, target->name, target->identity, &recalled,
				  NULL) == 0) {
			*target = recalled;
			t->change_count++;
		} else {
			*c = (struct change_record){ 0 };
		}
	}
	m->complete = rows == m->begun && t->change_count == m->begun;
	return r < 0 ? r : 0;
}

int store_load_remains(struct store *s, int64_t id, const char *boot_id, struct store_remains *ret,
		       struct error *e)
{
	bool finished = false;
	int r;

	*ret = (struct store_remains){ 0 };
	r = load_transaction(s, id, ret, &finished, e);
	if (r <= 0)
		return r;
	ret->may_be_hot = !finished &&
			  (ret->begun == 0 || strcmp(ret->record.boot_id, boot_id) == 0);
	if (ret->begun == 0)
		return 0;
	ret->record.changes = calloc(ret->begun, sizeof(ret->record.changes[0]));
	return ret->record.changes == NULL
		       ? error_errno(e, -ENOMEM, NULL, "the journal cannot be read")
		       : load_changes(s, ret, e);
}
