/* Namespaces by name and by cookie, on a machine in memory. */
#include "fake_os.h"
#include "tunables/place.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_place_suite(void);

static struct os *machine(void)
{
	struct os *os = fake_os_new();

	fake_os_add_netns(os, "red", 4101);
	fake_os_add_netns(os, "blue", 4102);
	fake_os_add_netns(os, NULL, 4103);
	fake_os_add_process(os, 812, "nginx", 1735, 4103, NULL);
	return os;
}

static void end(struct os *os)
{
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}

START_TEST(our_own_needs_no_entering)
{
	struct os *os = machine();
	struct place p;
	struct error e = { 0 };
	unsigned int calls;

	ck_assert_int_eq(place_open(os, NULL, &p, &e), 0);
	ck_assert(p.is_init);
	ck_assert_uint_eq(p.cookie, 1);
	calls = fake_os_calls(os);
	ck_assert_int_eq(place_enter(&p, &e), 0);
	ck_assert_int_eq(place_leave(&p, &e), 0);
	ck_assert_uint_eq(fake_os_calls(os), calls);
	place_close(&p);
	end(os);
}
END_TEST

START_TEST(a_named_one_is_entered_and_left)
{
	struct os *os = machine();
	struct place p;
	struct error e = { 0 };

	ck_assert_int_eq(place_open(os, "blue", &p, &e), 0);
	ck_assert(!p.is_init);
	ck_assert_uint_eq(p.cookie, 4102);
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	ck_assert_int_eq(place_enter(&p, &e), 0);
	ck_assert_uint_eq(fake_os_netns(os), 4102);
	ck_assert_int_eq(place_return(&p, -EIO, &e), -EIO);
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	place_close(&p);
	ck_assert_int_eq(place_open(os, "812", &p, &e), 0);
	ck_assert_uint_eq(p.cookie, 4103);
	place_close(&p);
	end(os);
}
END_TEST

START_TEST(names_that_are_none_are_refused)
{
	static const char *const names[] = { "green", "/", "a/b", ".", "..", "813" };
	struct os *os = machine();
	struct place p = { .cookie = 7 };
	struct error e = { 0 };
	char endless[400];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = place_open(os, names[i], &p, &e);

		ck_assert_msg(r == -ENOENT || r == -EINVAL, "%s: %d", names[i], r);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
	}
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	ck_assert_int_eq(place_open(os, endless, &p, &e), -EINVAL);
	ck_assert_uint_eq(p.cookie, 7);
	end(os);
}
END_TEST

START_TEST(the_cookie_decides_and_not_the_name)
{
	struct os *os = machine();
	struct place p;
	struct error e = { 0 };

	ck_assert_int_eq(place_open_again(os, "blue", 4102, PLACE_ANYWHERE, &p, &e), 0);
	ck_assert_uint_eq(p.cookie, 4102);
	place_close(&p);
	/* renamed: found by searching */
	ck_assert_int_eq(place_open_again(os, "green", 4102, PLACE_ANYWHERE, &p, &e), 0);
	ck_assert_str_eq(p.name, "blue");
	ck_assert_int_eq(place_enter(&p, &e), 0);
	ck_assert_uint_eq(fake_os_netns(os), 4102);
	ck_assert_int_eq(place_leave(&p, &e), 0);
	place_close(&p);
	/* of a process only */
	ck_assert_int_eq(place_open_again(os, "red", 4103, PLACE_ANYWHERE, &p, &e), 0);
	ck_assert_str_eq(p.name, "812");
	place_close(&p);
	/* ours */
	ck_assert_int_eq(place_open_again(os, "red", 1, PLACE_ANYWHERE, &p, &e), 0);
	ck_assert_int_eq(p.netns, -1);
	place_close(&p);
	/* deleted and made anew under the same name */
	fake_os_remove_netns(os, 4102);
	fake_os_add_netns(os, "blue", 4200);
	ck_assert_int_eq(place_open_again(os, "blue", 4102, PLACE_ANYWHERE, &p, &e), -ESTALE);
	ck_assert_ptr_nonnull(strstr(e.text, "gone"));
	end(os);
}
END_TEST

