#include "apply/database.h"
#include "apply/state_directory.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Longest text or row: four times the findings of an audit (apply/history.h), the largest there is.
 */
#define DATABASE_LENGTH_MAX (1 << 20)

DEFINE_CLEANUP(sqlite3, database_close)

struct header {
	int64_t application;
	int64_t version;
	int64_t tables;
};

static int read_integer(sqlite3 *db, const struct database_schema *schema, const char *sql,
			int64_t *ret, struct error *e)
{
	sqlite3_stmt *s CLEANUP(database_finalize) = NULL;
	int r;

	r = database_prepare(db, schema, sql, &s, e);
	if (r < 0)
		return r;
	r = database_step(s, schema, e);
	if (r < 0)
		return r;
	*ret = sqlite3_column_int64(s, 0);
	return 0;
}

static int read_header(sqlite3 *db, const struct database_schema *schema, struct header *ret,
		       struct error *e)
{
	int r;

	r = read_integer(db, schema, "PRAGMA application_id", &ret->application, e);
	if (r == 0)
		r = read_integer(db, schema, "PRAGMA user_version", &ret->version, e);
	if (r == 0)
		r = read_integer(db, schema, "SELECT count(*) FROM sqlite_schema", &ret->tables, e);
	return r;
}

/* All of one instant: in between another process may make the database. */
static int read_header_at_once(sqlite3 *db, const struct database_schema *schema,
			       struct header *ret, struct error *e)
{
	int r = database_begin_reading(db, schema, e);

	if (r == 0)
		r = read_header(db, schema, ret, e);
	database_end_reading(db);
	return r;
}

static bool is_fresh(const struct header *h)
{
	return h->application == 0 && h->version == 0 && h->tables == 0;
}

static int check_header(sqlite3 *db, const struct database_schema *schema, const struct header *h,
			enum database_access access, struct error *e)
{
	const char *path = sqlite3_db_filename(db, "main");

	if (is_fresh(h))
		return access == DATABASE_WRITE ? 0 : -ENOENT;
	if (h->application != (int64_t)schema->application)
		return error_set(e, -EBADMSG, ERROR_FAILED, path,
				 "this database is not netwright's (application id %lld), and was "
				 "not touched; move it away, or name another directory with "
				 "--state-dir",
				 (long long)h->application);
	if (h->version > schema->version)
		return error_set(e, -EOPNOTSUPP, ERROR_FAILED, path,
				 "a newer netwright made this database (schema %lld, this one "
				 "knows up to %d); use that one",
				 (long long)h->version, schema->version);
	if (h->version < 1)
		return error_set(e, -EBADMSG, ERROR_FAILED, path,
				 "the database is damaged (schema %lld); keep a copy and move it "
				 "away, netwright then starts anew",
				 (long long)h->version);
	if (h->version < schema->version && access == DATABASE_READ)
		return error_set(e, -EOPNOTSUPP, ERROR_FAILED, path,
				 "an older netwright made this database; the next command that "
				 "changes something brings it up to date");
	return 0;
}

/* A flipped bit in a page's structure, a page used twice, a row that breaks its table's types. */
static int check_pages(sqlite3 *db, const struct database_schema *schema, struct error *e)
{
	sqlite3_stmt *s CLEANUP(database_finalize) = NULL;
	const char *text;
	char found[160];
	int r;

	r = database_prepare(db, schema, "PRAGMA quick_check(1)", &s, e);
	if (r < 0)
		return r;
	r = database_step(s, schema, e);
	if (r < 0)
		return r;
	text = (const char *)sqlite3_column_text(s, 0);
	if (text != NULL && strcmp(text, "ok") == 0)
		return 0;
	text_copy_printable(found, sizeof(found), text != NULL ? text : "out of memory",
			    sizeof(found));
	return error_set(e, -EBADMSG, ERROR_FAILED, sqlite3_db_filename(db, "main"),
			 "the database is damaged (%s), and nothing of it was used; keep a copy "
			 "and move it away, netwright then starts anew",
			 found);
}

