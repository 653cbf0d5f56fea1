#include "tune/trial.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Windows of a machine that was suspended meanwhile are taken anew; this often in a trial. */
#define RETRIES_MAX 3
/* Where new sockets alone count, windows without any are passed over: so many for each pair. */
#define WINDOWS_WITHOUT_SOCKETS 4
/* New sockets that carry less of the traffic than this are not what the change is for. */
#define NEW_SOCKETS_SHARE 0.5
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
	struct window *without; /* owned, one for each pair */
	size_t without_count;
	struct transaction_record first; /* owned: what held before the first change */
	int64_t pending;		 /* the transaction in force; 0: none */
	bool new_sockets;		 /* they alone count */
	bool fresh;			 /* none of them was seen since the last change */
	bool expired;			 /* its guardian has put it back */
	bool marked;			 /* sockets are remembered since the last change */
	unsigned int harm, retries, empty, done;
};

double trial_deadline_s(const struct trial_request *q)
{
	const unsigned int windows = 2;
	const unsigned int empty = q->sockets != TRIAL_ALL_SOCKETS
					   ? q->pairs * WINDOWS_WITHOUT_SOCKETS
					   : 0;

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
	int r = t->new_sockets ? t->world->ops->mark(t->world, e) : 0;

	t->marked = true;
	t->fresh = t->new_sockets; /* their time to settle begins when they are opened */
	if (r == 0 && q->settle_s > 0 && !t->fresh) {
		tell(t, "settling");
		r = t->world->ops->wait(t->world, q->settle_s, e);
	}
	return r;
}

/* Over because of somebody else. */
static int leave_to_others(struct trial *t, const char *target)
{
	t->report->foreign = true;
	(void)snprintf(t->report->foreign_target, sizeof(t->report->foreign_target), "%s", target);
	return 0;
}

static const struct plan_change *find_change(const struct transaction_record *t, const char *target)
{
	for (size_t i = 0; i < t->change_count; i++) {
		if (strcmp(t->changes[i].change.target.name, target) == 0)
			return &t->changes[i].change;
	}
	return NULL;
}

/* Whether what held before this change is what held before the first one: 1, or 0 when somebody
 * has set it in between. What is gone meanwhile is nobody's doing. */
static int compare_with_first(struct trial *t, const struct transaction_record *now)
{
	for (size_t i = 0; i < now->change_count; i++) {
		const struct plan_change *c = &now->changes[i].change;
		const struct plan_change *before = find_change(&t->first, c->target.name);

		if (before != NULL && strcmp(before->from.text, c->from.text) != 0)
			return leave_to_others(t, c->target.name);
	}
	return 1;
}

/* 1 when the change is in force, 0 when the trial is over because of somebody else. */
static int switch_on(struct trial *t, struct error *e)
{
	const struct trial_request *q = t->request;
	const bool first = t->report->transaction == 0;
	struct transaction_record record = { 0 };
	int r = t->world->ops->apply(t->world, q->wishes, q->wish_count, trial_deadline_s(q),
				     &record, e);

	if (r == 0 && record.id == 0) {
		r = first ? error_set(e, -EALREADY, ERROR_INPUT, NULL, "everything holds already")
			  : leave_to_others(t, q->wishes[0].tunable);
	} else if (r == 0) {
		t->pending = record.id;
		t->report->transaction = record.id;
		r = first ? 1 : compare_with_first(t, &record);
	}
	if (first && t->pending != 0)
		t->first = record;
	else
		transaction_record_done(&record);
	return r;
}

static int switch_off(struct trial *t, const char *reason, struct error *e)
{
	int r;

	if (t->pending == 0)
		return 0;
	r = t->world->ops->revert(t->world, t->pending, reason, e);
	if (r == -EALREADY) {
		t->report->confirmed = true;
		r = leave_to_others(t, "");
	}
	if (r == 0 || r == -EUCLEAN)
		t->pending = 0;
	/* What somebody else has written is left to them; the trial says so. */
	return r == -EUCLEAN && t->report->foreign ? 0 : r;
}

