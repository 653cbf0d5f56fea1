/* Lints of the values in force, as findings of an audit. */
#include "builtin_rules_fixture.h"
#include "fake_source.h"
#include "rules/lint_finding.h"

#include <check.h>
#include <string.h>

Suite *test_lint_finding_suite(void);

static struct lint_report report;
static struct ignore_list ignored;

static void lint_set_up(void)
{
	set_up();
	report = (struct lint_report){ 0 };
	ignored = (struct ignore_list){ 0 };
	d = (struct diagnosis){ 0 };
}

static void lint_tear_down(void)
{
	diagnosis_done(&d);
	lint_report_done(&report);
	ignore_list_done(&ignored);
	d = (struct diagnosis){ 0 };
	tear_down();
}

static void add(const char *id, const char *key, const char *value)
{
	const struct lint *lint = lint_find(id);

	ck_assert_ptr_nonnull(lint);
	ck_assert_int_eq(lint_report_add(&report, lint, NULL, key, value, "%s", lint->message), 0);
}

static void judge_all(void)
{
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	ck_assert_int_eq(diagnosis_add_lints(&d, &report, &ignored, &f.e), 0);
}

static const struct finding *find(const char *id)
{
	for (size_t i = 0; i < d.finding_count; i++) {
		if (strcmp(d.findings[i].rule->id, id) == 0)
			return &d.findings[i];
	}
	return NULL;
}

START_TEST(a_lint_becomes_a_finding)
{
	const struct finding *finding;

	add("L-17", "net.ipv4.tcp_retries2", "3");
	judge_all();
	finding = find("L-17");
	ck_assert_ptr_nonnull(finding);
	ck_assert_str_eq(finding->rule->slug, "few-retries2");
	ck_assert_str_eq(finding->subject, "setting");
	ck_assert_uint_eq(finding->entity_count, 1);
	ck_assert_str_eq(finding->entities[0].name, "net.ipv4.tcp_retries2");
	ck_assert_int_eq(finding->severity, SEVERITY_LOW);
	ck_assert_ptr_nonnull(strstr(finding->title, "net.ipv4.tcp_retries2 = 3: "));
	ck_assert_ptr_nonnull(strstr(finding->advice, "at least 8"));
	ck_assert_uint_eq(finding->evidence_count, 1);
	ck_assert_str_eq(finding->evidence[0].metric, "sysctl('net.ipv4.tcp_retries2')");
	ck_assert_double_eq(finding->evidence[0].value.number, 3);
	ck_assert_int_eq(finding->evidence[0].threshold.kind, VALUE_UNKNOWN);
}
END_TEST

START_TEST(evidence_has_the_units_of_the_catalogue)
{
	const struct finding *finding;

	add("L-06", "net.ipv4.tcp_rmem", "4096 8388608 33554432");
	add("L-22", "net.ipv4.tcp_congestion_control", "dctcp");
	judge_all();
	finding = find("L-06");
	ck_assert_uint_eq(finding->evidence_count, 3);
	ck_assert_str_eq(finding->evidence[1].metric, "sysctl('net.ipv4.tcp_rmem')[1]");
	ck_assert_int_eq(finding->evidence[1].unit, UNIT_BYTES);
	ck_assert_double_eq(finding->evidence[1].value.number, 8388608);
	finding = find("L-22");
	ck_assert_int_eq(finding->evidence[0].unit, UNIT_TEXT);
	ck_assert_str_eq(finding->evidence[0].value.text, "dctcp");
}
END_TEST

START_TEST(findings_stay_in_order)
{
	set_counter(COUNTER_MEMORY_TOTAL, 1 << 30, 1 << 30);
	fixture_set(&f, "net.ipv4.ip_no_pmtu_disc", 0, 1); /* MTU-03, low */
	fixture_set(&f, "net.ipv4.tcp_abort_on_overflow", 0, 1);
	add("L-28", "net.ipv4.tcp_other", "1");		  /* medium */
	add("L-17", "net.ipv4.tcp_retries2", "3");	  /* low */
	add("L-27", "net.ipv4.tcp_rfc1337", "1");	  /* info */
	add("L-03", "net.ipv4.tcp_dsack", "0");		  /* high */
	add("L-03", "net.ipv4.tcp_sack_of_another", "0"); /* high, the same id */
	judge_all();
	ck_assert_ptr_nonnull(find("MTU-03"));
	for (size_t i = 1; i < d.finding_count; i++) {
		const struct finding *a = &d.findings[i - 1], *b = &d.findings[i];

		ck_assert(a->severity > b->severity ||
			  (a->severity == b->severity && strcmp(a->rule->id, b->rule->id) <= 0));
	}
	ck_assert_str_eq(d.findings[0].entities[0].name, "net.ipv4.tcp_dsack");
	ck_assert_str_eq(d.findings[1].entities[0].name, "net.ipv4.tcp_sack_of_another");
}
END_TEST

