#include "base/text.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

Suite *test_text_suite(void);

static const struct {
	const char *text;
	unsigned int base;
	int result;
	uint64_t value;
} unsigned_cases[] = {
	{ "0", 10, 0, 0 },
	{ "007", 10, 0, 7 },
	{ "18446744073709551615", 10, 0, UINT64_MAX },
	{ "18446744073709551616", 10, -ERANGE, 0 },
	{ "99999999999999999999999999", 10, -ERANGE, 0 },
	{ "99999999999999999999999999x", 10, -EINVAL, 0 },
	{ "ffffffffffffffff", 16, 0, UINT64_MAX },
	{ "Ff", 16, 0, 255 },
	{ "10000000000000000", 16, -ERANGE, 0 },
	{ "", 10, -EINVAL, 0 },
	{ "a", 10, -EINVAL, 0 },
	{ "g", 16, -EINVAL, 0 },
	{ "0x10", 16, -EINVAL, 0 },
	{ " 1", 10, -EINVAL, 0 },
	{ "1 ", 10, -EINVAL, 0 },
	{ "1\n", 10, -EINVAL, 0 },
	{ "+1", 10, -EINVAL, 0 },
	{ "-1", 10, -EINVAL, 0 },
	{ "1.0", 10, -EINVAL, 0 },
	{ "17", 8, 0, 15 },
	{ "8", 8, -EINVAL, 0 },
	{ "7", 7, -EINVAL, 0 },
	{ "7", 36, -EINVAL, 0 },
};

START_TEST(parse_unsigned)
{
	const char *text = unsigned_cases[_i].text;
	uint64_t value = 4711;

	ck_assert_msg(text_parse_u64(text, strlen(text), unsigned_cases[_i].base, &value) ==
			      unsigned_cases[_i].result,
		      "\"%s\"", text);
	if (unsigned_cases[_i].result == 0)
		ck_assert_uint_eq(value, unsigned_cases[_i].value);
	else
		ck_assert_uint_eq(value, 4711);
}
END_TEST

START_TEST(parse_unsigned_stops_at_length)
{
	uint64_t value;

	ck_assert_int_eq(text_parse_u64("1234x", 3, 10, &value), 0);
	ck_assert_uint_eq(value, 123);
	ck_assert_int_eq(text_parse_u64("1\0002", 3, 10, &value), -EINVAL);
}
END_TEST

static const struct {
	const char *text;
	int result;
	int64_t value;
} signed_cases[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "-262144", 0, -262144 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "-9223372036854775809", -ERANGE, 0 },
	{ "-", -EINVAL, 0 },
	{ "--1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ "- 1", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
};

START_TEST(parse_signed)
{
	const char *text = signed_cases[_i].text;
	int64_t value = 4711;

	ck_assert_msg(text_parse_i64(text, strlen(text), &value) == signed_cases[_i].result,
		      "\"%s\"", text);
	ck_assert_int_eq(value, signed_cases[_i].result == 0 ? signed_cases[_i].value : 4711);
}
END_TEST

static const struct {
	const char *text;
	int result;
	double seconds;
} duration_cases[] = {
	{ "10", 0, 10 },	 { "10s", 0, 10 },	 { "500ms", 0, 0.5 },
	{ "2min", 0, 120 },	 { "1h", 0, 3600 },	 { "0.25", 0, 0.25 },
	{ "3601", -ERANGE, 0 },	 { "0", -ERANGE, 0 },	 { "0s", -ERANGE, 0 },
	{ "1e400", -ERANGE, 0 }, { "-1", -EINVAL, 0 },	 { "", -EINVAL, 0 },
	{ "s", -EINVAL, 0 },	 { "10 s", -EINVAL, 0 }, { "10s ", -EINVAL, 0 },
	{ "10m", -EINVAL, 0 },	 { "10S", -EINVAL, 0 },	 { "5%", -EINVAL, 0 },
	{ "5x", -EINVAL, 0 },	 { "5MiB", -EINVAL, 0 }, { "5Mbit", -EINVAL, 0 },
	{ "nan", -EINVAL, 0 },	 { "inf", -EINVAL, 0 },	 { "0x10", -EINVAL, 0 },
};

START_TEST(parse_duration)
{
	double seconds = -1;

	ck_assert_msg(text_parse_duration(duration_cases[_i].text, 3600, &seconds) ==
			      duration_cases[_i].result,
		      "\"%s\"", duration_cases[_i].text);
	ck_assert_double_eq_tol(
		seconds, duration_cases[_i].result == 0 ? duration_cases[_i].seconds : -1, 1e-12);
}
END_TEST

