#include "apply/history.h"

#include "apply/history_database.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct history, history_close)

/* Released steps are never changed: a new version is a new step. */
static const char *const steps[] = {
	"CREATE TABLE audits ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, utc_s REAL NOT NULL, window_s REAL NOT NULL,"
	" boot_id TEXT NOT NULL, netns TEXT NOT NULL, netns_cookie INTEGER NOT NULL,"
	" findings TEXT NOT NULL"
	") STRICT;"
	"CREATE TABLE causes ("
	" transaction_id INTEGER PRIMARY KEY,"
	" audit_id INTEGER NOT NULL REFERENCES audits (id) ON DELETE CASCADE"
	") STRICT;"
	"CREATE INDEX causes_by_audit ON causes (audit_id);",
	/* history_outcomes.c and history_trends.c have the meaning of these. */
	"CREATE TABLE outcomes ("
	" boot_id TEXT NOT NULL, netns_cookie INTEGER NOT NULL, tunable TEXT NOT NULL,"
	" rule TEXT NOT NULL, value TEXT NOT NULL, kind TEXT NOT NULL, failures INTEGER NOT NULL,"
	" utc_s REAL NOT NULL, retry_utc_s REAL, reason TEXT NOT NULL,"
	" PRIMARY KEY (boot_id, netns_cookie, tunable)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE series ("
	" id INTEGER PRIMARY KEY, netns TEXT NOT NULL, metric TEXT NOT NULL, entity TEXT NOT NULL,"
	" UNIQUE (netns, metric, entity)"
	") STRICT;"
	"CREATE TABLE points ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, utc_s REAL NOT NULL,"
	" series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,"
	" value REAL NOT NULL"
	") STRICT;"
	"CREATE INDEX points_by_series ON points (series_id, utc_s);",
};

/* The application id is "nwhi" in ASCII. */
const struct database_schema history_schema = {
	.file = "history.db",
	.application = 0x6e776869,
	.steps = steps,
	.version = ARRAY_LEN(steps),
	.durable = false,
};

void audit_record_done(struct audit_record *a)
{
	free(a->findings);
	*a = (struct audit_record){ 0 };
}

int history_open(const char *directory, enum store_access access, const char *vfs,
		 struct history **ret, struct error *e)
{
	struct history *h CLEANUP(history_closep) = calloc(1, sizeof(*h));
	int r;

	if (h == NULL)
		return error_errno(e, -ENOMEM, directory, "the history cannot be opened");
	r = database_open(directory, &history_schema,
			  access == STORE_WRITE ? DATABASE_WRITE : DATABASE_READ, vfs, &h->db, e);
	if (r < 0)
		return r;
	*ret = h;
	h = NULL;
	return 0;
}

void history_close(struct history *h)
{
	if (h == NULL)
		return;
	database_close(h->db);
	free(h);
}

bool history_text_is_printable(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	return len < size && text_is_printable(text, len);
}

/* 0, or what is wrong: for what is to be written, and for what was read. */
static const char *wrong_audit(const struct audit_record *a)
{
	json_t *findings CLEANUP(json_decrefp) = NULL;
	json_error_t error;

	if (!isfinite(a->utc_s) || a->utc_s < 0 || !isfinite(a->window_s) || a->window_s < 0)
		return "a time is out of range";
	if (a->netns_cookie > INT64_MAX)
		return "netns_cookie is out of range";
	if (!history_text_is_printable(a->boot_id, sizeof(a->boot_id)) ||
	    !history_text_is_printable(a->netns, sizeof(a->netns)))
		return "a name holds unprintable characters or is too long";
	findings = json_loads(a->findings, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_array(findings))
		return "findings is no JSON array";
	return NULL;
}

