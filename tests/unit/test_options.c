/* Option parsing, and the lint of the verb and option tables. */
#include "base/cleanup.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "rules/rulebook.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_options_suite(void);

/* Parses words (NULL-terminated) as arguments of a verb. */
static int parse(const struct verb *verb, const char *const *words, struct settings *ret,
		 struct error *e)
{
	char copies[8][64];
	char *argv[8];
	int argc = 0;

	for (; words[argc] != NULL; argc++) {
		ck_assert_int_lt(argc, 8);
		(void)snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
		argv[argc] = copies[argc];
	}
	*e = (struct error){ 0 };
	return options_parse(verb->name, verb->options, verb->option_count, argc, argv, ret, e);
}

#define PARSE(verb, settings, e, ...) \
	parse(&(verb), (const char *const[]){ __VA_ARGS__, NULL }, settings, e)

START_TEST(defaults)
{
	const char *const nothing[] = { NULL };
	struct settings s;
	struct error e;

	ck_assert_int_eq(parse(&verb_audit, nothing, &s, &e), 0);
	ck_assert(s.for_s >= 0 && s.for_s <= 0);
	ck_assert_int_eq(s.fail_on, -1);
	ck_assert_int_eq(s.color, COLOR_AUTO);
	ck_assert(s.limit == UINT64_MAX);
	ck_assert(!s.json && !s.verbose && !s.quiet && !s.help);
	ck_assert_ptr_null(s.netns);
	ck_assert_uint_eq(s.rules.count, 0);
}
END_TEST

START_TEST(arguments_may_follow_or_be_joined)
{
	struct settings s;
	struct error e;

	ck_assert_int_eq(PARSE(verb_audit, &s, &e, "--for", "30s", "--json"), 0);
	ck_assert_double_eq(s.for_s, 30);
	ck_assert(s.json);
	ck_assert_int_eq(PARSE(verb_audit, &s, &e, "--for=2min", "-qv"), 0);
	ck_assert_double_eq(s.for_s, 120);
	ck_assert(s.quiet && s.verbose && !s.json);
	ck_assert_int_eq(PARSE(verb_audit, &s, &e, "--for=5s", "--for=7s"), 0);
	ck_assert_double_eq(s.for_s, 7);
	ck_assert_int_eq(PARSE(verb_audit, &s, &e, "-h"), 0);
	ck_assert(s.help);
}
END_TEST

START_TEST(choices_are_indices)
{
	struct settings s;
	struct error e;

	ck_assert_int_eq(PARSE(verb_audit, &s, &e, "--fail-on", "high"), 0);
	ck_assert_int_eq(s.fail_on, SEVERITY_HIGH);
	ck_assert_int_eq(PARSE(verb_audit, &s, &e, "--color", "never"), 0);
	ck_assert_int_eq(s.color, COLOR_NEVER);
	ck_assert_int_eq(PARSE(verb_flows, &s, &e, "--sort=rtt", "--limit=0"), 0);
	ck_assert_int_eq(s.sort, FLOW_ORDER_RTT);
	ck_assert_uint_eq(s.limit, 0);
	for (int i = 0; severity_choices[i] != NULL; i++)
		ck_assert_str_eq(severity_choices[i], severity_name((enum severity)i));
	ck_assert_ptr_null(severity_choices[SEVERITY_CRITICAL + 1]);
}
END_TEST

START_TEST(directories_add_up)
{
	struct settings s;
	struct error e;
	char word[] = "--rules=x";
	char *argv[OPTION_LIST_MAX + 1];

	ck_assert_int_eq(PARSE(verb_rules, &s, &e, "--rules", "a", "--rules", "b"), 0);
	ck_assert_uint_eq(s.rules.count, 2);
	for (size_t i = 0; i < ARRAY_LEN(argv); i++)
		argv[i] = word;
	ck_assert_int_eq(options_parse("rules", verb_rules.options, verb_rules.option_count,
				       OPTION_LIST_MAX, argv, &s, &e),
			 0);
	ck_assert_int_eq(options_parse("rules", verb_rules.options, verb_rules.option_count,
				       OPTION_LIST_MAX + 1, argv, &s, &e),
			 -EINVAL);
}
END_TEST

