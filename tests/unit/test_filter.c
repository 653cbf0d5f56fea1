#include "measure/filter.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_filter_suite(void);

static struct socket_info socket_of(void)
{
	return (struct socket_info){
		.local = { .family = 4, .bytes = { 192, 0, 2, 1 } },
		.remote = { .family = 4, .bytes = { 198, 51, 100, 7 } },
		.local_port = 443,
		.remote_port = 50123,
		.inode = 812,
	};
}

static bool matches(const char *text)
{
	static const uint32_t inodes[] = { 5, 812, 900 };
	struct socket_info s = socket_of();
	struct filter *f = NULL;
	struct error e = { 0 };
	bool match;

	ck_assert_msg(filter_parse(text, &f, &e) == 0, "%s: %s", text, e.text);
	ck_assert_int_eq(filter_set_inodes(f, 77, inodes, 3), 0);
	match = filter_match(f, &s);
	filter_free(f);
	return match;
}

START_TEST(terms_match_their_side)
{
	ck_assert(matches("dst 198.51.100.0/24"));
	ck_assert(matches("dst 198.51.100.7"));
	ck_assert(!matches("dst 198.51.100.8"));
	ck_assert(!matches("dst 192.0.2.0/24"));
	ck_assert(matches("src 192.0.2.0/24"));
	ck_assert(!matches("src 2001:db8::/32"));
	ck_assert(matches("port 443"));
	ck_assert(matches("port 50123"));
	ck_assert(!matches("port 80"));
	ck_assert(matches("sport 443"));
	ck_assert(!matches("sport 50123"));
	ck_assert(matches("dport 50123"));
	ck_assert(!matches("dport 443"));
}
END_TEST

START_TEST(pids_match_through_their_sockets)
{
	ck_assert(matches("pid 77"));
	ck_assert(!matches("pid 78"));
	ck_assert(matches("not pid 78"));
}
END_TEST

START_TEST(operators_bind_not_before_and_before_or)
{
	ck_assert(matches("port 443 or port 1 and port 2"));
	ck_assert(!matches("(port 443 or port 1) and port 2"));
	ck_assert(matches("not port 1 and port 443"));
	ck_assert(!matches("not (port 1 or port 443)"));
	ck_assert(matches("not port 443 or port 443"));
	ck_assert(matches("not not port 443"));
	ck_assert(!matches("not not not port 443"));
	ck_assert(matches("dst 198.51.100.0/24 and (port 443 or pid 1)"));
	ck_assert(matches("\tdst 198.51.100.0/24  and(port 443)\n"));
	ck_assert(matches("((((port 443))))"));
}
END_TEST

static void refuse(const char *text, const char *message)
{
	struct filter *f = NULL;
	struct error e = { 0 };

	ck_assert_msg(filter_parse(text, &f, &e) == -EINVAL, "%s", text);
	ck_assert_ptr_null(f);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(e.text, message) != NULL, "%s: %s", text, e.text);
}

START_TEST(errors_name_the_column_and_what_was_expected)
{
	refuse("", "column 1: expected dst, src");
	refuse("   ", "found the end");
	refuse("prot 443", "column 1: expected dst, src, port");
	refuse("port", "column 5: expected a port");
	refuse("port 65536", "column 6: expected a port from 0 to 65535, found \"65536\"");
	refuse("port -1", "column 6");
	refuse("port 443x", "column 6");
	refuse("port 443 port 80", "column 10: expected and, or, or the end, found \"port\"");
	refuse("port 443 and", "column 13: expected dst");
	refuse("(port 443", "column 10: expected and, or, or \")\"");
	refuse("port 443)", "column 9: expected and, or, or the end, found \")\"");
	refuse("()", "column 2");
	refuse("not", "column 4");
	refuse("dst 198.51.100", "column 5: expected an address");
	refuse("dst 198.51.100.0/33", "column 5");
	refuse("dst", "column 4: expected an address");
	refuse("pid 0", "column 5: expected a process id");
	refuse("pid 99999999999", "column 5");
	refuse("pid self", "column 5");
}
END_TEST

START_TEST(hostile_text_cannot_drive_a_terminal)
{
	refuse("\033[2Jx", "found \"?[2Jx\"");
}
END_TEST

START_TEST(depth_and_length_are_bounded)
{
	char text[9000];
	size_t n = 0;

	memset(text, '(', 32);
	n = 32;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "port 443");
	memset(text + n, ')', 32);
	text[n + 32] = '\0';
	ck_assert(matches(text));
	memset(text, '(', 33);
	text[33] = '\0';
	refuse(text, "32 levels");
	n = (size_t)snprintf(text, sizeof(text), "port 1");
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " or port 1");
	refuse(text, "a shorter filter");
	memset(text, ' ', 5000);
	text[5000] = '\0';
	refuse(text, "longer than");
	memset(text, 'x', 300); /* a word longer than any address */
	memcpy(text, "dst ", 4);
	text[300] = '\0';
	refuse(text, "column 5");
}
END_TEST

