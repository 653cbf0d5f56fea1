/* From rules and an observation to findings. */
#include "diagnose_fixture.h"

#include <string.h>

Suite *test_diagnose_suite(void);

START_TEST(a_finding_says_everything)
{
	run(RULE("A-1", "path", "high", "{path.flows} flows",
		 "when = \"path.flows >= 4\"; evidence = [ \"path.flows\", \"path.min_rtt\" ]; "
		 "advice = ( { when = \"path.flows > 9\"; text = \"no\"; }, { text = \"one\"; }, "
		 "{ text = \"two {path.min_rtt}\"; } );"));
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_uint_eq(d.unjudged_count, 0);
	ck_assert_str_eq(d.findings[0].title, "4 flows");
	ck_assert_int_eq(d.findings[0].severity, SEVERITY_HIGH);
	ck_assert_uint_eq(d.findings[0].entity_count, 1);
	ck_assert_str_eq(d.findings[0].entities[0].name, "203.0.113.0/24");
	ck_assert_uint_eq(d.findings[0].entities[0].flows, 4);
	ck_assert_str_eq(d.findings[0].entities[0].process, "");
	ck_assert_uint_eq(d.findings[0].evidence_count, 2);
	ck_assert_str_eq(d.findings[0].evidence[0].metric, "path.flows");
	ck_assert_double_eq(d.findings[0].evidence[0].value.number, 4);
	ck_assert_double_eq(d.findings[0].evidence[0].threshold.number, 4);
	ck_assert_int_eq(d.findings[0].evidence[1].unit, UNIT_SECONDS);
	ck_assert_int_eq(d.findings[0].evidence[1].threshold.kind, VALUE_UNKNOWN);
	ck_assert_str_eq(d.findings[0].advice, "one\ntwo 100 ms");
	ck_assert_uint_eq(d.findings[0].change_count, 0);
}
END_TEST

START_TEST(a_healthy_host_has_no_findings)
{
	run(RULE("A-1", "path", "high", "t", "when = \"path.flows > 100\";") "," RULE(
		"A-2", "host", "high", "t",
		ALWAYS
		"unless = \"host.cpus > 1\";") "," RULE("A-3", "listener", "high", "t",
							"when = \"listener.backlog > 1\"; needs = \"1 == 2\";"));
	ck_assert_uint_eq(d.finding_count, 0);
	ck_assert_uint_eq(d.unjudged_count, 0);
}
END_TEST

/* One clause that fails settles a rule, whatever is unknown in the others. */
static const struct {
	const char *clauses, *missing; /* NULL: judged not to match */
} doubts[] = {
	{ "when = \"path.min_rtt > 1ms\";", "path.min_rtt" },
	{ "needs = \"path.min_rtt > 1ms\"; when = \"1 == 1\";", "path.min_rtt" },
	{ "when = \"1 == 1\"; unless = \"path.min_rtt > 1ms\";", "path.min_rtt" },
	{ "when = \"1 == 1\"; unless = \"sysctl('net.ipv4.tcp_sack') == 1\";",
	  "net.ipv4.tcp_sack" },
	{ "needs = \"1 == 2\"; when = \"path.min_rtt > 1ms\";", NULL },
	{ "needs = \"path.min_rtt > 1ms\"; when = \"1 == 2\";", NULL },
	{ "when = \"path.min_rtt > 1ms\"; unless = \"1 == 1\";", NULL },
};

START_TEST(what_cannot_be_judged_is_listed)
{
	char text[512];

	f.paths[0].min_rtt_us = 0;
	f.paths[1].min_rtt_us = 0;
	(void)snprintf(text, sizeof(text), RULE("A-1", "path", "high", "t", "%s"),
		       doubts[_i].clauses);
	run(text);
	ck_assert_uint_eq(d.finding_count, 0);
	ck_assert_uint_eq(d.unjudged_count, doubts[_i].missing != NULL ? 1 : 0);
	if (doubts[_i].missing == NULL)
		return;
	ck_assert_str_eq(d.unjudged[0].rule->id, "A-1");
	ck_assert_str_eq(d.unjudged[0].missing, doubts[_i].missing);
	ck_assert_str_ne(d.unjudged[0].reason, "");
}
END_TEST

