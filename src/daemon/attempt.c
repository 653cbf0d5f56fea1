#include "daemon/attempt.h"

#include "base/text.h"
#include "tunables/tunable_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void attempt_done(struct attempt *a)
{
	choice_done(&a->choice);
	*a = (struct attempt){ 0 };
}

/* --- in words -------------------------------------------------------------------------------*/

static const struct finding *find_finding(const struct choice *c, const struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		const struct finding *f = &d->findings[i];

		if (f->rule == c->rule && f->entity_count > 0 &&
		    strcmp(f->entities[0].name, c->subject.entity) == 0)
			return f;
	}
	return NULL;
}

static const struct finding_change *find_change(const struct finding *f, const char *tunable)
{
	char name[TARGET_NAME_MAX];

	for (size_t i = 0; f != NULL && i < f->change_count; i++) {
		if (strcmp(finding_change_name(&f->changes[i], name), tunable) == 0)
			return &f->changes[i];
	}
	return NULL;
}

/* What a wish says, for people: choices are in the kernel's own unit. */
static const char *describe_wish(const struct finding_change *c, const char *value, char *buf,
				 size_t len)
{
	int64_t number;

	if (c != NULL && c->to.kind == VALUE_NUMBER &&
	    text_parse_i64(value, strlen(value), &number) == 0)
		return unit_format(c->tunable->unit, tunable_from_kernel(c->tunable, number), buf,
				   len);
	text_copy_printable(buf, len, value, strlen(value));
	return buf;
}

static const char *describe_from(const struct finding_change *c, char *buf, size_t len)
{
	buf[0] = '\0';
	if (c != NULL && c->from.kind == VALUE_NUMBER)
		(void)unit_format(c->tunable->unit, c->from.number, buf, len);
	else if (c != NULL && c->from.kind == VALUE_TEXT)
		text_copy_printable(buf, len, c->from.text, strlen(c->from.text));
	return buf;
}

static void describe_changes(struct attempt *a, const struct diagnosis *d)
{
	const struct finding *f = find_finding(&a->choice, d);
	size_t used = 0;

	for (size_t i = 0; i < a->choice.wish_count && used < sizeof(a->change); i++) {
		const struct wish *w = &a->choice.wishes[i];
		const struct finding_change *c = find_change(f, w->tunable);
		char from[80], to[80];
		int n;

		(void)describe_from(c, from, sizeof(from));
		n = snprintf(a->change + used, sizeof(a->change) - used, "%s%s%s%s -> %s",
			     i > 0 ? ", " : "", w->tunable, from[0] != '\0' ? " " : "", from,
			     describe_wish(c, w->value, to, sizeof(to)));
		used += n > 0 ? (size_t)n : 0;
	}
}

static void take(struct attempt *ret, const struct realm_place *place, struct choice *choice)
{
	const bool named = strcmp(place->label, "self") != 0;
	const struct subject *s = &ret->choice.subject;

	*ret = (struct attempt){ .place = *place, .choice = *choice };
	*choice = (struct choice){ 0 };
	(void)snprintf(ret->about, sizeof(ret->about), "%s%s%s %s%s%s", named ? place->label : "",
		       named ? ": " : "", ret->choice.rule->id, entity_kind_name(s->kind),
		       s->kind == ENTITY_HOST ? "" : " ", s->kind == ENTITY_HOST ? "" : s->entity);
}

void attempt_take(struct attempt *ret, const struct realm_place *place, struct choice *choice,
		  const struct diagnosis *d)
{
	take(ret, place, choice);
	describe_changes(ret, d);
}

void attempt_take_trim(struct attempt *ret, const struct realm_place *place, struct choice *choice,
		       const struct metric *delay)
{
	const struct choice_number *n = &ret->choice.number;
	char from[80], to[80];

	take(ret, place, choice);
	ret->delay = delay;
	(void)snprintf(ret->change, sizeof(ret->change), "%s %s -> %s", n->name,
		       unit_format(n->tunable->unit, tunable_from_kernel(n->tunable, n->from), from,
				   sizeof(from)),
		       unit_format(n->tunable->unit, tunable_from_kernel(n->tunable, n->to), to,
				   sizeof(to)));
}

bool attempt_is_allowed(const struct attempt *a, const struct memory *m, double now_utc_s)
{
	for (size_t i = 0; i < a->choice.wish_count; i++) {
		if (memory_forbids(m, a->place.cookie, a->choice.wishes[i].tunable, now_utc_s) !=
		    NULL)
			return false;
	}
	return true;
}

/* --- trying ---------------------------------------------------------------------------------*/

static const struct {
	enum outcome_kind kind;
	const char *verdict;
} conclusions[VERDICTS] = {
	[VERDICT_KEEP] = { OUTCOME_KEPT, "kept" },
	[VERDICT_REVERT] = { OUTCOME_REVERTED, "reverted" },
	[VERDICT_UNDECIDED] = { OUTCOME_UNDECIDED, "undecided" },
};

