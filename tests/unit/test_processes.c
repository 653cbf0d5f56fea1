/* Processes close to their limit of descriptors: the list as it is parsed, and as it is made of
 * this machine's processes. */
#include "fake_source.h"
#include "host/process_scan.h"
#include "host/processes.h"
#include "measure/observer.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_processes_suite(void);

static struct process_table read_list(const char *text)
{
	struct source *s = fake_source_new();
	struct process_table t;

	fake_source_add_file(s, SOURCE_PROCESSES_PATH, text);
	ck_assert_int_eq(processes_read(s, &t, NULL), 0);
	source_free(s);
	return t;
}

START_TEST(a_list_is_parsed)
{
	struct process_table t = read_list("scanned 312\nunseen 4\nhidden 1\nlater 5 words\n"
					   "process 812 1000 1024 4096 my server\n"
					   "cgroup /system.slice/my server.service\n"
					   "process 9 50 100 18446744073709551615 x\n");

	ck_assert(t.read && t.hidden);
	ck_assert_uint_eq(t.scanned, 312);
	ck_assert_uint_eq(t.unseen, 4);
	ck_assert_uint_eq(t.count, 2);
	ck_assert_int_eq(t.processes[0].pid, 812);
	ck_assert_uint_eq(t.processes[0].descriptors, 1000);
	ck_assert_uint_eq(t.processes[0].soft, 1024);
	ck_assert_uint_eq(t.processes[0].hard, 4096);
	ck_assert_str_eq(t.processes[0].comm, "my server");
	ck_assert_str_eq(t.processes[0].cgroup, "/system.slice/my server.service");
	ck_assert_uint_eq(t.processes[1].hard, UINT64_MAX);
	ck_assert_str_eq(t.processes[1].cgroup, "");
	process_table_done(&t);
	t = read_list("");
	ck_assert(t.read);
	ck_assert_uint_eq(t.count, 0);
	process_table_done(&t);
}
END_TEST

START_TEST(a_damaged_list_is_refused)
{
	static const char *const damaged[] = {
		"process 812 1000 1024\n",
		"process 0 1 1 1 x\n",
		"process -4 1 1 1 x\n",
		"cgroup /before/any\n",
		"scanned many\n",
		"process 4294967296 1 1 1 x\n",
		"unseen\n",
		"process 8 1 1 1f x\n",
	};

	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		struct source *s = fake_source_new();
		struct process_table t = { 0 };
		struct error e = { 0 };

		fake_source_add_file(s, SOURCE_PROCESSES_PATH, damaged[i]);
		ck_assert_msg(processes_read(s, &t, &e) == -EBADMSG, "%s", damaged[i]);
		ck_assert_ptr_nonnull(strstr(e.text, "no line of a list of processes"));
		source_free(s);
	}
}
END_TEST

START_TEST(more_than_may_be_kept_are_refused)
{
	struct source *s = fake_source_new();
	struct bytes text = { 0 };
	struct process_table t = { 0 };

	for (unsigned int i = 0; i <= PROCESSES_KEPT_MAX; i++)
		ck_assert_int_eq(bytes_printf(&text, "process %u 9 10 10 x\n", i + 1), 0);
	fake_source_add_file(s, SOURCE_PROCESSES_PATH, text.data);
	ck_assert_int_eq(processes_read(s, &t, NULL), -EBADMSG);
	bytes_done(&text);
	source_free(s);
}
END_TEST

static const struct blind_spot *observe_spot(struct source *s, struct observation **ret)
{
	const struct observe_options options = { .find_owners = true };

	ck_assert_int_eq(observe(s, &options, ret, NULL), 0);
	source_free(s);
	for (size_t i = 0; i < (*ret)->blind_spot_count; i++) {
		if (strcmp((*ret)->blind_spots[i].what, "open descriptors of processes") == 0)
			return &(*ret)->blind_spots[i];
	}
	return NULL;
}

START_TEST(what_was_not_seen_is_said)
{
	static const struct {
		const char *list;   /* NULL: there is none */
		const char *reason; /* NULL: all was seen */
	} cases[] = {
		{ "scanned 9\nunseen 0\nhidden 0\n", NULL },
		{ "scanned 9\nunseen 3\nhidden 0\n", "3 of 9 processes may not be looked into" },
		{ "scanned 2\nunseen 0\nhidden 1\n", "hidepid" },
		{ NULL, "No such file" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source *s = fake_source_new();
		struct observation *o = NULL;
		const struct blind_spot *spot;

		if (cases[i].list != NULL)
			fake_source_add_file(s, SOURCE_PROCESSES_PATH, cases[i].list);
		spot = observe_spot(s, &o);
		ck_assert_int_eq(spot != NULL, cases[i].reason != NULL);
		if (spot != NULL)
			ck_assert_ptr_nonnull(strstr(spot->reason, cases[i].reason));
		observation_free(o);
	}
}
END_TEST

/* A child with so many descriptors open, of 40 that it may have. */
static pid_t start_child(int descriptors)
{
	const struct rlimit limit = { 40, 60 };
	int ready[2], fd = 0;
	pid_t child;
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		for (int i = 3; i < 1024; i++) {
			if (i != ready[1])
				(void)close(i);
		}
		(void)dup2(ready[1], 3);
		if (ready[1] != 3)
			(void)close(ready[1]);
		while (fd < descriptors - 1)
			fd = open("/dev/null", O_RDONLY);
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)!write(3, "", 1);
		(void)pause();
		_exit(0);
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return child;
}

static void end_child(pid_t child)
{
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

START_TEST(a_process_of_ours_is_found_and_a_modest_one_is_not)
{
	pid_t full = start_child(37), modest = start_child(12);
	struct process_scan scan = { 0 };
	struct bytes text = { 0 };
	char line[64];

	ck_assert_int_eq(process_scan_read(&scan), 0);
	ck_assert_int_eq(process_scan_answer(&scan, true, &text), 0);
	process_scan_done(&scan);
	(void)snprintf(line, sizeof(line), "process %d 37 40 60 ", (int)full);
	ck_assert_msg(strstr(text.data, line) != NULL, "%s", text.data);
	(void)snprintf(line, sizeof(line), "process %d ", (int)modest);
	ck_assert_ptr_null(strstr(text.data, line));
	ck_assert_ptr_nonnull(strstr(text.data, "unseen "));
	bytes_done(&text);
	end_child(full);
	end_child(modest);
}
END_TEST

Suite *test_processes_suite(void)
{
	Suite *s = suite_create("processes");
	TCase *c = tcase_create("descriptors");

	tcase_add_test(c, a_list_is_parsed);
	tcase_add_test(c, a_damaged_list_is_refused);
	tcase_add_test(c, more_than_may_be_kept_are_refused);
	tcase_add_test(c, what_was_not_seen_is_said);
	tcase_add_test(c, a_process_of_ours_is_found_and_a_modest_one_is_not);
	suite_add_tcase(s, c);
	return s;
}
