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
	free(m->targets);
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

/* The origin of the transaction into *t when it is whole, else change_count 0. */
static int load_transaction(struct store *s, int64_t id, struct transaction_record *t,
			    bool *ret_finished, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r = database_prepare(
		s->db, &store_schema,
		"SELECT state, " TRANSACTION_COLUMNS " FROM transactions WHERE id = ?", &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, id);
	r = database_step(q, &store_schema, e);
	if (r <= 0) /* gone: nothing is left of it */
		return r;
	*ret_finished = is_finished((const char *)sqlite3_column_text(q, 0));
	if (record_read(q, 1, TRANSACTION_ORIGIN, t, NULL) < 0)
		*t = (struct transaction_record){ 0 };
	return 1;
}

/* The targets of `wanted` changes, each read into the scratch record. */
static int load_targets(struct store *s, int64_t id, size_t wanted, struct change_record *scratch,
			struct store_remains *ret, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	const struct target *t = &scratch->change.target;
	size_t rows = 0;
	int r = database_prepare(s->db, &store_schema,
				 "SELECT " CHANGE_COLUMNS " FROM changes WHERE transaction_id = ?",
				 &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, id);
	while ((r = database_step(q, &store_schema, e)) > 0 && ++rows <= wanted) {
		if (record_read(q, 0, CHANGE_ORIGIN, scratch, NULL) >= 0 &&
		    target_recall(t->kind->name, t->name, t->identity,
				  &ret->targets[ret->target_count], NULL) == 0)
			ret->target_count++;
	}
	ret->complete = rows == wanted && ret->target_count == wanted;
	return r < 0 ? r : 0;
}

int store_load_remains(struct store *s, int64_t id, const char *boot_id, struct store_remains *ret,
		       struct error *e)
{
	struct transaction_record t = { 0 };
	struct change_record *scratch;
	bool finished = false;
	int r = load_transaction(s, id, &t, &finished, e);

	*ret = (struct store_remains){ 0 };
	if (r <= 0)
		return r;
	ret->may_be_hot = !finished && (t.change_count == 0 || strcmp(t.boot_id, boot_id) == 0);
	if (t.change_count == 0)
		return 0;
	scratch = calloc(1, sizeof(*scratch));
	ret->targets = calloc(t.change_count, sizeof(*ret->targets));
	r = scratch == NULL || ret->targets == NULL
		    ? error_errno(e, -ENOMEM, NULL, "the journal cannot be read")
		    : load_targets(s, id, t.change_count, scratch, ret, e);
	free(scratch);
	if (ret->complete)
		ret->netns_cookie = t.netns_cookie;
	return r;
}
