#include "tune/trim.h"

#include <math.h>

/* The delay at the side on which the rate was measured. */
static void take_delay(struct trim *t, const struct metric *rate)
{
	if (rate == metric_find("path.receive_rate")) {
		t->delay = metric_find("path.rcv_rtt_p50");
		t->most_delay = metric_find("path.rcv_rtt_p95");
	} else if (rate == metric_find("path.goodput")) {
		t->delay = metric_find("path.srtt_p50");
		t->most_delay = metric_find("path.srtt_p95");
	}
}

struct trim trim_after(const struct choice *c, const struct trial_report *report,
		       const struct limits *limits)
{
	const struct judgement_of_trial *j = &report->judgement;
	const struct choice_number *n = &c->number;
	struct trim t = { .subject = c->subject, .number = *n };
	double enough;

	/* Of sockets that the change reached in part only, what it carried says less. */
	if (!report->in_place || report->one_step || n->tunable == NULL || n->to <= n->from ||
	    !j->has_shift)
		return (struct trim){ 0 };
	take_delay(&t, j->objective);
	enough = (double)n->from * fmax(j->shift.estimate, 1) * TRIM_HEADROOM;
	if (t.delay == NULL || !(enough < TRIM_WORTHWHILE * (double)n->to))
		return (struct trim){ 0 };
	t.number.from = n->to;
	t.number.to = llround(enough);
	if (!limits_bound(limits, n->name, &t.number.to) || t.number.to >= n->to)
		return (struct trim){ 0 };
	t.rule = c->rule;
	return t;
}

/* NAN, with which nothing compares, when it is unknown. */
static double number_of(const struct trim *t, const struct window *w, const struct metric *m)
{
	struct value v = window_metric(w, &t->subject, m);

	return v.kind == VALUE_NUMBER ? v.number : (double)NAN;
}

bool trim_is_due(const struct trim *t, const struct window *w)
{
	double delay, least, most;

	if (t->rule == NULL)
		return false;
	delay = number_of(t, w, t->delay);
	least = number_of(t, w, metric_find("path.min_rtt"));
	most = number_of(t, w, t->most_delay);
	return delay >= TRIM_QUEUE_INFLATION * least && most < TRIM_QUEUE_OF_OTHERS * delay;
}
