/* The kind of tunables that are options of connections, on a machine in memory. */
#include "base/cleanup.h"
#include "socket_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_socket_suite(void);

static struct os *os;
static struct place place;

static void set_up(void)
{
	os = machine(&place);
}

static void tear_down(void)
{
	fake_os_free(os);
}

START_TEST(selectors_mean_connections)
{
	static const struct {
		const char *selector, *first;
		size_t count;
	} cases[] = {
		{ "812/7", "812/7", 1 },
		{ "dst 198.51.100.0/24", "811/20", 2 },
		{ "dst 198.51.100.7", "812/7", 1 },
		{ "port 443", "811/20", 3 },
		{ "sport 443", "811/20", 2 },
		{ "pid 812", "812/7", 2 },
		{ "pid 900", "900/5", 1 },
		{ "name nginx", "811/20", 2 },
		{ "name a) b (c", "900/5", 1 },
		{ "cgroup=" SERVICE, "811/20", 2 },
		{ "cgroup=" SERVICE " and dst 198.51.100.7", "812/7", 1 },
		{ "dst 198.51.100.7 and pid 812 and name nginx", "812/7", 1 },
		{ "not (pid 812 or dst 203.0.113.9) or dst 198.51.100.7", "812/7", 1 },
		{ "pid 900 or dst 198.51.100.7", "812/7", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target_list list = { 0 };
		struct error e = { 0 };
		char name[200];

		(void)snprintf(name, sizeof(name), "socket:%s/congestion", cases[i].selector);
		ck_assert_msg(socket_kind.resolve(&place, name, &list, &e) == 0, "%s: %s", name,
			      e.text);
		ck_assert_msg(list.count == cases[i].count, "%s: %zu", name, list.count);
		(void)snprintf(name, sizeof(name), "socket:%s/congestion", cases[i].first);
		ck_assert_str_eq(list.all[0].name, name);
		for (size_t j = 0; j < list.count; j++)
			ck_assert_ptr_eq(socket_kind.recall(list.all[j].name, list.all[j].identity),
					 list.all[j].tunable);
		target_list_done(&list);
	}
	ck_assert_str_eq(resolved(&place, "socket:812/7/rcvbuf").identity,
			 "process 812 start 173529 fd 7 cookie 11");
	ck_assert_uint_eq(fake_os_open_files(os), 0);
	ck_assert_str_eq(fake_os_trace(os), "");
}
END_TEST

START_TEST(a_namespace_has_connections_of_its_own)
{
	struct place blue;
	struct error e;

	ck_assert_int_eq(place_open(os, "blue", &blue, &e), 0);
	ck_assert_str_eq(resolved(&blue, "socket:dst 198.51.100.0/24/nodelay").name,
			 "socket:900/6/nodelay");
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	place_close(&blue);
}
END_TEST

START_TEST(selectors_that_mean_none_are_refused)
{
	static const struct kind_mistake cases[] = {
		{ "socket:812/8/congestion", -ENOENT },
		{ "socket:813/7/congestion", -ENOENT },
		{ "socket:812/3/congestion", -EINVAL }, /* a file */
		{ "socket:812/7/congestio", -EINVAL },
		{ "socket:812/7", -EINVAL },
		{ "socket:/congestion", -EINVAL },
		{ "socket:congestion", -EINVAL },
		{ "socket:0/7/congestion", -EINVAL },
		{ "socket:0812/7/congestion", -EINVAL },
		{ "socket:812/-1/congestion", -EINVAL },
		{ "socket:dst 192.0.2.77/congestion", -ENOENT },
		{ "socket:dst/congestion", -EINVAL },
		{ "socket:dst 198.51.100.0/24 and/congestion", -EINVAL },
		{ "socket:pid nginx/congestion", -EINVAL },
		{ "socket:pid 0/congestion", -EINVAL },
		{ "socket:pid 4711/congestion", -ENOENT },
		{ "socket:name nginx or port 1/congestion", -EINVAL },
		{ "socket:name no-such/congestion", -ENOENT },
		{ "socket:cgroup=../x/congestion", -EINVAL },
		{ "socket:name nginx and pid 900/congestion", -ENOENT },
	};

	kind_refuses(&socket_kind, &place, cases, ARRAY_LEN(cases));
	ck_assert_uint_eq(fake_os_open_files(os), 0);
}
END_TEST

START_TEST(rights_are_asked_for)
{
	struct target t = resolved(&place, "socket:812/7/congestion");
	struct held from = { "cubic", "" };
	struct target_list list = { 0 };
	struct error e = { 0 };

	fake_os_set_trace_right(os, false);
	ck_assert_int_eq(socket_kind.present(&place, &t, &e), -EPERM);
	ck_assert_int_eq(e.kind, ERROR_PRIVILEGE);
	ck_assert_ptr_nonnull(strstr(e.text, "CAP_SYS_PTRACE"));
	ck_assert_int_eq(socket_kind.resolve(&place, "socket:port 443/congestion", &list, &e),
			 -EPERM);
	ck_assert_int_eq(e.kind, ERROR_PRIVILEGE);
	/* Root without the capability may list the descriptors, and not read them. */
	fake_os_set_trace_right(os, true);
	fake_os_set_links_readable(os, false);
	e = (struct error){ 0 };
	ck_assert_int_eq(socket_kind.resolve(&place, "socket:port 443/congestion", &list, &e),
			 -EPERM);
	ck_assert_int_eq(e.kind, ERROR_PRIVILEGE);
	ck_assert_ptr_nonnull(strstr(e.text, "CAP_SYS_PTRACE"));
	ck_assert_int_eq(socket_kind.resolve(&place, "socket:(pid 812)/congestion", &list, &e),
			 -EPERM);
	/* Nobody holds one: there is nothing to be looked into. */
	ck_assert_int_eq(socket_kind.resolve(&place, "socket:port 1/congestion", &list, &e),
			 -ENOENT);
	fake_os_set_links_readable(os, true);
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "bbr", &e), 0);
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "vegas", &e), -EOPNOTSUPP);
	ck_assert_int_eq(e.kind, ERROR_UNSUPPORTED);
	fake_os_add_file(os, "/proc/thread-self/status", "CapEff:\t000001ffffffefff\n");
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "bbr", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "CAP_NET_ADMIN"));
	t = resolved(&place, "socket:812/7/rcvbuf");
	fake_os_socket(os, 11)->no_lock = true;
	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "5.14"));
	ck_assert_uint_eq(fake_os_open_files(os), 0);
}
END_TEST