/* 1, or 0 when the trial is over because of somebody else. */
static int bring(struct trial *t, bool with, struct error *e)
{
	int r = 1;

	if (with == (t->pending != 0) && (t->marked || !t->new_sockets))
		return 1;
	if (with && t->pending == 0)
		r = switch_on(t, e);
	else if (!with && t->pending != 0)
		r = switch_off(t, "a window without the change is next", e);
	if (r < 0 || t->report->foreign)
		return r < 0 ? r : 0;
	r = settle(t, e);
	return r < 0 ? r : 1;
}

/* Whether the change is still ours: 1, 0 when the trial is over. */
static int look_for_others(struct trial *t, struct error *e)
{
	char target[TARGET_NAME_MAX] = "";
	int r;

	if (t->pending == 0)
		return 1;
	r = t->world->ops->check(t->world, t->pending, target, e);
	if (r == -EEXIST)
		return leave_to_others(t, target);
	if (r != -ECANCELED && r != -EALREADY && r != -ETIME)
		return r < 0 ? r : 1;
	t->pending = 0;
	t->expired = r == -ETIME;
	t->report->confirmed = r == -EALREADY;
	return t->expired ? 0 : leave_to_others(t, "");
}

/* --- windows ------------------------------------------------------------------------------- */

/* 1, or 0 when the trial is over. */
static int observe_once(struct trial *t, bool new_sockets, struct window *ret, struct error *e)
{
	const struct window_request request = {
		.seconds = t->request->window_s,
		.interval_s = fmin(SAMPLE_INTERVAL_S, t->request->window_s / SAMPLE_INTERVALS),
		.new_sockets = new_sockets,
	};
	int r;

	do
		r = t->world->ops->observe(t->world, &request, ret, e);
	while (r == -ETIME && t->retries++ < RETRIES_MAX);
	return r == 0 ? look_for_others(t, e) : r;
}

static bool has_subject(const struct trial *t, const struct window *w)
{
	return window_find(w, &t->judge.criteria.subject) != NULL;
}

/* Whether it tells nothing only because nobody has opened a connection yet. */
static bool is_empty(struct trial *t, const struct window *w)
{
	return t->new_sockets && !has_subject(t, w) &&
	       t->empty++ < t->request->pairs * WINDOWS_WITHOUT_SOCKETS;
}

/* A window in which the first new sockets were opened holds but a part of a window's traffic, and
 * its start: four bbr flows retransmitted 3 to 9 % in their first seconds and 1 % afterwards. The
 * next one tells more, unless they are gone by then. */
static int observe_next(struct trial *t, struct window *ret, struct error *e)
{
	struct window next = { 0 };
	int r = t->world->ops->wait(t->world, t->request->settle_s, e);

	r = r < 0 ? r : observe_once(t, true, &next, e);
	if (r == 1 && has_subject(t, &next)) {
		window_done(ret);
		*ret = next;
		return r;
	}
	window_done(&next);
	return r;
}

/* 1, or 0 when the trial is over. */
static int observe(struct trial *t, struct window *ret, struct error *e)
{
	int r = observe_once(t, t->new_sockets, ret, e);

	while (r == 1 && is_empty(t, ret)) {
		window_done(ret);
		r = observe_once(t, true, ret, e);
	}
	if (r == 1 && t->fresh && has_subject(t, ret))
		r = observe_next(t, ret, e);
	t->fresh = false;
	t->done += r == 1;
	return r;
}

/* The subject's rate in a window of its own; 0 when it was not there. */
static int measure_rate(struct trial *t, bool new_sockets, const struct metric **m, double *ret,
			struct error *e)
{
	const struct subject *s = &t->judge.criteria.subject;
	struct window w = { 0 };
	int r = observe_once(t, new_sockets, &w, e);

