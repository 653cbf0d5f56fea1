/* Who else sets what we are about to set, found below a root of the test's own. */
#include "apply/rival.h"
#include "base/os.h"
#include "tunables/kind.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static struct plan_change changes[2];
static struct rivals found;
static struct place here;

static void put(const char *path, const char *text)
{
	char whole[512];
	FILE *f;

	(void)snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		(void)mkdir(whole, 0755);
		*slash = '/';
	}
	f = fopen(whole, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void set_up(void)
{
	struct error e;

	(void)snprintf(root, sizeof(root), "/tmp/netwright.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	memset(changes, 0, sizeof(changes));
	ck_assert_int_eq(
		target_recall("sysctl", "net.core.somaxconn", "netns 1", &changes[0].target, &e),
		0);
	(void)snprintf(changes[0].to, sizeof(changes[0].to), "4096");
	ck_assert_int_eq(
		target_recall("sysctl", "net.ipv4.tcp_rmem", "netns 1", &changes[1].target, &e), 0);
	(void)snprintf(changes[1].to, sizeof(changes[1].to), "4096 131072 67108864");
	here = (struct place){ .os = os_live(), .is_init = true, .netns = -1, .home = -1 };
}

static void tear_down(void)
{
	rivals_done(&found);
	(void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t find(bool persist)
{
	const struct plan plan = { .changes = changes, .count = 2 };

	rivals_done(&found);
	ck_assert_int_eq(rivals_find(root, &here, &plan, persist, &found), 0);
	return found.count;
}

static void run_tuned(const char *profile)
{
	put("/proc/812/comm", "tuned\n");
	put("/etc/tuned/active_profile", profile);
}

START_TEST(test_nobody)
{
	ck_assert_uint_eq(find(false), 0);
	put("/etc/sysctl.d/10-other.conf", "net.ipv4.ip_forward = 1\n");
	put("/proc/812/comm", "nginx\n");
	put("/proc/813/comm", "tuned-ppd\n");
	put("/etc/tuned/active_profile", "x\n");
	put("/etc/tuned/x/tuned.conf", "[sysctl]\nnet.core.somaxconn=1\n");
	ck_assert_uint_eq(find(false), 0);
}
END_TEST

START_TEST(test_p16_sysctl_files)
{
	put("/usr/lib/sysctl.d/50-vendor.conf", "net.core.somaxconn = 1024\n");
	put("/etc/sysctl.d/60-site.conf", "# ours\nnet.core.somaxconn = 2048\n");
	ck_assert_uint_eq(find(false), 1);
	ck_assert_int_eq((int)found.all[0].kind, (int)RIVAL_SYSCTL_FILE);
	ck_assert_str_eq(found.all[0].where, "/etc/sysctl.d/60-site.conf:2");
	ck_assert_str_eq(found.all[0].value, "2048");
	ck_assert_str_eq(found.all[0].tunable, "net.core.somaxconn");
	ck_assert_ptr_nonnull(strstr(found.all[0].consequence, "next boot"));
	/* Read before the file of --persist. */
	ck_assert_uint_eq(find(true), 0);
	put("/etc/sysctl.d/96-late.conf", "net.core.somaxconn = 2048\n");
	ck_assert_uint_eq(find(true), 1);
	/* Another namespace is not what it sets. */
	here.is_init = false;
	ck_assert_uint_eq(find(false), 0);
}
END_TEST

START_TEST(test_p16_a_bad_file_is_named_and_hides_no_rival)
{
	char path[128];

	put("/etc/sysctl.d/60-site.conf", "net.core.somaxconn = 2048\n");
	(void)snprintf(path, sizeof(path), "%s/etc/sysctl.d/50-gone.conf", root);
	ck_assert_int_eq(symlink("/nonexistent", path), 0);
	ck_assert_uint_eq(find(false), 1);
	ck_assert_str_eq(found.all[0].where, "/etc/sysctl.d/60-site.conf:1");
	ck_assert_uint_eq(found.unread_count, 1);
	ck_assert_str_eq(found.unread[0].file, "/etc/sysctl.d/50-gone.conf");
	/* Another namespace is not what they set. */
	here.is_init = false;
	ck_assert_uint_eq(find(false), 0);
	ck_assert_uint_eq(found.unread_count, 0);
}
END_TEST

START_TEST(test_sysctl_conf_is_read_last)
{
	put("/etc/sysctl.conf", "net.core.somaxconn = 2048\n");
	ck_assert_uint_eq(find(true), 1);
}
END_TEST

START_TEST(test_same_value_is_no_rival)
{
	put("/etc/sysctl.d/60-site.conf", "net.core.somaxconn=4096\n"
					  "net.ipv4.tcp_rmem = 4096\t131072   67108864\n");
	ck_assert_uint_eq(find(false), 0);
	put("/etc/sysctl.d/60-site.conf", "net.ipv4.tcp_rmem = 4096 131072\n");
	ck_assert_uint_eq(find(false), 1);
}
END_TEST

START_TEST(test_earlier_persistence)
{
	put("/etc/sysctl.d/95-netwright-0000000007.conf", "net.core.somaxconn=512\n");
	ck_assert_uint_eq(find(false), 1);
	ck_assert_ptr_nonnull(strstr(found.all[0].name, "netwright"));
	ck_assert_uint_eq(find(true), 0);
}
END_TEST

START_TEST(test_p16_tuned_and_its_parents)
{
	run_tuned("network-throughput\n");
	put("/usr/lib/tuned/network-throughput/tuned.conf",
	    "[main]\nsummary = x\ninclude=throughput-performance\n"
	    "[sysctl]\nnet.ipv4.tcp_rmem=\"4096 131072 16777216\"  # per socket\n");
	put("/usr/lib/tuned/throughput-performance/tuned.conf",
	    "[sysctl]\n; comment\nnet.core.somaxconn=>2048\n");
	ck_assert_uint_eq(find(false), 2);
	ck_assert_str_eq(found.all[0].name, "TuneD, profile network-throughput (PID 812)");
	ck_assert_str_eq(found.all[0].where, "/usr/lib/tuned/throughput-performance/tuned.conf:3");
	ck_assert_str_eq(found.all[0].value, ">2048");
	ck_assert_str_eq(found.all[1].value, "4096 131072 16777216");
	ck_assert_int_eq((int)found.all[1].kind, (int)RIVAL_TUNED);
}
END_TEST

/* What is newer has the profiles in a directory of their own, and /etc wins over /usr. */
START_TEST(test_tuned_layouts)
{
	run_tuned("x");
	put("/usr/lib/tuned/profiles/x/tuned.conf", "[sysctl]\nnet.core.somaxconn=1\n");
	ck_assert_uint_eq(find(false), 1);
	ck_assert_str_eq(found.all[0].value, "1");
	put("/etc/tuned/x/tuned.conf", "[sysctl]\nnet.core.somaxconn=2\n");
	ck_assert_uint_eq(find(false), 1);
	ck_assert_str_eq(found.all[0].value, "2");
	/* One in /etc that includes its own name means the stock one. */
	put("/etc/tuned/x/tuned.conf", "[main]\ninclude=x\n[sysctl]\nnet.ipv4.ip_forward=1\n");
	ck_assert_uint_eq(find(false), 1);
	ck_assert_str_eq(found.all[0].value, "1");
}
END_TEST

static const struct {
	const char *child; /* of a parent that sets net.core.somaxconn=1 in [sysctl] */
	const char *value; /* NULL: no rival */
} merged[] = {
	{ "[main]\ninclude=parent\n", "1" },
	{ "[main]\ninclude=parent;-nothing\n", "1" },
	{ "[main]\ninclude=none;parent\n", NULL }, /* which TuneD does not load */
	{ "[main]\ninclude=parent\n[sysctl]\nnet.core.somaxconn=2\n", "2" },
	{ "[main]\ninclude=parent\n[sysctl]\nreplace=1\n", NULL },
	{ "[main]\ninclude=parent\n[sysctl]\nreplace=yes\n", "1" },
	{ "[main]\ninclude=parent\n[sysctl]\nenabled=0\n", NULL },
	{ "[main]\ninclude=parent\n[sysctl]\nenabled=yes\n", NULL }, /* TuneD's words */
	{ "[main]\ninclude=parent\n[more]\ntype=sysctl\nnet.core.somaxconn=3\n", "3" },
	{ "[main]\ninclude=parent\n[more]\nnet.core.somaxconn=3\n", "1" },
	{ "[main]\ninclude=parent\n[sysctl]\nnet.core.somaxconn=${f:exec:/bin/x}\n", "" },
	{ "[main]\ninclude=parent,child\n", "1" },	  /* a circle */
	{ "[main]\ninclude=../../../etc/parent\n", "1" }, /* only the last part is a name */
	{ "net.core.somaxconn=3\n[\n[]\n=\n===\n\x01\n", NULL },
	{ "", NULL },
};

START_TEST(test_tuned_merges)
{
	run_tuned("child\n");
	put("/etc/tuned/parent/tuned.conf", "[sysctl]\nnet.core.somaxconn=1\n");
	put("/etc/tuned/child/tuned.conf", merged[_i].child);
	ck_assert_uint_eq(find(false), merged[_i].value != NULL ? 1 : 0);
	if (merged[_i].value != NULL)
		ck_assert_str_eq(found.all[0].value, merged[_i].value);
}
END_TEST

/* A file that TuneD left behind, and one of a process that is another by now. */
START_TEST(test_p16_tuned_by_its_pid_file)
{
	put("/etc/tuned/active_profile", "x\n");
	put("/etc/tuned/x/tuned.conf", "[sysctl]\nnet.core.somaxconn=1\n");
	put("/run/tuned/tuned.pid", "815\n");
	ck_assert_uint_eq(find(false), 0);
	put("/proc/815/cmdline", "/usr/bin/nginx");
	ck_assert_uint_eq(find(false), 0);
	put("/proc/815/cmdline", "/usr/bin/python3 -Es /usr/sbin/tuned -l");
	ck_assert_uint_eq(find(false), 1);
	put("/run/tuned/tuned.pid", "-1\n");
	ck_assert_uint_eq(find(false), 0);
}
END_TEST

START_TEST(test_p16_bpftune)
{
	put("/proc/900/comm", "bpftune\n");
	ck_assert_uint_eq(find(false), 1); /* it leaves somaxconn alone */
	ck_assert_str_eq(found.all[0].tunable, "net.ipv4.tcp_rmem");
	ck_assert_str_eq(found.all[0].value, "");
	ck_assert_str_eq(found.all[0].name, "bpftune (PID 900)");
}
END_TEST

Suite *test_rival_suite(void);
Suite *test_rival_suite(void)
{
	Suite *s = suite_create("rival");
	TCase *tc = tcase_create("rival");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, test_nobody);
	tcase_add_test(tc, test_p16_sysctl_files);
	tcase_add_test(tc, test_p16_a_bad_file_is_named_and_hides_no_rival);
	tcase_add_test(tc, test_sysctl_conf_is_read_last);
	tcase_add_test(tc, test_same_value_is_no_rival);
	tcase_add_test(tc, test_earlier_persistence);
	tcase_add_test(tc, test_p16_tuned_and_its_parents);
	tcase_add_test(tc, test_tuned_layouts);
	tcase_add_loop_test(tc, test_tuned_merges, 0, (int)(sizeof(merged) / sizeof(merged[0])));
	tcase_add_test(tc, test_p16_tuned_by_its_pid_file);
	tcase_add_test(tc, test_p16_bpftune);
	suite_add_tcase(s, tc);
	return s;
}
