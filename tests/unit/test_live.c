/* The live source in our own namespace: nothing here needs a privilege. */
#include "host/live.h"
#include "host/netlink.h"
#include "host/netns.h"

#include <check.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *test_live_suite(void);

static struct source *open_live(const struct live_options *options)
{
	struct source *s = NULL;
	struct error e = { 0 };

	ck_assert_msg(live_source_new(options, &s, &e) == 0, "%s", e.text);
	return s;
}

static const struct live_options one_sample = { .interval_s = 1 };

START_TEST(files_of_both_scopes)
{
	struct source *s = open_live(&one_sample);
	struct bytes b = { 0 };
	struct error e = { 0 };

	ck_assert_int_eq(source_read_file(s, SOURCE_NETNS, "/proc/net/snmp", &b, &e), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "Tcp:"));
	ck_assert_uint_gt(source_time_ns(s), 0);
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, "/proc/meminfo", &b, &e), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "MemTotal:"));
	ck_assert_int_eq(source_read_file(s, SOURCE_NETNS, "/proc/net/none", &b, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "/proc/net/none"));
	bytes_done(&b);
	source_free(s);
}
END_TEST

START_TEST(pseudo_files)
{
	struct source *s = open_live(&one_sample);
	struct bytes b = { 0 };
	char euid[32];

	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, SOURCE_INFO_PATH, &b, NULL), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "\nnetns self\n"));
	(void)snprintf(euid, sizeof(euid), "\neuid %u\n", geteuid());
	ck_assert_ptr_nonnull(strstr(b.data, euid));
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, SOURCE_NETNS_STATE_PATH, &b, NULL), 0);
	ck_assert_str_eq(b.data, "present\n");
	bytes_done(&b);
	source_free(s);
}
END_TEST

START_TEST(process_gives_its_namespace)
{
	struct live_options options = one_sample;
	struct bytes b = { 0 };
	struct source *s;
	char pid[16], line[32];

	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	options.netns = pid;
	s = open_live(&options);
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, SOURCE_INFO_PATH, &b, NULL), 0);
	(void)snprintf(line, sizeof(line), "\nnetns %s\n", pid);
	ck_assert_ptr_nonnull(strstr(b.data, line));
	bytes_done(&b);
	source_free(s);
}
END_TEST

static const struct {
	const char *name;
	int result;
} refused_names[] = {
	{ "no-such-namespace-of-netwright", -ENOENT },
	{ "4194305", -ENOENT }, /* beyond PID_MAX_LIMIT */
	{ "99999999999999999999", -ENOENT },
	{ "", -EINVAL },
	{ "a/b", -EINVAL },
	{ "/proc/1/ns/net", -EINVAL },
	{ ".", -EINVAL },
	{ "..", -EINVAL },
};

START_TEST(refused_namespaces)
{
	struct live_options options = one_sample;
	struct source *s = NULL;
	struct error e = { 0 };

	options.netns = refused_names[_i].name;
	ck_assert_int_eq(live_source_new(&options, &s, &e), refused_names[_i].result);
	ck_assert_ptr_null(s);
	ck_assert_int_eq((int)e.kind, (int)ERROR_INPUT);
}
END_TEST

START_TEST(overlong_name)
{
	char name[257];

	memset(name, 'n', 256);
	name[256] = '\0';
	ck_assert_int_eq(netns_open(name, NULL), -EINVAL);
	name[255] = '\0';
	ck_assert_int_eq(netns_open(name, NULL), -ENOENT);
}
END_TEST

START_TEST(labels_are_told_apart)
{
	ck_assert_str_eq(netns_label(""), "self");
	ck_assert_str_eq(netns_label("blue"), "blue");
	ck_assert_str_eq(netns_label("self"), "/run/netns/self");
}
END_TEST

START_TEST(own_namespace_is_itself)
{
	int a = netns_open(NULL, NULL), b = netns_open(NULL, NULL);

	ck_assert_int_ge(a, 0);
	ck_assert(netns_same(a, b));
	ck_assert(!netns_same(a, STDIN_FILENO));
	ck_assert(!netns_same(a, -1));
	(void)close(a);
	(void)close(b);
}
END_TEST

START_TEST(refused_windows)
{
	static const struct {
		double duration_s, interval_s;
	} cases[] = { { 10, 0 }, { 10, 0.05 }, { 10, 3601 }, { -1, 1 }, { 1e12, 1 } };
	struct live_options options = { .duration_s = cases[_i].duration_s,
					.interval_s = cases[_i].interval_s };
	struct source *s = NULL;

	ck_assert_int_eq(live_source_new(&options, &s, NULL), -EINVAL);
}
END_TEST

START_TEST(one_sample_without_a_duration)
{
	struct source *s = open_live(&one_sample);

	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	ck_assert_int_eq(source_next_sample(s, NULL), 0);
	ck_assert_int_eq(source_next_sample(s, NULL), 0);
	source_free(s);
}
END_TEST

