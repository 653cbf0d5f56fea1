#include "tune/trial.h"

#include "tune/trial_steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two windows in a row must say that a change does harm. */
#define HARM_WINDOWS 2
/* For opening sockets, the journal, and a machine that is busy. */
#define DEADLINE_SLACK_S 60.0

double trial_deadline_s(const struct trial_request *q)
{
	const unsigned int windows = 2;
	const unsigned int empty = q->sockets != TRIAL_ALL_SOCKETS
					   ? q->pairs * TRIAL_WINDOWS_WITHOUT_SOCKETS
					   : 0;

	return q->settle_s + q->window_s * (windows + empty + TRIAL_RETRIES_MAX) * 1.25 +
	       DEADLINE_SLACK_S;
}

/* Pairs that told nothing are made up for, and what is close is looked at for longer: by half as
 * many again. */
static unsigned int pairs_at_most(const struct trial_request *q)
{
	const unsigned int most = q->pairs + q->pairs / 2;

	return most < PAIRED_SHIFT_MAX ? most : PAIRED_SHIFT_MAX;
}

void trial_tell(const struct trial *t, const char *phase)
{
	const struct trial_request *q = t->request;
	const unsigned int pairs = t->done < 2 * q->pairs ? q->pairs : pairs_at_most(q);

	if (q->progress != NULL)
		q->progress(q->progress_arg, phase, t->done, 2 * pairs);
}

/* --- windows ------------------------------------------------------------------------------- */

/* The objective is chosen by what the traffic does, which only a window tells. */
static void take_objective(struct trial *t, const struct window *first)
{
	struct judge_criteria *c = &t->judge.criteria;

	if (c->objective == NULL)
		c->objective = judge_objective(first, &c->subject);
}

static int take_window(struct trial *t, bool with, struct window *ret, struct error *e)
{
	int r = trial_bring(t, with, e);

	if (r != 1)
		return r;
	trial_tell(t, with ? "with the change" : "without the change");
	return trial_observe(t, ret, e);
}

static void note_harm(struct trial *t, const struct window *with)
{
	const struct judge_criteria *c = &t->judge.criteria;
	bool counts;

	t->absent = !trial_has_subject(t, with);
	/* No connection that counts is not the change's doing. */
	counts = !(t->new_sockets && t->absent);
	if (t->without_count > 0)
		t->harm = counts && judge_is_harm(c, t->without, t->without_count, with)
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

/* All windows without the change, then all with it. */
static int take_sides(struct trial *t, struct error *e)
{
	int r = 1;

	while (r == 1 && t->without_count < t->request->pairs) {
		struct window *without = &t->without[t->without_count];

		r = take_window(t, false, without, e);
		if (r == 1)
			take_objective(t, without);
		t->without_count += without->observation != NULL;
	}
	for (size_t i = 0; r == 1 && i < t->without_count; i++) {
		struct window with = { 0 };

		r = take_window(t, true, &with, e);
		if (r == 1) {
			note_harm(t, &with);
			judge_add(&t->judge, &t->without[i], &with);
		}
		window_done(&with);
		if (r == 1 && t->harm >= HARM_WINDOWS)
			return 0;
	}
	return r;
}

/* Not when most told nothing: there is nothing to be seen, then. */
static bool wants_pair(const struct trial *t, unsigned int taken)
{
	const size_t asked = t->request->pairs, told = t->judge.pairs;

	if (taken < asked)
		return true;
	if (taken >= pairs_at_most(t->request))
		return false;
	return told < asked ? 2 * told >= asked : judge_is_close(&t->judge);
}

static int take_pairs(struct trial *t, struct error *e)
{
	int r;

	t->without = calloc(pairs_at_most(t->request), sizeof(t->without[0]));
	if (t->without == NULL)
		return error_errno(e, -ENOMEM, NULL, "trial");
	r = trial_choose_sockets(t, e);
	t->report->new_sockets = t->new_sockets;
	t->report->one_step = t->judge.criteria.one_step = t->one_step;
	if (t->one_step)
		return r == 1 ? take_sides(t, e) : r;
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
	} else if (t->lost || t->ended) {
		j->verdict = VERDICT_UNDECIDED;
		(void)snprintf(j->reason, sizeof(j->reason), "%s",
			       t->lost ? "nothing is left that it could be set on"
				       : "the traffic ended, and did not come back without it");
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
	int r = t->pending != 0 ? 1 : trial_switch_on(t, e);

	if (r != 1)
		return r;
	r = t->world->ops->keep(t->world, t->pending, report->judgement.reason, e);
	report->in_place = r == 0 || r == -EUCLEAN;
	if (report->in_place)
		t->pending = 0;
	return r;
}

/* Traffic that was gone with the change in force may have ended by itself. */
static int look_without(struct trial *t, struct error *e)
{
	struct window w = { 0 };
	int r = trial_bring(t, false, e);

	if (r == 1)
		r = trial_observe_once(t, false, &w, e);
	if (r == 1)
		t->ended = !trial_has_subject(t, &w);
	window_done(&w);
	return r;
}

static int finish(struct trial *t, struct error *e)
{
	struct trial_report *report = t->report;
	int r = t->harm >= HARM_WINDOWS && t->absent ? look_without(t, e) : 0;

	if (r < 0)
		return r;
	judge(t);
	if (report->judgement.verdict == VERDICT_KEEP && t->request->leave_in_place)
		r = keep(t, e);
	if (r < 0)
		return r;
	r = trial_switch_off(t, report->judgement.reason, e);
	if (report->foreign || t->lost)
		judge(t);
	return r;
}

/* Whatever went wrong, nothing stays changed that nobody has judged. */
static int put_back(struct trial *t, int failed, struct error *e)
{
	struct error why = { 0 };
	const int64_t id = t->pending;
	int r = trial_switch_off(t, "the trial ended before its verdict", &why);

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
	return all_new_only ? TRIAL_NEW_SOCKETS_OR_ONE_STEP : TRIAL_NEW_SOCKETS_IF_THEY_CARRY;
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
