#include "rules/lint_finding.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "rules/candidate.h"
#include "tunables/catalogue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The class of rules that judge settings, as lints do. */
#define CLASS_CONFIGURATION "configuration"

/* Whether a rule that matched has said what is to be said about a setting: it proposes another
 * value of the whole, or of a part for being wrong (rather than too small for this traffic). */
static bool judges_setting(const struct rule *rule, const char *key)
{
	bool configuration = rule->class_name != NULL &&
			     strcmp(rule->class_name, CLASS_CONFIGURATION) == 0;

	for (size_t i = 0; i < rule->change_count; i++) {
		const struct tunable *t = rule->changes[i].tunable;

		if (strcmp(t->name, key) == 0 && (t->elements == 1 || configuration))
			return true;
	}
	return false;
}

static bool is_said(const struct diagnosis *d, const char *key)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		if (judges_setting(d->findings[i].rule, key))
			return true;
	}
	for (size_t i = 0; i < d->ignored_count; i++) {
		if (judges_setting(d->ignored[i].rule, key))
			return true;
	}
	return false;
}

/* A lint in the words of a rule. There is room for it. */
static const struct rule *add_rule(struct diagnosis *d, const char *id, const char *slug,
				   enum severity severity, const char *source)
{
	struct rule *rule = &d->lint_rules[d->lint_rule_count];

	*rule = (struct rule){
		.id = strdup(id),
		.slug = strdup(slug),
		.class_name = strdup(CLASS_CONFIGURATION),
		.scope = ENTITY_HOST,
		.ceiling = severity,
		.source = strdup(source),
	};
	d->lint_rule_count++;
	return rule->id != NULL && rule->slug != NULL && rule->class_name != NULL &&
			       rule->source != NULL
		       ? rule
		       : NULL;
}

/* The numbers of the value, each with the unit of its tunable where that is known; else its text.
 */
static int add_evidence(struct finding *f, const struct lint_finding *l)
{
	const struct tunable *t = tunable_find(l->key);
	int64_t number[4];
	unsigned int n = lint_numbers(l->value, number);
	unsigned int count = n > 0 ? n : 1;

	f->evidence = calloc(count, sizeof(*f->evidence));
	if (f->evidence == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < count; i++) {
		struct finding_evidence *evidence = &f->evidence[f->evidence_count];
		CLEANUP(bytes_done) struct bytes name = { 0 };

		if (bytes_printf(&name, "sysctl('%s')", l->key) < 0 ||
		    (n > 1 && bytes_printf(&name, "[%u]", i) < 0))
			return -ENOMEM;
		evidence->metric = strdup(name.data);
		if (evidence->metric == NULL)
			return -ENOMEM;
		f->evidence_count++;
		evidence->threshold = value_unknown("a lint has none");
		evidence->unit = n == 0 ? UNIT_TEXT : t != NULL ? t->unit : UNIT_COUNT;
		if (n == 0)
			evidence->value = value_text(l->value);
		else if (t != NULL)
			evidence->value = value_number(tunable_from_kernel(t, number[i]));
		else
			evidence->value = value_number((double)number[i]);
	}
	return 0;
}

static int describe(struct finding *f, const struct lint_finding *l)
{
	f->entities = calloc(1, sizeof(*f->entities));
	if (f->entities == NULL)
		return -ENOMEM;
	f->entity_count = 1;
	f->entities[0].name = strdup(l->key);
	f->entities[0].process = strdup("");
	if (asprintf(&f->title, "%s = %s: %s.", l->key, l->value, l->message) < 0)
		f->title = NULL;
	if (f->entities[0].name == NULL || f->entities[0].process == NULL || f->title == NULL)
		return -ENOMEM;
	return finding_add_advice(f, l->fix != NULL ? l->fix : "");
}