/* No entity of the scope is there; what may be, and could not be seen. */
static const struct {
	const char *scope, *when;
	bool tcp, udp, processes, hidden;
	uint32_t kept;
	const char *missing;
} unseen[] = {
	{ "owner", "owner.close_wait_kept > 1000", .kept = 1001,
	  .missing = "processes of other users" },
	{ "owner", "owner.close_wait_kept > 1000", .kept = 1000 }, /* no one of them has more */
	{ "owner", "owner.close_wait_kept > 1000", .kept = 0 },
	{ "process", "process.descriptor_share > 85%", .processes = true,
	  .missing = "processes of other users" },
	{ "process", "process.descriptor_share > 85%", .hidden = true,
	  .missing = "processes of other users" },
	{ "process", "process.descriptor_share > 85%", .tcp = true },
	{ "listener", "listener.queue_max > 1", .tcp = true, .missing = "TCP sockets" },
	{ "listener", "listener.queue_max > 1", .udp = true },
	{ "path", "path.min_rtt > 1ms", .tcp = true, .missing = "TCP sockets" },
	{ "udp_socket", "udp_socket.drops > 1", .udp = true, .missing = "UDP sockets" },
	{ "link", "1 == 1", .tcp = true, .udp = true, .processes = true },
};

START_TEST(what_nobody_saw_is_not_healthy)
{
	char rule[512];

	f.o->path_count = f.o->listener_count = 0;
	f.o->seconds = 10;
	f.o->close_wait_first_known = true;
	f.o->processes.read = true;
	f.o->sockets_unseen = unseen[_i].tcp;
	f.o->udp_unseen = unseen[_i].udp;
	f.o->processes.unseen = unseen[_i].processes;
	f.o->processes.hidden = unseen[_i].hidden;
	f.o->unheld.close_wait = f.o->unheld.close_wait_kept = unseen[_i].kept;
	(void)snprintf(
		rule, sizeof(rule),
		"{ id = \"A-1\"; slug = \"s\"; scope = \"%s\"; class = \"c\"; why = \"w\"; "
		"source = \"s\"; severity_ceiling = \"high\"; title = \"t\"; when = \"%s\"; }",
		unseen[_i].scope, unseen[_i].when);
	run(rule);
	ck_assert_uint_eq(d.finding_count, 0);
	ck_assert_uint_eq(d.unjudged_count, unseen[_i].missing != NULL);
	if (unseen[_i].missing == NULL)
		return;
	ck_assert_str_eq(d.unjudged[0].missing, unseen[_i].missing);
	ck_assert_ptr_nonnull(strstr(d.unjudged[0].reason, "could not be"));
}
END_TEST

START_TEST(a_match_elsewhere_settles_a_doubt)
{
	f.paths[0].min_rtt_us = 0;
	run(RULE("A-1", "path", "high", "t", "when = \"path.min_rtt > 1ms\";"));
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_uint_eq(d.unjudged_count, 0);
}
END_TEST

static const struct {
	const char *ceiling, *ratio;
	enum severity severity;
} degrees[] = {
	{ "critical", "2.01", SEVERITY_CRITICAL },
	{ "critical", "2", SEVERITY_HIGH },
	{ "critical", "1.51", SEVERITY_HIGH },
	{ "critical", "1.5", SEVERITY_MEDIUM },
	{ "critical", "1.21", SEVERITY_MEDIUM },
	{ "critical", "1.2", SEVERITY_LOW },
	{ "critical", "0.1", SEVERITY_LOW },
	{ "medium", "1", SEVERITY_INFO },
	{ "info", "9", SEVERITY_INFO },
	{ "info", "0", SEVERITY_INFO },
	{ "high", "1 / 0", SEVERITY_INFO },
};

START_TEST(severity_follows_the_degree)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       RULE("A-1", "host", "%s", "t", ALWAYS "severity = \"%s\";"),
		       degrees[_i].ceiling, degrees[_i].ratio);
	run(text);
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_int_eq(d.findings[0].severity, degrees[_i].severity);
	ck_assert_str_eq(d.findings[0].entities[0].name, "web-3");
}
END_TEST

#define RMEM(to) "set = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"" to "\"; } );"

