/* Texts with expressions in them. */
#include "rules/template.h"
#include "rules_fixture.h"

#include <errno.h>
#include <string.h>

Suite *test_template_suite(void);

static const struct expression_context context = {
	.scope = ENTITY_PATH,
	.file = "x.conf",
	.line = 7,
	.what = "title",
};

static struct rules_fixture f;

static void open_fixture(void)
{
	fixture_open(&f);
}

static void close_fixture(void)
{
	fixture_close(&f);
}

static const struct {
	const char *text, *filled;
} fillings[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "{path.flows} flows", "3 flows" },
	{ "{ path.flows }", "3" },
	{ "of {sysctl('net.ipv4.tcp_rmem')[2]}.", "of 6 MiB." },
	{ "{sysctl('net.ipv4.tcp_rmem')[1]:unit-less} bytes", "131072 bytes" },
	{ "{path.min_rtt}{path.flows}", "100 ms3" },
	{ "cc {sysctl('net.ipv4.tcp_congestion_control')}", "cc cubic" },
	{ "{sysctl('net.ipv4.tcp_sack')}", "unknown" },
	{ "{{literal} {{{{ }", "{literal} {{ }" },
	{ "{{{path.flows}", "{3" },
	{ "{if(path.flows > 1, 'many } {', 'one')}", "many } {" },
};

START_TEST(fills)
{
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0] };
	struct template *t = NULL;
	struct bytes out = { 0 };

	ck_assert_msg(template_compile(fillings[_i].text, &context, &t, &f.e) == 0, "%s", f.e.text);
	ck_assert_str_eq(template_text(t), fillings[_i].text);
	ck_assert_int_eq(template_fill(t, &env, &out), 0);
	ck_assert_str_eq(out.data != NULL ? out.data : "", fillings[_i].filled);
	template_free(t);
	bytes_done(&out);
}
END_TEST

START_TEST(hostile_texts_are_made_printable)
{
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0] };
	struct template *t = NULL;
	struct bytes out = { 0 };

	(void)snprintf(f.paths[0].congestion, sizeof(f.paths[0].congestion), "a\033[2Jb");
	ck_assert_int_eq(template_compile("{path.congestion}", &context, &t, &f.e), 0);
	ck_assert_int_eq(template_fill(t, &env, &out), 0);
	ck_assert_str_eq(out.data, "a?[2Jb");
	template_free(t);
	bytes_done(&out);
}
END_TEST

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "the {path.flowz}", "x.conf:7: title, column 6: unknown metric \"path.flowz\"" },
	{ "the {path.flows", "x.conf:7: title, column 5: { without its }" },
	{ "the {}", "column 6: is empty" },
	{ "{path.flows > 1}", "column 2: a condition cannot be printed" },
	{ "{path.flows:unitless}", "means nothing here" },
	{ "{'a}", "{ without its }" },
};

START_TEST(explains_mistakes)
{
	struct template *t = NULL;

	ck_assert_int_eq(template_compile(mistakes[_i].text, &context, &t, &f.e), -EINVAL);
	ck_assert_ptr_null(t);
	ck_assert_msg(strstr(f.e.text, mistakes[_i].message) != NULL, "%s -> %s", mistakes[_i].text,
		      f.e.text);
}
END_TEST

START_TEST(limits_hold)
{
	static char text[TEMPLATE_TEXT_MAX + 2];
	struct template *t = NULL;

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_int_eq(template_compile(text, &context, &t, &f.e), -EINVAL);
	text[TEMPLATE_TEXT_MAX] = '\0';
	ck_assert_int_eq(template_compile(text, &context, &t, &f.e), 0);
	template_free(t);
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "{1}", 3);
	text[3 * TEMPLATE_PARTS_MAX] = '\0';
	ck_assert_int_eq(template_compile(text, &context, &t, &f.e), 0);
	template_free(t);
	text[3 * TEMPLATE_PARTS_MAX] = '!';
	text[3 * TEMPLATE_PARTS_MAX + 1] = '\0';
	ck_assert_int_eq(template_compile(text, &context, &t, &f.e), -EINVAL);
	template_free(NULL);
}
END_TEST

/* `filled` NULL: refused, for `unfit`. */
static const struct {
	const char *text, *filled, *unfit;
} names[] = {
	{ "route:{path.name}/congctl", "route:198.51.100.0/24/congctl", NULL },
	{ "socket:dst {path.name}/congestion", "socket:dst 198.51.100.0/24/congestion", NULL },
	{ "socket:port {1000 * path.flows}/rcvbuf", "socket:port 3000/rcvbuf", NULL },
	{ "a b", "a b", NULL },
	{ "x:{sysctl('net.ipv4.tcp_sack')}/y", NULL, "sysctl('net.ipv4.tcp_sack')" },
	{ "x:{'a or port 22'}/y", NULL, "'a or port 22'" },
	{ "x:{'a[1]'}/y", NULL, "'a[1]'" },
	{ "x:{'a=b'}/y", NULL, "'a=b'" },
	{ "x:{''}/y", NULL, "''" },
};

START_TEST(names_have_no_surprises)
{
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0] };
	const struct expression *unfit = NULL;
	struct expression_result value;
	struct template *t = NULL;
	struct bytes out = { 0 };

	ck_assert_msg(template_compile(names[_i].text, &context, &t, &f.e) == 0, "%s", f.e.text);
	if (names[_i].filled != NULL) {
		ck_assert_int_eq(template_fill_name(t, &env, &out, &unfit, &value), 0);
		ck_assert_str_eq(out.data, names[_i].filled);
	} else {
		ck_assert_int_eq(template_fill_name(t, &env, &out, &unfit, &value), -EINVAL);
		ck_assert_str_eq(expression_text(unfit), names[_i].unfit);
	}
	template_free(t);
	bytes_done(&out);
}
END_TEST

Suite *test_template_suite(void)
{
	Suite *s = suite_create("rules/template");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, open_fixture, close_fixture);
	tcase_add_loop_test(c, fills, 0, sizeof(fillings) / sizeof(fillings[0]));
	tcase_add_test(c, hostile_texts_are_made_printable);
	tcase_add_loop_test(c, names_have_no_surprises, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_loop_test(c, explains_mistakes, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(c, limits_hold);
	suite_add_tcase(s, c);
	return s;
}
