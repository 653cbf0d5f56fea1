/* The table of kinds, and what names and the journal make of it. */
#include "base/cleanup.h"
#include "tunables/kind.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_kind_suite(void);

START_TEST(table_is_complete)
{
	ck_assert_str_eq(kinds[kind_count - 1]->prefix, "");
	for (size_t i = 0; i < kind_count; i++) {
		const struct kind *k = kinds[i];

		ck_assert_ptr_eq(kind_find(k->name), k);
		ck_assert(k->resolve != NULL && k->recall != NULL && k->present != NULL &&
			  k->read != NULL && k->parse != NULL && k->want != NULL &&
			  k->check != NULL && k->write != NULL && k->restore != NULL &&
			  k->relate != NULL);
		ck_assert_uint_gt(*k->row_count, 0);
		for (size_t j = 0; j < *k->row_count; j++) {
			const struct tunable *t = &k->rows[j];
			size_t len = strlen(k->prefix);

			ck_assert_int_eq(strncmp(t->name, k->prefix, len), 0);
			ck_assert_ptr_eq(kind_of_target(t->name), k);
			ck_assert_msg(j == 0 || strcmp(k->rows[j - 1].name, t->name) < 0, "%s",
				      t->name);
			ck_assert_msg(t->help != NULL && t->help[strlen(t->help) - 1] == '.', "%s",
				      t->name);
			ck_assert_msg(t->source != NULL && t->elements > 0 && t->scale > 0, "%s",
				      t->name);
		}
	}
	ck_assert_ptr_null(kind_find("sysct"));
	ck_assert_str_eq(kind_of_target("net.ipv4.tcp_rmem")->name, "sysctl");
	ck_assert_str_eq(kind_of_target("rlimit:812/nofile")->name, "rlimit");
	ck_assert(kind_of_target("uncatalogued:a.b")->by_hand_only);
}
END_TEST

START_TEST(rows_are_found_by_what_people_write)
{
	static const char *const none[] = {
		"rlimit:",	 "rlimit:files",     "rlimit:nginx/files",
		"rlimit:nginx/", "uncatalogued:KEY", "nofile",
		"nginx/nofile",	 "net.ipv4.tcp_rme", ""
	};
	const struct tunable *row = kind_row_find("rlimit:nofile");

	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(row->name, "rlimit:nofile");
	ck_assert_int_eq(tunable_privilege(row), TUNABLE_SAME_USER);
	ck_assert_ptr_eq(kind_row_find("rlimit:nginx/nofile"), row);
	ck_assert_ptr_eq(kind_row_find("net.ipv4.tcp_rmem"), tunable_find("net.ipv4.tcp_rmem"));
	ck_assert_ptr_eq(kind_row_find("rlimit:cgroup=/a/b/nofile"), row);
	row = kind_row_find("socket:dst 198.51.100.0/24/congestion");
	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(row->name, "socket:congestion");
	ck_assert_int_eq(tunable_privilege(row), TUNABLE_TRACER);
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		ck_assert_msg(kind_row_find(none[i]) == NULL, "%s", none[i]);
}
END_TEST

static const struct {
	const char *kind, *name, *identity;
} sound[] = {
	{ "sysctl", "net.ipv4.tcp_rmem", "netns 4102" },
	{ "sysctl", "net.ipv4.conf.all.rp_filter", "netns 1" },
	{ "sysctl", "net.ipv4.conf.eth0.rp_filter", "netns 1 link 2 eth0" },
	{ "sysctl", "net.ipv4.conf.eth0/100.rp_filter", "netns 1 link 7 eth0.100" },
	{ "sysctl-uncatalogued", "uncatalogued:net.foo.bar", "netns 4102" },
	{ "rlimit", "rlimit:812/nofile", "process 812 start 173529" },
	{ "socket", "socket:812/9/rcvbuf", "process 812 start 173529 fd 9 cookie 4711" },
	{ "socket", "socket:1/0/congestion", "process 1 start 0 fd 0 cookie 18446744073709551614" },
	{ "link", "link:eth0/mtu", "netns 4102 link 2 eth0" },
	{ "link", "link:eth0.100/qdisc", "netns 1 link 2147483647 eth0.100" },
	{ "link", "link:eth0/offload.tso", "netns 1 link 2 eth0" },
	{ "link", "link:eth0/channels.rx", "netns 1 link 2 eth0" },
	{ "route", "route:default/initcwnd", "netns 4102" },
	{ "route", "route:198.51.100.7/32/congctl", "netns 4102 new" },
	{ "route", "route:2001:db8::/32@table:100,metric:50/rto_min", "netns 1" },
	{ "route", "route:::/0/ecn", "netns 1" },
	{ "route", "route:203.0.113.0/24@table:1000,metric:7,tos:16/window", "netns 1" },
};

