/* Snapshots: what is in one, files that are damaged, and what differs since. */
#include "apply/snapshot.h"
#include "base/os.h"
#include "fake_os.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLUE 4102

static struct os *os;
static struct error e;
static struct place place;
static struct snapshot taken, loaded;
static char directory[64];

static void set_up(void)
{
	os = fake_os_new();
	memset(&e, 0, sizeof(e));
	fake_os_add_netns(os, "blue", BLUE);
	fake_os_add_link(os, BLUE, "eth0.100", 7);
	fake_os_add_sysctl(os, BLUE, "net.core.somaxconn", "4096\n");
	fake_os_add_sysctl(os, BLUE, "net.ipv4.tcp_rmem", "4096\t131072\t6291456\n");
	fake_os_add_sysctl(os, BLUE, "net.ipv4.conf.all.rp_filter", "0\n");
	fake_os_add_sysctl(os, BLUE, "net.ipv4.conf.eth0/100.rp_filter", "1\n");
	fake_os_add_sysctl(os, BLUE, "net.ipv4.ip_local_reserved_ports", "\n");
	ck_assert_int_eq(place_open(os, "blue", &place, &e), 0);
	(void)snprintf(directory, sizeof(directory), "/tmp/netwright.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void tear_down(void)
{
	char path[128];

	snapshot_done(&taken);
	snapshot_done(&loaded);
	place_close(&place);
	fake_os_free(os);
	(void)snprintf(path, sizeof(path), "%s/snapshots/x.json", directory);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/snapshots/other.json", directory);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/snapshots", directory);
	(void)rmdir(path);
	(void)rmdir(directory);
}

static void take(void)
{
	ck_assert_int_eq(snapshot_take(&place, "x", &taken, &e), 0);
}

static const char *value_of(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->values[i].name, name) == 0)
			return s->values[i].text;
	}
	return NULL;
}

START_TEST(test_take)
{
	take();
	ck_assert_uint_eq(taken.count, 5);
	ck_assert_uint_eq(taken.unread, 0);
	ck_assert_str_eq(value_of(&taken, "net.core.somaxconn"), "4096");
	ck_assert_str_eq(value_of(&taken, "net.ipv4.tcp_rmem"), "4096 131072 6291456");
	ck_assert_str_eq(value_of(&taken, "net.ipv4.conf.all.rp_filter"), "0");
	ck_assert_str_eq(value_of(&taken, "net.ipv4.conf.eth0/100.rp_filter"), "1");
	ck_assert_str_eq(value_of(&taken, "net.ipv4.ip_local_reserved_ports"), "");
	ck_assert_str_eq(taken.netns, "blue");
	ck_assert_uint_eq(fake_os_netns(os), FAKE_INITIAL_NETNS);
	ck_assert_str_eq(fake_os_trace(os), "");
}
END_TEST

/* What is of the host is no part of a namespace, though the fake shows it everywhere. */
START_TEST(test_take_leaves_out_the_host)
{
	fake_os_add_sysctl(os, 0, "vm.swappiness", "60\n");
	take();
	ck_assert_ptr_null(value_of(&taken, "vm.swappiness"));
}
END_TEST

START_TEST(test_names)
{
	static const char *const bad[] = { "",
					   ".",
					   "..",
					   ".x",
					   "a/b",
					   "a b",
					   "x\n",
					   "\xc3\xa9",
					   "0123456789012345678901234567890123456789012345678901234"
					   "567890123" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(snapshot_check_name(bad[i], &e), -EINVAL);
		ck_assert_int_eq(snapshot_take(&place, bad[i], &taken, &e), -EINVAL);
		ck_assert_int_eq(snapshot_load(os_live(), directory, bad[i], &loaded, &e), -EINVAL);
	}
	ck_assert_int_eq(snapshot_check_name("before-6.18_x", &e), 0);
}
END_TEST