static void set_verdict(struct attempt_result *r, enum outcome_kind kind, const char *verdict,
			const char *reason)
{
	r->kind = kind;
	r->noted = true;
	(void)snprintf(r->verdict, sizeof(r->verdict), "%s", verdict);
	(void)snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

static void conclude(struct attempt_result *r)
{
	const struct trial_report *report = &r->report;
	enum verdict v = report->judgement.verdict;

	set_verdict(r, conclusions[v].kind, conclusions[v].verdict, report->judgement.reason);
	if (!report->foreign)
		return;
	set_verdict(r, OUTCOME_PARKED, "ended", report->judgement.reason);
	memcpy(r->target, report->foreign_target, sizeof(r->target));
}

void attempt_fail(int code, const struct error *why, struct attempt_result *ret)
{
	/* What somebody else holds now, or what has just gone, says nothing about the change;
	 * anything else fails again if it is tried again. Whether a target that could not be put
	 * back is somebody else's by now, the journal says (kept.h). */
	const bool kept = code == -EUCLEAN && ret->report.in_place;

	set_verdict(ret, kept ? OUTCOME_KEPT : OUTCOME_UNDECIDED, kept ? "kept" : "failed",
		    why->text);
	ret->noted = code != -EBUSY && code != -ESTALE && code != -EAGAIN;
}

int attempt_run(const struct attempt *a, const struct policy *policy, struct world *w,
		struct attempt_result *ret, struct error *e)
{
	const struct trial_request request = {
		.wishes = a->choice.wishes,
		.wish_count = a->choice.wish_count,
		.criteria = { .subject = a->choice.subject,
			      .rule = a->delay == NULL ? a->choice.rule : NULL,
			      .objective = a->delay,
			      .smaller_is_better = a->delay != NULL },
		.pairs = policy->config.pairs,
		.window_s = policy->config.window_s,
		.settle_s = policy->config.settle_s,
		.sockets = a->choice.sockets,
		.leave_in_place = true,
	};
	struct error why = { 0 };
	int r;

	*ret = (struct attempt_result){ 0 };
	r = trial_run(w, &request, &ret->report, &why);
	if (r == -EINTR)
		return error_set(e, r, why.kind, NULL, "%s", why.text);
	if (r < 0)
		attempt_fail(r, &why, ret);
	else
		conclude(ret);
	if (a->delay != NULL && ret->kind != OUTCOME_KEPT && ret->kind != OUTCOME_PARKED)
		ret->noted = false;
	return 0;
}

/* --- what came of it ------------------------------------------------------------------------*/

/* Whether a wish, which may name an element, is about the target, which does not. */
static bool is_about(const char *tunable, const char *target)
{
	char bare[TARGET_NAME_MAX];
	int element;

	return target[0] == '\0' || strcmp(tunable, target) == 0 ||
	       (target_split_name(tunable, bare, &element, NULL) == 0 && strcmp(bare, target) == 0);
}

int attempt_note(const struct attempt *a, const struct attempt_result *result, double now_utc_s,
		 double interval_s, struct memory *m,
		 void (*noted)(void *arg, const struct outcome *o), void *arg)
{
	for (size_t i = 0; i < a->choice.wish_count && result->noted; i++) {
		const struct wish *w = &a->choice.wishes[i];
		struct outcome o = { .netns_cookie = a->place.cookie,
				     .kind = result->kind,
				     .utc_s = now_utc_s };
		const struct outcome *remembered;
		int r;

		if (!is_about(w->tunable, result->target))
			continue;
		(void)snprintf(o.tunable, sizeof(o.tunable), "%s", w->tunable);
		(void)snprintf(o.rule, sizeof(o.rule), "%s", a->choice.rule->id);
		(void)snprintf(o.value, sizeof(o.value), "%s", w->value);
		text_copy_printable(o.reason, sizeof(o.reason), result->reason,
				    strlen(result->reason));
		r = memory_note(m, &o, interval_s, &remembered);
		if (r < 0)
			return r;
		if (noted != NULL)
			noted(arg, remembered);
	}
	return 0;
}

/* Cut where it is too long: for people. */
static void copy(char *dst, size_t size, const char *src)
{
	text_copy_printable(dst, size, src, strlen(src));
}

void attempt_describe(const struct attempt *a, const struct attempt_result *result,
		      double now_utc_s, struct status_trial *ret)
{
	*ret = (struct status_trial){ .utc_s = now_utc_s };
	copy(ret->netns, sizeof(ret->netns), a->place.label);
	copy(ret->rule, sizeof(ret->rule), a->choice.rule->id);
	copy(ret->entity, sizeof(ret->entity), a->choice.subject.entity);
	copy(ret->change, sizeof(ret->change), a->change);
	copy(ret->verdict, sizeof(ret->verdict), result->verdict);
	copy(ret->reason, sizeof(ret->reason), result->reason);
}
