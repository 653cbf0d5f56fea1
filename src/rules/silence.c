/* A cause silences its symptoms. */
#include "base/cleanup.h"
#include "rules/candidate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The candidates of one rule. */
struct run {
	const struct rule *rule;
	size_t first, count;
};

#define NOT_RELATED SIZE_MAX

static size_t path_link(const struct observation *o, size_t path)
{
	const struct path_stats *p;

	if (path >= o->path_count)
		return NOT_RELATED;
	p = &o->paths[path];
	return p->link < o->link_count ? p->link : NOT_RELATED;
}

/* The entity of kind `wanted` that this one belongs to: a flow to its path, a path to its link. */
static size_t project(const struct observation *o, enum entity_kind kind, size_t index,
		      enum entity_kind wanted)
{
	if (kind == wanted)
		return index;
	if (wanted == ENTITY_HOST)
		return 0;
	if (kind == ENTITY_FLOW) {
		size_t path = observation_flow(o, index)->path;

		return wanted == ENTITY_PATH   ? path
		       : wanted == ENTITY_LINK ? path_link(o, path)
					       : NOT_RELATED;
	}
	if (kind == ENTITY_PATH && wanted == ENTITY_LINK)
		return path_link(o, index);
	return NOT_RELATED;
}

static int compare_entity(const void *key, const void *element)
{
	const size_t *wanted = key;
	const struct candidate *c = element;

	return (*wanted > c->entity) - (*wanted < c->entity);
}

/* The candidate among those of a cause that is about the symptom's entity. A symptom of the host
 * has its cause in any of them. */
static const struct candidate *find_cause(const struct candidates *c, const struct run *cause,
					  const struct candidate *symptom,
					  const struct observation *o)
{
	size_t entity;

	if (symptom->rule->scope == ENTITY_HOST)
		return &c->all[cause->first];
	entity = project(o, symptom->rule->scope, symptom->entity, cause->rule->scope);
	if (entity == NOT_RELATED)
		return NULL;
	return bsearch(&entity, &c->all[cause->first], cause->count, sizeof(c->all[0]),
		       compare_entity);
}

static bool silences(const struct rule *cause, const struct rule *symptom)
{
	for (size_t i = 0; i < cause->silence_count; i++) {
		if (cause != symptom && strcmp(cause->silences[i], symptom->id) == 0)
			return true;
	}
	return false;
}

static size_t find_runs(const struct candidates *c, struct run *runs)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (n == 0 || runs[n - 1].rule != c->all[i].rule)
			runs[n++] = (struct run){ .rule = c->all[i].rule, .first = i };
		runs[n - 1].count++;
	}
	return n;
}

/* Marks the symptoms of one cause. Of two that silence each other the one marked first yields: a
 * cause must not vanish through its own symptom. */
static void mark_symptoms(const struct candidates *c, const struct run *cause,
			  const struct run *symptom, const struct observation *o,
			  const struct rule **silenced_by)
{
	for (size_t i = symptom->first; i < symptom->first + symptom->count; i++) {
		const struct candidate *found = find_cause(c, cause, &c->all[i], o);

		if (found != NULL && silenced_by[found - c->all] != symptom->rule)
			silenced_by[i] = cause->rule;
	}
}

int candidates_silence(struct candidates *c, const struct observation *o)
{
	struct run *runs = calloc(c->count + 1, sizeof(*runs));
	const struct rule **silenced_by = calloc(c->count + 1, sizeof(const struct rule *));
	size_t run_count, kept = 0;

	if (runs == NULL || silenced_by == NULL) {
		free(runs);
		free(silenced_by);
		return -ENOMEM;
	}
	run_count = find_runs(c, runs);
	for (size_t i = 0; i < run_count; i++) {
		for (size_t j = 0; j < run_count; j++) {
			if (silences(runs[i].rule, runs[j].rule))
				mark_symptoms(c, &runs[i], &runs[j], o, silenced_by);
		}
	}
	for (size_t i = 0; i < c->count; i++) {
		if (silenced_by[i] == NULL)
			c->all[kept++] = c->all[i];
	}
	c->count = kept;
	free(runs);
	free(silenced_by);
	return 0;
}
