#include "fake_source.h"
#include "host/owners.h"
#include "host/socket_scan.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_owners_suite(void);

static const uint32_t wanted[] = { 10, 20, 30 };

static struct source *source;
static struct owner_table table;

static void set_up(void)
{
	source = fake_source_new();
}

static void tear_down(void)
{
	owner_table_done(&table);
	source_free(source);
}

START_TEST(owners_are_merged)
{
	const struct owner *o;

	/* The same descriptor twice in one process is one holder. */
	fake_source_set_scan(source,
			     "30 7 c\n10 300 worker\n10 300 worker\n10 200 a b\n10 400 worker\n"
			     "30 7 c\n",
			     0);
	ck_assert_int_eq(owners_find(source, wanted, 3, &table, NULL), 0);
	ck_assert_uint_eq(table.count, 2);
	ck_assert(!table.incomplete);
	o = owner_lookup(&table, 10);
	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(o->pid, 200);
	ck_assert_uint_eq(o->sharers, 3);
	ck_assert_str_eq(o->comm, "a b");
	o = owner_lookup(&table, 30);
	ck_assert_ptr_nonnull(o);
	ck_assert_uint_eq(o->sharers, 1);
	ck_assert_ptr_null(owner_lookup(&table, 20));
	ck_assert_ptr_null(owner_lookup(&table, 0));
	ck_assert_ptr_null(owner_lookup(&table, UINT32_MAX));
	owner_table_done(&table);
	ck_assert_ptr_null(owner_lookup(&table, 10));
}
END_TEST

START_TEST(incomplete_scan_keeps_what_was_found)
{
	fake_source_set_scan(source, "20 1 init\n", -EACCES);
	ck_assert_int_eq(owners_find(source, wanted, 3, &table, NULL), 0);
	ck_assert(table.incomplete);
	ck_assert_ptr_nonnull(owner_lookup(&table, 20));
}
END_TEST

START_TEST(a_scan_that_found_all_lacks_nothing)
{
	fake_source_set_scan(source, "10 1 init\n20 1 init\n30 2 x\n", -EACCES);
	ck_assert_int_eq(owners_find(source, wanted, 3, &table, NULL), 0);
	ck_assert_uint_eq(table.count, 3);
	ck_assert(!table.incomplete);
}
END_TEST

START_TEST(nothing_wanted_scans_nothing)
{
	fake_source_set_scan(source, "this would be refused", 0);
	ck_assert_int_eq(owners_find(source, NULL, 0, &table, NULL), 0);
	ck_assert_uint_eq(table.count, 0);
}
END_TEST

START_TEST(nobody_found)
{
	fake_source_set_scan(source, "", 0);
	ck_assert_int_eq(owners_find(source, wanted, 3, &table, NULL), 0);
	ck_assert_uint_eq(table.count, 0);
	ck_assert_ptr_null(owner_lookup(&table, 10));
}
END_TEST

static const char *const damaged[] = {
	"10\n",
	"\n",
	"x 1 comm\n",
	"10 x comm\n",
	"4294967296 1 comm\n",
	"10 2147483648 comm\n",
	"10 -1 comm\n",
	"10 1 good\n10",
};

START_TEST(damaged_scan)
{
	struct owner_table untouched = { .count = 4711 };
	struct error e = { 0 };

	fake_source_set_scan(source, damaged[_i], 0);
	ck_assert_int_eq(owners_find(source, wanted, 3, &untouched, &e), -EBADMSG);
	ck_assert_uint_eq(untouched.count, 4711);
	ck_assert_str_ne(e.text, "");
}
END_TEST

START_TEST(hostile_names_are_tamed)
{
	fake_source_set_scan(source,
			     "10 1 \033[31mred\x07\n20 2\n30 3 a-name-that-is-far-too-long\n", 0);
	ck_assert_int_eq(owners_find(source, wanted, 3, &table, NULL), 0);
	ck_assert_str_eq(owner_lookup(&table, 10)->comm, "?[31mred?");
	ck_assert_str_eq(owner_lookup(&table, 20)->comm, "");
	ck_assert_str_eq(owner_lookup(&table, 30)->comm, "a-name-that-is-");
}
END_TEST

START_TEST(process_must_exist)
{
	fake_source_set_scan(source, "10 5 x\n11 5 x\n", 0);
	ck_assert_int_eq(owners_of_process(source, 0, &table, NULL), -ESRCH);
	ck_assert_int_eq(owners_of_process(source, -5, &table, NULL), -ESRCH);
	ck_assert_int_eq(owners_of_process(source, 5, &table, NULL), 0);
	ck_assert_uint_eq(table.count, 2);
	fake_source_set_scan(source, "", -EACCES);
	ck_assert_int_eq(owners_of_process(source, 5, &table, NULL), -EACCES);
}
END_TEST

