/* Whatever happens to a recording, it is refused with the place and the cause, or read as it was.
 */
#include "host/recording.h"
#include "recording_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

Suite *test_recording_damage_suite(void);

/* The recording of everything, uncompressed. */
static void record_plain(struct bytes *plain)
{
	struct bytes seen = { 0 };
	gzFile gzip;
	char piece[4096];
	int n;

	record_everything(&seen);
	bytes_done(&seen);
	gzip = gzopen(recording_path(), "rb");
	ck_assert_ptr_nonnull(gzip);
	while ((n = gzread(gzip, piece, sizeof(piece))) > 0)
		ck_assert_int_eq(bytes_append(plain, piece, (size_t)n), 0);
	ck_assert_int_eq(gzclose_r(gzip), Z_OK);
}

/* From a copy of exactly this size, so that the sanitizer sees every byte read beyond it. */
static int open_exact(const void *data, size_t len, struct source **ret, struct error *e)
{
	char *copy = malloc(len > 0 ? len : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	if (len > 0)
		memcpy(copy, data, len);
	r = recording_reader_from_memory(copy, len, ret, e);
	free(copy);
	return r;
}

static void expect_damage(const void *data, size_t len)
{
	struct source *s = NULL;
	struct error e = { 0 };

	ck_assert_int_eq(open_exact(data, len, &s, &e), -EBADMSG);
	ck_assert_ptr_null(s);
	ck_assert_int_eq((int)e.kind, (int)ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, "at byte "));
}

START_TEST(truncated_anywhere)
{
	struct bytes plain = { 0 }, packed = { 0 };

	record_plain(&plain);
	for (size_t len = 0; len < plain.len; len++)
		expect_damage(plain.data, len);
	file_read_whole(recording_path(), &packed);
	for (size_t len = 0; len < packed.len; len++)
		expect_damage(packed.data, len);
	bytes_done(&plain);
	bytes_done(&packed);
}
END_TEST

START_TEST(any_flipped_bit)
{
	struct bytes plain = { 0 };

	record_plain(&plain);
	for (size_t bit = 0; bit < plain.len * 8; bit++) {
		plain.data[bit / 8] = (char)(plain.data[bit / 8] ^ (1 << bit % 8));
		expect_damage(plain.data, plain.len);
		plain.data[bit / 8] = (char)(plain.data[bit / 8] ^ (1 << bit % 8));
	}
	bytes_done(&plain);
}
END_TEST

/* A few bits say nothing (the gzip header's time and system, padding behind the last code): then
 * the content is the same. */
START_TEST(any_flipped_bit_compressed)
{
	struct bytes packed = { 0 }, seen = { 0 }, replayed = { 0 };
	struct source *s = NULL;
	struct error e = { 0 };
	unsigned int harmless = 0;

	record_everything(&seen);
	file_read_whole(recording_path(), &packed);
	for (size_t bit = 0; bit < packed.len * 8; bit++) {
		int r;

		packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ (1 << bit % 8));
		r = open_exact(packed.data, packed.len, &s, &e);
		packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ (1 << bit % 8));
		if (r < 0) {
			ck_assert_int_eq(r, -EBADMSG);
			continue;
		}
		harmless++;
		bytes_clear(&replayed);
		ask_everything(s, &replayed);
		ck_assert_uint_eq(replayed.len, seen.len);
		ck_assert_mem_eq(replayed.data, seen.data, seen.len);
		source_free(s);
	}
	ck_assert_uint_le(harmless, 8 * 8);
	bytes_done(&packed);
	bytes_done(&seen);
	bytes_done(&replayed);
}
END_TEST

#define FIRST "netwright-recording 1\n"
#define END   "end 9 0 0 - -\n\n"

/* By hand: "-" is a checksum that nobody computed. */
START_TEST(written_by_hand)
{
	static const char text[] = FIRST "hostfile 7 0 3 - /proc/x\nabc\n"
					 "sample 8 0 0 - 1\n\n"
					 "file 8 -13 0 - /proc/y\n\n" END;
	struct bytes content = { 0 };
	struct source *s = NULL;
	struct error e = { 0 };

	ck_assert_msg(open_exact(text, sizeof(text) - 1, &s, &e) == 0, "%s", e.text);
	ck_assert_int_eq(source_read_file(s, SOURCE_HOST, "/proc/x", &content, &e), 0);
	ck_assert_str_eq(content.data, "abc");
	ck_assert_uint_eq(source_time_ns(s), 7);
	ck_assert_int_eq(source_next_sample(s, &e), 1);
	ck_assert_uint_eq(source_time_ns(s), 8);
	ck_assert_int_eq(source_read_file(s, SOURCE_NETNS, "/proc/y", &content, &e), -EACCES);
	ck_assert_int_eq((int)e.kind, (int)ERROR_PRIVILEGE);
	source_free(s);
	bytes_done(&content);
}
END_TEST

