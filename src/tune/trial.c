#include "tune/trial.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Windows of a machine that was suspended meanwhile are taken anew; this often in a trial. */
#define RETRIES_MAX 3
/* Where new sockets alone count, windows without any are passed over: so many for each pair. */
#define WINDOWS_WITHOUT_SOCKETS 4
/* Two windows in a row must say that a change does harm. */
#define HARM_WINDOWS 2
/* For opening sockets, the journal, and a machine that is busy. */
#define DEADLINE_SLACK_S 60.0
/* A sample each second as in an audit, but five in any window: connections that begin or end
 * between two samples are not seen there, and with two samples that would be most of the short
 * ones. */
#define SAMPLE_INTERVAL_S 1.0
#define SAMPLE_INTERVALS  4

struct trial {
	struct world *world;
	const struct trial_request *request;
	struct trial_report *report;
	struct judge judge;
	struct window *without; /* owned; of TRIAL_BEFORE_AFTER, one for each pair */
	size_t without_count;
	int64_t pending; /* the transaction in force; 0: none */
	bool confirmed;	 /* by somebody else: it is in force, and no longer ours to undo */
	bool marked;	 /* sockets are remembered since the last change */
	unsigned int harm, retries, empty, done;
};

double trial_deadline_s(const struct trial_request *q)
{
	const unsigned int windows = q->design == TRIAL_ABBA ? 2 : q->pairs;
	const unsigned int empty = q->new_sockets ? q->pairs * WINDOWS_WITHOUT_SOCKETS : 0;

	return q->settle_s + q->window_s * (windows + empty + RETRIES_MAX) * 1.25 +
	       DEADLINE_SLACK_S;
}

static void tell(const struct trial *t, const char *phase)
{
	const struct trial_request *q = t->request;

	if (q->progress != NULL)
		q->progress(q->progress_arg, phase, t->done, 2 * q->pairs);
}

/* --- the change ---------------------------------------------------------------------------- */

static int settle(struct trial *t, struct error *e)
{
	const struct trial_request *q = t->request;
	int r = q->new_sockets ? t->world->ops->mark(t->world, e) : 0;

	t->marked = true;
	if (r == 0 && q->settle_s > 0) {
		tell(t, "settling");
		r = t->world->ops->wait(t->world, q->settle_s, e);
	}
	return r;
}

static int switch_on(struct trial *t, struct error *e)
{
	const struct trial_request *q = t->request;
	struct transaction_record record = { 0 };
	int r = t->world->ops->apply(t->world, q->wishes, q->wish_count, trial_deadline_s(q),
				     &record, e);

	if (r == 0 && record.id == 0)
		r = error_set(e, -EALREADY, ERROR_INPUT, NULL, "everything holds already");
	if (r == 0) {
		t->pending = record.id;
		t->report->transaction = record.id;
	}
	transaction_record_done(&record);
	return r == 0 ? settle(t, e) : r;
}

static int switch_off(struct trial *t, const char *reason, struct error *e)
{
	int64_t id = t->pending;
	int r;

	if (id == 0)
		return 0;
	t->pending = 0;
	r = t->world->ops->revert(t->world, id, reason, e);
	/* What somebody else has written is left to them; the trial says so. */
	return r == -EUCLEAN && t->report->foreign ? 0 : r;
}

static int bring(struct trial *t, bool with, struct error *e)
{
	int r;

	if (with && t->pending == 0)
		return switch_on(t, e);
	if (!with && t->pending != 0) {
		r = switch_off(t, "a window without the change is next", e);
		return r == 0 ? settle(t, e) : r;
	}
	if (t->request->new_sockets && !t->marked)
		return settle(t, e);
	return 0;
}

/* Whether the change is still ours: 1, 0 when the trial is over because of somebody else. */
static int look_for_others(struct trial *t, struct error *e)
{
	struct trial_report *report = t->report;
	int r;

	if (t->pending == 0)
		return 1;
	r = t->world->ops->check(t->world, t->pending, report->foreign_target, e);
	if (r != -ECANCELED && r != -EALREADY && r != -EEXIST)
		return r < 0 ? r : 1;
	report->foreign = true;
	if (r == -EEXIST)
		return 0;
	t->confirmed = r == -EALREADY;
	t->pending = 0;
	return 0;
}

/* --- windows ------------------------------------------------------------------------------- */

/* Whether it tells nothing only because nobody has opened a connection yet. */
static bool is_empty(struct trial *t, const struct window *w)
{
	return t->request->new_sockets && window_find(w, &t->judge.criteria.subject) == NULL &&
	       t->empty++ < t->request->pairs * WINDOWS_WITHOUT_SOCKETS;
}

static int observe(struct trial *t, struct window *ret, struct error *e)
{
	const struct window_request request = {
		.seconds = t->request->window_s,
		.interval_s = fmin(SAMPLE_INTERVAL_S, t->request->window_s / SAMPLE_INTERVALS),
		.new_sockets = t->request->new_sockets,
	};
	int r;

	for (;;) {
		r = t->world->ops->observe(t->world, &request, ret, e);
		if (r == 0 && is_empty(t, ret))
			window_done(ret);
		else if (r != -ETIME || t->retries++ == RETRIES_MAX)
			break;
	}
	t->done += r == 0;
	return r;
}

/* The objective is chosen by what the traffic does, which only a window tells. */
static void take_objective(struct trial *t, const struct window *first)
{
	struct judge_criteria *c = &t->judge.criteria;

	if (c->objective == NULL)
		c->objective = judge_objective(first, &c->subject);
}

