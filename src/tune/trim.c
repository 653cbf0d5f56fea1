#include "tune/trim.h"

#include <math.h>

/* The delay at the side on which the rate was measured. */
static const struct metric *delay_beside(const struct metric *rate)
{
	if (rate == metric_find("path.receive_rate"))
		return metric_find("path.rcv_rtt_p50");
	return rate == metric_find("path.goodput") ? metric_find("path.srtt_p50") : NULL;
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
	t.delay = delay_beside(j->objective);
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

bool trim_is_due(const struct trim *t, const struct window *w)
{
	struct value delay, least;

	if (t->rule == NULL)
		return false;
	delay = window_metric(w, &t->subject, t->delay);
	least = window_metric(w, &t->subject, metric_find("path.min_rtt"));
	return delay.kind == VALUE_NUMBER && least.kind == VALUE_NUMBER &&
	       delay.number >= TRIM_QUEUE_INFLATION * least.number;
}
