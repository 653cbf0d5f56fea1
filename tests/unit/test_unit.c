#include "base/unit.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *test_unit_suite(void);

#define COUNT(cases) ((int)(sizeof(cases) / sizeof((cases)[0])))

START_TEST(table_is_complete)
{
	for (int i = 0; i < UNITS; i++) {
		const struct unit_info *info = unit_info((enum unit)i);

		ck_assert_msg(info->name != NULL && info->name[0] != '\0', "unit %d", i);
		ck_assert_msg(info->json_suffix != NULL && info->json_name != NULL, "unit %d", i);
		ck_assert_msg(info->json_scale > 0, "unit %d", i);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(unit_info((enum unit)k)->name, info->name);
	}
	ck_assert_double_eq(unit_info(UNIT_SECONDS)->json_scale, 1e6);
	ck_assert_double_eq(unit_info(UNIT_RATE)->json_scale, 8);
	ck_assert_str_eq(unit_info(UNIT_RATE)->json_suffix, "_bps");
}
END_TEST

static const struct {
	enum unit unit;
	double value;
	const char *text;
} format_cases[] = {
	{ UNIT_BYTES, 6291456, "6 MiB" },
	{ UNIT_BYTES, 1448, "1448 B" },
	{ UNIT_BYTES, 10188, "10188 B" },
	{ UNIT_BYTES, 10240, "10 KiB" },
	{ UNIT_BYTES, 131072, "128 KiB" },
	{ UNIT_BYTES, 1048575, "1 MiB" },
	{ UNIT_BYTES, 1047552, "1023 KiB" },
	{ UNIT_BYTES, 1.5 * 1048576, "1.5 MiB" },
	{ UNIT_BYTES, -6291456, "-6 MiB" },
	{ UNIT_BYTES, 0, "0 B" },
	{ UNIT_SECONDS, 0.1, "100 ms" },
	{ UNIT_SECONDS, 0.0001234, "123 us" },
	{ UNIT_SECONDS, 0.99951, "1 s" },
	{ UNIT_SECONDS, 0.9994, "999 ms" },
	{ UNIT_SECONDS, 60, "60 s" },
	{ UNIT_SECONDS, 120, "2 min" },
	{ UNIT_SECONDS, 7200, "2 h" },
	{ UNIT_SECONDS, 0, "0 us" },
	{ UNIT_RATE, 38250000, "306 Mbit/s" },
	{ UNIT_RATE, 125e6, "1 Gbit/s" },
	{ UNIT_RATE, 12.5, "100 bit/s" },
	{ UNIT_RATE, 0, "0 bit/s" },
	{ UNIT_RATIO, 0.031, "3.10 %" },
	{ UNIT_RATIO, 0, "0.00 %" },
	{ UNIT_RATIO, 0.00001, "<0.01 %" },
	{ UNIT_RATIO, 0.0999, "9.99 %" },
	{ UNIT_RATIO, 0.09999, "10.0 %" },
	{ UNIT_RATIO, 0.9996, "100 %" },
	{ UNIT_RATIO, 1, "100 %" },
	{ UNIT_FACTOR, 1.25, "1.25 x" },
	{ UNIT_FACTOR, 2, "2 x" },
	{ UNIT_COUNT, 4096, "4096" },
	{ UNIT_COUNT, 1234567, "1234567" },
	{ UNIT_COUNT, 99.96, "100" },
	{ UNIT_COUNT, 0.01234, "0.0123" },
	{ UNIT_COUNT, 1e-9, "1e-09" },
	{ UNIT_PER_SECOND, 12.34, "12.3/s" },
	{ UNIT_SEGMENTS, 10, "10 seg" },
	{ UNIT_BYTES_PER_SEGMENT, 1448, "1448 B/seg" },
	{ UNIT_PAGES, 382536, "382536 pages" },
	{ UNIT_BYTES_PER_PAGE, 4096, "4096 B/page" },
	{ UNIT_BYTES, NAN, "unknown" },
	{ UNIT_RATIO, INFINITY, "unknown" },
	{ UNIT_COUNT, -INFINITY, "unknown" },
};

START_TEST(format)
{
	char buf[48];

	ck_assert_ptr_eq(
		unit_format(format_cases[_i].unit, format_cases[_i].value, buf, sizeof(buf)), buf);
	ck_assert_str_eq(buf, format_cases[_i].text);
}
END_TEST

