/* The scan of /proc for the holders of sockets, on this machine's processes. */
#include "host/socket_scan.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_socket_scan_suite(void);

#define SCANS 1200 /* without handling the race, some 300 sufficed to meet it */

/* Starts processes that end at once, until it is killed. */
static pid_t start_churn(void)
{
	pid_t churn = fork();

	ck_assert_int_ge(churn, 0);
	if (churn != 0)
		return churn;
	(void)signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	for (;;) {
		if (fork() == 0)
			_exit(0);
	}
}

START_TEST(processes_that_end_meanwhile_are_no_error)
{
	const uint32_t none[] = { 1 };
	pid_t churn = start_churn();
	int worst = 0;

	for (int i = 0; i < SCANS && worst == 0; i++) {
		struct bytes found = { 0 };
		struct error e = { 0 };
		int r = socket_scan(0, none, 1, &found, &e);

		if (r != 0 && r != -EACCES)
			worst = r;
		bytes_done(&found);
	}
	(void)kill(churn, SIGKILL);
	(void)waitpid(churn, NULL, 0);
	ck_assert_msg(worst == 0, "%s", strerror(-worst));
}
END_TEST

START_TEST(a_socket_of_ours_is_found)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct bytes found = { 0 };
	struct stat st;
	uint32_t inode;
	char line[64];

	ck_assert_int_eq(fstat(fd, &st), 0);
	inode = (uint32_t)st.st_ino;
	ck_assert_int_eq(socket_scan((int)getpid(), &inode, 1, &found, NULL), 0);
	(void)snprintf(line, sizeof(line), "%u %d ", inode, (int)getpid());
	ck_assert_ptr_nonnull(strstr(found.data, line));
	(void)close(fd);
	bytes_clear(&found);
	ck_assert_int_eq(socket_scan((int)getpid(), &inode, 1, &found, NULL), 0);
	ck_assert_uint_eq(found.len, 0);
	bytes_done(&found);
}
END_TEST

Suite *test_socket_scan_suite(void)
{
	Suite *s = suite_create("socket_scan");
	TCase *c = tcase_create("processes");

	tcase_set_timeout(c, 180);
	tcase_add_test(c, processes_that_end_meanwhile_are_no_error);
	tcase_add_test(c, a_socket_of_ours_is_found);
	suite_add_tcase(s, c);
	return s;
}