/* One step in one transaction, as seen under its lock: another process may have been faster. */
static int migrate_step(sqlite3 *db, const struct database_schema *schema, bool *ret_done,
			struct error *e)
{
	char sql[96];
	struct header h;
	int r;

	r = database_begin(db, schema, e);
	if (r < 0)
		return r;
	r = read_header(db, schema, &h, e);
	if (r == 0)
		r = check_header(db, schema, &h, DATABASE_WRITE, e);
	if (r == 0 && h.version < schema->version) {
		r = database_run(db, schema, schema->steps[h.version], e);
		(void)snprintf(sql, sizeof(sql),
			       "PRAGMA application_id = %lu; PRAGMA user_version = %d",
			       (unsigned long)schema->application, (int)h.version + 1);
		if (r == 0)
			r = database_run(db, schema, sql, e);
	}
	r = database_end(db, schema, r, e);
	if (r == 0)
		*ret_done = h.version + 1 >= schema->version;
	return r;
}

static int list_schema(sqlite3 *db, const struct database_schema *schema, sqlite3_stmt **ret,
		       struct error *e)
{
	return database_prepare(db, schema,
				"SELECT type, name, tbl_name, sql FROM sqlite_schema "
				"ORDER BY type, name",
				ret, e);
}

static bool same_column(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
	const char *left = (const char *)sqlite3_column_text(a, column);
	const char *right = (const char *)sqlite3_column_text(b, column);

	if (left == NULL || right == NULL)
		return left == right;
	return strcmp(left, right) == 0;
}

/* The tables are exactly those that the steps make: nothing that a file's author would have SQLite
 * evaluate when we read or write. */
static int compare_schema(sqlite3 *db, sqlite3 *model, const struct database_schema *schema,
			  struct error *e)
{
	sqlite3_stmt *theirs CLEANUP(database_finalize) = NULL;
	sqlite3_stmt *ours CLEANUP(database_finalize) = NULL;
	int r, row;

	for (int i = 0; i < schema->version; i++) {
		r = database_run(model, schema, schema->steps[i], e);
		if (r < 0)
			return r;
	}
	r = list_schema(db, schema, &theirs, e);
	if (r == 0)
		r = list_schema(model, schema, &ours, e);
	while (r == 0) {
		r = database_step(theirs, schema, e);
		row = r < 0 ? 0 : database_step(ours, schema, e);
		if (r < 0 || row < 0 || (r == 0 && row == 0))
			return r < 0 ? r : row;
		bool same = r == row;
		for (int column = 0; same && column < 4; column++)
			same = same_column(theirs, ours, column);
		if (!same)
			return error_set(e, -EBADMSG, ERROR_FAILED, sqlite3_db_filename(db, "main"),
					 "the tables are not those that netwright makes, and "
					 "nothing of them was used; keep a copy and move the file "
					 "away, netwright then starts anew");
		r = 0;
	}
	return r;
}

static int check_schema(sqlite3 *db, const struct database_schema *schema, struct error *e)
{
	sqlite3 *model CLEANUP(database_closep) = NULL;

	if (sqlite3_open_v2(":memory:", &model,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY,
			    NULL) != SQLITE_OK)
		return database_error(model, schema, "cannot be checked", e);
	return compare_schema(db, model, schema, e);
}

static int configure(sqlite3 *db, const struct database_schema *schema, enum database_access access,
		     struct error *e)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },	       { SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
	};

	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_timeout(db, DATABASE_BUSY_MS);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, DATABASE_LENGTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		int now = -1;

		if (sqlite3_db_config(db, options[i].option, options[i].value, &now) != SQLITE_OK ||
		    now != options[i].value)
			return error_set(e, -EOPNOTSUPP, ERROR_FAILED, "SQLite",
					 "version %s lacks a safety option that netwright needs; "
					 "install 3.37 or later",
					 sqlite3_libversion());
	}
	return database_run(
		db, schema,
		access == DATABASE_READ ? "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; "
					  "PRAGMA query_only = ON"
		: schema->durable	? "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; "
					  "PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL"
					: "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; "
					  "PRAGMA temp_store = MEMORY; PRAGMA synchronous = NORMAL",
		e);
}

