/* Tokens to a tree, by recursive descent over the levels of binding strength. */
#include "base/cleanup.h"
#include "rules/expression_tree.h"

#include <errno.h>
#include <string.h>

#define ARGUMENTS_MAX 8

struct function {
	const char *name;
	enum node_kind kind;
	size_t args_min, args_max; /* more than 2 for min and max: folded two by two */
};

/* sysctl() and available() take literal names, not expressions, and are parsed on their own. */
static const struct function functions[] = {
	{ "abs", NODE_ABS, 1, 1 },
	{ "any", NODE_ANY, 1, 1 },
	{ "available", NODE_AVAILABLE, 2, 2 },
	{ "before", NODE_BEFORE, 1, 1 },
	{ "clamp", NODE_CLAMP, 3, 3 },
	{ "have", NODE_HAVE, 1, 1 },
	{ "if", NODE_IF, 3, 3 },
	{ "max", NODE_MAX, 2, ARGUMENTS_MAX },
	{ "min", NODE_MIN, 2, ARGUMENTS_MAX },
	{ "pow2up", NODE_POW2UP, 1, 1 },
	{ "sqrt", NODE_SQRT, 1, 1 },
	{ "sum", NODE_SUM, 1, 1 },
	{ "sysctl", NODE_SYSCTL, 1, 1 },
};

static int parse_level(struct parser *p, unsigned int level);

size_t function_count(void)
{
	return ARRAY_LEN(functions);
}

const char *function_name(size_t index)
{
	return functions[index].name;
}

static const struct function *function_find(const struct parser *p, const struct token *name)
{
	size_t len = name->end - name->begin;

	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (strlen(functions[i].name) == len &&
		    memcmp(functions[i].name, p->x->text + name->begin, len) == 0)
			return &functions[i];
	}
	return NULL;
}

static void advance(struct parser *p)
{
	p->token = lex_token(p->x->text, p->token.end);
}

static bool at_symbol(const struct parser *p, const char *spelling)
{
	return p->token.kind == TOKEN_SYMBOL && strcmp(p->token.symbol->spelling, spelling) == 0;
}

/* Says what was found where `wanted` would fit. */
static int fail_expected(const struct parser *p, const char *wanted)
{
	const struct token *t = &p->token;
	size_t len = t->end - t->begin;
	int quoted = (int)(len < EXPRESSION_QUOTE_MAX ? len : EXPRESSION_QUOTE_MAX);

	if (t->kind == TOKEN_END)
		return parser_fail(p, t->begin, "ends where %s should follow", wanted);
	if (t->kind == TOKEN_BAD)
		return parser_fail(p, t->begin, "\"%.*s\" %s", quoted, p->x->text + t->begin,
				   t->problem);
	return parser_fail(p, t->begin, "\"%.*s\" where %s should stand", quoted,
			   p->x->text + t->begin, wanted);
}

static int expect_symbol(struct parser *p, const char *spelling, const char *wanted)
{
	if (!at_symbol(p, spelling))
		return fail_expected(p, wanted);
	advance(p);
	return 0;
}

static int expect_string(struct parser *p, const char *wanted, struct token *ret)
{
	if (p->token.kind != TOKEN_STRING)
		return fail_expected(p, wanted);
	*ret = p->token;
	advance(p);
	return 0;
}

/* Every recursion passes here, so that no text can exhaust the stack. */
static int enter(struct parser *p)
{
	if (p->nesting >= EXPRESSION_LEVELS)
		return parser_fail(p, p->token.begin, "is nested more than %d levels deep",
				   EXPRESSION_LEVELS);
	p->nesting++;
	return 0;
}

/* After "sysctl": ('key') or ('key')[i]. */
static int parse_sysctl(struct parser *p, size_t begin)
{
	struct token key = { 0 }, index = { .kind = TOKEN_END };
	size_t end;
	int r;

	r = expect_symbol(p, "(", "(");
	if (r == 0)
		r = expect_string(p, "a key in single quotes, as in sysctl('net.core.somaxconn')",
				  &key);
	end = p->token.end;
	if (r == 0)
		r = expect_symbol(p, ")", ")");
	if (r == 0 && at_symbol(p, "[")) {
		advance(p);
		index = p->token;
		if (index.kind != TOKEN_NUMBER)
			return fail_expected(p, "a constant index such as [2]");
		advance(p);
		end = p->token.end;
		r = expect_symbol(p, "]", "]");
	}
	return r == 0 ? name_resolve_sysctl(p, &key, &index, begin, end) : r;
}

