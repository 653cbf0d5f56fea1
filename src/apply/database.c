#include "apply/database.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* What SQLite's primary result codes are to us; all others are -EIO. */
static const struct {
	int result;
	int code;
	enum error_kind kind;
	const char *advice;
} results[] = {
	{ SQLITE_PERM, -EACCES, ERROR_PRIVILEGE, "run netwright as root" },
	{ SQLITE_BUSY, -EBUSY, ERROR_BUSY, "another program has it open; try again" },
	{ SQLITE_LOCKED, -EBUSY, ERROR_BUSY, "another program has it open; try again" },
	{ SQLITE_NOMEM, -ENOMEM, ERROR_FAILED, NULL },
	{ SQLITE_READONLY, -EROFS, ERROR_FAILED,
	  "it, its directory or its file system cannot be written to" },
	{ SQLITE_CORRUPT, -EBADMSG, ERROR_FAILED,
	  "it is damaged, and nothing of it was used; keep a copy and move it away, netwright then "
	  "starts anew" },
	{ SQLITE_NOTADB, -EBADMSG, ERROR_FAILED,
	  "it is damaged or no database; keep a copy and move it away, netwright then starts anew" },
	{ SQLITE_FORMAT, -EBADMSG, ERROR_FAILED,
	  "it is damaged; keep a copy and move it away, netwright then starts anew" },
	{ SQLITE_TOOBIG, -EBADMSG, ERROR_FAILED,
	  "it holds what netwright would not have written; keep a copy and move it away" },
	{ SQLITE_CONSTRAINT, -EBADMSG, ERROR_FAILED,
	  "it holds what netwright would not have written; keep a copy and move it away" },
	{ SQLITE_FULL, -ENOSPC, ERROR_FAILED, "make room on its file system" },
};

static const char *name_of(sqlite3 *db, const struct database_schema *schema)
{
	const char *path = db != NULL ? sqlite3_db_filename(db, "main") : NULL;

	return path != NULL && path[0] != '\0' ? path : schema->file;
}

int database_error(sqlite3 *db, const struct database_schema *schema, const char *what,
		   struct error *e)
{
	int extended = db != NULL ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
	int system = db != NULL ? sqlite3_system_errno(db) : 0;
	const char *path = name_of(db, schema);
	char text[160];

	text_copy_printable(text, sizeof(text), db != NULL ? sqlite3_errmsg(db) : "out of memory",
			    sizeof(text));
	if (extended == SQLITE_CANTOPEN_SYMLINK)
		return error_set(e, -EPERM, ERROR_FAILED, path,
				 "%s: it is a symbolic link, which is not followed", what);
	for (size_t i = 0; i < ARRAY_LEN(results); i++) {
		if (results[i].result != (extended & 0xff))
			continue;
		return error_set(e, results[i].code, results[i].kind, path, "%s: %s%s%s", what,
				 text, results[i].advice != NULL ? "; " : "",
				 results[i].advice != NULL ? results[i].advice : "");
	}
	if (system == EACCES || system == EPERM)
		return error_set(e, -EACCES, ERROR_PRIVILEGE, path, "%s: %s; run netwright as root",
				 what, strerror(system));
	if (system == EROFS || system == ENOSPC || system == EDQUOT)
		return error_set(e, -system, ERROR_FAILED, path, "%s: %s", what, strerror(system));
	return error_set(e, -EIO, ERROR_FAILED, path, "%s: %s%s%s", what, text,
			 system != 0 ? ": " : "", system != 0 ? strerror(system) : "");
}

int database_run(sqlite3 *db, const struct database_schema *schema, const char *sql,
		 struct error *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return database_error(db, schema, "cannot be changed", e);
}

int database_begin(sqlite3 *db, const struct database_schema *schema, struct error *e)
{
	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return database_error(db, schema, "cannot be written to", e);
}

int database_end(sqlite3 *db, const struct database_schema *schema, int result, struct error *e)
{
	if (result >= 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		result = database_error(db, schema, "cannot be written to", e);
	/* Some errors end the transaction by themselves. */
	if (result < 0 && !sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

int database_begin_reading(sqlite3 *db, const struct database_schema *schema, struct error *e)
{
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return database_error(db, schema, "cannot be read", e);
}

void database_end_reading(sqlite3 *db)
{
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

int database_prepare(sqlite3 *db, const struct database_schema *schema, const char *sql,
		     sqlite3_stmt **ret, struct error *e)
{
	if (sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK)
		return 0;
	*ret = NULL;
	return database_error(db, schema, "cannot be read", e);
}

void database_finalize(sqlite3_stmt **s)
{
	(void)sqlite3_finalize(*s);
	*s = NULL;
}

int database_step(sqlite3_stmt *s, const struct database_schema *schema, struct error *e)
{
	int r = sqlite3_step(s);

	if (r == SQLITE_ROW)
		return 1;
	if (r == SQLITE_DONE)
		return 0;
	return database_error(sqlite3_db_handle(s), schema,
			      sqlite3_stmt_readonly(s) ? "cannot be read" : "cannot be written to",
			      e);
}

void database_close(sqlite3 *db)
{
	(void)sqlite3_close_v2(db);
}