START_TEST(entities_that_agree_share_a_finding)
{
	f.o->path_count = 3;
	f.paths[1].flows = 9; /* the worst */
	run(RULE("A-1", "path", "high", "{path.flows} of {path.min_rtt}",
		 RMEM("path.flows * 16MiB") "severity = \"path.flows / 2\"; "
					    "when = \"path.flows > 2\";"));
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_uint_eq(d.findings[0].entity_count, 3);
	ck_assert_str_eq(d.findings[0].entities[0].name, "203.0.113.0/24");
	ck_assert_str_eq(d.findings[0].entities[1].name, "192.0.2.0/24");
	ck_assert_str_eq(d.findings[0].entities[2].name, "198.51.100.0/24");
	ck_assert_str_eq(d.findings[0].title, "9 of 100 ms");
	ck_assert_int_eq(d.findings[0].severity, SEVERITY_HIGH);
	ck_assert_uint_eq(d.findings[0].change_count, 1);
	ck_assert_double_eq(d.findings[0].changes[0].from.number, 6291456);
	ck_assert_double_eq(d.findings[0].changes[0].to.number, 9 * 16777216.0);
	ck_assert_uint_eq(d.findings[0].changes[0].element, 2);
}
END_TEST

/* The largest value wins, even when the worst entity asks for less. */
START_TEST(the_largest_value_wins)
{
	run(RULE("A-1", "path", "high", "t",
		 RMEM("if(path.flows == 3, 64MiB, 32MiB)") ALWAYS "severity = \"path.flows\";"));
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_str_eq(d.findings[0].entities[0].name, "203.0.113.0/24");
	ck_assert_double_eq(d.findings[0].changes[0].to.number, 64 * 1048576.0);
}
END_TEST

START_TEST(different_advice_is_different_findings)
{
	run(RULE("A-1", "listener", "low", "t", ALWAYS "advice = \"{listener.backlog}\";") "," RULE(
		"A-2", "listener", "low", "t", ALWAYS "advice = \"same\";"));
	ck_assert_uint_eq(d.finding_count, 3);
	ck_assert_str_eq(d.findings[2].rule->id, "A-2");
	ck_assert_uint_eq(d.findings[2].entity_count, 2);
}
END_TEST

static const struct {
	const char *set, *advice; /* NULL: the change is proposed */
	double to;
} proposals[] = {
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"2 * current\";", NULL, 12582912 },
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"buffer_cap\";", NULL, 268435456 },
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"1000GiB\";", NULL, 2147483647 },
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"current\";",
	  "No change is proposed: net.ipv4.tcp_rmem[2] is 6 MiB already.", 0 },
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"clamp(1KiB, current, 1GiB)\";",
	  "No change is proposed: net.ipv4.tcp_rmem[2] is 6 MiB already.", 0 },
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"current + 0.4 * 1B\";", "is 6 MiB already",
	  0 },
	{ "tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"64KiB\";",
	  "net.ipv4.tcp_rmem would no longer ascend", 0 },
	{ "tunable = \"net.ipv4.tcp_rmem[0]\"; to = \"256KiB\";",
	  "net.ipv4.tcp_rmem would no longer ascend", 0 },
	{ "tunable = \"net.ipv4.tcp_rto_min_us\"; to = \"5ms\";",
	  "net.ipv4.tcp_rto_min_us does not exist here; Linux has it since 6.11", 0 },
	{ "tunable = \"net.core.somaxconn\"; to = \"8192\"; when = \"current > 5000\";", "", 0 },
	{ "tunable = \"net.core.somaxconn\"; to = \"8192\"; when = \"before(host.cpus) > 1\";",
	  "net.core.somaxconn cannot be worked out, host.cpus is unknown", 0 },
	{ "tunable = \"net.core.somaxconn\"; to = \"sysctl('net.ipv4.tcp_sack')\";",
	  "net.core.somaxconn cannot be worked out, net.ipv4.tcp_sack is unknown: not in this test",
	  0 },
	{ "tunable = \"net.ipv4.tcp_congestion_control\"; to = \"'cubic'\";", "is cubic already",
	  0 },
	{ "tunable = \"net.core.somaxconn\"; to = \"0\";", NULL, 1 },
};

START_TEST(proposes_what_can_be_done)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       RULE("A-1", "host", "high", "t", ALWAYS "set = ( { %s } );"),
		       proposals[_i].set);
	run(text);
	ck_assert_uint_eq(d.finding_count, 1);
	if (proposals[_i].advice == NULL) {
		ck_assert_uint_eq(d.findings[0].change_count, 1);
		ck_assert_double_eq(d.findings[0].changes[0].to.number, proposals[_i].to);
		ck_assert_str_eq(d.findings[0].advice, "");
		return;
	}
	ck_assert_uint_eq(d.findings[0].change_count, 0);
	ck_assert_msg(strstr(d.findings[0].advice, proposals[_i].advice) != NULL, "%s",
		      d.findings[0].advice);
	if (proposals[_i].advice[0] == '\0')
		ck_assert_str_eq(d.findings[0].advice, "");
}
END_TEST