/* The scan itself, on this process, whose sockets we know. */

static uint32_t inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

static void expect_line(const struct bytes *scan, uint32_t inode, int times)
{
	char line[64];
	const char *at = scan->data;
	int found = 0;

	(void)snprintf(line, sizeof(line), "%u %d ", inode, getpid());
	while ((at = strstr(at, line)) != NULL) {
		found += at == scan->data || at[-1] == '\n';
		at++;
	}
	ck_assert_int_eq(found, times);
}

START_TEST(own_sockets)
{
	struct bytes scan = { 0 };
	uint32_t one, two, ghost;
	int pair[2], copy, r;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	copy = dup(pair[0]);
	one = inode_of(pair[0]);
	two = inode_of(pair[1]);
	ck_assert_int_eq(socket_scan(getpid(), NULL, 0, &scan, NULL), 0);
	expect_line(&scan, one, 2);
	expect_line(&scan, two, 1);
	bytes_clear(&scan);
	ck_assert_int_eq(socket_scan(getpid(), &two, 1, &scan, NULL), 0);
	expect_line(&scan, one, 0);
	expect_line(&scan, two, 1);
	bytes_clear(&scan);
	/* All processes: without privilege some cannot be seen, but we are among the found. */
	r = socket_scan(0, &two, 1, &scan, NULL);
	ck_assert(r == 0 || r == -EACCES);
	expect_line(&scan, two, 1);
	(void)close(pair[1]);
	bytes_clear(&scan);
	ghost = two;
	ck_assert_int_eq(socket_scan(getpid(), &ghost, 1, &scan, NULL), 0);
	ck_assert_str_eq(scan.data, "");
	bytes_done(&scan);
	(void)close(pair[0]);
	(void)close(copy);
}
END_TEST

START_TEST(no_such_process)
{
	struct bytes scan = { 0 };
	struct error e = { 0 };
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(socket_scan(pid, NULL, 0, &scan, &e), -ESRCH);
	ck_assert_int_eq(socket_scan(INT_MAX, NULL, 0, &scan, &e), -ESRCH);
	ck_assert_ptr_nonnull(strstr(e.text, "2147483647"));
	bytes_done(&scan);
}
END_TEST

static void drop_ptrace(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &head, data) != 0)
		_exit(2);
	data[0].effective &= ~(1u << CAP_SYS_PTRACE);
	data[0].permitted &= ~(1u << CAP_SYS_PTRACE);
	if (syscall(SYS_capset, &head, data) != 0)
		_exit(2);
}

/* Another user's process, whose descriptors root may list but, without CAP_SYS_PTRACE, not follow:
 * a scan that finds none of its sockets must not pass for one that saw everything. */
START_TEST(links_that_may_not_be_followed)
{
	int ready[2], status = -1;
	pid_t holder, scanner;
	char byte;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ready), 0);
	holder = fork();
	if (holder == 0) {
		if (setuid(65534) != 0 || write(ready[1], "", 1) != 1)
			_exit(2);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	scanner = fork();
	if (scanner == 0) {
		struct bytes scan = { 0 };

		drop_ptrace();
		if (socket_scan(holder, NULL, 0, &scan, NULL) != -EACCES)
			_exit(3);
		_exit(socket_scan(0, NULL, 0, &scan, NULL) == -EACCES ? 0 : 4);
	}
	ck_assert_int_eq(waitpid(scanner, &status, 0), scanner);
	ck_assert_int_eq(kill(holder, SIGKILL), 0);
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
	(void)close(ready[0]);
	(void)close(ready[1]);
	ck_assert_int_eq(status, 0);
}
END_TEST

#define COUNT(cases) ((int)(sizeof(cases) / sizeof((cases)[0])))

Suite *test_owners_suite(void)
{
	Suite *suite = suite_create("owners");
	TCase *found = tcase_create("table");
	TCase *scan = tcase_create("scan");

	tcase_add_checked_fixture(found, set_up, tear_down);
	tcase_add_test(found, owners_are_merged);
	tcase_add_test(found, incomplete_scan_keeps_what_was_found);
	tcase_add_test(found, a_scan_that_found_all_lacks_nothing);
	tcase_add_test(found, nothing_wanted_scans_nothing);
	tcase_add_test(found, nobody_found);
	tcase_add_loop_test(found, damaged_scan, 0, COUNT(damaged));
	tcase_add_test(found, hostile_names_are_tamed);
	tcase_add_test(found, process_must_exist);
	tcase_add_test(scan, own_sockets);
	tcase_add_test(scan, no_such_process);
	tcase_add_test(scan, links_that_may_not_be_followed);
	suite_add_tcase(suite, found);
	suite_add_tcase(suite, scan);
	return suite;
}