static int prune(struct history *h, double now_utc_s, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(h->db, &history_schema,
			     "DELETE FROM audits WHERE utc_s < ?1 OR id <= (SELECT id FROM audits"
			     " ORDER BY id DESC LIMIT 1 OFFSET ?2)",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_double(q, 1, now_utc_s - HISTORY_DAYS * 86400.0);
	(void)sqlite3_bind_int(q, 2, HISTORY_AUDITS_MAX);
	return database_step(q, &history_schema, e);
}

static int insert_audit(struct history *h, const struct audit_record *a, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(h->db, &history_schema,
			     "INSERT INTO audits (utc_s, window_s, boot_id, netns, netns_cookie,"
			     " findings) VALUES (?, ?, ?, ?, ?, ?)",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_double(q, 1, a->utc_s);
	(void)sqlite3_bind_double(q, 2, a->window_s);
	(void)sqlite3_bind_text(q, 3, a->boot_id, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 4, a->netns, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 5, (sqlite3_int64)a->netns_cookie);
	(void)sqlite3_bind_text(q, 6, a->findings, -1, SQLITE_STATIC);
	return database_step(q, &history_schema, e);
}

static int insert_cause(struct history *h, int64_t transaction, int64_t audit, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r;

	/* A journal that was moved away begins anew at 1: the number is now another's. */
	r = database_prepare(h->db, &history_schema, "INSERT OR REPLACE INTO causes VALUES (?, ?)",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, transaction);
	(void)sqlite3_bind_int64(q, 2, audit);
	return database_step(q, &history_schema, e);
}

int history_add_audit(struct history *h, const struct audit_record *a, int64_t transaction,
		      int64_t *ret_id, struct error *e)
{
	const char *wrong;
	int64_t id = 0;
	int r;

	if (strnlen(a->findings, HISTORY_FINDINGS_MAX + 1) > HISTORY_FINDINGS_MAX)
		return error_set(e, -E2BIG, ERROR_FAILED, history_schema.file,
				 "the audit's findings are longer than %d bytes",
				 HISTORY_FINDINGS_MAX);
	wrong = wrong_audit(a);
	if (wrong != NULL)
		return error_set(e, -EINVAL, ERROR_FAILED, history_schema.file,
				 "the audit cannot be recorded: %s", wrong);
	r = database_begin(h->db, &history_schema, e);
	if (r < 0)
		return r;
	r = insert_audit(h, a, e);
	if (r == 0) {
		id = sqlite3_last_insert_rowid(h->db);
		r = prune(h, a->utc_s, e);
	}
	if (r == 0 && transaction != 0)
		r = insert_cause(h, transaction, id, e);
	r = database_end(h->db, &history_schema, r, e);
	if (r == 0)
		*ret_id = id;
	return r;
}

int history_copy_text(sqlite3_stmt *q, int column, char *ret, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(q, column);
	size_t len = text != NULL ? strlen(text) : 0;

	if (text == NULL || len >= size || (size_t)sqlite3_column_bytes(q, column) != len)
		return -EBADMSG;
	memcpy(ret, text, len + 1);
	return 0;
}

static const char *read_audit(sqlite3_stmt *q, struct audit_record *a)
{
	size_t len = (size_t)sqlite3_column_bytes(q, 6);

	a->id = sqlite3_column_int64(q, 0);
	a->utc_s = sqlite3_column_double(q, 1);
	a->window_s = sqlite3_column_double(q, 2);
	a->netns_cookie = (uint64_t)sqlite3_column_int64(q, 5);
	if (history_copy_text(q, 3, a->boot_id, sizeof(a->boot_id)) < 0 ||
	    history_copy_text(q, 4, a->netns, sizeof(a->netns)) < 0)
		return "a name holds unprintable characters or is too long";
	if (len > HISTORY_FINDINGS_MAX)
		return "findings is too long";
	a->findings = malloc(len + 1);
	if (a->findings == NULL)
		return "there is no memory for it";
	if (history_copy_text(q, 6, a->findings, len + 1) < 0)
		return "findings holds unprintable characters";
	return wrong_audit(a);
}

int history_find_audit(struct history *h, int64_t transaction, struct audit_record *ret,
		       struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	struct audit_record a = { 0 };
	const char *wrong;
	int r;

	r = database_prepare(h->db, &history_schema,
			     "SELECT id, utc_s, window_s, boot_id, netns, netns_cookie, findings"
			     " FROM audits JOIN causes ON audit_id = id WHERE transaction_id = ?",
			     &q, e);
	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, transaction);
	r = database_step(q, &history_schema, e);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(e, -ENOENT, ERROR_INPUT, history_schema.file,
				 "no audit is recorded for transaction %lld",
				 (long long)transaction);
	wrong = read_audit(q, &a);
	if (wrong != NULL) {
		audit_record_done(&a);
		return error_set(e, -EBADMSG, ERROR_FAILED, sqlite3_db_filename(h->db, "main"),
				 "the audit of transaction %lld is not as netwright wrote it (%s); "
				 "keep a copy of the file and move it away",
				 (long long)transaction, wrong);
	}
	*ret = a;
	return 0;
}
