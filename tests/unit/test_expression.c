/* The expression language: what compiles, what it says about what does not, and what comes out. */
#include "rules_fixture.h"

#include <errno.h>
#include <math.h>
#include <string.h>

Suite *test_expression_suite(void);

static const struct expression_variable variables[] = {
	{ "current", { .byte = 1 } },
	{ "buffer_cap", { .byte = 1 } },
};

static const struct expression_context path_context = {
	.scope = ENTITY_PATH,
	.variables = variables,
	.variable_count = 2,
	.file = "rules/x.conf",
	.line = 41,
	.what = "when",
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

static struct expression *compile(const char *text)
{
	struct expression *x = NULL;
	int r = expression_compile(text, &path_context, &x, &f.e);

	ck_assert_msg(r == 0, "%s -> %s", text, f.e.text);
	ck_assert_str_eq(expression_text(x), text);
	return x;
}

static struct expression_result evaluate(const char *text)
{
	const struct value values[] = { value_number(6291456), value_unknown("memory unknown") };
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0],
					      .variables = values };
	struct expression *x = compile(text);
	struct expression_result r = expression_evaluate(x, &env);

	expression_free(x);
	return r;
}

static const struct {
	const char *text;
	double number;
} calculations[] = {
	{ "1 + 2 * 3", 7 },
	{ "(1 + 2) * 3", 9 },
	{ "10 - 4 - 3", 3 },
	{ "16 / 4 / 2", 2 },
	{ "-2 * -3", 6 },
	{ "- -4", 4 },
	{ "2 - -3", 5 },
	{ "1e3 + 1.5e-1", 1000.15 },
	{ "min(3, 1, 2)", 1 },
	{ "max(3, 1, 2, 9, 4)", 9 },
	{ "clamp(5, 1, 3)", 3 },
	{ "clamp(0, 1, 3)", 1 },
	{ "clamp(5, 4, 3)", 3 },
	{ "abs(-7) + abs(7)", 14 },
	{ "pow2up(5)", 8 },
	{ "pow2up(8)", 8 },
	{ "pow2up(0.3)", 1 },
	{ "pow2up(0 - 3)", 1 },
	{ "sqrt(16)", 4 },
	{ "if(1 < 2, 10, 20)", 10 },
	{ "if(!(1 < 2), 10, 20)", 20 },
	{ "64KiB", 65536 },
	{ "10ms + 1s", 1.01 },
	{ "20%", 0.2 },
	{ "8Mbit * 1s", 1000000 },
	{ "sysctl('net.ipv4.tcp_rmem')[2] / 2", 3145728 },
	{ "pow2up(2 * current)", 16777216 },
	{ "path.min_rtt * 2", 0.2 },
	{ "path.flows", 3 },
	{ "sum(path.flows)", 7 },
	{ "sum(listener.backlog)", 4607 },
	{ "sum(listener.backlog * path.flows)", 13821 },
	{ "sum(flow.goodput)", 0 },
	{ "0 + path.min_rtt", 0.1 },
	{ "max(0, path.min_rtt)", 0.1 },
	{ "if(have(path.min_rtt), 1, 1 / 0)", 1 },
};

START_TEST(calculates)
{
	struct expression_result r = evaluate(calculations[_i].text);

	ck_assert_int_eq(r.value.kind, VALUE_NUMBER);
	ck_assert_double_eq_tol(r.value.number, calculations[_i].number, 1e-9);
	ck_assert_ptr_null(r.missing);
}
END_TEST

