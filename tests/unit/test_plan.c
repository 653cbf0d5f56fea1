#include "apply/plan.h"
#include "apply/plan_order.h"

#include "fake_os.h"
#include "tunables/kind.h"
#include "tunables/place.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NETNS 4102
#define RMEM  "net.ipv4.tcp_rmem"
#define PORTS "net.ipv4.ip_local_port_range"
#define FIRST "net.ipv4.ip_unprivileged_port_start"

static struct os *os;
static struct plan plan;
static struct error error;

static void setup(void)
{
	os = fake_os_new();
	memset(&plan, 0, sizeof(plan));
	memset(&error, 0, sizeof(error));
	fake_os_add_netns(os, "blue", NETNS);
	fake_os_add_link(os, NETNS, "eth0", 7);
	fake_os_add_link(os, NETNS, "eth0.100", 8);
	fake_os_add_sysctl(os, NETNS, RMEM, "4096 131072 6291456");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.tcp_wmem", "4096 16384 4194304");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.tcp_sack", "1");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.ip_forward", "0");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.conf.eth0.accept_redirects", "0");
	fake_os_add_sysctl(os, NETNS, PORTS, "32768 60999");
	fake_os_add_sysctl(os, NETNS, FIRST, "1024");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.conf.all.rp_filter", "0");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.conf.default.rp_filter", "0");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.conf.eth0.rp_filter", "0");
	fake_os_add_sysctl(os, NETNS, "net.ipv4.conf.eth0/100.rp_filter", "0");
}

static void teardown(void)
{
	plan_done(&plan);
	fake_os_free(os);
}

static int make(const struct wish *wishes, size_t n)
{
	struct place p;
	int r;

	plan_done(&plan);
	ck_assert_int_eq(place_open(os, "blue", &p, &error), 0);
	r = plan_make(&p, wishes, n, &plan, &error);
	place_close(&p);
	/* Whatever it is, nothing was written and nothing is left open. */
	ck_assert_str_eq(fake_os_trace(os), "");
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	return r;
}

