#include "tune/window.h"

#include <string.h>

void window_done(struct window *w)
{
	diagnosis_done(&w->diagnosis);
	tunable_values_done(&w->settings);
	observation_free(w->observation);
	*w = (struct window){ 0 };
}

const void *window_find(const struct window *w, const struct subject *s)
{
	char name[ENTITY_NAME_MAX];
	size_t count = observation_entities(w->observation, s->kind);

	if (s->kind == ENTITY_HOST)
		return observation_entity(w->observation, ENTITY_HOST, 0);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(observation_entity_name(w->observation, s->kind, i, name, sizeof(name)),
			   s->entity) == 0)
			return observation_entity(w->observation, s->kind, i);
	}
	return NULL;
}

struct value window_metric(const struct window *w, const struct subject *s, const struct metric *m)
{
	const void *entity;

	if (m->entity == ENTITY_HOST)
		entity = observation_entity(w->observation, ENTITY_HOST, 0);
	else if (m->entity == s->kind)
		entity = window_find(w, s);
	else
		return value_unknown("the metric is about something else than the trial");
	if (entity == NULL)
		return value_unknown("not seen in this window");
	return metric_get(m, w->observation, entity);
}

enum truth window_judge(const struct window *now, const struct window *before,
			const struct subject *s, const struct expression *condition)
{
	/* The variables of a rule have no meaning outside its changes. */
	const struct value none[RULE_VARIABLES] = { 0 };
	const struct expression_environment env = {
		.observation = now->observation,
		.tunables = &now->settings,
		.entity = window_find(now, s),
		.variables = none,
		.before = before->observation,
		.before_entity = window_find(before, s),
	};

	if (env.entity == NULL || env.before_entity == NULL)
		return TRUTH_UNKNOWN;
	return expression_evaluate(condition, &env).truth;
}

bool window_has_finding(const struct window *w, const struct subject *s, const struct rule *rule)
{
	for (size_t i = 0; i < w->diagnosis.finding_count; i++) {
		const struct finding *f = &w->diagnosis.findings[i];

		if (strcmp(f->rule->id, rule->id) != 0)
			continue;
		if (s->kind == ENTITY_HOST)
			return true;
		for (size_t n = 0; n < f->entity_count; n++) {
			if (strcmp(f->entities[n].name, s->entity) == 0)
				return true;
		}
	}
	return false;
}
