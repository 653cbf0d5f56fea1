/* TuneD's grammar: what Python's configparser makes of the same texts, run beside it. */
#include "base/bytes.h"
#include "profiles/tuned_file.h"
#include "profiles/tuned_variables.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_tuned_file_suite(void);

static struct tuned_sections sections;
static struct bytes shown;

static void teardown(void)
{
	tuned_sections_done(&sections);
	bytes_done(&shown);
}

static const struct {
	const char *text;
	const char *parsed; /* "[section]key=value|..."; NULL: rejected */
} grammar[] = {
	{ "[a]\nk=v\n", "[a]k=v|" },
	{ "[a]\nk = v # c\n", "[a]k=v|" },
	{ "[a]\nk=v;x ; y\n", "[a]k=v;x ; y|" },
	{ "[a]\nk=v#x\n", "[a]k=v#x|" },
	{ "# x\n; y\n\n[a]\n;k=1\nk=2\n", "[a]k=2|" },
	{ "[a]\nk=1\nk=2\n", "[a]k=2|" },
	{ "[a]\nk=1\n[b]\nj=1\n[a]\nj=2\n", "[a]k=1|j=2|[b]j=1|" },
	{ "[a]\nk=1\n  j=2\nl=3\n", "[a]k=1\nj=2|l=3|" },
	{ "[a]\n  k=1\n  j=2\n    more\n", "[a]k=1|j=2\nmore|" },
	{ "[a]\nk=1\n\n  j=2\n", "[a]k=1\n\nj=2|" },
	{ "[a]\nk=1\n# c\n  j=2\n", "[a]k=1\nj=2|" },
	{ "[a]\nK=1\nk=2\n", "[a]K=1|k=2|" },
	{ "[DEFAULT]\nd=1\n[a]\nk=1\n", "[a]k=1|d=1|" },
	{ "[a]\nd=2\n[DEFAULT]\nd=1\ne=3\n", "[a]d=2|e=3|" },
	{ "[a]\nk==v\n", "[a]k==v|" },
	{ "[a]\nk=>4096\n", "[a]k=>4096|" },
	{ "[a]\nk=\n", "[a]k=|" },
	{ "[a]\nk\n", NULL },
	{ "k=1\n", NULL },
	{ "[a]\n=v\n", NULL },
	{ "[a] junk\nk=1\n", "[a]k=1|" },
	{ "[a]b]\nk=1\n", "[a]b]k=1|" },
	{ "[]\nk=1\n", NULL },
	{ "[a]\nk:1\n", NULL },
	{ "[a]\nk:x=1\n", "[a]k:x=1|" },
	{ "[a]\nk=%x%(y)s\n", "[a]k=%x%(y)s|" },
	{ "[a]\r\nk=v\r\n", "[a]k=v|" },
	{ "[a]\nk=\n  v\n", "[a]k=\nv|" },
	{ "[a]\nk=1\n\n\n[b]\nx=1", "[a]k=1|[b]x=1|" },
	{ "[a] # c\nk=1\n", "[a]k=1|" },
	{ "[a]\nk=a\n\n\n  b\n\n", "[a]k=a\n\n\nb|" },
	{ "[a]\n k=1\n\tj=2\n", "[a]k=1|j=2|" },
	{ "[a]\nk=v #\n", "[a]k=v|" },
	{ "[a]\nk=\"a b\"\n", "[a]k=\"a b\"|" },
	{ "[a]\n[b]\n", "[a][b]" },
	{ "[a]\n  [b]\nk=1\n", "[a][b]k=1|" },
	{ "[a]\nk=1\n  [b]\nj=1\n", "[a]k=1\n[b]|j=1|" },
	{ "[a]\nk=1\n  # c\n  x\n", "[a]k=1\nx|" },
	{ "", "" },
};

static const char *show(void)
{
	ck_assert_int_eq(bytes_append(&shown, "", 0), 0);
	for (size_t i = 0; i < sections.count; i++) {
		const struct tuned_section *s = &sections.all[i];

		ck_assert_int_eq(bytes_printf(&shown, "[%s]", s->name), 0);
		for (size_t j = 0; j < s->count; j++)
			ck_assert_int_eq(bytes_printf(&shown, "%s=%s|", s->options[j].key,
						      s->options[j].value),
					 0);
	}
	return shown.data;
}

