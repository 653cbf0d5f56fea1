#include "host/cgroup.h"

#include "fake_source.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_cgroup_suite(void);

static const struct {
	const char *file, *path; /* path NULL: -ENODATA */
} cases[] = {
	{ "0::/system.slice/unbound.service\n", "/system.slice/unbound.service" },
	{ "9:name=systemd:/a\n4:memory:/b\n0::/c\n", "/c" },
	{ "9:name=systemd:/\n4:memory:/docker/f00\n0::/\n", "/docker/f00" },
	{ "4:memory:/x:y\n", "/x:y" },
	{ "0::/\n", "/" },
	{ "0::/a\033[2J\n", "/a?[2J" },
	{ "", NULL },
	{ "0::\n", NULL },
	{ "::", NULL },
	{ ":", NULL },
	{ "no colons\n", NULL },
	{ "1:one-colon\n", NULL },
	{ "1:cpu:relative\n", NULL },
};

START_TEST(the_group_that_says_most)
{
	struct source *s = fake_source_new();
	char path[CGROUP_PATH_MAX] = "before";
	int r;

	fake_source_add_file(s, "/proc/7/cgroup", cases[_i].file);
	r = cgroup_of_process(s, 7, path, NULL);
	ck_assert_int_eq(r, cases[_i].path == NULL ? -ENODATA : 0);
	ck_assert_str_eq(path, cases[_i].path == NULL ? "before" : cases[_i].path);
	source_free(s);
}
END_TEST

START_TEST(a_long_path_keeps_its_end)
{
	struct source *s = fake_source_new();
	char file[512], path[CGROUP_PATH_MAX];

	memset(file, 'x', sizeof(file));
	memcpy(file, "0::/", 4);
	memcpy(file + sizeof(file) - 9, "/web.pod", 9);
	fake_source_add_file(s, "/proc/7/cgroup", file);
	ck_assert_int_eq(cgroup_of_process(s, 7, path, NULL), 0);
	ck_assert_uint_eq(strlen(path), CGROUP_PATH_MAX - 1);
	ck_assert_str_eq(path + strlen(path) - 8, "/web.pod");
	source_free(s);
}
END_TEST

START_TEST(a_process_that_is_gone)
{
	struct source *s = fake_source_new();
	char path[CGROUP_PATH_MAX] = "";

	ck_assert_int_eq(cgroup_of_process(s, 8, path, NULL), -ENOENT);
	fake_source_fail_file(s, "/proc/8/cgroup", -EACCES);
	ck_assert_int_eq(cgroup_of_process(s, 8, path, NULL), -EACCES);
	ck_assert_str_eq(path, "");
	source_free(s);
}
END_TEST

Suite *test_cgroup_suite(void)
{
	Suite *suite = suite_create("cgroup");
	TCase *tc = tcase_create("cgroup");

	tcase_add_loop_test(tc, the_group_that_says_most, 0,
			    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, a_long_path_keeps_its_end);
	tcase_add_test(tc, a_process_that_is_gone);
	suite_add_tcase(suite, tc);
	return suite;
}
