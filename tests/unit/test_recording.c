#include "host/recording.h"

#include "fake_source.h"
#include "netlink_message.h"
#include "recording_fixture.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_recording_suite(void);

START_TEST(replay_answers_as_the_kernel_did)
{
	struct bytes live = { 0 }, recorded = { 0 }, replayed = { 0 };
	struct source *s = recordable_source();
	struct error e = { 0 };
	struct stat st;

	ask_everything(s, &live);
	source_free(s);
	record_everything(&recorded);
	ck_assert_int_eq(stat(recording_path(), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_msg(recording_reader_new(recording_path(), &s, &e) == 0, "%s", e.text);
	ask_everything(s, &replayed);
	source_free(s);
	ck_assert_uint_gt(live.len, 0);
	ck_assert_uint_eq(recorded.len, live.len);
	ck_assert_mem_eq(recorded.data, live.data, live.len);
	ck_assert_uint_eq(replayed.len, live.len);
	ck_assert_mem_eq(replayed.data, live.data, live.len);
	bytes_done(&live);
	bytes_done(&recorded);
	bytes_done(&replayed);
}
END_TEST

/* Asked again within a sample, the live kernel may answer otherwise; so does the recording, and
 * repeats the last when asked more often. */
START_TEST(occurrences)
{
	struct netlink_message one = { 0 }, two = { 0 };
	struct source *fake = fake_source_new(), *s = NULL;
	struct bytes recorded = { 0 }, replayed = { 0 };

	netlink_message_begin(&one, 16, "one.", 4);
	netlink_message_done(&one);
	netlink_message_begin(&two, 16, "two.", 4);
	netlink_message_done(&two);
	fake_source_add_datagram(fake, RECORDED_REQUEST, one.data, one.len);
	fake_source_begin_answer(fake, RECORDED_REQUEST);
	fake_source_add_datagram(fake, RECORDED_REQUEST, two.data, two.len);
	ck_assert_int_eq(recording_writer_new(recording_path(), fake, &s, NULL), 0);
	ask_request(s, RECORDED_REQUEST, &recorded);
	ask_request(s, RECORDED_REQUEST, &recorded);
	ck_assert_ptr_nonnull(strstr(recorded.data, "one."));
	ck_assert_ptr_nonnull(strstr(recorded.data, "two."));
	ck_assert_int_eq(recording_finish(s, NULL), 0);
	source_free(s);
	ck_assert_int_eq(recording_reader_new(recording_path(), &s, NULL), 0);
	ask_request(s, RECORDED_REQUEST, &replayed);
	ask_request(s, RECORDED_REQUEST, &replayed);
	ck_assert_str_eq(replayed.data, recorded.data);
	bytes_clear(&replayed);
	ask_request(s, RECORDED_REQUEST, &replayed);
	ck_assert_ptr_null(strstr(replayed.data, "one."));
	ck_assert_ptr_nonnull(strstr(replayed.data, "two."));
	source_free(s);
	bytes_done(&recorded);
	bytes_done(&replayed);
}
END_TEST

START_TEST(what_was_not_recorded)
{
	const struct source_request request = { .name = "never/asked" };
	struct bytes content = { 0 };
	struct source *s = NULL;
	struct error e = { 0 };
	const void *data;
	size_t len;

	ck_assert_int_eq(recording_writer_new(recording_path(), recordable_source(), &s, NULL), 0);
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, "/proc/empty", &content, NULL), 0);
	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	ck_assert_int_eq(recording_finish(s, NULL), 0);
	source_free(s);
	ck_assert_int_eq(recording_reader_new(recording_path(), &s, NULL), 0);
	ck_assert_int_eq(source_read_file(s, SOURCE_NETNS, "/proc/empty", &content, &e), -ENODATA);
	ck_assert_ptr_nonnull(strstr(e.text, "/proc/empty"));
	ck_assert_int_eq(source_request(s, &request, &e), -ENODATA);
	ck_assert_int_eq(source_receive(s, &data, &len, &e), 0);
	ck_assert_int_eq(source_scan_sockets(s, 0, NULL, 0, &content, &e), -ENODATA);
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, "/proc/empty", &content, &e), 0);
	ck_assert_int_eq(source_next_sample(s, &e), 1);
	/* It belongs to the preamble, not to this sample. */
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, "/proc/empty", &content, &e), -ENODATA);
	ck_assert_int_eq(source_next_sample(s, &e), 0);
	ck_assert_int_eq(source_next_sample(s, &e), 0);
	source_free(s);
	bytes_done(&content);
}
END_TEST