START_TEST(congestion_control_must_be_available)
{
	const char *rule = RULE("A-1", "host", "high", "t",
				ALWAYS "set = ( { tunable = \"net.ipv4.tcp_congestion_control\"; "
				       "to = \"'bbr'\"; note = \"for {host.cpus}\"; } );");

	f.o->facts.congestion_module[0] = AVAILABILITY_NO; /* bbr */
	run(rule);
	ck_assert_uint_eq(d.findings[0].change_count, 0);
	ck_assert_ptr_nonnull(strstr(d.findings[0].advice, "this kernel has no cc bbr"));
	diagnosis_done(&d);
	f.o->facts.congestion_available = (struct fact_names){ .name = { "bbr" }, .count = 1 };
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	ck_assert_uint_eq(d.findings[0].change_count, 1);
	ck_assert_str_eq(d.findings[0].changes[0].to.text, "bbr");
	ck_assert_str_eq(d.findings[0].changes[0].from.text, "cubic");
	ck_assert_str_eq(d.findings[0].changes[0].note, "for 4");
}
END_TEST

START_TEST(a_namespace_is_told_what_the_host_must_allow)
{
	const char *rule = RULE("A-1", "host", "high", "t",
				ALWAYS "set = ( { tunable = \"net.ipv4.tcp_congestion_control\"; "
				       "to = \"'bbr'\"; } );");

	f.o->facts.congestion_available = (struct fact_names){ .name = { "bbr" }, .count = 1 };
	f.o->facts.congestion_allowed = (struct fact_names){ .name = { "reno" }, .count = 1 };
	run(rule);
	ck_assert_ptr_null(d.findings[0].changes[0].note);
	diagnosis_done(&d);
	f.o->facts.netns_is_init = false;
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	ck_assert_ptr_nonnull(
		strstr(d.findings[0].changes[0].note, "the host must allow it first"));
	diagnosis_done(&d);
	f.o->facts.congestion_allowed = (struct fact_names){ .name = { "bbr" }, .count = 1 };
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	ck_assert_ptr_null(d.findings[0].changes[0].note);
}
END_TEST

START_TEST(a_namespace_is_told_of_host_settings)
{
	const char *rule = RULE("A-1", "host", "high", "t",
				ALWAYS "set = ( { tunable = \"net.core.rmem_max\"; "
				       "to = \"2 * current\"; } );");

	fixture_set(&f, "net.core.rmem_max", 0, 212992);
	run(rule);
	ck_assert_ptr_null(d.findings[0].changes[0].note);
	diagnosis_done(&d);
	f.o->facts.netns_is_init = false;
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	ck_assert_ptr_nonnull(strstr(d.findings[0].changes[0].note, "initial network namespace"));
}
END_TEST

START_TEST(one_finding_changes_an_element)
{
	run(RULE(
		"A-1", "host", "low", "t",
		ALWAYS
		"set = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"64MiB\"; }, "
		"{ tunable = \"net.ipv4.tcp_rmem[1]\"; to = \"256KiB\"; } );") "," RULE("A-2",
											"host",
											"high", "t",
											ALWAYS RMEM(
												"32MiB")));
	ck_assert_uint_eq(d.finding_count, 2);
	ck_assert_str_eq(d.findings[0].rule->id, "A-2");
	ck_assert_uint_eq(d.findings[0].change_count, 1);
	ck_assert_double_eq(d.findings[0].changes[0].to.number, 32 * 1048576.0);
	ck_assert_str_eq(d.findings[0].advice, "");
	ck_assert_str_eq(d.findings[1].rule->id, "A-1");
	ck_assert_uint_eq(d.findings[1].change_count, 1);
	ck_assert_uint_eq(d.findings[1].changes[0].element, 1);
	ck_assert_str_eq(d.findings[1].advice, "net.ipv4.tcp_rmem[2]: see A-2");
}
END_TEST

