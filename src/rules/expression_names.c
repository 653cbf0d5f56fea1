/* Names to leaves: metrics, tunables, variables, and what to say about those that do not exist. */
#include "base/suggest.h"
#include "rules/expression_tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct span {
	const char *at;
	int len;
};

static struct span token_span(const struct parser *p, const struct token *t)
{
	size_t quotes = t->kind == TOKEN_STRING ? 1 : 0;

	return (struct span){ p->x->text + t->begin + quotes,
			      (int)(t->end - t->begin - 2 * quotes) };
}

static struct node leaf_at(enum node_kind kind, size_t begin, size_t end)
{
	return (struct node){ .kind = kind,
			      .type = EXPRESSION_NUMBER,
			      .begin = (unsigned short)begin,
			      .end = (unsigned short)end };
}

static int fail_unknown(const struct parser *p, const struct token *t, const char *kind,
			const char *nearest, const char *list)
{
	struct span s = token_span(p, t);

	if (s.len > EXPRESSION_QUOTE_MAX)
		s.len = EXPRESSION_QUOTE_MAX;
	if (nearest != NULL)
		return parser_fail(p, t->begin, "unknown %s \"%.*s\"; did you mean \"%s\"?", kind,
				   s.len, s.at, nearest);
	return parser_fail(p, t->begin, "unknown %s \"%.*s\"; %s", kind, s.len, s.at, list);
}

static int fail_unknown_metric(const struct parser *p, const struct token *name)
{
	struct span s = token_span(p, name);
	struct suggestion nearest = suggest_start(s.at, (size_t)s.len);

	for (size_t i = 0; i < p->context->variable_count; i++)
		suggest_offer(&nearest, p->context->variables[i].name);
	for (size_t i = 0; i < metric_count; i++)
		suggest_offer(&nearest, metrics[i].name);
	return fail_unknown(p, name, "metric", nearest.best, "`netwright metrics` lists them");
}

int name_unknown_function(struct parser *p, const struct token *name)
{
	struct span s = token_span(p, name);
	struct suggestion nearest = suggest_start(s.at, (size_t)s.len);

	for (size_t i = 0; i < function_count(); i++)
		suggest_offer(&nearest, function_name(i));
	return fail_unknown(p, name, "function", nearest.best,
			    "there are min max clamp abs pow2up sqrt if have sysctl before sum any "
			    "available");
}

/* "paths", "the host". */
static const char *kind_plural(enum entity_kind kind, char buf[32])
{
	if (kind == ENTITY_HOST)
		return "the host";
	(void)snprintf(buf, 32, "%ss", entity_kind_name(kind));
	return buf;
}

/* Whether a metric of this kind may stand here; inside sum() and any() it also settles over which
 * entities they go. */
static int admit_metric(struct parser *p, const struct metric *m, const struct token *name)
{
	struct aggregate *a = p->aggregate;
	char buf_own[32], buf_other[32];

	if (p->context->facts_only && !metric_is_fact(m))
		return parser_fail(p, name->begin,
				   "\"%s\" changes from moment to moment; what a formula here may "
				   "name is host.cpus, host.link_speed_max, host.memory_total and "
				   "host.page_size",
				   m->name);
	if (m->entity == ENTITY_HOST)
		return 0;
	if (m->entity == p->context->scope) {
		if (a != NULL)
			a->names_scope = true;
		return 0;
	}
	if (a == NULL)
		return parser_fail(p, name->begin,
				   "\"%s\" is about %s; this rule is about %s: use any() or sum()",
				   m->name, kind_plural(m->entity, buf_other),
				   kind_plural(p->context->scope, buf_own));
	if (a->over != ENTITY_HOST && a->over != m->entity)
		return parser_fail(
			p, name->begin,
			"\"%s\" is about %s, but %s() goes over %s already: one kind at a "
			"time",
			m->name, kind_plural(m->entity, buf_other), a->function,
			kind_plural(a->over, buf_own));
	a->over = m->entity;
	return 0;
}

static int make_metric(struct parser *p, const struct metric *m, const struct token *name)
{
	struct node leaf = leaf_at(NODE_METRIC, name->begin, name->end);
	int r = admit_metric(p, m, name);

	if (r < 0)
		return r;
	leaf.unit = m->unit;
	leaf.dim = unit_info(m->unit)->dim;
	leaf.type = m->unit == UNIT_TEXT ? EXPRESSION_TEXT : EXPRESSION_NUMBER;
	leaf.measured = true;
	leaf.u.metric = m;
	return node_make_leaf(p, &leaf);
}

