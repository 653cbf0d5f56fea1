/* The kind of tunables that are limits of processes, on a machine in memory. */
#include "base/cleanup.h"
#include "fake_os.h"
#include "kind_fixture.h"
#include "tunables/rlimit.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_rlimit_suite(void);

#define SERVICE "/system.slice/nginx.service"

static struct os *os;
static struct place place;

static void set_up(void)
{
	struct error e = { 0 };

	os = fake_os_new();
	fake_os_add_process(os, 811, "nginx", 173528, 1, SERVICE);
	fake_os_add_process(os, 812, "nginx", 173529, 1, SERVICE);
	fake_os_add_process(os, 900, "a) b (c", 180000, 1, "/user.slice");
	for (pid_t pid = 811; pid <= 812; pid++)
		fake_os_set_limit(os, pid, RLIMIT_NOFILE, 1024, 524288);
	fake_os_add_file(os, "/proc/thread-self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n");
	ck_assert_int_eq(place_open(os, NULL, &place, &e), 0);
}

static void tear_down(void)
{
	fake_os_free(os);
}

static void lose_right(void)
{
	fake_os_set_resource_right(os, false);
	fake_os_add_file(os, "/proc/thread-self/status", "CapEff:\t000001fffeffffff\n");
}

static struct target resolved(const char *name)
{
	return kind_resolved(&rlimit_kind, &place, name);
}

START_TEST(selectors_mean_processes)
{
	static const struct {
		const char *name;
		size_t count;
	} cases[] = {
		{ "rlimit:812/nofile", 1 },
		{ "rlimit:nginx/nofile", 2 },
		{ "rlimit:a) b (c/stack", 1 },
		{ "rlimit:cgroup=" SERVICE "/nofile", 2 },
		{ "rlimit:cgroup=system.slice/nginx.service/nofile", 2 },
	};
	struct target_list list = { 0 };
	struct error e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_msg(rlimit_kind.resolve(&place, cases[i].name, &list, &e) == 0, "%s",
			      e.text);
		ck_assert_uint_eq(list.count, cases[i].count);
		for (size_t j = 0; j < list.count; j++)
			ck_assert_ptr_eq(rlimit_kind.recall(list.all[j].name, list.all[j].identity),
					 list.all[j].tunable);
		target_list_done(&list);
	}
	ck_assert_str_eq(resolved("rlimit:cgroup=" SERVICE "/nofile").name, "rlimit:811/nofile");
	ck_assert_str_eq(resolved("rlimit:812/nofile").identity, "process 812 start 173529");
	ck_assert_str_eq(resolved("rlimit:a) b (c/stack").identity, "process 900 start 180000");
	ck_assert_uint_eq(fake_os_open_files(os), 0);
}
END_TEST

START_TEST(selectors_that_mean_none_are_refused)
{
	static const struct kind_mistake cases[] = {
		{ "rlimit:813/nofile", -ENOENT },
		{ "rlimit:ngin/nofile", -ENOENT },
		{ "rlimit:cgroup=/other/nofile", -ENOENT },
		{ "rlimit:812/files", -EINVAL },
		{ "rlimit:812", -EINVAL },
		{ "rlimit:/nofile", -EINVAL },
		{ "rlimit:0/nofile", -EINVAL },
		{ "rlimit:99999999999/nofile", -EINVAL },
		{ "rlimit:a-name-that-is-too-long/nofile", -EINVAL },
		{ "rlimit:cgroup=/nofile", -EINVAL },
		{ "rlimit:cgroup=../../etc/nofile", -EINVAL },
		{ "rlimit:cgroup=a//b/nofile", -EINVAL },
	};

	kind_refuses(&rlimit_kind, &place, cases, ARRAY_LEN(cases));
}
END_TEST