static void ck_order(const char *const *names, size_t n)
{
	ck_assert_uint_eq(plan.count, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(plan.changes[i].target.name, names[i]);
}

START_TEST(one_wish)
{
	const struct wish wish = { RMEM "[2]", "64MiB", "RCV-02 receive-buffer-capped", WISH_SET };
	const struct plan_change *c;

	ck_assert_int_eq(make(&wish, 1), 0);
	ck_assert_uint_eq(plan.count, 1);
	c = &plan.changes[0];
	ck_assert_str_eq(c->target.name, RMEM);
	ck_assert_str_eq(c->target.identity, "netns 4102");
	ck_assert_str_eq(c->from.text, "4096 131072 6291456");
	ck_assert_str_eq(c->to, "4096 131072 67108864");
	ck_assert_str_eq(c->why, "RCV-02 receive-buffer-capped");
	ck_assert_str_eq(plan.netns, "blue");
	ck_assert_uint_eq(plan.netns_cookie, NETNS);
	ck_assert_str_ne(plan.hostname, "");
}
END_TEST

START_TEST(elements_of_one_vector_are_one_change)
{
	const struct wish wishes[] = { { RMEM "[2]", "64MiB", "RCV-02", WISH_SET },
				       { RMEM "[1]", "262144", "RCV-05", WISH_SET },
				       { RMEM "[0]", "8192", "RCV-02", WISH_SET } };

	ck_assert_int_eq(make(wishes, 3), 0);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_str_eq(plan.changes[0].to, "8192 262144 67108864");
	ck_assert_str_eq(plan.changes[0].why, "RCV-02, RCV-05");
}
END_TEST

/* In no order of the two is each of them valid alone but in one. */
static const struct {
	const char *first, *second, *to;
} pairs[] = {
	{ "[1]=16777216", "[2]=33554432", "4096 16777216 33554432" },
	{ "[2]=33554432", "[1]=16777216", "4096 16777216 33554432" },
	{ "[0]=4000000", "[1]=5000000", "4000000 5000000 6291456" },
	{ "[2]=5000", "[1]=4500", "4096 4500 5000" },
	{ "[1]=4500", "[2]=5000", "4096 4500 5000" },
};

static struct wish wish_of(const char *text, char name[64])
{
	const char *equals = strchr(text, '=');

	(void)snprintf(name, 64, "%s%.*s", RMEM, (int)(equals - text), text);
	return (struct wish){ name, equals + 1, "by hand", WISH_SET };
}

START_TEST(elements_are_valid_together)
{
	char names[2][64];
	const struct wish wishes[] = { wish_of(pairs[_i].first, names[0]),
				       wish_of(pairs[_i].second, names[1]) };

	ck_assert_int_eq(make(wishes, 2), 0);
	ck_assert_str_eq(plan.changes[0].to, pairs[_i].to);
}
END_TEST

START_TEST(elements_that_are_invalid_together)
{
	const struct wish wishes[] = { { RMEM "[1]", "16777216", "RCV-05", WISH_SET },
				       { RMEM "[2]", "8388608", "RCV-02", WISH_SET } };

	ck_assert_int_eq(make(wishes, 2), -EINVAL);
	ck_assert_int_eq(error.kind, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(error.text, RMEM));
}
END_TEST

START_TEST(the_same_wish_twice)
{
	const struct wish wishes[] = { { RMEM "[2]", "64MiB", "RCV-02", WISH_SET },
				       { RMEM "[2]", "67108864", "RCV-02", WISH_SET },
				       { RMEM, "4096 131072 67108864", "profile bulk-wan",
					 WISH_SET } };

	ck_assert_int_eq(make(wishes, 3), 0);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_str_eq(plan.changes[0].to, "4096 131072 67108864");
	ck_assert_str_eq(plan.changes[0].why, "RCV-02, profile bulk-wan");
}
END_TEST

START_TEST(wishes_that_differ)
{
	const struct wish wishes[] = { { RMEM "[2]", "64MiB", "RCV-02", WISH_SET },
				       { _i == 0 ? RMEM "[2]" : RMEM,
					 _i == 0 ? "32MiB" : "4096 131072 33554432",
					 "profile bulk-wan", WISH_SET } };

	ck_assert_int_eq(make(wishes, 2), -EINVAL);
	ck_assert_int_eq(error.kind, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(error.text, "64MiB"));
	ck_assert_ptr_nonnull(strstr(error.text, "RCV-02"));
	ck_assert_ptr_nonnull(strstr(error.text, "profile bulk-wan"));
}
END_TEST

START_TEST(what_holds_already_is_no_change)
{
	const struct wish wishes[] = { { "net.ipv4.tcp_sack", "1", "by hand", WISH_SET },
				       { RMEM "[0]", "4096", "by hand", WISH_SET },
				       { "net.ipv4.tcp_wmem[2]", "8MiB", "by hand", WISH_SET } };

	ck_assert_int_eq(make(wishes, 3), 0);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_uint_eq(plan.satisfied, 2);
	ck_assert_str_eq(plan.changes[0].target.name, "net.ipv4.tcp_wmem");
}
END_TEST

static bool keeps_sack(const void *arg, const struct plan_change *c)
{
	ck_assert_ptr_eq(arg, &plan);
	ck_assert(plan_change_holds(c));
	return strcmp(c->target.name, "net.ipv4.tcp_sack") == 0;
}

/* For the next boot: what holds is a change to itself, unless a file sets it. */
START_TEST(what_holds_already_may_be_kept)
{
	static const struct wish wishes[] = {
		{ RMEM "[2]", "6291456", "by hand", WISH_SET },
		{ "net.ipv4.tcp_sack", "1", "by hand", WISH_SET },
		{ "net.ipv4.tcp_wmem[2]", "8388608", "by hand", WISH_SET },
	};
	const struct plan_keeper keeper = { keeps_sack, &plan };
	struct place p;

	ck_assert_int_eq(place_open(os, "blue", &p, &error), 0);
	ck_assert_int_eq(plan_make_to_keep(&p, wishes, 3, &keeper, &plan, &error), 0);
	place_close(&p);
	ck_assert_uint_eq(plan.count, 2);
	ck_assert_uint_eq(plan.satisfied, 1);
	ck_assert_str_eq(plan.changes[0].target.name, RMEM);
	ck_assert_str_eq(plan.changes[0].to, "4096 131072 6291456");
	ck_assert(plan_change_holds(&plan.changes[0]));
	ck_assert(!plan_change_holds(&plan.changes[1]));
	/* The control. */
	ck_assert_int_eq(make(wishes, 3), 0);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_uint_eq(plan.satisfied, 2);
}
END_TEST

START_TEST(as_wished_when_nothing_depends)
{
	static const char *const order[] = { "net.ipv4.tcp_wmem", "net.ipv4.tcp_sack", RMEM };
	const struct wish wishes[] = { { "net.ipv4.tcp_wmem[2]", "8MiB", "by hand", WISH_SET },
				       { "net.ipv4.tcp_sack", "0", "by hand", WISH_SET },
				       { RMEM "[2]", "8MiB", "by hand", WISH_SET } };

	ck_assert_int_eq(make(wishes, 3), 0);
	ck_order(order, 3);
}
END_TEST

START_TEST(what_resets_others_goes_first)
{
	static const char *const order[] = { "net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter",
					     "net.ipv4.conf.default.rp_filter",
					     "net.ipv4.conf.eth0/100.rp_filter",
					     "net.ipv4.conf.eth0.rp_filter" };
	struct wish wishes[5];

	for (size_t i = 0; i < 5; i++)
		wishes[i] = (struct wish){ order[(i + 3) % 5], "1", "by hand", WISH_SET };
	ck_assert_int_eq(make(wishes, 5), 0);
	ck_order(order, 5);
}
END_TEST

/* The kernel refuses a range of ports that begins below the first unprivileged one, whichever of
 * the two is written. */
START_TEST(the_order_may_depend_on_the_direction)
{
	static const char *const lowered[] = { FIRST, PORTS }, *const raised[] = { PORTS, FIRST };
	const struct wish low[] = { { PORTS, "600 60999", "by hand", WISH_SET },
				    { FIRST, "512", "by hand", WISH_SET } };
	const struct wish high[] = { { FIRST, "33000", "by hand", WISH_SET },
				     { PORTS, "33000 60999", "by hand", WISH_SET } };

	ck_assert_int_eq(make(low, 2), 0);
	ck_order(lowered, 2);
	ck_assert_int_eq(make(high, 2), 0);
	ck_order(raised, 2);
}
END_TEST

START_TEST(what_holds_but_is_reset_is_written_again)
{
	static const char *const order[] = { "net.ipv4.ip_forward",
					     "net.ipv4.conf.eth0.accept_redirects" };
	const struct wish wishes[] = { { "net.ipv4.conf.eth0.accept_redirects", "0", "by hand",
					 WISH_SET },
				       { "net.ipv4.conf.eth0.rp_filter", "0", "by hand", WISH_SET },
				       { "net.ipv4.tcp_sack", "1", "by hand", WISH_SET },
				       { "net.ipv4.ip_forward", "1", "by hand", WISH_SET } };

	ck_assert_int_eq(make(wishes, 4), 0);
	ck_order(order, 2);
	ck_assert_uint_eq(plan.satisfied, 2);
	ck_assert_str_eq(plan.changes[1].from.text, "0");
	ck_assert_str_eq(plan.changes[1].to, "0");
	/* When that holds as well, nothing is. */
	fake_os_set_sysctl(os, NETNS, "net.ipv4.ip_forward", "1");
	ck_assert_int_eq(make(wishes, 4), 0);
	ck_assert_uint_eq(plan.count, 0);
}
END_TEST

START_TEST(errors_name_the_wish)
{
	static const struct {
		const char *tunable, *value;
		int code;
	} wrong[] = {
		{ "net.ipv4.tcp_rmme", "1", -EINVAL },
		{ RMEM "[3]", "1", -EINVAL },
		{ RMEM "[", "1", -EINVAL },
		{ "net.ipv4.tcp_sack", "maybe", -EINVAL },
		{ RMEM, "4096 131072", -EINVAL },
		{ "net.ipv4.conf.eth9.rp_filter", "1", -ENOENT },
		{ "net.ipv4.tcp_fin_timeout", "30", -EOPNOTSUPP },	/* not in this kernel */
		{ "net.core.netdev_max_backlog", "2000", -EOPNOTSUPP }, /* of the whole host */
	};
	const struct wish wishes[] = { { "net.ipv4.tcp_wmem[2]", "8MiB", "by hand", WISH_SET },
				       { wrong[_i].tunable, wrong[_i].value, "by hand",
					 WISH_SET } };

	ck_assert_int_eq(make(wishes, 2), wrong[_i].code);
	ck_assert_msg(strstr(error.text, wrong[_i].tunable) != NULL, "%s", error.text);
}
END_TEST

START_TEST(every_call_may_fail)
{
	const struct wish wishes[] = { { RMEM "[2]", "64MiB", "by hand", WISH_SET },
				       { "net.ipv4.conf.eth0.rp_filter", "1", "by hand", WISH_SET },
				       { "net.ipv4.tcp_sack", "0", "by hand", WISH_SET } };
	unsigned int failed = 0;

	for (unsigned int call = 1;; call++) {
		unsigned int before;
		struct place p;
		bool through;
		int r;

		fake_os_revive(os, false);
		plan_done(&plan);
		ck_assert_int_eq(place_open(os, "blue", &p, &error), 0);
		before = fake_os_calls(os);
		fake_os_fail_at(os, before + call, -EIO);
		r = plan_make(&p, wishes, 3, &plan, &error);
		ck_assert_str_eq(fake_os_trace(os), "");
		through = fake_os_calls(os) < before + call;
		place_close(&p);
		if (through)
			break;
		failed += r < 0;
	}
	ck_assert_uint_gt(failed, 10);
}
END_TEST

START_TEST(rows_of_the_order)
{
	bool otherwise = false;

	for (size_t i = 0; i < plan_order_row_count; i++) {
		const struct plan_order_row *row = &plan_order_rows[i];
		bool known = strchr(row->pattern, '*') != NULL ||
			     strchr(row->pattern, '[') != NULL ||
			     tunable_find(row->pattern) != NULL;

		ck_assert_msg(known, "%s is not catalogued", row->pattern);
		ck_assert_str_ne(row->why, "");
		otherwise = otherwise || strcmp(row->pattern, "*") == 0;
		for (size_t j = 0; j < i; j++)
			ck_assert(strcmp(plan_order_rows[j].pattern, row->pattern) != 0 ||
				  plan_order_rows[j].when != row->when);
	}
	ck_assert(otherwise);
}
END_TEST

Suite *test_plan_suite(void);
Suite *test_plan_suite(void)
{
	Suite *s = suite_create("plan");
	TCase *making = tcase_create("making");

	tcase_add_checked_fixture(making, setup, teardown);
	tcase_add_test(making, one_wish);
	tcase_add_test(making, elements_of_one_vector_are_one_change);
	tcase_add_loop_test(making, elements_are_valid_together, 0, 5);
	tcase_add_test(making, elements_that_are_invalid_together);
	tcase_add_test(making, the_same_wish_twice);
	tcase_add_loop_test(making, wishes_that_differ, 0, 2);
	tcase_add_test(making, what_holds_already_is_no_change);
	tcase_add_test(making, what_holds_already_may_be_kept);
	tcase_add_test(making, as_wished_when_nothing_depends);
	tcase_add_test(making, what_resets_others_goes_first);
	tcase_add_test(making, the_order_may_depend_on_the_direction);
	tcase_add_test(making, what_holds_but_is_reset_is_written_again);
	tcase_add_loop_test(making, errors_name_the_wish, 0, 8);
	tcase_add_test(making, every_call_may_fail);
	tcase_add_test(making, rows_of_the_order);
	suite_add_tcase(s, making);
	return s;
}
