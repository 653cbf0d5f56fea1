/* Whatever happens to the journal's file, it is refused with what to do, or read as it was written:
 * never as something else. */
#include "apply/store.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_store_damage_suite(void);

static struct transaction_record given;

static void setup(void)
{
	(void)fixture_directory();
	fixture_transaction(&given, 3);
	fixture_begin(&given);
}

static void teardown(void)
{
	transaction_record_done(&given);
	fixture_remove();
}

static bool same(const struct transaction_record *t)
{
	if (t->state != given.state || t->netns_cookie != given.netns_cookie ||
	    strcmp(t->boot_id, given.boot_id) != 0 || strcmp(t->netns, given.netns) != 0 ||
	    t->change_count != given.change_count)
		return false;
	for (size_t i = 0; i < t->change_count; i++) {
		const struct plan_change *a = &t->changes[i].change, *b = &given.changes[i].change;

		if (strcmp(a->target.name, b->target.name) != 0 ||
		    strcmp(a->target.identity, b->target.identity) != 0 ||
		    strcmp(a->from.text, b->from.text) != 0 || strcmp(a->to, b->to) != 0 ||
		    strcmp(a->from.undo, b->from.undo) != 0 ||
		    t->changes[i].outcome != given.changes[i].outcome)
			return false;
	}
	return true;
}

/* 0: read as it was. Otherwise the refusal, with words. */
static int read_back(enum store_access access, struct error *e)
{
	struct transaction_record got = { 0 };
	struct store *s = NULL;
	int64_t *ids = NULL;
	size_t n = 0;
	int r;

	*e = (struct error){ 0 };
	r = store_open(fixture_path(""), access, NULL, &s, e);
	if (r == 0)
		r = store_list(s, ~0u, 10, &ids, &n, e);
	if (r == 0 && (n != 1 || ids[0] != 1))
		r = -ENOENT;
	if (r == 0)
		r = store_load(s, 1, &got, e);
	if (r == 0)
		ck_assert_msg(same(&got), "damage was not noticed");
	free(ids);
	transaction_record_done(&got);
	store_close(s);
	return r;
}

/* Reads the damaged file, restores it, and says whether it was refused. */
static bool refused(enum store_access access, const struct bytes *whole)
{
	struct error e;
	int r = read_back(access, &e);

	ck_assert_msg(r == 0 || r == -EBADMSG || r == -EOPNOTSUPP || r == -ENOENT || r == -EROFS ||
			      r == -EIO,
		      "%d: %s", r, e.text);
	if (r < 0 && r != -ENOENT)
		ck_assert_msg(e.code == r && e.text[0] != '\0', "refused without a word: %d", r);
	(void)unlink(fixture_path("state.db-journal"));
	fixture_write("state.db", whole->data, whole->len);
	return r < 0;
}

START_TEST(truncated)
{
	enum store_access access = _i == 0 ? STORE_READ : STORE_WRITE;
	struct bytes whole = { 0 };

	fixture_read("state.db", &whole);
	ck_assert_uint_gt(whole.len, 4096);
	for (size_t len = 1; len < whole.len; len += len < 128 ? 1 : 509) {
		fixture_write("state.db", whole.data, len);
		ck_assert_msg(refused(access, &whole), "%zu of %zu bytes were accepted", len,
			      whole.len);
	}
	/* Cut at a page's end. */
	fixture_write("state.db", whole.data, whole.len - 4096);
	ck_assert(refused(access, &whole));
	/* The control. */
	ck_assert(!refused(access, &whole));
	bytes_done(&whole);
}
END_TEST

/* An empty file is what a crash leaves when it comes before the first commit. */
START_TEST(empty)
{
	struct error e;

	fixture_write("state.db", "", 0);
	ck_assert_int_eq(read_back(STORE_READ, &e), -ENOENT);
	fixture_begin(&given);
	ck_assert_int_eq(read_back(STORE_READ, &e), 0);
}
END_TEST

/* A flipped bit may be one that SQLite or we never look at; it must not change what is read. */
START_TEST(flipped_bits)
{
	enum store_access access = _i == 0 ? STORE_READ : STORE_WRITE;
	struct bytes whole = { 0 };
	size_t found = 0;

	fixture_read("state.db", &whole);
	for (size_t at = 0; at < whole.len; at += at < 256 ? 1 : 37) {
		char flipped = (char)(whole.data[at] ^ (char)(1 << at % 8));
		char was = whole.data[at];

		whole.data[at] = flipped;
		fixture_write("state.db", whole.data, whole.len);
		whole.data[at] = was;
		found += refused(access, &whole) ? 1 : 0;
	}
	ck_assert_uint_gt(found, 0);
	bytes_done(&whole);
}
END_TEST

