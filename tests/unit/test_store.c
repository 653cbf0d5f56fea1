/* The journal remembers what it was told, and nothing else. */
#include "apply/store.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_store_suite(void);

static struct transaction_record given;

static void setup(void)
{
	(void)fixture_directory();
	fixture_transaction(&given, 3);
}

static void teardown(void)
{
	transaction_record_done(&given);
	fixture_remove();
}

static void assert_same_change(const struct change_record *a, const struct change_record *b)
{
	ck_assert_ptr_eq(a->change.target.kind, b->change.target.kind);
	ck_assert_ptr_eq(a->change.target.tunable, b->change.target.tunable);
	ck_assert_str_eq(a->change.target.name, b->change.target.name);
	ck_assert_str_eq(a->change.target.identity, b->change.target.identity);
	ck_assert_str_eq(a->change.from.text, b->change.from.text);
	ck_assert_str_eq(a->change.from.undo, b->change.from.undo);
	ck_assert_str_eq(a->change.to, b->change.to);
	ck_assert_str_eq(a->change.why, b->change.why);
	ck_assert_int_eq((int)a->outcome, (int)b->outcome);
	ck_assert_str_eq(a->read_back, b->read_back);
	ck_assert_str_eq(a->note, b->note);
}

static void assert_same(const struct transaction_record *a, const struct transaction_record *b)
{
	ck_assert_int_eq(a->id, b->id);
	ck_assert_int_eq((int)a->state, (int)b->state);
	ck_assert_int_eq((int)a->persistence, (int)b->persistence);
	ck_assert_str_eq(a->boot_id, b->boot_id);
	ck_assert_str_eq(a->netns, b->netns);
	ck_assert_uint_eq(a->netns_cookie, b->netns_cookie);
	ck_assert_double_eq(a->started_utc_s, b->started_utc_s);
	ck_assert_double_eq(a->finished_utc_s, b->finished_utc_s);
	ck_assert_uint_eq(a->deadline_boottime_ns, b->deadline_boottime_ns);
	ck_assert_int_eq(a->guardian_pid, b->guardian_pid);
	ck_assert_uint_eq(a->guardian_start, b->guardian_start);
	ck_assert_uint_eq(a->uid, b->uid);
	ck_assert_uint_eq(a->login_uid, b->login_uid);
	ck_assert_str_eq(a->command, b->command);
	ck_assert_str_eq(a->reason, b->reason);
	ck_assert_uint_eq(a->change_count, b->change_count);
	for (size_t i = 0; i < a->change_count; i++)
		assert_same_change(&a->changes[i], &b->changes[i]);
}

static void assert_stored(const struct transaction_record *t)
{
	struct store *s = fixture_open(STORE_READ);
	struct transaction_record got = { 0 };
	struct error e = { 0 };

	ck_assert_msg(store_load(s, t->id, &got, &e) == 0, "%s", e.text);
	assert_same(t, &got);
	transaction_record_done(&got);
	store_close(s);
}

START_TEST(no_journal_yet)
{
	struct store *s = NULL;
	struct error e = { 0 };

	ck_assert_int_eq(store_open(fixture_path(""), STORE_READ, NULL, &s, &e), -ENOENT);
	ck_assert_int_eq(store_open(fixture_path("absent"), STORE_READ, NULL, &s, &e), -ENOENT);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(access(fixture_path("absent"), F_OK), -1);
	ck_assert_int_eq(access(fixture_path("state.db"), F_OK), -1);
}
END_TEST

