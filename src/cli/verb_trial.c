#include "base/cleanup.h"
#include "base/text.h"
#include "cli/assignments.h"
#include "cli/busiest.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/exit_status.h"
#include "cli/experiment.h"
#include "cli/kept_changes.h"
#include "cli/print.h"
#include "cli/profile_apply.h"
#include "cli/trial_report.h"
#include "cli/verbs.h"
#include "tune/objective.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIAL_SCHEMA "netwright.trial/1"

#define TRIAL_SECONDS 60.0
/* With each pair there is one switch, and the traffic gets half a window to find its new level. */
#define WINDOWS_PER_PAIR 2.5
/* A sample every second: a shorter window would hold none. */
#define WINDOW_MIN_S 1.0
/* To find out which path is the busiest. */
#define LOOK_SECONDS 2.0

struct trial_run {
	const struct settings *settings;
	struct experiment experiment;
	struct trial_request request;
	struct trial_report report;
	struct plan plan;
	FILE *out;
};

/* --- what is asked for --------------------------------------------------------------------- */

static int read_timing(struct trial_run *t, struct error *e)
{
	const struct settings *s = t->settings;
	struct trial_request *q = &t->request;
	double seconds = s->for_s > 0 ? s->for_s : TRIAL_SECONDS;
	int r = experiment_pairs(s, &q->pairs, e);

	if (r < 0)
		return r;
	q->window_s = seconds / (WINDOWS_PER_PAIR * q->pairs);
	q->settle_s = q->window_s / 2;
	if (q->window_s < WINDOW_MIN_S)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--for: %u pairs of windows take %.0f s at least", q->pairs,
				 WINDOWS_PER_PAIR * q->pairs * WINDOW_MIN_S);
	return 0;
}

static bool is_profile(const struct settings *s)
{
	return s->operand_count == 1 && !assignment_is(s->operands[0]);
}

/* What would be left unsaid, or left out, if it were accepted. */
static int check_combinations(const struct settings *s, struct error *e)
{
	int r = 0;

	if (r == 0 && s->keep_better && s->restore)
		r = error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			      "--keep-better and --restore are opposites: give one of them");
	if (r == 0 && s->persist && !s->keep_better)
		r = error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			      "--persist is for what --keep-better leaves in place: give both");
	if (r == 0 && s->operand_count == 0)
		r = error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			      "tries nothing; give a profile, or what and to which value, such as "
			      "net.ipv4.tcp_rmem[2]=64MiB");
	if (r == 0 && !is_profile(s) && (s->inputs.count > 0 || s->profiles.count > 0))
		r = error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			      "--input and --profiles are for a profile: they cannot be combined "
			      "with TUNABLE=VALUE");
	return r;
}

static int read_metric(struct trial_run *t, struct error *e)
{
	const struct settings *s = t->settings;
	struct judge_criteria *c = &t->request.criteria;
	int r = objective_find(s->metric, &c->objective, &c->smaller_is_better, e);

	if (r < 0)
		return r;
	c->subject.kind = c->objective->entity;
	if (s->new_sockets && !objective_is_of_sockets(c->objective))
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--new-sockets: %s is not counted of single connections, so that "
				 "new ones cannot be told from others; leave one of the two out",
				 c->objective->name);
	return 0;
}

static int read_options(struct trial_run *t, struct error *e)
{
	const struct settings *s = t->settings;
	struct judge_criteria *c = &t->request.criteria;
	int r = check_combinations(s, e);

	if (r == 0)
		r = read_timing(t, e);
	t->request.leave_in_place = s->keep_better;
	c->subject.kind = ENTITY_PATH;
	if (r == 0 && s->metric != NULL)
		r = read_metric(t, e);
	if (r == 0 && s->entity != NULL && c->subject.kind == ENTITY_HOST)
		r = error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			      "--entity: %s is about the whole host", s->metric);
	return r;
}

/* --- what it is about ---------------------------------------------------------------------- */

static int no_such_entity(const struct trial_run *t, struct error *e)
{
	const char *kind = entity_kind_name(t->request.criteria.subject.kind);
	char shown[ENTITY_NAME_MAX];

	text_copy_printable(shown, sizeof(shown), t->settings->entity, strlen(t->settings->entity));
	return error_set(e, -ENOENT, ERROR_INPUT, t->settings->verb,
			 "--entity: no %s called \"%s\" was seen; netwright audit -v names those "
			 "that there are",
			 kind, shown);
}

