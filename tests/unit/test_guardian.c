/* The deadline is kept whatever happens to the run, to its terminal, and to the guardian itself.
 *
 * Nothing of this touches the kernel's settings: the namespace of the transactions does not exist,
 * so that rolling back finds it gone. */
#include "apply/boot.h"
#include "apply/guardian.h"
#include "apply/lock.h"
#include "apply/store.h"
#include "apply/transaction.h"
#include "base/os.h"
#include "store_fixture.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_guardian_suite(void);

#define NS_PER_MS UINT64_C(1000000)
/* Long enough for a loaded machine; nothing waits for it but a test that fails. */
#define PATIENCE_MS 20000

static char directory[256];
static struct guardian guardian;

static void setup(void)
{
	(void)fixture_directory();
	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("."));
	directory[strlen(directory) - 2] = '\0';
	guardian = (struct guardian){ .channel = -1 };
}

static void teardown(void)
{
	if (guardian.pid > 0 && guardian_alive(guardian.pid, guardian.start))
		(void)kill((pid_t)guardian.pid, SIGKILL);
	fixture_remove();
}

static uint64_t in_ms(uint64_t ms)
{
	return os_live()->ops->boottime_ns(os_live()) + ms * NS_PER_MS;
}

static void sleep_ms(unsigned int ms)
{
	(void)usleep(ms * 1000);
}

static bool ends(void)
{
	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		if (!guardian_alive(guardian.pid, guardian.start))
			return true;
		sleep_ms(10);
	}
	return false;
}

static bool lives_on(void)
{
	sleep_ms(200);
	return guardian_alive(guardian.pid, guardian.start);
}

/* A transaction of this boot, in a namespace that there is not. */
static void begin(enum transaction_state state, uint64_t deadline_ns)
{
	struct transaction_record t;
	struct error e = { 0 };

	fixture_transaction(&t, 1);
	ck_assert_int_eq(boot_id_read(t.boot_id, &e), 0);
	t.state = state;
	t.persistence = PERSISTENCE_NONE;
	t.netns[0] = '\0';
	t.netns_cookie = INT64_MAX - 1;
	(void)snprintf(t.changes[0].change.target.identity, TARGET_IDENTITY_MAX, "netns %lld",
		       (long long)t.netns_cookie);
	t.deadline_boottime_ns = deadline_ns;
	t.guardian_pid = guardian.pid;
	t.guardian_start = guardian.start;
	fixture_begin(&t);
	ck_assert_int_eq(t.id, 1);
	transaction_record_done(&t);
}

static enum transaction_state state(void)
{
	struct store *s = fixture_open(STORE_READ);
	struct transaction_record t = { 0 };
	struct error e = { 0 };
	enum transaction_state found;

	ck_assert_msg(store_load(s, 1, &t, &e) == 0, "%s", e.text);
	found = t.state;
	transaction_record_done(&t);
	store_close(s);
	return found;
}

static void set_state(enum transaction_state to)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct transaction_record t = { 0 };

	ck_assert_int_eq(store_load(s, 1, &t, NULL), 0);
	t.state = to;
	ck_assert_int_eq(store_update(s, &t, NULL), 0);
	transaction_record_done(&t);
	store_close(s);
}

/* Runs `run` in a process that is then killed, with a guardian that it started. */
static void killed_run(void (*run)(void))
{
	int told[2];
	pid_t child;

	ck_assert_int_eq(pipe(told), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (guardian_start(directory, &guardian, NULL) < 0)
			_exit(1);
		run();
		(void)!write(told[1], &guardian, sizeof(guardian));
		for (;;)
			(void)pause();
	}
	(void)close(told[1]);
	ck_assert_int_eq(read(told[0], &guardian, sizeof(guardian)), sizeof(guardian));
	(void)close(told[0]);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

static void start(void)
{
	struct error e = { 0 };

	ck_assert_msg(guardian_start(directory, &guardian, &e) == 0, "%s", e.text);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
}

static void entrust(uint64_t deadline_ns)
{
	struct error e = { 0 };

	begin(TRANSACTION_PENDING, deadline_ns);
	ck_assert_msg(guardian_entrust(&guardian, 1, deadline_ns, &e) == 0, "%s", e.text);
}

START_TEST(dismissed)
{
	struct guardian was;

	start();
	was = guardian;
	guardian_dismiss(&guardian);
	guardian = was;
	ck_assert(ends());
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
	start();
	was = guardian;
	guardian_dismiss(&guardian);
	guardian = was;
	ck_assert(ends());
	ck_assert_int_eq(waitpid((pid_t)was.pid, NULL, 0), (pid_t)was.pid);
}
END_TEST

START_TEST(children_are_ignored)
{
	ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	start();
	guardian_dismiss(&guardian);
	ck_assert(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}
END_TEST

START_TEST(not_confused_with_another)
{
	start();
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

static void do_nothing(void)
{
}

START_TEST(run_killed_before_it_began)
{
	killed_run(do_nothing);
	ck_assert(ends());
}
END_TEST

static void begin_applying(void)
{
	begin(TRANSACTION_APPLYING, 0);
}

START_TEST(run_killed_in_the_middle)
{
	killed_run(begin_applying);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_FAILED);
}
END_TEST

static void begin_pending(void)
{
	begin(TRANSACTION_PENDING, in_ms(1000));
}

START_TEST(run_killed_before_it_could_entrust)
{
	killed_run(begin_pending);
	ck_assert(lives_on());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_PENDING);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

static void begin_entrusted(void)
{
	entrust(in_ms(1000));
}

START_TEST(run_killed_after_it_has_entrusted)
{
	killed_run(begin_entrusted);
	ck_assert(lives_on());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_PENDING);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

/* The control of those above. */
START_TEST(confirmed_and_woken)
{
	start();
	entrust(in_ms(3600 * 1000));
	ck_assert_int_eq(guardian.channel, -1);
	guardian_wake(guardian.pid, guardian.start);
	ck_assert(lives_on());
	set_state(TRANSACTION_KEPT);
	guardian_wake(guardian.pid, guardian.start);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_KEPT);
}
END_TEST

START_TEST(confirmed_and_not_woken)
{
	start();
	entrust(in_ms(800));
	set_state(TRANSACTION_KEPT);
	ck_assert(lives_on());
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_KEPT);
}
END_TEST

