/* One holder at a time, named to the others, and none that is dead. */
#include "apply/lock.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *test_lock_suite(void);

static char directory[256];

static void setup(void)
{
	(void)fixture_directory();
	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("state"));
}

/* A process that holds the lock until it is killed; returns when it does. */
static pid_t hold(const char *command)
{
	int ready[2];
	char byte = 0;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (lock_take(directory, 5, command, NULL) < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return child;
}

static void end(pid_t child)
{
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(taken_and_given_back)
{
	struct error e = { 0 };
	struct stat st;
	int fd;

	for (int i = 0; i < 3; i++) {
		fd = lock_take(directory, 0, "netwright set", &e);
		ck_assert_msg(fd >= 0, "%s", e.text);
		(void)close(fd);
	}
	ck_assert_int_eq(stat(directory, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(fixture_path("state/lock"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(the_holder_is_named)
{
	struct error e = { 0 };
	pid_t child = hold("netwright tune");
	char pid[64];

	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EBUSY);
	ck_assert_int_eq((int)e.kind, (int)ERROR_BUSY);
	(void)snprintf(pid, sizeof(pid), "(PID %ld: netwright tune, since ", (long)child);
	ck_assert_msg(strstr(e.text, pid) != NULL, "%s", e.text);
	ck_assert_ptr_nonnull(strstr(e.text, "netwright status"));
	end(child);
}
END_TEST

START_TEST(a_dead_holder_holds_nothing)
{
	struct error e = { 0 };
	int fd;

	end(hold("netwright tune"));
	fd = lock_take(directory, 0, "netwright set", &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	(void)close(fd);
}
END_TEST

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

START_TEST(waits_as_long_as_it_was_told)
{
	pid_t child = hold("netwright tune");
	double began = now_s();

	ck_assert_int_eq(lock_take(directory, 0.3, "netwright set", NULL), -EBUSY);
	ck_assert_double_ge(now_s() - began, 0.3);
	ck_assert_int_eq(lock_take(directory, NAN, "netwright set", NULL), -EBUSY);
	ck_assert_int_eq(lock_take(directory, -1, "netwright set", NULL), -EBUSY);
	end(child);
}
END_TEST

START_TEST(gets_it_when_the_holder_ends)
{
	pid_t child = hold("netwright tune"), killer;
	struct error e = { 0 };
	int fd;

	killer = fork();
	ck_assert_int_ge(killer, 0);
	if (killer == 0) {
		(void)usleep(200000);
		(void)kill(child, SIGKILL);
		_exit(0);
	}
	fd = lock_take(directory, 30, "netwright set", &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	(void)close(fd);
	(void)waitpid(child, NULL, 0);
	(void)waitpid(killer, NULL, 0);
}
END_TEST

START_TEST(looked_at_without_taking)
{
	struct lock_holder h = { 0 };
	struct error e = { 0 };
	pid_t child;

	ck_assert_int_eq(lock_probe(directory, &h, &e), 0);
	ck_assert_int_eq(access(directory, F_OK), -1);
	child = hold("netwright tune --for 10s");
	ck_assert_int_eq(lock_probe(directory, &h, &e), 1);
	ck_assert_int_eq(h.pid, child);
	ck_assert_str_eq(h.command, "netwright tune --for 10s");
	ck_assert_double_ge(h.held_s, 0);
	ck_assert_double_lt(h.held_s, 60);
	end(child);
	ck_assert_int_eq(lock_probe(directory, &h, &e), 0);
}
END_TEST

START_TEST(a_note_that_is_none_is_not_repeated)
{
	static const char *const notes[] = { "",
					     "x",
					     "812",
					     "812 1.0",
					     "-1 1.0 x\n",
					     "0 1.0 x\n",
					     "99999999999 1.0 x\n",
					     "812 x y\n",
					     "\n\n\n" };
	struct error e = { 0 };
	pid_t child = hold("netwright tune");

	fixture_write("state/lock", notes[_i], strlen(notes[_i]));
	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EBUSY);
	ck_assert_msg(strstr(e.text, "PID") == NULL, "%s", e.text);
	end(child);
}
END_TEST

START_TEST(a_hostile_note_is_made_printable)
{
	static const char note[] = "812 1.0 \033[2Jtune\n";
	struct error e = { 0 };
	pid_t child = hold("netwright \033 tune");

	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EBUSY);
	ck_assert_ptr_nonnull(strstr(e.text, "netwright ? tune"));
	fixture_write("state/lock", note, sizeof(note) - 1);
	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EBUSY);
	ck_assert_ptr_nonnull(strstr(e.text, "?[2Jtune"));
	end(child);
}
END_TEST

START_TEST(a_lock_that_is_not_ours)
{
	struct lock_holder h;
	struct error e = { 0 };

	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert_int_eq(symlink("/etc/passwd", fixture_path("state/lock")), 0);
	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "symbolic link"));
	ck_assert_int_eq(lock_probe(directory, &h, &e), -EPERM);
	ck_assert_int_eq(unlink(fixture_path("state/lock")), 0);
	ck_assert_int_eq(mkfifo(fixture_path("state/lock"), 0600), 0);
	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "no regular file"));
	ck_assert_int_eq(chmod(directory, 0777), 0);
	ck_assert_int_eq(lock_take(directory, 0, "netwright set", &e), -EPERM);
}
END_TEST

/* Whoever tidies up lets nobody in. */
START_TEST(removing_its_file_frees_nothing)
{
	pid_t first = hold("netwright set");
	struct lock_holder h = { 0 };
	struct error e = { 0 };
	int fd;

	ck_assert_int_eq(unlink(fixture_path("state/lock")), 0);
	ck_assert_int_eq(lock_take(directory, 0, "netwright tune", &e), -EBUSY);
	ck_assert_msg(strstr(e.text, "another netwright is changing") != NULL, "%s", e.text);
	ck_assert_int_eq(lock_probe(directory, &h, &e), 1);
	ck_assert_int_eq(h.pid, 0);
	end(first);
	fd = lock_take(directory, 0, "netwright tune", &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	(void)close(fd);
}
END_TEST

/* A directory that was replaced while somebody waited for it is another journal's: it is the new
 * one that counts. */
START_TEST(replaced_while_waited_for)
{
	pid_t first = hold("netwright set"), waiting, third;
	int status;

	waiting = fork();
	ck_assert_int_ge(waiting, 0);
	if (waiting == 0)
		_exit(lock_take(directory, 30, "netwright tune", NULL) < 0);
	(void)usleep(300000);
	ck_assert_int_eq(rename(directory, fixture_path("old")), 0);
	third = hold("netwright apply");
	end(first);
	(void)usleep(300000);
	ck_assert_int_eq(waitpid(waiting, &status, WNOHANG), 0);
	end(third);
	ck_assert_int_eq(waitpid(waiting, &status, 0), waiting);
	ck_assert_int_eq(status, 0);
}
END_TEST

Suite *test_lock_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tc = tcase_create("lock");

	tcase_add_checked_fixture(tc, setup, fixture_remove);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, taken_and_given_back);
	tcase_add_test(tc, the_holder_is_named);
	tcase_add_test(tc, a_dead_holder_holds_nothing);
	tcase_add_test(tc, waits_as_long_as_it_was_told);
	tcase_add_test(tc, gets_it_when_the_holder_ends);
	tcase_add_test(tc, removing_its_file_frees_nothing);
	tcase_add_test(tc, replaced_while_waited_for);
	tcase_add_test(tc, looked_at_without_taking);
	tcase_add_loop_test(tc, a_note_that_is_none_is_not_repeated, 0, 9);
	tcase_add_test(tc, a_hostile_note_is_made_printable);
	tcase_add_test(tc, a_lock_that_is_not_ours);
	suite_add_tcase(suite, tc);
	return suite;
}
