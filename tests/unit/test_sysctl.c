/* The kind of tunables that are sysctls, on a machine in memory. */
#include "fake_os.h"
#include "kind_fixture.h"
#include "tunables/sysctl.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_sysctl_suite(void);

#define BLUE 4102

static struct os *os;
static struct place blue, host;

static void set_up(void)
{
	struct error e = { 0 };

	os = fake_os_new();
	fake_os_add_netns(os, "blue", BLUE);
	fake_os_add_link(os, BLUE, "eth0.100", 7);
	fake_os_add_sysctl(os, BLUE, "net.ipv4.tcp_rmem", "4096\t131072\t6291456\n");
	fake_os_add_sysctl(os, BLUE, "net.ipv4.conf.eth0/100.rp_filter", "2\n");
	fake_os_add_sysctl(os, FAKE_INITIAL_NETNS, "net.core.netdev_max_backlog", "1000\n");
	ck_assert_int_eq(place_open(os, "blue", &blue, &e), 0);
	ck_assert_int_eq(place_open(os, NULL, &host, &e), 0);
}

static void tear_down(void)
{
	place_close(&host);
	place_close(&blue);
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	fake_os_free(os);
}

#define CC	"net.ipv4.tcp_congestion_control"
#define ALLOWED "net.ipv4.tcp_allowed_congestion_control"

/* Adds what choosing a congestion control looks at. */
static void add_congestion(uint64_t netns, const char *chosen)
{
	fake_os_add_sysctl(os, netns, CC, chosen);
	fake_os_add_sysctl(os, 0, ALLOWED, "reno cubic\n");
	fake_os_add_sysctl(os, 0, "net.ipv4.tcp_available_congestion_control",
			   "reno cubic dctcp\n");
	fake_os_add_sysctl(os, 0, "kernel.osrelease", "6.1.0-test\n");
	fake_os_add_file(os, "/lib/modules/6.1.0-test/modules.dep",
			 "kernel/net/ipv4/tcp_bbr.ko.xz:\nkernel/net/sched/sch_fq.ko.xz:\n");
	fake_os_add_file(os, "/lib/modules/6.1.0-test/modules.builtin",
			 "kernel/net/sched/sch_fq_codel.ko\n");
}

static int refused(const struct place *p, const char *name, struct error *e)
{
	struct target_list list = { 0 };
	int r = sysctl_kind.resolve(p, name, &list, e);

	ck_assert_ptr_null(list.all);
	return r;
}

static struct target resolved(const struct place *p, const char *name)
{
	return kind_resolved(&sysctl_kind, p, name);
}

START_TEST(a_vector_is_read_written_and_restored)
{
	struct target t;
	struct held from, now;
	char to[HELD_TEXT_MAX];
	struct error e = { 0 };

	t = resolved(&blue, "net/ipv4/tcp_rmem");
	ck_assert_str_eq(t.name, "net.ipv4.tcp_rmem");
	ck_assert_str_eq(t.identity, "netns 4102");
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &from, &e), 0);
	ck_assert_str_eq(from.text, "4096 131072 6291456");
	ck_assert_int_eq(sysctl_kind.want(&blue, &t, 2, "67108864", &from, to, &e), 0);
	ck_assert_str_eq(to, "4096 131072 67108864");
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, to, &e), 0);
	ck_assert_str_eq(fake_os_trace(os), "");
	ck_assert_int_eq(sysctl_kind.write(&blue, &t, to, &e), 0);
	ck_assert_str_eq(fake_os_trace(os), "write 4102 net/ipv4/tcp_rmem 4096 131072 67108864\n");
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &now, &e), 0);
	ck_assert_int_eq(sysctl_kind.relate(&t, &now, &from, to), HELD_TO);
	ck_assert_int_eq(sysctl_kind.restore(&blue, &t, &from, &e), 0);
	ck_assert_str_eq(fake_os_sysctl(os, BLUE, "net.ipv4.tcp_rmem"), from.text);
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
}
END_TEST

START_TEST(a_link_is_told_from_another_of_its_name)
{
	struct target t;
	struct error e = { 0 };

	t = resolved(&blue, "net.ipv4.conf.eth0/100.rp_filter");
	ck_assert_str_eq(t.identity, "netns 4102 link 7 eth0.100");
	ck_assert_int_eq(sysctl_kind.present(&blue, &t, &e), 0);
	fake_os_remove_link(os, BLUE, "eth0.100");
	ck_assert_int_eq(sysctl_kind.present(&blue, &t, &e), -ESTALE);
	fake_os_add_link(os, BLUE, "eth0.100", 8);
	ck_assert_int_eq(sysctl_kind.present(&blue, &t, &e), -ESTALE);
	ck_assert_ptr_nonnull(strstr(e.text, "another one"));
}
END_TEST

