/* What the daemon tells others: its status, its lock, systemd, and the log. */
#include "base/os.h"
#include "daemon/logbook.h"
#include "daemon/notify.h"
#include "daemon/single.h"
#include "daemon/status.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_daemon_status_suite(void);

static char directory[256];

static void setup(void)
{
	(void)fixture_directory();
	(void)snprintf(directory, sizeof(directory), "%s", fixture_path("state"));
}

/* --- status --------------------------------------------------------------------------------- */

static struct daemon_status *some_status(void)
{
	static struct daemon_status s;

	s = (struct daemon_status){ .pid = 812,
				    .started_utc_s = 1.5e9,
				    .since_utc_s = 1.5e9 + 0.25,
				    .next_utc_s = 1.5e9 + 60,
				    .audits = 7,
				    .doing = "observing",
				    .trouble = "disk \033[31mfull" };
	for (int i = 0; i < STATUS_TRIALS_MAX + 2; i++) {
		struct status_trial t = { .utc_s = i, .rule = "RCV-02", .verdict = "kept" };

		(void)snprintf(t.entity, sizeof(t.entity), "entity %d", i);
		status_add_trial(&s, &t);
	}
	s.parked_count = 1;
	(void)snprintf(s.parked[0].tunable, sizeof(s.parked[0].tunable), "net.core.somaxconn");
	return &s;
}

START_TEST(status_comes_back_as_written)
{
	static struct daemon_status back;
	struct error e = { 0 };
	struct stat st;

	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert_int_eq(status_read(directory, &back, &e), -ENOENT);
	ck_assert_msg(status_write(os_live(), directory, some_status(), &e) == 0, "%s", e.text);
	ck_assert_int_eq(stat(fixture_path("state/daemon.json"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_msg(status_read(directory, &back, &e) == 0, "%s", e.text);
	ck_assert_int_eq(back.pid, 812);
	ck_assert_double_eq(back.since_utc_s, 1.5e9 + 0.25);
	ck_assert_uint_eq(back.audits, 7);
	ck_assert(!back.ended);
	ck_assert_str_eq(back.doing, "observing");
	ck_assert_str_eq(back.trouble, "disk ?[31mfull");
	/* The newest first, the oldest gone. */
	ck_assert_uint_eq(back.trial_count, STATUS_TRIALS_MAX);
	ck_assert_str_eq(back.trials[0].entity, "entity 9");
	ck_assert_str_eq(back.trials[STATUS_TRIALS_MAX - 1].entity, "entity 2");
	ck_assert_uint_eq(back.parked_count, 1);
	ck_assert_str_eq(back.parked[0].tunable, "net.core.somaxconn");
}
END_TEST

START_TEST(a_status_that_is_none_is_refused)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"schema\": \"netwright.daemon/2\"}",
		"{\"schema\": \"netwright.daemon/1\"}",
	};
	static struct daemon_status back;
	struct error e = { 0 };

	ck_assert_int_eq(mkdir(directory, 0700), 0);
	fixture_write("state/daemon.json", texts[_i], strlen(texts[_i]));
	ck_assert_int_eq(chmod(fixture_path("state/daemon.json"), 0600), 0);
	ck_assert_int_eq(status_read(directory, &back, &e), -EBADMSG);
	ck_assert_msg(strstr(e.text, "daemon.json") != NULL, "%s", e.text);
}
END_TEST

/* Each field, in turn, of the wrong type. */
START_TEST(a_field_of_another_type_is_refused)
{
	static const char *const fields[] = { "\"pid\": 812",	  "\"started_utc_s\": 1",
					      "\"ended\": false", "\"doing\": \"observing\"",
					      "\"audits\": 7",	  "\"trials\": [",
					      "\"parked\": [" };
	static struct daemon_status back;
	struct bytes content = { 0 };
	struct error e = { 0 };
	char *at;

	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert_int_eq(status_write(os_live(), directory, some_status(), &e), 0);
	fixture_read("state/daemon.json", &content);
	at = strstr(content.data, fields[_i]);
	ck_assert_ptr_nonnull(at);
	at[1] = 'X'; /* it is missing now */
	fixture_write("state/daemon.json", content.data, content.len);
	ck_assert_int_eq(status_read(directory, &back, &e), -EBADMSG);
	bytes_done(&content);
}
END_TEST

START_TEST(a_full_disk_is_said)
{
	struct error e = { 0 };

	ck_assert_int_eq(status_write(os_live(), "/nonexistent", some_status(), &e), -ENOENT);
	ck_assert_msg(strstr(e.text, "/nonexistent/daemon.json") != NULL, "%s", e.text);
}
END_TEST

/* --- the lock ------------------------------------------------------------------------------- */

START_TEST(one_daemon_and_its_name)
{
	struct error e = { 0 };
	int64_t pid = -1;
	char name[64];
	int fd;

	ck_assert_int_eq(single_probe(directory, &pid, &e), 0);
	fd = single_take(directory, &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	ck_assert_int_eq(single_probe(directory, &pid, &e), 1);
	ck_assert_int_eq(pid, getpid());
	ck_assert_int_eq(single_take(directory, &e), -EBUSY);
	ck_assert_int_eq((int)e.kind, (int)ERROR_BUSY);
	(void)snprintf(name, sizeof(name), "(PID %ld)", (long)getpid());
	ck_assert_msg(strstr(e.text, name) != NULL, "%s", e.text);
	(void)close(fd);
	ck_assert_int_eq(single_probe(directory, &pid, &e), 0);
	fd = single_take(directory, &e);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}
END_TEST

START_TEST(a_killed_daemon_has_no_lock)
{
	struct error e = { 0 };
	int ready[2], fd;
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (single_take(directory, NULL) < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(single_take(directory, &e), -EBUSY);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	fd = single_take(directory, &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	(void)close(fd);
}
END_TEST

START_TEST(a_damaged_note_or_a_link_is_not_believed)
{
	struct error e = { 0 };
	int64_t pid = -1;
	int fd = single_take(directory, &e);

	ck_assert_int_ge(fd, 0);
	fixture_write("state/daemon.lock", "-3\n", 3);
	ck_assert_int_eq(single_probe(directory, &pid, &e), 1);
	ck_assert_int_eq(pid, 0);
	(void)close(fd);
	ck_assert_int_eq(unlink(fixture_path("state/daemon.lock")), 0);
	ck_assert_int_eq(symlink("/etc/passwd", fixture_path("state/daemon.lock")), 0);
	ck_assert_int_eq(single_take(directory, &e), -EPERM);
	ck_assert_int_eq(single_probe(directory, &pid, &e), -EPERM);
}
END_TEST

/* --- systemd -------------------------------------------------------------------------------- */

START_TEST(systemd_hears_us)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct notify n;
	char heard[128] = "", name[120];
	socklen_t len;
	ssize_t got;

	/* A path, then an abstract name. */
	(void)snprintf(name, sizeof(name), "%s", fixture_path("notify"));
	if (_i == 1)
		(void)snprintf(name, sizeof(name), "@netwright-test-%ld", (long)getpid());
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%.100s", name);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (_i == 1)
		to.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&to, len), 0);
	notify_init(&n, name);
	notify_send(&n, "READY=1\nSTATUS=%s", "here");
	got = recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);
	ck_assert_int_gt(got, 0);
	ck_assert_str_eq(heard, "READY=1\nSTATUS=here");
	notify_done(&n);
	(void)close(fd);
}
END_TEST

