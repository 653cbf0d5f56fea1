/* What others did about the daemon's changes, by a real journal and a machine in memory. */
#include "apply/boot.h"
#include "daemon/kept.h"
#include "fake_os.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *test_kept_suite(void);

#define RMEM	"net.ipv4.tcp_rmem"
#define BACKLOG "net.core.somaxconn"

static char directory[64];
static struct os *os;
static struct kept kept;
static struct error e;
static struct realm_loss losses[8];
static size_t lost;
static bool own;

static void set_up(void)
{
	(void)snprintf(directory, sizeof(directory), "%s", fixture_directory());
	os = fake_os_new();
	fake_os_add_netns(os, "web", 4102);
	fake_os_add_sysctl(os, 4102, RMEM, "4096 131072 67108864");
	fake_os_add_sysctl(os, 4102, BACKLOG, "8192");
	kept = (struct kept){ .os = os, .directory = directory };
}

static void tear_down(void)
{
	fake_os_free(os);
	fixture_remove();
}

/* A kept transaction of this boot; returns its number. */
static int64_t add(const char *command, size_t changes, const char *to)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct transaction_record t;
	int64_t id;

	fixture_transaction(&t, changes);
	t.state = TRANSACTION_KEPT;
	t.persistence = PERSISTENCE_NONE;
	(void)snprintf(t.command, sizeof(t.command), "%s", command);
	ck_assert_int_eq(boot_id_read(t.boot_id, &e), 0);
	if (to != NULL)
		(void)snprintf(t.changes[0].change.to, sizeof(t.changes[0].change.to), "%s", to);
	ck_assert_msg(store_begin(s, &t, &e) == 0, "%s", e.text);
	id = t.id;
	transaction_record_done(&t);
	store_close(s);
	return id;
}

static void end(int64_t id, enum transaction_state state, const char *reason)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct transaction_record t = { 0 };

	ck_assert_int_eq(store_load(s, id, &t, &e), 0);
	t.state = state;
	(void)snprintf(t.reason, sizeof(t.reason), "%s", reason);
	if (state == TRANSACTION_PARTIAL)
		t.changes[0].outcome = CHANGE_CONFLICT;
	ck_assert_int_eq(store_update(s, &t, &e), 0);
	transaction_record_done(&t);
	store_close(s);
}

static void on_lost(void *arg, const struct realm_loss *l)
{
	(void)arg;
	ck_assert_uint_lt(lost, 8);
	losses[lost++] = *l;
}

static void check(size_t expected)
{
	lost = 0;
	kept.directory = directory;
	ck_assert_msg(kept_check(&kept, &own, on_lost, NULL, &e) == 0, "%s", e.text);
	ck_assert_msg(lost == expected, "%zu lost, not %zu: %s %s", lost, expected,
		      lost > 0 ? losses[0].target : "", lost > 0 ? losses[0].reason : "");
}

START_TEST(without_a_journal_there_is_nothing)
{
	check(0);
}
END_TEST

START_TEST(what_holds_is_nobodys)
{
	(void)add(KEPT_COMMAND, 2, NULL);
	check(0);
	check(0);
}
END_TEST

START_TEST(a_foreign_value_is_lost_alone)
{
	(void)add(KEPT_COMMAND, 2, NULL);
	check(0);
	fake_os_set_sysctl(os, 4102, BACKLOG, "4096");
	check(1);
	ck_assert_str_eq(losses[0].target, BACKLOG);
	ck_assert_uint_eq(losses[0].netns_cookie, 4102);
	ck_assert_str_eq(losses[0].reason, "somebody else has set it, to 4096");
	/* It is said as long as it is so: a restart asks for the first time. */
	check(1);
	fake_os_set_sysctl(os, 4102, BACKLOG, "8192");
	check(0);
}
END_TEST

