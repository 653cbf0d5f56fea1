/* Several live sources side by side, and the list of namespaces; here all are our own namespace, so
 * that nothing needs a privilege. */
#include "host/live.h"
#include "host/live_window.h"
#include "host/netns.h"
#include "host/netns_list.h"
#include "host/owners.h"
#include "host/shared_answers.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_live_group_suite(void);

static const struct live_options short_window = { .duration_s = 0.25, .interval_s = 0.1 };

struct pair {
	struct live_group *group;
	struct source *a, *b;
};

static struct pair open_pair(void)
{
	struct pair p = { 0 };
	struct error e = { 0 };

	ck_assert_msg(live_group_new(&short_window, &p.group, &e) == 0, "%s", e.text);
	ck_assert_msg(live_group_add(p.group, NULL, -1, &p.a, &e) == 0, "%s", e.text);
	ck_assert_msg(live_group_add(p.group, NULL, -1, &p.b, &e) == 0, "%s", e.text);
	return p;
}

static void close_pair(struct pair *p)
{
	source_free(p->a);
	source_free(p->b);
	live_group_free(p->group);
}

START_TEST(samples_are_side_by_side)
{
	struct pair p = open_pair();
	int rounds = 0;

	while (source_next_sample(p.a, NULL) == 1) {
		ck_assert_int_eq(source_next_sample(p.b, NULL), 1);
		ck_assert_uint_ge(source_time_ns(p.b), source_time_ns(p.a));
		/* Nothing waits between them; the next instant is 100 ms away, a busy machine's
		 * pause is allowed for. */
		ck_assert_uint_lt(source_time_ns(p.b) - source_time_ns(p.a), 90000000u);
		rounds++;
	}
	ck_assert_int_ge(rounds, 2);
	ck_assert_int_le(rounds, 4); /* 0, 100, 200, 250 ms */
	ck_assert_int_eq(source_next_sample(p.b, NULL), 0);
	close_pair(&p);
}
END_TEST

START_TEST(a_source_that_stops_asking_stops_nobody)
{
	struct pair p = open_pair();
	int rounds = 1;

	ck_assert_int_eq(source_next_sample(p.b, NULL), 1);
	while (source_next_sample(p.a, NULL) == 1)
		rounds++;
	ck_assert_int_ge(rounds, 3);
	/* It takes the last sample, late, and then it is over for it too. */
	ck_assert_int_eq(source_next_sample(p.b, NULL), 1);
	ck_assert_int_eq(source_next_sample(p.b, NULL), 0);
	close_pair(&p);
}
END_TEST

static void read_text(struct source *s, const char *path, char *buf, size_t size)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, path, &b, NULL), 0);
	(void)snprintf(buf, size, "%s", b.data);
	bytes_done(&b);
}

/* Nanoseconds of CPU time of this very thread: no two readings are equal. */
#define CHANGING_FILE "/proc/thread-self/schedstat"

START_TEST(host_files_are_read_once_per_sample)
{
	struct pair p = open_pair();
	char first[128], again[128], later[128];

	if (access(CHANGING_FILE, R_OK) < 0) {
		close_pair(&p);
		return; /* CONFIG_SCHED_INFO is off */
	}
	read_text(p.a, CHANGING_FILE, first, sizeof(first));
	for (int i = 0; i < 3; i++) {
		usleep(2000);
		read_text(i % 2 == 0 ? p.b : p.a, CHANGING_FILE, again, sizeof(again));
		ck_assert_str_eq(again, first);
	}
	ck_assert_uint_eq(source_time_ns(p.a), source_time_ns(p.b));
	ck_assert_int_eq(source_next_sample(p.a, NULL), 1);
	read_text(p.b, CHANGING_FILE, later, sizeof(later));
	ck_assert_str_ne(later, first);
	close_pair(&p);
}
END_TEST

START_TEST(failures_are_shared_too)
{
	struct pair p = open_pair();
	struct bytes b = { 0 };
	struct error e = { 0 };

	ck_assert_int_eq(source_read_file(p.a, SOURCE_HOST, "/proc/none", &b, &e), -ENOENT);
	e.text[0] = '\0';
	ck_assert_int_eq(source_read_file(p.b, SOURCE_HOST, "/proc/none", &b, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "/proc/none"));
	bytes_done(&b);
	close_pair(&p);
}
END_TEST

static const struct {
	enum source_scope scope;
	const char *path;
	bool shared;
} files[] = {
	{ SOURCE_HOST, "/proc/stat", true },
	{ SOURCE_NETNS, "/proc/stat", true },
	{ SOURCE_HOST, "/proc/sys/net/ipv4/tcp_mem", true },
	{ SOURCE_NETNS, "/proc/sys/net/ipv4/tcp_mem", false },
	{ SOURCE_HOST, "/proc/net/softnet_stat", true },
	{ SOURCE_NETNS, "/proc/net/snmp", false },
	{ SOURCE_NETNS, "/proc/sys/fs/file-nr", true },
	{ SOURCE_HOST, SOURCE_INFO_PATH, false },
	{ SOURCE_NETNS, SOURCE_NETNS_STATE_PATH, false },
};

START_TEST(what_is_shared)
{
	ck_assert_int_eq(shared_answers_has(files[_i].scope, files[_i].path), files[_i].shared);
}
END_TEST