START_TEST(format_is_cut)
{
	char buf[8] = "xxxxxxx";

	(void)unit_format(UNIT_RATE, 38250000, buf, 5);
	ck_assert_str_eq(buf, "306 ");
	ck_assert_int_eq(buf[5], 'x');
	for (int unit = 0; unit < UNITS; unit++)
		for (double v = 1e-300; v < 1e300; v *= 1e3)
			(void)unit_format((enum unit)unit, -v, buf, sizeof(buf));
}
END_TEST

static const struct {
	const char *text;
	double value;
	struct dimension dim;
	size_t used;
} parse_cases[] = {
	{ "0", 0, { 0 }, 1 },
	{ "1.5", 1.5, { 0 }, 3 },
	{ "2e3", 2000, { 0 }, 3 },
	{ "2E-1s", 0.2, { .second = 1 }, 5 },
	{ "1.", 1, { 0 }, 1 },
	{ "64KiB", 65536, { .byte = 1 }, 5 },
	{ "64KB", 64000, { .byte = 1 }, 4 },
	{ "1B", 1, { .byte = 1 }, 2 },
	{ "2TiB", 2199023255552.0, { .byte = 1 }, 4 },
	{ "10ms", 0.01, { .second = 1 }, 4 },
	{ "2min)", 120, { .second = 1 }, 4 },
	{ "20%", 0.2, { 0 }, 3 },
	{ "20%x", 0.2, { 0 }, 3 },
	{ "1Gbit", 125e6, { .byte = 1, .second = -1 }, 5 },
	{ "8bit", 1, { .byte = 1, .second = -1 }, 4 },
	{ "10seg", 10, { .segment = 1 }, 5 },
	{ "3pages", 3, { .page = 1 }, 6 },
	{ "1.1x", 1.1, { 0 }, 4 },
	{ "5 ms", 5, { 0 }, 1 },
	{ "4*current", 4, { 0 }, 1 },
};

START_TEST(parse)
{
	struct dimension dim;
	double value;
	size_t used;

	ck_assert_int_eq(
		unit_parse(parse_cases[_i].text, strlen(parse_cases[_i].text), &value, &dim, &used),
		0);
	ck_assert_double_eq_tol(value, parse_cases[_i].value, 1e-9);
	ck_assert(dimension_equal(dim, parse_cases[_i].dim));
	ck_assert_uint_eq(used, parse_cases[_i].used);
}
END_TEST

static const struct {
	const char *text;
	size_t used;
} refused_cases[] = {
	{ "", 0 },    { "x", 0 },    { "-1", 0 },   { "+1", 0 },    { ".5", 0 },     { " 1", 0 },
	{ "nan", 0 }, { "inf", 0 },  { "1kib", 1 }, { "1mb", 1 },   { "5msec", 1 },  { "0x10", 1 },
	{ "1e", 1 },  { "1ms2", 1 }, { "12Kb", 2 }, { "1_000", 1 }, { "1.5Mib", 3 }, { "2s_x", 1 },
};

START_TEST(parts_of_a_whole_are_exact)
{
	for (unsigned int i = 0; i <= 100; i++) {
		struct dimension dim;
		char text[16];
		double value;
		size_t used;
		int len = snprintf(text, sizeof(text), "%u%%", i);

		ck_assert_int_eq(unit_parse(text, (size_t)len, &value, &dim, &used), 0);
		ck_assert_msg(!(value < i / 100.0) && !(value > i / 100.0), "%s: %.17g", text,
			      value);
		len = snprintf(text, sizeof(text), "%ums", i);
		ck_assert_int_eq(unit_parse(text, (size_t)len, &value, &dim, &used), 0);
		ck_assert_msg(!(value < i / 1000.0) && !(value > i / 1000.0), "%s: %.17g", text,
			      value);
	}
}
END_TEST

START_TEST(parse_refuses)
{
	struct dimension dim = { .page = 7 };
	double value = 4711;
	size_t used = 99;

	ck_assert_msg(unit_parse(refused_cases[_i].text, strlen(refused_cases[_i].text), &value,
				 &dim, &used) == -EINVAL,
		      "\"%s\"", refused_cases[_i].text);
	ck_assert_uint_eq(used, refused_cases[_i].used);
	ck_assert_double_eq(value, 4711);
	ck_assert_int_eq(dim.page, 7);
}
END_TEST