/* 1, or 0 when the trial is over before its end. */
static int take_before(struct trial *t, struct error *e)
{
	int r = bring(t, false, e);

	while (r >= 0 && t->without_count < t->request->pairs) {
		struct window *w = &t->without[t->without_count];

		tell(t, "without the change");
		r = observe(t, w, e);
		if (r == 0) {
			take_objective(t, w);
			t->without_count++;
		}
	}
	return r < 0 ? r : 1;
}

static int take_after(struct trial *t, struct error *e)
{
	const struct judge_criteria *c = &t->judge.criteria;
	int r = bring(t, true, e);

	for (unsigned int i = 0; r >= 0 && i < t->request->pairs; i++) {
		struct window w = { 0 };

		tell(t, "with the change");
		r = observe(t, &w, e);
		if (r == 0)
			r = look_for_others(t, e);
		if (r == 1) {
			judge_add(&t->judge, &t->without[i], &w);
			t->harm = judge_is_harm(c, t->without, t->without_count, &w) ? t->harm + 1
										     : 0;
		}
		window_done(&w);
		if (r == 0 || t->harm == HARM_WINDOWS)
			return r < 0 ? r : 0;
	}
	return r < 0 ? r : 1;
}

static int run_before_after(struct trial *t, struct error *e)
{
	int r;

	t->without = calloc(t->request->pairs, sizeof(t->without[0]));
	if (t->without == NULL)
		return error_errno(e, -ENOMEM, NULL, "trial");
	r = take_before(t, e);
	return r == 1 ? take_after(t, e) : r;
}

static int take_window(struct trial *t, bool with, struct window *ret, struct error *e)
{
	int r = bring(t, with, e);

	if (r < 0)
		return r;
	tell(t, with ? "with the change" : "without the change");
	r = observe(t, ret, e);
	return r < 0 ? r : look_for_others(t, e);
}

static int run_abba(struct trial *t, struct error *e)
{
	int r = 1;

	for (unsigned int i = 0; r == 1 && i < t->request->pairs; i++) {
		const bool with_first = i % 2 == 1;
		struct window w[2] = { 0 }; /* without, with */

		r = take_window(t, with_first, &w[with_first], e);
		if (r == 1)
			r = take_window(t, !with_first, &w[!with_first], e);
		if (r == 1) {
			take_objective(t, &w[0]);
			judge_add(&t->judge, &w[0], &w[1]);
		}
		window_done(&w[0]);
		window_done(&w[1]);
	}
	return r;
}

/* --- the end ------------------------------------------------------------------------------- */

static void judge(struct trial *t)
{
	struct judgement_of_trial *j = &t->report->judgement;

	*j = judge_decide(&t->judge);
	if (t->report->foreign) {
		j->verdict = VERDICT_UNDECIDED;
		if (t->report->foreign_target[0] != '\0')
			(void)snprintf(j->reason, sizeof(j->reason),
				       "somebody else has set %s meanwhile",
				       t->report->foreign_target);
		else
			(void)snprintf(j->reason, sizeof(j->reason),
				       "somebody else has %s it meanwhile",
				       t->confirmed ? "confirmed" : "rolled back");
	} else if (t->harm == HARM_WINDOWS) {
		j->verdict = VERDICT_REVERT;
		(void)snprintf(j->reason, sizeof(j->reason),
			       "ended early: %u windows in a row were far worse than every one "
			       "without the change",
			       t->harm);
	}
}

static int finish(struct trial *t, struct error *e)
{
	struct trial_report *report = t->report;
	int r = 0;

	judge(t);
	if (report->judgement.verdict == VERDICT_KEEP && t->request->leave_in_place) {
		r = bring(t, true, e);
		if (r == 0)
			r = t->world->ops->keep(t->world, t->pending, e);
		report->in_place = r == 0;
		if (r == 0)
			t->pending = 0;
		return r;
	}
	report->in_place = t->confirmed;
	return switch_off(t, report->judgement.reason, e);
}

static int check_request(const struct trial_request *q, struct error *e)
{
	if (q->pairs < PAIRED_SHIFT_MIN || q->pairs > PAIRED_SHIFT_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "a trial takes %d to %d pairs of windows, not %u",
				 PAIRED_SHIFT_MIN, PAIRED_SHIFT_MAX, q->pairs);
	if (!(q->window_s >= 1 && q->window_s <= 3600) ||
	    !(q->settle_s >= 0 && q->settle_s <= 3600))
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "the windows of a trial last 1 to 3600 s, and up to 3600 s are "
				 "left out after a change");
	return 0;
}

int trial_run(struct world *w, const struct trial_request *q, struct trial_report *ret,
	      struct error *e)
{
	struct trial t = { .world = w, .request = q, .report = ret };
	struct error failure = { 0 };
	uint64_t start_ns;
	int r = check_request(q, e);

	*ret = (struct trial_report){ 0 };
	if (r < 0)
		return r;
	start_ns = w->ops->now_ns(w);
	judge_begin(&t.judge, &q->criteria);
	r = q->design == TRIAL_ABBA ? run_abba(&t, e) : run_before_after(&t, e);
	if (r >= 0)
		r = finish(&t, e);
	/* Whatever went wrong, nothing stays changed that nobody has judged. */
	if (r < 0 && switch_off(&t, "the trial ended before its verdict", &failure) < 0) {
		if (e != NULL)
			*e = failure;
		r = -EUCLEAN;
	}
	for (size_t i = 0; i < t.without_count; i++)
		window_done(&t.without[i]);
	free(t.without);
	ret->seconds = (double)(w->ops->now_ns(w) - start_ns) / 1e9;
	return r < 0 ? r : 0;
}
