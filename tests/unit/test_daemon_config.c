/* How the daemon is configured. */
#include "daemon/config.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_daemon_config_suite(void);

static int load(struct daemon_config *c, const char *text, struct error *e)
{
	*c = (struct daemon_config){ 0 };
	return daemon_config_load_text(c, "netwright.conf", text, strlen(text), e);
}

START_TEST(without_settings_the_defaults)
{
	static const char *const texts[] = { "", "daemon = { };", "ignore = ( );" };
	struct daemon_config c;
	struct error e = { 0 };

	ck_assert_msg(load(&c, texts[_i], &e) == 0, "%s", e.text);
	ck_assert_double_eq(c.interval_s, 60);
	ck_assert_double_eq(c.sample_s, 30);
	ck_assert_double_eq(c.window_s, 5);
	ck_assert_double_eq(c.settle_s, 5);
	ck_assert_uint_eq(c.pairs, 6);
	ck_assert_uint_eq(c.patience, 3);
	ck_assert(c.tune && c.all_netns);
	ck_assert_int_eq((int)c.on_exit, (int)DAEMON_EXIT_KEEP);
	ck_assert(daemon_config_has_netns(&c, "any"));
	daemon_config_done(&c);
}
END_TEST

/* Only what nobody has asked for may become slower. */
START_TEST(a_pace_that_is_given_is_kept)
{
	static const struct {
		const char *text;
		bool paced;
	} cases[] = {
		{ "", true },
		{ "daemon = { patience = 2; };", true },
		{ "daemon = { interval = \"60s\"; };", false },
		{ "daemon = { sample = \"30s\"; };", false },
	};
	struct daemon_config c;
	struct error e = { 0 };

	ck_assert_msg(load(&c, cases[_i].text, &e) == 0, "%s", e.text);
	ck_assert(c.paced == cases[_i].paced);
	daemon_config_done(&c);
}
END_TEST

START_TEST(every_setting)
{
	struct daemon_config c;
	struct error e = { 0 };

	ck_assert_msg(load(&c,
			   "daemon = { interval = \"2min\"; sample = \"500ms\"; window = \"2s\";\n"
			   "  pairs = 8; settle = \"0.1s\"; on_exit = \"rollback\"; tune = false;\n"
			   "  netns = [ \"web\", \"self\" ]; };",
			   &e) == 0,
		      "%s", e.text);
	ck_assert_double_eq(c.interval_s, 120);
	ck_assert_double_eq(c.sample_s, 0.5);
	ck_assert_double_eq(c.window_s, 2);
	ck_assert_double_eq(c.settle_s, 0.1);
	ck_assert_uint_eq(c.pairs, 8);
	ck_assert(!c.tune && !c.all_netns);
	ck_assert_int_eq((int)c.on_exit, (int)DAEMON_EXIT_ROLLBACK);
	ck_assert(daemon_config_has_netns(&c, "web"));
	ck_assert(daemon_config_has_netns(&c, "self"));
	ck_assert(!daemon_config_has_netns(&c, "we"));
	daemon_config_done(&c);
}
END_TEST

/* A short interval alone is not contradicted by the default between samples. */
START_TEST(a_short_interval_shortens_what_is_not_set)
{
	struct daemon_config c;
	struct error e = { 0 };

	ck_assert_msg(load(&c, "daemon = { interval = \"5s\"; };", &e) == 0, "%s", e.text);
	ck_assert_double_eq(c.sample_s, 5);
	daemon_config_done(&c);
	ck_assert_msg(load(&c, "daemon = { netns = \"web\"; interval = \"1d\"; };", &e) == 0, "%s",
		      e.text);
	ck_assert_double_eq(c.sample_s, 30);
	ck_assert(!daemon_config_has_netns(&c, "other"));
	daemon_config_done(&c);
}
END_TEST

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "\ndaemon = { intervall = \"60s\"; };", "netwright.conf:2: intervall" },
	{ "daemon = { intervall = \"60s\"; };", "\"interval\"" },
	{ "daemon = { interval = 60; };", "double quotes" },
	{ "daemon = { interval = \"0.9s\"; };", "1s to 1d" },
	{ "daemon = { interval = \"25h\"; };", "1s to 1d" },
	{ "daemon = { interval = \"60kg\"; };", "1s to 1d" },
	{ "daemon = { interval = \"10s\"; sample = \"11s\"; };", "longer than interval" },
	{ "daemon = { sample = \"0.05s\"; };", "100ms to 1h" },
	{ "daemon = { window = \"0.5s\"; };", "1s to 1h" },
	{ "daemon = { settle = \"2h\"; };", "100ms to 1h" },
	{ "daemon = { pairs = 5; };", "6 to 64" },
	{ "daemon = { patience = 0; };", "1 to 100" },
	{ "daemon = { patience = 101; };", "1 to 100" },
	{ "daemon = { pairs = 65; };", "6 to 64" },
	{ "daemon = { pairs = \"6\"; };", "6 to 64" },
	{ "daemon = { on_exit = \"stay\"; };", "rollback" },
	{ "daemon = { tune = \"yes\"; };", "true or false" },
	{ "daemon = { netns = [ ]; };", "is empty" },
	{ "daemon = { netns = [ \"\" ]; };", "is empty" },
	{ "daemon = { netns = [ 3 ]; };", "double quotes" },
	{ "daemon = { netns = \"../web\"; };", "no name" },
	{ "daemon = ( );", "must be a daemon" },
	{ "daemons = { };", "daemons" },
};

START_TEST(mistakes_are_named)
{
	struct daemon_config c;
	struct error e = { 0 };

	ck_assert_int_eq(load(&c, mistakes[_i].text, &e), -EINVAL);
	ck_assert_int_eq((int)e.kind, (int)ERROR_INPUT);
	ck_assert_msg(strstr(e.text, mistakes[_i].message) != NULL, "%s", e.text);
	ck_assert_msg(strstr(e.text, "netwright.conf:") != NULL, "%s", e.text);
	daemon_config_done(&c);
}
END_TEST

START_TEST(a_missing_file_is_said)
{
	struct daemon_config c = { 0 };
	struct error e = { 0 };

	ck_assert_int_eq(daemon_config_load(&c, "/nonexistent/netwright.conf", &e), -ENOENT);
	daemon_config_done(&c);
}
END_TEST

Suite *test_daemon_config_suite(void)
{
	Suite *suite = suite_create("daemon_config");
	TCase *tests = tcase_create("daemon_config");

	tcase_add_loop_test(tests, without_settings_the_defaults, 0, 3);
	tcase_add_loop_test(tests, a_pace_that_is_given_is_kept, 0, 4);
	tcase_add_test(tests, every_setting);
	tcase_add_test(tests, a_short_interval_shortens_what_is_not_set);
	tcase_add_loop_test(tests, mistakes_are_named, 0,
			    (int)(sizeof(mistakes) / sizeof(mistakes[0])));
	tcase_add_test(tests, a_missing_file_is_said);
	suite_add_tcase(suite, tests);
	return suite;
}