static const struct {
	const char *words, *to; /* to NULL: refused */
} wishes[] = {
	{ "65536", "65536:524288" },
	{ "1048576", "1048576:1048576" },
	{ "65536:524288", "65536:524288" },
	{ "512:1024", "512:1024" },
	{ "unlimited", "unlimited:unlimited" },
	{ "1024:unlimited", "1024:unlimited" },
	{ "0", "0:524288" },
	{ "2:1", NULL },
	{ "", NULL },
	{ ":", NULL },
	{ "1:", NULL },
	{ ":1", NULL },
	{ "-1", NULL },
	{ "010", NULL },
	{ "0x10", NULL },
	{ "1 2", NULL },
	{ "1024junk", NULL },
	{ "1:2:3", NULL },
	{ "64MiB", NULL }, /* descriptors are no bytes */
	{ "99999999999999999999", NULL },
	{ "infinity", NULL },
};

START_TEST(words_become_limits)
{
	struct target t = resolved("rlimit:812/nofile");
	struct held now = { 0 };
	char to[HELD_TEXT_MAX] = "untouched";
	struct error e = { 0 };
	int r;

	ck_assert_int_eq(rlimit_kind.read(&place, &t, &now, &e), 0);
	ck_assert_str_eq(now.text, "1024:524288");
	r = rlimit_kind.want(&place, &t, -1, wishes[_i].words, &now, to, &e);
	ck_assert_msg((r == 0) == (wishes[_i].to != NULL), "%s: %s", wishes[_i].words, e.text);
	ck_assert_str_eq(to, wishes[_i].to != NULL ? wishes[_i].to : "untouched");
	ck_assert_int_lt(rlimit_kind.want(&place, &t, 0, "1", &now, to, &e), 0);
}
END_TEST

START_TEST(memory_is_in_bytes)
{
	struct target t = resolved("rlimit:812/memlock");
	struct held now = { .text = "65536:unlimited" };
	char to[HELD_TEXT_MAX];
	struct error e = { 0 };

	ck_assert_int_eq(rlimit_kind.want(&place, &t, -1, "64MiB", &now, to, &e), 0);
	ck_assert_str_eq(to, "67108864:unlimited");
}
END_TEST

/* A process that has used more CPU time than the new limit is killed: no roll-back helps it. */
START_TEST(what_kills_cannot_be_undone)
{
	size_t kills = 0;

	for (size_t i = 0; i < *rlimit_kind.row_count; i++) {
		const struct tunable *row = &rlimit_kind.rows[i];
		bool undo = strcmp(row->name, "rlimit:cpu") != 0 &&
			    strcmp(row->name, "rlimit:rttime") != 0;

		kills += !undo;
		ck_assert_msg((row->undo == TUNABLE_UNDO_FULL) == undo, "%s", row->name);
	}
	ck_assert_uint_eq(kills, 2);
}
END_TEST

START_TEST(a_limit_is_set_and_restored)
{
	struct target t = resolved("rlimit:812/nofile");
	struct held from = { 0 }, now = { 0 };
	struct error e = { 0 };

	ck_assert_int_eq(rlimit_kind.read(&place, &t, &from, &e), 0);
	ck_assert_int_eq(rlimit_kind.check(&place, &t, &from, "1048576:1048576", &e), 0);
	ck_assert_int_eq(rlimit_kind.write(&place, &t, "1048576:1048576", &e), 0);
	ck_assert_uint_eq(fake_os_limit(os, 812, RLIMIT_NOFILE).rlim_max, 1048576);
	ck_assert_uint_eq(fake_os_limit(os, 811, RLIMIT_NOFILE).rlim_max, 524288);
	ck_assert_int_eq(rlimit_kind.read(&place, &t, &now, &e), 0);
	ck_assert_int_eq(rlimit_kind.relate(&t, &now, &from, "1048576:1048576"), HELD_TO);
	ck_assert_int_eq(rlimit_kind.restore(&place, &t, &from, &e), 0);
	ck_assert_uint_eq(fake_os_limit(os, 812, RLIMIT_NOFILE).rlim_cur, 1024);
	ck_assert_uint_eq(fake_os_limit(os, 812, RLIMIT_NOFILE).rlim_max, 524288);
}
END_TEST

