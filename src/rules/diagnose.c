#include "rules/diagnose.h"

#include "base/array.h"
#include "rules/candidate.h"
#include "rules/rule_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void diagnosis_done(struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count; i++)
		finding_done(&d->findings[i]);
	free(d->findings);
	free(d->unjudged);
	for (size_t i = 0; i < d->ignored_count; i++)
		free(d->ignored[i].entity);
	free(d->ignored);
	for (size_t i = 0; i < d->lint_rule_count; i++)
		rule_done(&d->lint_rules[i]);
	free(d->lint_rules);
	*d = (struct diagnosis){ 0 };
}

static int add_candidate(struct candidates *c, const struct candidate *added)
{
	struct candidate *grown = array_grow(c->all, c->count, &c->capacity, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	c->all = grown;
	c->all[c->count++] = *added;
	return 0;
}

/* Judges one rule about every entity of its kind, and those that nobody saw. *ret_doubt is the
 * first judgement that failed for want of knowledge; its truth stays TRUTH_FALSE when there was
 * none, or when the rule matched an entity, and so was of use. */
static int judge_rule(const struct rule *rule, const struct case_file *file, struct candidates *c,
		      struct judgement *ret_doubt)
{
	size_t n = observation_entities(file->observation, rule->scope);
	size_t before = c->count;
	struct judgement doubt = { .truth = TRUTH_FALSE };

	for (size_t i = 0; i < n; i++) {
		struct judgement j = rule_judge(rule, file, i);

		if (j.truth == TRUTH_UNKNOWN && doubt.truth == TRUTH_FALSE)
			doubt = j;
		if (j.truth == TRUTH_TRUE) {
			struct candidate found = rule_candidate(rule, file, i);

			if (add_candidate(c, &found) < 0)
				return -ENOMEM;
		}
	}
	if (c->count > before)
		doubt.truth = TRUTH_FALSE;
	else if (doubt.truth == TRUTH_FALSE)
		doubt = rule_judge_unseen(rule, file);
	*ret_doubt = doubt;
	return 0;
}

static int judge_all(const struct rulebook *book, const struct case_file *file,
		     struct candidates *c, struct diagnosis *d)
{
	d->unjudged = calloc(book->count + 1, sizeof(*d->unjudged));
	if (d->unjudged == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < book->count; i++) {
		struct judgement doubt;
		int r = judge_rule(&book->rules[i], file, c, &doubt);

		if (r < 0)
			return r;
		if (doubt.truth == TRUTH_UNKNOWN) {
			struct unjudged *u = &d->unjudged[d->unjudged_count++];

			u->rule = &book->rules[i];
			u->missing = doubt.missing;
			(void)snprintf(u->reason, sizeof(u->reason), "%s", doubt.reason);
		}
	}
	return 0;
}

/* Moves what configuration ignores from the candidates to the diagnosis. After silencing: what is
 * known and accepted still keeps its symptoms quiet. */
static int ignore_some(const struct ignore_list *list, const struct observation *o,
		       struct candidates *c, struct diagnosis *d)
{
	char name[ENTITY_NAME_MAX];
	size_t kept = 0;

	d->ignored = calloc(c->count + 1, sizeof(*d->ignored));
	if (d->ignored == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->count; i++) {
		const struct candidate *found = &c->all[i];
		const struct ignore *entry;
		char *entity;

		(void)observation_entity_name(o, found->rule->scope, found->entity, name,
					      sizeof(name));
		entry = ignore_find(list, found->rule->id, name);
		if (entry == NULL) {
			c->all[kept++] = *found;
			continue;
		}
		entity = strdup(name);
		if (entity == NULL)
			return -ENOMEM;
		d->ignored[d->ignored_count++] = (struct ignored){ found->rule, entity,
								   found->severity, entry->why };
	}
	c->count = kept;
	return 0;
}

/* How many candidates the rule of the one at `first` has: they are grouped by rule. */
static size_t count_matches(const struct candidates *c, size_t first)
{
	size_t end = first;

	while (end < c->count && c->all[end].rule == c->all[first].rule)
		end++;
	return end - first;
}

static int build(const struct candidates *c, struct case_file *file, size_t index,
		 struct finding *ret)
{
	if (index == 0 || c->all[index - 1].rule != c->all[index].rule)
		file->variables[RULE_MATCHES] = value_number((double)count_matches(c, index));
	return finding_build(&c->all[index], file, ret);
}

/* Builds, merges and hands over the findings. On -ENOMEM nothing of them is left. */
static int find(const struct candidates *c, struct case_file *file, struct diagnosis *d)
{
	struct case_finding *findings = calloc(c->count + 1, sizeof(*findings));
	size_t built = 0, count;
	int r = findings == NULL ? -ENOMEM : 0;

	for (; built < c->count && r == 0; built++) {
		findings[built].ratio = c->all[built].ratio;
		findings[built].entity = c->all[built].entity;
		r = build(c, file, built, &findings[built].finding);
	}
	count = built;
	if (r == 0)
		r = findings_merge(findings, &count);
	if (r == 0)
		d->findings = calloc(count + 1, sizeof(*d->findings));
	if (r < 0 || d->findings == NULL) {
		for (size_t i = 0; i < built; i++)
			finding_done(&findings[i].finding);
		free(findings);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		d->findings[i] = findings[i].finding;
	d->finding_count = count;
	free(findings);
	return 0;
}

int diagnose(const struct rulebook *book, const struct observation *observation,
	     const struct tunable_values *settings, struct diagnosis *ret, struct error *e)
{
	struct candidates candidates = { 0 };
	struct diagnosis d = { 0 };
	struct case_file file;
	int r;

	case_open(&file, observation, settings);
	r = judge_all(book, &file, &candidates, &d);
	if (r == 0)
		r = candidates_silence(&candidates, observation);
	if (r == 0)
		r = ignore_some(&book->ignore, observation, &candidates, &d);
	if (r == 0)
		r = find(&candidates, &file, &d);
	free(candidates.all);
	if (r < 0) {
		diagnosis_done(&d);
		return error_errno(e, r, NULL, "diagnosis");
	}
	*ret = d;
	return 0;
}