static int make_variable(struct parser *p, size_t index, const struct token *name)
{
	struct node leaf = leaf_at(NODE_VARIABLE, name->begin, name->end);

	if (p->in_before)
		return parser_fail(p, name->begin,
				   "\"%s\" has no earlier value: before() is for metrics",
				   p->context->variables[index].name);
	leaf.dim = p->context->variables[index].dim;
	leaf.unit = unit_of_dimension(leaf.dim);
	leaf.u.variable = index;
	return node_make_leaf(p, &leaf);
}

int name_resolve(struct parser *p, const struct token *name)
{
	struct span s = token_span(p, name);
	char text[SUGGEST_NAME_MAX + 1];
	const struct metric *m;

	if (s.len > SUGGEST_NAME_MAX)
		return fail_unknown_metric(p, name);
	memcpy(text, s.at, (size_t)s.len);
	text[s.len] = '\0';
	for (size_t i = 0; i < p->context->variable_count; i++) {
		if (strcmp(p->context->variables[i].name, text) == 0)
			return make_variable(p, i, name);
	}
	m = metric_find(text);
	if (m != NULL)
		return make_metric(p, m, name);
	for (size_t i = 0; i < function_count(); i++) {
		if (strcmp(function_name(i), text) == 0)
			return parser_fail(p, name->begin, "%s is a function: write %s(...)", text,
					   text);
	}
	return fail_unknown_metric(p, name);
}

static int fail_unknown_tunable(const struct parser *p, const struct token *key)
{
	struct span s = token_span(p, key);
	struct suggestion nearest = suggest_start(s.at, (size_t)s.len);

	for (size_t i = 0; i < tunable_count; i++)
		suggest_offer(&nearest, tunables[i].name);
	return fail_unknown(p, key, "tunable", nearest.best, "rules can name catalogued ones only");
}

/* The element that [index] names; a vector needs one, a single value has none. */
static int resolve_element(const struct parser *p, const struct tunable *t, const struct token *key,
			   const struct token *index, unsigned int *ret_element)
{
	if (index->kind == TOKEN_END) {
		*ret_element = 0;
		if (t->elements == 1)
			return 0;
		return parser_fail(p, key->begin, "%s has %u elements: say which, [0] to [%u]",
				   t->name, t->elements, t->elements - 1);
	}
	if (t->elements == 1)
		return parser_fail(p, index->begin, "%s is a single value and takes no index",
				   t->name);
	for (unsigned int i = 0; i < t->elements; i++) {
		if (dimension_is_none(index->dim) && index->number >= i && index->number <= i) {
			*ret_element = i;
			return 0;
		}
	}
	return parser_fail(p, index->begin, "%s has elements [0] to [%u] only", t->name,
			   t->elements - 1);
}

int name_resolve_sysctl(struct parser *p, const struct token *key, const struct token *index,
			size_t begin, size_t end)
{
	struct node leaf = leaf_at(NODE_SYSCTL, begin, end);
	struct span s = token_span(p, key);
	char text[SUGGEST_NAME_MAX + 1];
	const struct tunable *t;
	int r;

	if (s.len > SUGGEST_NAME_MAX)
		return fail_unknown_tunable(p, key);
	memcpy(text, s.at, (size_t)s.len);
	text[s.len] = '\0';
	t = tunable_find(text);
	if (t == NULL)
		return fail_unknown_tunable(p, key);
	if (tunable_is_pattern(t))
		return parser_fail(
			p, begin,
			"%s is one setting of each interface, of which an audit reads none",
			t->name);
	if (p->in_before)
		return parser_fail(p, begin, "%s has no earlier value: before() is for metrics",
				   t->name);
	r = resolve_element(p, t, key, index, &leaf.u.sysctl.element);
	if (r < 0)
		return r;
	leaf.u.sysctl.tunable = t;
	leaf.unit = t->unit;
	leaf.dim = unit_info(t->unit)->dim;
	leaf.type = t->unit == UNIT_TEXT ? EXPRESSION_TEXT : EXPRESSION_NUMBER;
	return node_make_leaf(p, &leaf);
}

int name_resolve_available(struct parser *p, const struct token *kind, const struct token *name,
			   size_t begin, size_t end)
{
	struct node leaf = leaf_at(NODE_AVAILABLE, begin, end);

	p->x->strings[kind->end - 1] = '\0';
	p->x->strings[name->end - 1] = '\0';
	leaf.u.available.kind = p->x->strings + kind->begin + 1;
	leaf.u.available.name = p->x->strings + name->begin + 1;
	leaf.type = EXPRESSION_CONDITION;
	if (strcmp(leaf.u.available.kind, "cc") != 0 && strcmp(leaf.u.available.kind, "qdisc") != 0)
		return parser_fail(p, kind->begin,
				   "available() knows 'cc' and 'qdisc', not '%.64s'",
				   leaf.u.available.kind);
	if (leaf.u.available.name[0] == '\0')
		return parser_fail(p, name->begin, "available() needs a name");
	return node_make_leaf(p, &leaf);
}
