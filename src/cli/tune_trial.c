#include "cli/tune_trial.h"

#include "apply/boot.h"
#include "apply/proposal.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "base/text.h"
#include "cli/audit_report.h"
#include "cli/change_cause.h"
#include "cli/change_journal.h"
#include "cli/exit_status.h"
#include "cli/experiment.h"
#include "cli/inspection.h"
#include "cli/kept_changes.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "cli/trial_report.h"
#include "cli/tune_wishes.h"
#include "tune/choice.h"
#include "tune/memory_store.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TUNE_SCHEMA "netwright.tune/1"

/* A host that needs more than this is better looked at by a person. */
#define TRIALS_MAX KEPT_CHANGES_MAX
/* What limits a flow is known after 3 s of it (measure/limiter.h), and rules expect it to change.
 */
#define WINDOW_S 4.0
/* A connection with a window of some megabytes takes ten to twenty round trips to find its level.
 */
#define SETTLE_WINDOWS 2.0
/* The daemon's interval, from which back-offs are counted, when nobody has configured another. */
#define INTERVAL_S 60.0

DEFINE_CLEANUP(struct history, history_close)
DEFINE_CLEANUP(struct store, store_close)

struct pass {
	const struct settings *settings;
	struct experiment experiment;
	struct limits limits;
	struct memory tried; /* in this pass: a person asks, so nothing before counts */
	struct terminal terminal;
	struct document document; /* with --json */
	json_t *trials;		  /* borrowed from it */
	struct kept_changes kept;
	unsigned int pairs, done;
	bool foreign;
};

static bool prints(const struct pass *p)
{
	return !p->settings->json && !p->settings->quiet;
}

/* Of a finding without a change. An advice may well name a setting of this host: one of lints, or a
 * process's limit. */
static const char *what_is_left(const struct finding *f)
{
	return f->advice != NULL && f->advice[0] != '\0' ? "nothing by itself: see the advice"
							 : "nothing that this host can set helps";
}

void tune_print_findings(const struct settings *s, const struct observation *o,
			 const struct diagnosis *d, FILE *out)
{
	const struct proposal_choice choice = { TUNE_LEAST_SEVERITY, s->only.texts, s->only.count };
	const struct audit_view view = { .verbose = s->verbose };
	struct terminal terminal;

	if (s->json || s->quiet || s->export >= 0)
		return;
	terminal_examine(out, (enum color_choice)s->color, &terminal);
	audit_print_header(&terminal, o);
	for (size_t f = 0; f < d->finding_count; f++) {
		if (!proposal_chooses(&choice, &d->findings[f]))
			continue;
		(void)fputc('\n', out);
		audit_print_finding(&terminal, &d->findings[f], view);
		if (d->findings[f].change_count == 0)
			print_labelled(&terminal, "do", what_is_left(&d->findings[f]));
	}
	(void)fputc('\n', out);
}

static void complain(const struct pass *p, const char *what, const struct error *why)
{
	(void)fprintf(stderr, "netwright: %s: %s: ", p->settings->verb, what);
	print_tamed(stderr, why->text, strlen(why->text));
	(void)fputc('\n', stderr);
}

/* --- what was tried ------------------------------------------------------------------------ */

/* For the daemon, which does not try again at once what a person has seen fail. */
static int save_outcome(const struct pass *p, const struct outcome *o, struct error *e)
{
	CLEANUP(history_closep) struct history *h = NULL;
	struct memory known = { 0 };
	const struct outcome *noted;
	const char *directory;
	char boot_id[BOOT_ID_MAX];
	size_t damaged;
	int r = change_directory(p->settings, &directory, e);

	if (r == 0)
		r = boot_id_read(boot_id, e);
	if (r == 0)
		r = history_open(directory, STORE_WRITE, NULL, &h, e);
	if (r == 0)
		r = memory_load(h, boot_id, &known, &damaged, e);
	if (r == 0) {
		r = memory_note(&known, o, INTERVAL_S, &noted);
		r = r < 0 ? error_errno(e, r, NULL, "outcome") : memory_save(h, boot_id, noted, e);
	}
	memory_done(&known);
	return r;
}