static int take_subject(struct trial_run *t, const struct window *w, struct error *e)
{
	struct subject *subject = &t->request.criteria.subject;
	const char *wanted = t->settings->entity;
	size_t index;

	if (wanted != NULL) {
		text_copy_printable(subject->entity, sizeof(subject->entity), wanted,
				    strlen(wanted));
		return window_find(w, subject) != NULL ? 0 : no_such_entity(t, e);
	}
	if (busiest_entity(w->observation, subject->kind, &index) < 0)
		return error_set(e, -ENODATA, ERROR_FAILED, t->settings->verb,
				 "no traffic to judge by: no %s was active; nothing was changed",
				 entity_kind_name(subject->kind));
	(void)observation_entity_name(w->observation, subject->kind, index, subject->entity,
				      sizeof(subject->entity));
	return 0;
}

static int find_subject(struct trial_run *t, struct error *e)
{
	struct window w = { 0 };
	int r;

	if (t->request.criteria.subject.kind == ENTITY_HOST)
		return 0;
	r = experiment_look(&t->experiment, LOOK_SECONDS, &w, e);
	if (r == 0)
		r = take_subject(t, &w, e);
	window_done(&w);
	return r;
}

/* --- the trial ----------------------------------------------------------------------------- */

static void announce(const struct trial_run *t, const struct terminal *terminal)
{
	const struct trial_request *q = &t->request;
	const struct subject *subject = &q->criteria.subject;
	char count[48];

	static const char *const sockets[] = {
		[TRIAL_ALL_SOCKETS] = "",
		[TRIAL_NEW_SOCKETS] = ", connections opened after each switch",
		[TRIAL_NEW_SOCKETS_IF_THEY_CARRY] =
			", connections opened after each switch if those carry most of the traffic",
		[TRIAL_NEW_SOCKETS_OR_ONE_STEP] =
			", connections opened after each switch if those carry most of the traffic",
	};

	(void)fprintf(terminal->out, "trial of %s, judged by ",
		      print_count(t->plan.count, "change", count, sizeof(count)));
	if (subject->kind == ENTITY_HOST)
		(void)fputs("the host", terminal->out);
	else
		(void)fprintf(terminal->out, "%s %s", entity_kind_name(subject->kind),
			      subject->entity);
	(void)fprintf(terminal->out,
		      "%s: %u pairs of windows of %.3g s, without and with it in turn\n",
		      sockets[q->sockets], q->pairs, q->window_s);
	trial_print_changes(terminal, &t->plan);
	(void)fflush(terminal->out);
}

static int print_result(const struct trial_run *t, const struct terminal *terminal, struct error *e)
{
	const struct trial_view view = { t->settings, &t->plan, &t->request, &t->report,
					 experiment_is_restored(&t->experiment, &t->report) };
	struct document d;
	int r;

	if (!t->settings->json)
		return trial_print_result(terminal, &view, e);
	document_init(&d, TRIAL_SCHEMA);
	document_set(&d, d.root, "trial", trial_object(&d, &view));
	r = document_print(&d, t->out, e);
	document_done(&d);
	return r;
}

static int nothing_to_try(const struct trial_run *t, struct error *e)
{
	struct document d;
	int r = 0;

	if (!t->settings->json) {
		(void)fputs("Everything holds already: there is nothing to try.\n", t->out);
		return 0;
	}
	document_init(&d, TRIAL_SCHEMA);
	document_set(&d, d.root, "trial", json_null());
	r = document_print(&d, t->out, e);
	document_done(&d);
	return r;
}

/* Better is a success; that it is not is what a script asks for. */
static int status_of(const struct trial_report *r)
{
	if (r->foreign)
		return EXIT_STATUS_CONFLICT;
	return r->judgement.verdict == VERDICT_KEEP ? EXIT_STATUS_OK : EXIT_STATUS_FINDINGS;
}

/* What is kept stays, whatever goes wrong with telling of it, or with its files. */
static int carry_out(struct trial_run *t, const struct terminal *terminal, struct error *e)
{
	struct kept_changes kept = { 0 };
	struct error print_error = { 0 };
	int r = experiment_try(&t->experiment, &t->request, &t->report, e);
	int printed;

	if (t->report.in_place)
		kept_changes_add(&kept, t->report.transaction);
	if (r == -EINTR || (r < 0 && !t->report.in_place))
		return kept_changes_explain(&kept, t->settings, r, e);
	printed = print_result(t, terminal, &print_error);
	printed = kept_changes_finish_printing(&kept, t->settings, printed, t->out, &print_error);
	if (r < 0)
		return kept_changes_explain(&kept, t->settings, r, e);
	if (printed < 0 && e != NULL)
		*e = print_error;
	return printed < 0 ? printed : status_of(&t->report);
}

/* A change that reaches new connections is judged by those, if the metric can tell them. */
static enum trial_sockets sockets_judged(const struct trial_run *t)
{
	const struct metric *m = t->request.criteria.objective;