START_TEST(only_catalogued_keys_are_found)
{
	static const char *const names[] = {
		"net.ipv4.tcp_rme",
		"net.netfilter.nf_hooks_lwtunnel",
		"net.ipv4.route.flush",
		"net.ipv4.conf.*.rp_filter",
		"net.ipv4.conf.../../../../etc.rp_filter",
		"../../etc/passwd",
		"/etc/passwd",
		"net.ipv4.conf.//.rp_filter",
		"net.ipv4.tcp_rmem\n",
		"",
		"uncatalogued:net.ipv4.tcp_rmem",
	};
	struct error e = { 0 };
	unsigned int calls;

	calls = fake_os_calls(os);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_msg(refused(&blue, names[i], &e) == -EINVAL, "%s", names[i]);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
	}
	/* and nothing of it was so much as looked for */
	ck_assert_uint_eq(fake_os_calls(os), calls);
	ck_assert_int_eq(refused(&blue, "net.ipv4.tcp_rme", &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "net.ipv4.tcp_rmem"));
}
END_TEST

START_TEST(what_is_not_here_is_said_why)
{
	struct error e = { 0 };

	ck_assert_int_eq(refused(&blue, "net.core.netdev_max_backlog", &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "whole host"));
	ck_assert_int_eq(refused(&blue, "net.ipv4.tcp_wmem", &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "no such key"));
	ck_assert_int_eq(refused(&blue, "net.ipv4.conf.eth9.rp_filter", &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "eth9"));
	ck_assert_str_eq(resolved(&host, "net.core.netdev_max_backlog").identity, "netns 1");
}
END_TEST

static const struct {
	enum fake_lie lie;
	int code, result;
	enum held_relation relation;
	const char *instead;
} lies[] = {
	{ FAKE_HONEST, 0, 0, HELD_TO, NULL },
	{ FAKE_HALF, -EINVAL, -EINVAL, HELD_BETWEEN, NULL },
	{ FAKE_PARTIAL, 0, 0, HELD_BETWEEN, NULL },
	{ FAKE_REFUSED, -EINVAL, -EINVAL, HELD_FROM, NULL },
	{ FAKE_REFUSED, -ENOENT, -ENOENT, HELD_FROM, NULL },
	{ FAKE_REFUSED, -EPERM, -EPERM, HELD_FROM, NULL },
	{ FAKE_LOST, 0, 0, HELD_FROM, NULL },
	{ FAKE_ADJUSTED, 0, 0, HELD_FOREIGN, "8192 131072 1000" },
	{ FAKE_READ_ONLY, -EACCES, -EACCES, HELD_FROM, NULL },
	{ FAKE_READ_ONLY, -EROFS, -EROFS, HELD_FROM, NULL },
};

START_TEST(every_lie_is_seen_by_reading_back)
{
	struct target t;
	struct held from, now;
	struct error e = { 0 };
	const char *to = "8192 131072 67108864";

	t = resolved(&blue, "net.ipv4.tcp_rmem");
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &from, &e), 0);
	fake_os_lie(os, BLUE, t.name, lies[_i].lie, lies[_i].code, lies[_i].instead, NULL);
	ck_assert_int_eq(sysctl_kind.write(&blue, &t, to, &e), lies[_i].result);
	if (lies[_i].result < 0)
		ck_assert_ptr_nonnull(strstr(e.text, "tcp_rmem"));
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &now, &e), 0);
	ck_assert_int_eq(sysctl_kind.relate(&t, &now, &from, to), lies[_i].relation);
	/* what opening tells is known before the write */
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, to, &e),
			 lies[_i].lie == FAKE_READ_ONLY ? lies[_i].code : 0);
}
END_TEST

START_TEST(a_short_write_is_an_error)
{
	struct target t;
	struct error e = { 0 };

	t = resolved(&blue, "net.ipv4.tcp_rmem");
	fake_os_short_at(os, fake_os_calls(os) + 3); /* setns, open, write */
	ck_assert_int_eq(sysctl_kind.write(&blue, &t, "4096 131072 67108864", &e), -EIO);
	ck_assert_ptr_nonnull(strstr(e.text, "10 of 21"));
}
END_TEST

START_TEST(a_key_that_vanished_is_gone)
{
	struct target t;
	struct held held;
	struct error e = { 0 };

	t = resolved(&blue, "net.ipv4.tcp_rmem");
	ck_assert_int_eq(sysctl_kind.present(&blue, &t, &e), 0);
	ck_assert_int_eq(sysctl_kind.present(&host, &t, &e), -ESTALE);
	fake_os_remove_sysctl(os, BLUE, t.name);
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &held, &e), -ESTALE);
	ck_assert_int_eq(sysctl_kind.write(&blue, &t, "1 2 3", &e), -ESTALE);
}
END_TEST

