#include "tune/socket_marks.h"

#include "fake_source.h"
#include "netlink_message.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

Suite *test_socket_marks_suite(void);

static const char *const requests[] = { "sock_diag/tcp4",	  "sock_diag/tcp6",
					"sock_diag/tcp4-closing", "sock_diag/tcp6-closing",
					"sock_diag/udp4",	  "sock_diag/udp6" };
#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static struct source *source;
static struct socket_marks marks;

/* One socket for each request, whose cookie falls from 6 to 1, and 9, which all of them show. */
static void put(struct netlink_message *m, uint32_t cookie)
{
	struct inet_diag_msg head = { .idiag_family = AF_INET,
				      .idiag_state = 1,
				      .id = { .idiag_cookie = { cookie, 0 } } };

	netlink_message_begin(m, SOCK_DIAG_BY_FAMILY, &head, sizeof(head));
}

static void begin(void)
{
	source = fake_source_new();
	marks = (struct socket_marks){ 0 };
	for (size_t i = 0; i < REQUESTS; i++) {
		struct netlink_message m = { 0 };

		put(&m, 9);
		put(&m, (uint32_t)(REQUESTS - i));
		netlink_message_done(&m);
		fake_source_add_datagram(source, requests[i], m.data, m.len);
	}
}

static void end(void)
{
	socket_marks_done(&marks);
	source_free(source);
}

START_TEST(remembers_each_socket_once_in_order)
{
	static const uint64_t expected[] = { 1, 2, 3, 4, 5, 6, 9 };

	ck_assert_int_eq(socket_marks_take(&marks, source, NULL), 0);
	ck_assert_uint_eq(marks.count, 7);
	ck_assert_mem_eq(marks.cookies, expected, sizeof(expected));
	ck_assert_int_eq(socket_marks_take(&marks, source, NULL), 0);
	ck_assert_uint_eq(marks.count, 7);
}
END_TEST

/* What is missing would count as new. */
START_TEST(fails_when_any_part_cannot_be_listed)
{
	struct error e = { 0 };

	ck_assert_int_eq(socket_marks_take(&marks, source, NULL), 0);
	fake_source_fail_request(source, requests[_i], -EPERM);
	ck_assert_int_eq(socket_marks_take(&marks, source, &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "cannot remember the open sockets"));
	ck_assert_uint_eq(marks.count, 0);
}
END_TEST

START_TEST(fails_when_a_dump_breaks_off)
{
	ck_assert_int_eq(socket_marks_take(&marks, source, NULL), 0);
	fake_source_begin_answer(source, requests[_i]);
	fake_source_fail_receive(source, requests[_i], -ENOBUFS);
	ck_assert_int_lt(socket_marks_take(&marks, source, NULL), 0);
	ck_assert_uint_eq(marks.count, 0);
}
END_TEST

/* A kernel without udp_diag shows no UDP sockets in a window either; TCP it must. */
START_TEST(does_without_udp_that_the_kernel_cannot_list)
{
	fake_source_fail_request(source, "sock_diag/udp4", -ENOENT);
	fake_source_fail_request(source, "sock_diag/udp6", -ENOENT);
	ck_assert_int_eq(socket_marks_take(&marks, source, NULL), 0);
	ck_assert_uint_eq(marks.count, 5);
	fake_source_fail_request(source, "sock_diag/tcp6", -ENOENT);
	ck_assert_int_eq(socket_marks_take(&marks, source, NULL), -ENOENT);
}
END_TEST

Suite *test_socket_marks_suite(void)
{
	Suite *suite = suite_create("socket_marks");
	TCase *tc = tcase_create("socket_marks");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, remembers_each_socket_once_in_order);
	tcase_add_loop_test(tc, fails_when_any_part_cannot_be_listed, 0, REQUESTS);
	tcase_add_loop_test(tc, fails_when_a_dump_breaks_off, 0, REQUESTS);
	tcase_add_test(tc, does_without_udp_that_the_kernel_cannot_list);
	suite_add_tcase(suite, tc);
	return suite;
}