static const struct {
	const char *text;
	enum truth truth;
} conditions[] = {
	{ "1 < 2", TRUTH_TRUE },
	{ "2 <= 2 && 2 >= 2", TRUTH_TRUE },
	{ "2 < 2 || 2 > 2", TRUTH_FALSE },
	{ "1 == 1.0", TRUTH_TRUE },
	{ "1 != 1", TRUTH_FALSE },
	{ "! 1 == 2", TRUTH_TRUE }, /* ! binds weaker than == */
	{ "!1 == 1 || 1 == 1", TRUTH_TRUE },
	{ "1 == 1 || 1 == 1 && 1 == 2", TRUTH_TRUE }, /* && binds stronger */
	{ "'a' == 'a'", TRUTH_TRUE },
	{ "'a' != 'b'", TRUTH_TRUE },
	{ "sysctl('net.ipv4.tcp_congestion_control') == 'cubic'", TRUTH_TRUE },
	{ "path.min_rtt > 0", TRUTH_TRUE },
	{ "path.min_rtt > 99ms && path.min_rtt < 101ms", TRUTH_TRUE },
	{ "any(listener.backlog > 4000)", TRUTH_TRUE },
	{ "any(listener.backlog > 5000)", TRUTH_FALSE },
	{ "any(flow.goodput > 0)", TRUTH_FALSE },
	{ "any(path.flows == 4)", TRUTH_TRUE },
	{ "have(path.min_rtt)", TRUTH_TRUE },
	{ "have(buffer_cap)", TRUTH_FALSE },
	{ "have(buffer_cap > 0)", TRUTH_FALSE },
	{ "have(sysctl('net.ipv4.tcp_sack'))", TRUTH_FALSE },
	/* three values */
	{ "buffer_cap > 1KiB", TRUTH_UNKNOWN },
	{ "!(buffer_cap > 1KiB)", TRUTH_UNKNOWN },
	{ "1 == 2 && buffer_cap > 1KiB", TRUTH_FALSE },
	{ "buffer_cap > 1KiB && 1 == 2", TRUTH_FALSE },
	{ "buffer_cap > 1KiB && 1 == 1", TRUTH_UNKNOWN },
	{ "buffer_cap > 1KiB || 1 == 1", TRUTH_TRUE },
	{ "1 == 2 || buffer_cap > 1KiB", TRUTH_UNKNOWN },
	{ "if(1 == 1, 1, buffer_cap / buffer_cap) == 1", TRUTH_TRUE },
	{ "if(buffer_cap > 0, 1, 1) == 1", TRUTH_UNKNOWN },
	{ "1 / (path.flows - 3) > 0", TRUTH_UNKNOWN },
	{ "sqrt(0 - 1) > 0", TRUTH_UNKNOWN },
	{ "1e308 * 1e308 > 0", TRUTH_UNKNOWN },
	{ "before(path.flows) > 1", TRUTH_UNKNOWN },
	{ "available('cc', 'no_such_cc_anywhere')", TRUTH_UNKNOWN },
};