/* After the header was found to be ours: it touches the file. */
static int prepare_writing(sqlite3 *db, const struct database_schema *schema,
			   const struct header *h, const struct state_directory *d, struct error *e)
{
	bool done = h->version >= schema->version;
	int r;

	if (sqlite3_db_readonly(db, "main") == 1)
		return error_set(e, -EROFS, ERROR_FAILED, sqlite3_db_filename(db, "main"),
				 "cannot be written to; check its mode and its file system");
	r = database_run(db, schema, "PRAGMA journal_mode = TRUNCATE", e);
	if (r == 0 && !is_fresh(h))
		r = check_pages(db, schema, e);
	while (r == 0 && !done)
		r = migrate_step(db, schema, &done, e);
	/* SQLite syncs the names of its journals, but not that of the database. */
	if (r == 0 && is_fresh(h) && fsync(d->fd) < 0)
		r = error_errno(e, -errno, d->path, "cannot be synced");
	return r;
}

/* The names must be trustworthy; for writing a missing file is made here, so that its mode and that
 * of its rollback journal, which follows it, are ours and not the umask's. */
static int check_files(const struct state_directory *d, const struct database_schema *schema,
		       enum database_access access, struct error *e)
{
	char journal[64];
	int r;

	(void)snprintf(journal, sizeof(journal), "%s-journal", schema->file);
	r = state_directory_check_file(d, journal, e);
	if (r < 0 && r != -ENOENT)
		return r;
	r = state_directory_check_file(d, schema->file, e);
	if (r != -ENOENT || access == DATABASE_READ)
		return r;

	int fd CLEANUP(close_fdp) = openat(
		d->fd, schema->file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return error_errno(e, -errno, d->path, "a database cannot be created in it");
	return 0;
}

static int open_checked(const struct state_directory *d, const struct database_schema *schema,
			enum database_access access, const char *vfs, sqlite3 **ret,
			struct error *e)
{
	sqlite3 *db CLEANUP(database_closep) = NULL;
	char path[PATH_MAX];
	struct header h;
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", d->path, schema->file) >= (int)sizeof(path))
		return error_errno(e, -ENAMETOOLONG, d->path, "the state directory cannot be used");
	if (sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
				    SQLITE_OPEN_PRIVATECACHE |
				    (access == DATABASE_WRITE ? SQLITE_OPEN_CREATE : 0),
			    vfs) != SQLITE_OK)
		return database_error(db, schema, "cannot be opened", e);
	r = configure(db, schema, access, e);
	if (r == 0)
		r = read_header_at_once(db, schema, &h, e);
	if (r == 0)
		r = check_header(db, schema, &h, access, e);
	if (r == 0 && access == DATABASE_WRITE)
		r = prepare_writing(db, schema, &h, d, e);
	if (r == 0)
		r = check_schema(db, schema, e);
	if (r < 0)
		return r;
	*ret = db;
	db = NULL;
	return 0;
}

static bool exists_in(const char *vfs, const struct state_directory *d,
		      const struct database_schema *schema)
{
	sqlite3_vfs *v = sqlite3_vfs_find(vfs);
	char path[PATH_MAX];
	int found = 0;

	if (v == NULL ||
	    snprintf(path, sizeof(path), "%s/%s", d->path, schema->file) >= (int)sizeof(path))
		return false;
	return v->xAccess(v, path, SQLITE_ACCESS_EXISTS, &found) == SQLITE_OK && found != 0;
}

int database_open(const char *directory, const struct database_schema *schema,
		  enum database_access access, const char *vfs, sqlite3 **ret, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	int r;

	r = state_directory_open(directory, access == DATABASE_WRITE, &d, e);
	if (r < 0)
		return r;
	/* A file system of a test's own may have no files where we would look. */
	if (vfs == NULL)
		r = check_files(&d, schema, access, e);
	else if (access == DATABASE_READ)
		r = exists_in(vfs, &d, schema) ? 0 : -ENOENT;
	if (r == 0)
		r = open_checked(&d, schema, access, vfs, ret, e);
	if (r == -ENOENT)
		return error_set(e, r, ERROR_FAILED, d.path, "there is no %s yet", schema->file);
	return r;
}