	if (r == 1) {
		struct value rate;

		if (*m == NULL)
			*m = judge_objective(&w, s);
		rate = window_metric(&w, s, *m);
		*ret = rate.kind == VALUE_NUMBER ? rate.number : 0;
	}
	window_done(&w);
	return r;
}

/* Whether new sockets carry the traffic: 1, or 0 when the trial is over. */
static int choose_sockets(struct trial *t, struct error *e)
{
	const struct metric *m = NULL;
	double all = 0, rate = 0;
	int r;

	t->new_sockets = t->request->sockets == TRIAL_NEW_SOCKETS;
	if (t->request->sockets != TRIAL_NEW_SOCKETS_IF_THEY_CARRY)
		return 1;
	tell(t, "looking for new connections");
	r = t->world->ops->mark(t->world, e);
	if (r == 0)
		r = measure_rate(t, false, &m, &all, e);
	for (int i = 0; r == 1 && !t->new_sockets && i < WINDOWS_WITHOUT_SOCKETS; i++) {
		r = measure_rate(t, true, &m, &rate, e);
		t->new_sockets = rate > 0 && rate >= NEW_SOCKETS_SHARE * all;
	}
	return r;
}

/* The objective is chosen by what the traffic does, which only a window tells. */
static void take_objective(struct trial *t, const struct window *first)
{
	struct judge_criteria *c = &t->judge.criteria;

	if (c->objective == NULL)
		c->objective = judge_objective(first, &c->subject);
}

static int take_window(struct trial *t, bool with, struct window *ret, struct error *e)
{
	int r = bring(t, with, e);

	if (r != 1)
		return r;
	tell(t, with ? "with the change" : "without the change");
	return observe(t, ret, e);
}

static void note_harm(struct trial *t, const struct window *with)
{
	const struct judge_criteria *c = &t->judge.criteria;
	/* No connection that counts is not the change's doing. */
	const bool absent = t->new_sockets && !has_subject(t, with);

	if (t->without_count > 0)
		t->harm = !absent && judge_is_harm(c, t->without, t->without_count, with)
				  ? t->harm + 1
				  : 0;
}

/* Windows without the change are kept: what is far worse than all of them ends the trial. */
static int take_pair(struct trial *t, bool with_first, struct error *e)
{
	struct window *without = &t->without[t->without_count];
	struct window with = { 0 };
	int r = take_window(t, with_first, with_first ? &with : without, e);

	if (r == 1 && !with_first)
		take_objective(t, without);
	if (r == 1 && with_first)
		note_harm(t, &with);
	if (r == 1 && t->harm < HARM_WINDOWS)
		r = take_window(t, !with_first, with_first ? without : &with, e);
	if (without->observation != NULL)
		t->without_count++;
	if (r == 1 && without->observation != NULL && with.observation != NULL) {
		if (!with_first)
			note_harm(t, &with);
		judge_add(&t->judge, without, &with);
	}
	window_done(&with);
	return r == 1 && t->harm >= HARM_WINDOWS ? 0 : r;
}

/* Pairs that told nothing are made up for, by half as many again. */
static unsigned int pairs_at_most(const struct trial_request *q)
{
	const unsigned int most = q->pairs + q->pairs / 2;

	return most < PAIRED_SHIFT_MAX ? most : PAIRED_SHIFT_MAX;
}

/* Not when most told nothing: there is nothing to be seen, then. */
static bool wants_pair(const struct trial *t, unsigned int taken)
{
	const size_t asked = t->request->pairs, told = t->judge.pairs;

	if (taken < asked)
		return true;
	return taken < pairs_at_most(t->request) && told < asked && 2 * told >= asked;
}

static int take_pairs(struct trial *t, struct error *e)
{
	int r;

	t->without = calloc(pairs_at_most(t->request), sizeof(t->without[0]));
	if (t->without == NULL)
		return error_errno(e, -ENOMEM, NULL, "trial");
	r = choose_sockets(t, e);
	t->report->new_sockets = t->new_sockets;
	for (unsigned int i = 0; r == 1 && wants_pair(t, i); i++)
		r = take_pair(t, i % 2 == 1, e);
	return r;
}

