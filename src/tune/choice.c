#include "tune/choice.h"

#include "base/array.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct choice_text {
	char tunable[TARGET_NAME_MAX];
	char value[HELD_TEXT_MAX];
	char why[PLAN_WHY_MAX];
};

/* --- sightings ----------------------------------------------------------------------------- */

struct sighting {
	char rule[MEMORY_RULE_MAX];
	char tunable[TARGET_NAME_MAX];
	unsigned int windows;
	bool now;
};

void sightings_done(struct sightings *s)
{
	free(s->all);
	*s = (struct sightings){ 0 };
}

/* Of a finding with changes. */
static struct sighting *sighting_find(const struct sightings *s, const struct finding *f)
{
	char tunable[TARGET_NAME_MAX];

	(void)finding_change_name(&f->changes[0], tunable);
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->all[i].rule, f->rule->id) == 0 &&
		    strcmp(s->all[i].tunable, tunable) == 0)
			return &s->all[i];
	}
	return NULL;
}

static int sighting_add(struct sightings *s, const struct finding *f)
{
	struct sighting *new = array_grow(s->all, s->count, &s->capacity, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	s->all = new;
	new = &s->all[s->count++];
	*new = (struct sighting){ .windows = 1, .now = true };
	(void)snprintf(new->rule, sizeof(new->rule), "%s", f->rule->id);
	(void)finding_change_name(&f->changes[0], new->tunable);
	return 0;
}

int sightings_count(struct sightings *s, const struct diagnosis *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		s->all[i].now = false;
	for (size_t i = 0; i < d->finding_count; i++) {
		struct sighting *known;

		if (d->findings[i].change_count == 0)
			continue;
		known = sighting_find(s, &d->findings[i]);
		if (known == NULL && sighting_add(s, &d->findings[i]) < 0)
			return -ENOMEM;
		if (known != NULL && !known->now) {
			known->windows++;
			known->now = true;
		}
	}
	for (size_t i = 0; i < s->count; i++) {
		if (s->all[i].now)
			s->all[kept++] = s->all[i];
	}
	s->count = kept;
	return 0;
}

/* --- one finding --------------------------------------------------------------------------- */

void choice_done(struct choice *c)
{
	free(c->wishes);
	free(c->texts);
	*c = (struct choice){ 0 };
}

/* What one trial sets: not beyond `step`, nor beyond what is wanted. */
static double bound_by_step(const struct finding_change *c, bool *stepped)
{
	const double to = c->to.number;

	if (c->step.kind != VALUE_NUMBER || c->from.kind != VALUE_NUMBER)
		return to;
	if (to > c->from.number && c->step.number > c->from.number && c->step.number < to) {
		*stepped = true;
		return c->step.number;
	}
	if (to < c->from.number && c->step.number < c->from.number && c->step.number > to) {
		*stepped = true;
		return c->step.number;
	}
	return to;
}

struct refusal {
	char text[400];
};

static int refuse(struct refusal *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct refusal *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, args);
	va_end(args);
	return 1;
}

static int take_number(const struct choice_request *q, const struct finding_change *c,
		       struct choice *ret, struct choice_text *text, struct refusal *why)
{
	int64_t value = tunable_to_kernel(c->tunable, bound_by_step(c, &ret->stepped));
	const int64_t wanted = value;

	ret->number = (struct choice_number){ 0 };
	if (!limits_bound(q->limits, text->tunable, &value))
		return refuse(why, "%s is pinned", text->tunable);
	if (c->from.kind == VALUE_NUMBER) {
		int64_t from = tunable_to_kernel(c->tunable, c->from.number);

		/* A bound that lies on the other side of what is set now allows no step at all. */
		if (value == from || (value > from) != (wanted > from))
			return refuse(why, "%s is pinned at what it holds", text->tunable);
		ret->number = (struct choice_number){ c->tunable, "", from, value };
		memcpy(ret->number.name, text->tunable, sizeof(ret->number.name));
	}
	(void)snprintf(text->value, sizeof(text->value), "%" PRId64, value);
	return 0;
}

static int take_text(const struct choice_request *q, const struct finding_change *c,
		     struct choice_text *text, struct refusal *why)
{
	if (!limits_bound(q->limits, text->tunable, NULL))
		return refuse(why, "%s is pinned", text->tunable);
	text_copy_printable(text->value, sizeof(text->value), c->to.text, strlen(c->to.text));
	return 0;
}

static void explain(struct choice_text *text, const struct rule *rule)
{
	(void)snprintf(text->why, sizeof(text->why), "%s %s", rule->id, rule->slug);
}

static bool is_elsewhere(const struct choice_request *q, const struct finding_change *c)
{
	return c->tunable->scope == TUNABLE_INIT_ONLY && !q->is_init;
}

static void add_wish(struct choice *c, const struct choice_text *text)
{
	c->wishes[c->wish_count++] = (struct wish){ text->tunable, text->value, text->why,
						    WISH_SET };
}