	if (t->settings->new_sockets)
		return TRIAL_NEW_SOCKETS;
	return m == NULL || objective_is_of_sockets(m) ? experiment_sockets(&t->plan)
						       : TRIAL_ALL_SOCKETS;
}

static int try_wishes(void *arg, const struct wish *wishes, size_t count, struct error *e)
{
	struct trial_run *t = arg;
	struct terminal terminal;
	int r = plan_make(live_world_place(t->experiment.world), wishes, count, &t->plan, e);

	if (r == 0 && t->plan.count == 0)
		return nothing_to_try(t, e);
	if (r == 0)
		r = find_subject(t, e);
	if (r == 0)
		r = experiment_prepare(&t->experiment, &t->plan, wishes, count, false, e);
	if (r < 0)
		return r;
	terminal_examine(t->out, COLOR_NEVER, &terminal);
	t->request.wishes = wishes;
	t->request.wish_count = count;
	t->request.sockets = sockets_judged(t);
	if (!t->settings->json && !t->settings->quiet)
		announce(t, &terminal);
	return carry_out(t, &terminal, e);
}

static int try_assignments(struct trial_run *t, struct error *e)
{
	struct assignments *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return error_errno(e, -ENOMEM, NULL, t->settings->verb);
	r = assignments_parse(t->settings, CHANGE_WHY_BY_HAND, a, e);
	if (r == 0)
		r = try_wishes(t, a->wishes, a->count, e);
	free(a);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct trial_run t = { .settings = s, .out = out };
	int r = read_options(&t, e);

	if (r == 0)
		r = experiment_open(s, &t.experiment, e);
	if (r == 0 && is_profile(s))
		r = profile_apply_use(s, s->operands[0], try_wishes, &t, e);
	else if (r == 0)
		r = try_assignments(&t, e);
	plan_done(&t.plan);
	experiment_close(&t.experiment);
	return r;
}

static const struct example examples[] = {
	{ "sudo netwright trial 'net.ipv4.tcp_rmem[2]=64MiB'",
	  "does a larger receive limit help the busiest path?" },
	{ "sudo netwright trial bulk-wan --for 5min --metric path.srtt_p95 --keep-better",
	  "does a profile shorten the delays? If so, it stays" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_CONFIG,
	{ .name = "entity",
	  .type = OPTION_TEXT,
	  .argument = "NAME",
	  .help = "judge by this path, link, listener, ...: one of what --metric is about (default "
		  "the busiest)",
	  .offset = offsetof(struct settings, entity) },
	OPTION_ROW_FILTER,
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .argument = "DURATION",
	  .help = "how long to try, 15s to 1h (default 60s); Ctrl-C ends it, and restores",
	  .offset = offsetof(struct settings, for_s) },
	OPTION_ROW_INPUT,
	OPTION_ROW_JSON,
	{ .name = "keep-better",
	  .type = OPTION_FLAG,
	  .help = "leave the change in place if it is better",
	  .offset = offsetof(struct settings, keep_better) },
	OPTION_ROW_LOCK_TIMEOUT,
	{ .name = "metric",
	  .type = OPTION_TEXT,
	  .argument = "METRIC",
	  .help = "what to judge by (default path.goodput, or path.receive_rate if that is more)",
	  .offset = offsetof(struct settings, metric) },
	OPTION_ROW_CHANGE_NETNS,
	{ .name = "new-sockets",
	  .type = OPTION_FLAG,
	  .help = "judge by connections alone that are opened after each switch; goes without "
		  "saying when the change reaches no others, or in part, if those carry most of the "
		  "traffic",
	  .offset = offsetof(struct settings, new_sockets) },
	OPTION_ROW_PAIRS,
	OPTION_ROW_PERSIST,
	OPTION_ROW_PROFILES,
	{ .name = "quiet",
	  .letter = 'q',
	  .type = OPTION_FLAG,
	  .help = "print neither what is tried nor how far it is",
	  .offset = offsetof(struct settings, quiet) },
	{ .name = "restore",
	  .type = OPTION_FLAG,
	  .help = "put back what was, whichever is better (default)",
	  .offset = offsetof(struct settings, restore) },
	OPTION_ROW_RULES,
	OPTION_ROW_STATE_DIR,
};

const struct verb verb_trial = {
	.name = "trial",
	.usage = "[OPTION...] PROFILE | TUNABLE=VALUE...",
	.summary = "measure on the live traffic whether a change helps",
	.description =
		"Measures without the change, with it, with it, without it, and so on, so that a drift of the "
		"traffic cancels out, and tells how large the effect is, how sure that is, and "
		"whether it is better. The change is then put back, or left in place with "
		"--keep-better.\n"
		"While it is in force the change waits for its confirmation like any other: if the "
		"trial dies, it is rolled back.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = SETTINGS_OPERANDS_MAX,
	.run = run,
};