/* Found when opening for writing, before it is known which record will be needed. */
START_TEST(a_page_of_zeros)
{
	struct bytes whole = { 0 };
	struct store *s = NULL;
	struct error e = { 0 };

	fixture_read("state.db", &whole);
	ck_assert_uint_eq(whole.len % 4096, 0);
	for (size_t page = 1; page < whole.len / 4096; page++) {
		char was[4096];

		memcpy(was, whole.data + page * 4096, sizeof(was));
		memset(whole.data + page * 4096, 0, sizeof(was));
		fixture_write("state.db", whole.data, whole.len);
		memcpy(whole.data + page * 4096, was, sizeof(was));
		ck_assert_int_eq(store_open(fixture_path(""), STORE_WRITE, NULL, &s, &e), -EBADMSG);
		ck_assert_msg(strstr(e.text, "damaged") != NULL, "%s", e.text);
	}
	bytes_done(&whole);
}
END_TEST

/* Each byte of a value that decides what is written back. */
START_TEST(flipped_bits_of_a_value)
{
	static const char *const values[] = { "4096 131072 6291456",
					      "4096 131072 67108864",
					      "cubic",
					      "netns 4102",
					      "applying",
					      "planned",
					      "net.ipv4.tcp_rmem" };
	const char *value = values[_i];
	struct bytes whole = { 0 };
	const char *at;

	fixture_read("state.db", &whole);
	at = memmem(whole.data, whole.len, value, strlen(value));
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < strlen(value) * 8; i++) {
		char *byte = &whole.data[(size_t)(at - whole.data) + i / 8];
		char was = *byte;

		*byte = (char)(was ^ (char)(1 << i % 8));
		fixture_write("state.db", whole.data, whole.len);
		*byte = was;
		ck_assert_msg(refused(STORE_WRITE, &whole), "bit %zu of '%s'", i, value);
	}
	bytes_done(&whole);
}
END_TEST

/* What somebody with a SQLite shell can make of it, and the words that must be in the refusal. */
static const struct {
	const char *sql;
	int code;
	const char *word;
} edits[] = {
	{ "PRAGMA application_id = 1", -EBADMSG, "not netwright's" },
	{ "PRAGMA application_id = 0", -EBADMSG, "not netwright's" },
	{ "PRAGMA user_version = 2", -EOPNOTSUPP, "newer" },
	{ "PRAGMA user_version = 0", -EBADMSG, "damaged" },
	{ "PRAGMA user_version = -1", -EBADMSG, "damaged" },
	{ "CREATE TABLE more (a)", -EBADMSG, "tables" },
	{ "CREATE TRIGGER t AFTER UPDATE ON changes BEGIN DELETE FROM changes; END", -EBADMSG,
	  "tables" },
	{ "CREATE INDEX i ON transactions (netns)", -EBADMSG, "tables" },
	{ "DROP TABLE changes", -EBADMSG, "tables" },
	{ "ALTER TABLE changes RENAME TO c; CREATE VIEW changes AS SELECT * FROM c", -EBADMSG,
	  "tables" },
	{ "UPDATE changes SET name = '../../etc/passwd' WHERE position = 1", -EBADMSG, "change 2" },
	{ "UPDATE changes SET name = 'net.netfilter.nf_hooks_lwtunnel'", -EBADMSG, "change 1" },
	{ "UPDATE changes SET name = 'net.ipv4.tcp_wmem' WHERE position = 0", -EBADMSG,
	  "checksum" },
	{ "UPDATE changes SET to_text = '4096 1 2' WHERE position = 0", -EBADMSG, "checksum" },
	{ "UPDATE changes SET from_text = char(27) || '[2J' WHERE position = 2", -EBADMSG,
	  "from_text holds unprintable" },
	{ "UPDATE changes SET from_text = 'a' || char(0) || 'b'", -EBADMSG,
	  "from_text holds unprintable" },
	{ "UPDATE changes SET to_text = printf('%2048d', 1)", -EBADMSG, "to_text is too long" },
	{ "UPDATE changes SET note = printf('%1000000d', 1)", -EBADMSG, "note is too long" },
	{ "UPDATE changes SET note = printf('%3000000d', 1)", -EBADMSG, "would not have written" },
	{ "UPDATE changes SET identity = ''", -EBADMSG, "change 1" },
	{ "UPDATE changes SET kind = 'disk'", -EBADMSG, "kind is unknown" },
	{ "UPDATE changes SET outcome = 'fine'", -EBADMSG, "outcome is unknown" },
	{ "UPDATE changes SET outcome = 'written'", -EBADMSG, "checksum" },
	{ "UPDATE changes SET progress_sum = 0", -EBADMSG, "checksum" },
	{ "UPDATE changes SET position = 7 WHERE position = 1", -EBADMSG, "change 2" },
	{ "DELETE FROM changes WHERE position = 2", -EBADMSG, "change 3: it is missing" },
	{ "INSERT INTO changes SELECT 1, 3, kind, name, identity, from_text, from_undo, to_text,"
	  " why, origin_sum, outcome, read_back, note, progress_sum FROM changes WHERE position = 0",
	  -EBADMSG, "more changes" },
	{ "UPDATE transactions SET state = 'done'", -EBADMSG, "state is unknown" },
	{ "UPDATE transactions SET state = 'kept'", -EBADMSG, "checksum" },
	{ "UPDATE transactions SET persistence = 'perhaps'", -EBADMSG, "persistence is unknown" },
	{ "UPDATE transactions SET netns_cookie = -1", -EBADMSG, "netns_cookie" },
	{ "UPDATE transactions SET netns_cookie = 1", -EBADMSG, "checksum" },
	{ "UPDATE transactions SET uid = 4294967296", -EBADMSG, "uid is out of range" },
	{ "UPDATE transactions SET change_count = 0", -EBADMSG, "change_count is out of range" },
	{ "UPDATE transactions SET change_count = 1000000000", -EBADMSG,
	  "change_count is out of range" },
	{ "UPDATE transactions SET started_utc_s = 9e999", -EBADMSG, "started_utc_s is no time" },
	{ "UPDATE transactions SET guardian_pid = -1", -EBADMSG, "guardian_pid is out of range" },
	{ "UPDATE transactions SET boot_id = printf('%40d', 1)", -EBADMSG, "boot_id is too long" },
	{ "UPDATE transactions SET boot_id = ''", -EBADMSG, "checksum" },
	/* The control. */
	{ "UPDATE transactions SET state = state", 0, "" },
};

