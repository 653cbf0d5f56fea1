#include "fake_source.h"
#include "host/netlink.h"
#include "netlink_message.h"

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

Suite *test_netlink_suite(void);

#define NAME "rtnetlink/links"
enum { TYPE = 16 };

struct seen {
	unsigned int messages, restarts;
	unsigned int since_restart;
	int answer; /* what the visitor returns */
	uint32_t last_len;
};

static int take(void *arg, const struct nlmsghdr *message)
{
	struct seen *seen = arg;

	ck_assert_uint_eq((uintptr_t)message % NLMSG_ALIGNTO, 0);
	seen->messages++;
	seen->since_restart++;
	seen->last_len = message->nlmsg_len;
	return seen->answer;
}

static void restart(void *arg)
{
	struct seen *seen = arg;

	seen->restarts++;
	seen->since_restart = 0;
}

static struct source *source;

static void set_up(void)
{
	source = fake_source_new();
}

static void tear_down(void)
{
	source_free(source);
}

static int run(uint16_t flags, struct seen *seen, struct error *e)
{
	const struct source_request request = {
		.name = NAME,
		.protocol = NETLINK_ROUTE,
		.type = TYPE,
		.flags = flags,
	};
	const struct netlink_visitor visitor = { take, restart, seen };

	return netlink_run(source, &request, &visitor, e);
}

/* One datagram with `messages` messages of 4 bytes each, then DONE when it is the last. */
static void add_messages(unsigned int messages, uint16_t flags, bool last)
{
	struct netlink_message m = { 0 };

	for (unsigned int i = 0; i < messages; i++) {
		netlink_message_begin(&m, TYPE, "abcd", 4);
		netlink_message_last(&m)->nlmsg_flags |= flags;
	}
	if (last)
		netlink_message_done(&m);
	fake_source_add_datagram(source, NAME, m.data, m.len);
}

START_TEST(dump_of_several_datagrams)
{
	struct seen seen = { 0 };
	struct error e = { 0 };

	add_messages(3, 0, false);
	add_messages(2, 0, false);
	add_messages(0, 0, true);
	add_messages(5, 0, false);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), 0);
	ck_assert_uint_eq(seen.messages, 5);
	ck_assert_uint_eq(seen.restarts, 0);
}
END_TEST

START_TEST(what_follows_done_is_ignored)
{
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };

	netlink_message_done(&m);
	netlink_message_begin(&m, TYPE, "abcd", 4);
	fake_source_add_datagram(source, NAME, m.data, m.len);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), 0);
	ck_assert_uint_eq(seen.messages, 0);
}
END_TEST

START_TEST(single_answer_needs_no_done)
{
	struct seen seen = { 0 };

	add_messages(1, 0, false);
	add_messages(1, 0, false);
	ck_assert_int_eq(run(0, &seen, NULL), 0);
	ck_assert_uint_eq(seen.messages, 1);
}
END_TEST

START_TEST(dump_without_done_is_cut_short)
{
	struct seen seen = { 0 };
	struct error e = { 0 };

	add_messages(3, 0, false);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), -EPIPE);
	ck_assert_uint_eq(seen.messages, 3);
	ck_assert_ptr_nonnull(strstr(e.text, NAME));
}
END_TEST

static const struct {
	int code, result;
	enum error_kind kind;
} kernel_errors[] = {
	{ -EPERM, -EPERM, ERROR_PRIVILEGE },   { -EOPNOTSUPP, -EOPNOTSUPP, ERROR_UNSUPPORTED },
	{ -ENOENT, -ENOENT, ERROR_FAILED },    { -4095, -4095, ERROR_FAILED },
	{ -4096, -EBADMSG, ERROR_FAILED },     { 1, -EBADMSG, ERROR_FAILED },
	{ INT32_MIN, -EBADMSG, ERROR_FAILED },
};

START_TEST(kernel_error)
{
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };
	struct error e = { 0 };

	netlink_message_error(&m, kernel_errors[_i].code);
	fake_source_add_datagram(source, NAME, m.data, m.len);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), kernel_errors[_i].result);
	ck_assert_int_eq((int)e.kind, (int)kernel_errors[_i].kind);
	ck_assert_int_eq(e.code, kernel_errors[_i].result);
	ck_assert_uint_eq(seen.messages, 0);
}
END_TEST