START_TEST(operands)
{
	struct settings s;
	struct error e;
	char word[] = "x";
	char *argv[SETTINGS_OPERANDS_MAX + 1];

	ck_assert_int_eq(PARSE(verb_explain, &s, &e, "a", "--netns", "n", "--", "--json", "-"), 0);
	ck_assert_uint_eq(s.operand_count, 3);
	ck_assert(!s.json);
	for (size_t i = 0; i < ARRAY_LEN(argv); i++)
		argv[i] = word;
	ck_assert_int_eq(options_parse("explain", verb_explain.options, verb_explain.option_count,
				       SETTINGS_OPERANDS_MAX, argv, &s, &e),
			 0);
	ck_assert_int_eq(options_parse("explain", verb_explain.options, verb_explain.option_count,
				       SETTINGS_OPERANDS_MAX + 1, argv, &s, &e),
			 -EINVAL);
}
END_TEST

static const struct {
	const char *words[3];
	const char *said; /* part of the message */
} refused[] = {
	{ { "--jsno" }, "did you mean --json?" },
	{ { "--zzzzzz" }, "--help lists all" },
	{ { "--js" }, "unknown option --js" }, /* no abbreviations */
	{ { "--json=1" }, "takes no argument" },
	{ { "--for" }, "needs an argument" },
	{ { "--for", "" }, "is empty" },
	{ { "--for", "0" }, "--for" },
	{ { "--for", "999ms" }, "outside" },
	{ { "--for", "3601s" }, "outside" },
	{ { "--for", "-1s" }, "--for" },
	{ { "--for", "nan" }, "--for" },
	{ { "--for", "10 s" }, "--for" },
	{ { "--fail-on", "severe" }, "info, low, medium, high, critical" },
	{ { "--fail-on", "HIGH" }, "none of" },
	{ { "--color=" }, "is empty" },
	{ { "-x" }, "unknown option -x" },
	{ { "-qx" }, "unknown option -x" },
	{ { "--limit=1" }, "unknown option" }, /* of another verb */
	{ { "--=x" }, "unknown option" },
	{ { "--\033[31m" }, "--?[31m" }, /* cannot drive the terminal */
};

START_TEST(mistakes_are_refused)
{
	struct settings s = { .fail_on = 77 };
	struct error e;

	ck_assert_int_eq(parse(&verb_audit, refused[_i].words, &s, &e), -EINVAL);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, refused[_i].said));
	ck_assert_int_eq(s.fail_on, 77); /* untouched on failure */
}
END_TEST

START_TEST(limits_of_numbers)
{
	struct settings s;
	struct error e;

	ck_assert_int_eq(PARSE(verb_flows, &s, &e, "--limit", "-1"), -EINVAL);
	ck_assert_int_eq(PARSE(verb_flows, &s, &e, "--limit", "5x"), -EINVAL);
	ck_assert_int_eq(PARSE(verb_flows, &s, &e, "--limit", "18446744073709551616"), -EINVAL);
	ck_assert_int_eq(PARSE(verb_flows, &s, &e, "--for", "1s"), 0);
	ck_assert_int_eq(PARSE(verb_flows, &s, &e, "--for", "1h"), 0);
	ck_assert_double_eq(s.for_s, 3600);
}
END_TEST

/* --- the tables --- */

START_TEST(verbs_are_sorted_and_complete)
{
	const struct verb *v = verbs[_i];

	ck_assert(v->name[0] != '\0' && v->summary[0] != '\0' && v->description[0] != '\0');
	ck_assert(v->summary[strlen(v->summary) - 1] != '.');
	ck_assert_ptr_nonnull(v->usage);
	ck_assert(v->run != NULL);
	ck_assert_ptr_nonnull(v->examples[0].command);
	ck_assert_ptr_nonnull(v->examples[0].meaning);
	ck_assert_ptr_eq(verb_find(v->name), v);
	ck_assert_uint_le(v->operands_max, SETTINGS_OPERANDS_MAX);
	if (_i > 0)
		ck_assert_int_lt(strcmp(verbs[_i - 1]->name, v->name), 0);
}
END_TEST

