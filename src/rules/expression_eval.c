/* Three-valued evaluation. Recursion is as deep as the tree, which node_make() bounds. */
#include "rules/expression_tree.h"

#include <math.h>
#include <string.h>

struct evaluation {
	const struct expression *x;
	const struct expression_environment *env;
	const struct observation *observation; /* the present one, or the earlier in before() */
	const void *entity[ENTITY_KINDS];      /* NULL: none of that kind here */
};

typedef struct expression_result (*evaluate_fn)(const struct evaluation *v, const struct node *n);

static struct expression_result evaluate(const struct evaluation *v, size_t index);

static struct expression_result argument(const struct evaluation *v, const struct node *n,
					 unsigned int i)
{
	return evaluate(v, n->arg[i]);
}

static struct expression_result unknown(const char *missing, const char *reason)
{
	return (struct expression_result){ .value = value_unknown(reason),
					   .truth = TRUTH_UNKNOWN,
					   .missing = missing,
					   .reason = reason };
}

/* The name of the first metric or tunable below a node, to blame for a result without a value. */
static const char *culprit(const struct expression *x, size_t index)
{
	const struct node *n = &x->nodes[index];
	const char *name = NULL;

	if (n->kind == NODE_METRIC)
		return n->u.metric->name;
	if (n->kind == NODE_SYSCTL)
		return n->u.sysctl.tunable->name;
	for (unsigned int i = 0; i < n->args && name == NULL; i++)
		name = culprit(x, n->arg[i]);
	return name;
}

static struct expression_result number(const struct evaluation *v, const struct node *n,
				       double result)
{
	if (!isfinite(result))
		return unknown(culprit(v->x, (size_t)(n - v->x->nodes)),
			       "the calculation has no finite result");
	return (struct expression_result){ .value = value_number(result) };
}

static struct expression_result truth(bool holds)
{
	return (struct expression_result){ .truth = holds ? TRUTH_TRUE : TRUTH_FALSE };
}

/* Unknown in its own type: a number's value, a condition's truth. */
static bool is_unknown(const struct evaluation *v, size_t index, const struct expression_result *r)
{
	if (v->x->nodes[index].type == EXPRESSION_CONDITION)
		return r->truth == TRUTH_UNKNOWN;
	return r->value.kind == VALUE_UNKNOWN;
}

static struct expression_result from_value(struct value value, const char *name)
{
	if (value.kind == VALUE_UNKNOWN)
		return unknown(name, value.text != NULL ? value.text : "not measured");
	if (value.kind == VALUE_NUMBER && !isfinite(value.number))
		return unknown(name, "not a finite number");
	return (struct expression_result){ .value = value };
}

static struct expression_result evaluate_number(const struct evaluation *v, const struct node *n)
{
	return number(v, n, n->u.number);
}

static struct expression_result evaluate_text(const struct evaluation *v, const struct node *n)
{
	(void)v;
	return (struct expression_result){ .value = value_text(n->u.text) };
}

static struct expression_result evaluate_metric(const struct evaluation *v, const struct node *n)
{
	const struct metric *m = n->u.metric;

	if (v->observation == NULL)
		return unknown(m->name, "nothing was observed before");
	if (m->entity != ENTITY_HOST && v->entity[m->entity] == NULL)
		return unknown(m->name, "there was none in that window");
	return from_value(metric_get(m, v->observation, v->entity[m->entity]), m->name);
}

static struct expression_result evaluate_sysctl(const struct evaluation *v, const struct node *n)
{
	const struct tunable *t = n->u.sysctl.tunable;
	const struct tunable_value *value = NULL;

	if (v->env->tunables != NULL)
		value = tunable_value_of(v->env->tunables, t);
	if (value == NULL)
		return unknown(t->name, "settings were not read");
	return from_value(value->element[n->u.sysctl.element], t->name);
}

static struct expression_result evaluate_variable(const struct evaluation *v, const struct node *n)
{
	if (v->env->variables == NULL)
		return unknown(NULL, "has no value here");
	return from_value(v->env->variables[n->u.variable], NULL);
}

static struct expression_result evaluate_available(const struct evaluation *v, const struct node *n)
{
	enum availability a = AVAILABILITY_UNKNOWN;

	if (v->env->observation != NULL)
		a = facts_available(&v->env->observation->facts, n->u.available.kind,
				    n->u.available.name);
	if (a == AVAILABILITY_UNKNOWN)
		return unknown(n->u.available.name, "this host does not tell whether it has it");
	return truth(a == AVAILABILITY_YES);
}

