/* Whatever call of a kind fails or is the last: nothing leaks, and the thread comes home. */
#include "fake_os.h"
#include "tunables/kind.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_sysctl_faults_suite(void);

#define BLUE 4102
#define KEY  "net.ipv4.conf.eth0.rp_filter"

static struct os *machine(void)
{
	struct os *os = fake_os_new();

	fake_os_add_netns(os, "blue", BLUE);
	fake_os_add_link(os, BLUE, "eth0", 7);
	fake_os_add_sysctl(os, BLUE, KEY, "2\n");
	return os;
}

/* All that is done to a target once, as a transaction does it; 0 or the first failure. */
static int live_through(struct os *os, struct error *e)
{
	struct target_list list = { 0 };
	const struct kind *k = kind_of_target(KEY);
	struct held from = { 0 }, now = { 0 };
	char to[HELD_TEXT_MAX];
	struct place p;
	int r = place_open(os, "blue", &p, e);

	if (r < 0)
		return r;
	r = k->resolve(&p, KEY, &list, e);
	if (r == 0)
		r = k->present(&p, list.all, e);
	if (r == 0)
		r = k->read(&p, list.all, &from, e);
	if (r == 0)
		r = k->want(&p, list.all, -1, "1", &from, to, e);
	if (r == 0)
		r = k->check(&p, list.all, &from, to, e);
	if (r == 0)
		r = k->write(&p, list.all, to, e);
	if (r == 0)
		r = k->read(&p, list.all, &now, e);
	if (r == 0)
		r = k->restore(&p, list.all, &from, e);
	target_list_done(&list);
	place_close(&p);
	return r;
}

static const int errors[] = { -EIO, -ENOSPC, -EACCES, -EPERM, -EINTR, -ENOMEM, -EROFS };

START_TEST(a_failed_call_is_told_and_leaks_nothing)
{
	int code = errors[_i];
	unsigned int calls, tolerated = 0;
	struct error e = { 0 };
	struct os *os = machine();

	ck_assert_msg(live_through(os, &e) == 0, "%s", e.text);
	ck_assert_str_eq(fake_os_sysctl(os, BLUE, KEY), "2");
	calls = fake_os_calls(os);
	fake_os_free(os);
	for (unsigned int n = 1; n <= calls; n++) {
		const char *value;
		int r;

		os = machine();
		e = (struct error){ 0 };
		fake_os_fail_at(os, n, code);
		r = live_through(os, &e);
		value = fake_os_sysctl(os, BLUE, KEY);
		if (r == 0)
			tolerated++; /* closing what was only read; an interrupted read */
		else
			ck_assert_msg(e.code == r && e.text[0] != '\0', "call %u: %d", n, r);
		ck_assert_msg(r != 0 || strcmp(value, "2") == 0, "call %u: %s", n, value);
		ck_assert_uint_eq(fake_os_open_files(os), 0);
		ck_assert_uint_eq(fake_os_calls(os) < n, 0);
		fake_os_free(os);
	}
	ck_assert_uint_lt(tolerated, calls / 2);
}
END_TEST

START_TEST(a_dead_process_does_nothing_more)
{
	bool after = _i == 1;
	struct error e = { 0 };
	struct os *os = machine();
	unsigned int calls, changed = 0;

	ck_assert_int_eq(live_through(os, &e), 0);
	calls = fake_os_calls(os);
	fake_os_free(os);
	for (unsigned int n = 1; n < calls; n++) {
		os = machine();
		fake_os_die_at(os, n, after);
		(void)live_through(os, &e);
		ck_assert(fake_os_died(os));
		changed += strcmp(fake_os_sysctl(os, BLUE, KEY), "1") == 0;
		fake_os_revive(os, false);
		ck_assert_uint_eq(fake_os_open_files(os), 0);
		ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
		fake_os_free(os);
	}
	/* The write is one call, and some come before it and some between it and restoring. */
	ck_assert_uint_gt(changed, 0);
	ck_assert_uint_lt(changed, calls / 2);
}
END_TEST

Suite *test_sysctl_faults_suite(void)
{
	Suite *s = suite_create("tunables/sysctl faults");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, a_failed_call_is_told_and_leaks_nothing, 0,
			    sizeof(errors) / sizeof(errors[0]));
	tcase_add_loop_test(c, a_dead_process_does_nothing_more, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
