#include "tune/choice.h"

#include "sim_host.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct sim_host host;
static struct window window;
static struct limits limits;
static struct memory memory;
static struct sightings sightings;
static struct choice choice;
static struct choice_request request;
static struct error e;
static char passed_over[1024];

static void set_up(void)
{
	sim_host_open(&host);
	request = (struct choice_request){ .limits = &limits,
					   .memory = &memory,
					   .netns_cookie = 7,
					   .is_init = true,
					   .now_utc_s = 1e9,
					   .least = SEVERITY_LOW };
	passed_over[0] = '\0';
}

static void tear_down(void)
{
	choice_done(&choice);
	window_done(&window);
	sightings_done(&sightings);
	memory_done(&memory);
	limits_done(&limits);
	sim_host_close(&host);
}

static void observe(void)
{
	const struct window_request q = { 5, 1, false };

	window_done(&window);
	ck_assert_int_eq(host.world.ops->observe(&host.world, &q, &window, &e), 0);
}

static void note_skipped(void *arg, const struct finding *f, const char *reason)
{
	(void)arg;
	(void)snprintf(passed_over + strlen(passed_over), sizeof(passed_over) - strlen(passed_over),
		       "%s: %s\n", f->rule->id, reason);
}

static void choose(void)
{
	choice_done(&choice);
	ck_assert_int_eq(choice_make(&request, &window.diagnosis, note_skipped, NULL, &choice, &e),
			 0);
}

static void configure(const char *text)
{
	limits_done(&limits);
	ck_assert_msg(limits_load_text(&limits, "netwright.conf", text, strlen(text), &e) == 0,
		      "%s", e.text);
}

static void expect_choice(const char *rule, const char *tunable, const char *value)
{
	choose();
	ck_assert_msg(choice.rule != NULL, "nothing was chosen: %s", passed_over);
	ck_assert_str_eq(choice.rule->id, rule);
	ck_assert_uint_eq(choice.wish_count, 1);
	ck_assert_str_eq(choice.wishes[0].tunable, tunable);
	ck_assert_str_eq(choice.wishes[0].value, value);
	ck_assert_int_eq(choice.subject.kind, ENTITY_PATH);
	ck_assert_str_eq(choice.subject.entity, SIM_PATH);
}

static void expect_none(const char *because)
{
	choose();
	ck_assert_msg(choice.rule == NULL, "%s", choice.rule == NULL ? "" : choice.rule->id);
	ck_assert_msg(strstr(passed_over, because) != NULL, "%s", passed_over);
}

START_TEST(the_most_severe_finding_comes_first)
{
	observe();
	expect_choice("HARM-01", "net.ipv4.tcp_sack", "0");
	ck_assert(!choice.stepped);
}
END_TEST

START_TEST(one_trial_goes_one_step)
{
	configure("tune = { except = [ \"HARM-*\" ]; };");
	observe();
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "25165824");
	ck_assert(choice.stepped);
	ck_assert_str_eq(choice.wishes[0].why, "GAIN-01 gain");
	host.rmem = 33554432;
	host.path_rate = 1e9;
	observe();
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "67108864");
	ck_assert(!choice.stepped);
}
END_TEST

/* What only the initial namespace has is left out where something else is to be done. */
START_TEST(what_the_whole_host_has_keeps_from_nothing_else)
{
	static char path[] = SIM_PATH;
	const struct tunable *gain = tunable_find("net.ipv4.tcp_rmem");
	const struct tunable *cap = tunable_find("net.core.rmem_max");
	struct finding_change changes[] = {
		{ .tunable = cap, .from = value_number(4096), .to = value_number(8192) },
		{ .tunable = gain,
		  .element = 2,
		  .from = value_number(4096),
		  .to = value_number(8192) },
	};
	struct finding_entity entity = { .name = path };
	struct finding finding = { .rule = sim_rule(&host, "GAIN-01"),
				   .severity = SEVERITY_HIGH,
				   .entities = &entity,
				   .entity_count = 1,
				   .changes = changes,
				   .change_count = 2 };
	const struct diagnosis d = { .findings = &finding, .finding_count = 1 };

	for (int is_init = 0; is_init < 2; is_init++) {
		request.is_init = is_init;
		choice_done(&choice);
		ck_assert_int_eq(choice_make(&request, &d, note_skipped, NULL, &choice, &e), 0);
		ck_assert_uint_eq(choice.wish_count, 1 + (size_t)is_init);
		ck_assert_str_eq(choice.wishes[is_init].tunable, "net.ipv4.tcp_rmem[2]");
	}
	finding.change_count = 1;
	request.is_init = false;
	choice_done(&choice);
	ck_assert_int_eq(choice_make(&request, &d, note_skipped, NULL, &choice, &e), 0);
	ck_assert_ptr_null(choice.rule);
	ck_assert_ptr_nonnull(strstr(passed_over, "in the initial network namespace only"));
}
END_TEST