START_TEST(what_the_journal_names_is_recalled)
{
	struct target t;
	struct error e = { 0 };

	ck_assert_msg(target_recall(sound[_i].kind, sound[_i].name, sound[_i].identity, &t, &e) ==
			      0,
		      "%s: %s", sound[_i].name, e.text);
	ck_assert_str_eq(t.kind->name, sound[_i].kind);
	ck_assert_str_eq(t.name, sound[_i].name);
	ck_assert_str_eq(t.identity, sound[_i].identity);
	ck_assert_ptr_nonnull(t.tunable);
}
END_TEST

static const struct {
	const char *kind, *name, *identity;
} damaged[] = {
	{ "sysctl", "net.netfilter.nf_hooks_lwtunnel", "netns 1" },
	{ "sysctl", "net.ipv4.tcp_rmen", "netns 1" },
	{ "sysctl", "net/ipv4/tcp_rmem", "netns 1" },
	{ "sysctl", "../../etc/passwd", "netns 1" },
	{ "sysctl", "net.ipv4.conf.*.rp_filter", "netns 1 link 2 *" },
	{ "sysctl", "net.ipv4.tcp_rmem", "" },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns" },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns x" },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns 01" },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns  1" },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns 1 " },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns 1 link 2 eth0" },
	{ "sysctl", "net.ipv4.tcp_rmem", "netns 99999999999999999999" },
	{ "sysctl", "net.ipv4.conf.eth0.rp_filter", "netns 1" },
	{ "sysctl", "net.ipv4.conf.eth0.rp_filter", "netns 1 link 2 eth1" },
	{ "sysctl", "net.ipv4.conf.eth0.rp_filter", "netns 1 link 4294967298 eth0" },
	{ "sysctl", "rlimit:812/nofile", "process 812 start 173529" },
	{ "sysctl-uncatalogued", "net.foo.bar", "netns 1" },
	{ "sysctl-uncatalogued", "uncatalogued:net/foo/bar", "netns 1" },
	{ "sysctl-uncatalogued", "uncatalogued:../../etc/passwd", "netns 1" },
	{ "sysctl-uncatalogued", "uncatalogued:net.netfilter.nf_hooks_lwtunnel", "netns 1" },
	{ "sysctl-uncatalogued", "uncatalogued:net.foo.bar", "netns 1 link 2 eth0" },
	{ "rlimit", "rlimit:nginx/nofile", "process 812 start 173529" },
	{ "rlimit", "rlimit:813/nofile", "process 812 start 173529" },
	{ "rlimit", "rlimit:812/files", "process 812 start 173529" },
	{ "rlimit", "rlimit:0/nofile", "process 0 start 173529" },
	{ "rlimit", "rlimit:812/nofile", "process 812" },
	{ "rlimit", "rlimit:812/nofile", "process 812 start 1 x" },
	{ "rlimit", "rlimit:4294968108/nofile", "process 4294968108 start 1" },
	{ "socket", "socket:pid 812/rcvbuf", "process 812 start 173529 fd 9 cookie 4711" },
	{ "socket", "socket:812/9/buffer", "process 812 start 173529 fd 9 cookie 4711" },
	{ "socket", "socket:813/9/rcvbuf", "process 812 start 173529 fd 9 cookie 4711" },
	{ "socket", "socket:812/8/rcvbuf", "process 812 start 173529 fd 9 cookie 4711" },
	{ "socket", "socket:812/09/rcvbuf", "process 812 start 173529 fd 9 cookie 4711" },
	{ "socket", "socket:812/9/rcvbuf", "process 812 start 173529 fd 9 cookie 0" },
	{ "socket", "socket:812/9/rcvbuf", "process 812 start 173529 fd 9" },
	{ "socket", "socket:812/9/rcvbuf", "process 812 start 173529 fd 9 cookie 4711 " },
	{ "socket", "socket:812/9/rcvbuf", "process 812 start 173529 fd 4294967305 cookie 4711" },
	{ "socket", "socket:0/9/rcvbuf", "process 0 start 1 fd 9 cookie 4711" },
	{ "rlimit", "socket:812/9/rcvbuf", "process 812 start 173529 fd 9 cookie 4711" },
	{ "route", "route:default/initcwmd", "netns 1" },
	{ "route", "route:default/initcwnd", "netns 1 old" },
	{ "route", "route:default/initcwnd", "netns 1 new new" },
	{ "route", "route:default/initcwnd", "netns 01" },
	{ "route", "route:default/initcwnd", "" },
	{ "route", "route:0.0.0.0/0/initcwnd", "netns 1" },
	{ "route", "route:198.51.100.7/initcwnd", "netns 1" },
	{ "route", "route:198.51.100.7/24/initcwnd", "netns 1" },
	{ "route", "route:198.51.100.0/33/initcwnd", "netns 1" },
	{ "route", "route:default@/initcwnd", "netns 1" },
	{ "route", "route:default@metric:0/initcwnd", "netns 1" },
	{ "route", "route:default@metric:7,table:100/initcwnd", "netns 1" },
	{ "route", "route:default@table:0/initcwnd", "netns 1" },
	{ "route", "route:default@table:4294967296/initcwnd", "netns 1" },
	{ "route", "route:default@tos:256/initcwnd", "netns 1" },
	{ "route", "route:::/0@tos:16/initcwnd", "netns 1" },
	{ "route", "route:*/initcwnd", "netns 1" },
	{ "nexthop", "route:default/initcwnd", "netns 1" },
	{ "link", "link:eth0/mtu", "netns 1" },
	{ "link", "link:eth0/mtu", "netns 1 link 2 eth1" },
	{ "link", "link:eth0/mtu", "netns 1 link 0 eth0" },
	{ "link", "link:eth0/mtu", "netns 1 link 02 eth0" },
	{ "link", "link:eth0/mtu", "netns 1 link 2147483648 eth0" },
	{ "link", "link:eth0/mtu", "netns 1 link 2 eth0 x" },
	{ "link", "link:eth0/mtus", "netns 1 link 2 eth0" },
	{ "link", "link:*/mtu", "netns 1 link 2 *" },
	{ "link", "link:../mtu", "netns 1 link 2 .." },
	{ "link", "link:eth0/a/mtu", "netns 1 link 2 eth0" },
	{ "link", "link:abcdefghijklmnop/mtu", "netns 1 link 2 abcdefghijklmnop" },
	{ "link", "link:eth0", "netns 1 link 2 eth0" },
};

