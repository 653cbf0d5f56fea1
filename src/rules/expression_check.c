/* What each operation demands of its arguments, and what comes out: types, dimensions, units. */
#include "rules/expression_tree.h"

#include <errno.h>
#include <string.h>

struct operation {
	int (*check)(const struct parser *p, struct node *n);
	const char *verb, *joiner; /* "cannot VERB bytes JOINER seconds" */
};

static const char *const type_names[] = {
	[EXPRESSION_NUMBER] = "a number",
	[EXPRESSION_CONDITION] = "a condition",
	[EXPRESSION_TEXT] = "a text",
};

enum unit unit_of_dimension(struct dimension dim)
{
	for (enum unit u = 0; u < UNITS; u++) {
		if (u != UNIT_TEXT && dimension_equal(unit_info(u)->dim, dim))
			return u;
	}
	return UNIT_COUNT;
}

static const struct node *argument(const struct parser *p, const struct node *n, unsigned int i)
{
	return &p->x->nodes[n->arg[i]];
}

static int span_len(const struct node *n)
{
	int len = n->end - n->begin;

	return len < EXPRESSION_QUOTE_MAX ? len : EXPRESSION_QUOTE_MAX;
}

static const char *span_at(const struct parser *p, const struct node *n)
{
	return p->x->text + n->begin;
}

static int demand_type(const struct parser *p, const struct node *a, enum expression_type wanted)
{
	const char *hint = "";

	if (a->type == wanted)
		return 0;
	if (wanted == EXPRESSION_CONDITION && a->type == EXPRESSION_NUMBER)
		hint = "; compare it with something, for instance == 1";
	return parser_fail(p, a->begin, "\"%.*s\" is %s where %s is needed%s", span_len(a),
			   span_at(p, a), type_names[a->type], type_names[wanted], hint);
}

static int demand_types(const struct parser *p, const struct node *n, enum expression_type wanted)
{
	int r = 0;

	for (unsigned int i = 0; i < n->args && r == 0; i++)
		r = demand_type(p, argument(p, n, i), wanted);
	return r;
}

/* The plain number 0 fits every dimension. */
static bool is_plain_zero(const struct node *n)
{
	return n->kind == NODE_NUMBER && dimension_is_none(n->dim) && !(n->u.number < 0) &&
	       !(n->u.number > 0);
}

static const struct operation *operation_of(enum node_kind kind);

static int fail_dimensions(const struct parser *p, enum node_kind kind, const struct node *a,
			   const struct node *b)
{
	const struct operation *op = operation_of(kind);
	char dim_a[64], dim_b[64];

	dimension_format(a->dim, dim_a, sizeof(dim_a));
	dimension_format(b->dim, dim_b, sizeof(dim_b));
	return parser_fail(p, a->begin, "cannot %s %s %s %s (\"%.*s\" is %s, \"%.*s\" is %s)",
			   op->verb, dim_a, op->joiner, dim_b, span_len(a), span_at(p, a), dim_a,
			   span_len(b), span_at(p, b), dim_b);
}

/* Takes over the dimension that all arguments from `first` on share, and the unit of the first of
 * them that says something. */
static int unify(const struct parser *p, struct node *n, unsigned int first)
{
	const struct node *lead = NULL;

	for (unsigned int i = first; i < n->args; i++) {
		const struct node *a = argument(p, n, i);

		if (lead == NULL || is_plain_zero(lead)) {
			lead = a;
			continue;
		}
		if (is_plain_zero(a))
			continue;
		if (!dimension_equal(lead->dim, a->dim))
			return fail_dimensions(p, n->kind, lead, a);
		if (lead->literal && !a->literal)
			lead = a;
	}
	if (lead != NULL) {
		n->dim = lead->dim;
		n->unit = lead->unit;
	}
	return 0;
}

static int check_logic(const struct parser *p, struct node *n)
{
	n->type = EXPRESSION_CONDITION;
	return demand_types(p, n, EXPRESSION_CONDITION);
}

static int check_order(const struct parser *p, struct node *n)
{
	int r = demand_types(p, n, EXPRESSION_NUMBER);

	if (r == 0)
		r = unify(p, n, 0);
	n->type = EXPRESSION_CONDITION;
	n->dim = (struct dimension){ 0 };
	n->unit = UNIT_COUNT;
	return r;
}

static int check_equality(const struct parser *p, struct node *n)
{
	const struct node *a = argument(p, n, 0), *b = argument(p, n, 1);

	n->type = EXPRESSION_CONDITION;
	if (a->type == EXPRESSION_TEXT && b->type == EXPRESSION_TEXT)
		return 0;
	if (a->type == EXPRESSION_TEXT || b->type == EXPRESSION_TEXT)
		return parser_fail(p, a->begin,
				   "cannot compare %s with %s (\"%.*s\" with \"%.*s\")",
				   type_names[a->type], type_names[b->type], span_len(a),
				   span_at(p, a), span_len(b), span_at(p, b));
	return check_order(p, n);
}

/* + - min max clamp, and the functions of one number that keep its dimension. */
static int check_same(const struct parser *p, struct node *n)
{
	int r = demand_types(p, n, EXPRESSION_NUMBER);

	n->type = EXPRESSION_NUMBER;
	return r == 0 ? unify(p, n, 0) : r;
}

static int check_product(const struct parser *p, struct node *n)
{
	const struct node *a = argument(p, n, 0), *b = argument(p, n, 1);
	int sign = n->kind == NODE_DIVIDE ? -1 : 1;
	int r = demand_types(p, n, EXPRESSION_NUMBER);

	n->type = EXPRESSION_NUMBER;
	n->dim = dimension_combine(a->dim, b->dim, sign);
	n->unit = unit_of_dimension(n->dim);
	if (dimension_is_none(b->dim) && (!dimension_is_none(a->dim) || b->literal))
		n->unit = a->unit;
	else if (dimension_is_none(a->dim) && sign > 0 &&
		 (!dimension_is_none(b->dim) || a->literal))
		n->unit = b->unit;
	else if (dimension_is_none(n->dim) && sign < 0 && !dimension_is_none(a->dim))
		n->unit = UNIT_FACTOR;
	return r;
}