static int note(struct pass *p, const struct choice *c, enum outcome_kind kind, const char *reason,
		struct error *e)
{
	for (size_t i = 0; i < c->wish_count; i++) {
		struct outcome o = { .netns_cookie = live_world_place(p->experiment.world)->cookie,
				     .kind = kind,
				     .utc_s = os_live()->ops->utc_s(os_live()) };
		struct error why = { 0 };

		text_copy_printable(o.tunable, sizeof(o.tunable), c->wishes[i].tunable,
				    strlen(c->wishes[i].tunable));
		text_copy_printable(o.value, sizeof(o.value), c->wishes[i].value,
				    strlen(c->wishes[i].value));
		text_copy_printable(o.rule, sizeof(o.rule), c->rule->id, strlen(c->rule->id));
		text_copy_printable(o.reason, sizeof(o.reason), reason, strlen(reason));
		if (save_outcome(p, &o, &why) < 0)
			complain(p, "what came of it is not in the history", &why);
		/* What was kept may go on by a step; else once is enough, however long the pass. */
		o.retry_utc_s = kind == OUTCOME_KEPT ? 0 : INFINITY;
		if (memory_recall(&p->tried, &o) < 0)
			return error_errno(e, -ENOMEM, NULL, "outcome");
	}
	return 0;
}

static enum outcome_kind outcome_of(const struct trial_report *r)
{
	static const enum outcome_kind outcomes[VERDICTS] = {
		[VERDICT_KEEP] = OUTCOME_KEPT,
		[VERDICT_REVERT] = OUTCOME_REVERTED,
		[VERDICT_UNDECIDED] = OUTCOME_UNDECIDED,
	};

	return r->foreign ? OUTCOME_PARKED : outcomes[r->judgement.verdict];
}

/* What `show` tells about it. */
static void record_cause(const struct pass *p, struct window *w, int64_t transaction)
{
	const struct inspection seen = { .observation = w->observation, .diagnosis = w->diagnosis };
	CLEANUP(store_closep) struct store *journal = NULL;
	struct transaction_record t = { 0 };
	struct error why = { 0 };
	int r = change_journal_open(p->settings, &journal, &why);

	if (r == 0 && journal != NULL)
		r = store_load(journal, transaction, &t, &why);
	if (r == 0 && t.id != 0)
		change_cause_record(p->settings, &seen, &t, stderr);
	else if (r < 0)
		complain(p, "what was observed is not in the history", &why);
	transaction_record_done(&t);
}

/* --- one trial ----------------------------------------------------------------------------- */

static void announce(const struct pass *p, const struct choice *c, const struct plan *plan,
		     const struct trial_request *q)
{
	FILE *out = p->terminal.out;

	if (!prints(p))
		return;
	(void)fprintf(out, "trying %s %s", c->rule->id, c->rule->slug);
	if (c->subject.kind != ENTITY_HOST)
		(void)fprintf(out, ", %s %s", entity_kind_name(c->subject.kind), c->subject.entity);
	(void)fprintf(out, ": %u windows of %.3g s without it, and %u with it, in turn\n", q->pairs,
		      q->window_s, q->pairs);
	trial_print_changes(&p->terminal, plan);
	(void)fflush(out);
}

static int tell(struct pass *p, const struct choice *c, const struct trial_view *view,
		struct error *e)
{
	json_t *object;
	int r = 0;

	if (p->settings->json) {
		object = trial_object(&p->document, view);
		document_set(&p->document, object, "rule", document_text(c->rule->id));
		document_append(&p->document, p->trials, object);
	} else if (!p->settings->quiet) {
		r = trial_print_result(&p->terminal, view, e);
		(void)fputc('\n', p->terminal.out);
		(void)fflush(p->terminal.out);
	}
	return r;
}