START_TEST(what_the_journal_must_not_name_is_refused)
{
	struct target t = { .name = "untouched" };
	struct error e = { 0 };

	ck_assert_msg(target_recall(damaged[_i].kind, damaged[_i].name, damaged[_i].identity, &t,
				    &e) == -EINVAL,
		      "%s %s", damaged[_i].name, damaged[_i].identity);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_str_eq(t.name, "untouched");
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	char endless[600];
	struct target t;
	struct error e = { 0 };

	memset(endless, '1', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	ck_assert_int_eq(target_recall("sysctl", endless, "netns 1", &t, &e), -EINVAL);
	ck_assert_int_eq(target_recall("sysctl", "net.ipv4.tcp_rmem", endless, &t, &e), -EINVAL);
	ck_assert_int_eq(target_recall(endless, "net.ipv4.tcp_rmem", "netns 1", &t, &e), -EINVAL);
}
END_TEST

START_TEST(elements_are_split_off)
{
	static const char *const bad[] = { "",	    "[2]",   "a[",    "a[]",  "a[2",	"a[2]x",
					   "a[-1]", "a[02]", "a[2]]", "a[x]", "a[100]", "a b",
					   "a\n",   "a[ 2]", "a b:c", "a:\n", "a:b[ 2]" };
	char name[TARGET_NAME_MAX], longest[TARGET_NAME_MAX + 1];
	struct error e = { 0 };
	int element;

	ck_assert_int_eq(target_split_name("net.ipv4.tcp_rmem[2]", name, &element, &e), 0);
	ck_assert_str_eq(name, "net.ipv4.tcp_rmem");
	ck_assert_int_eq(element, 2);
	ck_assert_int_eq(target_split_name("net.ipv4.tcp_rmem", name, &element, &e), 0);
	ck_assert_int_eq(element, -1);
	ck_assert_int_eq(target_split_name("socket:dst 198.51.100.0/24 and port 443/congestion",
					   name, &element, &e),
			 0);
	ck_assert_str_eq(name, "socket:dst 198.51.100.0/24 and port 443/congestion");
	ck_assert_int_eq(target_split_name("a[0]", name, &element, &e), 0);
	ck_assert_int_eq(element, 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(target_split_name(bad[i], name, &element, &e) == -EINVAL, "%s",
			      bad[i]);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
	}
	ck_assert_str_eq(name, "a");
	memset(longest, 'a', sizeof(longest));
	longest[TARGET_NAME_MAX] = '\0';
	ck_assert_int_eq(target_split_name(longest, name, &element, &e), -EINVAL);
	longest[TARGET_NAME_MAX - 1] = '\0';
	ck_assert_int_eq(target_split_name(longest, name, &element, &e), 0);
}
END_TEST

Suite *test_kind_suite(void)
{
	Suite *s = suite_create("tunables/kind");
	TCase *c = tcase_create("all");

	tcase_add_test(c, table_is_complete);
	tcase_add_test(c, rows_are_found_by_what_people_write);
	tcase_add_loop_test(c, what_the_journal_names_is_recalled, 0, (int)ARRAY_LEN(sound));
	tcase_add_loop_test(c, what_the_journal_must_not_name_is_refused, 0,
			    (int)ARRAY_LEN(damaged));
	tcase_add_test(c, what_is_too_long_is_refused);
	tcase_add_test(c, elements_are_split_off);
	suite_add_tcase(s, c);
	return s;
}
