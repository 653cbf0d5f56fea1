/* From text to a tree. Declared in filter.h. */
#include "base/cleanup.h"
#include "base/text.h"
#include "measure/filter_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bounds for what a person types; the depth bounds the recursion. */
#define DEPTH_MAX 32u
#define TEXT_MAX  4096u

DEFINE_CLEANUP(struct filter, filter_free)

struct parser {
	const char *text;
	size_t len, at;	       /* at: after the current word */
	struct text_span word; /* the current word; len 0 at the end */
	unsigned int depth;
	struct filter *filter;
	struct error *e;
};

/* --- words: blanks and parentheses separate them -------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
	return is_blank(c) || c == '(' || c == ')';
}

static void next_word(struct parser *p)
{
	size_t start;

	while (p->at < p->len && is_blank(p->text[p->at]))
		p->at++;
	start = p->at;
	if (p->at < p->len && ends_word(p->text[p->at]))
		p->at++;
	else
		while (p->at < p->len && !ends_word(p->text[p->at]))
			p->at++;
	p->word = (struct text_span){ p->text + start, p->at - start };
}

static int expected(const struct parser *p, const char *what)
{
	char found[40] = "the end";
	size_t column = (size_t)(p->word.at - p->text) + 1;

	if (p->word.len > 0)
		text_copy_printable(found, sizeof(found), p->word.at, p->word.len);
	return error_set(p->e, -EINVAL, ERROR_INPUT, "filter",
			 "column %zu: expected %s, found %s%s%s", column, what,
			 p->word.len > 0 ? "\"" : "", found, p->word.len > 0 ? "\"" : "");
}

static int add_node(struct parser *p, const struct filter_node *node, uint16_t *ret)
{
	struct filter *f = p->filter;

	if (f->count == FILTER_NODES_MAX)
		return expected(p, "a shorter filter (256 terms and operators at most)");
	f->nodes[f->count] = *node;
	*ret = f->count++;
	return 0;
}

/* --- terms ----------------------------------------------------------------------------------- */

static int parse_prefix(struct parser *p, struct filter_node *node)
{
	char text[PREFIX_TEXT_MAX + 1];

	if (p->word.len == 0 || p->word.len >= sizeof(text))
		return expected(p, "an address or prefix such as 198.51.100.0/24");
	memcpy(text, p->word.at, p->word.len);
	text[p->word.len] = '\0';
	if (prefix_parse(text, &node->prefix) < 0)
		return expected(p, "an address or prefix such as 198.51.100.0/24");
	return 0;
}

static int parse_port(struct parser *p, struct filter_node *node)
{
	uint64_t port;

	if (text_parse_u64(p->word.at, p->word.len, 10, &port) < 0 || port > UINT16_MAX)
		return expected(p, "a port from 0 to 65535");
	node->port = (uint16_t)port;
	return 0;
}

static int parse_pid(struct parser *p, struct filter_node *node)
{
	struct filter *f = p->filter;
	uint64_t pid;
	size_t i = 0;

	if (text_parse_u64(p->word.at, p->word.len, 10, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return expected(p, "a process id");
	while (i < f->pid_count && f->pids[i] != (int)pid)
		i++;
	if (i == f->pid_count) {
		if (i == FILTER_NODES_MAX)
			return expected(p, "a shorter filter");
		f->pids[f->pid_count++] = (int)pid;
	}
	node->pid = i;
	return 0;
}

static const struct term {
	const char *word;
	enum filter_kind kind;
	int (*parse)(struct parser *p, struct filter_node *node);
} terms[] = {
	{ "dst", FILTER_DST, parse_prefix },   { "src", FILTER_SRC, parse_prefix },
	{ "port", FILTER_PORT, parse_port },   { "sport", FILTER_SPORT, parse_port },
	{ "dport", FILTER_DPORT, parse_port }, { "pid", FILTER_PID, parse_pid },
};

static int parse_term(struct parser *p, uint16_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		struct filter_node node = { .kind = terms[i].kind };
		int r;

		if (!text_span_equal(p->word, terms[i].word))
			continue;
		next_word(p);
		r = terms[i].parse(p, &node);
		if (r < 0)
			return r;
		next_word(p);
		return add_node(p, &node, ret);
	}
	return expected(p, "dst, src, port, sport, dport, pid, not or \"(\"");
}

/* --- operators ------------------------------------------------------------------------------- */

static int parse_or(struct parser *p, uint16_t *ret);

static int parse_nested(struct parser *p, uint16_t *ret)
{
	int r;

	next_word(p);
	r = parse_or(p, ret);
	if (r < 0)
		return r;
	if (!text_span_equal(p->word, ")"))
		return expected(p, "and, or, or \")\"");
	next_word(p);
	return 0;
}

static int parse_not(struct parser *p, uint16_t *ret)
{
	struct filter_node node = { .kind = FILTER_NOT };
	bool negated = false;
	int r;

	/* An even number of them says nothing. */
	while (text_span_equal(p->word, "not")) {
		negated = !negated;
		next_word(p);
	}
	if (!text_span_equal(p->word, "(")) {
		r = parse_term(p, &node.left);
	} else {
		if (++p->depth > DEPTH_MAX)
			return expected(p, "at most 32 levels of parentheses");
		r = parse_nested(p, &node.left);
		p->depth--;
	}
	if (r < 0)
		return r;
	if (negated)
		return add_node(p, &node, ret);
	*ret = node.left;
	return 0;
}

/* One level of binary operators, left to right. */
static int parse_chain(struct parser *p, const char *word, enum filter_kind kind,
		       int (*operand)(struct parser *p, uint16_t *ret), uint16_t *ret)
{
	struct filter_node node = { .kind = kind };
	uint16_t left = 0;
	int r = operand(p, &left);

	while (r == 0 && text_span_equal(p->word, word)) {
		next_word(p);
		node.left = left;
		r = operand(p, &node.right);
		if (r == 0)
			r = add_node(p, &node, &left);
	}
	if (r == 0)
		*ret = left;
	return r;
}

static int parse_and(struct parser *p, uint16_t *ret)
{
	return parse_chain(p, "and", FILTER_AND, parse_not, ret);
}

static int parse_or(struct parser *p, uint16_t *ret)
{
	return parse_chain(p, "or", FILTER_OR, parse_and, ret);
}

int filter_parse(const char *text, struct filter **ret, struct error *e)
{
	CLEANUP(filter_freep) struct filter *f = calloc(1, sizeof(*f));
	struct parser p = { .text = text, .len = strlen(text), .filter = f, .e = e };
	int r;

	if (f == NULL)
		return error_errno(e, -ENOMEM, "filter", "parse");
	if (p.len > TEXT_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, "filter", "longer than %u characters",
				 TEXT_MAX);
	next_word(&p);
	r = parse_or(&p, &f->root);
	if (r < 0)
		return r;
	if (p.word.len > 0)
		return expected(&p, "and, or, or the end");
	*ret = f;
	f = NULL;
	return 0;
}
