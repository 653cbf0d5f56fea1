/* The files that `netwright restore` reads at boot: what counts of them, and what is a problem. */
#include "apply/boot_settings.h"
#include "fake_os.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DIRECTORY "/etc/netwright/restore.d"

static struct os *os;
static struct error e;
static struct boot_settings s;

static void set_up(void)
{
	os = fake_os_new();
	memset(&e, 0, sizeof(e));
	s = (struct boot_settings){ 0 };
}

static void tear_down(void)
{
	boot_settings_done(&s);
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}

static void read_all(void)
{
	ck_assert_int_eq(boot_settings_read(os, "", &s, &e), 0);
}

static void check_setting(size_t i, const char *tunable, const char *value, const char *why)
{
	ck_assert_uint_lt(i, s.count);
	ck_assert_str_eq(s.all[i].tunable, tunable);
	ck_assert_str_eq(s.all[i].value, value);
	ck_assert_str_eq(s.all[i].why, why);
}

START_TEST(test_nothing_kept)
{
	read_all();
	ck_assert_uint_eq(s.count, 0);
	ck_assert_uint_eq(s.problems.len, 0);
}
END_TEST

START_TEST(test_order_and_form)
{
	/* Not in this order by the directory; neither hidden ones nor others count. */
	fake_os_add_file(os, DIRECTORY "/96-site.conf",
			 "\tlink:eth1/txqueuelen=2000\r\n\n  # a comment = 1\n"
			 "link:eth0/mtu = 1500");
	fake_os_add_file(os, DIRECTORY "/95-a.conf",
			 "link:eth0/mtu = 1400\nroute:default/initcwnd = 20\n");
	fake_os_add_file(os, DIRECTORY "/95-a.conf.new", "link:eth0/mtu = 1\n");
	fake_os_add_file(os, DIRECTORY "/.conf", "link:eth0/mtu = 2\n");
	fake_os_add_file(os, DIRECTORY "/.hidden.conf", "link:eth0/mtu = 3\n");
	read_all();
	ck_assert_uint_eq(s.problems.len, 0);
	ck_assert_uint_eq(s.count, 3);
	check_setting(0, "route:default/initcwnd", "20", "restore 95-a.conf:2");
	check_setting(1, "link:eth1/txqueuelen", "2000", "restore 96-site.conf:1");
	check_setting(2, "link:eth0/mtu", "1500", "restore 96-site.conf:4");
}
END_TEST

static const char *const mistakes[] = {
	"link:eth0/mtu 1400\n",	      "= 1400\n",	"link:eth0/mtu =\n",
	"link:eth0/mtu = 14\00100\n", "\xff\xfe = 1\n",
};

START_TEST(test_a_mistake_costs_its_line)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "link:lo/mtu = 60000\n%slink:lo/txqueuelen = 7\n",
		       mistakes[_i]);
	fake_os_add_file(os, DIRECTORY "/10-x.conf", text);
	read_all();
	ck_assert_uint_eq(s.count, 2);
	check_setting(0, "link:lo/mtu", "60000", "restore 10-x.conf:1");
	check_setting(1, "link:lo/txqueuelen", "7", "restore 10-x.conf:3");
	ck_assert_ptr_nonnull(strstr(s.problems.data, DIRECTORY "/10-x.conf:2: "));
	ck_assert_uint_eq(s.problems.len, strlen(s.problems.data) + 1);
}
END_TEST

START_TEST(test_lengths)
{
	static char text[TARGET_NAME_MAX + HELD_TEXT_MAX + 8];

	/* The longest of both. */
	memset(text, 'a', TARGET_NAME_MAX - 1);
	text[TARGET_NAME_MAX - 1] = '=';
	memset(text + TARGET_NAME_MAX, '1', HELD_TEXT_MAX - 1);
	fake_os_add_file(os, DIRECTORY "/10-x.conf", text);
	read_all();
	ck_assert_uint_eq(s.count, 1);
	boot_settings_done(&s);
	text[TARGET_NAME_MAX + HELD_TEXT_MAX - 1] = '1';
	fake_os_add_file(os, DIRECTORY "/10-x.conf", text);
	read_all();
	ck_assert_uint_eq(s.count, 0);
	ck_assert_ptr_nonnull(strstr(s.problems.data, "too long"));
	boot_settings_done(&s);
	memset(text, 'a', TARGET_NAME_MAX);
	(void)snprintf(text + TARGET_NAME_MAX, 8, "=1");
	fake_os_add_file(os, DIRECTORY "/10-x.conf", text);
	read_all();
	ck_assert_uint_eq(s.count, 0);
	ck_assert_ptr_nonnull(strstr(s.problems.data, "too long"));
}
END_TEST