/* && and ||: `decisive` settles it, whatever the other side is. */
static struct expression_result evaluate_logic(const struct evaluation *v, const struct node *n)
{
	enum truth decisive = n->kind == NODE_OR ? TRUTH_TRUE : TRUTH_FALSE;
	struct expression_result left = argument(v, n, 0), right;

	if (left.truth == decisive)
		return left;
	right = argument(v, n, 1);
	if (right.truth == decisive || left.truth != TRUTH_UNKNOWN)
		return right;
	return left;
}

static struct expression_result evaluate_not(const struct evaluation *v, const struct node *n)
{
	struct expression_result r = argument(v, n, 0);

	return r.truth == TRUTH_UNKNOWN ? r : truth(r.truth == TRUTH_FALSE);
}

static bool compare_numbers(enum node_kind kind, double a, double b)
{
	bool less = a<b, greater = a> b;
	const bool holds[NODE_KINDS] = {
		[NODE_EQUAL] = !less && !greater,
		[NODE_NOT_EQUAL] = less || greater,
		[NODE_LESS] = less,
		[NODE_LESS_EQUAL] = !greater,
		[NODE_GREATER] = greater,
		[NODE_GREATER_EQUAL] = !less,
	};

	return holds[kind];
}

static struct expression_result evaluate_compare(const struct evaluation *v, const struct node *n)
{
	struct expression_result a = argument(v, n, 0), b;

	if (a.value.kind == VALUE_UNKNOWN)
		return a;
	b = argument(v, n, 1);
	if (b.value.kind == VALUE_UNKNOWN)
		return b;
	if (a.value.kind == VALUE_TEXT && b.value.kind == VALUE_TEXT)
		return truth((strcmp(a.value.text, b.value.text) == 0) == (n->kind == NODE_EQUAL));
	if (a.value.kind != b.value.kind)
		return unknown(culprit(v->x, n->arg[0]), "a text stands where a number should");
	return truth(compare_numbers(n->kind, a.value.number, b.value.number));
}

static double add(const double a[3])
{
	return a[0] + a[1];
}

static double subtract(const double a[3])
{
	return a[0] - a[1];
}

static double multiply(const double a[3])
{
	return a[0] * a[1];
}

static double negate(const double a[3])
{
	return -a[0];
}

static double lesser(const double a[3])
{
	return fmin(a[0], a[1]);
}

static double greater(const double a[3])
{
	return fmax(a[0], a[1]);
}

/* The upper bound wins where the bounds contradict each other: it is the one that protects. */
static double clamp(const double a[3])
{
	return fmin(fmax(a[0], a[1]), a[2]);
}

static double absolute(const double a[3])
{
	return fabs(a[0]);
}

/* The next power of two; 1 for anything up to 1. */
static double next_power(const double a[3])
{
	double power = 1;

	while (power < a[0])
		power *= 2;
	return power;
}

static double square_root(const double a[3])
{
	return sqrt(a[0]);
}

static double (*const calculations[NODE_KINDS])(const double a[3]) = {
	[NODE_ADD] = add,	   [NODE_SUBTRACT] = subtract, [NODE_MULTIPLY] = multiply,
	[NODE_NEGATE] = negate,	   [NODE_MIN] = lesser,	       [NODE_MAX] = greater,
	[NODE_CLAMP] = clamp,	   [NODE_ABS] = absolute,      [NODE_POW2UP] = next_power,
	[NODE_SQRT] = square_root,
};

static struct expression_result evaluate_arithmetic(const struct evaluation *v,
						    const struct node *n)
{
	double a[3] = { 0, 0, 0 };

	for (unsigned int i = 0; i < n->args; i++) {
		struct expression_result r = argument(v, n, i);

		if (r.value.kind != VALUE_NUMBER)
			return r;
		a[i] = r.value.number;
	}
	return number(v, n, calculations[n->kind](a));
}

static struct expression_result evaluate_divide(const struct evaluation *v, const struct node *n)
{
	struct expression_result a = argument(v, n, 0), b;

	if (a.value.kind != VALUE_NUMBER)
		return a;
	b = argument(v, n, 1);
	if (b.value.kind != VALUE_NUMBER)
		return b;
	if (!(b.value.number < 0) && !(b.value.number > 0))
		return unknown(culprit(v->x, n->arg[1]), "it is 0, and something is divided by it");
	return number(v, n, a.value.number / b.value.number);
}

static struct expression_result evaluate_if(const struct evaluation *v, const struct node *n)
{
	struct expression_result c = argument(v, n, 0);

	if (c.truth == TRUTH_UNKNOWN)
		return unknown(c.missing, c.reason);
	return argument(v, n, c.truth == TRUTH_TRUE ? 1 : 2);
}