START_TEST(judges)
{
	struct expression_result r = evaluate(conditions[_i].text);

	ck_assert_msg(r.truth == conditions[_i].truth, "%s is %d", conditions[_i].text, r.truth);
	if (r.truth == TRUTH_UNKNOWN)
		ck_assert_ptr_nonnull(r.reason);
}
END_TEST

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "path.goodput > 10ms",
	  "rules/x.conf:41: when, column 1: cannot compare bytes/second with seconds "
	  "(\"path.goodput\" is bytes/second, \"10ms\" is seconds)" },
	{ "1 < 2 && current >= 10ms", "column 10: cannot compare bytes with seconds (\"current\"" },
	{ "sysctl('net.ipv4.tcp_mem')[2] > 1GiB", "cannot compare pages with bytes" },
	{ "current + 1 > current", "cannot add bytes and" },
	{ "min(current, 1s) > 0", "cannot take the min() of bytes and seconds" },
	{ "clamp(current, 0, 1s) > 0", "cannot clamp() bytes to seconds" },
	{ "if(1 < 2, current, 1s) > 0", "cannot choose by if() between bytes and seconds" },
	{ "sqrt(current) > 0", "square root of bytes" },
	{ "path.min_rrt > 1s", "column 1: unknown metric \"path.min_rrt\"; did you mean "
			       "\"path.min_rtt\"?" },
	{ "zzzzzzzzz.qqqqqqqqq > 1",
	  "unknown metric \"zzzzzzzzz.qqqqqqqqq\"; `netwright metrics`" },
	{ "curent > 1B", "did you mean \"current\"?" },
	{ "listener.backlog > 1",
	  "\"listener.backlog\" is about listeners; this rule is about paths: use any() or sum()" },
	{ "any(listener.backlog > flow.goodput)", "one kind at a time" },
	{ "any(host.cpus > 1)", "names no metric of anything" },
	{ "any(sum(path.flows) > 1)", "sum() cannot stand inside any()" },
	{ "sum(before(path.flows)) > 1", "before() cannot stand inside sum()" },
	{ "before(before(path.flows)) > 1", "before() cannot stand inside before()" },
	{ "before(1) > 1", "has none in it" },
	{ "before(current) > 1B", "before() is for metrics" },
	{ "before(path.flows * sysctl('net.core.somaxconn')) > 1", "before() is for metrics" },
	{ "sysctl('net.ipv4.tcp_rmen')[2] > 1B", "unknown tunable \"net.ipv4.tcp_rmen\"; did you "
						 "mean \"net.ipv4.tcp_rmem\"?" },
	{ "sysctl('kernel.hostname') == 'x'", "unknown tunable" },
	{ "sysctl('net.ipv4.conf.eth0.rp_filter') == 1", "one setting of each interface" },
	{ "sysctl('net.ipv4.tcp_rmem') > 1B", "has 3 elements: say which, [0] to [2]" },
	{ "sysctl('net.ipv4.tcp_rmem')[3] > 1B", "has elements [0] to [2] only" },
	{ "sysctl('net.ipv4.tcp_rmem')[1.5] > 1B", "has elements [0] to [2] only" },
	{ "sysctl('net.ipv4.tcp_rmem')[1B] > 1B", "has elements [0] to [2] only" },
	{ "sysctl('net.ipv4.tcp_rmem')[path.flows] > 1B", "a constant index" },
	{ "sysctl('net.core.somaxconn')[0] > 1", "is a single value and takes no index" },
	{ "sysctl(net.core.somaxconn) > 1", "a key in single quotes" },
	{ "sysctl('net.core.somaxconn' > 1", "\">\" where ) should stand" },
	{ "path.flows[1] > 1", "only a vector" },
	{ "path.flows && 1 < 2", "is a number where a condition is needed; compare it" },
	{ "!path.flows", "is a number where a condition is needed" },
	{ "(1 < 2) + 1", "\"(1 < 2)\" is a condition where a number is needed" },
	{ "1 < 2 < 3", "is a condition where a number is needed" },
	{ "'a' < 'b'", "is a text where a number is needed" },
	{ "'a' == 1", "cannot compare a text with a number" },
	{ "if(1 < 2, 'a', 1) == 'a'", "is a number where a text is needed" },
	{ "min(1) > 0", "min() takes at least 2 arguments, not 1" },
	{ "clamp(1, 2) > 0", "clamp() takes 3 arguments, not 2" },
	{ "abs(1, 2) > 0", "abs() takes 1 argument, not more" },
	{ "min > 0", "min is a function: write min(...)" },
	{ "mix(1, 2) > 0", "unknown function \"mix\"; did you mean" },
	{ "available('cca', 'bbr')", "available() knows 'cc' and 'qdisc', not 'cca'" },
	{ "available('cc', '')", "needs a name" },
	{ "available('cc', path.congestion)", "a name in single quotes" },
	{ "10foo > 1", "\"10foo\" is not a number with a unit" },
	{ "1.2.3 > 1", "column 4" },
	{ ".5 > 1", "\".\" means nothing here" },
	{ "1 = 2", "equality is ==" },
	{ "1 & 2", "\"&\" means nothing here" },
	{ "path.congestion == \"x\"", "single quotes" },
	{ "path.congestion == 'x", "lacks its closing quote" },
	{ "1 +", "ends where" },
	{ "(1 < 2", "ends where ) should follow" },
	{ "1 < 2)", "an operator or the end" },
	{ "1 2", "an operator or the end" },
	{ "", "is empty" },
	{ "   ", "is empty" },
	{ "1 < 2 \033[31m", "\"?\" means nothing here" },
};

START_TEST(explains_mistakes)
{
	struct expression *x = NULL;
	int r = expression_compile(mistakes[_i].text, &path_context, &x, &f.e);

	ck_assert_msg(r == -EINVAL, "compiles: %s", mistakes[_i].text);
	ck_assert_ptr_null(x);
	ck_assert_msg(strstr(f.e.text, mistakes[_i].message) != NULL, "%s -> %s", mistakes[_i].text,
		      f.e.text);
	ck_assert_int_eq(f.e.kind, ERROR_INPUT);
	ck_assert_int_eq(f.e.code, -EINVAL);
	/* without somewhere to put the message it is refused all the same */
	ck_assert_int_eq(expression_compile(mistakes[_i].text, &path_context, &x, NULL), -EINVAL);
}
END_TEST

/* `unit` n times, between `before` and `after`. */
static int compile_repeated(const char *before, const char *unit, size_t n, const char *after)
{
	static char text[16384];
	struct expression *x = NULL;
	size_t len = 0;
	int r;

	len += (size_t)snprintf(text, sizeof(text), "%s", before);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", unit);
	(void)snprintf(text + len, sizeof(text) - len, "%s", after);
	r = expression_compile(text, &path_context, &x, &f.e);
	expression_free(x);
	return r;
}

