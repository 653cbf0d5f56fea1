#include "recording_fixture.h"

#include "fake_source.h"
#include "host/netlink.h"
#include "host/recording.h"
#include "netlink_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory of each test's own, and the recording in it. */
static char directory[] = "/tmp/netwright-test.XXXXXX";
static char path[64];

static void make_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/r", directory);
}

static void remove_directory(void)
{
	(void)unlink(path);
	/* Fails, and with it the test, when a temporary file was left behind. */
	ck_assert_int_eq(rmdir(directory), 0);
}

void file_read_whole(const char *name, struct bytes *ret)
{
	int fd = open(name, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bytes_read_fd(ret, fd, 1u << 20), 0);
	(void)close(fd);
}

void file_write_whole(const char *name, const void *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	(void)close(fd);
}

TCase *recording_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, make_directory, remove_directory);
	tcase_set_timeout(tcase, 180);
	suite_add_tcase(suite, tcase);
	return tcase;
}

const char *recording_directory(void)
{
	return directory;
}

const char *recording_path(void)
{
	return path;
}

struct source *recordable_source(void)
{
	static const char binary[] = { 'a', '\0', '\n', '\0', (char)0xff };
	struct netlink_message first = { 0 }, second = { 0 };
	struct source *s = fake_source_new();

	netlink_message_begin(&first, 16, "abcd", 4);
	netlink_message_begin(&second, 16, "efgh", 4);
	netlink_message_done(&second);
	fake_source_set_samples(s, 2);
	fake_source_add_file(s, "/proc/changing", "before");
	fake_source_add_scoped_file(s, SOURCE_NETNS, "/proc/scoped", "netns");
	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/scoped", "host");
	fake_source_add_file_bytes(s, "/proc/binary", binary, sizeof(binary));
	fake_source_add_file(s, "/proc/empty", "");
	fake_source_fail_file(s, "/proc/secret", -EACCES);
	fake_source_add_datagram(s, RECORDED_REQUEST, first.data, first.len);
	fake_source_add_datagram(s, RECORDED_REQUEST, second.data, second.len);
	fake_source_fail_request(s, "rtnetlink/links", -EPERM);
	fake_source_set_scan(s, "10 1 init\n", -EACCES);
	fake_source_at_sample(s, 2);
	fake_source_add_file(s, "/proc/changing", "after");
	return s;
}

static int append_message(void *arg, const struct nlmsghdr *message)
{
	struct bytes *seen = arg;

	return bytes_printf(seen, "message %u %.4s\n", message->nlmsg_len,
			    (const char *)message + NLMSG_HDRLEN);
}

static void ask_file(struct source *s, enum source_scope scope, const char *name,
		     struct bytes *seen)
{
	struct bytes content = { 0 };
	int r = source_read_file(s, scope, name, &content, NULL);

	ck_assert_int_eq(
		bytes_printf(seen, "%s %d %llu [", name, r, (unsigned long long)source_time_ns(s)),
		0);
	ck_assert_int_eq(bytes_append(seen, content.data, content.len), 0);
	ck_assert_int_eq(bytes_append(seen, "]\n", 2), 0);
	bytes_done(&content);
}

void ask_request(struct source *s, const char *name, struct bytes *seen)
{
	const struct source_request request = { .name = name,
						.protocol = NETLINK_SOCK_DIAG,
						.type = 20,
						.flags = NLM_F_DUMP,
						.payload = "payload",
						.payload_len = 7 };
	const struct netlink_visitor visitor = { .message = append_message, .arg = seen };
	int r = netlink_run(s, &request, &visitor, NULL);

	ck_assert_int_eq(
		bytes_printf(seen, "%s %d %llu\n", name, r, (unsigned long long)source_time_ns(s)),
		0);
}

void ask_everything(struct source *s, struct bytes *seen)
{
	struct bytes scan = { 0 };
	int more, r;

	do {
		ask_file(s, SOURCE_NETNS, "/proc/changing", seen);
		ask_file(s, SOURCE_NETNS, "/proc/scoped", seen);
		ask_file(s, SOURCE_HOST, "/proc/scoped", seen);
		ask_file(s, SOURCE_NETNS, "/proc/binary", seen);
		ask_file(s, SOURCE_HOST, "/proc/empty", seen);
		ask_file(s, SOURCE_HOST, "/proc/secret", seen);
		ask_file(s, SOURCE_HOST, "/proc/none", seen);
		ask_request(s, RECORDED_REQUEST, seen);
		ask_request(s, "rtnetlink/links", seen);
		r = source_scan_sockets(s, 0, NULL, 0, &scan, NULL);
		ck_assert_int_eq(bytes_printf(seen, "scan %d %s", r, scan.data), 0);
		more = source_next_sample(s, NULL);
		ck_assert_int_eq(bytes_printf(seen, "sample %d\n", more), 0);
	} while (more > 0);
	ask_file(s, SOURCE_NETNS, "/proc/changing", seen);
	bytes_done(&scan);
}

void record_everything(struct bytes *seen)
{
	struct source *s = NULL;
	struct error e = { 0 };

	ck_assert_msg(recording_writer_new(path, recordable_source(), &s, &e) == 0, "%s", e.text);
	ask_everything(s, seen);
	ck_assert_msg(recording_finish(s, &e) == 0, "%s", e.text);
	source_free(s);
}