static struct expression_result evaluate_have(const struct evaluation *v, const struct node *n)
{
	struct expression_result r = argument(v, n, 0);

	return truth(!is_unknown(v, n->arg[0], &r));
}

static struct expression_result evaluate_before(const struct evaluation *v, const struct node *n)
{
	struct evaluation earlier = { .x = v->x, .env = v->env, .observation = v->env->before };

	if (earlier.observation == NULL)
		return unknown(culprit(v->x, n->arg[0]),
			       "there is no earlier window to compare with");
	earlier.entity[ENTITY_HOST] = observation_entity(earlier.observation, ENTITY_HOST, 0);
	if (v->x->scope != ENTITY_HOST)
		earlier.entity[v->x->scope] = v->env->before_entity;
	return argument(&earlier, n, 0);
}

/* any(): true if it holds for one, unknown if it might. */
static struct expression_result evaluate_any(const struct evaluation *v, const struct node *n)
{
	struct evaluation inner = *v;
	struct expression_result doubt = truth(false);
	size_t count = v->observation == NULL ? 0 : observation_entities(v->observation, n->u.over);

	for (size_t i = 0; i < count; i++) {
		struct expression_result r;

		inner.entity[n->u.over] = observation_entity(v->observation, n->u.over, i);
		r = argument(&inner, n, 0);
		if (r.truth == TRUTH_TRUE)
			return r;
		if (r.truth == TRUTH_UNKNOWN && doubt.truth == TRUTH_FALSE)
			doubt = r;
	}
	return doubt;
}

static struct expression_result evaluate_sum(const struct evaluation *v, const struct node *n)
{
	struct evaluation inner = *v;
	size_t count = v->observation == NULL ? 0 : observation_entities(v->observation, n->u.over);
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		struct expression_result r;

		inner.entity[n->u.over] = observation_entity(v->observation, n->u.over, i);
		r = argument(&inner, n, 0);
		if (r.value.kind != VALUE_NUMBER)
			return r;
		sum += r.value.number;
	}
	return number(v, n, sum);
}

static const evaluate_fn evaluators[NODE_KINDS] = {
	[NODE_NUMBER] = evaluate_number,
	[NODE_TEXT] = evaluate_text,
	[NODE_METRIC] = evaluate_metric,
	[NODE_SYSCTL] = evaluate_sysctl,
	[NODE_VARIABLE] = evaluate_variable,
	[NODE_AVAILABLE] = evaluate_available,
	[NODE_OR] = evaluate_logic,
	[NODE_AND] = evaluate_logic,
	[NODE_NOT] = evaluate_not,
	[NODE_EQUAL] = evaluate_compare,
	[NODE_NOT_EQUAL] = evaluate_compare,
	[NODE_LESS] = evaluate_compare,
	[NODE_LESS_EQUAL] = evaluate_compare,
	[NODE_GREATER] = evaluate_compare,
	[NODE_GREATER_EQUAL] = evaluate_compare,
	[NODE_ADD] = evaluate_arithmetic,
	[NODE_SUBTRACT] = evaluate_arithmetic,
	[NODE_MULTIPLY] = evaluate_arithmetic,
	[NODE_DIVIDE] = evaluate_divide,
	[NODE_NEGATE] = evaluate_arithmetic,
	[NODE_MIN] = evaluate_arithmetic,
	[NODE_MAX] = evaluate_arithmetic,
	[NODE_CLAMP] = evaluate_arithmetic,
	[NODE_ABS] = evaluate_arithmetic,
	[NODE_POW2UP] = evaluate_arithmetic,
	[NODE_SQRT] = evaluate_arithmetic,
	[NODE_IF] = evaluate_if,
	[NODE_HAVE] = evaluate_have,
	[NODE_BEFORE] = evaluate_before,
	[NODE_SUM] = evaluate_sum,
	[NODE_ANY] = evaluate_any,
};

static struct expression_result evaluate(const struct evaluation *v, size_t index)
{
	const struct node *n = &v->x->nodes[index];

	return evaluators[n->kind](v, n);
}

struct expression_result evaluate_node(const struct expression *x, size_t index,
				       const struct expression_environment *env)
{
	struct evaluation v = { .x = x, .env = env, .observation = env->observation };

	if (env->observation != NULL)
		v.entity[ENTITY_HOST] = observation_entity(env->observation, ENTITY_HOST, 0);
	if (x->scope != ENTITY_HOST)
		v.entity[x->scope] = env->entity;
	return evaluate(&v, index);
}