/* What is wrong with this change only, and keeps no other from being tried. */
static bool is_of_the_change(int failure)
{
	return failure == -EINVAL || failure == -ERANGE || failure == -E2BIG ||
	       failure == -ENOENT || failure == -ESTALE || failure == -EIO ||
	       failure == -EOPNOTSUPP || failure == -EALREADY;
}

static int conclude(struct pass *p, const struct choice *c, struct window *w,
		    const struct trial_view *view, struct error *e)
{
	const struct trial_report *report = view->report;
	int r = tell(p, c, view, e);

	p->foreign |= report->foreign;
	if (report->in_place)
		record_cause(p, w, report->transaction);
	return r < 0 ? r : note(p, c, outcome_of(report), report->judgement.reason, e);
}

static int try_plan(struct pass *p, struct choice *c, struct window *w, const struct plan *plan,
		    struct error *e)
{
	const double window_s = p->settings->window_s > 0 ? p->settings->window_s : WINDOW_S;
	struct trial_request request = {
		.wishes = c->wishes,
		.wish_count = c->wish_count,
		.criteria = { .subject = c->subject, .rule = c->rule },
		.pairs = p->pairs,
		.window_s = window_s,
		.settle_s = SETTLE_WINDOWS * window_s,
		.sockets = c->sockets,
		.leave_in_place = true,
	};
	struct trial_report report;
	struct trial_view view = { p->settings, plan, &request, &report, false };
	int r = experiment_prepare(&p->experiment, plan, c->wishes, c->wish_count, true, e);

	if (r < 0)
		return r;
	announce(p, c, plan, &request);
	p->done++;
	r = experiment_try(&p->experiment, &request, &report, e);
	if (report.in_place)
		kept_changes_add(&p->kept, report.transaction);
	/* Kept, though something is wrong with it: there is a verdict to tell. */
	if (r == 0 || (report.in_place && r != -EINTR)) {
		struct error why = { 0 };
		int told;

		view.restored = experiment_is_restored(&p->experiment, &report);
		told = conclude(p, c, w, &view, &why);
		if (r == 0 && told < 0)
			*e = why;
		return r < 0 ? r : told;
	}
	return r;
}

static int try_choice(struct pass *p, struct choice *c, struct window *w, struct error *e)
{
	const struct place *place = live_world_place(p->experiment.world);
	const size_t wished = c->wish_count;
	struct error why = { 0 };
	struct plan plan = { 0 };
	size_t left = wished;
	int r = tune_leave_out_unmet(c->wishes, &left, place, e);

	if (r < 0)
		return r;
	if (left == 0)
		return note(p, c, OUTCOME_UNDECIDED, "it cannot be changed here", e);
	c->wish_count = left;
	r = plan_make(place, c->wishes, c->wish_count, &plan, &why);
	if (r == 0 && plan.count == 0)
		r = note(p, c, OUTCOME_UNDECIDED, "it holds already", &why);
	else if (r == 0)
		r = try_plan(p, c, w, &plan, &why);
	plan_done(&plan);
	if (r < 0 && is_of_the_change(r)) {
		complain(p, c->rule->id, &why);
		return note(p, c, OUTCOME_UNDECIDED, why.text, e);
	}
	if (r < 0)
		*e = why;
	return r;
}

/* --- the pass ------------------------------------------------------------------------------ */

static void tell_skipped(void *arg, const struct finding *f, const char *reason)
{
	struct error why = { 0 };

	(void)error_set(&why, 0, ERROR_FAILED, NULL, "it is not tried: %s", reason);
	complain(arg, f->rule->id, &why);
}