/* 0, or 1 with why not. */
static int take_change(const struct choice_request *q, const struct finding *f,
		       const struct finding_change *c, struct choice *ret, struct refusal *why)
{
	struct choice_text *text = &ret->texts[ret->wish_count];
	const struct outcome *known;
	int r;

	(void)finding_change_name(c, text->tunable);
	explain(text, f->rule);
	if (is_elsewhere(q, c))
		return refuse(why, "%s can be set in the initial network namespace only",
			      text->tunable);
	if (c->tunable->undo == TUNABLE_UNDO_NO)
		return refuse(why, "%s cannot be put back", text->tunable);
	known = q->memory == NULL
			? NULL
			: memory_forbids(q->memory, q->netns_cookie, text->tunable, q->now_utc_s);
	if (known != NULL)
		return refuse(why, "%s is %s: %s", text->tunable, outcome_kind_name(known->kind),
			      known->reason);
	r = c->to.kind == VALUE_TEXT ? take_text(q, c, text, why)
				     : take_number(q, c, ret, text, why);
	if (r != 0)
		return r;
	add_wish(ret, text);
	return 0;
}

static bool all_are_elsewhere(const struct choice_request *q, const struct finding *f)
{
	for (size_t i = 0; i < f->change_count; i++) {
		if (!is_elsewhere(q, &f->changes[i]))
			return false;
	}
	return true;
}

static int make_room(struct choice *c, size_t wishes)
{
	c->wishes = calloc(wishes, sizeof(c->wishes[0]));
	c->texts = calloc(wishes, sizeof(c->texts[0]));
	return c->wishes == NULL || c->texts == NULL ? -ENOMEM : 0;
}

/* 0 with *ret, 1 with why not, or -ENOMEM. All changes of a finding belong together. */
static int take_finding(const struct choice_request *q, const struct finding *f, struct choice *ret,
			struct refusal *why)
{
	size_t new_only = 0;
	int r = make_room(ret, f->change_count);

	for (size_t i = 0; i < f->change_count && r == 0; i++) {
		/* What the whole host would have to do besides does not keep from what can be done
		 * here. */
		if (is_elsewhere(q, &f->changes[i]) && !all_are_elsewhere(q, f))
			continue;
		r = take_change(q, f, &f->changes[i], ret, why);
		new_only += f->changes[i].tunable->undo == TUNABLE_UNDO_NEW_SOCKETS_ONLY;
	}
	if (r != 0)
		return r;
	if (ret->wish_count != 1)
		ret->number = (struct choice_number){ 0 };
	ret->sockets = trial_sockets_for(new_only > 0, new_only == ret->wish_count);
	ret->rule = f->rule;
	ret->subject.kind = f->rule->scope;
	(void)snprintf(ret->subject.entity, sizeof(ret->subject.entity), "%s", f->entities[0].name);
	return 0;
}

/* --- the choice ---------------------------------------------------------------------------- */

/* Without a word: what is no fault, what no setting helps, and what has not lasted yet. */
static bool is_candidate(const struct choice_request *q, const struct finding *f)
{
	const struct sighting *s;

	if (f->change_count == 0 || f->severity < q->least)
		return false;
	if (q->sightings == NULL)
		return true;
	s = sighting_find(q->sightings, f);
	return s != NULL &&
	       s->windows >= (f->rule->hysteresis > 0 ? f->rule->hysteresis : q->patience);
}

int choice_make(const struct choice_request *q, const struct diagnosis *d,
		void (*skipped)(void *arg, const struct finding *f, const char *reason), void *arg,
		struct choice *ret, struct error *e)
{
	*ret = (struct choice){ 0 };
	for (size_t i = 0; i < d->finding_count; i++) {
		const struct finding *f = &d->findings[i];
		struct refusal why = { "" };
		int r;

		if (!is_candidate(q, f))
			continue;
		r = limits_allow_rule(q->limits, f->rule)
			    ? take_finding(q, f, ret, &why)
			    : refuse(&why, "the configuration leaves this rule out");
		if (r == 0)
			return 0;
		choice_done(ret);
		if (r < 0)
			return error_errno(e, r, NULL, "choosing what to try");
		if (skipped != NULL)
			skipped(arg, f, why.text);
	}
	return 0;
}

int choice_of_number(const struct rule *rule, const struct subject *subject,
		     const struct choice_number *n, struct choice *ret, struct error *e)
{
	const bool new_only = n->tunable->undo == TUNABLE_UNDO_NEW_SOCKETS_ONLY;
	struct choice_text *text;

	*ret = (struct choice){ .rule = rule,
				.subject = *subject,
				.number = *n,
				.sockets = trial_sockets_for(new_only, new_only) };
	if (make_room(ret, 1) < 0) {
		choice_done(ret);
		return error_errno(e, -ENOMEM, NULL, "choosing what to try");
	}
	text = &ret->texts[0];
	memcpy(text->tunable, n->name, sizeof(text->tunable));
	(void)snprintf(text->value, sizeof(text->value), "%" PRId64, n->to);
	explain(text, rule);
	add_wish(ret, text);
	return 0;
}