START_TEST(rules_may_be_chosen_by_id_and_slug)
{
	configure("tune = { rules = \"ga*\"; };");
	observe();
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "25165824");
	configure("tune = { rules = [ \"NONE\" ]; };");
	expect_none("GAIN-01: the configuration leaves this rule out");
}
END_TEST

START_TEST(pins_bound_and_forbid)
{
	observe();
	configure("pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; max = \"16MiB\"; },"
		  "         { tunable = \"net.ipv4.tcp_sack\"; never = true; } );");
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "16777216");
	ck_assert_ptr_nonnull(strstr(passed_over, "HARM-01: net.ipv4.tcp_sack is pinned"));
	configure("pins = ( { tunable = \"net.ipv4.tcp_rmem\"; max = \"6MiB\"; },"
		  "         { tunable = \"net.ipv4.tcp_sack\"; never = true; } );");
	expect_none("GAIN-01: net.ipv4.tcp_rmem[2] is pinned at what it holds");
	/* Below what is set: no reason to lower what a rule wants raised. */
	configure("pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; max = \"1MiB\"; },"
		  "         { tunable = \"net.ipv4.tcp_sack\"; never = true; } );");
	expect_none("GAIN-01: net.ipv4.tcp_rmem[2] is pinned at what it holds");
	/* Another element. */
	configure("pins = ( { tunable = \"net.ipv4.tcp_rmem[1]\"; max = \"64KiB\"; } );"
		  "tune = { except = \"HARM-01\"; };");
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "25165824");
}
END_TEST

static void note(const char *tunable, enum outcome_kind kind, uint64_t netns)
{
	struct outcome o = { .netns_cookie = netns, .kind = kind, .utc_s = 1e9 };

	(void)snprintf(o.tunable, sizeof(o.tunable), "%s", tunable);
	(void)snprintf(o.reason, sizeof(o.reason), "as the test has it");
	ck_assert_int_eq(memory_note(&memory, &o, 60, NULL), 0);
}

START_TEST(what_failed_or_is_parked_is_left_alone)
{
	observe();
	note("net.ipv4.tcp_sack", OUTCOME_REVERTED, 7);
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "25165824");
	ck_assert_ptr_nonnull(strstr(passed_over, "net.ipv4.tcp_sack is reverted: as the test"));
	note("net.ipv4.tcp_rmem[2]", OUTCOME_PARKED, 7);
	expect_none("net.ipv4.tcp_rmem[2] is parked");
	request.now_utc_s = 1e9 + 599;
	expect_none("net.ipv4.tcp_sack is reverted");
	request.now_utc_s = 1e9 + 600;
	expect_choice("HARM-01", "net.ipv4.tcp_sack", "0");
	/* Another namespace has its own memory; a person who asks needs none. */
	request.now_utc_s = 1e9;
	request.netns_cookie = 8;
	expect_choice("HARM-01", "net.ipv4.tcp_sack", "0");
	request.netns_cookie = 7;
	request.memory = NULL;
	expect_choice("HARM-01", "net.ipv4.tcp_sack", "0");
}
END_TEST