/* One look, and what it leads to: 1 when something was tried, 0 when nothing is left. */
static int step(struct pass *p, bool first, struct error *e)
{
	const struct settings *s = p->settings;
	const struct place *place = live_world_place(p->experiment.world);
	const struct choice_request request = {
		.limits = &p->limits,
		.memory = &p->tried,
		.netns_cookie = place->cookie,
		.is_init = place->is_init,
		.now_utc_s = os_live()->ops->utc_s(os_live()),
		.least = s->only.count > 0 ? SEVERITY_INFO : TUNE_LEAST_SEVERITY,
	};
	struct choice choice = { 0 };
	struct window w = { 0 };
	int r = experiment_look(&p->experiment, s->for_s > 0 ? s->for_s : TUNE_SECONDS, &w, e);

	if (r == -EINTR)
		return error_set(e, r, ERROR_FAILED, s->verb,
				 p->done > 0 ? "interrupted while observing"
					     : "interrupted while observing; nothing was changed");
	if (r < 0)
		return r;
	if (first)
		tune_print_findings(s, w.observation, &w.diagnosis, p->terminal.out);
	r = choice_make(&request, &w.diagnosis, first ? tell_skipped : NULL, p, &choice, e);
	if (r == 0 && choice.rule != NULL) {
		r = try_choice(p, &choice, &w, e);
		r = r < 0 ? r : 1;
	}
	choice_done(&choice);
	window_done(&w);
	return r;
}

static void print_summary(struct pass *p, bool complete)
{
	FILE *out = p->terminal.out;
	char trials[48];

	if (p->done == 0) {
		if (complete)
			(void)fputs("There is nothing to try; nothing was changed.\n", out);
		return;
	}
	(void)fprintf(out, "%s, %zu kept.%s\n",
		      print_count(p->done, "trial", trials, sizeof(trials)), p->kept.count,
		      !complete		      ? " It ended before everything was tried."
		      : p->done == TRIALS_MAX ? " There may be more to try: run it again."
					      : " Nothing is left to try.");
}

/* However the pass ended, what it has kept is told: `failed` is 0 or why it ended early. */
static int finish(struct pass *p, int failed, struct error *e)
{
	struct error why = { 0 };
	int r = 0;

	if (p->settings->json) {
		document_set(&p->document, p->document.root, "complete", json_boolean(failed == 0));
		document_set(&p->document, p->document.root, "kept",
			     kept_changes_array(&p->document, &p->kept));
		r = document_print(&p->document, p->terminal.out, &why);
	} else if (prints(p)) {
		print_summary(p, failed == 0);
	}
	r = kept_changes_finish_printing(&p->kept, p->settings, r, p->terminal.out, &why);
	if (failed < 0)
		return kept_changes_explain(&p->kept, p->settings, failed, e);
	if (r < 0) {
		*e = why;
		return r;
	}
	return p->foreign ? EXIT_STATUS_CONFLICT : EXIT_STATUS_OK;
}

/* --only is what a person asks for, whatever the configuration leaves to the daemon. */
static int load_limits(struct pass *p, struct error *e)
{
	const struct settings *s = p->settings;
	int r = limits_load(&p->limits, s->config != NULL ? s->config : INSPECTION_CONFIG_FILE, e);

	if (r == -ENOENT && s->config == NULL)
		r = 0;
	if (r == 0 && s->only.count > 0 &&
	    limits_choose(&p->limits, s->only.texts, s->only.count) < 0)
		r = error_errno(e, -ENOMEM, NULL, "rules");
	return r;
}

static int run(struct pass *p, struct error *e)
{
	int r = experiment_pairs(p->settings, &p->pairs, e);

	if (r == 0)
		r = load_limits(p, e);
	if (r == 0)
		r = experiment_open(p->settings, &p->experiment, e);
	if (r < 0)
		return r;
	do {
		r = step(p, p->tried.count == 0 && p->done == 0, e);
	} while (r == 1 && p->done < TRIALS_MAX);
	return finish(p, r < 0 ? r : 0, e);
}

int tune_by_trial(const struct settings *s, FILE *out, struct error *e)
{
	struct pass p = { .settings = s };
	int r;

	terminal_examine(out, (enum color_choice)s->color, &p.terminal);
	document_init(&p.document, TUNE_SCHEMA);
	p.trials = json_array();
	document_set(&p.document, p.document.root, "trials", p.trials);
	r = run(&p, e);
	experiment_close(&p.experiment);
	limits_done(&p.limits);
	memory_done(&p.tried);
	document_done(&p.document);
	return r;
}