START_TEST(acknowledgement_ends)
{
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };

	netlink_message_error(&m, 0);
	fake_source_add_datagram(source, NAME, m.data, m.len);
	ck_assert_int_eq(run(0, &seen, NULL), 0);
	ck_assert_uint_eq(seen.messages, 0);
}
END_TEST

START_TEST(done_with_an_error)
{
	const int32_t status = -ENOMEM;
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };

	netlink_message_begin(&m, NLMSG_DONE, &status, sizeof(status));
	fake_source_add_datagram(source, NAME, m.data, m.len);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), -ENOMEM);
}
END_TEST

/* Lengths as a hostile recording could have them: `len` bytes of datagram, the header says more,
 * less than a header, or nothing. */
static const struct {
	size_t len;
	uint32_t says;
} damaged[] = {
	{ 1, 0 },   { 15, 15 }, { 16, 0 },	    { 16, 15 },
	{ 16, 17 }, { 20, 24 }, { 20, UINT32_MAX }, { 20, UINT32_MAX - 3 },
	{ 24, 18 }, /* the second message begins at 20 and has 4 bytes */
};

START_TEST(damaged_lengths)
{
	_Alignas(8) uint8_t data[24] = { 0 };
	struct nlmsghdr header = { .nlmsg_len = damaged[_i].says, .nlmsg_type = TYPE };
	struct seen seen = { 0 };
	struct error e = { 0 };

	memcpy(data, &header, sizeof(header));
	fake_source_add_datagram(source, NAME, data, damaged[_i].len);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), -EBADMSG);
	ck_assert_str_ne(e.text, "");
}
END_TEST

START_TEST(error_without_its_number)
{
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };

	netlink_message_begin(&m, NLMSG_ERROR, "ab", 2);
	fake_source_add_datagram(source, NAME, m.data, m.len);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), -EBADMSG);
}
END_TEST

START_TEST(last_message_without_padding)
{
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };

	netlink_message_begin(&m, TYPE, "abc", 3);
	netlink_message_last(&m)->nlmsg_len = NLMSG_HDRLEN + 3;
	fake_source_add_datagram(source, NAME, m.data, NLMSG_HDRLEN + 3);
	ck_assert_int_eq(run(0, &seen, NULL), 0);
	ck_assert_uint_eq(seen.last_len, NLMSG_HDRLEN + 3);
}
END_TEST

START_TEST(interrupted_dump_is_run_again)
{
	struct seen seen = { 0 };

	add_messages(4, NLM_F_DUMP_INTR, true);
	fake_source_begin_answer(source, NAME);
	add_messages(2, 0, true);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), 0);
	ck_assert_uint_eq(fake_source_requests(source), 2);
	ck_assert_uint_eq(seen.restarts, 1);
	ck_assert_uint_eq(seen.messages, 6);
	ck_assert_uint_eq(seen.since_restart, 2);
}
END_TEST

START_TEST(always_interrupted_dump_keeps_the_last)
{
	struct seen seen = { 0 };
	struct error e = { 0 };

	add_messages(4, NLM_F_DUMP_INTR, true);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), -EAGAIN);
	ck_assert_uint_eq(fake_source_requests(source), 3);
	ck_assert_uint_eq(seen.restarts, 2);
	ck_assert_uint_eq(seen.since_restart, 4);
}
END_TEST

START_TEST(lost_datagrams_are_asked_for_again)
{
	struct netlink_message m = { 0 };
	struct seen seen = { 0 };

	fake_source_fail_receive(source, NAME, -ENOBUFS);
	fake_source_begin_answer(source, NAME);
	netlink_message_begin(&m, NLMSG_OVERRUN, NULL, 0);
	fake_source_add_datagram(source, NAME, m.data, m.len);
	fake_source_begin_answer(source, NAME);
	add_messages(2, 0, true);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), 0);
	ck_assert_uint_eq(fake_source_requests(source), 3);
	ck_assert_uint_eq(seen.since_restart, 2);
}
END_TEST

START_TEST(always_lost_datagrams)
{
	struct seen seen = { 0 };

	fake_source_fail_receive(source, NAME, -ENOBUFS);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), -ENOBUFS);
	ck_assert_uint_eq(fake_source_requests(source), 3);
}
END_TEST

