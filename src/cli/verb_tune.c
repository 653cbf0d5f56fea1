#include "apply/persistence.h"
#include "apply/proposal.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "base/text.h"
#include "cli/change.h"
#include "cli/change_cause.h"
#include "cli/change_options.h"
#include "cli/inspection.h"
#include "cli/tune_trial.h"
#include "cli/tune_wishes.h"
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

#define ATTEMPTS 3 /* at a plan of what comes and goes */

/* --confirm has a person judge, the others change nothing. */
static bool is_by_trial(const struct settings *s)
{
	return !s->no_trial && s->confirm_s <= 0 && !s->dry_run && s->export < 0;
}

static int check_options(const struct settings *s, struct error *e)
{
	struct rulebook book = { 0 };
	char shown[64];
	int r;

	if (s->export >= 0 && (s->confirm_s > 0 || s->json || s->persist))
		return error_set(
			e, -EINVAL, ERROR_INPUT, s->verb,
			"--export prints commands or a file and changes nothing: it cannot "
			"be combined with --confirm, --json or --persist");
	if (!is_by_trial(s) && (s->window_s > 0 || s->pairs != UINT64_MAX))
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--window and --pairs are for trials: they cannot be combined "
				 "with --no-trial, --confirm, --dry-run or --export");
	/* First, so that a mistake does not cost the time of an observation. */
	r = inspection_load_rules(s, &book, e);
	for (size_t i = 0; r == 0 && i < s->only.count; i++) {
		const char *name = s->only.texts[i];

		if (rulebook_find(&book, name) != NULL)
			continue;
		text_copy_printable(shown, sizeof(shown), name, strlen(name));
		r = error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			      "--only: no rule is called \"%s\"; netwright rules lists them",
			      shown);
	}
	rulebook_done(&book);
	return r;
}

/* What was there when it was tried may be gone when the plan is made. */
static int carry_out(struct change_request *request, struct proposal *proposal, FILE *out,
		     struct error *e)
{
	for (int tries = 1;; tries++) {
		int r = tune_leave_out_unmet(proposal->wishes, &proposal->count, request->place, e);

		if (r < 0)
			return r;
		request->wishes = proposal->wishes;
		request->wish_count = proposal->count;
		r = change_carry_out(request, out, e);
		if (r != -ESTALE || tries == ATTEMPTS)
			return r;
	}
}

static void record_cause(const void *inspection, const struct settings *s,
			 const struct transaction_record *t)
{
	change_cause_record(s, inspection, t, stderr);
}

static int tune_at_once(const struct settings *s, const struct place *place, struct inspection *i,
			FILE *out, struct error *e)
{
	const struct inspection_request inspection = {
		.settings = s,
		.default_seconds = TUNE_SECONDS,
		.tunables = true,
		.diagnose = true,
	};
	const struct proposal_choice choice = { TUNE_LEAST_SEVERITY, s->only.texts, s->only.count };
	struct change_request request = {
		.settings = s,
		.place = place,
		.applied = record_cause,
		.applied_arg = i,
		.persist_what_can = true,
	};
	struct proposal proposal = { 0 };
	int r = inspection_run(&inspection, i, e);

	if (r < 0)
		return r;
	if (i->observation->interrupted)
		return error_set(e, -EINTR, ERROR_FAILED, s->verb,
				 "interrupted while observing; nothing was changed");
	tune_print_findings(s, i->observation, &i->diagnosis, out);
	r = proposal_make(&i->diagnosis, &choice, &proposal, e);
	tune_leave_out_host(proposal.wishes, &proposal.count, place);
	(void)fflush(out);
	if (r == 0)
		r = carry_out(&request, &proposal, out, e);
	proposal_done(&proposal);
	return r;
}

/* A file with its settings would set those of another. */
static int refuse_other_namespace(const struct place *p, struct error *e)
{
	struct error why = { 0 };
	int r = persistence_check_place(p, "--export sysctl.d", &why);

	return r == 0 ? 0
		      : error_set(e, r, why.kind, NULL, "%.300s; use --export commands", why.text);
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct inspection inspection = { 0 };
	struct place place = { .netns = -1, .home = -1 };
	int r = check_options(s, e);

	if (r == 0 && is_by_trial(s))
		return tune_by_trial(s, out, e);
	if (r == 0)
		r = place_open(os_live(), s->netns, &place, e);
	if (r < 0)
		return r;
	if (s->export == EXPORT_SYSCTL_D)
		r = refuse_other_namespace(&place, e);
	if (r == 0)
		r = tune_at_once(s, &place, &inspection, out, e);
	inspection_done(&inspection);
	place_close(&place);
	return r;
}

static const struct example examples[] = {
	{ "sudo netwright tune", "try what the audit recommends, and keep what helps" },
	{ "netwright tune --dry-run", "what the audit would change, and in which order" },
	{ "sudo netwright tune --confirm 2min",
	  "change it; put back after two minutes unless netwright confirm comes" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_COLOR,
	OPTION_ROW_CONFIG,
	OPTION_ROW_CONFIRM,
	OPTION_ROW_DRY_RUN,
	{ .name = "export",
	  .type = OPTION_CHOICE,
	  .argument = "FORM",
	  .help = "change nothing, and print the changes as shell commands or as a file for "
		  "sysctl.d: commands or sysctl.d",
	  .choices = export_choices,
	  .offset = offsetof(struct settings, export) },
	OPTION_ROW_FILTER,
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .argument = "DURATION",
	  .help = "how long to observe, 1s to 1h (default 10s); Ctrl-C ends it, and changes "
		  "nothing",
	  .offset = offsetof(struct settings, for_s) },
	OPTION_ROW_JSON,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_NETNS,
	{ .name = "no-trial",
	  .type = OPTION_FLAG,
	  .help = "apply the changes of all findings at once, without judging whether they help; "
		  "--confirm implies this",
	  .offset = offsetof(struct settings, no_trial) },
	{ .name = "only",
	  .type = OPTION_LIST,
	  .argument = "RULE",
	  .help = "apply the changes of this rule (id or slug) and of no other; may be repeated",
	  .offset = offsetof(struct settings, only) },
	OPTION_ROW_PAIRS,
	OPTION_ROW_PERSIST,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_RULES,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
	{ .name = "window",
	  .type = OPTION_DURATION,
	  .argument = "DURATION",
	  .help = "length of each window of a trial, 1s to 1h (default 4s)",
	  .offset = offsetof(struct settings, window_s) },
};

const struct verb verb_tune = {
	.name = "tune",
	.usage = "[OPTION...]",
	.summary = "observe like audit, try what it recommends, and keep what helps",
	.description =
		"Observes and judges as audit does, tries the changes of the most severe finding "
		"above info on the live traffic, keeps them if they help as the rule expects, puts "
		"them back if not, and goes on with the next finding, until nothing is left to try, "
		"or after eight trials.\n"
		"With --no-trial, carries out the changes of all findings as one transaction, "
		"once. Findings without a change of their own are printed with their "
		"advice.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