START_TEST(limits_hold)
{
	ck_assert_int_eq(compile_repeated("", "1+", 62, "1"), 0);
	ck_assert_int_eq(compile_repeated("", "1+", 64, "1"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(f.e.text, "64 levels"));
	ck_assert_int_eq(compile_repeated("", "-", 4000, "1"), -EINVAL);
	ck_assert_int_eq(compile_repeated("", "!", 4000, "1"), -EINVAL);
	ck_assert_int_eq(compile_repeated("", "(", 4000, "1"), -EINVAL);
	ck_assert_int_eq(compile_repeated("", "abs(", 900, "1"), -EINVAL);
	ck_assert_int_eq(compile_repeated("1", " ", 4095, ""), 0);
	ck_assert_int_eq(compile_repeated("1", " ", 4096, ""), -EINVAL);
	ck_assert_ptr_nonnull(strstr(f.e.text, "longer than 4096"));
	/* 8 x 64 leaves and the nodes above them are too many, however shallow */
	ck_assert_int_eq(
		compile_repeated("min(1,1) < 2 && (1", "<2)&&(max(1,2,3,4,5,6,7,8)", 40, "<2)"),
		-EINVAL);
	ck_assert_ptr_nonnull(strstr(f.e.text, "more than 512"));
}
END_TEST

START_TEST(names_what_is_missing)
{
	struct expression_result r;

	f.paths[0].min_rtt_us = 0;
	r = evaluate("1 == 1 && path.min_rtt > 1ms && buffer_cap > 0");
	ck_assert_int_eq(r.truth, TRUTH_UNKNOWN);
	ck_assert_str_eq(r.missing, "path.min_rtt");
	ck_assert_ptr_nonnull(r.reason);
	r = evaluate("sysctl('net.ipv4.tcp_sack') + 1");
	ck_assert_int_eq(r.value.kind, VALUE_UNKNOWN);
	ck_assert_str_eq(r.missing, "net.ipv4.tcp_sack");
	ck_assert_str_eq(r.reason, "not in this test");
	r = evaluate("1 / (path.flows - 3)");
	ck_assert_str_eq(r.missing, "path.flows");
	r = evaluate("any(path.min_rtt > 1s)");
	ck_assert_int_eq(r.truth, TRUTH_UNKNOWN);
	r = evaluate("any(path.min_rtt > 1ms)");
	ck_assert_int_eq(r.truth, TRUTH_TRUE);
	r = evaluate("sum(path.min_rtt)");
	ck_assert_int_eq(r.value.kind, VALUE_UNKNOWN);
}
END_TEST

START_TEST(compares_with_before)
{
	struct observation earlier = *f.o;
	struct path_stats paths[1] = { f.paths[0] };
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0],
					      .before = &earlier,
					      .before_entity = &paths[0] };
	struct expression *x = compile("path.flows >= 2 * before(path.flows)");
	struct expression *sum = compile("before(sum(path.flows))");

	earlier.paths = paths;
	earlier.path_count = 1;
	paths[0].flows = 2;
	f.paths[0].flows = 4;
	ck_assert_int_eq(expression_evaluate(x, &env).truth, TRUTH_TRUE);
	ck_assert_double_eq(expression_evaluate(sum, &env).value.number, 2);
	f.paths[0].flows = 3;
	ck_assert_int_eq(expression_evaluate(x, &env).truth, TRUTH_FALSE);
	env.before_entity = NULL;
	ck_assert_int_eq(expression_evaluate(x, &env).truth, TRUTH_UNKNOWN);
	expression_free(x);
	expression_free(sum);
}
END_TEST

static const struct {
	const char *text;
	enum unit unit;
} units[] = {
	{ "path.min_rtt", UNIT_SECONDS },
	{ "2 * path.min_rtt", UNIT_SECONDS },
	{ "path.goodput * path.min_rtt", UNIT_BYTES },
	{ "path.goodput / 1.2", UNIT_RATE },
	{ "current / buffer_cap", UNIT_FACTOR },
	{ "1 - path.unread_share_p50", UNIT_RATIO },
	{ "2 * path.flows", UNIT_COUNT },
	{ "sysctl('net.ipv4.tcp_mem')[0]", UNIT_PAGES },
	{ "path.congestion", UNIT_TEXT },
	{ "max(0, path.min_rtt)", UNIT_SECONDS },
};