/* After "available": ('cc', 'name'). */
static int parse_available(struct parser *p, size_t begin)
{
	struct token kind = { 0 }, name = { 0 };
	size_t end;
	int r;

	r = expect_symbol(p, "(", "(");
	if (r == 0)
		r = expect_string(p, "'cc' or 'qdisc'", &kind);
	if (r == 0)
		r = expect_symbol(p, ",", ", and a name");
	if (r == 0)
		r = expect_string(p, "a name in single quotes", &name);
	end = p->token.end;
	if (r == 0)
		r = expect_symbol(p, ")", ")");
	return r == 0 ? name_resolve_available(p, &kind, &name, begin, end) : r;
}

/* "(a, b, ...)"; sets *ret_n and *ret_end. */
static int parse_arguments(struct parser *p, const struct function *f, const struct token *name,
			   int args[ARGUMENTS_MAX], size_t *ret_n, size_t *ret_end)
{
	size_t n = 0;
	int r = expect_symbol(p, "(", "(");

	while (r == 0) {
		if (n == f->args_max)
			return parser_fail(p, p->token.begin,
					   "%s() takes %s%zu argument%s, not more", f->name,
					   f->args_min < f->args_max ? "at most " : "", f->args_max,
					   f->args_max == 1 ? "" : "s");
		r = parse_level(p, LEVEL_OR);
		if (r < 0)
			return r;
		args[n++] = r;
		if (!at_symbol(p, ","))
			break;
		advance(p);
		r = 0;
	}
	if (r < 0)
		return r;
	*ret_end = p->token.end;
	r = expect_symbol(p, ")", ") or ,");
	if (r == 0 && n < f->args_min)
		return parser_fail(p, name->begin, "%s() takes %s%zu arguments, not %zu", f->name,
				   f->args_min < f->args_max ? "at least " : "", f->args_min, n);
	*ret_n = n;
	return r;
}

/* sum() and any() let metrics of one other kind in. */
static int parse_aggregate(struct parser *p, const struct function *f, const struct token *name)
{
	struct aggregate aggregate = { .function = f->name, .over = ENTITY_HOST };
	int arg[ARGUMENTS_MAX] = { 0 };
	size_t n = 0, end = 0;
	int r;

	if (p->aggregate != NULL)
		return parser_fail(p, name->begin, "%s() cannot stand inside %s()", f->name,
				   p->aggregate->function);
	p->aggregate = &aggregate;
	r = parse_arguments(p, f, name, arg, &n, &end);
	p->aggregate = NULL;
	if (r < 0)
		return r;
	if (aggregate.over == ENTITY_HOST && aggregate.names_scope)
		aggregate.over = p->context->scope;
	if (aggregate.over == ENTITY_HOST)
		return parser_fail(p, name->begin,
				   "%s() names no metric of anything but the host to go over",
				   f->name);
	r = node_make(p, f->kind, arg, n, name->begin, end);
	if (r >= 0)
		p->x->nodes[r].u.over = aggregate.over;
	return r;
}

static int parse_before(struct parser *p, const struct function *f, const struct token *name)
{
	int arg[ARGUMENTS_MAX] = { 0 };
	size_t n = 0, end = 0;
	int r;

	if (p->in_before)
		return parser_fail(p, name->begin, "before() cannot stand inside before()");
	if (p->aggregate != NULL)
		return parser_fail(p, name->begin,
				   "before() cannot stand inside %s(); write before(%s(...))",
				   p->aggregate->function, p->aggregate->function);
	p->in_before = true;
	r = parse_arguments(p, f, name, arg, &n, &end);
	p->in_before = false;
	return r < 0 ? r : node_make(p, f->kind, arg, n, name->begin, end);
}

static int parse_plain_function(struct parser *p, const struct function *f,
				const struct token *name)
{
	int args[ARGUMENTS_MAX] = { 0 };
	size_t n = 0, end = 0;
	int node, r;

	r = parse_arguments(p, f, name, args, &n, &end);
	if (r < 0)
		return r;
	if (n <= 3 && f->args_min == f->args_max)
		return node_make(p, f->kind, args, n, name->begin, end);
	node = args[0];
	for (size_t i = 1; i < n && node >= 0; i++)
		node = node_make(p, f->kind, (int[]){ node, args[i] }, 2, name->begin, end);
	return node;
}