/* --- writing fails -----------------------------------------------------------------------------
 */

START_TEST(unfinished_recording_leaves_nothing)
{
	struct bytes content = { 0 };
	struct source *s = NULL;

	file_write_whole(recording_path(), "older", 5);
	ck_assert_int_eq(recording_writer_new(recording_path(), recordable_source(), &s, NULL), 0);
	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	source_free(s);
	file_read_whole(recording_path(), &content);
	ck_assert_str_eq(content.data, "older");
	bytes_done(&content);
}
END_TEST

START_TEST(finish_twice)
{
	struct source *s = NULL, *fake = fake_source_new();

	ck_assert_int_eq(recording_finish(fake, NULL), -EINVAL);
	ck_assert_int_eq(recording_writer_new(recording_path(), fake, &s, NULL), 0);
	ck_assert_int_eq(recording_finish(s, NULL), 0);
	ck_assert_int_eq(recording_finish(s, NULL), -EINVAL);
	/* Reading goes on, unrecorded. */
	ck_assert_int_eq(source_next_sample(s, NULL), 1);
	source_free(s);
}
END_TEST

START_TEST(cannot_create)
{
	struct source *fake = fake_source_new(), *s = NULL;
	struct error e = { 0 };
	char missing[96];

	(void)snprintf(missing, sizeof(missing), "%s/missing/r", recording_directory());
	ck_assert_int_eq(recording_writer_new(missing, fake, &s, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, missing));
	ck_assert_int_eq(recording_writer_new(recording_directory(), fake, &s, &e), -EINVAL);
	/* As root, moving a file there would replace the device. */
	ck_assert_int_eq(recording_writer_new("/dev/null", fake, &s, &e), -EINVAL);
	ck_assert_ptr_null(s);
	source_free(fake); /* still ours */
}
END_TEST

/* A link in the place of the file is replaced, not followed. */
START_TEST(link_is_not_followed)
{
	struct bytes content = { 0 };
	struct source *s = NULL;
	char victim[64];
	struct stat st;

	(void)snprintf(victim, sizeof(victim), "%s/v", recording_directory());
	file_write_whole(victim, "precious", 8);
	ck_assert_int_eq(symlink(victim, recording_path()), 0);
	ck_assert_int_eq(recording_writer_new(recording_path(), recordable_source(), &s, NULL), 0);
	ck_assert_int_eq(recording_finish(s, NULL), 0);
	source_free(s);
	file_read_whole(victim, &content);
	ck_assert_str_eq(content.data, "precious");
	ck_assert_int_eq(lstat(recording_path(), &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	bytes_done(&content);
	(void)unlink(victim);
}
END_TEST

/* The error of a full disk appears when the recording is finished, and nothing is left of it. */
START_TEST(write_error_is_remembered)
{
	const struct rlimit small = { 4096, 4096 };
	struct source *fake = fake_source_new(), *s = NULL;
	struct bytes content = { 0 };
	struct error e = { 0 };
	char noise[65536];
	struct stat st;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(rand() >> 8);
	fake_source_add_file_bytes(fake, "/proc/noise", noise, sizeof(noise));
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(recording_writer_new(recording_path(), fake, &s, NULL), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	/* What is read is not hurt by it. */
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(source_read_file(s, SOURCE_HOST, "/proc/noise", &content, &e), 0);
		ck_assert_uint_eq(content.len, sizeof(noise));
	}
	ck_assert_int_eq(recording_finish(s, &e), -EFBIG);
	ck_assert_ptr_nonnull(strstr(e.text, recording_path()));
	source_free(s);
	bytes_done(&content);
	ck_assert_int_eq(stat(recording_path(), &st), -1);
}
END_TEST

Suite *test_recording_suite(void)
{
	Suite *suite = suite_create("recording");
	TCase *round_trip = recording_case(suite, "round trip");
	TCase *writing = recording_case(suite, "writing");

	tcase_add_test(round_trip, replay_answers_as_the_kernel_did);
	tcase_add_test(round_trip, occurrences);
	tcase_add_test(round_trip, what_was_not_recorded);
	tcase_add_test(writing, unfinished_recording_leaves_nothing);
	tcase_add_test(writing, finish_twice);
	tcase_add_test(writing, cannot_create);
	tcase_add_test(writing, link_is_not_followed);
	tcase_add_test(writing, write_error_is_remembered);
	return suite;
}