START_TEST(pids_are_listed_once)
{
	struct filter *f = NULL;
	const int *pids = NULL;

	ck_assert_int_eq(filter_parse("pid 12 or pid 7 or not pid 12", &f, NULL), 0);
	ck_assert_uint_eq(filter_pids(f, &pids), 2);
	ck_assert_int_eq(pids[0], 12);
	ck_assert_int_eq(pids[1], 7);
	filter_free(f);
	ck_assert_int_eq(filter_parse("port 1", &f, NULL), 0);
	ck_assert_uint_eq(filter_pids(f, &pids), 0);
	filter_free(f);
	filter_free(NULL);
}
END_TEST

START_TEST(inodes_are_replaced_and_zero_never_matches)
{
	static const uint32_t before[] = { 0, 812 }, after[] = { 813 };
	struct socket_info s = socket_of();
	struct filter *f = NULL;

	ck_assert_int_eq(filter_parse("pid 7", &f, NULL), 0);
	ck_assert(!filter_match(f, &s));
	ck_assert_int_eq(filter_set_inodes(f, 7, before, 2), 0);
	ck_assert(filter_match(f, &s));
	s.inode = 0; /* not accepted yet */
	ck_assert(!filter_match(f, &s));
	s.inode = 812;
	ck_assert_int_eq(filter_set_inodes(f, 7, after, 1), 0);
	ck_assert(!filter_match(f, &s));
	ck_assert_int_eq(filter_set_inodes(f, 7, NULL, 0), 0);
	s.inode = 813;
	ck_assert(!filter_match(f, &s));
	ck_assert_int_eq(filter_set_inodes(f, 8, after, 1), 0); /* nobody asked for it */
	ck_assert(!filter_match(f, &s));
	filter_free(f);
}
END_TEST

START_TEST(a_listener_has_no_destination)
{
	struct socket_info s = socket_of();
	struct filter *f = NULL;

	s.remote = (struct address){ 0 };
	s.remote_port = 0;
	ck_assert_int_eq(filter_parse("dst 0.0.0.0/0", &f, NULL), 0);
	ck_assert(!filter_match(f, &s));
	filter_free(f);
}
END_TEST

static bool passes(const struct filter *f, uint64_t cookie, uint16_t port)
{
	struct socket_info s = socket_of();

	s.cookie = cookie;
	s.local_port = port;
	return filter_match(f, &s);
}

START_TEST(known_sockets_do_not_pass)
{
	const uint64_t known[] = { 3, 5, 900 };
	struct filter *f = NULL;

	ck_assert_int_eq(filter_new_sockets(known, 3, &f), 0);
	ck_assert(!passes(f, 3, 443));
	ck_assert(!passes(f, 900, 443));
	ck_assert(passes(f, 4, 443));
	/* The next list replaces it; none is known of an empty one. */
	ck_assert_int_eq(filter_new_sockets(NULL, 0, &f), 0);
	ck_assert(passes(f, 3, 443));
	filter_free(f);
}
END_TEST

START_TEST(new_sockets_of_a_filter_are_those_that_match_it)
{
	const uint64_t known[] = { 3 };
	struct filter *f = NULL;

	ck_assert_int_eq(filter_parse("sport 443", &f, NULL), 0);
	ck_assert_int_eq(filter_new_sockets(known, 1, &f), 0);
	ck_assert(passes(f, 4, 443));
	ck_assert(!passes(f, 3, 443));
	ck_assert(!passes(f, 4, 80));
	filter_free(f);
}
END_TEST

Suite *test_filter_suite(void)
{
	Suite *s = suite_create("filter");
	TCase *tc = tcase_create("filter");

	tcase_add_test(tc, terms_match_their_side);
	tcase_add_test(tc, pids_match_through_their_sockets);
	tcase_add_test(tc, operators_bind_not_before_and_before_or);
	tcase_add_test(tc, errors_name_the_column_and_what_was_expected);
	tcase_add_test(tc, hostile_text_cannot_drive_a_terminal);
	tcase_add_test(tc, depth_and_length_are_bounded);
	tcase_add_test(tc, pids_are_listed_once);
	tcase_add_test(tc, inodes_are_replaced_and_zero_never_matches);
	tcase_add_test(tc, a_listener_has_no_destination);
	tcase_add_test(tc, known_sockets_do_not_pass);
	tcase_add_test(tc, new_sockets_of_a_filter_are_those_that_match_it);
	suite_add_tcase(s, tc);
	return s;
}
