/* Connections that are gone, or another one, when they are changed; and system calls that fail. */
#include "socket_fixture.h"

#include <errno.h>
#include <string.h>

Suite *test_socket_faults_suite(void);

/* What became of the connection between resolving and everything else. */
static void replace(struct os *os, int what)
{
	switch (what) {
	case 0: /* the process ended */
		fake_os_remove_process(os, 812);
		break;
	case 1: /* and another one took its number, with a connection of that descriptor */
		fake_os_remove_process(os, 812);
		fake_os_add_process(os, 812, "nginx", 173999, 1, SERVICE);
		fake_os_drop_socket(os, 812, 7);
		fake_os_hold_socket(os, 812, 7, 13);
		break;
	case 2: /* the descriptor was closed */
		fake_os_drop_socket(os, 812, 7);
		break;
	case 3: /* and is another connection */
		fake_os_drop_socket(os, 812, 7);
		fake_os_hold_socket(os, 812, 7, 13);
		break;
	default: /* or a file */
		fake_os_drop_socket(os, 812, 7);
		fake_os_hold_socket(os, 812, 7, FAKE_NO_SOCKET);
		break;
	}
}

START_TEST(another_connection_is_never_touched)
{
	struct place p;
	struct os *os = machine(&p);
	struct target t = resolved(&p, "socket:812/7/congestion");
	struct fake_tcp before = *fake_os_socket(os, 13);
	const struct held from = { "reno", "" };
	struct held now = { .text = "untouched" };
	struct error e = { 0 };

	ck_assert_int_eq(socket_kind.present(&p, &t, &e), 0);
	replace(os, _i);
	ck_assert_int_eq(socket_kind.present(&p, &t, &e), -ESTALE);
	ck_assert_int_eq(socket_kind.read(&p, &t, &now, &e), -ESTALE);
	ck_assert_int_eq(socket_kind.write(&p, &t, "bbr", &e), -ESTALE);
	ck_assert_int_eq(socket_kind.restore(&p, &t, &from, &e), -ESTALE);
	ck_assert_str_eq(now.text, "untouched");
	ck_assert_int_eq(memcmp(fake_os_socket(os, 13), &before, sizeof(before)), 0);
	ck_assert_str_eq(fake_os_trace(os), "");
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}
END_TEST

/* One read, write and restore, with a fault at call `at`; returns how many calls there were. */
static unsigned int with_fault(unsigned int at, int *ret_result, bool *ret_closed)
{
	struct place p;
	struct os *os = machine(&p);
	struct target t = resolved(&p, "socket:812/7/rcvbuf");
	struct held from = { 0 };
	struct error e = { 0 };
	unsigned int before = fake_os_calls(os), calls;
	int r;

	if (at > 0)
		fake_os_fail_at(os, before + at, -EIO);
	r = socket_kind.read(&p, &t, &from, &e);
	if (r == 0)
		r = socket_kind.write(&p, &t, "2097152", &e);
	if (r == 0)
		r = socket_kind.restore(&p, &t, &from, &e);
	calls = fake_os_calls(os) - before;
	*ret_result = r;
	*ret_closed = fake_os_open_files(os) == 0;
	fake_os_free(os);
	return calls;
}

START_TEST(every_failure_is_told_and_leaves_nothing_open)
{
	int result;
	bool closed;
	unsigned int calls = with_fault(0, &result, &closed), told = 0;

	ck_assert_int_eq(result, 0);
	ck_assert_uint_gt(calls, 20);
	for (unsigned int at = 1; at <= calls; at++) {
		(void)with_fault(at, &result, &closed);
		ck_assert_msg(closed, "call %u", at);
		ck_assert_msg(result == 0 || result == -EIO, "call %u: %d", at, result);
		told += result < 0;
	}
	/* But for those that close something. */
	ck_assert_uint_ge(told, calls / 2);
}
END_TEST

START_TEST(resolving_survives_every_failure)
{
	struct place p;
	struct os *os = machine(&p);
	struct target_list list = { 0 };
	struct error e;
	unsigned int before = fake_os_calls(os), calls;

	ck_assert_int_eq(socket_kind.resolve(&p, "socket:port 443/nodelay", &list, &e), 0);
	target_list_done(&list);
	calls = fake_os_calls(os) - before;
	for (unsigned int at = 1; at <= calls; at++) {
		fake_os_fail_at(os, fake_os_calls(os) + at, -EIO);
		if (socket_kind.resolve(&p, "socket:port 443/nodelay", &list, &e) == 0) {
			ck_assert_uint_gt(list.count, 0);
			target_list_done(&list);
		}
		ck_assert_msg(fake_os_open_files(os) == 0, "call %u", at);
		ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	}
	fake_os_fail_at(os, 0, 0);
	fake_os_free(os);
}
END_TEST

Suite *test_socket_faults_suite(void)
{
	Suite *s = suite_create("tunables/socket faults");
	TCase *t = tcase_create("socket faults");

	tcase_add_loop_test(t, another_connection_is_never_touched, 0, 5);
	tcase_add_test(t, every_failure_is_told_and_leaves_nothing_open);
	tcase_add_test(t, resolving_survives_every_failure);
	suite_add_tcase(s, t);
	return s;
}
