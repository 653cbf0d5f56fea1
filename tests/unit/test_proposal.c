/* From findings to wishes. */
#include "apply/proposal.h"

#include "base/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_proposal_suite(void);

static char id_a[] = "RCV-02", slug_a[] = "receive-buffer-capped";
static char id_b[] = "SND-01", slug_b[] = "send-buffer-capped";
static const struct rule rule_a = { .id = id_a, .slug = slug_a };
static const struct rule rule_b = { .id = id_b, .slug = slug_b };

/* tcp_rmem[2] by both, of which the first is the more severe; a token; and something unknown. */
static struct fixture {
	struct finding_change a[2], b[3];
	struct finding findings[2];
	struct diagnosis diagnosis;
} fixture;

static void setup(void)
{
	const struct tunable *rmem = tunable_find("net.ipv4.tcp_rmem");
	const struct tunable *cc = tunable_find("net.ipv4.tcp_congestion_control");
	const struct tunable *fin = tunable_find("net.ipv4.tcp_fin_timeout");

	ck_assert(rmem != NULL && cc != NULL && fin != NULL);
	fixture = (struct fixture){
		.a = { { .tunable = rmem, .element = 2, .to = value_number(64 << 20) },
		       { .tunable = cc, .to = value_text("bbr") } },
		.b = { { .tunable = rmem, .element = 2, .to = value_number(16 << 20) },
		       { .tunable = rmem, .element = 1, .to = value_unknown("not read") },
		       { .tunable = fin, .to = value_number(30) } },
	};
	fixture.findings[0] = (struct finding){
		.rule = &rule_a, .severity = SEVERITY_HIGH, .changes = fixture.a, .change_count = 2
	};
	fixture.findings[1] = (struct finding){
		.rule = &rule_b, .severity = SEVERITY_LOW, .changes = fixture.b, .change_count = 3
	};
	fixture.diagnosis = (struct diagnosis){ .findings = fixture.findings, .finding_count = 2 };
}

static void assert_wish(const struct wish *w, const char *tunable, const char *value,
			const char *why)
{
	ck_assert_str_eq(w->tunable, tunable);
	ck_assert_str_eq(w->value, value);
	ck_assert_str_eq(w->why, why);
}

START_TEST(the_most_severe_finding_decides)
{
	const struct proposal_choice all = { .least = SEVERITY_LOW };
	struct proposal p = { 0 };
	struct error e;

	ck_assert_int_eq(proposal_make(&fixture.diagnosis, &all, &p, &e), 0);
	ck_assert_uint_eq(p.count, 3);
	assert_wish(&p.wishes[0], "net.ipv4.tcp_rmem[2]", "67108864",
		    "RCV-02 receive-buffer-capped");
	assert_wish(&p.wishes[1], "net.ipv4.tcp_congestion_control", "bbr",
		    "RCV-02 receive-buffer-capped");
	assert_wish(&p.wishes[2], "net.ipv4.tcp_fin_timeout", "30", "SND-01 send-buffer-capped");
	ck_assert_ptr_eq(proposal_find(&p, tunable_find("net.ipv4.tcp_rmem"), 2), &p.wishes[0]);
	ck_assert_ptr_null(proposal_find(&p, tunable_find("net.ipv4.tcp_rmem"), 1));
	proposal_done(&p);
}
END_TEST

static const struct {
	enum severity least;
	const char *wanted[2];
	size_t wanted_count, wishes;
} choices[] = {
	{ SEVERITY_INFO, { NULL }, 0, 3 },
	{ SEVERITY_MEDIUM, { NULL }, 0, 2 },
	{ SEVERITY_CRITICAL, { NULL }, 0, 0 },
	{ SEVERITY_LOW, { "SND-01" }, 1, 2 },
	{ SEVERITY_LOW, { "send-buffer-capped" }, 1, 2 },
	{ SEVERITY_LOW, { "SND-01", "RCV-02" }, 2, 3 },
	{ SEVERITY_MEDIUM, { "SND-01" }, 1, 2 }, /* below the least, but asked for by name */
	{ SEVERITY_LOW, { "SND" }, 1, 0 },
};

START_TEST(findings_are_chosen)
{
	const struct proposal_choice choice = { choices[_i].least, choices[_i].wanted,
						choices[_i].wanted_count };
	struct proposal p = { 0 };
	struct error e;

	ck_assert_int_eq(proposal_make(&fixture.diagnosis, &choice, &p, &e), 0);
	ck_assert_uint_eq(p.count, choices[_i].wishes);
	proposal_done(&p);
}
END_TEST

/* Two routes of one row are two wishes, and the same one is one. */
START_TEST(targets_are_told_apart)
{
	static const char *const targets[] = { "route:198.51.100.0/24/congctl",
					       "route:203.0.113.0/24/congctl",
					       "route:198.51.100.0/24/congctl" };
	const struct proposal_choice all = { .least = SEVERITY_LOW };
	struct proposal p = { 0 };
	struct error e;

	for (size_t i = 0; i < 3; i++) {
		struct finding_change *c = &fixture.b[i];

		*c = (struct finding_change){ .tunable = kind_row_find(targets[i]),
					      .to = value_text("bbr") };
		(void)snprintf(c->target, sizeof(c->target), "%s", targets[i]);
	}
	ck_assert_int_eq(proposal_make(&fixture.diagnosis, &all, &p, &e), 0);
	ck_assert_uint_eq(p.count, 4);
	assert_wish(&p.wishes[2], targets[0], "bbr", "SND-01 send-buffer-capped");
	assert_wish(&p.wishes[3], targets[1], "bbr", "SND-01 send-buffer-capped");
	proposal_done(&p);
}
END_TEST

START_TEST(nothing_is_proposed_without_findings)
{
	const struct proposal_choice all = { .least = SEVERITY_INFO };
	const struct diagnosis none = { 0 };
	struct proposal p = { 0 };
	struct error e;

	ck_assert_int_eq(proposal_make(&none, &all, &p, &e), 0);
	ck_assert_uint_eq(p.count, 0);
	proposal_done(&p);
}
END_TEST

Suite *test_proposal_suite(void)
{
	Suite *suite = suite_create("proposal");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, setup, NULL);
	tcase_add_test(all, the_most_severe_finding_decides);
	tcase_add_loop_test(all, findings_are_chosen, 0, (int)ARRAY_LEN(choices));
	tcase_add_test(all, targets_are_told_apart);
	tcase_add_test(all, nothing_is_proposed_without_findings);
	suite_add_tcase(suite, all);
	return suite;
}