START_TEST(created_for_us_alone)
{
	struct store *s = NULL;
	struct error e = { 0 };
	struct stat st;
	char directory[256];

	(void)umask(0);
	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("made"));
	ck_assert_msg(store_open(directory, STORE_WRITE, NULL, &s, &e) == 0, "%s", e.text);
	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	store_close(s);
	ck_assert_int_eq(stat(directory, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(fixture_path("made/state.db"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(fixture_path("made/state.db-journal"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, 0);
}
END_TEST

START_TEST(remembers_everything)
{
	(void)snprintf(given.changes[1].change.from.undo, HELD_TEXT_MAX, "locks 2");
	fixture_begin(&given);
	ck_assert_int_eq(given.id, 1);
	assert_stored(&given);
}
END_TEST

START_TEST(longest_texts_and_largest_numbers)
{
	memset(given.command, 'c', sizeof(given.command) - 1);
	memset(given.reason, 'r', sizeof(given.reason) - 1);
	memset(given.changes[0].change.from.text, 'f', HELD_TEXT_MAX - 1);
	memset(given.changes[0].change.from.undo, 'u', HELD_TEXT_MAX - 1);
	memset(given.changes[0].change.to, 't', HELD_TEXT_MAX - 1);
	memset(given.changes[0].read_back, 'b', HELD_TEXT_MAX - 1);
	memset(given.changes[0].note, 'n', sizeof(given.changes[0].note) - 1);
	given.netns_cookie = INT64_MAX;
	given.guardian_start = INT64_MAX;
	given.guardian_pid = INT64_MAX;
	given.deadline_boottime_ns = INT64_MAX;
	given.uid = UINT32_MAX;
	fixture_begin(&given);
	assert_stored(&given);
}
END_TEST

START_TEST(update_changes_progress_only)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct transaction_record other;
	struct error e = { 0 };

	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	fixture_transaction(&other, 2);
	ck_assert_int_eq(store_begin(s, &other, &e), 0);
	ck_assert_int_eq(other.id, 2);

	given.state = TRANSACTION_PENDING;
	given.persistence = PERSISTENCE_WRITTEN;
	given.finished_utc_s = 1.8e9 + 1;
	given.deadline_boottime_ns = 42;
	given.guardian_pid = 812;
	given.guardian_start = 4711;
	(void)snprintf(given.reason, sizeof(given.reason), "why");
	for (size_t i = 0; i < 3; i++) {
		given.changes[i].outcome = CHANGE_WRITTEN;
		(void)snprintf(given.changes[i].read_back, HELD_TEXT_MAX, "back %zu", i);
		(void)snprintf(given.changes[i].note, sizeof(given.changes[i].note), "n%zu", i);
	}
	/* The origin is what was begun, whatever the caller has made of its copy. */
	(void)snprintf(given.changes[0].change.to, HELD_TEXT_MAX, "another");
	ck_assert_msg(store_update(s, &given, &e) == 0, "%s", e.text);
	(void)snprintf(given.changes[0].change.to, HELD_TEXT_MAX, "4096 131072 67108864");
	assert_stored(&given);
	assert_stored(&other);
	transaction_record_done(&other);
	store_close(s);
}
END_TEST

START_TEST(update_of_what_is_not_there)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct error e = { 0 };

	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	given.state = TRANSACTION_KEPT;
	given.id = 7;
	ck_assert_int_eq(store_update(s, &given, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "transaction 7"));
	given.id = 1;
	given.change_count = 2;
	ck_assert_int_eq(store_update(s, &given, &e), -ENOENT);
	given.change_count = 3;
	given.state = TRANSACTION_APPLYING;
	assert_stored(&given);
	store_close(s);
}
END_TEST

START_TEST(load_of_what_is_not_there)
{
	struct transaction_record got = { .id = 99 };
	struct store *s;
	struct error e = { 0 };

	fixture_begin(&given);
	s = fixture_open(STORE_READ);
	ck_assert_int_eq(store_load(s, 2, &got, &e), -ENOENT);
	ck_assert_int_eq(store_load(s, INT64_MIN, &got, &e), -ENOENT);
	ck_assert_int_eq(got.id, 99);
	store_close(s);
}
END_TEST

START_TEST(free_text_is_made_printable)
{
	(void)snprintf(given.command, sizeof(given.command), "set \033[2J x\n");
	(void)snprintf(given.changes[0].note, sizeof(given.changes[0].note), "a\tb");
	fixture_begin(&given);
	(void)snprintf(given.command, sizeof(given.command), "set ?[2J x?");
	(void)snprintf(given.changes[0].note, sizeof(given.changes[0].note), "a?b");
	assert_stored(&given);
}
END_TEST

static void spoil_from(struct transaction_record *t)
{
	(void)snprintf(t->changes[2].change.from.text, HELD_TEXT_MAX, "cubic\nreno");
}

static void spoil_to(struct transaction_record *t)
{
	memset(t->changes[2].change.to, 'x', HELD_TEXT_MAX);
}

static void spoil_name(struct transaction_record *t)
{
	(void)snprintf(t->changes[2].change.target.name, TARGET_NAME_MAX, "net.ipv4.no_such_key");
}

static void spoil_identity(struct transaction_record *t)
{
	t->changes[2].change.target.identity[0] = '\0';
}

static void spoil_outcome(struct transaction_record *t)
{
	t->changes[2].outcome = CHANGE_OUTCOMES;
}

static void spoil_netns(struct transaction_record *t)
{
	(void)snprintf(t->netns, sizeof(t->netns), "a\033b");
}

static void spoil_state(struct transaction_record *t)
{
	t->state = TRANSACTION_STATES;
}

static void spoil_count(struct transaction_record *t)
{
	t->change_count = 0;
}

static void spoil_cookie(struct transaction_record *t)
{
	t->netns_cookie = (uint64_t)INT64_MAX + 1;
}

static void spoil_time(struct transaction_record *t)
{
	t->started_utc_s = -1;
}

static const struct {
	void (*spoil)(struct transaction_record *t);
	const char *named;
} spoilers[] = {
	{ spoil_from, "change 3" },	  { spoil_to, "change 3" },
	{ spoil_name, "change 3" },	  { spoil_identity, "change 3" },
	{ spoil_outcome, "outcome" },	  { spoil_netns, "netns" },
	{ spoil_state, "state" },	  { spoil_count, "change_count" },
	{ spoil_cookie, "netns_cookie" }, { spoil_time, "started_utc_s" },
};

START_TEST(what_could_not_be_read_back_is_not_written)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct error e = { 0 };
	int64_t *ids = NULL;
	size_t n = 99;

	spoilers[_i].spoil(&given);
	ck_assert_int_eq(store_begin(s, &given, &e), -EINVAL);
	ck_assert_msg(strstr(e.text, spoilers[_i].named) != NULL, "%s", e.text);
	ck_assert_int_eq(given.id, 0);
	ck_assert_int_eq(store_list(s, ~0u, 10, &ids, &n, &e), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(ids);
	store_close(s);
}
END_TEST

START_TEST(listed_by_state_newest_first)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct error e = { 0 };
	int64_t *ids = NULL;
	size_t n = 0;

	for (unsigned int state = 0; state < TRANSACTION_STATES; state++) {
		given.state = (enum transaction_state)state;
		ck_assert_int_eq(store_begin(s, &given, &e), 0);
	}
	ck_assert_int_eq(
		store_list(s, 1u << TRANSACTION_PENDING | 1u << TRANSACTION_KEPT, 10, &ids, &n, &e),
		0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(ids[0], TRANSACTION_KEPT + 1);
	ck_assert_int_eq(ids[1], TRANSACTION_PENDING + 1);
	free(ids);
	ck_assert_int_eq(store_list(s, ~0u, 3, &ids, &n, &e), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(ids[0], TRANSACTION_STATES);
	free(ids);
	store_close(s);
}
END_TEST

START_TEST(old_finished_ones_are_pruned)
{
	static const struct {
		enum transaction_state state;
		enum persistence_state persistence;
		bool kept;
	} rows[] = {
		{ TRANSACTION_APPLYING, PERSISTENCE_NONE, true },
		{ TRANSACTION_PENDING, PERSISTENCE_NONE, true },
		{ TRANSACTION_KEPT, PERSISTENCE_NONE, true },
		{ TRANSACTION_ROLLING_BACK, PERSISTENCE_NONE, true },
		{ TRANSACTION_PARTIAL, PERSISTENCE_NONE, true },
		{ TRANSACTION_VOID, PERSISTENCE_WRITTEN, true },
		{ TRANSACTION_ROLLED_BACK, PERSISTENCE_NONE, false },
		{ TRANSACTION_FAILED, PERSISTENCE_NONE, false },
		{ TRANSACTION_VOID, PERSISTENCE_NONE, false },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	struct store *s = fixture_open(STORE_WRITE);
	struct transaction_record got = { 0 };
	struct error e = { 0 };

	for (size_t i = 0; i < count; i++) {
		given.state = rows[i].state;
		given.persistence = rows[i].persistence;
		ck_assert_int_eq(store_begin(s, &given, &e), 0);
	}
	/* One second before the last day they are all there, one after they are not. */
	for (int late = 0; late < 2; late++) {
		given.started_utc_s = 1.8e9 + STORE_FINISHED_DAYS * 86400.0 + (late ? 1 : -1);
		ck_assert_int_eq(store_begin(s, &given, &e), 0);
		for (size_t i = 0; i < count; i++) {
			int r = store_load(s, (int64_t)i + 1, &got, &e);

			ck_assert_int_eq(r, !late || rows[i].kept ? 0 : -ENOENT);
			transaction_record_done(&got);
		}
	}
	store_close(s);
	fixture_sql("state.db",
		    "CREATE TEMP TABLE t AS SELECT 1 / (SELECT count(*) = 0 FROM changes"
		    " WHERE transaction_id IN (7, 8, 9)) AS x");
}
END_TEST

START_TEST(too_many_finished_ones_are_pruned)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct error e = { 0 };
	int64_t *ids = NULL;
	size_t n = 0;

	given.state = TRANSACTION_FAILED;
	given.persistence = PERSISTENCE_NONE;
	given.change_count = 1;
	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	store_close(s);
	fixture_sql("state.db",
		    "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1003)"
		    " INSERT INTO transactions SELECT i, boot_id, netns, netns_cookie,"
		    " started_utc_s, uid, login_uid, command, change_count, origin_sum, state,"
		    " persistence, finished_utc_s, deadline_boottime_ns, guardian_pid,"
		    " guardian_start, reason, progress_sum FROM transactions, n");
	s = fixture_open(STORE_WRITE);
	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	ck_assert_int_eq(given.id, 1004);
	ck_assert_int_eq(store_list(s, ~0u, 5000, &ids, &n, &e), 0);
	ck_assert_uint_eq(n, STORE_FINISHED_MAX + 1);
	ck_assert_int_eq(ids[n - 1], 4);
	free(ids);
	store_close(s);
}
END_TEST

START_TEST(ids_are_not_used_twice)
{
	given.state = TRANSACTION_FAILED;
	given.persistence = PERSISTENCE_NONE;
	fixture_begin(&given);
	given.started_utc_s += 500 * 86400.0;
	fixture_begin(&given);
	ck_assert_int_eq(given.id, 2);
	fixture_sql("state.db", "PRAGMA foreign_keys = ON; DELETE FROM transactions");
	fixture_begin(&given);
	ck_assert_int_eq(given.id, 3);
}
END_TEST

START_TEST(readers_do_not_write)
{
	struct store *s;
	struct error e = { 0 };

	fixture_begin(&given);
	s = fixture_open(STORE_READ);
	ck_assert_int_lt(store_begin(s, &given, &e), 0);
	ck_assert_int_lt(store_update(s, &given, &e), 0);
	store_close(s);
	assert_stored(&given);
}
END_TEST

/* A writer in the middle of a transaction is waited for; readers see what was there before. */
START_TEST(a_reader_beside_a_writer)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct error e = { 0 };
	int status = 0;
	pid_t child;

	ck_assert_int_eq(store_begin(s, &given, &e), 0);
	store_close(s);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct transaction_record got = { 0 };

		for (int i = 0; i < 50; i++) {
			s = NULL;
			if (store_open(fixture_path(""), STORE_READ, NULL, &s, &e) < 0 ||
			    store_load(s, 1, &got, &e) < 0)
				_exit(1);
			transaction_record_done(&got);
			store_close(s);
		}
		_exit(0);
	}
	for (int i = 0; i < 50; i++) {
		s = fixture_open(STORE_WRITE);
		given.deadline_boottime_ns = (uint64_t)i;
		ck_assert_msg(store_update(s, &given, &e) == 0, "%s", e.text);
		store_close(s);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(names_of_states)
{
	for (unsigned int i = 0; i < TRANSACTION_STATES; i++)
		ck_assert_ptr_nonnull(transaction_state_name((enum transaction_state)i));
	for (unsigned int i = 0; i < CHANGE_OUTCOMES; i++)
		ck_assert_ptr_nonnull(change_outcome_name((enum change_outcome)i));
	ck_assert_str_eq(transaction_state_name(TRANSACTION_ROLLED_BACK), "rolled-back");
}
END_TEST

Suite *test_store_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("journal");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_journal_yet);
	tcase_add_test(tc, created_for_us_alone);
	tcase_add_test(tc, remembers_everything);
	tcase_add_test(tc, longest_texts_and_largest_numbers);
	tcase_add_test(tc, update_changes_progress_only);
	tcase_add_test(tc, update_of_what_is_not_there);
	tcase_add_test(tc, load_of_what_is_not_there);
	tcase_add_test(tc, free_text_is_made_printable);
	tcase_add_loop_test(tc, what_could_not_be_read_back_is_not_written, 0,
			    sizeof(spoilers) / sizeof(spoilers[0]));
	tcase_add_test(tc, listed_by_state_newest_first);
	tcase_add_test(tc, old_finished_ones_are_pruned);
	tcase_add_test(tc, too_many_finished_ones_are_pruned);
	tcase_add_test(tc, ids_are_not_used_twice);
	tcase_add_test(tc, readers_do_not_write);
	tcase_add_test(tc, a_reader_beside_a_writer);
	tcase_add_test(tc, names_of_states);
	suite_add_tcase(suite, tc);
	return suite;
}
