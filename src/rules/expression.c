/* The expression language's public face. */
#include "rules/expression.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rules/expression_tree.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int parser_fail(const struct parser *p, size_t at, const char *fmt, ...)
{
	const struct expression_context *c = p->context;
	char where[192] = "", what[400], text[1024];
	va_list args;

	if (p->e == NULL)
		return -EINVAL;
	if (c->file != NULL)
		(void)snprintf(where, sizeof(where), "%s:%u: ", c->file, c->line);
	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	(void)snprintf(text, sizeof(text), "%s%s%scolumn %zu: %s", where,
		       c->what != NULL ? c->what : "", c->what != NULL ? ", " : "",
		       c->column + at + 1, what);
	(void)error_set(p->e, -EINVAL, ERROR_INPUT, NULL, "%s", "");
	/* Expressions are quoted in messages, and come from files: nothing in them may drive a
	 * terminal. */
	text_copy_printable(p->e->text, sizeof(p->e->text), text, strlen(text));
	return -EINVAL;
}

void expression_free(struct expression *x)
{
	if (x == NULL)
		return;
	free(x->text);
	free(x->strings);
	free(x->nodes);
	free(x);
}

DEFINE_CLEANUP(struct expression, expression_free)

static struct expression *expression_new(const char *text, enum entity_kind scope)
{
	struct expression *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->scope = scope;
	x->text = strdup(text);
	x->strings = strdup(text);
	x->nodes = calloc(EXPRESSION_NODES_MAX, sizeof(*x->nodes));
	if (x->text == NULL || x->strings == NULL || x->nodes == NULL) {
		expression_free(x);
		return NULL;
	}
	return x;
}

int expression_compile(const char *text, const struct expression_context *context,
		       struct expression **ret, struct error *e)
{
	CLEANUP(expression_freep) struct expression *x = NULL;
	struct parser p = { .context = context, .e = e };
	struct node *shrunk;
	int root;

	if (strnlen(text, EXPRESSION_TEXT_MAX + 1) > EXPRESSION_TEXT_MAX)
		return parser_fail(&p, EXPRESSION_TEXT_MAX, "is longer than %d characters",
				   EXPRESSION_TEXT_MAX);
	x = expression_new(text, context->scope);
	if (x == NULL)
		return error_errno(e, -ENOMEM, context->file, "expression");
	p.x = x;
	root = parse_expression(&p);
	if (root < 0)
		return root;
	shrunk = realloc(x->nodes, x->count * sizeof(*x->nodes));
	if (shrunk != NULL)
		x->nodes = shrunk;
	*ret = x;
	x = NULL;
	return 0;
}

/* Arguments are made before the node they belong to. */
static size_t root_of(const struct expression *x)
{
	return x->count - 1;
}

enum expression_type expression_type(const struct expression *x)
{
	return x->nodes[root_of(x)].type;
}

struct dimension expression_dimension(const struct expression *x)
{
	return x->nodes[root_of(x)].dim;
}

enum unit expression_unit(const struct expression *x)
{
	return x->nodes[root_of(x)].unit;
}

const char *expression_text(const struct expression *x)
{
	return x->text;
}

bool expression_reads(const struct expression *x, const struct tunable *t)
{
	for (size_t i = 0; i < x->count; i++) {
		if (x->nodes[i].kind == NODE_SYSCTL && x->nodes[i].u.sysctl.tunable == t)
			return true;
	}
	return false;
}

void expression_each_name(const struct expression *x,
			  void (*visit)(void *arg, const struct metric *m, const struct tunable *t),
			  void *arg)
{
	for (size_t i = 0; i < x->count; i++) {
		if (x->nodes[i].kind == NODE_METRIC)
			visit(arg, x->nodes[i].u.metric, NULL);
		else if (x->nodes[i].kind == NODE_SYSCTL)
			visit(arg, NULL, x->nodes[i].u.sysctl.tunable);
	}
}

struct expression_result expression_evaluate(const struct expression *x,
					     const struct expression_environment *env)
{
	return evaluate_node(x, root_of(x), env);
}

/* How far a > b or a < b goes, when it holds; NAN for other nodes. */
static double node_excess(const struct expression *x, size_t index,
			  const struct expression_environment *env)
{
	const struct node *n = &x->nodes[index];
	bool greater = n->kind == NODE_GREATER || n->kind == NODE_GREATER_EQUAL;
	bool less = n->kind == NODE_LESS || n->kind == NODE_LESS_EQUAL;
	struct expression_result a, b;
	double ratio;

	if (!(greater || less) || !x->nodes[n->arg[0]].measured)
		return NAN;
	a = evaluate_node(x, n->arg[0], env);
	b = evaluate_node(x, n->arg[1], env);
	if (a.value.kind != VALUE_NUMBER || b.value.kind != VALUE_NUMBER)
		return NAN;
	if (!(a.value.number > 0) || !(b.value.number > 0))
		return NAN; /* no ratio to a threshold of 0 */
	ratio = greater ? a.value.number / b.value.number : b.value.number / a.value.number;
	return ratio >= 1 && isfinite(ratio) ? ratio : (double)NAN;
}

static double chain_excess(const struct expression *x, size_t index,
			   const struct expression_environment *env)
{
	const struct node *n = &x->nodes[index];
	double ratio;

	if (n->kind != NODE_AND)
		return node_excess(x, index, env);
	ratio = chain_excess(x, n->arg[0], env);
	return isnan(ratio) ? chain_excess(x, n->arg[1], env) : ratio;
}

double expression_excess(const struct expression *x, const struct expression_environment *env)
{
	return chain_excess(x, root_of(x), env);
}

static bool node_reads(const struct expression *x, size_t index, const char *text)
{
	const struct node *n = &x->nodes[index];
	size_t len = (size_t)(n->end - n->begin);

	return strlen(text) == len && memcmp(x->text + n->begin, text, len) == 0;
}

/* How near the side of a comparison that holds is to the other; INFINITY when it does not hold. */
static double distance_held(const struct expression *x, size_t comparison, unsigned int side,
			    const struct expression_environment *env)
{
	const struct node *n = &x->nodes[comparison];
	struct value a, b;

	if (evaluate_node(x, comparison, env).truth != TRUTH_TRUE)
		return (double)INFINITY;
	a = evaluate_node(x, n->arg[side], env).value;
	b = evaluate_node(x, n->arg[1 - side], env).value;
	return a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER ? fabs(a.number - b.number) : 0;
}

struct value expression_threshold(const struct expression *x, const char *metric,
				  const struct expression_environment *env)
{
	struct value threshold = value_unknown("compared with nothing");
	double nearest = NAN;

	for (size_t i = 0; i < x->count; i++) {
		const struct node *n = &x->nodes[i];

		if (n->kind < NODE_EQUAL || n->kind > NODE_GREATER_EQUAL)
			continue;
		for (unsigned int side = 0; side < 2; side++) {
			double distance;

			if (!node_reads(x, n->arg[side], metric))
				continue;
			distance = distance_held(x, i, side, env);
			if (!isnan(nearest) && !(distance < nearest))
				continue;
			nearest = distance;
			threshold = evaluate_node(x, n->arg[1 - side], env).value;
		}
	}
	return threshold;
}