START_TEST(finds_the_unit_to_print_in)
{
	struct expression *x;

	if (strstr(units[_i].text, "unread_share") != NULL &&
	    metric_find("path.unread_share_p50") == NULL)
		return;
	x = compile(units[_i].text);
	ck_assert_int_eq(expression_unit(x), units[_i].unit);
	expression_free(x);
}
END_TEST

static const struct {
	const char *text;
	double excess; /* NAN: none */
} excesses[] = {
	{ "path.flows > 1.5", 2 },
	{ "path.flows < 12", 4 },
	{ "1 < 2 && path.flows >= 1 && path.min_rtt > 1ms", 3 },
	{ "path.flows * 2 >= 3 && path.flows > 1", 2 },
	{ "path.flows > 6", NAN },
	{ "path.flows > 0", NAN },
	{ "path.flows > 0 && path.flows > 1", 3 },
	{ "path.flows == 3", NAN },
	{ "1 < path.flows", NAN },
	{ "path.flows > 1 || 1 < 2", NAN },
	{ "path.congestion == 'x'", NAN },
};

START_TEST(measures_the_excess)
{
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0] };
	struct expression *x = compile(excesses[_i].text);
	double excess = expression_excess(x, &env);

	if (isnan(excesses[_i].excess))
		ck_assert_msg(isnan(excess), "%s is %g", excesses[_i].text, excess);
	else
		ck_assert_double_eq_tol(excess, excesses[_i].excess, 1e-9);
	expression_free(x);
}
END_TEST

START_TEST(finds_the_threshold)
{
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0] };
	struct expression *x = compile(
		"10 * path.flows > 1 && (0.5 * sysctl('net.core.somaxconn') < path.flows || "
		"path.min_rtt > 20ms)");
	struct value v = expression_threshold(x, "path.flows", &env);

	ck_assert_int_eq(v.kind, VALUE_NUMBER);
	ck_assert_double_eq(v.number, 2048);
	ck_assert_double_eq(expression_threshold(x, "10 * path.flows", &env).number, 1);
	ck_assert_double_eq(expression_threshold(x, "path.min_rtt", &env).number, 0.02);
	ck_assert_int_eq(expression_threshold(x, "path.flow", &env).kind, VALUE_UNKNOWN);
	ck_assert_int_eq(expression_threshold(x, "path.goodput", &env).kind, VALUE_UNKNOWN);
	expression_free(x);
}
END_TEST

/* FIN-01 and LOSS-03 have several ways to come true: evidence shows the one that did. */
static const struct {
	const char *text;
	double threshold;
} thresholds[] = {
	{ "path.flows > 5000 || (path.flows >= 2 && path.flows > 0.5)", 2 },
	{ "path.flows > 5000 || (path.flows >= 1 && path.flows > 0.5 * 4)", 2 },
	{ "path.flows > 2 || path.flows > 5000", 2 },
	{ "2 < path.flows || path.flows > 5000", 2 },
	{ "path.flows > 5000 || path.flows > 6000", 5000 }, /* none holds */
	{ "path.flows > 5000 || path.flows < 4000", 4000 },
};

START_TEST(of_several_thresholds_shows_one_that_holds)
{
	struct expression_environment env = { .observation = f.o,
					      .tunables = &f.settings,
					      .entity = &f.paths[0] };
	struct expression *x = compile(thresholds[_i].text);

	ck_assert_double_gt(expression_threshold(x, "path.flows", &env).number, 0);
	ck_assert_double_eq(expression_threshold(x, "path.flows", &env).number,
			    thresholds[_i].threshold);
	expression_free(x);
}
END_TEST

Suite *test_expression_suite(void)
{
	Suite *s = suite_create("rules/expression");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, open_fixture, close_fixture);
	tcase_add_loop_test(c, calculates, 0, sizeof(calculations) / sizeof(calculations[0]));
	tcase_add_loop_test(c, judges, 0, sizeof(conditions) / sizeof(conditions[0]));
	tcase_add_loop_test(c, explains_mistakes, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(c, limits_hold);
	tcase_add_test(c, names_what_is_missing);
	tcase_add_test(c, compares_with_before);
	tcase_add_loop_test(c, finds_the_unit_to_print_in, 0, sizeof(units) / sizeof(units[0]));
	tcase_add_loop_test(c, measures_the_excess, 0, sizeof(excesses) / sizeof(excesses[0]));
	tcase_add_test(c, finds_the_threshold);
	tcase_add_loop_test(c, of_several_thresholds_shows_one_that_holds, 0,
			    sizeof(thresholds) / sizeof(thresholds[0]));
	suite_add_tcase(s, c);
	return s;
}