START_TEST(the_grammar_is_configparsers)
{
	const char *text = grammar[_i].text;
	struct error e = { 0 };
	int r = tuned_file_parse("f", text, strlen(text), &sections, &e);

	if (grammar[_i].parsed == NULL) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
		ck_assert_ptr_nonnull(strstr(e.text, "f:"));
	} else {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(show(), grammar[_i].parsed);
	}
}
END_TEST

START_TEST(options_and_mistakes_know_their_line)
{
	static const char right[] = "# one\n[a]\n\nk=1\n  2\n\nj=3\n",
			  wrong[] = "[a]\nk=1\n\njunk\n";
	struct error e = { 0 };

	ck_assert_int_eq(tuned_file_parse("f", right, sizeof(right) - 1, &sections, NULL), 0);
	ck_assert_uint_eq(sections.all[0].line, 2);
	ck_assert_uint_eq(sections.all[0].options[0].line, 4);
	ck_assert_uint_eq(sections.all[0].options[1].line, 7);
	ck_assert_int_eq(tuned_file_parse("f", wrong, sizeof(wrong) - 1, &sections, &e), -EINVAL);
	ck_assert_str_eq(e.text, "f:4: is neither a [section] nor key=value; TuneD rejects the "
				 "whole file for it");
}
END_TEST

START_TEST(a_nul_is_no_text)
{
	ck_assert_int_eq(tuned_file_parse("f", "[a]\n\0", 5, &sections, NULL), -EINVAL);
}
END_TEST

START_TEST(a_file_of_variables_has_no_header)
{
	static const char text[] = "# c\nx=1\nlonely\ny=2 # two\n";

	ck_assert_int_eq(tuned_file_parse_variables("f", text, sizeof(text) - 1, &sections, NULL),
			 0);
	ck_assert_str_eq(show(), "[variables]x=1|y=2|");
}
END_TEST

static void define(struct tuned_variables *v, char *key, char *value)
{
	struct tuned_option o = { .key = key, .value = value, .file = "f", .line = 1 };

	ck_assert_int_eq(tuned_variables_define(v, &o, NULL), 0);
}

static const struct {
	const char *text, *expanded;
	enum tuned_unexpanded left;
} expansions[] = {
	{ "plain", "plain", TUNED_EXPANDED },
	{ "${a}", "1", TUNED_EXPANDED },
	{ "x${a}y${b}z", "x1y1-2z", TUNED_EXPANDED },
	{ "$a ${ a} $", "$a ${ a} $", TUNED_UNKNOWN_VARIABLE },
	{ "\\${a}", "${a}", TUNED_EXPANDED },
	{ "${none}", "${none}", TUNED_UNKNOWN_VARIABLE },
	{ "${later}", "${unset}", TUNED_EXPANDED },
	{ "${f:exec:/bin/true}", "${f:exec:/bin/true}", TUNED_FUNCTION },
	{ "${f:strip:${a}}${none}", "${f:strip:1}${none}", TUNED_FUNCTION },
	{ "${called}", "${f:x:y}", TUNED_FUNCTION },
	{ "${a", "${a", TUNED_UNKNOWN_VARIABLE },
	{ "", "", TUNED_EXPANDED },
};

START_TEST(variables_see_those_before_them)
{
	struct tuned_variables v = { 0 };
	enum tuned_unexpanded left = TUNED_UNKNOWN_VARIABLE;

	define(&v, (char[]){ "a" }, (char[]){ "1" });
	define(&v, (char[]){ "b" }, (char[]){ "${a}-2" });
	define(&v, (char[]){ "later" }, (char[]){ "${unset}" });
	define(&v, (char[]){ "called" }, (char[]){ "${f:x:y}" });
	define(&v, (char[]){ "no.word" }, (char[]){ "x" });
	ck_assert_int_eq(bytes_append(&shown, "", 0), 0);
	ck_assert_int_eq(tuned_variables_expand(&v, expansions[_i].text, &shown, &left), 0);
	ck_assert_str_eq(shown.data, expansions[_i].expanded);
	ck_assert_int_eq(left, expansions[_i].left);
	tuned_variables_done(&v);
}
END_TEST

