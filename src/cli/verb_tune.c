#include "apply/proposal.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "base/text.h"
#include "cli/audit_report.h"
#include "cli/change.h"
#include "cli/change_cause.h"
#include "cli/change_options.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

#define TUNE_SECONDS 10.0 /* as an audit */

/* Findings of severity info tell of something that is no fault. */
#define LEAST_SEVERITY SEVERITY_LOW

#define ATTEMPTS 3 /* at a plan of what comes and goes */

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

/* What the plan rests on, and what no plan can change. JSON has the plan alone: the audit that
 * belongs to it is one of its own. */
static void print_findings(const struct settings *s, const struct inspection *i,
			   const struct proposal_choice *choice, FILE *out)
{
	const struct audit_view view = { .verbose = s->verbose };
	const struct diagnosis *d = &i->diagnosis;
	struct terminal terminal;

	if (s->json || s->quiet || s->export >= 0)
		return;
	terminal_examine(out, (enum color_choice)s->color, &terminal);
	audit_print_header(&terminal, i->observation);
	for (size_t f = 0; f < d->finding_count; f++) {
		if (!proposal_chooses(choice, &d->findings[f]))
			continue;
		(void)fputc('\n', out);
		audit_print_finding(&terminal, &d->findings[f], view);
		if (d->findings[f].change_count == 0)
			print_labelled(&terminal, "do", "nothing that this host can set helps");
	}
	(void)fputc('\n', out);
}

/* A namespace shows the drops of the whole host's queues, whose settings are not its own. That
 * keeps nothing else from being changed. */
static void leave_out_host(struct proposal *proposal, const struct place *place)
{
	size_t kept = 0;

	for (size_t i = 0; i < proposal->count; i++) {
		const struct wish *wish = &proposal->wishes[i];
		const struct tunable *t = NULL;
		char name[TARGET_NAME_MAX];
		int element;

		if (target_split_name(wish->tunable, name, &element, NULL) == 0)
			t = tunable_find(name);
		if (t != NULL && t->scope == TUNABLE_INIT_ONLY && !place->is_init)
			(void)fprintf(stderr,
				      "netwright: tune: %s is not changed: it holds for the whole "
				      "host; for %s run netwright in the initial network "
				      "namespace\n",
				      name, wish->why);
		else
			proposal->wishes[kept++] = *wish;
	}
	proposal->count = kept;
}

/* Whether the wish can be met by itself: 0, or why not in *e. */
static int try_wish(const struct place *place, const struct wish *wish, struct error *e)
{
	struct plan plan = { 0 };
	int r = plan_make(place, wish, 1, &plan, e);

	plan_done(&plan);
	return r;
}

/* Routes and connections come and go, and belong to others, while sysctls are always there: those
 * that cannot be changed keep nothing else from it. 0 or -ENOMEM. */
static int leave_out_unmet(struct proposal *proposal, const struct place *place, struct error *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < proposal->count; i++) {
		const struct wish *wish = &proposal->wishes[i];
		struct error why = { 0 };
		int r = 0;

		if (kind_of_target(wish->tunable)->prefix[0] != '\0')
			r = try_wish(place, wish, &why);
		if (r == -ENOMEM) {
			*e = why;
			return r;
		}
		if (r == 0) {
			proposal->wishes[kept++] = *wish;
			continue;
		}
		(void)fprintf(stderr, "netwright: tune: not changed, for %s: ", wish->why);
		print_tamed(stderr, why.text, strlen(why.text));
		(void)fputc('\n', stderr);
	}
	proposal->count = kept;
	return 0;
}

/* What was there when it was tried may be gone when the plan is made. */
static int carry_out(struct change_request *request, struct proposal *proposal, FILE *out,
		     struct error *e)
{
	for (int tries = 1;; tries++) {
		int r = leave_out_unmet(proposal, request->place, e);

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

static int tune(const struct settings *s, const struct place *place, struct inspection *i,
		FILE *out, struct error *e)
{
	const struct inspection_request inspection = {
		.settings = s,
		.default_seconds = TUNE_SECONDS,
		.tunables = true,
		.diagnose = true,
	};
	const struct proposal_choice choice = { LEAST_SEVERITY, s->only.texts, s->only.count };
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
	print_findings(s, i, &choice, out);
	r = proposal_make(&i->diagnosis, &choice, &proposal, e);
	leave_out_host(&proposal, place);
	(void)fflush(out);
	if (r == 0)
		r = carry_out(&request, &proposal, out, e);
	proposal_done(&proposal);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct inspection inspection = { 0 };
	struct place place = { .netns = -1, .home = -1 };
	int r = check_options(s, e);

	if (r == 0)
		r = place_open(os_live(), s->netns, &place, e);
	if (r < 0)
		return r;
	r = tune(s, &place, &inspection, out, e);
	inspection_done(&inspection);
	place_close(&place);
	return r;
}

static const struct example examples[] = {
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
	{ .name = "only",
	  .type = OPTION_LIST,
	  .argument = "RULE",
	  .help = "apply the changes of this rule (id or slug) and of no other; may be repeated",
	  .offset = offsetof(struct settings, only) },
	OPTION_ROW_PERSIST,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_RULES,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_tune = {
	.name = "tune",
	.usage = "[OPTION...]",
	.summary = "observe like audit, and apply what it recommends",
	.description =
		"Observes and judges as audit does, and carries out the changes of all findings "
		"above info as one transaction, once. Findings that no setting of this host helps "
		"are named as such.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