/* --- the end ------------------------------------------------------------------------------- */

static void judge(struct trial *t)
{
	struct judgement_of_trial *j = &t->report->judgement;
	const struct trial_report *report = t->report;

	*j = judge_decide(&t->judge);
	if (report->foreign) {
		j->verdict = VERDICT_UNDECIDED;
		if (report->foreign_target[0] != '\0')
			(void)snprintf(j->reason, sizeof(j->reason),
				       "somebody else has meanwhile set %s",
				       report->foreign_target);
		else
			(void)snprintf(j->reason, sizeof(j->reason),
				       "somebody else has meanwhile %s it",
				       report->confirmed ? "confirmed" : "rolled back");
	} else if (t->expired) {
		j->verdict = VERDICT_UNDECIDED;
		(void)snprintf(
			j->reason, sizeof(j->reason),
			"its guardian has put it back: the deadline passed, while this program "
			"or the machine stood still, or the guardian had to end");
	} else if (t->harm >= HARM_WINDOWS) {
		j->verdict = VERDICT_REVERT;
		(void)snprintf(j->reason, sizeof(j->reason),
			       "ended early: %u windows in a row were far worse than every one "
			       "without the change",
			       t->harm);
	}
}

/* For good: nobody waits for a window any more. */
static int keep(struct trial *t, struct error *e)
{
	struct trial_report *report = t->report;
	int r = t->pending != 0 ? 1 : switch_on(t, e);

	if (r != 1)
		return r;
	r = t->world->ops->keep(t->world, t->pending, report->judgement.reason, e);
	report->in_place = r == 0 || r == -EUCLEAN;
	if (report->in_place)
		t->pending = 0;
	return r;
}

static int finish(struct trial *t, struct error *e)
{
	struct trial_report *report = t->report;
	int r = 0;

	judge(t);
	if (report->judgement.verdict == VERDICT_KEEP && t->request->leave_in_place)
		r = keep(t, e);
	if (r < 0)
		return r;
	r = switch_off(t, report->judgement.reason, e);
	if (report->foreign)
		judge(t);
	return r;
}

/* Whatever went wrong, nothing stays changed that nobody has judged. */
static int put_back(struct trial *t, int failed, struct error *e)
{
	struct error why = { 0 };
	const int64_t id = t->pending;
	int r = switch_off(t, "the trial ended before its verdict", &why);

	if (r == 0)
		return failed;
	return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
			 "transaction %lld could not be put back (%.300s); its deadline does it "
			 "within %.0f s, netwright rollback %lld at once",
			 (long long)id, why.text, trial_deadline_s(t->request), (long long)id);
}

enum trial_sockets trial_sockets_for(bool some_new_only, bool all_new_only)
{
	if (!some_new_only)
		return TRIAL_ALL_SOCKETS;
	return all_new_only ? TRIAL_NEW_SOCKETS : TRIAL_NEW_SOCKETS_IF_THEY_CARRY;
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
	uint64_t start_ns;
	int r = check_request(q, e);

	*ret = (struct trial_report){ 0 };
	if (r < 0)
		return r;
	start_ns = w->ops->now_ns(w);
	judge_begin(&t.judge, &q->criteria);
	r = take_pairs(&t, e);
	if (r >= 0)
		r = finish(&t, e);
	if (t.pending != 0)
		r = put_back(&t, r, e);
	ret->in_place |= ret->confirmed;
	for (size_t i = 0; i < t.without_count; i++)
		window_done(&t.without[i]);
	free(t.without);
	transaction_record_done(&t.first);
	ret->seconds = (double)(w->ops->now_ns(w) - start_ns) / 1e9;
	return r < 0 ? r : 0;
}
