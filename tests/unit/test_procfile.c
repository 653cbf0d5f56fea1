#include "host/procfile.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_procfile_suite(void);

/* Writes what was visited as "group/name@column=value " so that a test compares one string. */
struct transcript {
	char text[512];
	size_t len;
};

static void note(void *arg, const struct procfile_field *field)
{
	struct transcript *t = arg;
	const size_t room = sizeof(t->text) - t->len;
	const int n = snprintf(t->text + t->len, room, "%.*s/%.*s@%zu=%.*s ", (int)field->group.len,
			       field->group.at, (int)field->name.len, field->name.at, field->column,
			       (int)field->value.len, field->value.at);

	ck_assert(n > 0 && (size_t)n < room);
	t->len += (size_t)n;
}

static struct text_span span(const char *text)
{
	return (struct text_span){ .at = text, .len = strlen(text) };
}

START_TEST(pairs)
{
	static const char *const cases[][2] = {
		{ "Tcp: A B\nTcp: 1 -2\n", "Tcp/A@0=1 Tcp/B@1=-2 " },
		{ "Tcp: A B\nTcp: 1 2", "Tcp/A@0=1 Tcp/B@1=2 " },
		{ "Tcp: A\nTcp: 1\nUdp: A\nUdp: 2\n", "Tcp/A@0=1 Udp/A@0=2 " },
		{ "Tcp: A B\nTcp: 1\n", "" },
		{ "Tcp: A\nTcp: 1 2\n", "" },
		{ "Tcp: A\nUdp: B\nUdp: 2\n", "Udp/B@0=2 " },
		{ "Tcp: A\n", "" },
		{ "Tcp:\nTcp:\n", "" },
		{ "\n\nTcp: A\n\nTcp: 1\n", "Tcp/A@0=1 " },
		{ "Tcp: A\nTcpExt: 1\n", "" },
		{ "", "" },
		{ "\n", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct transcript t = { 0 };

		procfile_each_pair(span(cases[i][0]), note, &t);
		ck_assert_str_eq(t.text, cases[i][1]);
	}
}
END_TEST

START_TEST(tables)
{
	static const char *const cases[][2] = {
		{ "a b\n1 2\n3 4\n", "/a@0=1 /b@1=2 /a@0=3 /b@1=4 " },
		{ "a  b\n1 2", "/a@0=1 /b@1=2 " },
		{ "a b\n1\n3 4\n", "/a@0= /b@1= /a@0=3 /b@1=4 " },
		{ "a b\n1 2 3\n", "/a@0= /b@1= " },
		{ "a b\n\n1 2\n", "/a@0=1 /b@1=2 " },
		{ "\n1 2\n", "" },
		{ "a b\n", "" },
		{ "a b", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct transcript t = { 0 };

		procfile_each_table(span(cases[i][0]), note, &t);
		ck_assert_str_eq(t.text, cases[i][1]);
	}
}
END_TEST

START_TEST(inline_words)
{
	struct transcript t = { 0 };

	procfile_each_inline(span("sockets: used 15\nTCP: inuse 1 tw\n\nUDP: mem 0"), ' ', note,
			     &t);
	ck_assert_str_eq(t.text, "sockets/used@0=15 TCP/inuse@0=1 UDP/mem@0=0 ");

	t = (struct transcript){ 0 };
	procfile_each_inline(span("some avg10=1.53 oops total=38\nfull total=\n"), '=', note, &t);
	ck_assert_str_eq(t.text, "some/avg10@0=1.53 some/total@2=38 full/total@0= ");
}
END_TEST

START_TEST(rows_and_columns)
{
	struct transcript t = { 0 };

	procfile_each_row(span("cpu  10 20\ncpu0 5\nbare\n"), note, &t);
	ck_assert_str_eq(t.text, "cpu/@0=10 cpu/@1=20 cpu0/@0=5 ");

	t = (struct transcript){ 0 };
	procfile_each_column(span("0a 0b\n\n1\t2\n"), note, &t);
	ck_assert_str_eq(t.text, "/@0=0a /@1=0b /@0=1 /@1=2 ");
}
END_TEST

START_TEST(keys)
{
	const char *text = "MemTotal:   1024 kB\nempty:\nplain 7\n";
	struct transcript t = { 0 };
	struct text_span found;

	procfile_each_key(span(text), note, &t);
	ck_assert_str_eq(t.text, "/MemTotal@0=1024 /plain@0=7 ");

	found = procfile_find_key(span(text), "MemTotal");
	ck_assert(text_span_equal(found, "1024 kB"));
	found = procfile_find_key(span(text), "plain");
	ck_assert(text_span_equal(found, "7"));
	ck_assert_uint_eq(procfile_find_key(span(text), "empty").len, 0);
	ck_assert_uint_eq(procfile_find_key(span(text), "Mem").len, 0);
	ck_assert_uint_eq(procfile_find_key(span(""), "Mem").len, 0);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_text)
{
	const struct bytes none = { 0 };

	ck_assert_ptr_nonnull(procfile_text(&none).at);
	ck_assert_uint_eq(procfile_text(&none).len, 0);
}
END_TEST

Suite *test_procfile_suite(void)
{
	Suite *suite = suite_create("procfile");
	TCase *tc = tcase_create("procfile");

	tcase_add_test(tc, pairs);
	tcase_add_test(tc, tables);
	tcase_add_test(tc, inline_words);
	tcase_add_test(tc, rows_and_columns);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, an_empty_file_is_an_empty_text);
	suite_add_tcase(suite, tc);
	return suite;
}