/* Before the first that is less severe, or as severe and of a later id. */
static int insert_finding(struct diagnosis *d, struct finding *f)
{
	struct finding *all = reallocarray(d->findings, d->finding_count + 1, sizeof(*all));
	size_t at = 0;

	if (all == NULL)
		return -ENOMEM;
	d->findings = all;
	while (at < d->finding_count &&
	       (all[at].severity > f->severity ||
		(all[at].severity == f->severity && strcmp(all[at].rule->id, f->rule->id) <= 0)))
		at++;
	memmove(&all[at + 1], &all[at], (d->finding_count - at) * sizeof(*all));
	all[at] = *f;
	d->finding_count++;
	return 0;
}

static int add_finding(struct diagnosis *d, const struct rule *rule, const struct lint_finding *l)
{
	struct finding f = { .rule = rule, .subject = "setting", .severity = l->severity };
	int r = describe(&f, l);

	if (r == 0)
		r = add_evidence(&f, l);
	if (r == 0)
		r = insert_finding(d, &f);
	if (r < 0)
		finding_done(&f);
	return r;
}

static int add_ignored(struct diagnosis *d, const struct rule *rule, const struct lint_finding *l,
		       const char *why)
{
	struct ignored *all = reallocarray(d->ignored, d->ignored_count + 1, sizeof(*all));
	char *key = strdup(l->key);
	size_t at = 0;

	if (all != NULL)
		d->ignored = all;
	if (all == NULL || key == NULL) {
		free(key);
		return -ENOMEM;
	}
	while (at < d->ignored_count && strcmp(all[at].rule->id, rule->id) <= 0)
		at++;
	memmove(&all[at + 1], &all[at], (d->ignored_count - at) * sizeof(*all));
	all[at] = (struct ignored){ rule, key, l->severity, why };
	d->ignored_count++;
	return 0;
}

static int add_unjudged(struct diagnosis *d, const struct lint_unjudged *l)
{
	const struct lint *lint = lint_find(l->id);
	struct unjudged *all = reallocarray(d->unjudged, d->unjudged_count + 1, sizeof(*all));
	const struct rule *rule;
	size_t at = 0;

	if (all == NULL)
		return -ENOMEM;
	d->unjudged = all;
	rule = add_rule(d, l->id, lint->slug, lint->severity, lint->source);
	if (rule == NULL)
		return -ENOMEM;
	while (at < d->unjudged_count && strcmp(all[at].rule->id, rule->id) <= 0)
		at++;
	memmove(&all[at + 1], &all[at], (d->unjudged_count - at) * sizeof(*all));
	all[at] = (struct unjudged){ .rule = rule, .missing = l->key };
	(void)snprintf(all[at].reason, sizeof(all[at].reason), "%s", l->reason);
	d->unjudged_count++;
	return 0;
}

static int add_lint(struct diagnosis *d, const struct lint_finding *l,
		    const struct ignore_list *ignore)
{
	const struct ignore *entry = ignore_find(ignore, l->id, l->key);
	const struct rule *rule;

	if (is_said(d, l->key))
		return 0;
	rule = add_rule(d, l->id, l->slug, l->severity, l->source);
	if (rule == NULL)
		return -ENOMEM;
	return entry != NULL ? add_ignored(d, rule, l, entry->why) : add_finding(d, rule, l);
}

int diagnosis_add_lints(struct diagnosis *d, const struct lint_report *report,
			const struct ignore_list *ignore, struct error *e)
{
	int r = 0;

	/* Findings point into it: it must not move. */
	d->lint_rules = calloc(report->count + report->unjudged_count + 1, sizeof(*d->lint_rules));
	if (d->lint_rules == NULL)
		r = -ENOMEM;
	for (size_t i = 0; i < report->count && r == 0; i++)
		r = add_lint(d, &report->findings[i], ignore);
	for (size_t i = 0; i < report->unjudged_count && r == 0; i++)
		r = add_unjudged(d, &report->unjudged[i]);
	return r < 0 ? error_errno(e, r, NULL, "judging settings") : 0;
}