START_TEST(edited)
{
	struct error e;
	int r;

	fixture_sql("state.db", edits[_i].sql);
	for (int access = STORE_READ; access <= STORE_WRITE; access++) {
		r = read_back((enum store_access)access, &e);
		ck_assert_msg(r == edits[_i].code, "%s: %d: %s", edits[_i].sql, r, e.text);
		ck_assert_msg(strstr(e.text, edits[_i].word) != NULL, "%s: %s", edits[_i].sql,
			      e.text);
	}
}
END_TEST

START_TEST(no_database)
{
	struct error e;

	fixture_write("state.db", "net.ipv4.tcp_rmem = 4096 131072 6291456\n", 40);
	ck_assert_int_eq(read_back(STORE_READ, &e), -EBADMSG);
	ck_assert_int_eq(read_back(STORE_WRITE, &e), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(e.text, "move it away"));
}
END_TEST

static void expect_untrusted(const char *word)
{
	struct error e;

	for (int access = STORE_READ; access <= STORE_WRITE; access++) {
		ck_assert_int_eq(read_back((enum store_access)access, &e), -EPERM);
		ck_assert_int_eq((int)e.kind, (int)ERROR_FAILED);
		ck_assert_msg(strstr(e.text, word) != NULL, "%s", e.text);
	}
}

START_TEST(linked_database)
{
	char other[256];

	(void)snprintf(other, sizeof(other), "%s", fixture_path("other.db"));
	ck_assert_int_eq(rename(fixture_path("state.db"), other), 0);
	ck_assert_int_eq(symlink(other, fixture_path("state.db")), 0);
	expect_untrusted("state.db is a symbolic link");
	ck_assert_int_eq(unlink(fixture_path("state.db")), 0);
	ck_assert_int_eq(symlink("/dangling", fixture_path("state.db")), 0);
	expect_untrusted("state.db is a symbolic link");
	ck_assert_int_eq(unlink(fixture_path("state.db")), 0);
	ck_assert_int_eq(link(other, fixture_path("state.db")), 0);
	expect_untrusted("second name");
}
END_TEST

START_TEST(linked_rollback_journal)
{
	(void)unlink(fixture_path("state.db-journal"));
	ck_assert_int_eq(symlink("/dev/null", fixture_path("state.db-journal")), 0);
	expect_untrusted("state.db-journal is a symbolic link");
}
END_TEST

START_TEST(somebody_elses_database)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(fixture_path("state.db"), 65534, 65534), 0);
	expect_untrusted("belongs to neither");
	ck_assert_int_eq(chown(fixture_path("state.db"), 0, 0), 0);
	ck_assert_int_eq(chmod(fixture_path("state.db"), 0660), 0);
	expect_untrusted("written to by others");
	ck_assert_int_eq(unlink(fixture_path("state.db")), 0);
	ck_assert_int_eq(mkdir(fixture_path("state.db"), 0700), 0);
	expect_untrusted("no regular file");
}
END_TEST

/* A file system of its own in a mount namespace of this test's process; false without privilege. */
static bool mount_private(const char *directory, const char *options)
{
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", directory, "tmpfs", 0, options) == 0;
}