START_TEST(variables_that_double_each_other_end)
{
	struct tuned_variables v = { 0 };
	struct error e = { 0 };
	char value[32] = "12345678", key[8] = "v";
	int r = 0;
	size_t i;

	for (i = 0; i < 64 && r == 0; i++) {
		const struct tuned_option o = { key, value, "f", (unsigned int)i + 1 };

		r = tuned_variables_define(&v, &o, &e);
		(void)snprintf(value, sizeof(value), "${%s}${%s}", key, key);
		(void)snprintf(key, sizeof(key), "v%zu", i);
	}
	/* 8 * 2^9 is as long as a value may be. */
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_uint_eq(i, 11);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, "f:11: variable v9 is longer than 4096 bytes"));
	tuned_variables_done(&v);
}
END_TEST

START_TEST(an_expansion_ends_where_a_value_does)
{
	struct tuned_variables v = { 0 };
	enum tuned_unexpanded left = TUNED_UNKNOWN_VARIABLE;
	char half[TUNED_VALUE_MAX / 2 + 1];

	memset(half, 'x', sizeof(half) - 1);
	half[sizeof(half) - 1] = '\0';
	define(&v, (char[]){ "a" }, half);
	ck_assert_int_eq(tuned_variables_expand(&v, "${a}${a}", &shown, &left), 0);
	ck_assert_uint_eq(shown.len, TUNED_VALUE_MAX);
	ck_assert_int_eq(left, TUNED_EXPANDED);
	bytes_clear(&shown);
	ck_assert_int_eq(tuned_variables_expand(&v, "${a}${a}y", &shown, &left), -E2BIG);
	tuned_variables_done(&v);
}
END_TEST

static const struct {
	const char *head, *before, *after; /* a line is a number between two of them */
	size_t most;
	const char *says;
} bounds[] = {
	{ "", "[", "]\n", TUNED_SECTIONS_MAX, "f:129: is one section too many" },
	{ "[s]\n", "k", "=1\n", TUNED_OPTIONS_MAX, "f:1026: is one setting too many of [s]" },
	/* Each continues the value, by a newline and six digits. */
	{ "[s]\nk=x\n", " ", "\n", TUNED_VALUE_MAX / 7, "f:2: k is longer than 4096 bytes" },
};

static int parse_lines(int which, size_t count, struct error *e)
{
	struct bytes text = { 0 };
	int r;

	ck_assert_int_eq(bytes_printf(&text, "%s", bounds[which].head), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(bytes_printf(&text, "%s%06zu%s", bounds[which].before, i,
					      bounds[which].after),
				 0);
	r = tuned_file_parse("f", text.data, text.len, &sections, e);
	bytes_done(&text);
	tuned_sections_done(&sections);
	return r;
}

START_TEST(a_file_has_bounds)
{
	struct error e = { 0 };

	ck_assert_int_eq(parse_lines(_i, bounds[_i].most, &e), 0);
	ck_assert_int_eq(parse_lines(_i, bounds[_i].most + 1, &e), -EINVAL);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(e.text, bounds[_i].says) != NULL, "%s", e.text);
}
END_TEST

START_TEST(only_three_words_are_true)
{
	ck_assert(tuned_value_is_true("1"));
	ck_assert(tuned_value_is_true("true"));
	ck_assert(tuned_value_is_true("True"));
	ck_assert(!tuned_value_is_true("yes"));
	ck_assert(!tuned_value_is_true("TRUE"));
	ck_assert(!tuned_value_is_true("0"));
	ck_assert(!tuned_value_is_true(""));
}
END_TEST

Suite *test_tuned_file_suite(void)
{
	Suite *s = suite_create("tuned_file");
	TCase *c = tcase_create("tuned_file");

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_loop_test(c, the_grammar_is_configparsers, 0,
			    (int)(sizeof(grammar) / sizeof(grammar[0])));
	tcase_add_test(c, options_and_mistakes_know_their_line);
	tcase_add_test(c, a_nul_is_no_text);
	tcase_add_test(c, a_file_of_variables_has_no_header);
	tcase_add_loop_test(c, variables_see_those_before_them, 0,
			    (int)(sizeof(expansions) / sizeof(expansions[0])));
	tcase_add_test(c, variables_that_double_each_other_end);
	tcase_add_test(c, an_expansion_ends_where_a_value_does);
	tcase_add_loop_test(c, a_file_has_bounds, 0, (int)(sizeof(bounds) / sizeof(bounds[0])));
	tcase_add_test(c, only_three_words_are_true);
	suite_add_tcase(s, c);
	return s;
}