static const char *const damaged[] = {
	"",
	"\n",
	"netwright-recording 2\n" END,
	"netwright-recording 1" END,
	"something else\n" END,
	FIRST,
	FIRST "sample 8 0 0 - 1\n\n",
	FIRST END END,
	FIRST END "x",
	FIRST "end 9 0 0 -\n\n",
	FIRST "end 9 0 0 - x\n\n",
	FIRST "end 9 0 1 - -\nx\n",
	FIRST "end 9 0 0 - - 2\n\n",
	FIRST "end 9 0 0 00000000 -\n\n",
	FIRST "end 9 0 0 --  -\n\n",
	FIRST "nothing 9 0 0 - /x\n\n" END,
	FIRST "file x 0 0 - /x\n\n" END,
	FIRST "file 18446744073709551616 0 0 - /x\n\n" END,
	FIRST "file 9 1 0 - /x\n\n" END,
	FIRST "file 9 -4096 0 - /x\n\n" END,
	FIRST "file 9 -9223372036854775808 0 - /x\n\n" END,
	FIRST "file 9 0 -1 - /x\n\n" END,
	FIRST "file 9 0 18446744073709551615 - /x\n\n" END,
	FIRST "file 9 0 18446744073709551616 - /x\n\n" END,
	FIRST "file 9 0 1000000 - /x\n\n" END,
	FIRST "file 9 0 2 - /x\nabc\n" END,
	FIRST "file 9 0 4 - /x\nabc\n" END,
	FIRST "file 9 0 0 - \n\n" END,
	FIRST "file 9 0 0 - /x y\n\n" END,
	FIRST "file 9 0 0 - /x 1\n\n" END,
	FIRST "file 9 0 0 - /x 2\n\n" END,
	FIRST "file 9 0 0 - /x\n\nfile 9 0 0 - /x 3\n\n" END,
	FIRST "file 9 0 0 - /x\n\nfile 9 0 0 - /x\n\n" END,
	FIRST "file 9 0 0 - /x\n\nfile 9 0 0 - /x 2\n\nfile 9 0 0 - /x 2\n\n" END,
	FIRST "file 9 0 0 - /\x80\n\n" END,
	FIRST "file\t9 0 0 - /x\n\n" END,
	FIRST "sample 8 0 0 - 2\n\n" END,
	FIRST "sample 8 0 0 - 1\n\nsample 8 0 0 - 1\n\n" END,
	FIRST "sample 8 0 1 - 1\nx\n" END,
	FIRST "datagram 8 0 0 - x\n\n" END,
	FIRST "request 8 0 0 - x\n\ndatagram 8 0 0 - y\n\n" END,
	FIRST "request 8 0 0 - x\n\nsample 8 0 0 - 1\n\ndatagram 8 0 0 - x\n\n" END,
};

START_TEST(damaged_text)
{
	expect_damage(damaged[_i], strlen(damaged[_i]));
}
END_TEST

START_TEST(nul_bytes_in_a_header)
{
	static const char inside[] = FIRST "file 9 0 0 - /x\0y\n\n" END;
	static const char before[] = FIRST "\0file 9 0 0 - /x\n\n" END;

	expect_damage(inside, sizeof(inside) - 1);
	expect_damage(before, sizeof(before) - 1);
}
END_TEST

START_TEST(endless_header)
{
	struct bytes text = { 0 };

	ck_assert_int_eq(bytes_printf(&text, "%sfile 9 0 0 - /%01100d\n\n%s", FIRST, 0, END), 0);
	expect_damage(text.data, text.len);
	bytes_done(&text);
}
END_TEST

/* 600 MiB of zeroes in 600 KiB. */
START_TEST(gzip_bomb)
{
	static const char zeroes[1u << 20];
	struct source *s = NULL;
	struct error e = { 0 };
	gzFile gzip = gzopen(recording_path(), "wb1");

	ck_assert_ptr_nonnull(gzip);
	ck_assert_int_eq(gzputs(gzip, FIRST "file 9 0 600000000 - /x\n"), 46);
	for (int i = 0; i < 600; i++)
		ck_assert_int_eq(gzwrite(gzip, zeroes, sizeof(zeroes)), sizeof(zeroes));
	ck_assert_int_eq(gzclose_w(gzip), Z_OK);
	ck_assert_int_eq(recording_reader_new(recording_path(), &s, &e), -EFBIG);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(trailing_bytes_behind_gzip)
{
	struct bytes packed = { 0 }, seen = { 0 };

	record_everything(&seen);
	file_read_whole(recording_path(), &packed);
	ck_assert_int_eq(bytes_append(&packed, "trailing", 8), 0);
	expect_damage(packed.data, packed.len);
	bytes_done(&packed);
	bytes_done(&seen);
}
END_TEST

START_TEST(unreadable_file)
{
	struct source *s = NULL;
	struct error e = { 0 };

	ck_assert_int_eq(recording_reader_new(recording_path(), &s, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, recording_path()));
	ck_assert_int_eq(recording_reader_new(recording_directory(), &s, &e), -EISDIR);
	ck_assert_ptr_null(s);
}
END_TEST

#define COUNT(cases) ((int)(sizeof(cases) / sizeof((cases)[0])))

Suite *test_recording_damage_suite(void)
{
	Suite *suite = suite_create("recording_damage");
	TCase *damage = recording_case(suite, "damage");

	tcase_add_test(damage, truncated_anywhere);
	tcase_add_test(damage, any_flipped_bit);
	tcase_add_test(damage, any_flipped_bit_compressed);
	tcase_add_test(damage, written_by_hand);
	tcase_add_loop_test(damage, damaged_text, 0, COUNT(damaged));
	tcase_add_test(damage, nul_bytes_in_a_header);
	tcase_add_test(damage, endless_header);
	tcase_add_test(damage, gzip_bomb);
	tcase_add_test(damage, trailing_bytes_behind_gzip);
	tcase_add_test(damage, unreadable_file);
	return suite;
}