static void check_option(const struct verb *v, const struct option_spec *o)
{
	ck_assert_msg(o->name != NULL && o->name[0] != '\0' && o->name[0] != '-', "%s", v->name);
	ck_assert_msg(o->help != NULL && o->help[0] != '\0', "%s --%s", v->name, o->name);
	ck_assert_msg(o->help[strlen(o->help) - 1] != '.', "%s --%s", v->name, o->name);
	ck_assert_msg((o->type == OPTION_FLAG) == (o->argument == NULL), "%s --%s", v->name,
		      o->name);
	ck_assert_msg((o->type == OPTION_CHOICE) == (o->choices != NULL), "%s --%s", v->name,
		      o->name);
	ck_assert_msg(o->letter == 0 || o->type == OPTION_FLAG, "%s --%s", v->name, o->name);
	ck_assert_msg(o->offset < sizeof(struct settings), "%s --%s", v->name, o->name);
	ck_assert_str_ne(o->name, option_help.name);
	ck_assert_int_ne(o->letter, option_help.letter);
}

START_TEST(options_are_sorted_and_documented)
{
	const struct verb *v = verbs[_i];

	for (size_t i = 0; i < v->option_count; i++) {
		check_option(v, &v->options[i]);
		if (i > 0)
			ck_assert_msg(strcmp(v->options[i - 1].name, v->options[i].name) < 0,
				      "%s: --%s is out of order", v->name, v->options[i].name);
		for (size_t j = 0; j < i; j++)
			ck_assert(v->options[i].letter == 0 ||
				  v->options[i].letter != v->options[j].letter);
	}
}
END_TEST

START_TEST(unknown_verbs)
{
	struct error e = { 0 };

	ck_assert_ptr_null(verb_find("aud"));
	ck_assert_ptr_null(verb_find(""));
	ck_assert_int_eq(verb_unknown("adit", &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "did you mean audit?"));
	ck_assert_int_eq(verb_unknown("xyzzyxyzzy", &e), -EINVAL);
	ck_assert_ptr_null(strstr(e.text, "did you mean"));
	ck_assert_int_eq(verb_unknown("\033]0;x", &e), -EINVAL);
	ck_assert_ptr_null(strchr(e.text, '\033'));
}
END_TEST

START_TEST(every_error_has_an_exit_status)
{
	static const struct {
		enum error_kind kind;
		enum exit_status status;
	} expected[] = {
		{ ERROR_FAILED, EXIT_STATUS_FAILED },
		{ ERROR_INPUT, EXIT_STATUS_USAGE },
		{ ERROR_PRIVILEGE, EXIT_STATUS_PRIVILEGE },
		{ ERROR_UNSUPPORTED, EXIT_STATUS_UNSUPPORTED },
	};

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const struct error e = { .kind = expected[i].kind };

		ck_assert_int_eq(exit_status_of_error(&e), expected[i].status);
	}
	for (size_t i = 0; i < exit_status_count; i++) {
		ck_assert(exit_statuses[i].meaning[0] != '\0');
		if (i > 0)
			ck_assert_int_lt(exit_statuses[i - 1].status, exit_statuses[i].status);
	}
}
END_TEST

Suite *test_options_suite(void)
{
	Suite *suite = suite_create("options");
	TCase *parsing = tcase_create("parsing");
	TCase *tables = tcase_create("tables");

	tcase_add_test(parsing, defaults);
	tcase_add_test(parsing, arguments_may_follow_or_be_joined);
	tcase_add_test(parsing, choices_are_indices);
	tcase_add_test(parsing, directories_add_up);
	tcase_add_test(parsing, operands);
	tcase_add_loop_test(parsing, mistakes_are_refused, 0, (int)ARRAY_LEN(refused));
	tcase_add_test(parsing, limits_of_numbers);
	tcase_add_loop_test(tables, verbs_are_sorted_and_complete, 0, (int)verb_count);
	tcase_add_loop_test(tables, options_are_sorted_and_documented, 0, (int)verb_count);
	tcase_add_test(tables, unknown_verbs);
	tcase_add_test(tables, every_error_has_an_exit_status);
	suite_add_tcase(suite, parsing);
	suite_add_tcase(suite, tables);
	return suite;
}
