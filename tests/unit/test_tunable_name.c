/* Names of tunables as people write them. */
#include "base/cleanup.h"
#include "tunables/tunable_name.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_tunable_name_suite(void);

#define RMEM "net.ipv4.tcp_rmem"

static const struct {
	const char *text, *row, *name;
	int element;
} names[] = {
	{ RMEM, RMEM, RMEM, TUNABLE_WHOLE },
	{ RMEM "[0]", RMEM, RMEM, 0 },
	{ RMEM "[2]", RMEM, RMEM, 2 },
	{ "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.conf.*.rp_filter",
	  "net.ipv4.conf.eth0/100.rp_filter", TUNABLE_WHOLE },
};

START_TEST(names_are_parsed)
{
	struct tunable_name n;
	struct error e;

	ck_assert_int_eq(tunable_name_parse(names[_i].text, &n, &e), 0);
	ck_assert_str_eq(n.tunable->name, names[_i].row);
	ck_assert_str_eq(n.name, names[_i].name);
	ck_assert_int_eq(n.element, names[_i].element);
}
END_TEST

static const struct {
	const char *text, *says;
} bad_names[] = {
	{ "", "not a catalogued tunable" },
	{ "net.ipv4.tcp_rmen", "did you mean net.ipv4.tcp_rmem?" },
	{ "net.ipv4.tcp_rmem ", "not a catalogued tunable" },
	{ "net.\033[2J", "not a catalogued tunable" },
	{ "net.netfilter.nf_hooks_lwtunnel", "not a catalogued tunable" },
	{ "../../etc/passwd", "not a catalogued tunable" },
	{ "net.ipv4.conf.*.rp_filter", "stands for every interface" },
	{ RMEM "[3]", "has no [3]; its 3 elements are [0] to [2]" },
	{ RMEM "[99]junk", "\"[99]junk\" is no index" },
	{ RMEM "[1]junk", "is no index" },
	{ RMEM "[1][1]", "is no index" },
	{ RMEM "[", "is no index" },
	{ RMEM "[]", "is no index" },
	{ RMEM "[-1]", "is no index" },
	{ RMEM "[ 1]", "is no index" },
	{ RMEM "[18446744073709551616]", "is no index" },
	{ RMEM "[4294967296]", "has no [4294967296]" },
	{ "net.core.somaxconn[0]", "is a single value" },
};

START_TEST(bad_names_are_refused)
{
	struct tunable_name n = { .element = 7 };
	struct error e = { 0 };

	ck_assert_int_eq(tunable_name_parse(bad_names[_i].text, &n, &e), -EINVAL);
	ck_assert_int_eq(n.element, 7);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(e.text, bad_names[_i].says) != NULL, "%s", e.text);
	ck_assert_ptr_null(strchr(e.text, '\033'));
}
END_TEST

START_TEST(long_names_are_refused)
{
	char text[2048];
	struct tunable_name n;
	struct error e;

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(tunable_name_parse(text, &n, &e), -EINVAL);
	text[TUNABLE_NAME_MAX] = '[';
	ck_assert_int_eq(tunable_name_parse(text, &n, &e), -EINVAL);
}
END_TEST

Suite *test_tunable_name_suite(void)
{
	Suite *s = suite_create("tunables/name");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, names_are_parsed, 0, ARRAY_LEN(names));
	tcase_add_loop_test(c, bad_names_are_refused, 0, ARRAY_LEN(bad_names));
	tcase_add_test(c, long_names_are_refused);
	suite_add_tcase(s, c);
	return s;
}