/* As long as the rule says, or else the daemon; whichever path is the worst each time. */
START_TEST(a_finding_must_last)
{
	/* Rules are sorted by id. */
	ck_assert_str_eq(host.book.rules[0].id, "GAIN-01");
	host.book.rules[0].hysteresis = _i == 0 ? 3 : 0;
	request.patience = _i == 0 ? 1 : 3;
	configure("tune = { rules = \"GAIN-01\"; };");
	request.sightings = &sightings;
	for (int i = 0; i < 3; i++) {
		observe();
		choose();
		ck_assert_ptr_null(choice.rule);
		window.diagnosis.findings[0].entities[0].name[0] = (char)('1' + i);
		ck_assert_int_eq(sightings_count(&sightings, &window.diagnosis), 0);
	}
	expect_choice("GAIN-01", "net.ipv4.tcp_rmem[2]", "25165824");
	/* A window without it starts the count anew. */
	host.idle = true;
	observe();
	ck_assert_int_eq(sightings_count(&sightings, &window.diagnosis), 0);
	host.idle = false;
	observe();
	ck_assert_int_eq(sightings_count(&sightings, &window.diagnosis), 0);
	choose();
	ck_assert_ptr_null(choice.rule);
}
END_TEST

START_TEST(a_healthy_host_offers_nothing)
{
	host.idle = true;
	observe();
	choose();
	ck_assert_ptr_null(choice.rule);
	ck_assert_str_eq(passed_over, "");
	host.idle = false;
	request.least = SEVERITY_CRITICAL;
	observe();
	choose();
	ck_assert_ptr_null(choice.rule);
}
END_TEST

/* --- memory -------------------------------------------------------------------------------- */

START_TEST(back_off_doubles_and_ends)
{
	const struct outcome *o;

	note("net.ipv4.tcp_sack", OUTCOME_REVERTED, 7);
	o = memory_find(&memory, 7, "net.ipv4.tcp_sack");
	ck_assert_double_eq(o->retry_utc_s, 1e9 + 600);
	note("net.ipv4.tcp_sack", OUTCOME_REVERTED, 7);
	ck_assert_double_eq(o->retry_utc_s, 1e9 + 1200);
	ck_assert_uint_eq(o->failures, 2);
	note("net.ipv4.tcp_sack", OUTCOME_UNDECIDED, 7);
	ck_assert_uint_eq(o->failures, 2);
	for (int i = 0; i < 100; i++)
		note("net.ipv4.tcp_sack", OUTCOME_REVERTED, 7);
	ck_assert_double_eq(o->retry_utc_s, 1e9 + MEMORY_BACK_OFF_MAX_S);
	note("net.ipv4.tcp_sack", OUTCOME_KEPT, 7);
	ck_assert_ptr_null(memory_forbids(&memory, 7, "net.ipv4.tcp_sack", 1e9));
	note("net.ipv4.tcp_sack", OUTCOME_REVERTED, 7);
	ck_assert_double_eq(o->retry_utc_s, 1e9 + 600);
	ck_assert_uint_eq(memory.count, 1);
}
END_TEST

/* Once it may have been the traffic; again and again it is the change. */
START_TEST(undecided_again_and_again_backs_off_longer)
{
	static const double waits[] = { 600, 600, 1200, 2400 };
	const struct outcome *o;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		note("net.ipv4.tcp_sack", OUTCOME_UNDECIDED, 7);
		o = memory_find(&memory, 7, "net.ipv4.tcp_sack");
		ck_assert_double_eq(o->retry_utc_s, 1e9 + waits[i]);
	}
	note("net.ipv4.tcp_sack", OUTCOME_KEPT, 7);
	note("net.ipv4.tcp_sack", OUTCOME_UNDECIDED, 7);
	ck_assert_double_eq(o->retry_utc_s, 1e9 + 600);
	ck_assert_uint_eq(o->failures, 0);
}
END_TEST

START_TEST(a_clock_set_back_prolongs_nothing)
{
	note("net.ipv4.tcp_sack", OUTCOME_REVERTED, 7);
	memory_meet_clock(&memory, 5e8);
	ck_assert_ptr_nonnull(memory_forbids(&memory, 7, "net.ipv4.tcp_sack", 5e8 + 599));
	ck_assert_ptr_null(memory_forbids(&memory, 7, "net.ipv4.tcp_sack", 5e8 + 601));
	note("net.ipv4.tcp_rmem[2]", OUTCOME_PARKED, 7);
	memory_meet_clock(&memory, 5e8);
	ck_assert_ptr_nonnull(memory_forbids(&memory, 7, "net.ipv4.tcp_rmem[2]", 2e9));
}
END_TEST