START_TEST(other_failures_are_not_repeated)
{
	struct seen seen = { 0 };

	fake_source_fail_receive(source, NAME, -ETIMEDOUT);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), -ETIMEDOUT);
	fake_source_fail_request(source, NAME, -EPERM);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, NULL), -EPERM);
	ck_assert_uint_eq(fake_source_requests(source), 2);
}
END_TEST

START_TEST(visitor_ends_the_walk)
{
	struct seen seen = { .answer = -ENOMEM };
	struct error e = { 0 };

	add_messages(3, 0, true);
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), -ENOMEM);
	ck_assert_uint_eq(seen.messages, 1);
	/* Also with an errno that means something else to the walk itself. */
	seen = (struct seen){ .answer = -ENOBUFS };
	ck_assert_int_eq(run(NLM_F_DUMP, &seen, &e), -ENOBUFS);
	ck_assert_uint_eq(seen.messages, 1);
}
END_TEST

START_TEST(names_are_one_printable_word)
{
	static const char *const names[] = { "", "two words", "tab\t", "line\n", "\x80" };
	char longest[65];
	struct source_request request = { .protocol = NETLINK_ROUTE };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		request.name = names[i];
		ck_assert_int_eq(source_request(source, &request, NULL), -EINVAL);
	}
	memset(longest, 'x', 64);
	longest[64] = '\0';
	request.name = longest;
	ck_assert_int_eq(source_request(source, &request, NULL), -EINVAL);
	longest[63] = '\0';
	ck_assert_int_eq(source_request(source, &request, NULL), -ENOENT);
	source_free(NULL);
}
END_TEST

START_TEST(failed_read_leaves_nothing)
{
	struct bytes b = { 0 };
	struct error e = { 0 };

	fake_source_add_file(source, "/proc/x", "content");
	ck_assert_int_eq(source_read_file(source, SOURCE_HOST, "/proc/x", &b, &e), 0);
	ck_assert_str_eq(b.data, "content");
	ck_assert_int_eq(source_read_file(source, SOURCE_HOST, "/proc/y", &b, &e), -ENOENT);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(source_read_file(source, SOURCE_HOST, "proc/x", &b, &e), -EINVAL);
	ck_assert_int_eq(source_read_file(source, SOURCE_HOST, "/proc/\n", &b, &e), -EINVAL);
	ck_assert_int_eq(source_scan_sockets(source, -1, NULL, 0, &b, &e), -EINVAL);
	bytes_done(&b);
}
END_TEST

#define COUNT(cases) ((int)(sizeof(cases) / sizeof((cases)[0])))

Suite *test_netlink_suite(void)
{
	Suite *suite = suite_create("netlink");
	TCase *walk = tcase_create("walk");
	TCase *questions = tcase_create("source");

	tcase_add_checked_fixture(walk, set_up, tear_down);
	tcase_add_checked_fixture(questions, set_up, tear_down);
	tcase_add_test(walk, dump_of_several_datagrams);
	tcase_add_test(walk, what_follows_done_is_ignored);
	tcase_add_test(walk, single_answer_needs_no_done);
	tcase_add_test(walk, dump_without_done_is_cut_short);
	tcase_add_loop_test(walk, kernel_error, 0, COUNT(kernel_errors));
	tcase_add_test(walk, acknowledgement_ends);
	tcase_add_test(walk, done_with_an_error);
	tcase_add_loop_test(walk, damaged_lengths, 0, COUNT(damaged));
	tcase_add_test(walk, error_without_its_number);
	tcase_add_test(walk, last_message_without_padding);
	tcase_add_test(walk, interrupted_dump_is_run_again);
	tcase_add_test(walk, always_interrupted_dump_keeps_the_last);
	tcase_add_test(walk, lost_datagrams_are_asked_for_again);
	tcase_add_test(walk, always_lost_datagrams);
	tcase_add_test(walk, other_failures_are_not_repeated);
	tcase_add_test(walk, visitor_ends_the_walk);
	tcase_add_test(questions, names_are_one_printable_word);
	tcase_add_test(questions, failed_read_leaves_nothing);
	suite_add_tcase(suite, walk);
	suite_add_tcase(suite, questions);
	return suite;
}