/* Only the newest transaction says what a target should hold. */
START_TEST(its_own_next_step_is_no_loss)
{
	(void)add(KEPT_COMMAND, 1, "4096 131072 25165824");
	(void)add(KEPT_COMMAND, 1, NULL);
	check(0);
	fake_os_set_sysctl(os, 4102, RMEM, "4096 131072 25165824");
	check(1);
}
END_TEST

START_TEST(somebodys_later_transaction_is_their_wish)
{
	fake_os_set_sysctl(os, 4102, RMEM, "4096 131072 25165824");
	(void)add(KEPT_COMMAND, 1, "4096 131072 25165824");
	check(0);
	fake_os_set_sysctl(os, 4102, RMEM, "4096 131072 67108864");
	(void)add("netwright set net.ipv4.tcp_rmem[2]=64MiB", 1, NULL);
	check(1);
	ck_assert_str_eq(losses[0].target, RMEM);
	ck_assert_str_eq(losses[0].reason, "transaction 2 has set it since");
}
END_TEST

START_TEST(others_transactions_alone_are_none_of_its_business)
{
	(void)add("netwright set net.core.somaxconn=8192", 2, NULL);
	fake_os_set_sysctl(os, 4102, BACKLOG, "4096");
	check(0);
}
END_TEST

/* Also by a daemon that looks for the first time. */
START_TEST(a_roll_back_by_a_person_is_lost)
{
	int64_t id = add(KEPT_COMMAND, 2, NULL);

	end(id, TRANSACTION_ROLLED_BACK, "by hand");
	fake_os_set_sysctl(os, 4102, BACKLOG, "4096");
	check(2);
	ck_assert_str_eq(losses[0].reason, "somebody has rolled it back");
	check(2);
}
END_TEST

/* What it has tried since says that it may be tried. */
START_TEST(only_the_newest_of_its_own_counts)
{
	static const enum transaction_state states[] = { TRANSACTION_ROLLED_BACK,
							 TRANSACTION_KEPT };
	int64_t id = add(KEPT_COMMAND, 1, NULL);

	end(id, TRANSACTION_ROLLED_BACK, "by hand");
	(void)add("netwright set net.ipv4.tcp_rmem[2]=64MiB", 1, NULL);
	check(1);
	id = add(KEPT_COMMAND, 1, NULL);
	end(id, states[_i], "a window without the change is next");
	check(0);
}
END_TEST