/* A-1 silences A-2 where `cause` and `symptom` meet; `left` ids remain, in order. */
static const struct {
	const char *cause, *cause_when, *symptom, *symptom_when;
	size_t causes, symptoms; /* entities that remain */
} silencings[] = {
	{ "host", "1 == 1", "path", "1 == 1", 1, 0 },
	{ "host", "1 == 2", "path", "1 == 1", 0, 2 },
	{ "path", "path.flows == 3", "path", "1 == 1", 1, 1 },
	{ "path", "path.flows == 3", "path", "path.flows == 4", 1, 1 },
	{ "path", "path.flows == 3", "host", "1 == 1", 1, 0 },
	{ "path", "1 == 1", "listener", "1 == 1", 2, 2 },
	{ "listener", "listener.backlog == 511", "host", "1 == 1", 1, 0 },
};

START_TEST(a_cause_silences_its_symptoms)
{
	char text[1024];
	size_t causes = 0, symptoms = 0;

	(void)snprintf(
		text, sizeof(text),
		RULE("A-1", "%s", "low", "t",
		     "when = \"%s\"; silences = [ \"A-2\", \"A-9\" ];") "," RULE("A-2", "%s",
										 "high", "t",
										 "when = \"%s\";"),
		silencings[_i].cause, silencings[_i].cause_when, silencings[_i].symptom,
		silencings[_i].symptom_when);
	run(text);
	for (size_t i = 0; i < d.finding_count; i++) {
		if (strcmp(d.findings[i].rule->id, "A-1") == 0)
			causes += d.findings[i].entity_count;
		else
			symptoms += d.findings[i].entity_count;
	}
	ck_assert_uint_eq(causes, silencings[_i].causes);
	ck_assert_uint_eq(symptoms, silencings[_i].symptoms);
}
END_TEST

START_TEST(mutual_silence_leaves_one)
{
	run(RULE("A-1", "path", "low", "t", ALWAYS "silences = \"A-2\";") "," RULE(
		"A-2", "path", "low", "t", ALWAYS "silences = \"A-1\";"));
	ck_assert_uint_eq(d.finding_count, 1);
	ck_assert_uint_eq(d.findings[0].entity_count, 2);
	ck_assert_uint_eq(d.unjudged_count, 0);
}
END_TEST

START_TEST(findings_are_in_order)
{
	run(RULE("B-1", "host", "low", "t",
		 ALWAYS) "," RULE("A-2", "host", "low", "t",
				  ALWAYS) "," RULE("C-1", "host", "critical", "t", ALWAYS));
	ck_assert_uint_eq(d.finding_count, 3);
	ck_assert_str_eq(d.findings[0].rule->id, "C-1");
	ck_assert_str_eq(d.findings[1].rule->id, "A-2");
	ck_assert_str_eq(d.findings[2].rule->id, "B-1");
}
END_TEST

Suite *test_diagnose_suite(void)
{
	Suite *s = suite_create("rules/diagnose");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, open_fixture, close_fixture);
	tcase_add_test(c, a_finding_says_everything);
	tcase_add_test(c, a_healthy_host_has_no_findings);
	tcase_add_loop_test(c, what_cannot_be_judged_is_listed, 0,
			    sizeof(doubts) / sizeof(doubts[0]));
	tcase_add_loop_test(c, what_nobody_saw_is_not_healthy, 0,
			    sizeof(unseen) / sizeof(unseen[0]));
	tcase_add_test(c, a_match_elsewhere_settles_a_doubt);
	tcase_add_loop_test(c, severity_follows_the_degree, 0,
			    sizeof(degrees) / sizeof(degrees[0]));
	tcase_add_test(c, entities_that_agree_share_a_finding);
	tcase_add_test(c, the_largest_value_wins);
	tcase_add_test(c, different_advice_is_different_findings);
	tcase_add_loop_test(c, proposes_what_can_be_done, 0,
			    sizeof(proposals) / sizeof(proposals[0]));
	tcase_add_test(c, congestion_control_must_be_available);
	tcase_add_test(c, a_namespace_is_told_what_the_host_must_allow);
	tcase_add_test(c, a_namespace_is_told_of_host_settings);
	tcase_add_test(c, one_finding_changes_an_element);
	tcase_add_loop_test(c, a_cause_silences_its_symptoms, 0,
			    sizeof(silencings) / sizeof(silencings[0]));
	tcase_add_test(c, mutual_silence_leaves_one);
	tcase_add_test(c, findings_are_in_order);
	suite_add_tcase(s, c);
	return s;
}
