/* raise and lower: what is better already is kept. */
#include "apply/wish_mode.h"
#include "base/cleanup.h"
#include "tunables/kind.h"

#include <check.h>
#include <errno.h>

Suite *test_wish_mode_suite(void);

static const struct {
	const char *tunable, *value;
	enum wish_mode mode;
	int element;
	const char *held;
	bool exceeded;
} cases[] = {
	{ "net.core.somaxconn", "4096", WISH_RAISE, -1, "4097", true },
	{ "net.core.somaxconn", "4096", WISH_RAISE, -1, "4096", false },
	{ "net.core.somaxconn", "4096", WISH_RAISE, -1, "4095", false },
	{ "net.core.somaxconn", "4096", WISH_LOWER, -1, "4097", false },
	{ "net.core.somaxconn", "4096", WISH_LOWER, -1, "4096", false },
	{ "net.core.somaxconn", "4096", WISH_LOWER, -1, "4095", true },
	{ "net.core.somaxconn", "4096", WISH_SET, -1, "4095", false },
	{ "net.core.somaxconn", "4096", WISH_SET, -1, "4097", false },
	{ "net.ipv4.tcp_rmem", "16MiB", WISH_RAISE, 2, "4096 131072 33554432", true },
	{ "net.ipv4.tcp_rmem", "64MiB", WISH_RAISE, 2, "4096 131072 33554432", false },
	/* Below the element before it, and so no value at all: but what it holds is better. */
	{ "net.ipv4.tcp_rmem", "64KiB", WISH_RAISE, 2, "4096 131072 33554432", true },
	{ "net.ipv4.tcp_notsent_lowat", "128KiB", WISH_LOWER, -1, "4294967295", false },
	{ "net.ipv4.tcp_notsent_lowat", "128KiB", WISH_LOWER, -1, "16384", true },
	{ "rlimit:1/nofile", "65536", WISH_RAISE, -1, "131072:524288", true },
	{ "rlimit:1/nofile", "65536", WISH_RAISE, -1, "1024:524288", false },
	{ "rlimit:1/nofile", "65536", WISH_RAISE, -1, "unlimited:unlimited", true },
};

START_TEST(keeps_what_is_better)
{
	const struct wish wish = { cases[_i].tunable, cases[_i].value, "w", cases[_i].mode };
	struct error e = { 0 };
	bool exceeded = !cases[_i].exceeded;

	ck_assert_msg(wish_is_exceeded(&wish, kind_row(wish.tunable), cases[_i].element,
				       cases[_i].held, &exceeded, &e) == 0,
		      "%s", e.text);
	ck_assert_int_eq(exceeded, cases[_i].exceeded);
}
END_TEST

static const struct {
	const char *tunable, *value;
	int element;
	const char *held;
} numberless[] = {
	{ "net.ipv4.tcp_congestion_control", "bbr", -1, "cubic" },
	{ "net.ipv4.tcp_rmem", "4096 131072 6291456", -1, "4096 131072 33554432" },
	{ "net.ipv4.tcp_rmem", "6MiB", 2, "4096 131072" },
	{ "net.core.somaxconn", "many", -1, "4096" },
	{ "rlimit:1/nofile", "65536:131072", -1, "1024:2048" },
};

START_TEST(refuses_what_has_no_order)
{
	struct wish wish = { numberless[_i].tunable, numberless[_i].value, "w", WISH_RAISE };
	struct error e = { 0 };
	bool exceeded = false;

	ck_assert_int_eq(wish_is_exceeded(&wish, kind_row(wish.tunable), numberless[_i].element,
					  numberless[_i].held, &exceeded, &e),
			 -EINVAL);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	wish.mode = WISH_SET;
	ck_assert_int_eq(wish_is_exceeded(&wish, kind_row(wish.tunable), numberless[_i].element,
					  numberless[_i].held, &exceeded, &e),
			 0);
}
END_TEST

Suite *test_wish_mode_suite(void)
{
	Suite *s = suite_create("wish_mode");
	TCase *tc = tcase_create("wish_mode");

	tcase_add_loop_test(tc, keeps_what_is_better, 0, (int)ARRAY_LEN(cases));
	tcase_add_loop_test(tc, refuses_what_has_no_order, 0, (int)ARRAY_LEN(numberless));
	suite_add_tcase(s, tc);
	return s;
}