/* A metric, a variable or a call; p->token is the name. */
static int parse_name(struct parser *p)
{
	struct token name = p->token;
	const struct function *f = function_find(p, &name);

	advance(p);
	if (!at_symbol(p, "("))
		return name_resolve(p, &name);
	if (f == NULL)
		return name_unknown_function(p, &name);
	if (f->kind == NODE_SYSCTL)
		return parse_sysctl(p, name.begin);
	if (f->kind == NODE_AVAILABLE)
		return parse_available(p, name.begin);
	if (f->kind == NODE_SUM || f->kind == NODE_ANY)
		return parse_aggregate(p, f, &name);
	if (f->kind == NODE_BEFORE)
		return parse_before(p, f, &name);
	return parse_plain_function(p, f, &name);
}

static int parse_literal(struct parser *p)
{
	struct token t = p->token;
	struct node leaf = { .kind = NODE_NUMBER,
			     .type = EXPRESSION_NUMBER,
			     .dim = t.dim,
			     .unit = unit_of_dimension(t.dim),
			     .literal = true,
			     .begin = (unsigned short)t.begin,
			     .end = (unsigned short)t.end };

	if (t.kind == TOKEN_STRING) {
		leaf.kind = NODE_TEXT;
		leaf.type = EXPRESSION_TEXT;
		leaf.unit = UNIT_TEXT;
		leaf.u.text = p->x->strings + t.begin + 1;
		p->x->strings[t.end - 1] = '\0';
	} else {
		leaf.u.number = t.number;
	}
	advance(p);
	return node_make_leaf(p, &leaf);
}

static int parse_parentheses(struct parser *p)
{
	size_t begin = p->token.begin, end;
	int node, r;

	advance(p);
	node = parse_level(p, LEVEL_OR);
	end = p->token.end;
	r = node < 0 ? node : expect_symbol(p, ")", ")");
	if (r < 0)
		return r;
	/* so that messages quote them as well */
	p->x->nodes[node].begin = (unsigned short)begin;
	p->x->nodes[node].end = (unsigned short)end;
	return node;
}

static int parse_primary(struct parser *p)
{
	int node;

	if (p->token.kind == TOKEN_NUMBER || p->token.kind == TOKEN_STRING) {
		node = parse_literal(p);
	} else if (p->token.kind == TOKEN_NAME) {
		node = parse_name(p);
	} else if (at_symbol(p, "(")) {
		node = parse_parentheses(p);
	} else {
		return fail_expected(p, "a metric, a number or another operand");
	}
	if (node >= 0 && at_symbol(p, "["))
		return parser_fail(
			p, p->token.begin,
			"only a vector such as sysctl('net.ipv4.tcp_rmem') has elements");
	return node;
}

/* ! and unary minus. */
static int parse_prefix(struct parser *p, enum node_kind kind, unsigned int level)
{
	size_t begin = p->token.begin;
	int node;

	advance(p);
	node = parse_level(p, level);
	if (node < 0)
		return node;
	return node_make(p, kind, &node, 1, begin, p->x->nodes[node].end);
}

static int parse_binary(struct parser *p, unsigned int level)
{
	int left = parse_level(p, level + 1);

	while (left >= 0 && p->token.kind == TOKEN_SYMBOL && p->token.symbol->level == level &&
	       level != LEVEL_NOT) {
		enum node_kind kind = p->token.symbol->kind;
		int right;

		advance(p);
		right = parse_level(p, level + 1);
		if (right < 0)
			return right;
		left = node_make(p, kind, (int[]){ left, right }, 2, p->x->nodes[left].begin,
				 p->x->nodes[right].end);
	}
	return left;
}

static int parse_level(struct parser *p, unsigned int level)
{
	bool prefix = (level == LEVEL_NOT && at_symbol(p, "!")) ||
		      (level == LEVEL_UNARY && at_symbol(p, "-"));
	bool nested = prefix || level == LEVEL_OR;
	int node;

	if (nested) {
		int r = enter(p);

		if (r < 0)
			return r;
	}
	if (prefix)
		node = parse_prefix(p, level == LEVEL_NOT ? NODE_NOT : NODE_NEGATE, level);
	else if (level == LEVEL_UNARY)
		node = parse_primary(p);
	else
		node = parse_binary(p, level);
	if (nested)
		p->nesting--;
	return node;
}

int parse_expression(struct parser *p)
{
	int root;

	advance(p);
	if (p->token.kind == TOKEN_END)
		return parser_fail(p, 0, "is empty");
	root = parse_level(p, LEVEL_OR);
	if (root >= 0 && p->token.kind != TOKEN_END)
		return fail_expected(p, "an operator or the end");
	return root;
}