/* A full file system: nothing is promised, and nothing that was there is lost. */
START_TEST(no_space)
{
	struct transaction_record got = { 0 };
	struct store *s = NULL;
	struct error e = { 0 };
	char directory[256];
	int r = 0;

	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("small"));
	if (!mount_private(directory, "size=64k,mode=0700"))
		return;
	ck_assert_int_eq(store_open(directory, STORE_WRITE, NULL, &s, &e), 0);
	memset(given.changes[0].change.to, 't', HELD_TEXT_MAX - 1);
	for (int i = 0; i < 100 && r == 0; i++) {
		given.id = 0;
		r = store_begin(s, &given, &e);
	}
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(e.text, "make room"));
	ck_assert_int_eq(given.id, 0);
	ck_assert_int_eq(store_load(s, 1, &got, &e), 0);
	transaction_record_done(&got);
	store_close(s);
	ck_assert_int_eq(store_open(directory, STORE_READ, NULL, &s, &e), 0);
	store_close(s);
	ck_assert_int_eq(umount(directory), 0);
}
END_TEST

START_TEST(no_space_at_all)
{
	struct store *s = NULL;
	struct error e = { 0 };
	char directory[256];

	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("small"));
	if (!mount_private(directory, "size=4k,mode=0700"))
		return;
	ck_assert_int_eq(store_open(directory, STORE_WRITE, NULL, &s, &e), -ENOSPC);
	ck_assert_int_eq(umount(directory), 0);
}
END_TEST

START_TEST(read_only)
{
	struct transaction_record got = { 0 };
	struct store *s = NULL;
	struct error e = { 0 };
	char directory[256];

	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("fixed"));
	if (!mount_private(directory, "mode=0700"))
		return;
	ck_assert_int_eq(mount("none", directory, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	ck_assert_int_eq(store_open(directory, STORE_WRITE, NULL, &s, &e), -EROFS);
	ck_assert_int_eq(mount("none", directory, "tmpfs", MS_REMOUNT, "mode=0700"), 0);
	ck_assert_int_eq(store_open(directory, STORE_WRITE, NULL, &s, &e), 0);
	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	store_close(s);
	ck_assert_int_eq(mount("none", directory, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	ck_assert_int_eq(store_open(directory, STORE_WRITE, NULL, &s, &e), -EROFS);
	ck_assert_msg(store_open(directory, STORE_READ, NULL, &s, &e) == 0, "%s", e.text);
	ck_assert_int_eq(store_load(s, 1, &got, &e), 0);
	transaction_record_done(&got);
	store_close(s);
	ck_assert_int_eq(umount(directory), 0);
}
END_TEST

/* A crash in the middle of a commit leaves SQLite's own journal: whoever opens next, a reader too,
 * finds what was there before. */
START_TEST(hot_rollback_journal)
{
	struct bytes before = { 0 }, journal = { 0 }, half = { 0 };
	struct error e;
	sqlite3 *db = NULL;

	fixture_read("state.db", &before);
	ck_assert_int_eq(sqlite3_open(fixture_path("state.db"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				      "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;"
				      "UPDATE changes SET to_text = printf('%2000d', 1);"
				      "CREATE TABLE filler (a); INSERT INTO filler "
				      "VALUES (zeroblob(200000))",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_db_cacheflush(db), SQLITE_OK);
	fixture_read("state.db", &half);
	fixture_read("state.db-journal", &journal);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	ck_assert_uint_gt(journal.len, 0);
	ck_assert(before.len != half.len || memcmp(before.data, half.data, half.len) != 0);

	for (int access = STORE_READ; access <= STORE_WRITE; access++) {
		fixture_write("state.db", half.data, half.len);
		fixture_write("state.db-journal", journal.data, journal.len);
		ck_assert_msg(read_back((enum store_access)access, &e) == 0, "%s", e.text);
	}
	bytes_done(&before);
	bytes_done(&journal);
	bytes_done(&half);
}
END_TEST

Suite *test_store_damage_suite(void)
{
	Suite *suite = suite_create("store_damage");
	TCase *tc = tcase_create("damage");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_loop_test(tc, truncated, 0, 2);
	tcase_add_test(tc, empty);
	tcase_add_loop_test(tc, flipped_bits, 0, 2);
	tcase_add_test(tc, a_page_of_zeros);
	tcase_add_loop_test(tc, flipped_bits_of_a_value, 0, 7);
	tcase_add_loop_test(tc, edited, 0, sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(tc, no_database);
	tcase_add_test(tc, linked_database);
	tcase_add_test(tc, linked_rollback_journal);
	tcase_add_test(tc, somebody_elses_database);
	tcase_add_test(tc, no_space);
	tcase_add_test(tc, no_space_at_all);
	tcase_add_test(tc, read_only);
	tcase_add_test(tc, hot_rollback_journal);
	suite_add_tcase(suite, tc);
	return suite;
}
