/* The deadline is kept whatever happens to the run, to its terminal, and to the guardian itself.
 *
 * Nothing of this touches the kernel's settings: the namespace of the transactions does not exist,
 * so that rolling back finds it gone. */
#include "apply/boot.h"
#include "apply/guardian.h"
#include "apply/lock.h"
#include "apply/store_columns.h"
#include "apply/transaction.h"
#include "guardian_fixture.h"
#include "store_fixture.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_guardian_suite(void);

START_TEST(dismissed)
{
	struct guardian was;

	guarded_start();
	was = guardian;
	guardian_dismiss(&guardian);
	guardian = was;
	ck_assert(guarded_ends());
	guardian = (struct guardian){ 0 };
	guardian_dismiss(&guardian);
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
}
END_TEST

/* Ended is ended, though whoever has become its parent may not have collected it. */
START_TEST(ended_and_not_collected)
{
	struct guardian was;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	guarded_start();
	was = guardian;
	guardian_dismiss(&guardian);
	guardian = was;
	ck_assert(guarded_ends());
	ck_assert_int_eq(waitpid((pid_t)was.pid, NULL, 0), (pid_t)was.pid);
}
END_TEST

START_TEST(children_are_ignored)
{
	ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	guarded_start();
	guardian_dismiss(&guardian);
	ck_assert(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}
END_TEST

START_TEST(not_confused_with_another)
{
	guarded_start();
	ck_assert(!guardian_alive(guardian.pid, guardian.start + 1));
	ck_assert(!guardian_alive(0, guardian.start));
	ck_assert(!guardian_alive(-1, guardian.start));
	ck_assert(!guardian_alive(INT64_MAX, guardian.start));
	/* Would end this very process. */
	guardian_wake(getpid(), guardian.start + 1000000);
	guardian_dismiss(&guardian);
}
END_TEST

START_TEST(no_directory_for_it)
{
	struct error e = { 0 };

	ck_assert_int_eq(guardian_start(fixture_path("a/b"), &guardian, &e), -ENOENT);
	ck_assert_int_eq(symlink("/", fixture_path("link")), 0);
	ck_assert_int_eq(guardian_start(fixture_path("link"), &guardian, &e), -EPERM);
	ck_assert_int_eq(guardian.pid, 0);
}
END_TEST

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

/* The control of those above. */
START_TEST(confirmed_and_woken)
{
	guarded_start();
	guarded_entrust(guarded_in_ms(3600 * 1000));
	ck_assert_int_eq(guardian.channel, -1);
	guardian_wake(guardian.pid, guardian.start);
	ck_assert(guarded_lives_on());
	guarded_set_state(TRANSACTION_KEPT);
	guardian_wake(guardian.pid, guardian.start);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_KEPT);
}
END_TEST

START_TEST(confirmed_and_not_woken)
{
	guarded_start();
	guarded_entrust(guarded_in_ms(800));
	guarded_set_state(TRANSACTION_KEPT);
	ck_assert(guarded_lives_on());
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_KEPT);
}
END_TEST

START_TEST(signals_of_terminals)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGPIPE };

	guarded_start();
	guarded_entrust(guarded_in_ms(3600 * 1000));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ck_assert_int_eq(kill((pid_t)guardian.pid, signals[i]), 0);
	ck_assert(guarded_lives_on());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_PENDING);
}
END_TEST

/* A newer record that nobody can read, as of one that is pending as well, stands in no deadline's
 * way; its own being damaged ends the wait, for nobody could roll it back. */
START_TEST(beside_a_damaged_record)
{
	guarded_start();
	guarded_entrust(guarded_in_ms(800));
	fixture_sql("state.db",
		    "INSERT INTO transactions (id, " TRANSACTION_COLUMNS
		    ") SELECT 2, " TRANSACTION_COLUMNS " FROM transactions WHERE id = 1");
	if (_i == 1)
		fixture_sql("state.db", "UPDATE transactions SET reason = 'x' WHERE id = 1");
	ck_assert(guarded_lives_on());
	ck_assert(guarded_ends());
	if (_i == 0)
		ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

/* As a session, a container or the machine does that ends: nobody may come who recovers. */
START_TEST(told_to_end)
{
	guarded_start();
	guarded_entrust(guarded_in_ms(3600 * 1000));
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGTERM), 0);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

START_TEST(told_to_end_once_it_is_confirmed)
{
	guarded_start();
	guarded_entrust(guarded_in_ms(3600 * 1000));
	guarded_set_state(TRANSACTION_KEPT);
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGTERM), 0);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_KEPT);
}
END_TEST

START_TEST(closed_terminal)
{
	int terminal, own, told[2];
	pid_t child;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(openpty(&terminal, &own, NULL, NULL, NULL), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)close(terminal);
		(void)signal(SIGHUP, SIG_DFL); /* nohup has it ignored */
		if (setsid() < 0 || ioctl(own, TIOCSCTTY, 0) < 0 || dup2(own, 0) < 0 ||
		    dup2(own, 1) < 0 || dup2(own, 2) < 0 ||
		    guardian_start(guarded_directory, &guardian, NULL) < 0)
			_exit(1);
		guarded_begin(TRANSACTION_PENDING, guarded_in_ms(1000));
		(void)guardian_entrust(&guardian, 1, guarded_in_ms(1000), NULL);
		(void)!write(told[1], &guardian, sizeof(guardian));
		for (;;)
			(void)pause();
	}
	(void)close(told[1]);
	(void)close(own);
	ck_assert_int_eq(read(told[0], &guardian, sizeof(guardian)), sizeof(guardian));
	(void)close(told[0]);
	ck_assert_int_ne(getsid((pid_t)guardian.pid), getsid(child));
	/* The hang-up ends the run; had the guardian the terminal, it as well. */
	(void)close(terminal);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert(guarded_lives_on());
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

