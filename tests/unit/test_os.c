/* Whole files through struct os, of this machine and of one in memory. */
#include "fake_os.h"

#include "base/cleanup.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *test_os_suite(void);

#define PATH "/etc/sysctl.d/95-netwright-1.conf"

static int replace(struct os *os, const char *text)
{
	return os_replace_file(os, PATH, 0644, text, strlen(text));
}

START_TEST(a_file_is_replaced_in_the_safe_order)
{
	struct os *os = fake_os_new();

	ck_assert_int_eq(replace(os, "new\n"), 0);
	ck_assert_str_eq(fake_os_file(os, PATH), "new\n");
	ck_assert_str_eq(fake_os_trace(os), "write " PATH ".new\nfsync " PATH ".new\nrename " PATH
					    ".new " PATH "\nfsync /etc/sysctl.d\n");
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_revive(os, true);
	ck_assert_str_eq(fake_os_file(os, PATH), "new\n");
	fake_os_free(os);
}
END_TEST

/* Whatever call fails or is the last one, with and without power: the old file or the new one. */
START_TEST(a_file_is_the_old_or_the_new_one_after_any_fault)
{
	static const int errors[] = { -EIO, -ENOSPC, -EROFS, -EACCES };
	unsigned int calls;
	bool was_old = false, was_new = false;
	struct os *os = fake_os_new();

	ck_assert_int_eq(replace(os, "new\n"), 0);
	calls = fake_os_calls(os);
	fake_os_free(os);
	for (unsigned int n = 1; n <= calls; n++) {
		for (unsigned int how = 0; how < ARRAY_LEN(errors) + 4; how++) {
			const char *text;
			int r;

			os = fake_os_new();
			fake_os_add_file(os, PATH, "old\n");
			if (how < ARRAY_LEN(errors))
				fake_os_fail_at(os, n, errors[how]);
			else
				fake_os_die_at(os, n, how % 2 == 1);
			r = replace(os, "new\n");
			if (how >= ARRAY_LEN(errors))
				fake_os_revive(os, how >= ARRAY_LEN(errors) + 2);
			text = fake_os_file(os, PATH);
			ck_assert_msg(text != NULL && (strcmp(text, "old\n") == 0 ||
						       strcmp(text, "new\n") == 0),
				      "call %u, fault %u: \"%s\"", n, how, text);
			if (r == 0)
				ck_assert_str_eq(text, "new\n");
			if (how < ARRAY_LEN(errors)) {
				ck_assert_ptr_null(fake_os_file(os, PATH ".new"));
				ck_assert_uint_eq(fake_os_open_files(os), 0);
			}
			was_old |= text[0] == 'o';
			was_new |= text[0] == 'n';
			fake_os_free(os);
		}
	}
	ck_assert(was_old && was_new);
}
END_TEST

START_TEST(short_and_interrupted_writes_go_on)
{
	struct os *os = fake_os_new();

	fake_os_short_at(os, 3); /* unlink, open, write */
	ck_assert_int_eq(replace(os, "new\n"), 0);
	ck_assert_str_eq(fake_os_file(os, PATH), "new\n");
	fake_os_revive(os, false);
	fake_os_fail_at(os, 3, -EINTR);
	ck_assert_int_eq(replace(os, "newer\n"), 0);
	ck_assert_str_eq(fake_os_file(os, PATH), "newer\n");
	fake_os_free(os);
}
END_TEST

START_TEST(reading_is_bounded)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct os *os = fake_os_new();

	fake_os_add_file(os, "/a", "12345");
	ck_assert_int_eq(os_read_file(os, "/a", 5, &text), 0);
	ck_assert_str_eq(text.data, "12345");
	ck_assert_int_eq(os_read_file(os, "/a", 4, &text), -EFBIG);
	ck_assert_uint_eq(text.len, 0);
	ck_assert_int_eq(os_read_file(os, "/b", 4, &text), -ENOENT);
	fake_os_fail_at(os, fake_os_calls(os) + 2, -EINTR);
	ck_assert_int_eq(os_read_file(os, "/a", 5, &text), 0);
	fake_os_fail_at(os, fake_os_calls(os) + 2, -EIO);
	ck_assert_int_eq(os_read_file(os, "/a", 5, &text), -EIO);
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}
END_TEST

START_TEST(this_machine_replaces_files)
{
	CLEANUP(bytes_done) struct bytes text = { 0 }, names = { 0 };
	char directory[] = "/tmp/netwright-os-XXXXXX", path[64];
	struct stat st;
	mode_t mask = umask(022);

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/file", directory);
	ck_assert_int_eq(os_replace_file(os_live(), path, 0644, "one", 3), 0);
	ck_assert_int_eq(os_replace_file(os_live(), path, 0600, "two", 3), 0);
	ck_assert_int_eq(os_read_file(os_live(), path, 3, &text), 0);
	ck_assert_str_eq(text.data, "two");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777u, 0600);
	ck_assert_int_eq(os_live()->ops->list(os_live(), directory, &names), 0);
	ck_assert_uint_eq(names.len, sizeof("file"));
	ck_assert_str_eq(names.data, "file");
	ck_assert_int_eq(os_replace_file(os_live(), "/proc/no/such", 0600, "x", 1), -ENOENT);
	(void)umask(mask);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

Suite *test_os_suite(void)
{
	Suite *s = suite_create("base/os");
	TCase *c = tcase_create("all");

	tcase_add_test(c, a_file_is_replaced_in_the_safe_order);
	tcase_add_test(c, a_file_is_the_old_or_the_new_one_after_any_fault);
	tcase_add_test(c, short_and_interrupted_writes_go_on);
	tcase_add_test(c, reading_is_bounded);
	tcase_add_test(c, this_machine_replaces_files);
	suite_add_tcase(s, c);
	return s;
}