START_TEST(test_round_trip)
{
	struct bytes names = { 0 };
	char path[128];
	struct stat st;

	take();
	ck_assert_int_eq(snapshot_save(os_live(), directory, &taken, false, &e), 0);
	ck_assert_int_eq(snapshot_save(os_live(), directory, &taken, false, &e), -EEXIST);
	ck_assert_int_eq(snapshot_save(os_live(), directory, &taken, true, &e), 0);
	ck_assert_int_eq(snapshot_load(os_live(), directory, "x", &loaded, &e), 0);
	ck_assert_uint_eq(loaded.count, taken.count);
	for (size_t i = 0; i < taken.count; i++) {
		ck_assert_str_eq(loaded.values[i].name, taken.values[i].name);
		ck_assert_str_eq(loaded.values[i].text, taken.values[i].text);
	}
	ck_assert_str_eq(loaded.hostname, taken.hostname);
	ck_assert_str_eq(loaded.netns, "blue");
	ck_assert(loaded.taken_utc_s == taken.taken_utc_s);
	(void)snprintf(path, sizeof(path), "%s/snapshots/x.json", directory);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(snapshot_list(os_live(), directory, &names, &e), 0);
	ck_assert_uint_eq(names.len, 2);
	ck_assert_str_eq(names.data, "x");
	bytes_done(&names);
	/* Another's name does not make it another snapshot. */
	char other[128];
	(void)snprintf(other, sizeof(other), "%s/snapshots/other.json", directory);
	ck_assert_int_eq(rename(path, other), 0);
	snapshot_done(&loaded);
	ck_assert_int_eq(snapshot_load(os_live(), directory, "other", &loaded, &e), -EBADMSG);
}
END_TEST

START_TEST(test_none)
{
	struct bytes names = { 0 };

	ck_assert_int_eq(snapshot_load(os_live(), directory, "x", &loaded, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "snapshot list"));
	ck_assert_int_eq(snapshot_list(os_live(), directory, &names, &e), 0);
	ck_assert_uint_eq(names.len, 0);
}
END_TEST

/* Neither a link nor what others may write decides what is written to the kernel. */
START_TEST(test_file_of_others)
{
	char path[128], other[128];

	take();
	ck_assert_int_eq(snapshot_save(os_live(), directory, &taken, false, &e), 0);
	(void)snprintf(path, sizeof(path), "%s/snapshots/x.json", directory);
	(void)snprintf(other, sizeof(other), "%s/snapshots/other.json", directory);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(snapshot_load(os_live(), directory, "x", &loaded, &e), -EPERM);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(snapshot_load(os_live(), directory, "x", &loaded, &e), -EPERM);
	ck_assert_int_eq(snapshot_save(os_live(), directory, &taken, true, &e), -EPERM);
}
END_TEST

/* Every bit of a file turned, and every length of it: refused, or harmless outside of its strings.
 */
START_TEST(test_damage)
{
	struct bytes text = { 0 };
	unsigned int refused = 0;

	take();
	ck_assert_int_eq(snapshot_format(&taken, &text), 0);
	for (size_t i = 0; i < text.len * 8; i++) {
		int r;

		text.data[i / 8] ^= (char)(1 << i % 8);
		r = snapshot_parse("x", text.data, text.len, &loaded, &e);
		text.data[i / 8] ^= (char)(1 << i % 8);
		if (r < 0) {
			ck_assert_int_eq(r, -EBADMSG);
			refused++;
			continue;
		}
		/* White space became other white space. */
		ck_assert_uint_eq(loaded.count, taken.count);
		for (size_t k = 0; k < taken.count; k++)
			ck_assert_str_eq(loaded.values[k].text, taken.values[k].text);
		snapshot_done(&loaded);
	}
	ck_assert_uint_gt(refused, text.len * 7);
	for (size_t len = 0; len + 2 < text.len; len++)
		ck_assert_int_eq(snapshot_parse("x", text.data, len, &loaded, &e), -EBADMSG);
	bytes_done(&text);
}
END_TEST