START_TEST(holds_nothing_of_the_run)
{
	char path[64], target[PATH_MAX];
	const struct dirent *entry;
	int held, files = 0;
	DIR *dir;

	fixture_write("secret", "", 0);
	held = open(fixture_path("secret"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(held, 0);
	ck_assert_int_ge(fcntl(held, F_DUPFD, 100), 100);
	guarded_start();
	(void)snprintf(path, sizeof(path), "/proc/%lld/fd", (long long)guardian.pid);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		files += target[0] == '/' ? 1 : 0;
		ck_assert_msg(target[0] != '/' || strcmp(target, "/dev/null") == 0, "%s", target);
	}
	(void)closedir(dir);
	ck_assert_int_eq(files, 3);
	(void)snprintf(path, sizeof(path), "/proc/%lld/cwd", (long long)guardian.pid);
	ck_assert_int_eq(readlink(path, target, sizeof(target)), 1);
	(void)snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)guardian.pid);
	held = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(held, target, sizeof(target)), 16);
	ck_assert_mem_eq(target, "netwright-guard\n", 16);
	guardian_dismiss(&guardian);
}
END_TEST

START_TEST(killed_itself)
{
	struct applier a = { .os = os_live() };
	struct error e = { 0 };

	guarded_start();
	guarded_entrust(guarded_in_ms(300));
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGKILL), 0);
	ck_assert(guarded_ends());
	guarded_sleep_ms(400);
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_PENDING);
	/* What the next netwright does. */
	a.store = fixture_open(STORE_WRITE);
	ck_assert_int_eq(boot_id_read(a.boot_id, &e), 0);
	ck_assert_int_eq(transaction_recover(&a, NULL, &e), 1);
	store_close(a.store);
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

START_TEST(killed_before_it_is_entrusted)
{
	struct error e = { 0 };
	int channel;

	guarded_start();
	channel = guardian.channel;
	guarded_begin(TRANSACTION_PENDING, guarded_in_ms(10000));
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGKILL), 0);
	ck_assert_int_ge(fcntl(channel, F_GETFD), 0);
	ck_assert_int_eq(guardian_entrust(&guardian, 1, guarded_in_ms(10000), &e), -EPIPE);
	ck_assert_ptr_nonnull(strstr(e.text, "transaction 1"));
	ck_assert_int_eq(fcntl(channel, F_GETFD), -1);
	guardian_dismiss(&guardian);
}
END_TEST

START_TEST(waits_for_the_lock)
{
	int lock;

	guarded_start();
	lock = lock_take(guarded_directory, 0, "netwright tune", NULL);
	ck_assert_int_ge(lock, 0);
	guarded_entrust(guarded_in_ms(100));
	guarded_sleep_ms(500);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_PENDING);
	(void)close(lock);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

/* What fails may not fail a second later: here the guarded_directory is a file for a while. */
START_TEST(tries_again)
{
	char aside[PATH_MAX];

	guarded_start();
	guarded_entrust(guarded_in_ms(100));
	(void)snprintf(aside, sizeof(aside), "%.60s-aside", guarded_directory);
	ck_assert_int_eq(rename(guarded_directory, aside), 0);
	make_file(guarded_directory);
	guarded_sleep_ms(500);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
	ck_assert_int_eq(unlink(guarded_directory), 0);
	ck_assert_int_eq(rename(aside, guarded_directory), 0);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

/* One that is damaged will not mend: it is left, untouched, to a person. */
START_TEST(gives_up_on_damage)
{
	guarded_start();
	guarded_entrust(guarded_in_ms(1000));
	fixture_sql("state.db", "PRAGMA application_id = 1");
	ck_assert(guarded_ends());
	fixture_sql("state.db", "PRAGMA application_id = 0x6e777374");
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_PENDING);
}
END_TEST

Suite *test_guardian_suite(void)
{
	Suite *suite = suite_create("guardian");
	TCase *tc = tcase_create("guardian");

	tcase_add_checked_fixture(tc, guarded_setup, guarded_teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, dismissed);
	tcase_add_test(tc, ended_and_not_collected);
	tcase_add_test(tc, children_are_ignored);
	tcase_add_test(tc, not_confused_with_another);
	tcase_add_test(tc, no_directory_for_it);
	tcase_add_test(tc, confirmed_and_woken);
	tcase_add_test(tc, confirmed_and_not_woken);
	tcase_add_test(tc, signals_of_terminals);
	tcase_add_loop_test(tc, beside_a_damaged_record, 0, 2);
	tcase_add_test(tc, told_to_end);
	tcase_add_test(tc, told_to_end_once_it_is_confirmed);
	tcase_add_test(tc, closed_terminal);
	tcase_add_test(tc, holds_nothing_of_the_run);
	tcase_add_test(tc, killed_itself);
	tcase_add_test(tc, killed_before_it_is_entrusted);
	tcase_add_test(tc, waits_for_the_lock);
	tcase_add_test(tc, tries_again);
	tcase_add_test(tc, gives_up_on_damage);
	suite_add_tcase(suite, tc);
	return suite;
}
