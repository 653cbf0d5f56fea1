#include "rules/demand.h"

#include "measure/metric.h"
#include "rules/template.h"
#include "tunables/catalogue.h"

#include <errno.h>
#include <stdlib.h>

static void want(void *arg, const struct metric *m, const struct tunable *t)
{
	struct demand *d = arg;

	if (t != NULL && d->tunables != NULL)
		d->tunables[t - tunables] = true;
	if (m == NULL)
		return;
	d->owners = d->owners || metric_needs_owner(m);
	d->processes = d->processes || metric_needs_processes(m);
}

static void want_expression(struct demand *d, const struct expression *x)
{
	if (x != NULL)
		expression_each_name(x, want, d);
}

static void want_template(struct demand *d, const struct template *t)
{
	if (t != NULL)
		template_each_name(t, want, d);
}

/* What decides whether it is found. */
static void want_condition(struct demand *d, const struct rule *rule)
{
	d->owners = d->owners || rule->scope == ENTITY_OWNER;
	d->processes = d->processes || rule->scope == ENTITY_PROCESS;
	want_expression(d, rule->needs);
	want_expression(d, rule->when);
	want_expression(d, rule->unless);
	want_expression(d, rule->severity);
}

/* What is to be set then, and whether that helped. */
static void want_proposal(struct demand *d, const struct rule *rule)
{
	want_expression(d, rule->expect);
	for (size_t i = 0; i < rule->guard_count; i++)
		want_expression(d, rule->guards[i]);
	for (size_t i = 0; i < rule->change_count; i++) {
		const struct rule_change *c = &rule->changes[i];

		if (c->target != NULL)
			want_template(d, c->target);
		else
			want(d, NULL, c->tunable);
		want_expression(d, c->when);
		want_expression(d, c->to);
		want_expression(d, c->step);
	}
}

/* What is said about it. */
static void want_report(struct demand *d, const struct rule *rule)
{
	want_template(d, rule->title);
	for (size_t i = 0; i < rule->evidence_count; i++)
		want_expression(d, rule->evidence[i]);
	for (size_t i = 0; i < rule->change_count; i++)
		want_template(d, rule->changes[i].note);
	for (size_t i = 0; i < rule->advice_count; i++) {
		want_expression(d, rule->advice[i].when);
		want_template(d, rule->advice[i].text);
	}
}

static bool has_effect(const struct rule *rule)
{
	return rule->change_count > 0 || rule->silence_count > 0;
}

static void want_rule(struct demand *d, const struct rule *rule)
{
	struct demand told = { .tunables = d->tunables }; /* what else it notes is of no effect */
	struct demand proposed = told;

	want_condition(has_effect(rule) ? d : &told, rule);
	want_proposal(&proposed, rule);
	want_report(&told, rule);
	d->holders = d->holders || proposed.owners;
	d->processes = d->processes || proposed.processes;
}

int demand_of(const struct rulebook *book, struct demand *ret)
{
	struct demand d = { .tunables = calloc(tunable_count, sizeof(*d.tunables)) };

	if (d.tunables == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < book->count; i++)
		want_rule(&d, &book->rules[i]);
	*ret = d;
	return 0;
}

bool demand_is_lookup(const struct rule *rule)
{
	struct demand d = { 0 };

	want_rule(&d, rule);
	return d.owners || d.processes || d.holders;
}

void demand_done(struct demand *d)
{
	free(d->tunables);
	*d = (struct demand){ 0 };
}
