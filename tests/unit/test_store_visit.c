/* The journal looked at without its changes, and what damaged records still tell. */
#include "apply/store_remains.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_store_visit_suite(void);

#define BOOT "3f1c5c0e-7b39-4b7c-9d0e-0d6d6f0a1b2c" /* of store_fixture.c */

static struct seen {
	int64_t ids[16];
	bool unreadable[16];
	size_t count, stop_at;
} seen;

static int note(void *arg, int64_t id, const struct transaction_record *t, const struct error *why)
{
	struct seen *s = arg;

	ck_assert((t == NULL) == (why != NULL));
	if (t != NULL) {
		ck_assert_int_eq(t->id, id);
		ck_assert_str_eq(t->boot_id, BOOT);
		ck_assert_uint_eq(t->change_count, 3);
		ck_assert_ptr_null(t->changes);
	} else {
		ck_assert_int_eq(why->code, -EBADMSG);
	}
	s->unreadable[s->count] = t == NULL;
	s->ids[s->count++] = id;
	return s->count == s->stop_at ? -EINTR : 0;
}

/* One transaction of each state; the id is the state and one. */
static void setup(void)
{
	struct transaction_record t;

	(void)fixture_directory();
	memset(&seen, 0, sizeof(seen));
	fixture_transaction(&t, 3);
	for (unsigned int state = 0; state < TRANSACTION_STATES; state++) {
		t.state = (enum transaction_state)state;
		fixture_begin(&t);
	}
	transaction_record_done(&t);
}

static int visit(unsigned int states, size_t limit)
{
	struct store *s = fixture_open(STORE_READ);
	struct error e = { 0 };
	int r = store_visit(s, states, limit, note, &seen, &e);

	store_close(s);
	return r;
}

START_TEST(newest_first_and_as_many_as_wanted)
{
	ck_assert_int_eq(visit(1u << TRANSACTION_KEPT | 1u << TRANSACTION_VOID, 10), 0);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.ids[0], TRANSACTION_VOID + 1);
	ck_assert_int_eq(seen.ids[1], TRANSACTION_KEPT + 1);
	seen.count = 0;
	ck_assert_int_eq(visit(~0u, 3), 0);
	ck_assert_uint_eq(seen.count, 3);
	seen.count = 0;
	seen.stop_at = 2;
	ck_assert_int_eq(visit(~0u, 10), -EINTR);
	ck_assert_uint_eq(seen.count, 2);
}
END_TEST

START_TEST(a_damaged_one_is_visited_as_such)
{
	fixture_sql("state.db", "UPDATE transactions SET reason = 'x' WHERE id = 3");
	fixture_sql("state.db", "UPDATE transactions SET state = 'x' WHERE id = 5");
	/* Not looked at. */
	fixture_sql("state.db", "UPDATE changes SET note = 'x' WHERE transaction_id = 2");
	ck_assert_int_eq(visit(~0u, 10), 0);
	ck_assert_uint_eq(seen.count, TRANSACTION_STATES);
	for (size_t i = 0; i < seen.count; i++)
		ck_assert(seen.unreadable[i] == (seen.ids[i] == 3 || seen.ids[i] == 5));
	seen.count = 0;
	ck_assert_int_eq(visit(STORE_STATE_UNKNOWN, 10), 0);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.ids[0], 5);
}
END_TEST

static const struct {
	const char *sql;
	int64_t id;
	const char *boot_id;
	bool hot, complete;
} remains[] = {
	{ "UPDATE transactions SET reason = 'x'", TRANSACTION_APPLYING + 1, BOOT, true, true },
	{ "UPDATE transactions SET reason = 'x'", TRANSACTION_PENDING + 1, BOOT, true, true },
	{ "UPDATE transactions SET reason = 'x'", TRANSACTION_ROLLING_BACK + 1, BOOT, true, true },
	{ "UPDATE transactions SET reason = 'x'", TRANSACTION_KEPT + 1, BOOT, false, true },
	{ "UPDATE transactions SET reason = 'x'", TRANSACTION_FAILED + 1, BOOT, false, true },
	{ "UPDATE transactions SET state = 'x'", TRANSACTION_KEPT + 1, BOOT, true, true },
	{ "UPDATE transactions SET state = 'x'", TRANSACTION_KEPT + 1, "another", false, true },
	/* Of which boot it is says nothing that is sound. */
	{ "UPDATE transactions SET uid = 7", TRANSACTION_PENDING + 1, "another", true, false },
	{ "UPDATE changes SET to_text = '7' WHERE position = 1", TRANSACTION_PENDING + 1, BOOT,
	  true, false },
	{ "UPDATE changes SET note = 'x'", TRANSACTION_PENDING + 1, BOOT, true, true },
	{ "DELETE FROM changes WHERE position = 2", TRANSACTION_PENDING + 1, BOOT, true, false },
	{ "DELETE FROM transactions", TRANSACTION_PENDING + 1, BOOT, false, false },
};

START_TEST(what_remains)
{
	struct store *s;
	struct store_remains m;
	struct error e = { 0 };

	fixture_sql("state.db", remains[_i].sql);
	s = fixture_open(STORE_READ);
	ck_assert_int_eq(store_load_remains(s, remains[_i].id, remains[_i].boot_id, &m, &e), 0);
	ck_assert_int_eq(m.may_be_hot, remains[_i].hot);
	ck_assert_int_eq(m.complete, remains[_i].complete);
	ck_assert_uint_eq(m.record.netns_cookie, m.begun > 0 ? 4102 : 0);
	ck_assert_uint_eq(m.complete, m.begun == 3 && m.record.change_count == 3);
	if (m.complete)
		ck_assert_str_eq(m.record.changes[1].change.target.name, "net.core.somaxconn");
	store_remains_done(&m);
	store_close(s);
}
END_TEST

Suite *test_store_visit_suite(void)
{
	Suite *suite = suite_create("store_visit");
	TCase *c = tcase_create("visit");

	tcase_add_checked_fixture(c, setup, fixture_remove);
	tcase_add_test(c, newest_first_and_as_many_as_wanted);
	tcase_add_test(c, a_damaged_one_is_visited_as_such);
	tcase_add_loop_test(c, what_remains, 0, sizeof(remains) / sizeof(remains[0]));
	suite_add_tcase(suite, c);
	return suite;
}