START_TEST(words_are_validated_before_any_write)
{
	static const char *const bad[] = { "",
					   "4096",
					   "4096 131072",
					   "4096 131072 1 1",
					   "9 8 7",
					   "010 20 30",
					   "0x10 20 30",
					   "4096 131072 junk",
					   "-1 2 3",
					   "4096 131072 99999999999" };
	struct target t;
	struct held now = { .text = "4096 131072 6291456" };
	char to[HELD_TEXT_MAX] = "untouched";
	struct error e = { 0 };

	t = resolved(&blue, "net.ipv4.tcp_rmem");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(sysctl_kind.want(&blue, &t, -1, bad[i], &now, to, &e) < 0, "%s",
			      bad[i]);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
	}
	ck_assert_int_lt(sysctl_kind.want(&blue, &t, 3, "1", &now, to, &e), 0);
	ck_assert_int_lt(sysctl_kind.want(&blue, &t, 99, "1", &now, to, &e), 0);
	ck_assert_str_eq(to, "untouched");
	ck_assert_str_eq(fake_os_trace(os), "");
	ck_assert_int_eq(sysctl_kind.want(&blue, &t, 2, "64MiB", &now, to, &e), 0);
	ck_assert_str_eq(to, "4096 131072 67108864");
}
END_TEST

START_TEST(what_could_not_be_put_back_is_refused)
{
	struct target t;
	struct held from = { 0 };
	struct error e = { 0 };

	t = resolved(&blue, "net.ipv4.tcp_rmem");
	/* /dev/null is mounted over it */
	fake_os_set_sysctl(os, BLUE, t.name, "");
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &from, &e), 0);
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, "1 2 3", &e), -EIO);
	ck_assert_ptr_nonnull(strstr(e.text, "put back"));
}
END_TEST

START_TEST(a_namespace_chooses_among_the_allowed)
{
	struct target t;
	struct held from;
	struct error e = { 0 };

	add_congestion(BLUE, "cubic");
	t = resolved(&blue, CC);
	ck_assert_int_eq(sysctl_kind.read(&blue, &t, &from, &e), 0);
	ck_assert_str_eq(from.undo, "");
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, "reno", &e), 0);
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, "dctcp", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, ALLOWED));
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, "vegas", &e), -EOPNOTSUPP);
	/* chosen when it was still allowed */
	(void)snprintf(from.text, sizeof(from.text), "dctcp");
	ck_assert_int_eq(sysctl_kind.check(&blue, &t, &from, "reno", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "put back"));
}
END_TEST

START_TEST(the_host_chooses_any_and_the_list_is_put_back)
{
	struct target t;
	struct held from;
	struct error e = { 0 };

	add_congestion(FAKE_INITIAL_NETNS, "cubic");
	t = resolved(&host, CC);
	ck_assert_int_eq(sysctl_kind.read(&host, &t, &from, &e), 0);
	ck_assert_str_eq(from.undo, "allowed reno cubic");
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "bbr", &e), 0); /* a module */
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "vegas", &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "reno cubic dctcp"));
	ck_assert_int_eq(sysctl_kind.write(&host, &t, "bbr", &e), 0);
	fake_os_set_sysctl(os, 0, ALLOWED, "bbr reno cubic"); /* as the kernel does */
	ck_assert_int_eq(sysctl_kind.restore(&host, &t, &from, &e), 0);
	ck_assert_str_eq(fake_os_sysctl(os, 1, CC), "cubic");
	ck_assert_str_eq(fake_os_sysctl(os, 1, ALLOWED), "reno cubic");
	/* somebody has changed the list beyond that: it is theirs */
	ck_assert_int_eq(sysctl_kind.write(&host, &t, "bbr", &e), 0);
	fake_os_set_sysctl(os, 0, ALLOWED, "bbr reno cubic dctcp");
	ck_assert_int_eq(sysctl_kind.restore(&host, &t, &from, &e), 0);
	ck_assert_str_eq(fake_os_sysctl(os, 1, CC), "cubic");
	ck_assert_str_eq(fake_os_sysctl(os, 1, ALLOWED), "bbr reno cubic dctcp");
	/* a journal that was tampered with makes nothing else be written */
	(void)snprintf(from.undo, sizeof(from.undo), "allowed ../x");
	ck_assert_int_lt(sysctl_kind.restore(&host, &t, &from, &e), 0);
	ck_assert_str_eq(fake_os_sysctl(os, 1, ALLOWED), "bbr reno cubic dctcp");
}
END_TEST