START_TEST(signals_of_terminals)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGPIPE };

	start();
	entrust(in_ms(3600 * 1000));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ck_assert_int_eq(kill((pid_t)guardian.pid, signals[i]), 0);
	ck_assert(lives_on());
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGTERM), 0);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_PENDING);
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
		if (setsid() < 0 || ioctl(own, TIOCSCTTY, 0) < 0 || dup2(own, 0) < 0 ||
		    dup2(own, 1) < 0 || dup2(own, 2) < 0 ||
		    guardian_start(directory, &guardian, NULL) < 0)
			_exit(1);
		begin(TRANSACTION_PENDING, in_ms(1000));
		(void)guardian_entrust(&guardian, 1, in_ms(1000), NULL);
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
	ck_assert(lives_on());
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_ROLLED_BACK);
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
	start();
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

	start();
	entrust(in_ms(300));
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGKILL), 0);
	ck_assert(ends());
	sleep_ms(400);
	ck_assert_int_eq((int)state(), (int)TRANSACTION_PENDING);
	/* What the next netwright does. */
	a.store = fixture_open(STORE_WRITE);
	ck_assert_int_eq(boot_id_read(a.boot_id, &e), 0);
	ck_assert_int_eq(transaction_recover(&a, NULL, NULL, &e), 1);
	store_close(a.store);
	ck_assert_int_eq((int)state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

START_TEST(killed_before_it_is_entrusted)
{
	struct error e = { 0 };

	start();
	begin(TRANSACTION_PENDING, in_ms(10000));
	ck_assert_int_eq(kill((pid_t)guardian.pid, SIGKILL), 0);
	ck_assert_int_eq(guardian_entrust(&guardian, 1, in_ms(10000), &e), -EPIPE);
	ck_assert_ptr_nonnull(strstr(e.text, "transaction 1"));
	guardian_dismiss(&guardian);
}
END_TEST

START_TEST(waits_for_the_lock)
{
	int lock;

	start();
	lock = lock_take(directory, 0, "netwright tune", NULL);
	ck_assert_int_ge(lock, 0);
	entrust(in_ms(100));
	sleep_ms(500);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
	ck_assert_int_eq((int)state(), (int)TRANSACTION_PENDING);
	(void)close(lock);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

/* What fails may not fail a second later: here the directory is a file for a while. */
START_TEST(tries_again)
{
	char aside[PATH_MAX];

	start();
	entrust(in_ms(100));
	(void)snprintf(aside, sizeof(aside), "%.60s-aside", directory);
	ck_assert_int_eq(rename(directory, aside), 0);
	make_file(directory);
	sleep_ms(500);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
	ck_assert_int_eq(unlink(directory), 0);
	ck_assert_int_eq(rename(aside, directory), 0);
	ck_assert(ends());
	ck_assert_int_eq((int)state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

/* One that is damaged will not mend: it is left, untouched, to a person. */
START_TEST(gives_up_on_damage)
{
	start();
	entrust(in_ms(1000));
	fixture_sql("state.db", "PRAGMA application_id = 1");
	ck_assert(ends());
	fixture_sql("state.db", "PRAGMA application_id = 0x6e777374");
	ck_assert_int_eq((int)state(), (int)TRANSACTION_PENDING);
}
END_TEST

Suite *test_guardian_suite(void)
{
	Suite *suite = suite_create("guardian");
	TCase *tc = tcase_create("guardian");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, dismissed);
	tcase_add_test(tc, ended_and_not_collected);
	tcase_add_test(tc, children_are_ignored);
	tcase_add_test(tc, not_confused_with_another);
	tcase_add_test(tc, no_directory_for_it);
	tcase_add_test(tc, run_killed_before_it_began);
	tcase_add_test(tc, run_killed_in_the_middle);
	tcase_add_test(tc, run_killed_before_it_could_entrust);
	tcase_add_test(tc, run_killed_after_it_has_entrusted);
	tcase_add_test(tc, confirmed_and_woken);
	tcase_add_test(tc, confirmed_and_not_woken);
	tcase_add_test(tc, signals_of_terminals);
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