static void count_progress(void *arg, double elapsed_s, double duration_s)
{
	int *calls = arg;

	ck_assert_double_ge(elapsed_s, 0);
	ck_assert_double_eq(duration_s, 0.3);
	(*calls)++;
}

START_TEST(samples_of_a_window)
{
	int calls = 0;
	const struct live_options options = { .duration_s = 0.3,
					      .interval_s = 0.1,
					      .progress = count_progress,
					      .progress_arg = &calls };
	struct source *s = open_live(&options);
	uint64_t first, last = 0;
	int samples = 0;

	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	first = source_time_ns(s);
	while (source_next_sample(s, NULL) == 1) {
		ck_assert_uint_gt(source_time_ns(s), last);
		last = source_time_ns(s);
		samples++;
	}
	/* A busy machine may skip some, but never the last. */
	ck_assert_int_ge(samples, 1);
	ck_assert_int_le(samples, 3);
	ck_assert_uint_ge(last - first, 300000000);
	ck_assert_int_gt(calls, 0);
	source_free(s);
}
END_TEST

START_TEST(stopped_window)
{
	volatile sig_atomic_t stop = 0;
	const struct live_options options = { .duration_s = 3600, .interval_s = 60, .stop = &stop };
	struct source *s = open_live(&options);

	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	stop = 1;
	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	ck_assert_int_eq(source_next_sample(s, NULL), 0);
	source_free(s);
}
END_TEST

static int count_message(void *arg, const struct nlmsghdr *message)
{
	unsigned int *messages = arg;

	ck_assert_uint_eq(message->nlmsg_type, RTM_NEWLINK);
	(*messages)++;
	return 0;
}

static int give_up(void *arg, const struct nlmsghdr *message)
{
	(void)arg;
	(void)message;
	return -ECANCELED;
}

static int dump_links(struct source *s, int (*take)(void *, const struct nlmsghdr *), void *arg)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	const struct source_request request = {
		.name = "rtnetlink/links",
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETLINK,
		.flags = NLM_F_DUMP,
		.payload = &head,
		.payload_len = sizeof(head),
	};
	const struct netlink_visitor visitor = { .message = take, .arg = arg };

	return netlink_run(s, &request, &visitor, NULL);
}

START_TEST(abandoned_dump_does_not_confuse_the_next)
{
	struct source *s = open_live(&one_sample);
	unsigned int messages = 0;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(dump_links(s, give_up, NULL), -ECANCELED);
	ck_assert_int_eq(dump_links(s, count_message, &messages), 0);
	ck_assert_uint_gt(messages, 0); /* at least lo */
	source_free(s);
}
END_TEST

START_TEST(refused_requests)
{
	struct source_request request = { .name = "test", .protocol = NETLINK_GENERIC };
	struct source *s = open_live(&one_sample);
	struct error e = { 0 };
	const void *data;
	size_t len;

	ck_assert_int_eq(source_receive(s, &data, &len, &e), -EINVAL);
	request.family = "no-such-one";
	ck_assert_int_eq(source_request(s, &request, &e), -EOPNOTSUPP);
	ck_assert_int_eq((int)e.kind, (int)ERROR_UNSUPPORTED);
	request.family = "a-family-name-that-is-too-long";
	ck_assert_int_eq(source_request(s, &request, &e), -EINVAL);
	request.protocol = NETLINK_AUDIT;
	ck_assert_int_eq(source_request(s, &request, &e), -EPROTONOSUPPORT);
	source_free(s);
}
END_TEST

#define COUNT(cases) ((int)(sizeof(cases) / sizeof((cases)[0])))

Suite *test_live_suite(void)
{
	Suite *suite = suite_create("live");
	TCase *files = tcase_create("files");
	TCase *window = tcase_create("window");
	TCase *netlink = tcase_create("netlink");

	tcase_add_test(files, files_of_both_scopes);
	tcase_add_test(files, pseudo_files);
	tcase_add_test(files, process_gives_its_namespace);
	tcase_add_loop_test(files, refused_namespaces, 0, COUNT(refused_names));
	tcase_add_test(files, overlong_name);
	tcase_add_test(files, labels_are_told_apart);
	tcase_add_test(files, own_namespace_is_itself);
	tcase_add_loop_test(window, refused_windows, 0, 5);
	tcase_add_test(window, one_sample_without_a_duration);
	tcase_add_test(window, samples_of_a_window);
	tcase_add_test(window, stopped_window);
	tcase_add_test(netlink, abandoned_dump_does_not_confuse_the_next);
	tcase_add_test(netlink, refused_requests);
	suite_add_tcase(suite, files);
	suite_add_tcase(suite, window);
	suite_add_tcase(suite, netlink);
	return suite;
}