START_TEST(memory_is_bounded_and_can_be_made_to_forget)
{
	char name[32];

	for (int i = 0; i < MEMORY_OUTCOMES_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "route:%d/congctl", i);
		note(name, OUTCOME_REVERTED, 7);
	}
	ck_assert_uint_eq(memory.count, MEMORY_OUTCOMES_MAX);
	ck_assert_uint_eq(memory_forget(&memory, 8, "*"), 0);
	ck_assert_uint_eq(memory_forget(&memory, 7, "route:101?/congctl"), 10);
	ck_assert_uint_eq(memory.count, MEMORY_OUTCOMES_MAX - 10);
}
END_TEST

/* --- limits -------------------------------------------------------------------------------- */

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "pins = 5;", "netwright.conf:1: pins: must be a list" },
	{ "pins = ( 5 );", "must be a group" },
	{ "pins = (\n{ tunable = \"net.ipv4.tcp_rnem\"; never = true; } );",
	  "netwright.conf:2: tunable: there is no tunable \"net.ipv4.tcp_rnem\"" },
	{ "pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; } );", "must have either" },
	{ "pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; never = true; max = \"1MiB\"; } );",
	  "must have either" },
	{ "pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; max = \"1s\"; } );", ": max: " },
	{ "pins = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; min = \"2MiB\"; max = \"1MiB\"; } );",
	  "min is above max" },
	{ "pins = ( { tunable = \"net.ipv4.tcp_congestion_control\"; max = \"1\"; } );",
	  "is no number" },
	{ "pins = ( { tunable = \"net.core.somaxconn\"; most = \"1\"; } );", "most" },
	{ "tune = 5;", "must be a group" },
	{ "tune = { rule = \"RCV-*\"; };", "rule" },
	{ "tune = { rules = [ 5 ]; };", "rules 1" },
	{ "tunes = { };", "is no setting of netwright.conf" },
};

START_TEST(mistakes_are_told_with_their_line)
{
	const char *text = mistakes[_i].text;

	ck_assert_int_eq(limits_load_text(&limits, "netwright.conf", text, strlen(text), &e),
			 -EINVAL);
	ck_assert_msg(strstr(e.text, mistakes[_i].message) != NULL, "%s", e.text);
}
END_TEST

START_TEST(a_pin_of_many_is_about_each)
{
	configure("pins = ( { tunable = \"route:*/congctl\"; never = true; },"
		  " { tunable = \"net.core.somaxconn\"; min = \"1024\"; max = \"8192\"; } );");
	ck_assert(!limits_bound(&limits, "route:198.51.100.0/24/congctl", NULL));
	ck_assert(limits_bound(&limits, "route:198.51.100.0/24/initcwnd", NULL));
	for (int i = 0; i < 3; i++) {
		int64_t value = (const int64_t[]){ 1, 5000, 65535 }[i];

		ck_assert(limits_bound(&limits, "net.core.somaxconn", &value));
		ck_assert_int_eq(value, ((const int64_t[]){ 1024, 5000, 8192 })[i]);
	}
}
END_TEST

Suite *test_choice_suite(void);
Suite *test_choice_suite(void)
{
	Suite *s = suite_create("choice");
	TCase *c = tcase_create("choice");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, the_most_severe_finding_comes_first);
	tcase_add_test(c, one_trial_goes_one_step);
	tcase_add_test(c, what_the_whole_host_has_keeps_from_nothing_else);
	tcase_add_test(c, rules_may_be_chosen_by_id_and_slug);
	tcase_add_test(c, pins_bound_and_forbid);
	tcase_add_test(c, what_failed_or_is_parked_is_left_alone);
	tcase_add_loop_test(c, a_finding_must_last, 0, 2);
	tcase_add_test(c, a_healthy_host_offers_nothing);
	tcase_add_test(c, back_off_doubles_and_ends);
	tcase_add_test(c, undecided_again_and_again_backs_off_longer);
	tcase_add_test(c, a_clock_set_back_prolongs_nothing);
	tcase_add_test(c, memory_is_bounded_and_can_be_made_to_forget);
	tcase_add_loop_test(c, mistakes_are_told_with_their_line, 0,
			    (int)(sizeof(mistakes) / sizeof(mistakes[0])));
	tcase_add_test(c, a_pin_of_many_is_about_each);
	suite_add_tcase(s, c);
	return s;
}
