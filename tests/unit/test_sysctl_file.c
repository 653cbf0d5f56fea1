/* The syntax of sysctl files, and which of several lines and files wins. */
#include "base/cleanup.h"
#include "tunables/sysctl_file.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_sysctl_file_suite(void);

static struct sysctl_settings settings;

static char root[64];

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_root(void)
{
	if (root[0] != '\0')
		(void)nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void setup(void)
{
	settings = (struct sysctl_settings){ 0 };
}

static void teardown(void)
{
	sysctl_settings_done(&settings);
	remove_root();
}

static void parse(const char *file, const char *text)
{
	ck_assert_int_eq(sysctl_settings_parse(&settings, file, text, strlen(text), NULL), 0);
}

static const struct {
	const char *text;
	const char *key, *value; /* value NULL: an exclusion; key "": malformed */
	bool ignores_errors, glob;
} syntax[] = {
	{ "net.ipv4.tcp_sack=1", "net.ipv4.tcp_sack", "1", false, false },
	{ " \tnet.ipv4.tcp_sack \t=  1 \t\r\n", "net.ipv4.tcp_sack", "1", false, false },
	{ "net/ipv4/tcp_sack = 1\n", "net.ipv4.tcp_sack", "1", false, false },
	{ "net.ipv4.tcp_rmem = 4096  131072\t6291456\n", "net.ipv4.tcp_rmem",
	  "4096  131072 6291456", false, false },
	{ "net.ipv4.conf.eth0/100.rp_filter = 1", "net.ipv4.conf.eth0/100.rp_filter", "1", false,
	  false },
	{ "net/ipv4/conf/eth0.100/rp_filter = 1", "net.ipv4.conf.eth0/100.rp_filter", "1", false,
	  false },
	{ "-net.ipv4.tcp_sack = 1", "net.ipv4.tcp_sack", "1", true, false },
	{ "- net.ipv4.tcp_sack = 1", "net.ipv4.tcp_sack", "1", true, false },
	{ "-net.ipv4.tcp_sack", "net.ipv4.tcp_sack", NULL, true, false },
	{ "net.ipv4.conf.*.rp_filter = 2", "net.ipv4.conf.*.rp_filter", "2", false, true },
	{ "-net.ipv4.conf.*.rp_filter", "net.ipv4.conf.*.rp_filter", NULL, true, true },
	{ "kernel.core_pattern = |/bin/x a=b # c", "kernel.core_pattern", "|/bin/x a=b # c", false,
	  false },
	{ "hostname=x", "hostname", "x", false, false },
	{ "net.ipv4.tcp_sack", "", NULL, false, false },
	{ "net.ipv4.tcp_sack =", "net.ipv4.tcp_sack", "", false, false },
	{ "= 1", "", "1", false, false },
	{ "-", "", NULL, true, false },
	{ "net..tcp_sack = 1", "", "1", false, false },
	{ "../../etc/passwd = 1", "", "1", false, false },
	{ "net/../../../etc/passwd = 1", "", "1", false, false },
	{ "/net/ipv4/tcp_sack = 1", "", "1", false, false },
	{ "net.ipv4.tcp sack = 1", "", "1", false, false },
	{ "net.ipv4.tcp_\033[31msack = 1", "", "1", false, false },
	{ "net.ipv4.tcp_sack = \033[31m1", "net.ipv4.tcp_sack", "?[31m1", false, false },
};

START_TEST(lines_are_understood)
{
	const struct sysctl_line *line;

	parse("a.conf", syntax[_i].text);
	ck_assert_uint_eq(settings.line_count, 1);
	line = &settings.lines[0];
	ck_assert_str_eq(line->key, syntax[_i].key);
	if (syntax[_i].value == NULL)
		ck_assert_ptr_null(line->value);
	else
		ck_assert_str_eq(line->value, syntax[_i].value);
	ck_assert_int_eq(line->ignores_errors, syntax[_i].ignores_errors);
	ck_assert_int_eq(line->glob, syntax[_i].glob);
	ck_assert_int_eq(line->problem != NULL,
			 line->key[0] == '\0' || (line->value != NULL && line->value[0] == '\0'));
	ck_assert_uint_eq(line->line, 1);
	ck_assert_str_eq(line->file, "a.conf");
}
END_TEST

START_TEST(comments_and_blanks_are_skipped_and_lines_counted)
{
	parse("a.conf", "# one\n;two\n\n  # three = 3\n \t \nnet.ipv4.tcp_sack = 1\nbogus");
	ck_assert_uint_eq(settings.line_count, 2);
	ck_assert_uint_eq(settings.lines[0].line, 6);
	ck_assert_ptr_null(settings.lines[0].problem);
	ck_assert_uint_eq(settings.lines[1].line, 7);
	ck_assert_ptr_nonnull(settings.lines[1].problem);
}
END_TEST

START_TEST(an_empty_file_sets_nothing)
{
	parse("a.conf", "");
	ck_assert_uint_eq(settings.line_count, 0);
	ck_assert_uint_eq(settings.file_count, 1);
}
END_TEST

START_TEST(a_long_line_is_malformed_and_the_next_is_read)
{
	char text[SYSCTL_LINE_MAX + 64];
	int n = snprintf(text, sizeof(text), "kernel.x = %0*d\nnet.ipv4.tcp_sack = 1\n",
			 SYSCTL_LINE_MAX - 11, 1);

	ck_assert_int_lt(n, (int)sizeof(text));
	parse("a.conf", text);
	ck_assert_uint_eq(settings.line_count, 2);
	ck_assert_ptr_nonnull(strstr(settings.lines[0].problem, "4095"));
	ck_assert_str_eq(settings.lines[1].key, "net.ipv4.tcp_sack");
}
END_TEST

START_TEST(binary_and_huge_files_are_refused_by_name)
{
	static char huge[SYSCTL_FILE_MAX + 1];
	struct error e;

	ck_assert_int_eq(sysctl_settings_parse(&settings, "b.conf", "a=1\0", 4, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "b.conf"));
	memset(huge, '#', sizeof(huge));
	ck_assert_int_eq(sysctl_settings_parse(&settings, "c.conf", huge, sizeof(huge), &e),
			 -EFBIG);
	ck_assert_ptr_nonnull(strstr(e.text, "c.conf"));
	ck_assert_uint_eq(settings.line_count, 0);
	ck_assert_uint_eq(settings.file_count, 0);
}
END_TEST

START_TEST(a_missing_file_is_an_error_that_names_it)
{
	struct error e;

	ck_assert_int_eq(sysctl_settings_load_file(&settings, "/nonexistent/a.conf", &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/a.conf"));
	ck_assert_int_lt(sysctl_settings_load_file(&settings, "/", &e), 0);
}
END_TEST

/* Nobody writes to the FIFO: it is empty, and not waited for. A pipe is read to its end. */
START_TEST(a_fifo_is_not_waited_for)
{
	char directory[] = "/tmp/netwright.XXXXXX", path[64];
	struct sysctl_settings s = { 0 };
	struct error e = { 0 };
	int ends[2];
	pid_t writer;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/fifo", directory);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_msg(sysctl_settings_load_file(&s, path, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(s.line_count, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(directory), 0);

	ck_assert_int_eq(pipe(ends), 0);
	writer = fork();
	ck_assert_int_ge(writer, 0);
	if (writer == 0) {
		(void)usleep(200000);
		_exit(write(ends[1], "net.core.somaxconn = 1\n", 23) != 23);
	}
	(void)close(ends[1]);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	ck_assert_msg(sysctl_settings_load_file(&s, path, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(s.line_count, 1);
	(void)close(ends[0]);
	ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
	sysctl_settings_done(&s);
}
END_TEST

START_TEST(the_last_line_wins)
{
	parse("a.conf", "a.b = 1\na.c = 1\na.b = 2\n");
	parse("b.conf", "a.b = 3\n");
	ck_assert_uint_eq(settings.lines[0].overridden_by, 3);
	ck_assert_uint_eq(settings.lines[1].overridden_by, SIZE_MAX);
	ck_assert_uint_eq(settings.lines[2].overridden_by, 3);
	ck_assert_uint_eq(settings.lines[3].overridden_by, SIZE_MAX);
	ck_assert_ptr_eq(sysctl_settings_find(&settings, "a.b"), &settings.lines[3]);
	ck_assert_ptr_null(sysctl_settings_find(&settings, "a.d"));
}
END_TEST

START_TEST(names_win_over_globs_and_exclusions_keep_out)
{
	parse("a.conf", "a.one = 1\na.* = 2\n-a.three\na.t* = 3\n");
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.one")->value, "1");
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.four")->value, "2");
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.two")->value, "3");
	ck_assert_ptr_null(sysctl_settings_find(&settings, "a.three"));
	ck_assert_ptr_null(sysctl_settings_find(&settings, "a.b.c")); /* * stops at a dot */
}
END_TEST

START_TEST(paths_take_dots_within_names)
{
	char path[64];

	ck_assert_str_eq(sysctl_key_path("net.ipv4.conf.eth0/1.x", path, sizeof(path)),
			 "/proc/sys/net/ipv4/conf/eth0.1/x");
	ck_assert_ptr_null(sysctl_key_path("net.ipv4.conf.eth0/1.x", path, 20));
}
END_TEST

static void write_file(const char *below, const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s%s", below, path);
	for (char *slash = strchr(whole + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ck_assert(mkdir(whole, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(whole, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void link_file(const char *below, const char *path, const char *target)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "%s%s", below, path);
	ck_assert_int_eq(symlink(target, whole), 0);
}

static void make_root(void)
{

	(void)snprintf(root, sizeof(root), "/tmp/netwright-sysctl-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	write_file(root, "/etc/sysctl.d/50-a.conf", "a.a = etc\n");
	write_file(root, "/run/sysctl.d/50-a.conf", "a.a = run\n");
	write_file(root, "/run/sysctl.d/60-b.conf", "a.b = run\n");
	write_file(root, "/usr/lib/sysctl.d/10-c.conf", "a.a = first\n");
	write_file(root, "/usr/lib/sysctl.d/90-d.conf", "a.d = hidden\n");
	write_file(root, "/lib/sysctl.d/95-e.conf", "a.b = lib\n");
	write_file(root, "/usr/local/lib/sysctl.d/README", "no settings\n");
	link_file(root, "/etc/sysctl.d/90-d.conf", "/dev/null");
}

START_TEST(the_system_is_read_in_order)
{
	static const char *const order[] = { "/usr/lib/sysctl.d/10-c.conf",
					     "/etc/sysctl.d/50-a.conf", "/run/sysctl.d/60-b.conf",
					     "/lib/sysctl.d/95-e.conf", "/etc/sysctl.conf" };
	make_root();
	write_file(root, "/etc/sysctl.conf", "a.z = last\n");
	ck_assert_int_eq(sysctl_settings_load_system(&settings, root, NULL), 0);
	ck_assert_uint_eq(settings.file_count, ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		ck_assert_str_eq(settings.files[i], order[i]);
	ck_assert_ptr_eq(settings.unlinked, settings.files[4]);
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.a")->value, "etc");
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.b")->value, "lib");
	ck_assert_ptr_null(sysctl_settings_find(&settings, "a.d"));
}
END_TEST

START_TEST(a_linked_sysctl_conf_is_read_once)
{
	make_root();
	write_file(root, "/etc/sysctl.conf", "a.z = last\n");
	link_file(root, "/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
	ck_assert_int_eq(sysctl_settings_load_system(&settings, root, NULL), 0);
	ck_assert_uint_eq(settings.file_count, 5);
	ck_assert_str_eq(settings.files[4], "/etc/sysctl.d/99-sysctl.conf");
	ck_assert_ptr_null(settings.unlinked);
}
END_TEST

START_TEST(an_empty_root_sets_nothing)
{
	ck_assert_int_eq(sysctl_settings_load_system(&settings, "/nonexistent", NULL), 0);
	ck_assert_uint_eq(settings.file_count, 0);
}
END_TEST

/* One bad file must not hide what the others set: systemd-sysctl and procps read on. */
START_TEST(what_cannot_be_read_is_named_and_the_rest_is_read)
{
	static const char *const unread[] = { "/etc/sysctl.d/40-directory.conf",
					      "/etc/sysctl.d/55-nowhere.conf",
					      "/run/sysctl.d/58-huge.conf" };
	static const char *const why[] = { "is not a regular file", "is a link that leads nowhere",
					   "larger than 1 MiB" };
	char huge[256];

	make_root();
	write_file(root, "/etc/sysctl.d/40-directory.conf/x", "a.d = no\n");
	link_file(root, "/etc/sysctl.d/55-nowhere.conf", "/nonexistent/a.conf");
	write_file(root, "/run/sysctl.d/58-huge.conf", "a.e = no\n");
	(void)snprintf(huge, sizeof(huge), "%s/run/sysctl.d/58-huge.conf", root);
	ck_assert_int_eq(truncate(huge, SYSCTL_FILE_MAX + 1), 0);
	write_file(root, "/etc/sysctl.conf", "a.z = last\n");
	ck_assert_int_eq(sysctl_settings_load_system(&settings, root, NULL), 0);
	ck_assert_uint_eq(settings.file_count, 5);
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.b")->value, "lib");
	ck_assert_str_eq(sysctl_settings_find(&settings, "a.z")->value, "last");
	ck_assert_ptr_eq(settings.unlinked, settings.files[4]);
	ck_assert_uint_eq(settings.unread_count, ARRAY_LEN(unread));
	for (size_t i = 0; i < ARRAY_LEN(unread); i++) {
		ck_assert_str_eq(settings.unread[i].file, unread[i]);
		ck_assert_ptr_nonnull(strstr(settings.unread[i].why.text, why[i]));
	}
}
END_TEST

START_TEST(an_unreadable_sysctl_conf_is_named_once_for_its_link_too)
{
	char whole[256];

	make_root();
	write_file(root, "/etc/sysctl.conf", "a.z = last\n");
	(void)snprintf(whole, sizeof(whole), "%s/etc/sysctl.conf", root);
	ck_assert_int_eq(truncate(whole, 20), 0); /* NUL bytes to the end */
	link_file(root, "/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
	ck_assert_int_eq(sysctl_settings_load_system(&settings, root, NULL), 0);
	ck_assert_uint_eq(settings.unread_count, 1);
	ck_assert_str_eq(settings.unread[0].file, "/etc/sysctl.d/99-sysctl.conf");
	ck_assert_ptr_nonnull(strstr(settings.unread[0].why.text, "NUL"));
	ck_assert_ptr_null(settings.unlinked);
	ck_assert_uint_eq(settings.file_count, 4);
}
END_TEST

START_TEST(a_directory_that_cannot_be_searched_is_named)
{
	char whole[256];

	make_root();
	(void)snprintf(whole, sizeof(whole), "%s/usr/local/lib/sysctl.d/README", root);
	ck_assert_int_eq(unlink(whole), 0);
	*strrchr(whole, '/') = '\0';
	ck_assert_int_eq(rmdir(whole), 0);
	link_file(root, "/usr/local/lib/sysctl.d", "sysctl.d"); /* a link to itself: ELOOP */
	ck_assert_int_eq(sysctl_settings_load_system(&settings, root, NULL), 0);
	ck_assert_uint_eq(settings.unread_count, 1);
	ck_assert_str_eq(settings.unread[0].file, "/usr/local/lib/sysctl.d");
	ck_assert_uint_eq(settings.file_count, 4);
}
END_TEST

Suite *test_sysctl_file_suite(void)
{
	Suite *s = suite_create("tunables/sysctl_file");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, lines_are_understood, 0, ARRAY_LEN(syntax));
	tcase_add_test(c, comments_and_blanks_are_skipped_and_lines_counted);
	tcase_add_test(c, an_empty_file_sets_nothing);
	tcase_add_test(c, a_long_line_is_malformed_and_the_next_is_read);
	tcase_add_test(c, binary_and_huge_files_are_refused_by_name);
	tcase_add_test(c, a_missing_file_is_an_error_that_names_it);
	tcase_add_test(c, a_fifo_is_not_waited_for);
	tcase_add_test(c, the_last_line_wins);
	tcase_add_test(c, names_win_over_globs_and_exclusions_keep_out);
	tcase_add_test(c, paths_take_dots_within_names);
	tcase_add_test(c, the_system_is_read_in_order);
	tcase_add_test(c, a_linked_sysctl_conf_is_read_once);
	tcase_add_test(c, an_empty_root_sets_nothing);
	tcase_add_test(c, what_cannot_be_read_is_named_and_the_rest_is_read);
	tcase_add_test(c, an_unreadable_sysctl_conf_is_named_once_for_its_link_too);
	tcase_add_test(c, a_directory_that_cannot_be_searched_is_named);
	suite_add_tcase(s, c);
	return s;
}