static const char *const malformed[] = {
	"",
	"null",
	"[]",
	"{}",
	"{\"schema\":\"netwright.snapshot/1\"}",
	"{\"schema\":\"netwright.plan/1\"}",
	"{\"schema\":1}",
	"{\"schema\":\"netwright.snapshot/1\",\"crc32\":\"x\"}",
	"{\"schema\":\"netwright.snapshot/1\",\"crc32\":0}",
};

START_TEST(test_malformed)
{
	ck_assert_int_eq(snapshot_parse("x", malformed[_i], strlen(malformed[_i]), &loaded, &e),
			 -EBADMSG);
	ck_assert_ptr_nonnull(strstr(e.text, "damaged or edited"));
}
END_TEST

/* A checksum proves no good will: it is not a key that leads to other kinds or to a terminal. */
START_TEST(test_hostile_values)
{
	static const char *const names[] = { "rlimit:1/nofile", "uncatalogued:kernel.panic",
					     "net.core.\nsomaxconn" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes text = { 0 };

		snapshot_done(&taken);
		take();
		ck_assert_int_eq(snapshot_add(&taken, names[i], "1"), 0);
		ck_assert_int_eq(snapshot_format(&taken, &text), 0);
		ck_assert_int_eq(snapshot_parse("x", text.data, text.len, &loaded, &e), -EBADMSG);
		bytes_done(&text);
	}
}
END_TEST

START_TEST(test_compare)
{
	struct snapshot_differences d = { 0 };

	take();
	ck_assert_int_eq(snapshot_compare(&place, &taken, &d, &e), 0);
	ck_assert_uint_eq(d.count, 0);
	ck_assert_uint_eq(d.same, 5);
	fake_os_set_sysctl(os, BLUE, "net.core.somaxconn", "128\n");
	fake_os_remove_link(os, BLUE, "eth0.100");
	fake_os_remove_sysctl(os, BLUE, "net.ipv4.conf.eth0/100.rp_filter");
	snapshot_differences_done(&d);
	ck_assert_int_eq(snapshot_compare(&place, &taken, &d, &e), 0);
	ck_assert_uint_eq(d.count, 2);
	ck_assert_uint_eq(d.same, 3);
	ck_assert_str_eq(d.all[0].then->name, "net.core.somaxconn");
	ck_assert_str_eq(d.all[0].then->text, "4096");
	ck_assert_str_eq(d.all[0].now.text, "128");
	ck_assert_str_eq(d.all[0].missing, "");
	ck_assert_str_eq(d.all[1].then->name, "net.ipv4.conf.eth0/100.rp_filter");
	ck_assert_str_ne(d.all[1].missing, "");
	snapshot_differences_done(&d);
}
END_TEST

/* A snapshot of a newer netwright may hold what this one does not know. */
START_TEST(test_unknown_tunable_is_missing)
{
	struct snapshot_differences d = { 0 };

	take();
	ck_assert_int_eq(snapshot_add(&taken, "net.core.from_the_future", "1"), 0);
	ck_assert_int_eq(snapshot_compare(&place, &taken, &d, &e), 0);
	ck_assert_uint_eq(d.count, 1);
	ck_assert_str_ne(d.all[0].missing, "");
	snapshot_differences_done(&d);
}
END_TEST

Suite *test_snapshot_suite(void);
Suite *test_snapshot_suite(void)
{
	Suite *s = suite_create("snapshot");
	TCase *tc = tcase_create("snapshot");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, test_take);
	tcase_add_test(tc, test_take_leaves_out_the_host);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_file_of_others);
	tcase_add_test(tc, test_damage);
	tcase_add_loop_test(tc, test_malformed, 0, (int)(sizeof(malformed) / sizeof(malformed[0])));
	tcase_add_test(tc, test_hostile_values);
	tcase_add_test(tc, test_compare);
	tcase_add_test(tc, test_unknown_tunable_is_missing);
	suite_add_tcase(s, tc);
	return s;
}
