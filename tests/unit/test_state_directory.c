/* Only a directory that nobody else can put files into is used. */
#include "apply/state_directory.h"
#include "store_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_state_directory_suite(void);

static char path[256];

static void setup(void)
{
	(void)fixture_directory();
	(void)snprintf(path, sizeof(path), "%s", fixture_path("state"));
}

static int open_path(const char *name, bool create, struct error *e)
{
	struct state_directory d = { .fd = -1 };
	int r;

	*e = (struct error){ 0 };
	r = state_directory_open(name, create, &d, e);
	if (r == 0) {
		ck_assert_int_eq(d.path[0], '/');
		ck_assert_int_ge(d.fd, 0);
	}
	state_directory_close(&d);
	return r;
}

static void expect_refusal(const char *word)
{
	struct error e;

	for (int create = 0; create < 2; create++) {
		ck_assert_int_eq(open_path(path, create != 0, &e), -EPERM);
		ck_assert_int_eq((int)e.kind, (int)ERROR_FAILED);
		ck_assert_msg(strstr(e.text, word) != NULL, "%s", e.text);
	}
}

START_TEST(created_only_when_asked)
{
	struct error e;

	ck_assert_int_eq(open_path(path, false, &e), -ENOENT);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(open_path(path, true, &e), 0);
	ck_assert_int_eq(open_path(path, true, &e), 0);
	ck_assert_int_eq(open_path(path, false, &e), 0);
}
END_TEST

START_TEST(parents_are_not_created)
{
	struct error e;

	ck_assert_int_eq(open_path(fixture_path("a/b"), true, &e), -ENOENT);
	ck_assert_int_eq(access(fixture_path("a"), F_OK), -1);
}
END_TEST

START_TEST(odd_names)
{
	char long_name[5000];
	struct error e;

	ck_assert_int_eq(chdir(fixture_path("")), 0);
	ck_assert_int_eq(open_path("state//", true, &e), 0);
	ck_assert_int_eq(open_path("./state", false, &e), 0);
	ck_assert_int_eq(open_path("state/.", false, &e), 0);
	ck_assert_int_eq(open_path("state/..", false, &e), 0);
	ck_assert_int_eq(open_path("", true, &e), -ENOENT);
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert_int_eq(open_path(long_name, true, &e), -ENAMETOOLONG);
	long_name[300] = '\0';
	ck_assert_int_eq(open_path(long_name, true, &e), -ENAMETOOLONG);
}
END_TEST

START_TEST(a_link_is_refused)
{
	ck_assert_int_eq(mkdir(fixture_path("real"), 0700), 0);
	ck_assert_int_eq(symlink("real", path), 0);
	expect_refusal("symbolic link");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("dangling", path), 0);
	expect_refusal("symbolic link");
	ck_assert_int_eq(access(fixture_path("dangling"), F_OK), -1);
}
END_TEST

START_TEST(a_linked_parent_is_the_administrators)
{
	struct error e;

	ck_assert_int_eq(mkdir(fixture_path("real"), 0700), 0);
	ck_assert_int_eq(symlink("real", path), 0);
	ck_assert_int_eq(open_path(fixture_path("state/inner"), true, &e), 0);
	ck_assert_int_eq(access(fixture_path("real/inner"), F_OK), 0);
}
END_TEST

START_TEST(a_file_is_refused)
{
	struct error e;

	fixture_write("state", "", 0);
	ck_assert_int_eq(open_path(path, true, &e), -ENOTDIR);
}
END_TEST

START_TEST(writable_by_others)
{
	static const mode_t modes[] = { 0770, 0702, 01777, 0722 };
	struct error e;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, modes[_i]), 0);
	expect_refusal("others may write");
	/* The control: that others may look is no danger. */
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(open_path(path, true, &e), 0);
}
END_TEST

START_TEST(somebody_elses)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	expect_refusal("belongs to uid 65534");
}
END_TEST

START_TEST(not_for_everybody)
{
	struct error e;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(fixture_path(""), 0755), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(open_path(path, false, &e), -EACCES);
	ck_assert_int_eq((int)e.kind, (int)ERROR_PRIVILEGE);
	ck_assert_ptr_nonnull(strstr(e.text, "as root"));
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

Suite *test_state_directory_suite(void)
{
	Suite *suite = suite_create("state_directory");
	TCase *tc = tcase_create("checks");

	tcase_add_checked_fixture(tc, setup, fixture_remove);
	tcase_add_test(tc, created_only_when_asked);
	tcase_add_test(tc, parents_are_not_created);
	tcase_add_test(tc, odd_names);
	tcase_add_test(tc, a_link_is_refused);
	tcase_add_test(tc, a_linked_parent_is_the_administrators);
	tcase_add_test(tc, a_file_is_refused);
	tcase_add_loop_test(tc, writable_by_others, 0, 4);
	tcase_add_test(tc, somebody_elses);
	tcase_add_test(tc, not_for_everybody);
	suite_add_tcase(suite, tc);
	return suite;
}