START_TEST(test_too_many)
{
	struct bytes text = { 0 };

	for (int i = 0; i <= BOOT_SETTINGS_MAX; i++)
		ck_assert_int_ge(bytes_printf(&text, "link:e%d/mtu = 1\n", i), 0);
	fake_os_add_file(os, DIRECTORY "/10-x.conf", text.data);
	ck_assert_int_eq(boot_settings_read(os, "", &s, &e), -E2BIG);
	ck_assert_ptr_nonnull(strstr(e.text, DIRECTORY));
	bytes_done(&text);
}
END_TEST

/* Whatever call fails, what was read is whole, and what was not is told. */
START_TEST(test_every_failure)
{
	unsigned int calls, before = fake_os_calls(os);

	fake_os_add_file(os, DIRECTORY "/10-x.conf", "link:lo/mtu = 60000\n");
	fake_os_add_file(os, DIRECTORY "/20-x.conf", "link:lo/txqueuelen = 7\n");
	read_all();
	calls = fake_os_calls(os) - before;
	ck_assert_uint_gt(calls, 4);
	for (unsigned int call = 1; call <= calls; call++) {
		int r;

		boot_settings_done(&s);
		fake_os_revive(os, false);
		fake_os_fail_at(os, call, -EIO);
		r = boot_settings_read(os, "", &s, &e);
		ck_assert_msg(r == -EIO || s.count == 2 || s.problems.len > 0,
			      "call %u: lost in silence", call);
	}
}
END_TEST

START_TEST(test_below_a_root)
{
	fake_os_add_file(os, "/image" DIRECTORY "/10-x.conf", "link:lo/mtu = 60000\n");
	read_all();
	ck_assert_uint_eq(s.count, 0);
	ck_assert_int_eq(boot_settings_read(os, "/image", &s, &e), 0);
	ck_assert_uint_eq(s.count, 1);
}
END_TEST

START_TEST(test_unit)
{
	ck_assert_int_eq(boot_unit_check(os, "link:lo/mtu", &e), -EOPNOTSUPP);
	ck_assert_int_eq((int)e.kind, (int)ERROR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(e.text, "not installed"));
	ck_assert_ptr_nonnull(strstr(e.text, "link:lo/mtu"));
	fake_os_add_file(os, "/usr/lib/systemd/system/netwright-restore.service", "[Unit]\n");
	ck_assert_int_eq(boot_unit_check(os, "link:lo/mtu", &e), 0);
	/* As a link to /dev/null reads. */
	fake_os_add_file(os, "/etc/systemd/system/netwright-restore.service", "");
	ck_assert_int_eq(boot_unit_check(os, "link:lo/mtu", &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "masked"));
}
END_TEST

Suite *test_boot_settings_suite(void);
Suite *test_boot_settings_suite(void)
{
	Suite *suite = suite_create("boot_settings");
	TCase *tc = tcase_create("boot_settings");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, test_nothing_kept);
	tcase_add_test(tc, test_order_and_form);
	tcase_add_loop_test(tc, test_a_mistake_costs_its_line, 0,
			    (int)(sizeof(mistakes) / sizeof(mistakes[0])));
	tcase_add_test(tc, test_lengths);
	tcase_add_test(tc, test_too_many);
	tcase_add_test(tc, test_every_failure);
	tcase_add_test(tc, test_below_a_root);
	tcase_add_test(tc, test_unit);
	suite_add_tcase(suite, tc);
	return suite;
}