static uint32_t inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

START_TEST(each_finds_its_own_sockets)
{
	struct pair p = open_pair();
	int one = socket(AF_INET, SOCK_STREAM, 0), two = socket(AF_INET, SOCK_STREAM, 0);
	const uint32_t wanted_a[] = { inode_of(one) }, wanted_b[] = { inode_of(two) };
	struct owner_table a = { 0 }, b = { 0 };

	ck_assert_int_eq(owners_find(p.a, wanted_a, 1, &a, NULL), 0);
	ck_assert_int_eq(owners_find(p.b, wanted_b, 1, &b, NULL), 0);
	ck_assert_uint_eq(a.count, 1);
	ck_assert_int_eq(a.owners[0].pid, getpid());
	ck_assert_uint_eq(b.count, 1);
	ck_assert_uint_eq(b.owners[0].inode, wanted_b[0]);
	ck_assert_ptr_null(owner_lookup(&b, wanted_a[0]));
	owner_table_done(&a);
	owner_table_done(&b);

	/* Those of one process: all of them, again from one look. */
	ck_assert_int_eq(owners_of_process(p.a, getpid(), &a, NULL), 0);
	(void)close(two);
	ck_assert_int_eq(owners_of_process(p.b, getpid(), &b, NULL), 0);
	ck_assert_uint_eq(a.count, b.count);
	ck_assert_ptr_nonnull(owner_lookup(&b, wanted_b[0]));
	owner_table_done(&a);
	owner_table_done(&b);
	(void)close(one);
	close_pair(&p);
}
END_TEST

START_TEST(refused_groups)
{
	static const struct live_options never = { .duration_s = 1, .interval_s = 0.01 };
	struct live_group *g = NULL;
	struct source *s = NULL;
	struct error e = { 0 };

	ck_assert_int_eq(live_group_new(&never, &g, &e), -EINVAL);
	ck_assert_ptr_null(g);
	ck_assert_int_eq(live_group_new(&short_window, &g, &e), 0);
	ck_assert_int_eq(live_group_add(g, "no-such-namespace-of-netwright", -1, &s, &e), -ENOENT);
	ck_assert_ptr_null(s);
	live_group_free(g);
	live_group_free(NULL);
}
END_TEST

START_TEST(list_has_our_own_first_and_each_once)
{
	struct netns_list l = { 0 };
	struct error e = { 0 };
	int own = netns_open(NULL, NULL);

	ck_assert_msg(netns_list_read(&l, NULL, NULL, &e) == 0, "%s", e.text);
	ck_assert_uint_ge(l.count, 1);
	ck_assert(netns_same(l.entries[0].fd, own));
	ck_assert_str_ne(l.entries[0].label, "");
	for (size_t i = 0; i < l.count; i++) {
		ck_assert_int_eq(l.entries[i].fd >= 0, l.entries[i].reason[0] == '\0');
		for (size_t k = 0; k < i; k++)
			ck_assert(l.entries[i].fd < 0 || l.entries[k].fd < 0 ||
				  !netns_same(l.entries[i].fd, l.entries[k].fd));
	}
	netns_list_done(&l);
	ck_assert_uint_eq(l.count, 0);
	(void)close(own);
}
END_TEST

struct question {
	bool answer;
	unsigned int asked;
	size_t named;
};

static bool answer(void *arg, const struct netns_list *named)
{
	struct question *q = arg;

	q->asked++;
	q->named = named->count;
	for (size_t i = 0; i < named->count; i++)
		ck_assert_int_eq(named->entries[i].pid, 0);
	return q->answer;
}

START_TEST(processes_are_looked_at_unless_names_are_enough)
{
	struct question q = { .answer = _i == 1 };
	struct netns_list l = { 0 };
	struct error e = { 0 };
	size_t of_processes = 0;

	ck_assert_msg(netns_list_read(&l, answer, &q, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(q.asked, 1);
	ck_assert_uint_ge(q.named, 1);
	for (size_t i = 0; i < l.count; i++)
		of_processes += l.entries[i].pid != 0;
	ck_assert_uint_eq(l.count, q.named + of_processes);
	if (q.answer) {
		ck_assert_uint_eq(of_processes, 0);
		ck_assert_uint_eq(l.unseen_processes, 0);
	}
	netns_list_done(&l);
}
END_TEST

Suite *test_live_group_suite(void)
{
	Suite *suite = suite_create("live_group");
	TCase *window = tcase_create("window");
	TCase *shared = tcase_create("shared");
	TCase *list = tcase_create("list");

	tcase_add_test(window, samples_are_side_by_side);
	tcase_add_test(window, a_source_that_stops_asking_stops_nobody);
	tcase_add_test(window, refused_groups);
	tcase_add_test(shared, host_files_are_read_once_per_sample);
	tcase_add_test(shared, failures_are_shared_too);
	tcase_add_loop_test(shared, what_is_shared, 0, (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_test(shared, each_finds_its_own_sockets);
	tcase_add_test(list, list_has_our_own_first_and_each_once);
	tcase_add_loop_test(list, processes_are_looked_at_unless_names_are_enough, 0, 2);
	suite_add_tcase(suite, window);
	suite_add_tcase(suite, shared);
	suite_add_tcase(suite, list);
	return suite;
}
