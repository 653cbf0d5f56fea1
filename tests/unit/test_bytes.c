#include "base/bytes.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

Suite *test_bytes_suite(void);

START_TEST(append_terminates)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_append(&b, "ab", 2), 0);
	ck_assert_int_eq(bytes_append(&b, "\0c", 2), 0);
	ck_assert_uint_eq(b.len, 4);
	ck_assert_mem_eq(b.data, "ab\0c", 5);
	bytes_done(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.capacity, 0);
}
END_TEST

START_TEST(append_of_nothing_is_a_string)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_append(&b, NULL, 0), 0);
	ck_assert_str_eq(b.data, "");
	bytes_done(&b);
}
END_TEST

START_TEST(grows_over_every_boundary)
{
	struct bytes b = { 0 };

	for (size_t i = 0; i < 5000; i++) {
		char c = (char)('a' + i % 26);

		ck_assert_int_eq(bytes_append(&b, &c, 1), 0);
		ck_assert_uint_gt(b.capacity, b.len);
		ck_assert_int_eq(b.data[b.len], '\0');
	}
	for (size_t i = 0; i < 5000; i++)
		ck_assert_int_eq(b.data[i], (char)('a' + i % 26));
	bytes_done(&b);
}
END_TEST

START_TEST(absurd_reserve_fails_and_keeps)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_append(&b, "kept", 4), 0);
	ck_assert_int_eq(bytes_reserve(&b, SIZE_MAX), -ENOMEM);
	ck_assert_int_eq(bytes_reserve(&b, (size_t)PTRDIFF_MAX - 4), -ENOMEM);
	ck_assert_str_eq(b.data, "kept");
	bytes_done(&b);
}
END_TEST

START_TEST(clear_keeps_memory)
{
	struct bytes b = { 0 };

	bytes_clear(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_int_eq(bytes_append(&b, "text", 4), 0);
	bytes_clear(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(b.data, "");
	ck_assert_uint_gt(b.capacity, 0);
	bytes_done(&b);
}
END_TEST

START_TEST(printf_appends)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_printf(&b, "%d-", 1), 0);
	ck_assert_int_eq(bytes_printf(&b, "%0500d", 2), 0);
	ck_assert_uint_eq(b.len, 502);
	ck_assert_int_eq(b.data[501], '2');
	ck_assert_mem_eq(b.data, "1-0", 3);
	bytes_done(&b);
}
END_TEST

static int memory_file(size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

START_TEST(read_within_limit)
{
	static const size_t sizes[] = { 0, 1, 255, 256, 4095, 4096, 4097, 10000 };
	int fd = memory_file(sizes[_i]);
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_append(&b, "before", 6), 0);
	ck_assert_int_eq(bytes_read_fd(&b, fd, sizes[_i]), 0);
	ck_assert_uint_eq(b.len, 6 + sizes[_i]);
	ck_assert_uint_eq(strlen(b.data), b.len);
	bytes_done(&b);
	(void)close(fd);
}
END_TEST

START_TEST(read_beyond_limit)
{
	static const size_t sizes[] = { 1, 255, 4096, 4097, 10000 };
	int fd = memory_file(sizes[_i]);
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_append(&b, "before", 6), 0);
	ck_assert_int_eq(bytes_read_fd(&b, fd, sizes[_i] - 1), -EFBIG);
	ck_assert_str_eq(b.data, "before");
	ck_assert_uint_eq(b.len, 6);
	bytes_done(&b);
	(void)close(fd);
}
END_TEST

START_TEST(read_failure)
{
	struct bytes b = { 0 };
	int ends[2];

	ck_assert_int_eq(bytes_read_fd(&b, -1, 10), -EBADF);
	ck_assert_int_eq(pipe(ends), 0);
	(void)close(ends[1]);
	ck_assert_int_eq(bytes_read_fd(&b, ends[0], SIZE_MAX), 0);
	ck_assert_str_eq(b.data, "");
	(void)close(ends[0]);
	bytes_done(&b);
}
END_TEST

Suite *test_bytes_suite(void)
{
	Suite *suite = suite_create("bytes");
	TCase *memory = tcase_create("memory");
	TCase *reading = tcase_create("reading");

	tcase_add_test(memory, append_terminates);
	tcase_add_test(memory, append_of_nothing_is_a_string);
	tcase_add_test(memory, grows_over_every_boundary);
	tcase_add_test(memory, absurd_reserve_fails_and_keeps);
	tcase_add_test(memory, clear_keeps_memory);
	tcase_add_test(memory, printf_appends);
	tcase_add_loop_test(reading, read_within_limit, 0, 8);
	tcase_add_loop_test(reading, read_beyond_limit, 0, 5);
	tcase_add_test(reading, read_failure);
	suite_add_tcase(suite, memory);
	suite_add_tcase(suite, reading);
	return suite;
}
