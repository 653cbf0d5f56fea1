/* Settings of profiles that are no sysctls: routes, links, connections, limits of processes. */
#include "profile_case.h"

#include <errno.h>

Suite *test_profile_kinds_suite(void);

static int read_limit(void *arg, const char *name, char ret[HELD_TEXT_MAX], struct error *e)
{
	(void)arg;
	if (strcmp(name, "rlimit:nginx/nofile") != 0)
		return error_set(e, -ENOENT, ERROR_INPUT, name, "no such process");
	(void)snprintf(ret, HELD_TEXT_MAX, "131072:524288");
	return 0;
}

START_TEST(limits_of_processes_compare_by_their_soft_part)
{
	load("x.conf",
	     HEAD("x") "settings = (\n"
		       "{ tunable = \"rlimit:nginx/nofile\"; raise_to = \"65536\";" WHY ",\n"
		       "{ tunable = \"rlimit:redis/nofile\"; raise_to = \"65536\";" WHY ");" END);
	f.host.read = read_limit;
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	ck_assert_int_eq(f.resolved.settings[0].state, RESOLVED_BETTER);
	ck_assert_msg(strstr(f.resolved.settings[1].reason, "no such process") != NULL, "%s",
		      f.resolved.settings[1].reason);
}
END_TEST

/* None of it is here: what is malformed is told all the same. */
static int read_none(void *arg, const char *name, char ret[HELD_TEXT_MAX], struct error *e)
{
	(void)arg;
	(void)ret;
	if (strstr(name, "banana") != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, name, "no route and metric");
	if (strstr(name, "eth7") != NULL)
		return error_errno(e, -EINVAL, name, "cannot look up the link");
	return error_set(e, -ENOENT, ERROR_INPUT, name, "there is none here");
}

#define TWO_LINES(TUNABLE, VALUE) \
	HEAD("x") "settings = (\n{ tunable = \"" TUNABLE "\";\nset = \"" VALUE "\";" WHY ");" END

static const struct {
	const char *text, *says; /* NULL: left out */
} elsewhere[] = {
	{ TWO_LINES("route:banana/initcwnd", "20seg"),
	  "x.conf:3: tunable: route:banana/initcwnd: no" },
	/* Also where a condition does not hold. */
	{ HEAD("x") "settings = (\n{ tunable = \"route:banana/initcwnd\"; set = \"20seg\"; when = "
		    "\"1 > 2\";" WHY ");" END,
	  "x.conf:3: tunable:" },
	{ TWO_LINES("route:default/initcwnd", "20seg"), NULL },
	{ TWO_LINES("link:eth7/mtu", "1500B"), NULL }, /* the kernel's EINVAL is no judgement */
	{ TWO_LINES("link:eth0/qdisc", "'nonsense'"),
	  "x.conf:4: set of link:eth0/qdisc: \"nonsense\" is none that works" },
	{ TWO_LINES("link:eth0/qdisc", "'fq'"), NULL },
	{ TWO_LINES("route:default/congctl", "if(1 > 2, 'bbr', 'b b!')"),
	  "x.conf:4: set of route:default/congctl: \"b b!\"" },
	{ TWO_LINES("route:default/congctl", "'a_name_of_sixteen'"), "x.conf:4: set of route" },
	{ TWO_LINES("route:default/congctl", "'unset'"), NULL },
	{ TWO_LINES("rlimit:nginx/nofile", "'2048:1024'"),
	  "x.conf:4: set of rlimit:nginx/nofile: the soft limit is above" },
	{ TWO_LINES("rlimit:nginx/nofile", "'1024:unlimited'"), NULL },
	{ TWO_LINES("socket:port 443/rcvbuf", "'much'"),
	  "x.conf:4: set of socket:port 443/rcvbuf" },
	{ TWO_LINES("socket:port 443/rcvbuf", "'auto'"), NULL },
	{ TWO_LINES("socket:port 443/nodelay", "2"), NULL }, /* a number: judged where it is set */
};

START_TEST(what_is_malformed_is_not_left_out)
{
	load("x.conf", elsewhere[_i].text);
	f.host.read = read_none;
	if (elsewhere[_i].says != NULL) {
		refused(profile_fixture_resolve(&f, "x", NULL, 0), -EINVAL, elsewhere[_i].says);
		ck_assert_int_eq(f.e.kind, ERROR_INPUT);
		return;
	}
	ck_assert_msg(profile_fixture_resolve(&f, "x", NULL, 0) == 0, "%s", f.e.text);
	ck_assert_int_eq(f.resolved.settings[0].state, RESOLVED_LEFT_OUT);
	ck_assert_str_eq(f.resolved.settings[0].value, "");
}
END_TEST

static int read_zero(void *arg, const char *name, char ret[HELD_TEXT_MAX], struct error *e)
{
	(void)arg, (void)name, (void)e;
	(void)snprintf(ret, HELD_TEXT_MAX, "0");
	return 0;
}

/* As the kernel shows it, or what is off would differ from 'off'. */
START_TEST(texts_are_held_against_what_the_kernel_shows)
{
	load("x.conf",
	     HEAD("x") "settings = (\n"
		       "{ tunable = \"link:eth0/offload.tso\"; set = \"'off'\";" WHY ",\n"
		       "{ tunable = \"link:eth0/offload.gro\"; set = \"'on'\";" WHY ");" END);
	f.host.read = read_zero;
	ck_assert_msg(profile_fixture_resolve(&f, "x", NULL, 0) == 0, "%s", f.e.text);
	ck_assert_str_eq(f.resolved.settings[0].value, "0");
	ck_assert_int_eq(f.resolved.settings[0].state, RESOLVED_HOLDS);
	ck_assert_str_eq(f.resolved.settings[1].value, "1");
	ck_assert_int_eq(f.resolved.settings[1].state, RESOLVED_DIFFERS);
}
END_TEST

Suite *test_profile_kinds_suite(void)
{
	Suite *s = suite_create("profile_kinds");
	TCase *tc = tcase_create("kinds");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, limits_of_processes_compare_by_their_soft_part);
	tcase_add_loop_test(tc, what_is_malformed_is_not_left_out, 0,
			    sizeof(elsewhere) / sizeof(elsewhere[0]));
	tcase_add_test(tc, texts_are_held_against_what_the_kernel_shows);
	suite_add_tcase(s, tc);
	return s;
}