static int check_sqrt(const struct parser *p, struct node *n)
{
	const struct node *a = argument(p, n, 0);
	struct dimension d = a->dim;
	char text[64];
	int r = demand_type(p, a, EXPRESSION_NUMBER);

	if (r < 0)
		return r;
	if (d.byte % 2 != 0 || d.second % 2 != 0 || d.segment % 2 != 0 || d.page % 2 != 0)
		return parser_fail(p, a->begin, "cannot take the square root of %s (\"%.*s\")",
				   dimension_format(d, text, sizeof(text)), span_len(a),
				   span_at(p, a));
	n->type = EXPRESSION_NUMBER;
	n->dim = (struct dimension){ .byte = (int8_t)(d.byte / 2),
				     .second = (int8_t)(d.second / 2),
				     .segment = (int8_t)(d.segment / 2),
				     .page = (int8_t)(d.page / 2) };
	n->unit = dimension_is_none(n->dim) ? a->unit : unit_of_dimension(n->dim);
	return 0;
}

static int check_if(const struct parser *p, struct node *n)
{
	const struct node *a = argument(p, n, 1), *b = argument(p, n, 2);
	int r = demand_type(p, argument(p, n, 0), EXPRESSION_CONDITION);

	if (r == 0)
		r = demand_type(p, b, a->type);
	n->type = a->type;
	n->unit = a->unit;
	return r == 0 && a->type == EXPRESSION_NUMBER ? unify(p, n, 1) : r;
}

static int check_have(const struct parser *p, struct node *n)
{
	(void)p;
	n->type = EXPRESSION_CONDITION;
	return 0;
}

static int check_before(const struct parser *p, struct node *n)
{
	const struct node *a = argument(p, n, 0);

	if (!a->measured)
		return parser_fail(p, a->begin,
				   "before() is for metrics, and \"%.*s\" has none in it",
				   span_len(a), span_at(p, a));
	n->type = a->type;
	n->dim = a->dim;
	n->unit = a->unit;
	return 0;
}

static const struct operation operations[NODE_KINDS] = {
	[NODE_OR] = { check_logic, "combine", "and" },
	[NODE_AND] = { check_logic, "combine", "and" },
	[NODE_NOT] = { check_logic, "negate", "and" },
	[NODE_EQUAL] = { check_equality, "compare", "with" },
	[NODE_NOT_EQUAL] = { check_equality, "compare", "with" },
	[NODE_LESS] = { check_order, "compare", "with" },
	[NODE_LESS_EQUAL] = { check_order, "compare", "with" },
	[NODE_GREATER] = { check_order, "compare", "with" },
	[NODE_GREATER_EQUAL] = { check_order, "compare", "with" },
	[NODE_ADD] = { check_same, "add", "and" },
	[NODE_SUBTRACT] = { check_same, "subtract", "and" },
	[NODE_MULTIPLY] = { check_product, "multiply", "and" },
	[NODE_DIVIDE] = { check_product, "divide", "by" },
	[NODE_NEGATE] = { check_same, "negate", "and" },
	[NODE_MIN] = { check_same, "take the min() of", "and" },
	[NODE_MAX] = { check_same, "take the max() of", "and" },
	[NODE_CLAMP] = { check_same, "clamp()", "to" },
	[NODE_ABS] = { check_same, "take abs() of", "and" },
	[NODE_POW2UP] = { check_same, "take pow2up() of", "and" },
	[NODE_SQRT] = { check_sqrt, "take sqrt() of", "and" },
	[NODE_IF] = { check_if, "choose by if() between", "and" },
	[NODE_HAVE] = { check_have, "have()", "and" },
	[NODE_BEFORE] = { check_before, "take before() of", "and" },
	[NODE_SUM] = { check_same, "sum()", "and" },
	[NODE_ANY] = { check_logic, "take any() of", "and" },
};

static const struct operation *operation_of(enum node_kind kind)
{
	return &operations[kind];
}

static int append(const struct parser *p, const struct node *n)
{
	struct expression *x = p->x;

	if (x->count >= EXPRESSION_NODES_MAX)
		return parser_fail(p, n->begin, "has more than %d operands and operators",
				   EXPRESSION_NODES_MAX);
	x->nodes[x->count] = *n;
	return (int)x->count++;
}

int node_make_leaf(struct parser *p, const struct node *leaf)
{
	struct node n = *leaf;

	n.depth = 1;
	return append(p, &n);
}

int node_make(struct parser *p, enum node_kind kind, const int *args, size_t n_args, size_t begin,
	      size_t end)
{
	struct node n = { .kind = kind,
			  .literal = true,
			  .args = (unsigned short)n_args,
			  .begin = (unsigned short)begin,
			  .end = (unsigned short)end };
	int r;

	for (size_t i = 0; i < n_args; i++) {
		const struct node *a = &p->x->nodes[args[i]];

		n.arg[i] = (unsigned short)args[i];
		n.literal = n.literal && a->literal;
		n.measured = n.measured || a->measured;
		if (a->depth >= n.depth)
			n.depth = (unsigned short)(a->depth + 1);
	}
	if (n.depth > EXPRESSION_LEVELS)
		return parser_fail(p, begin, "is nested or chained more than %d levels deep",
				   EXPRESSION_LEVELS);
	r = operations[kind].check(p, &n);
	return r < 0 ? r : append(p, &n);
}
