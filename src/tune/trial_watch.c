#include "tune/trial_steps.h"

#include <errno.h>
#include <math.h>

/* New sockets that carry less of the traffic than this are not what the change is for. */
#define NEW_SOCKETS_SHARE 0.5
/* A sample each second as in an audit, but five in any window: connections that begin or end
 * between two samples are not seen there, and with two samples that would be most of the short
 * ones. */
#define SAMPLE_INTERVAL_S 1.0
#define SAMPLE_INTERVALS  4

/* 1, or 0 when the trial is over. */
int trial_observe_once(struct trial *t, bool new_sockets, struct window *ret, struct error *e)
{
	const struct window_request request = {
		.seconds = t->request->window_s,
		.interval_s = fmin(SAMPLE_INTERVAL_S, t->request->window_s / SAMPLE_INTERVALS),
		.new_sockets = new_sockets,
	};
	int r;

	do {
		r = t->world->ops->observe(t->world, &request, ret, e);
	} while (r == -ETIME && t->retries++ < TRIAL_RETRIES_MAX);
	return r == 0 ? trial_look_for_others(t, e) : r;
}

bool trial_has_subject(const struct trial *t, const struct window *w)
{
	return window_find(w, &t->judge.criteria.subject) != NULL;
}

/* Whether it tells nothing only because nobody has opened a connection yet. */
static bool is_empty(struct trial *t, const struct window *w)
{
	return t->new_sockets && !trial_has_subject(t, w) &&
	       t->empty++ < t->request->pairs * TRIAL_WINDOWS_WITHOUT_SOCKETS;
}

/* A window in which the first new sockets were opened holds but a part of a window's traffic, and
 * its start: four bbr flows retransmitted 3 to 9 % in their first seconds and 1 % afterwards. The
 * next one tells more, unless they are gone by then. */
static int observe_next(struct trial *t, struct window *ret, struct error *e)
{
	struct window next = { 0 };
	int r = t->world->ops->wait(t->world, t->request->settle_s, e);

	r = r < 0 ? r : trial_observe_once(t, true, &next, e);
	if (r == 1 && trial_has_subject(t, &next)) {
		window_done(ret);
		*ret = next;
		return r;
	}
	window_done(&next);
	return r;
}

/* 1, or 0 when the trial is over. */
int trial_observe(struct trial *t, struct window *ret, struct error *e)
{
	int r = trial_observe_once(t, t->new_sockets, ret, e);

	while (r == 1 && is_empty(t, ret)) {
		window_done(ret);
		r = trial_observe_once(t, true, ret, e);
	}
	if (r == 1 && t->fresh && trial_has_subject(t, ret))
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
	int r = trial_observe_once(t, new_sockets, &w, e);

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

/* In one step a path's rate decides; of a listener or the host something else may be expected. */
static bool counts_new_sockets(const struct trial *t)
{
	return t->request->sockets == TRIAL_NEW_SOCKETS ||
	       (t->request->sockets == TRIAL_NEW_SOCKETS_OR_ONE_STEP &&
		t->judge.criteria.subject.kind != ENTITY_PATH);
}

/* By whether new sockets carry the traffic: 1, or 0 when the trial is over. */
int trial_choose_sockets(struct trial *t, struct error *e)
{
	const struct metric *m = NULL;
	double all = 0, rate = 0;
	int r;

	t->new_sockets = counts_new_sockets(t);
	if (t->new_sockets || t->request->sockets == TRIAL_ALL_SOCKETS)
		return 1;
	trial_tell(t, "looking for new connections");
	r = t->world->ops->mark(t->world, e);
	if (r == 0)
		r = measure_rate(t, false, &m, &all, e);
	for (int i = 0; r == 1 && !t->new_sockets && i < TRIAL_WINDOWS_WITHOUT_SOCKETS; i++) {
		r = measure_rate(t, true, &m, &rate, e);
		t->new_sockets = rate > 0 && rate >= NEW_SOCKETS_SHARE * all;
	}
	if (t->request->sockets == TRIAL_NEW_SOCKETS_OR_ONE_STEP && !t->new_sockets) {
		t->one_step = all > 0;
		t->new_sockets = !t->one_step; /* some may come yet */
	}
	return r;
}
