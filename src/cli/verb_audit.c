#include "base/cleanup.h"
#include "cli/audit_report.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/survey.h"
#include "cli/survey_report.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#include <string.h>

/* Long enough for three seconds of evidence per flow and for slow start to end on long paths. */
#define AUDIT_SECONDS 10.0

static bool fails(const struct diagnosis *d, int fail_on)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		if (fail_on >= 0 && (int)d->findings[i].severity >= fail_on)
			return true;
	}
	return false;
}

static int print_result(const struct settings *s, const struct inspection *i,
			const struct comparison *comparison, FILE *out, struct error *e)
{
	const struct audit_view view = {
		.verbose = s->verbose,
		.quiet = s->quiet,
		.comparison = s->compare != NULL ? comparison : NULL,
	};
	struct terminal terminal;

	if (s->json)
		return audit_print_json(out, i, view, e);
	terminal_examine(out, (enum color_choice)s->color, &terminal);
	return audit_print_text(&terminal, i, view, e);
}

static int print_survey(const struct settings *s, const struct survey *survey, FILE *out,
			struct error *e)
{
	struct terminal terminal;

	if (s->json)
		return survey_print_json(out, survey, e);
	terminal_examine(out, (enum color_choice)s->color, &terminal);
	return survey_print_text(&terminal, survey, s, e);
}

/* --netns all */
static int run_survey(const struct settings *s, FILE *out, struct error *e)
{
	struct survey survey = { 0 };
	bool failed = false;
	int r = survey_run(s, AUDIT_SECONDS, &survey, e);

	if (r == 0)
		r = print_survey(s, &survey, out, e);
	for (size_t i = 0; i < survey.count; i++)
		failed = failed || fails(&survey.places[i].inspection.diagnosis, s->fail_on);
	if (r == 0)
		r = failed ? EXIT_STATUS_FINDINGS : EXIT_STATUS_OK;
	survey_done(&survey);
	return r;
}

static int run_one(const struct settings *s, FILE *out, struct error *e)
{
	const struct inspection_request request = {
		.settings = s,
		.default_seconds = AUDIT_SECONDS,
		.tunables = true,
		.diagnose = true,
	};
	struct inspection inspection = { 0 };
	struct comparison comparison = { 0 };
	int r = 0;

	/* First, so that a mistake in it does not cost the time of an observation. */
	if (s->compare != NULL)
		r = comparison_open(s->compare, &comparison, e);
	if (r == 0 && s->compare != NULL)
		r = comparison_select_only(&comparison, s->netns, e);
	if (r == 0)
		r = inspection_run(&request, &inspection, e);
	if (r == 0 && s->compare != NULL)
		r = comparison_make(&comparison, &inspection.diagnosis, e);
	if (r == 0)
		r = print_result(s, &inspection, &comparison, out, e);
	if (r == 0)
		r = fails(&inspection.diagnosis, s->fail_on) ? EXIT_STATUS_FINDINGS
							     : EXIT_STATUS_OK;
	comparison_done(&comparison);
	inspection_done(&inspection);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	if (s->replay == NULL && s->netns != NULL && strcmp(s->netns, SURVEY_NETNS) == 0)
		return run_survey(s, out, e);
	return run_one(s, out, e);
}

static const struct example examples[] = {
	{ "sudo netwright audit", "what limits this host's traffic, in ten seconds" },
	{ "netwright audit --for 1min --json | jq '.findings[].title'",
	  "a longer look, for a program" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_COLOR,
	{ .name = "compare",
	  .type = OPTION_TEXT,
	  .argument = "FILE",
	  .help = "also say what appeared, got worse or better, and went since the audit whose "
		  "--json output FILE holds",
	  .offset = offsetof(struct settings, compare) },
	OPTION_ROW_CONFIG,
	OPTION_ROW_FAIL_ON,
	OPTION_ROW_FILTER,
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .argument = "DURATION",
	  .help = "how long to observe, 1s to 1h (default 10s); Ctrl-C ends it early and still "
		  "reports",
	  .offset = offsetof(struct settings, for_s) },
	OPTION_ROW_JSON,
	{ .name = "netns",
	  .type = OPTION_TEXT,
	  .argument = "NAME|PID|all",
	  .help = "look at this network namespace, at the one of this process, or at all of them "
		  "side by side",
	  .offset = offsetof(struct settings, netns) },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = OPTION_FLAG,
	  .help = "print findings only: no progress, header, paths or summary",
	  .offset = offsetof(struct settings, quiet) },
	OPTION_ROW_RECORD,
	OPTION_ROW_REPLAY,
	OPTION_ROW_RULES,
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  .help = "say which rules could not be judged and what could not be seen, and why; name "
		  "the metrics behind the evidence",
	  .offset = offsetof(struct settings, verbose) },
};

const struct verb verb_audit = {
	.name = "audit",
	.usage = "[OPTION...]",
	.summary = "observe for some seconds, say what limits the traffic and what would help",
	.description =
		"Samples this host's counters and TCP sockets once a second, judges what was seen "
		"by the rules, and prints findings with their evidence and the exact change that "
		"would help. Nothing is changed. Without root it sees less, and says what it could "
		"not see.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