START_TEST(without_the_right_the_hard_limit_stays)
{
	struct target t = resolved("rlimit:812/nofile");
	struct held from = { .text = "1024:524288" };
	struct error e = { 0 };

	lose_right();
	ck_assert_int_eq(rlimit_kind.check(&place, &t, &from, "65536:524288", &e), 0);
	ck_assert_int_eq(rlimit_kind.check(&place, &t, &from, "1048576:1048576", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "CAP_SYS_RESOURCE"));
	ck_assert_int_eq(rlimit_kind.check(&place, &t, &from, "1024:1024", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "could not be undone"));
	ck_assert_int_eq(e.kind, ERROR_PRIVILEGE);
	ck_assert_int_eq(rlimit_kind.write(&place, &t, "1048576:1048576", &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.text, "fs.nr_open"));
	ck_assert_uint_eq(fake_os_limit(os, 812, RLIMIT_NOFILE).rlim_max, 524288);
	/* what is not known is no right */
	fake_os_add_file(os, "/proc/thread-self/status", "Name:\tx\n");
	ck_assert_int_eq(rlimit_kind.check(&place, &t, &from, "1024:1024", &e), -EBADMSG);
}
END_TEST

START_TEST(another_process_of_the_number_is_not_touched)
{
	struct target t = resolved("rlimit:812/nofile");
	struct held held;
	struct error e = { 0 };

	ck_assert_int_eq(rlimit_kind.present(&place, &t, &e), 0);
	fake_os_remove_process(os, 812);
	ck_assert_int_eq(rlimit_kind.present(&place, &t, &e), -ESTALE);
	ck_assert_int_eq(rlimit_kind.read(&place, &t, &held, &e), -ESTALE);
	ck_assert_int_eq(rlimit_kind.write(&place, &t, "1:2", &e), -ESTALE);
	fake_os_add_process(os, 812, "nginx", 200000, 1, SERVICE);
	ck_assert_int_eq(rlimit_kind.present(&place, &t, &e), -ESTALE);
}
END_TEST

START_TEST(half_a_change_is_ours)
{
	static const struct {
		const char *now;
		enum held_relation relation;
	} cases[] = {
		{ "1024:524288", HELD_FROM },
		{ "2048:1048576", HELD_TO },
		{ "2048:524288", HELD_BETWEEN },
		{ "1024:1048576", HELD_BETWEEN },
		{ "4096:524288", HELD_FOREIGN },
		{ "1024:unlimited", HELD_FOREIGN },
		{ "", HELD_FOREIGN },
	};
	struct held from = { .text = "1024:524288" }, now = { 0 };
	struct target t = { .kind = &rlimit_kind };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		(void)snprintf(now.text, sizeof(now.text), "%s", cases[i].now);
		ck_assert_msg(rlimit_kind.relate(&t, &now, &from, "2048:1048576") ==
				      cases[i].relation,
			      "%s", cases[i].now);
	}
}
END_TEST

Suite *test_rlimit_suite(void)
{
	Suite *s = suite_create("tunables/rlimit");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, selectors_mean_processes);
	tcase_add_test(c, selectors_that_mean_none_are_refused);
	tcase_add_loop_test(c, words_become_limits, 0, (int)ARRAY_LEN(wishes));
	tcase_add_test(c, memory_is_in_bytes);
	tcase_add_test(c, what_kills_cannot_be_undone);
	tcase_add_test(c, a_limit_is_set_and_restored);
	tcase_add_test(c, without_the_right_the_hard_limit_stays);
	tcase_add_test(c, another_process_of_the_number_is_not_touched);
	tcase_add_test(c, half_a_change_is_ours);
	suite_add_tcase(s, c);
	return s;
}
