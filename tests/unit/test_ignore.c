#include "rules/diagnose.h"
#include "rules/ignore.h"
#include "rules_fixture.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_ignore_suite(void);

static int load(struct ignore_list *list, const char *text, struct error *e)
{
	return ignore_list_load_text(list, "netwright.conf", text, strlen(text), e);
}

START_TEST(patterns_match_id_and_entity)
{
	struct ignore_list list = { 0 };
	struct error e = { 0 };

	ck_assert_msg(load(&list,
			   "ignore = ( { id = \"LST-*\"; entity = \"*:8080\"; why = \"test\"; },\n"
			   "           { id = \"ECN-01\"; why = \"on purpose\"; } );",
			   &e) == 0,
		      "%s", e.text);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(ignore_find(&list, "LST-01", "0.0.0.0:8080")->why, "test");
	ck_assert_ptr_null(ignore_find(&list, "LST-01", "0.0.0.0:80"));
	ck_assert_ptr_null(ignore_find(&list, "RCV-01", "0.0.0.0:8080"));
	ck_assert_str_eq(ignore_find(&list, "ECN-01", "any host")->why, "on purpose");
	ignore_list_done(&list);
}
END_TEST

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "ignore = ( { id = \"A\"; } );", "netwright.conf:1" }, /* no reason */
	{ "ignore = ( { why = \"A\"; } );", "\"id\"" },
	{ "ignore = ( { id = \"A\"; why = \"\"; } );", "why" },
	{ "ignore = ( { id = \"A\"; whi = \"b\"; why = \"b\"; } );", "\"why\"" },
	{ "\nignore = \"A\";", "netwright.conf:2" },
	{ "ignore = ( 3 );", "group" },
	{ "ignored = ( );", "ignored" },
	{ "ignore = ( {", "netwright.conf:1" },
	{ "@include \"/etc/passwd\"", "@include" },
};

START_TEST(mistakes_are_named)
{
	struct ignore_list list = { 0 };
	struct error e = { 0 };

	ck_assert_int_eq(load(&list, mistakes[_i].text, &e), -EINVAL);
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(e.text, mistakes[_i].message) != NULL, "%s", e.text);
	ignore_list_done(&list);
}
END_TEST

START_TEST(an_empty_file_ignores_nothing)
{
	struct ignore_list list = { 0 };

	ck_assert_int_eq(load(&list, "# nothing\n", NULL), 0);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(ignore_list_load(&list, "tests/data/no such file", NULL), -ENOENT);
	ignore_list_done(&list);
}
END_TEST

#define RULE                                                                        \
	"rules = ( { id = \"A-1\"; slug = \"a\"; scope = \"path\"; class = \"t\"; " \
	"title = \"t\"; when = \"path.flows >= 1\"; severity_ceiling = \"high\"; "  \
	"why = \"w\"; risk = \"r\"; source = \"s\"; } );"

START_TEST(an_ignored_entity_leaves_the_others)
{
	struct rules_fixture f;
	struct rulebook book = { 0 };
	struct diagnosis d = { 0 };

	fixture_open(&f);
	ck_assert_msg(rulebook_load_text(&book, "t", RULE, strlen(RULE), &f.e) == 0, "%s",
		      f.e.text);
	ck_assert_int_eq(
		load(&book.ignore,
		     "ignore = ( { id = \"A-1\"; entity = \"203.*\"; why = \"known\"; } );", &f.e),
		0);
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_uint_eq(d.findings[0].entity_count, 1);
	ck_assert_str_eq(d.findings[0].entities[0].name, "198.51.100.0/24");
	ck_assert_uint_eq(d.ignored_count, 1);
	ck_assert_str_eq(d.ignored[0].entity, "203.0.113.0/24");
	ck_assert_str_eq(d.ignored[0].why, "known");
	ck_assert_int_eq(d.ignored[0].severity, SEVERITY_HIGH);
	diagnosis_done(&d);
	rulebook_done(&book);
	fixture_close(&f);
}
END_TEST

Suite *test_ignore_suite(void)
{
	Suite *s = suite_create("ignore");
	TCase *c = tcase_create("ignore");

	tcase_add_test(c, patterns_match_id_and_entity);
	tcase_add_loop_test(c, mistakes_are_named, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(c, an_empty_file_ignores_nothing);
	tcase_add_test(c, an_ignored_entity_leaves_the_others);
	suite_add_tcase(s, c);
	return s;
}