static const struct {
	const char *key, *words, *to; /* to NULL: refused */
} wishes[] = {
	{ "congestion", "bbr", "bbr" },
	{ "congestion", "", NULL },
	{ "congestion", "bbr cubic", NULL },
	{ "congestion", "../x", NULL },
	{ "keepalive", "on", "1" },
	{ "keepalive", "off", "0" },
	{ "keepalive", "1", "1" },
	{ "keepalive", "2", NULL },
	{ "keepalive", "yes", NULL },
	{ "keepalive_idle", "2min", "120" },
	{ "keepalive_idle", "100ms", NULL },
	{ "keepalive_idle", "120s", "120" },
	{ "keepalive_idle", "0", NULL },
	{ "keepalive_count", "127", "127" },
	{ "keepalive_count", "128", NULL },
	{ "nodelay", "on", "1" },
	{ "notsent_lowat", "128KiB", "131072" },
	{ "notsent_lowat", "-1", NULL },
	{ "notsent_lowat", "4294967295", "4294967295" },
	{ "notsent_lowat", "4294967296", NULL },
	{ "pacing_rate", "100Mbit", "12500000" },
	{ "pacing_rate", "unlimited", "unlimited" },
	{ "pacing_rate", "auto", NULL },
	{ "pacing_rate", "0", NULL },
	{ "rcvbuf", "auto", "auto" },
	{ "rcvbuf", "4MiB", "4194304" },
	{ "rcvbuf", "5001", "5002" },
	{ "rcvbuf", "4607", NULL },
	{ "rcvbuf", "2147483647", NULL },
	{ "rcvbuf", "unlimited", NULL },
	{ "sndbuf", "2147483646", "2147483646" },
	{ "user_timeout", "5s", "5000" },
	{ "user_timeout", "0", "0" },
};

