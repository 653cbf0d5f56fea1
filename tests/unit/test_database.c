/* Schemas grow by steps, each in a transaction of its own, and are never used half-grown. */
#include "apply/database.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_database_suite(void);

static const char *const steps[] = {
	"CREATE TABLE a (x INTEGER NOT NULL) STRICT; INSERT INTO a VALUES (1)",
	"CREATE TABLE b (y INTEGER NOT NULL) STRICT; INSERT INTO b SELECT x + 1 FROM a",
	"ALTER TABLE b ADD COLUMN z TEXT NOT NULL DEFAULT ''; UPDATE a SET x = 3",
};
static const char *const broken[] = {
	"CREATE TABLE a (x INTEGER NOT NULL) STRICT; INSERT INTO a VALUES (1)",
	"CREATE TABLE b (y INTEGER NOT NULL) STRICT; INSERT INTO b VALUES (NULL)",
};

static struct database_schema schema(int version)
{
	return (struct database_schema){ .file = "test.db",
					 .application = 0x74657374,
					 .steps = steps,
					 .version = version,
					 .durable = true };
}

static void setup(void)
{
	(void)fixture_directory();
}

static int open_version(int version, enum database_access access, struct error *e)
{
	struct database_schema s = schema(version);
	sqlite3 *db = NULL;
	int r;

	*e = (struct error){ 0 };
	r = database_open(fixture_path(""), &s, access, NULL, &db, e);
	ck_assert((r == 0) == (db != NULL));
	database_close(db);
	return r;
}

static int64_t ask(const char *sql)
{
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;
	int64_t answer = -1;

	ck_assert_int_eq(sqlite3_open(fixture_path("test.db"), &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		answer = sqlite3_column_int64(s, 0);
	(void)sqlite3_finalize(s);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return answer;
}

START_TEST(grows_from_any_version)
{
	struct error e;

	ck_assert_msg(open_version(_i, DATABASE_WRITE, &e) == 0, "%s", e.text);
	ck_assert_int_eq(ask("PRAGMA user_version"), _i);
	ck_assert_int_eq(ask("PRAGMA application_id"), 0x74657374);
	ck_assert_msg(open_version(3, DATABASE_WRITE, &e) == 0, "%s", e.text);
	ck_assert_int_eq(ask("PRAGMA user_version"), 3);
	ck_assert_int_eq(ask("SELECT x FROM a"), 3);
	ck_assert_int_eq(ask("SELECT y FROM b"), 2);
	/* And not a second time. */
	ck_assert_int_eq(open_version(3, DATABASE_WRITE, &e), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM a"), 1);
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
	struct error e;

	ck_assert_int_eq(open_version(3, DATABASE_WRITE, &e), 0);
	for (int access = DATABASE_READ; access <= DATABASE_WRITE; access++) {
		ck_assert_int_eq(open_version(2, (enum database_access)access, &e), -EOPNOTSUPP);
		ck_assert_ptr_nonnull(strstr(e.text, "newer netwright"));
	}
	ck_assert_int_eq(ask("PRAGMA user_version"), 3);
}
END_TEST

START_TEST(readers_do_not_migrate)
{
	struct error e;

	ck_assert_int_eq(open_version(1, DATABASE_READ, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "no test.db yet"));
	ck_assert_int_eq(open_version(1, DATABASE_WRITE, &e), 0);
	ck_assert_int_eq(open_version(2, DATABASE_READ, &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "older netwright"));
	ck_assert_int_eq(ask("PRAGMA user_version"), 1);
	ck_assert_int_eq(open_version(1, DATABASE_READ, &e), 0);
}
END_TEST

START_TEST(a_step_that_fails_leaves_the_version_before)
{
	struct database_schema s = schema(2);
	sqlite3 *db = NULL;
	struct error e = { 0 };

	s.steps = broken;
	ck_assert_int_lt(database_open(fixture_path(""), &s, DATABASE_WRITE, NULL, &db, &e), 0);
	ck_assert_ptr_null(db);
	ck_assert_int_eq(ask("PRAGMA user_version"), 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM sqlite_schema"), 1);
	ck_assert_int_eq(ask("SELECT x FROM a"), 1);
	ck_assert_msg(open_version(2, DATABASE_WRITE, &e) == 0, "%s", e.text);
}
END_TEST

START_TEST(two_create_it_at_once)
{
	struct error e;
	pid_t children[4];
	int status;

	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0)
			_exit(open_version(3, DATABASE_WRITE, &e) == 0 ? 0 : 1);
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(ask("SELECT count(*) FROM a"), 1);
}
END_TEST

START_TEST(a_failed_transaction_leaves_nothing)
{
	struct database_schema s = schema(1);
	sqlite3 *db = NULL;
	struct error e = { 0 };

	ck_assert_int_eq(database_open(fixture_path(""), &s, DATABASE_WRITE, NULL, &db, &e), 0);
	ck_assert_int_eq(database_begin(db, &s, &e), 0);
	ck_assert_int_eq(database_run(db, &s, "INSERT INTO a VALUES (5)", &e), 0);
	ck_assert_int_eq(database_end(db, &s, -EIO, &e), -EIO);
	ck_assert_int_eq(database_begin(db, &s, &e), 0);
	ck_assert_int_eq(database_run(db, &s, "INSERT INTO a VALUES (6)", &e), 0);
	ck_assert_int_eq(database_end(db, &s, 0, &e), 0);
	database_close(db);
	ck_assert_int_eq(ask("SELECT count(*) FROM a"), 2);
	ck_assert_int_eq(ask("SELECT max(x) FROM a"), 6);
}
END_TEST

START_TEST(options_are_in_force)
{
	struct database_schema s = schema(1);
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	struct error e = { 0 };

	s.durable = _i == 1;
	ck_assert_int_eq(database_open(fixture_path(""), &s, DATABASE_WRITE, NULL, &db, &e), 0);
	ck_assert_int_eq(database_prepare(db, &s, "PRAGMA synchronous", &q, &e), 0);
	ck_assert_int_eq(database_step(q, &s, &e), 1);
	ck_assert_int_eq(sqlite3_column_int(q, 0), _i == 1 ? 2 : 1);
	database_finalize(&q);
	ck_assert_int_eq(database_prepare(db, &s, "PRAGMA journal_mode", &q, &e), 0);
	ck_assert_int_eq(database_step(q, &s, &e), 1);
	ck_assert_str_eq((const char *)sqlite3_column_text(q, 0), "truncate");
	database_finalize(&q);
	/* SQLITE_DBCONFIG_DEFENSIVE */
	(void)database_run(db, &s, "PRAGMA writable_schema = ON", &e);
	ck_assert_int_lt(database_run(db, &s, "UPDATE sqlite_schema SET sql = ''", &e), 0);
	database_close(db);
}
END_TEST

Suite *test_database_suite(void)
{
	Suite *suite = suite_create("database");
	TCase *tc = tcase_create("schema");

	tcase_add_checked_fixture(tc, setup, fixture_remove);
	tcase_set_timeout(tc, 180);
	tcase_add_loop_test(tc, grows_from_any_version, 1, 4);
	tcase_add_test(tc, a_newer_schema_is_refused);
	tcase_add_test(tc, readers_do_not_migrate);
	tcase_add_test(tc, a_step_that_fails_leaves_the_version_before);
	tcase_add_test(tc, two_create_it_at_once);
	tcase_add_test(tc, a_failed_transaction_leaves_nothing);
	tcase_add_loop_test(tc, options_are_in_force, 0, 2);
	suite_add_tcase(suite, tc);
	return suite;
}