/* One that it has rolled back itself, or that another boot made, says nothing. */
START_TEST(what_is_over_is_over)
{
	int64_t id = add(KEPT_COMMAND, 2, NULL);
	struct transaction_record t;
	struct store *s;

	end(id, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
	s = fixture_open(STORE_WRITE);
	fixture_transaction(&t, 2); /* of another boot */
	t.state = TRANSACTION_KEPT;
	(void)snprintf(t.command, sizeof(t.command), KEPT_COMMAND);
	ck_assert_int_eq(store_begin(s, &t, &e), 0);
	transaction_record_done(&t);
	store_close(s);
	end(id + 1, TRANSACTION_ROLLED_BACK, "by hand");
	fake_os_set_sysctl(os, 4102, BACKLOG, "4096");
	check(0);
}
END_TEST

START_TEST(others_may_roll_back_what_is_theirs)
{
	end(add("netwright set net.core.somaxconn=8192", 2, NULL), TRANSACTION_ROLLED_BACK,
	    "by hand");
	check(0);
}
END_TEST

/* Whoever put it back: the guardian, recovery, or the daemon. */
START_TEST(what_somebody_else_had_set_when_it_was_put_back_is_theirs)
{
	end(add(KEPT_COMMAND, 2, NULL), TRANSACTION_PARTIAL, "it was not confirmed in time");
	check(1);
	ck_assert_str_eq(losses[0].target, RMEM);
	ck_assert_str_eq(losses[0].reason, "somebody else had set it when it was put back");
}
END_TEST

START_TEST(what_is_gone_is_nobodys)
{
	(void)add(KEPT_COMMAND, 2, NULL);
	fake_os_remove_netns(os, 4102);
	check(0);
}
END_TEST

START_TEST(a_damaged_record_hides_no_other)
{
	(void)add(KEPT_COMMAND, 1, NULL);
	(void)add(KEPT_COMMAND, 2, NULL);
	fixture_sql("state.db", "UPDATE changes SET to_text = '1' WHERE transaction_id = 1");
	fake_os_set_sysctl(os, 4102, BACKLOG, "4096");
	check(1);
	ck_assert_str_eq(losses[0].target, BACKLOG);
}
END_TEST

/* Nothing can be changed meanwhile; what was lost is told all the same. */
START_TEST(a_change_that_waits_for_its_confirmation_comes_first)
{
	static const struct {
		bool passed, other_boot, own;
		int expected;
	} cases[] = { { false, false, false, -EBUSY },
		      { false, false, true, -EBUSY },
		      { true, false, false, 0 },
		      { false, true, false, 0 } };
	struct store *s;
	struct transaction_record t;

	(void)add(KEPT_COMMAND, 2, NULL);
	fake_os_set_sysctl(os, 4102, BACKLOG, "4096");
	s = fixture_open(STORE_WRITE);
	fixture_transaction(&t, 1);
	t.state = TRANSACTION_PENDING;
	t.persistence = PERSISTENCE_NONE;
	own = false;
	if (cases[_i].own)
		(void)snprintf(t.command, sizeof(t.command), KEPT_COMMAND);
	t.deadline_boottime_ns = os->ops->boottime_ns(os) + (cases[_i].passed ? 0 : 1000000000);
	if (!cases[_i].other_boot)
		ck_assert_int_eq(boot_id_read(t.boot_id, &e), 0);
	ck_assert_msg(store_begin(s, &t, &e) == 0, "%s", e.text);
	transaction_record_done(&t);
	store_close(s);
	lost = 0;
	ck_assert_int_eq(kept_check(&kept, &own, on_lost, NULL, &e), cases[_i].expected);
	ck_assert_uint_eq(lost, 1);
	if (cases[_i].expected < 0)
		ck_assert_str_eq(e.text, "transaction 2 waits for its confirmation");
	ck_assert_int_eq(own, cases[_i].own);
}
END_TEST

START_TEST(a_journal_that_cannot_be_read_is_said)
{
	fixture_write("state.db", "nonsense, and more of it", 24);
	lost = 0;
	ck_assert_int_lt(kept_check(&kept, &own, on_lost, NULL, &e), 0);
	ck_assert_str_ne(e.text, "");
}
END_TEST

Suite *test_kept_suite(void)
{
	Suite *suite = suite_create("kept");
	TCase *tests = tcase_create("kept");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, without_a_journal_there_is_nothing);
	tcase_add_test(tests, what_holds_is_nobodys);
	tcase_add_test(tests, a_foreign_value_is_lost_alone);
	tcase_add_test(tests, its_own_next_step_is_no_loss);
	tcase_add_test(tests, somebodys_later_transaction_is_their_wish);
	tcase_add_test(tests, others_transactions_alone_are_none_of_its_business);
	tcase_add_test(tests, a_roll_back_by_a_person_is_lost);
	tcase_add_loop_test(tests, only_the_newest_of_its_own_counts, 0, 2);
	tcase_add_test(tests, what_is_over_is_over);
	tcase_add_test(tests, others_may_roll_back_what_is_theirs);
	tcase_add_test(tests, what_somebody_else_had_set_when_it_was_put_back_is_theirs);
	tcase_add_test(tests, what_is_gone_is_nobodys);
	tcase_add_test(tests, a_damaged_record_hides_no_other);
	tcase_add_loop_test(tests, a_change_that_waits_for_its_confirmation_comes_first, 0, 4);
	tcase_add_test(tests, a_journal_that_cannot_be_read_is_said);
	suite_add_tcase(suite, tests);
	return suite;
}
