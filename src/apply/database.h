/* Opening a SQLite database that others may have damaged or replaced.
 *
 * Before a row is read: the directory and the file are ours (apply/state_directory.h), the file is
 * of this program (application_id) and of a schema that this program knows (user_version), and for
 * writing, its pages are sound (PRAGMA quick_check). The schema is not trusted: no views, triggers
 * or functions of the file are run. Older schemas are migrated when opened for writing, each step
 * in a transaction of its own.
 *
 * journal_mode=TRUNCATE. With synchronous=FULL the truncation of the rollback journal, which is the
 * commit, is synced as well, so that what was committed survives power loss; with NORMAL the last
 * commits may be lost, the database is sound all the same.
 */
#ifndef NETWRIGHT_APPLY_DATABASE_H
#define NETWRIGHT_APPLY_DATABASE_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database_schema {
	const char *file;	  /* "state.db" */
	uint32_t application;	  /* in the file's header: says whose it is */
	const char *const *steps; /* SQL from version N to N + 1; never changed once released */
	int version;		  /* number of steps */
	bool durable;		  /* synchronous=FULL, else NORMAL */
};

enum database_access { DATABASE_READ, DATABASE_WRITE };

/* DATABASE_READ creates nothing and never changes a row, but, like any reader of SQLite, rolls back
 * what a crash left half-written in the file. `vfs` NULL: SQLite's own.
 *   -ENOENT	     there is no database yet (for reading)
 *   -EBADMSG	     damaged, or of another program (ERROR_FAILED)
 *   -EOPNOTSUPP     of a newer netwright, or for reading, of an older one (ERROR_FAILED)
 *   -EPERM	     see apply/state_directory.h
 *   -EBUSY	     in use for longer than DATABASE_BUSY_MS (ERROR_BUSY)
 *   -ENOSPC, -EROFS, -EIO, ... */
int database_open(const char *directory, const struct database_schema *schema,
		  enum database_access access, const char *vfs, sqlite3 **ret, struct error *e);
void database_close(sqlite3 *db); /* accepts NULL */

/* Readers finish within milliseconds; this outlasts a slow disk's sync. */
#define DATABASE_BUSY_MS 5000

/* Turns the error that the connection just had into a negative errno with a sentence: "state.db:
 * cannot begin a transaction: disk I/O error". */
int database_error(sqlite3 *db, const struct database_schema *schema, const char *what,
		   struct error *e);

/* Runs SQL without results. */
int database_run(sqlite3 *db, const struct database_schema *schema, const char *sql,
		 struct error *e);
/* Begins a transaction that writes; ends it so that it is done, or, if `result` is negative or the
 * commit fails, undone. database_end() returns `result` or the commit's error. */
int database_begin(sqlite3 *db, const struct database_schema *schema, struct error *e);
int database_end(sqlite3 *db, const struct database_schema *schema, int result, struct error *e);

/* Likewise for several reads that must see one state. */
int database_begin_reading(sqlite3 *db, const struct database_schema *schema, struct error *e);
void database_end_reading(sqlite3 *db);

int database_prepare(sqlite3 *db, const struct database_schema *schema, const char *sql,
		     sqlite3_stmt **ret, struct error *e);
void database_finalize(sqlite3_stmt **s); /* for CLEANUP(); accepts NULL in it */
/* 1: a row, 0: done, or a negative errno. */
int database_step(sqlite3_stmt *s, const struct database_schema *schema, struct error *e);

#endif