START_TEST(words_become_values)
{
	char name[64], to[HELD_TEXT_MAX] = "untouched";
	struct held now = { 0 };
	struct error e = { 0 };
	struct target t;
	int r;

	(void)snprintf(name, sizeof(name), "socket:812/7/%s", wishes[_i].key);
	t = resolved(&place, name);
	r = socket_kind.want(&place, &t, -1, wishes[_i].words, &now, to, &e);
	if (wishes[_i].to != NULL) {
		ck_assert_msg(r == 0, "%s", e.text);
		ck_assert_str_eq(to, wishes[_i].to);
	} else {
		ck_assert_msg(r == -EINVAL || r == -ERANGE || r == -E2BIG, "%d", r);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
		ck_assert_str_eq(to, "untouched");
	}
	ck_assert_int_eq(socket_kind.want(&place, &t, 0, "1", &now, to, &e), -EINVAL);
}
END_TEST

static const struct {
	const char *key, *from, *to;
} changes[] = {
	{ "congestion", "cubic", "bbr" },    { "keepalive", "0", "1" },
	{ "keepalive_count", "9", "3" },     { "keepalive_idle", "7200", "60" },
	{ "keepalive_interval", "75", "5" }, { "nodelay", "0", "1" },
	{ "notsent_lowat", "0", "131072" },  { "pacing_rate", "unlimited", "12500000" },
	{ "rcvbuf", "auto", "4194304" },     { "sndbuf", "auto", "4194304" },
	{ "user_timeout", "0", "5000" },
};

static void expect_held(const struct target *t, const char *text)
{
	struct held now = { 0 };
	struct error e = { 0 };

	ck_assert_msg(socket_kind.read(&place, t, &now, &e) == 0, "%s", e.text);
	ck_assert_str_eq(now.text, text);
}

START_TEST(every_option_is_set_and_put_back)
{
	struct fake_tcp before = *fake_os_socket(os, 11), others = *fake_os_socket(os, 12);
	struct held from = { 0 }, now = { 0 };
	struct error e = { 0 };
	struct target t;
	char name[64];

	(void)snprintf(name, sizeof(name), "socket:812/7/%s", changes[_i].key);
	t = resolved(&place, name);
	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), 0);
	ck_assert_str_eq(from.text, changes[_i].from);
	ck_assert_msg(socket_kind.check(&place, &t, &from, changes[_i].to, &e) == 0, "%s", e.text);
	ck_assert_int_eq(memcmp(fake_os_socket(os, 11), &before, sizeof(before)), 0);
	ck_assert_int_eq(socket_kind.write(&place, &t, changes[_i].to, &e), 0);
	expect_held(&t, changes[_i].to);
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, changes[_i].to), HELD_TO);
	ck_assert_int_eq(socket_kind.restore(&place, &t, &from, &e), 0);
	expect_held(&t, changes[_i].from);
	ck_assert_int_eq(memcmp(fake_os_socket(os, 11), &before, sizeof(before)), 0);
	ck_assert_int_eq(memcmp(fake_os_socket(os, 12), &others, sizeof(others)), 0);
	ck_assert_uint_eq(fake_os_open_files(os), 0);
}
END_TEST