START_TEST(parse_out_of_range)
{
	static const char digits[] =
		"1111111111111111111111111111111111111111111111111111111111111111";
	struct dimension dim;
	double value;
	size_t used;

	ck_assert_int_eq(unit_parse("1e400", 5, &value, &dim, &used), -ERANGE);
	ck_assert_int_eq(unit_parse("1e308TiB", 8, &value, &dim, &used), -ERANGE);
	ck_assert_int_eq(unit_parse(digits, sizeof(digits) - 1, &value, &dim, &used), -ERANGE);
	ck_assert_int_eq(unit_parse(digits, sizeof(digits) - 2, &value, &dim, &used), 0);
}
END_TEST

START_TEST(parse_stops_at_length)
{
	struct dimension dim;
	double value;
	size_t used;

	ck_assert_int_eq(unit_parse("12MiB", 2, &value, &dim, &used), 0);
	ck_assert_double_eq(value, 12);
	ck_assert_int_eq(unit_parse("1e5", 2, &value, &dim, &used), -EINVAL);
	ck_assert_int_eq(unit_parse("10ms", 3, &value, &dim, &used), -EINVAL);
}
END_TEST

START_TEST(dimensions)
{
	const struct dimension byte = { .byte = 1 }, second = { .second = 1 }, none = { 0 };
	struct dimension d = dimension_combine(byte, second, -1);

	ck_assert(dimension_equal(d, unit_info(UNIT_RATE)->dim));
	ck_assert(dimension_equal(dimension_combine(d, second, 1), byte));
	ck_assert(dimension_is_none(dimension_combine(d, d, -1)));
	ck_assert(!dimension_is_none(d));
	ck_assert(!dimension_equal(byte, unit_info(UNIT_PAGES)->dim));
	ck_assert(dimension_equal(dimension_combine(byte, none, -1), byte));
	for (int i = 0; i < 300; i++)
		d = dimension_combine(d, dimension_combine(byte, second, -1), 1);
	ck_assert_int_eq(d.byte, 100);
	ck_assert_int_eq(d.second, -100);
}
END_TEST

static const struct {
	struct dimension dim;
	const char *text;
} dimension_cases[] = {
	{ { 0 }, "pure number" },
	{ { .byte = 1 }, "bytes" },
	{ { .byte = 1, .second = -1 }, "bytes/second" },
	{ { .second = -1 }, "1/second" },
	{ { .byte = 2, .page = 1, .segment = -1, .second = -2 }, "bytes^2*pages/second^2/segment" },
};

START_TEST(dimension_text)
{
	char buf[80], small[4];

	ck_assert_str_eq(dimension_format(dimension_cases[_i].dim, buf, sizeof(buf)),
			 dimension_cases[_i].text);
	(void)dimension_format(dimension_cases[_i].dim, small, sizeof(small));
	ck_assert_uint_eq(strlen(small), 3);
	ck_assert_int_eq(strncmp(small, buf, 3), 0);
}
END_TEST

Suite *test_unit_suite(void)
{
	Suite *suite = suite_create("unit");
	TCase *formatting = tcase_create("formatting");
	TCase *parsing = tcase_create("parsing");
	TCase *dimension = tcase_create("dimensions");

	tcase_add_test(formatting, table_is_complete);
	tcase_add_loop_test(formatting, format, 0, COUNT(format_cases));
	tcase_add_test(formatting, format_is_cut);
	tcase_add_loop_test(parsing, parse, 0, COUNT(parse_cases));
	tcase_add_test(parsing, parts_of_a_whole_are_exact);
	tcase_add_loop_test(parsing, parse_refuses, 0, COUNT(refused_cases));
	tcase_add_test(parsing, parse_out_of_range);
	tcase_add_test(parsing, parse_stops_at_length);
	tcase_add_test(dimension, dimensions);
	tcase_add_loop_test(dimension, dimension_text, 0, COUNT(dimension_cases));
	suite_add_tcase(suite, formatting);
	suite_add_tcase(suite, parsing);
	suite_add_tcase(suite, dimension);
	return suite;
}
