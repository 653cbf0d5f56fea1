/* Many findings to few: entities that agree share one, and a tunable is changed by one only. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "rules/candidate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int order_pointers(const void *a, const void *b)
{
	return (a > b) - (a < b);
}

/* Text changes agree in their value as well: there is no larger of two names. */
static int compare_change(const struct finding_change *a, const struct finding_change *b)
{
	int order = order_pointers(a->tunable, b->tunable);

	if (order == 0)
		order = strcmp(a->target, b->target);
	if (order == 0)
		order = (a->element > b->element) - (a->element < b->element);
	if (order == 0 && a->to.kind == VALUE_TEXT && b->to.kind == VALUE_TEXT)
		order = strcmp(a->to.text, b->to.text);
	return order;
}

/* 0: may be one finding. */
static int compare_agreement(const struct finding *a, const struct finding *b)
{
	int order = strcmp(a->rule->id, b->rule->id);

	if (order == 0)
		order = (a->change_count > b->change_count) - (a->change_count < b->change_count);
	for (size_t i = 0; i < a->change_count && order == 0; i++)
		order = compare_change(&a->changes[i], &b->changes[i]);
	if (order == 0 && a->change_count == 0)
		order = strcmp(a->advice, b->advice);
	return order;
}

static int compare_badness(const struct case_finding *a, const struct case_finding *b)
{
	if (a->finding.severity != b->finding.severity)
		return a->finding.severity > b->finding.severity ? -1 : 1;
	if (a->ratio > b->ratio || a->ratio < b->ratio)
		return a->ratio > b->ratio ? -1 : 1;
	return (a->entity > b->entity) - (a->entity < b->entity);
}

static int compare_for_joining(const void *a, const void *b)
{
	const struct case_finding *x = a, *y = b;
	int order = compare_agreement(&x->finding, &y->finding);

	return order != 0 ? order : compare_badness(x, y);
}

static int compare_for_reading(const void *a, const void *b)
{
	const struct case_finding *x = a, *y = b;
	int order = 0;

	if (x->finding.severity == y->finding.severity)
		order = strcmp(x->finding.rule->id, y->finding.rule->id);
	return order != 0 ? order : compare_badness(x, y);
}

/* Takes over the entities and the larger values of a finding that agrees and is not worse. */
static int absorb(struct finding *into, struct finding *from)
{
	struct finding_entity *entities = realloc(
		into->entities, (into->entity_count + from->entity_count) * sizeof(*entities));

	if (entities == NULL)
		return -ENOMEM;
	into->entities = entities;
	memcpy(entities + into->entity_count, from->entities,
	       from->entity_count * sizeof(*entities));
	into->entity_count += from->entity_count;
	from->entity_count = 0;
	for (size_t i = 0; i < into->change_count; i++) {
		struct value *to = &into->changes[i].to;

		if (to->kind == VALUE_NUMBER && from->changes[i].to.number > to->number)
			*to = from->changes[i].to;
	}
	finding_done(from);
	return 0;
}

/* What is left after an -ENOMEM must still be releasable: absorbed findings are zero. */
static int join(struct case_finding *findings, size_t *count)
{
	size_t kept = 0;

	if (*count == 0)
		return 0;
	qsort(findings, *count, sizeof(*findings), compare_for_joining);
	for (size_t i = 1; i < *count; i++) {
		struct finding *last = &findings[kept].finding;
		int r;

		if (compare_agreement(last, &findings[i].finding) != 0) {
			struct case_finding moved = findings[i];

			findings[i] = (struct case_finding){ 0 };
			findings[++kept] = moved;
			continue;
		}
		r = absorb(last, &findings[i].finding);
		if (r < 0)
			return r;
	}
	*count = kept + 1;
	return 0;
}

static const struct finding *find_change(const struct case_finding *findings, size_t count,
					 const struct finding_change *c)
{
	for (size_t i = 0; i < count; i++) {
		const struct finding *f = &findings[i].finding;

		for (size_t j = 0; j < f->change_count; j++) {
			const struct finding_change *other = &f->changes[j];

			if (other->tunable == c->tunable && other->element == c->element &&
			    strcmp(other->target, c->target) == 0)
				return f;
		}
	}
	return NULL;
}

/* "net.ipv4.tcp_rmem[2]: see RCV-02", with the entity where that would mean this very rule. */
static int refer(struct finding *f, const struct finding_change *c, const struct finding *other)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	bool same = other->rule == f->rule;
	char name[TARGET_NAME_MAX];
	int r = bytes_printf(&text, "%s: see %s%s%s", finding_change_name(c, name), other->rule->id,
			     same ? ", " : "", same ? other->entities[0].name : "");

	return r < 0 ? r : finding_add_advice(f, text.data);
}

/* In order of reading: the first to change an element keeps its change. */
static int settle_changes(struct case_finding *findings, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct finding *f = &findings[i].finding;

		for (size_t j = 0; j < f->change_count;) {
			const struct finding *other = find_change(findings, i, &f->changes[j]);
			int r;

			if (other == NULL) {
				j++;
				continue;
			}
			r = refer(f, &f->changes[j], other);
			if (r < 0)
				return r;
			finding_drop_change(f, j);
		}
	}
	return 0;
}

int findings_merge(struct case_finding *findings, size_t *count)
{
	int r = join(findings, count);

	if (r < 0)
		return r;
	if (*count > 0)
		qsort(findings, *count, sizeof(*findings), compare_for_reading);
	return settle_changes(findings, *count);
}