/* The kernel holds 32 bits of it, and programs set it to -1: as never. */
START_TEST(a_number_of_all_bits_is_put_back)
{
	struct target t = resolved(&place, "socket:812/7/notsent_lowat");
	struct held from = { 0 };
	struct error e = { 0 };

	fake_os_socket(os, 11)->notsent_lowat = -1;
	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), 0);
	ck_assert_str_eq(from.text, "4294967295");
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "131072", &e), 0);
	ck_assert_int_eq(socket_kind.write(&place, &t, "131072", &e), 0);
	ck_assert_int_eq(fake_os_socket(os, 11)->notsent_lowat, 131072);
	ck_assert_int_eq(socket_kind.restore(&place, &t, &from, &e), 0);
	ck_assert_int_eq(fake_os_socket(os, 11)->notsent_lowat, -1);
}
END_TEST

/* Whatever a kernel may answer: what could not be written back is not replaced. */
START_TEST(what_cannot_be_put_back_is_refused)
{
	static const struct {
		const char *key, *text, *undo;
	} held[] = {
		{ "user_timeout", "-5", "" },
		{ "keepalive_idle", "x", "" },
		{ "notsent_lowat", "-1", "" },
		{ "congestion", "", "" },
		{ "pacing_rate", "infinite", "" },
		{ "rcvbuf", "auto", "" },
		{ "sndbuf", "-2", "" },
		{ "congestion", "a_name_of_16_char", "" },
		{ "rcvbuf", "auto", "clamp 65536" },
		{ "rcvbuf", "auto", "size x clamp 65536" },
		{ "rcvbuf", "auto", "size 131072 clamp 65536" },
		{ "rcvbuf", "auto", "size 131072" },
		{ "user_timeout", "0", "" },
	};
	struct error e = { 0 };
	struct held from = { 0 };
	struct target t;
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "socket:812/7/%s", held[_i].key);
	t = resolved(&place, name);
	(void)snprintf(from.text, sizeof(from.text), "%s", held[_i].text);
	(void)snprintf(from.undo, sizeof(from.undo), "%s", held[_i].undo);
	r = socket_kind.check(&place, &t, &from, "bbr", &e);
	ck_assert_int_eq(r, _i < 10 ? -EOPNOTSUPP : 0);
	if (_i < 10)
		ck_assert_ptr_nonnull(strstr(e.text, "could not be written back"));
}
END_TEST

START_TEST(a_locked_buffer_is_released_and_locked_again)
{
	struct fake_tcp *tcp = fake_os_socket(os, 11);
	struct target t = resolved(&place, "socket:812/7/rcvbuf");
	struct held from = { 0 }, now = { 0 };
	struct error e;

	tcp->rcvbuf = 65536;
	tcp->lock = 3;
	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), 0);
	ck_assert_str_eq(from.text, "65536");
	ck_assert_int_eq(socket_kind.write(&place, &t, "auto", &e), 0);
	/* That of the send buffer stays. */
	ck_assert_int_eq(tcp->lock, 1);
	ck_assert_int_eq(tcp->rcvbuf, 131072);
	ck_assert_int_eq(tcp->window_clamp, 131072);
	tcp->rcvbuf = 6291456;
	tcp->window_clamp = 4000000;
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "auto"), HELD_TO);
	ck_assert_int_eq(socket_kind.restore(&place, &t, &from, &e), 0);
	ck_assert_int_eq(tcp->rcvbuf, 65536);
	ck_assert_int_eq(tcp->window_clamp, 65536);
	ck_assert_int_eq(tcp->lock, 3);
	/* Killed while it was being released: enlarged, and still locked. */
	tcp->rcvbuf = 131072;
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "auto"), HELD_BETWEEN);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "98304"), HELD_FOREIGN);
	tcp->rcvbuf = 131074;
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "auto"), HELD_FOREIGN);
}
END_TEST

/* While a buffer is locked the kernel lowers the bound of its window, and does not raise it again
 * for a buffer that is large already. Records of before have no bound. */