START_TEST(words)
{
	static const char text[] = " \t one  two\tthree\nx ";
	struct text_span rest = { text, sizeof(text) - 1 }, word = { 0 };

	ck_assert(text_next_word(&rest, &word));
	ck_assert(text_span_equal(word, "one"));
	ck_assert(text_next_word(&rest, &word));
	ck_assert(text_span_equal(word, "two"));
	ck_assert(text_next_word(&rest, &word));
	ck_assert(text_span_equal(word, "three\nx"));
	ck_assert(!text_next_word(&rest, &word));
	ck_assert_uint_eq(rest.len, 0);
	ck_assert(text_span_equal(word, "three\nx"));
}
END_TEST

START_TEST(lines)
{
	static const char text[] = "one\n\ntwo";
	struct text_span rest = { text, sizeof(text) - 1 }, line = { 0 };

	ck_assert_uint_eq(text_count_lines(rest), 3);
	ck_assert(text_next_line(&rest, &line));
	ck_assert(text_span_equal(line, "one"));
	ck_assert(text_next_line(&rest, &line));
	ck_assert(text_span_equal(line, ""));
	ck_assert(text_next_line(&rest, &line));
	ck_assert(text_span_equal(line, "two"));
	ck_assert(!text_next_line(&rest, &line));
	rest = (struct text_span){ "one\n", 4 };
	ck_assert_uint_eq(text_count_lines(rest), 1);
	ck_assert(text_next_line(&rest, &line));
	ck_assert(!text_next_line(&rest, &line));
	rest = (struct text_span){ NULL, 0 };
	ck_assert_uint_eq(text_count_lines(rest), 0);
	ck_assert(!text_next_line(&rest, &line));
	ck_assert(!text_next_word(&rest, &line));
}
END_TEST

START_TEST(span_comparison)
{
	ck_assert(!text_span_equal((struct text_span){ "ab", 2 }, "a"));
	ck_assert(!text_span_equal((struct text_span){ "ab", 1 }, "ab"));
	ck_assert(!text_span_equal((struct text_span){ "ab", 2 }, "AB"));
	ck_assert(text_span_equal((struct text_span){ NULL, 0 }, ""));
}
END_TEST

START_TEST(copy_printable)
{
	char buf[8];

	text_copy_printable(buf, sizeof(buf), "a\033[2J~\x80", 7);
	ck_assert_str_eq(buf, "a?[2J~?");
	text_copy_printable(buf, sizeof(buf), "123456789", 9);
	ck_assert_str_eq(buf, "1234567");
	text_copy_printable(buf, sizeof(buf), "\x7f \x1f", 3);
	ck_assert_str_eq(buf, "? ?");
	text_copy_printable(buf, sizeof(buf), "cubic\0\0junk", 11);
	ck_assert_str_eq(buf, "cubic");
	text_copy_printable(buf, 1, "abc", 3);
	ck_assert_str_eq(buf, "");
	buf[0] = 'x';
	text_copy_printable(buf, 0, "abc", 3);
	ck_assert_int_eq(buf[0], 'x');
}
END_TEST

static const struct {
	const char *line, *key, *value; /* key NULL: no setting */
} settings[] = {
	{ "a=1", "a", "1" },	 { " \ta b \v= \f1 2 \r", "a b", "1 2" },
	{ "a=b=c", "a", "b=c" }, { "a=", "a", "" },
	{ "=1", "", "1" },	 { " = ", "", "" },
	{ "a 1", NULL, NULL },	 { "", NULL, NULL },
};

START_TEST(split_setting)
{
	const char *line = settings[_i].line;
	const struct text_span untouched = { line, 0 };
	struct text_span key = untouched, value = untouched;
	bool split = text_split_setting((struct text_span){ line, strlen(line) }, &key, &value);

	ck_assert_int_eq(split, settings[_i].key != NULL);
	if (split) {
		ck_assert(text_span_equal(key, settings[_i].key));
		ck_assert(text_span_equal(value, settings[_i].value));
	} else {
		ck_assert(key.at == line && key.len == 0);
		ck_assert(value.at == line && value.len == 0);
	}
}
END_TEST

#define COUNT(cases) ((int)(sizeof(cases) / sizeof((cases)[0])))

Suite *test_text_suite(void)
{
	Suite *suite = suite_create("text");
	TCase *parsing = tcase_create("parsing");
	TCase *spans = tcase_create("spans");

	tcase_add_loop_test(parsing, parse_unsigned, 0, COUNT(unsigned_cases));
	tcase_add_test(parsing, parse_unsigned_stops_at_length);
	tcase_add_loop_test(parsing, parse_signed, 0, COUNT(signed_cases));
	tcase_add_loop_test(parsing, parse_duration, 0, COUNT(duration_cases));
	tcase_add_test(spans, words);
	tcase_add_test(spans, lines);
	tcase_add_test(spans, span_comparison);
	tcase_add_loop_test(spans, split_setting, 0, COUNT(settings));
	tcase_add_test(spans, copy_printable);
	suite_add_tcase(suite, parsing);
	suite_add_tcase(suite, spans);
	return suite;
}