START_TEST(what_a_rule_says_is_not_said_again)
{
	fixture_set(&f, "net.ipv4.tcp_abort_on_overflow", 0, 1);
	add("L-28", "net.ipv4.tcp_abort_on_overflow", "1");
	add("L-17", "net.ipv4.tcp_retries2", "3");
	judge_all();
	ck_assert_ptr_nonnull(find("LST-06"));
	ck_assert_ptr_null(find("L-28"));
	ck_assert_ptr_nonnull(find("L-17"));
}
END_TEST

START_TEST(a_rule_about_traffic_speaks_for_a_single_number_only)
{
	fixture_set(&f, "net.ipv4.tcp_syncookies", 0, 0);
	fixture_set(&f, "net.ipv4.tcp_max_syn_backlog", 0, 16384);
	set_counter(COUNTER_REQ_QUEUE_FULL_DROP, 0, 1);
	set_counter(COUNTER_LISTEN_DROPS, 0, 1);
	set_counter(COUNTER_LISTEN_OVERFLOWS, 0, 0);
	set_counter(COUNTER_MEMORY_PRESSURES, 0, 1);
	fixture_set(&f, "net.ipv4.tcp_mem", 2, 1000);
	add("L-08", "net.ipv4.tcp_syncookies", "0");
	add("L-30", "net.ipv4.tcp_mem", "2000 1500 1000");
	judge_all();
	ck_assert_ptr_nonnull(find("LST-04"));
	ck_assert_ptr_null(find("L-08"));
	ck_assert_ptr_nonnull(find("MEM-01")); /* more memory; not a better order */
	ck_assert_ptr_nonnull(find("L-30"));
}
END_TEST

START_TEST(without_the_rule_the_lint_says_it)
{
	add("L-28", "net.ipv4.tcp_abort_on_overflow", "1");
	judge_all();
	ck_assert_ptr_null(find("LST-06"));
	ck_assert_ptr_nonnull(find("L-28"));
}
END_TEST

START_TEST(configuration_ignores_lints)
{
	static const char text[] = "ignore = ( { id = \"L-*\"; entity = \"net.ipv4.tcp_ret*\"; "
				   "why = \"a satellite\"; } );";

	ck_assert_int_eq(ignore_list_load_text(&ignored, "x", text, sizeof(text) - 1, NULL), 0);
	add("L-17", "net.ipv4.tcp_retries2", "3");
	add("L-27", "net.ipv4.tcp_rfc1337", "1");
	judge_all();
	ck_assert_ptr_null(find("L-17"));
	ck_assert_ptr_nonnull(find("L-27"));
	ck_assert_uint_eq(d.ignored_count, 1);
	ck_assert_str_eq(d.ignored[0].rule->id, "L-17");
	ck_assert_str_eq(d.ignored[0].entity, "net.ipv4.tcp_retries2");
	ck_assert_str_eq(d.ignored[0].why, "a satellite");
	ck_assert_int_eq(d.ignored[0].severity, SEVERITY_LOW);
}
END_TEST

START_TEST(what_could_not_be_judged_is_kept)
{
	struct source *s = fake_source_new();
	const struct sysctl_settings none = { 0 };
	const struct lint_host host = { .settings = &none, .source = s, .facts = &f.o->facts };
	size_t before;

	judge_all();
	before = d.unjudged_count;
	diagnosis_done(&d);
	f.o->facts.memory_bytes = 0;
	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_mem", "1 2 99999999\n");
	ck_assert_int_eq(lint_run(&host, true, &report, NULL), 0);
	judge_all();
	ck_assert_uint_ge(d.unjudged_count, before + 1);
	for (size_t i = 0; i < d.unjudged_count; i++) {
		if (strcmp(d.unjudged[i].rule->id, "L-05") == 0) {
			ck_assert_str_eq(d.unjudged[i].missing, "net.ipv4.tcp_mem");
			ck_assert_str_eq(d.unjudged[i].reason, "the size of memory is unknown");
			source_free(s);
			return;
		}
	}
	ck_abort_msg("L-05 is not among them");
}
END_TEST

Suite *test_lint_finding_suite(void)
{
	Suite *s = suite_create("lint_finding");
	TCase *c = tcase_create("audit");

	tcase_add_checked_fixture(c, lint_set_up, lint_tear_down);
	tcase_add_test(c, a_lint_becomes_a_finding);
	tcase_add_test(c, evidence_has_the_units_of_the_catalogue);
	tcase_add_test(c, findings_stay_in_order);
	tcase_add_test(c, what_a_rule_says_is_not_said_again);
	tcase_add_test(c, a_rule_about_traffic_speaks_for_a_single_number_only);
	tcase_add_test(c, without_the_rule_the_lint_says_it);
	tcase_add_test(c, configuration_ignores_lints);
	tcase_add_test(c, what_could_not_be_judged_is_kept);
	suite_add_tcase(s, c);
	return s;
}