/* Container engines bind theirs to files of their own; others merely have them open. */
START_TEST(found_wherever_it_is_held)
{
	static const char *const places[] = { "/run/docker/netns/default", "/a b/c", "fd/9" };
	struct os *os = machine();
	struct place p;
	struct error e = { 0 };

	fake_os_add_process(os, 900, "sleep", 1800, FAKE_INITIAL_NETNS, NULL);
	fake_os_add_netns(os, NULL, 4104);
	fake_os_hold_netns(os, 4103, 900, "/somewhere");
	fake_os_hold_netns(os, 4103, 900, "fd/8");
	ck_assert_int_eq(place_open_again(os, "web", 4104, PLACE_ANYWHERE, &p, &e), -ESTALE);
	fake_os_hold_netns(os, 4104, 900, places[_i]);
	/* For what is new, one that nobody is in is none. */
	ck_assert_int_eq(place_open_again(os, "web", 4104, PLACE_IN_USE, &p, &e), -ESTALE);
	ck_assert_msg(place_open_again(os, "web", 4104, PLACE_ANYWHERE, &p, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(p.cookie, 4104);
	ck_assert(!p.is_init);
	ck_assert_int_eq(place_enter(&p, &e), 0);
	ck_assert_uint_eq(fake_os_netns(os), 4104);
	ck_assert_int_eq(place_leave(&p, &e), 0);
	place_close(&p);
	fake_os_remove_netns(os, 4104);
	ck_assert_int_eq(place_open_again(os, "web", 4104, PLACE_ANYWHERE, &p, &e), -ESTALE);
	end(os);
}
END_TEST

/* Of a search: what cannot be read is not there, and nothing else is lost. */
START_TEST(a_search_that_fails_is_clean)
{
	int r = -1;

	for (unsigned int n = 1; n < 80; n++) {
		struct os *os = machine();
		struct error e = { 0 };
		struct place p;

		fake_os_add_process(os, 900, "sleep", 1800, FAKE_INITIAL_NETNS, NULL);
		fake_os_add_netns(os, NULL, 4104);
		fake_os_hold_netns(os, 4104, 900, "/x");
		fake_os_hold_netns(os, 4104, 900, "fd/9");
		fake_os_fail_at(os, n, -EIO);
		r = place_open_again(os, "web", 4104, PLACE_ANYWHERE, &p, &e);
		if (r == 0)
			place_close(&p);
		ck_assert(r == 0 || e.text[0] != '\0' || r == -EPERM);
		ck_assert_uint_eq(fake_os_open_files(os), 0);
		fake_os_free(os);
	}
	ck_assert_int_eq(r, 0);
}
END_TEST

START_TEST(without_cookies_there_is_only_our_own)
{
	struct os *os = machine();
	struct place p;
	struct error e = { 0 };

	fake_os_forget_cookies(os);
	ck_assert_int_eq(place_open(os, "blue", &p, &e), -ENOPROTOOPT);
	ck_assert_int_eq(e.kind, ERROR_UNSUPPORTED);
	ck_assert_int_eq(place_open(os, "", &p, &e), 0);
	ck_assert_uint_eq(p.cookie, 0);
	place_close(&p);
	end(os);
}
END_TEST

/* Whatever fails, no descriptor is lost, and the thread is back home unless coming home failed. */
START_TEST(every_failure_is_clean)
{
	struct error e = { 0 };
	int r = -1;

	for (unsigned int n = 1; r != 0; n++) {
		struct os *os = machine();
		struct place p;

		fake_os_fail_at(os, n, -EIO);
		r = place_open(os, "blue", &p, &e);
		if (r == 0)
			place_close(&p);
		else
			ck_assert_int_eq(r, -EIO);
		ck_assert_uint_eq(fake_os_open_files(os), 0);
		fake_os_free(os);
		ck_assert_uint_lt(n, 40);
	}
}
END_TEST

Suite *test_place_suite(void)
{
	Suite *s = suite_create("tunables/place");
	TCase *c = tcase_create("all");

	tcase_add_test(c, our_own_needs_no_entering);
	tcase_add_test(c, a_named_one_is_entered_and_left);
	tcase_add_test(c, names_that_are_none_are_refused);
	tcase_add_test(c, the_cookie_decides_and_not_the_name);
	tcase_add_loop_test(c, found_wherever_it_is_held, 0, 3);
	tcase_add_test(c, a_search_that_fails_is_clean);
	tcase_add_test(c, without_cookies_there_is_only_our_own);
	tcase_add_test(c, every_failure_is_clean);
	suite_add_tcase(s, c);
	return s;
}