START_TEST(without_systemd_nothing_happens)
{
	static const char *const names[] = { NULL, "", "relative", "@", "/nonexistent/socket" };
	struct notify n;

	notify_init(&n, names[_i]);
	notify_send(&n, "READY=1");
	notify_done(&n);
	ck_assert_int_eq(n.fd, -1);
}
END_TEST

START_TEST(the_watchdog_is_ours_or_nobodys)
{
	char own[32];

	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	ck_assert_uint_eq(notify_watchdog_ns(NULL, NULL), 0);
	ck_assert_uint_eq(notify_watchdog_ns("60000000", NULL), UINT64_C(30000000000));
	ck_assert_uint_eq(notify_watchdog_ns("60000000", own), UINT64_C(30000000000));
	ck_assert_uint_eq(notify_watchdog_ns("60000000", "1"), 0);
	ck_assert_uint_eq(notify_watchdog_ns("60s", NULL), 0);
	ck_assert_uint_eq(notify_watchdog_ns("18446744073709551615", NULL), 0);
}
END_TEST

/* --- the log -------------------------------------------------------------------------------- */

START_TEST(lines_of_the_log)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct logbook_complaint c = { "" };
	struct logbook l;

	logbook_init(&l, out, "8:1");
	ck_assert(!l.priorities);
	logbook_write(&l, LOGBOOK_INFO, "%s is up", "et\033h0");
	logbook_complain(&l, LOGBOOK_WARNING, &c, "no disk");
	logbook_complain(&l, LOGBOOK_WARNING, &c, "no disk");
	logbook_complain(&l, LOGBOOK_WARNING, &c, "");
	logbook_complain(&l, LOGBOOK_WARNING, &c, "no disk");
	l.priorities = true;
	logbook_write(&l, LOGBOOK_ERROR, "bad");
	(void)fclose(out);
	ck_assert_str_eq(text, "et?h0 is up\nno disk\nno disk\n<3>bad\n");
	free(text);
}
END_TEST

/* JOURNAL_STREAM may be somebody else's that we inherited: only if it is this very file. */
START_TEST(priorities_only_for_the_journal)
{
	FILE *out = fopen(fixture_path("log"), "w");
	struct logbook l;
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(fileno(out), &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino);
	logbook_init(&l, out, stream);
	ck_assert(l.priorities);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino + 1);
	logbook_init(&l, out, stream);
	ck_assert(!l.priorities);
	logbook_init(&l, out, NULL);
	ck_assert(!l.priorities);
	(void)fclose(out);
}
END_TEST

Suite *test_daemon_status_suite(void)
{
	Suite *suite = suite_create("daemon_status");
	TCase *tests = tcase_create("daemon_status");

	tcase_add_checked_fixture(tests, setup, fixture_remove);
	tcase_add_test(tests, status_comes_back_as_written);
	tcase_add_loop_test(tests, a_status_that_is_none_is_refused, 0, 5);
	tcase_add_loop_test(tests, a_field_of_another_type_is_refused, 0, 7);
	tcase_add_test(tests, a_full_disk_is_said);
	tcase_add_test(tests, one_daemon_and_its_name);
	tcase_add_test(tests, a_killed_daemon_has_no_lock);
	tcase_add_test(tests, a_damaged_note_or_a_link_is_not_believed);
	tcase_add_loop_test(tests, systemd_hears_us, 0, 2);
	tcase_add_loop_test(tests, without_systemd_nothing_happens, 0, 5);
	tcase_add_test(tests, the_watchdog_is_ours_or_nobodys);
	tcase_add_test(tests, lines_of_the_log);
	tcase_add_test(tests, priorities_only_for_the_journal);
	suite_add_tcase(suite, tests);
	return suite;
}
