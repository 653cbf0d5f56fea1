/* The profile that every boot applies: which file counts, what is wrong with one, what is written,
 * and who has the last word. */
#include "apply/boot_profile.h"
#include "fake_os.h"
#include "tunables/kind.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DIRECTORY "/etc/netwright/restore.d"

Suite *test_boot_profile_suite(void);

static struct os *os;
static struct error e;
static struct boot_profile p;

static void setup(void)
{
	os = fake_os_new();
	memset(&e, 0, sizeof(e));
	memset(&p, 0, sizeof(p));
}

static void teardown(void)
{
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}

START_TEST(without_a_file_there_is_none)
{
	ck_assert_int_eq(boot_profile_read(os, "", &p, &e), 0);
	ck_assert_str_eq(p.file, "");
	fake_os_add_file(os, DIRECTORY "/95-a.conf", "link:eth0/mtu = 1400\n");
	fake_os_add_file(os, DIRECTORY "/.profile", "profile = web-server\n");
	fake_os_add_file(os, DIRECTORY "/95-a.profile.new", "profile = web-server\n");
	ck_assert_int_eq(boot_profile_read(os, "", &p, &e), 0);
	ck_assert_str_eq(p.file, "");
}
END_TEST

START_TEST(the_last_file_counts)
{
	fake_os_add_file(os, DIRECTORY "/96-b.profile",
			 "# ours\n\n  profile = bulk-wan\r\ninput = rtt=180ms\ninput=flows=1");
	fake_os_add_file(os, DIRECTORY "/95-a.profile", "profile = web-server\n");
	ck_assert_int_eq(boot_profile_read(os, "", &p, &e), 0);
	ck_assert_str_eq(p.file, "96-b.profile");
	ck_assert_str_eq(p.name, "bulk-wan");
	ck_assert_uint_eq(p.input_count, 2);
	ck_assert_str_eq(p.inputs[0], "rtt=180ms");
	ck_assert_str_eq(p.inputs[1], "flows=1");
	ck_assert_int_eq(boot_profile_read(os, "/image", &p, &e), 0);
	ck_assert_str_eq(p.file, "");
}
END_TEST

static const struct {
	const char *text, *says;
} mistakes[] = {
	{ "", ": has no line profile = NAME" },
	{ "# nothing\ninput = a=1\n", ": has no line profile = NAME" },
	{ "profile = a\nprofile = b\n", ":2: is the second profile" },
	{ "\nprofile\n", ":2: is neither" },
	{ "profile =\n", ":1: is neither" },
	{ "proflie = a\n", ":1: is neither" },
	{ "profile = a\001\n", ":1: is neither" },
	{ "profile = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	  ":1: is longer than the name" },
	{ "profile = a\n"
	  "input=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\n"
	  "input=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\ninput=a=1\n"
	  "input=a=1\n",
	  ":18: is one input too many" },
};

START_TEST(a_mistake_has_a_line)
{
	fake_os_add_file(os, DIRECTORY "/95-a.profile", mistakes[_i].text);
	ck_assert_int_eq(boot_profile_read(os, "", &p, &e), -EINVAL);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(e.text, DIRECTORY "/95-a.profile") != NULL, "%s", e.text);
	ck_assert_msg(strstr(e.text, mistakes[_i].says) != NULL, "%s", e.text);
	ck_assert_str_eq(p.file, "");
}
END_TEST

START_TEST(a_failed_read_is_told)
{
	unsigned int calls, before = fake_os_calls(os);

	fake_os_add_file(os, DIRECTORY "/95-a.profile", "profile = web-server\n");
	ck_assert_int_eq(boot_profile_read(os, "", &p, &e), 0);
	calls = fake_os_calls(os) - before;
	ck_assert_uint_gt(calls, 2);
	for (unsigned int call = 1; call <= calls; call++) {
		int r;

		memset(&p, 0, sizeof(p));
		fake_os_revive(os, false);
		fake_os_fail_at(os, call, -EIO);
		r = boot_profile_read(os, "", &p, &e);
		ck_assert_msg(r < 0 || strcmp(p.name, "web-server") == 0,
			      "call %u: lost in silence", call);
	}
}
END_TEST

static void change(struct change_record *c, const char *kind, const char *name,
		   const char *identity, const char *why)
{
	memset(c, 0, sizeof(*c));
	ck_assert_int_eq(target_recall(kind, name, identity, &c->change.target, &e), 0);
	(void)snprintf(c->change.why, sizeof(c->change.why), "%s", why);
}