START_TEST(a_qdisc_must_be_known_as_far_as_can_be_known)
{
	struct target t;
	struct held from;
	struct error e = { 0 };

	add_congestion(FAKE_INITIAL_NETNS, "cubic");
	fake_os_add_sysctl(os, FAKE_INITIAL_NETNS, "net.core.default_qdisc", "pfifo_fast\n");
	t = resolved(&host, "net.core.default_qdisc");
	ck_assert_int_eq(sysctl_kind.read(&host, &t, &from, &e), 0);
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "fq", &e), 0);
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "fq_codel", &e), 0);
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "pfifo_fast", &e), 0);
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "fqq", &e), -EOPNOTSUPP);
	/* without lists of modules the write decides */
	fake_os_add_sysctl(os, 0, "kernel.osrelease", "6.2.0-other\n");
	ck_assert_int_eq(sysctl_kind.check(&host, &t, &from, "fqq", &e), 0);
}
END_TEST

START_TEST(what_is_not_catalogued_is_set_by_hand_alone)
{
	const struct kind *k = &sysctl_uncatalogued_kind;
	struct target_list list = { 0 };
	struct held from, now;
	char to[HELD_TEXT_MAX];
	struct error e = { 0 };

	fake_os_add_sysctl(os, BLUE, "net.ipv4.novel", "5 6\n");
	fake_os_add_sysctl(os, 0, "net.netfilter.nf_hooks_lwtunnel", "0\n");
	fake_os_add_sysctl(os, 0, "net.ipv4.route.flush", "0\n");
	ck_assert_int_eq(
		k->resolve(&blue, "uncatalogued:net/netfilter/nf_hooks_lwtunnel", &list, &e),
		-EINVAL);
	ck_assert_int_eq(k->resolve(&blue, "uncatalogued:net.ipv4.route.flush", &list, &e),
			 -EINVAL);
	ck_assert_int_eq(k->resolve(&blue, "uncatalogued:net.ipv4.tcp_rmem", &list, &e), -EINVAL);
	ck_assert_int_eq(k->resolve(&blue, "uncatalogued:../../etc/passwd", &list, &e), -EINVAL);
	ck_assert_int_eq(k->resolve(&blue, "uncatalogued:net.ipv4.absent", &list, &e), -EOPNOTSUPP);
	ck_assert_int_eq(k->resolve(&blue, "uncatalogued:net/ipv4/novel", &list, &e), 0);
	ck_assert_str_eq(list.all->name, "uncatalogued:net.ipv4.novel");
	ck_assert_int_eq(k->read(&blue, list.all, &from, &e), 0);
	ck_assert_int_lt(k->want(&blue, list.all, 0, "7", &from, to, &e), 0);
	ck_assert_int_lt(k->want(&blue, list.all, -1, "7\n8", &from, to, &e), 0);
	ck_assert_int_lt(k->want(&blue, list.all, -1, " ", &from, to, &e), 0);
	ck_assert_int_eq(k->want(&blue, list.all, -1, "7\t 8 ", &from, to, &e), 0);
	ck_assert_str_eq(to, "7 8");
	ck_assert_int_eq(k->check(&blue, list.all, &from, to, &e), 0);
	fake_os_lie(os, BLUE, "net.ipv4.novel", FAKE_PARTIAL, 0, NULL, "7 8");
	ck_assert_int_eq(k->write(&blue, list.all, to, &e), 0);
	ck_assert_int_eq(k->read(&blue, list.all, &now, &e), 0);
	ck_assert_int_eq(k->relate(list.all, &now, &from, to), HELD_BETWEEN);
	ck_assert_int_eq(k->restore(&blue, list.all, &from, &e), 0);
	ck_assert_str_eq(fake_os_sysctl(os, BLUE, "net.ipv4.novel"), "5 6");
	target_list_done(&list);
}
END_TEST

Suite *test_sysctl_suite(void)
{
	Suite *s = suite_create("tunables/sysctl");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_vector_is_read_written_and_restored);
	tcase_add_test(c, a_link_is_told_from_another_of_its_name);
	tcase_add_test(c, only_catalogued_keys_are_found);
	tcase_add_test(c, what_is_not_here_is_said_why);
	tcase_add_loop_test(c, every_lie_is_seen_by_reading_back, 0,
			    sizeof(lies) / sizeof(lies[0]));
	tcase_add_test(c, a_short_write_is_an_error);
	tcase_add_test(c, a_key_that_vanished_is_gone);
	tcase_add_test(c, words_are_validated_before_any_write);
	tcase_add_test(c, what_could_not_be_put_back_is_refused);
	tcase_add_test(c, a_namespace_chooses_among_the_allowed);
	tcase_add_test(c, the_host_chooses_any_and_the_list_is_put_back);
	tcase_add_test(c, a_qdisc_must_be_known_as_far_as_can_be_known);
	tcase_add_test(c, what_is_not_catalogued_is_set_by_hand_alone);
	suite_add_tcase(s, c);
	return s;
}
