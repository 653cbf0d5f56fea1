/* The kind of tunables that are sysctls, on a machine in memory. */
#include "fake_os.h"
#include "tunables/sysctl.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_sysctl_suite(void);

#define BLUE 4102

static struct os *machine(void)
{
	struct os *os = fake_os_new();

	fake_os_add_netns(os, "blue", BLUE);
	fake_os_add_link(os, BLUE, "eth0.100", 7);
	fake_os_add_sysctl(os, BLUE, "net.ipv4.tcp_rmem", "4096\t131072\t6291456\n");
	fake_os_add_sysctl(os, BLUE, "net.ipv4.conf.eth0/100.rp_filter", "2\n");
	fake_os_add_sysctl(os, FAKE_INITIAL_NETNS, "net.core.netdev_max_backlog", "1000\n");
	return os;
}

static struct target resolved(const struct place *p, const char *name)
{
	struct target_list list = { 0 };
	struct target t;
	struct error e = { 0 };

	ck_assert_msg(sysctl_kind.resolve(p, name, &list, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(list.count, 1);
	t = list.all[0];
	target_list_done(&list);
	return t;
}

START_TEST(a_vector_is_read_written_and_restored)
{
	struct os *os = machine();
	struct place p;
	struct target t;
	struct held from, now;
	char to[HELD_TEXT_MAX];
	struct error e = { 0 };

	ck_assert_int_eq(place_open(os, "blue", &p, &e), 0);
	t = resolved(&p, "net/ipv4/tcp_rmem");
	ck_assert_str_eq(t.name, "net.ipv4.tcp_rmem");
	ck_assert_str_eq(t.identity, "netns 4102");
	ck_assert_int_eq(sysctl_kind.read(&p, &t, &from, &e), 0);
	ck_assert_str_eq(from.text, "4096 131072 6291456");
	ck_assert_int_eq(sysctl_kind.want(&p, &t, 2, "67108864", &from, to, &e), 0);
	ck_assert_str_eq(to, "4096 131072 67108864");
	ck_assert_int_eq(sysctl_kind.check(&p, &t, &from, to, &e), 0);
	ck_assert_str_eq(fake_os_trace(os), "");
	ck_assert_int_eq(sysctl_kind.write(&p, &t, to, &e), 0);
	ck_assert_str_eq(fake_os_trace(os), "write 4102 net/ipv4/tcp_rmem 4096 131072 67108864\n");
	ck_assert_int_eq(sysctl_kind.read(&p, &t, &now, &e), 0);
	ck_assert_int_eq(sysctl_kind.relate(&t, &now, &from, to), HELD_TO);
	ck_assert_int_eq(sysctl_kind.restore(&p, &t, &from, &e), 0);
	ck_assert_str_eq(fake_os_sysctl(os, BLUE, "net.ipv4.tcp_rmem"), from.text);
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	place_close(&p);
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}
END_TEST

START_TEST(a_link_is_told_from_another_of_its_name)
{
	struct os *os = machine();
	struct place p;
	struct target t;
	struct error e = { 0 };

	ck_assert_int_eq(place_open(os, "blue", &p, &e), 0);
	t = resolved(&p, "net.ipv4.conf.eth0/100.rp_filter");
	ck_assert_str_eq(t.identity, "netns 4102 link 7 eth0.100");
	ck_assert_int_eq(sysctl_kind.present(&p, &t, &e), 0);
	fake_os_remove_link(os, BLUE, "eth0.100");
	ck_assert_int_eq(sysctl_kind.present(&p, &t, &e), -ESTALE);
	fake_os_add_link(os, BLUE, "eth0.100", 8);
	ck_assert_int_eq(sysctl_kind.present(&p, &t, &e), -ESTALE);
	ck_assert_ptr_nonnull(strstr(e.text, "another one"));
	place_close(&p);
	fake_os_free(os);
}
END_TEST

Suite *test_sysctl_suite(void)
{
	Suite *s = suite_create("tunables/sysctl");
	TCase *c = tcase_create("all");

	tcase_add_test(c, a_vector_is_read_written_and_restored);
	tcase_add_test(c, a_link_is_told_from_another_of_its_name);
	suite_add_tcase(s, c);
	return s;
}