START_TEST(what_is_written_is_read_again)
{
	static const char why[] = "profile bulk-wan (rtt=180ms, flows=1): back to what was";
	struct change_record changes[2];
	struct transaction_record t = { .changes = changes, .change_count = 2 };
	struct bytes text = { 0 };

	change(&changes[0], "rlimit", "rlimit:812/nofile", "process 812 start 5000", why);
	change(&changes[1], "sysctl", "net.core.somaxconn", "netns 1", why);
	ck_assert(!boot_profile_takes(&changes[0].change));
	ck_assert(boot_profile_takes(&changes[1].change));
	ck_assert_int_eq(boot_profile_text(&t, &text), 0);
	ck_assert_str_eq(text.data, "profile = bulk-wan\ninput = rtt=180ms\ninput = flows=1\n");
	fake_os_add_file(os, DIRECTORY "/95-a.profile", text.data);
	ck_assert_int_eq(boot_profile_read(os, "", &p, &e), 0);
	ck_assert_str_eq(p.name, "bulk-wan");
	ck_assert_uint_eq(p.input_count, 2);
	bytes_clear(&text);
	change(&changes[1], "sysctl", "net.core.somaxconn", "netns 1", "by hand");
	ck_assert(!boot_profile_takes(&changes[1].change));
	ck_assert_int_eq(boot_profile_text(&t, &text), 0);
	ck_assert_uint_eq(text.len, 0);
	bytes_done(&text);
}
END_TEST

static const struct {
	const char *file, *tunable;
	const char *says; /* NULL: the profile has the last word */
} words[] = {
	{ "/etc/sysctl.d/94-early.conf", "net.core.somaxconn", NULL },
	{ "/etc/sysctl.d/95-netwright-0000000011.conf", "net.core.somaxconn", NULL },
	{ "/etc/sysctl.d/95-netwright-0000000012.conf", "net.core.somaxconn", NULL },
	{ "/etc/sysctl.d/95-netwright-0000000013.conf", "net.core.somaxconn",
	  "95-netwright-0000000013.conf:1 sets it at boot" },
	{ "/usr/lib/sysctl.d/99-local.conf", "net.core.somaxconn", "99-local.conf:1 sets it" },
	{ "/usr/lib/sysctl.d/99-local.conf", "net.core.netdev_budget", NULL },
	{ "/usr/lib/sysctl.d/99-local.conf", "link:eth0/mtu", "restore 95-b.conf:3 sets it after" },
};

START_TEST(later_files_have_the_last_word)
{
	static char key[] = "net.core.somaxconn", value[] = "128";
	struct boot_setting link = { (char[]){ "link:eth0/mtu" }, value, "restore 95-b.conf:3" };
	struct boot_others others = { .settings = { .all = &link, .count = 1 } };
	char line[64], reason[320] = "";
	bool set;

	(void)snprintf(p.file, sizeof(p.file), "95-netwright-0000000012.profile");
	(void)snprintf(line, sizeof(line), "%s = %s\n", key, value);
	ck_assert_int_eq(
		sysctl_settings_parse(&others.sysctls, words[_i].file, line, strlen(line), &e), 0);
	set = boot_others_set(&others, &p, words[_i].tunable, reason, sizeof(reason));
	ck_assert_int_eq(set, words[_i].says != NULL);
	ck_assert_msg(words[_i].says == NULL || strstr(reason, words[_i].says) != NULL, "%s",
		      reason);
	sysctl_settings_done(&others.sysctls);
}
END_TEST

Suite *test_boot_profile_suite(void)
{
	Suite *s = suite_create("boot_profile");
	TCase *tc = tcase_create("boot_profile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_a_file_there_is_none);
	tcase_add_test(tc, the_last_file_counts);
	tcase_add_loop_test(tc, a_mistake_has_a_line, 0,
			    (int)(sizeof(mistakes) / sizeof(mistakes[0])));
	tcase_add_test(tc, a_failed_read_is_told);
	tcase_add_test(tc, what_is_written_is_read_again);
	tcase_add_loop_test(tc, later_files_have_the_last_word, 0,
			    (int)(sizeof(words) / sizeof(words[0])));
	suite_add_tcase(s, tc);
	return s;
}
