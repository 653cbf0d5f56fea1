/* Changes of routes and connections: which one a finding is about. */
#include "diagnose_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_diagnose_targets_suite(void);

#define BBR_ON(target) "{ tunable = \"" target "\"; to = \"'bbr'\"; }"

/* Two entities that agree in everything but in what they would change share no finding. */
START_TEST(each_entity_has_its_own_target)
{
	const char *names[] = { "route:198.51.100.0/24/congctl", "route:203.0.113.0/24/congctl" };

	f.o->facts.congestion_available = (struct fact_names){ .name = { "bbr" }, .count = 1 };
	run(RULE("A-1", "path", "high", "t",
		 ALWAYS "set = ( " BBR_ON("route:{path.name}/congctl") " );"));
	ck_assert_uint_eq(d.finding_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct finding *found = &d.findings[i];
		char name[TARGET_NAME_MAX];

		ck_assert_uint_eq(found->change_count, 1);
		ck_assert_int_eq(found->changes[0].from.kind, VALUE_UNKNOWN);
		ck_assert_str_eq(found->changes[0].to.text, "bbr");
		ck_assert_str_eq(found->changes[0].tunable->name, "route:*/congctl");
		ck_assert_str_eq(finding_change_name(&found->changes[0], name),
				 strcmp(found->entities[0].name, "198.51.100.0/24") == 0
					 ? names[0]
					 : names[1]);
	}
}
END_TEST

START_TEST(one_finding_changes_a_target)
{
	f.o->facts.congestion_available = (struct fact_names){ .name = { "bbr" }, .count = 1 };
	run(RULE(
		"A-1", "host", "low", "t",
		ALWAYS "set = ( " BBR_ON("route:192.0.2.0/24/congctl") ", " BBR_ON(
			"route:192.0.2.0/25/congctl") " );") "," RULE("A-2", "host", "high", "t",
								      ALWAYS "set = ( " BBR_ON(
									      "route:192.0.2.0/24/congctl") " );"));
	ck_assert_uint_eq(d.finding_count, 2);
	ck_assert_uint_eq(d.findings[0].change_count, 1);
	ck_assert_uint_eq(d.findings[1].change_count, 1);
	ck_assert_str_eq(d.findings[1].changes[0].target, "route:192.0.2.0/25/congctl");
	ck_assert_str_eq(d.findings[1].advice, "route:192.0.2.0/24/congctl: see A-2");
}
END_TEST

/* What a target's change is left out for. */
static const struct {
	const char *set, *advice;
} unfit_targets[] = {
	{ "{ tunable = \"route:{path.congestion}/congctl\"; to = \"'bbr'\"; }",
	  "route:{path.congestion}/congctl cannot be worked out, path.congestion is unknown" },
	{ "{ tunable = \"socket:name {'a or port 22'}/congestion\"; to = \"'bbr'\"; }",
	  "cannot be named: 'a or port 22' is \"a or port 22\"" },
	{ "{ tunable = \"route:{path.name}/congctl\"; to = \"'bbr'\"; }",
	  "this kernel has no cc bbr" },
	{ "{ tunable = \"socket:dst {path.name}/congestion\"; to = \"'bbr'\"; }",
	  "this kernel has no cc bbr" },
	{ "{ tunable = \"route:{path.name}/initcwnd\"; to = \"path.cwnd_p50\"; }",
	  "route:198.51.100.0/24/initcwnd cannot be worked out, path.cwnd_p50 is unknown" },
};

START_TEST(what_cannot_be_named_is_not_proposed)
{
	char text[512];

	f.o->path_count = 1;
	for (size_t i = 0; i < sizeof(f.o->facts.congestion_module) / sizeof(enum availability);
	     i++)
		f.o->facts.congestion_module[i] = AVAILABILITY_NO;
	(void)snprintf(text, sizeof(text), RULE("A-1", "path", "high", "t", ALWAYS "set = ( %s );"),
		       unfit_targets[_i].set);
	run(text);
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_uint_eq(d.findings[0].change_count, 0);
	ck_assert_msg(strstr(d.findings[0].advice, unfit_targets[_i].advice) != NULL, "%s",
		      d.findings[0].advice);
}
END_TEST

/* How many entities the rule is found for, in its changes. */
static const struct {
	const char *when;
	double matches; /* 0: no finding */
} matchings[] = {
	{ "path.flows >= 1", 2 },
	{ "path.flows == 3", 1 },
	{ "path.flows > 100", 0 },
};

START_TEST(changes_know_how_many_match)
{
	char text[512];

	fixture_set(&f, "net.core.somaxconn", 0, 4096);
	(void)snprintf(text, sizeof(text),
		       RULE("A-0", "host", "low", "t", ALWAYS) "," RULE(
			       "A-1", "path", "high", "t",
			       "when = \"%s\"; set = ( { tunable = \"net.core.somaxconn\"; "
			       "to = \"100 * matches\"; } );"),
		       matchings[_i].when);
	run(text);
	ck_assert_uint_eq(d.finding_count, matchings[_i].matches > 0 ? 2 : 1);
	if (matchings[_i].matches > 0)
		ck_assert_double_eq(d.findings[0].changes[0].to.number,
				    100 * matchings[_i].matches);
}
END_TEST

Suite *test_diagnose_targets_suite(void)
{
	Suite *s = suite_create("rules/diagnose_targets");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, open_fixture, close_fixture);
	tcase_add_test(c, each_entity_has_its_own_target);
	tcase_add_test(c, one_finding_changes_a_target);
	tcase_add_loop_test(c, what_cannot_be_named_is_not_proposed, 0,
			    sizeof(unfit_targets) / sizeof(unfit_targets[0]));
	tcase_add_loop_test(c, changes_know_how_many_match, 0,
			    sizeof(matchings) / sizeof(matchings[0]));
	suite_add_tcase(s, c);
	return s;
}