START_TEST(the_bound_of_the_window_is_put_back)
{
	struct fake_tcp *tcp = fake_os_socket(os, 11);
	struct target t = resolved(&place, "socket:812/7/rcvbuf");
	struct held from = { 0 };
	struct error e;

	tcp->rcvbuf = 24292510;
	tcp->window_clamp = 16131745;
	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), 0);
	ck_assert_str_eq(from.text, "auto");
	ck_assert_str_eq(from.undo, "size 24292510 clamp 16131745");
	ck_assert_int_eq(socket_kind.write(&place, &t, "131072", &e), 0);
	tcp->window_clamp = 81920;
	ck_assert_int_eq(socket_kind.restore(&place, &t, &from, &e), 0);
	ck_assert_int_eq(tcp->rcvbuf, 24292510);
	ck_assert_int_eq(tcp->lock, 0);
	ck_assert_int_eq(tcp->window_clamp, 16131745);
	(void)snprintf(from.undo, sizeof(from.undo), "size 24292510");
	ck_assert_int_eq(socket_kind.write(&place, &t, "131072", &e), 0);
	tcp->window_clamp = 81920;
	ck_assert_int_eq(socket_kind.restore(&place, &t, &from, &e), 0);
	ck_assert_int_eq(tcp->rcvbuf, 24292510);
	ck_assert_int_eq(tcp->lock, 0);
	ck_assert_int_eq(tcp->window_clamp, 81920);
	/* The send buffer has none. */
	t = resolved(&place, "socket:812/7/sndbuf");
	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), 0);
	ck_assert_str_eq(from.undo, "size 87040");
}
END_TEST

START_TEST(drift_of_an_automatic_buffer_is_nobodys)
{
	struct fake_tcp *tcp = fake_os_socket(os, 11);
	struct target t = resolved(&place, "socket:812/7/sndbuf");
	struct held from = { 0 }, now = { 0 };
	struct error e;

	ck_assert_int_eq(socket_kind.read(&place, &t, &from, &e), 0);
	tcp->sndbuf = 4194304;
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "2097152"), HELD_FROM);
	/* Killed between the size and the lock of a restore: still ours. */
	tcp->sndbuf = 87040;
	tcp->lock = 1;
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "2097152"), HELD_BETWEEN);
	/* Somebody else's. */
	tcp->sndbuf = 87044;
	ck_assert_int_eq(socket_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(socket_kind.relate(&t, &now, &from, "2097152"), HELD_FOREIGN);
}
END_TEST

START_TEST(a_window_has_a_ceiling)
{
	struct target t = resolved(&place, "socket:812/7/rcvbuf");
	const struct held from = { "auto", "size 131072" };
	struct error e = { 0 };

	fake_os_socket(os, 11)->rcv_wscale = 3; /* 524280 */
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "1048560", &e), 0);
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "auto", &e), 0);
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "1048562", &e), -ERANGE);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, "524280"));
	ck_assert_ptr_nonnull(strstr(e.text, "opened again"));
	/* Of what is sent the other side decides. */
	t = resolved(&place, "socket:812/7/sndbuf");
	ck_assert_int_eq(socket_kind.check(&place, &t, &from, "1048562", &e), 0);
}
END_TEST

Suite *test_socket_suite(void)
{
	Suite *s = suite_create("tunables/socket");
	TCase *t = tcase_create("socket");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, selectors_mean_connections);
	tcase_add_test(t, a_namespace_has_connections_of_its_own);
	tcase_add_test(t, selectors_that_mean_none_are_refused);
	tcase_add_test(t, rights_are_asked_for);
	tcase_add_loop_test(t, words_become_values, 0, ARRAY_LEN(wishes));
	tcase_add_loop_test(t, every_option_is_set_and_put_back, 0, ARRAY_LEN(changes));
	tcase_add_test(t, a_number_of_all_bits_is_put_back);
	tcase_add_loop_test(t, what_cannot_be_put_back_is_refused, 0, 13);
	tcase_add_test(t, a_locked_buffer_is_released_and_locked_again);
	tcase_add_test(t, the_bound_of_the_window_is_put_back);
	tcase_add_test(t, drift_of_an_automatic_buffer_is_nobodys);
	tcase_add_test(t, a_window_has_a_ceiling);
	suite_add_tcase(s, t);
	return s;
}
