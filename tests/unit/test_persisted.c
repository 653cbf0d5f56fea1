/* What files set at boot already: sysctl.d of a directory, drop-ins of a machine in memory. */
#include "apply/persisted.h"

#include "fake_os.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_persisted_suite(void);

static char root[32];
static struct os *os;
static struct place place;
static struct persisted persisted;

static void path_of(const char *name, char ret[128])
{
	(void)snprintf(ret, 128, "%s%s", root, name);
}

static void set_up(void)
{
	static const char *const made[] = { "/etc", "/etc/sysctl.d" };
	struct error e = { 0 };
	char path[128];

	(void)snprintf(root, sizeof(root), "/tmp/netwright.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	for (size_t i = 0; i < 2; i++) {
		path_of(made[i], path);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	os = fake_os_new();
	fake_os_add_netns(os, "blue", 4102);
	fake_os_add_process(os, 812, "nginx", 5000, FAKE_INITIAL_NETNS,
			    "/system.slice/nginx.service");
	fake_os_add_process(os, 900, "bash", 6000, FAKE_INITIAL_NETNS, "/user.slice/x.scope");
	ck_assert_int_eq(place_open(os, NULL, &place, &e), 0);
}

static void tear_down(void)
{
	static const char *const made[] = { "/etc/sysctl.d/50-x.conf", "/etc/sysctl.d", "/etc",
					    "" };
	char path[128];

	for (size_t i = 0; i < 4; i++) {
		path_of(made[i], path);
		(void)remove(path);
	}
	persisted_done(&persisted);
	place_close(&place);
	fake_os_free(os);
}

static bool is_kept(const char *kind, const char *name, const char *identity, const char *value)
{
	struct plan_change c = { 0 };
	struct error e = { 0 };

	ck_assert_msg(target_recall(kind, name, identity, &c.target, &e) == 0, "%s", e.text);
	(void)snprintf(c.from.text, sizeof(c.from.text), "%s", value);
	(void)snprintf(c.to, sizeof(c.to), "%s", value);
	return persisted_is_kept(&persisted, &c);
}

static void load(const char *conf)
{
	char path[128];
	FILE *file;

	path_of("/etc/sysctl.d/50-x.conf", path);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(conf, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(persisted_load(&place, root, &persisted), 0);
}

START_TEST(a_sysctl_that_a_file_sets)
{
	load("net.core.somaxconn = 8192\nnet.ipv4.tcp_rmem = 4096\t131072  6291456\n");
	ck_assert(is_kept("sysctl", "net.core.somaxconn", "netns 1", "8192"));
	ck_assert(!is_kept("sysctl", "net.core.somaxconn", "netns 1", "4096"));
	ck_assert(is_kept("sysctl", "net.ipv4.tcp_rmem", "netns 1", "4096 131072 6291456"));
	ck_assert(!is_kept("sysctl", "net.ipv4.tcp_wmem", "netns 1", "4096 131072 6291456"));
}
END_TEST

/* Whatever holds there: there is nothing to write. */
START_TEST(what_no_file_can_set_is_none_of_its_business)
{
	struct error e = { 0 };

	ck_assert_int_eq(place_open(os, "blue", &place, &e), 0);
	load("");
	ck_assert(is_kept("sysctl", "net.core.somaxconn", "netns 4102", "8192"));
	ck_assert(is_kept("rlimit", "rlimit:900/nofile", "process 900 start 6000", "1024:4096"));
	ck_assert(is_kept("rlimit", "rlimit:901/nofile", "process 901 start 6000", "1024:4096"));
}
END_TEST

static bool limit_is_kept(const char *value)
{
	return is_kept("rlimit", "rlimit:812/nofile", "process 812 start 5000", value);
}

START_TEST(a_limit_that_a_drop_in_sets)
{
	char first[128], second[128];

	load("");
	path_of("/etc/systemd/system/nginx.service.d/10-a.conf", first);
	path_of("/etc/systemd/system/nginx.service.d/20-b.conf", second);
	ck_assert(!limit_is_kept("1024:4096"));
	fake_os_add_file(os, second, "[Service]\nLimitNOFILE=1024:4096\n");
	fake_os_add_file(os, first, "[Service]\nLimitNOFILE=512:4096\nLimitCORE=0\n");
	ck_assert(limit_is_kept("1024:4096"));
	ck_assert(!limit_is_kept("512:4096"));
	ck_assert(!limit_is_kept("1024:8192"));
	/* The last one counts, of files and of lines. */
	fake_os_add_file(os, second, "[Service]\nLimitNOFILE=1024:4096\nLimitNOFILE=512:4096");
	ck_assert(!limit_is_kept("1024:4096"));
	ck_assert(limit_is_kept("512:4096"));
	fake_os_add_file(os, second, "[Service]\nLimitCORE=0\n");
	ck_assert(limit_is_kept("512:4096"));
}
END_TEST

Suite *test_persisted_suite(void)
{
	Suite *s = suite_create("persisted");
	TCase *c = tcase_create("persisted");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_sysctl_that_a_file_sets);
	tcase_add_test(c, what_no_file_can_set_is_none_of_its_business);
	tcase_add_test(c, a_limit_that_a_drop_in_sets);
	suite_add_tcase(s, c);
	return s;
}
