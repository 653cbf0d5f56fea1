#include "measure/filter.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bounds for what a person types; they bound the recursion and keep the nodes in one block. */
#define NODES_MAX 256u
#define DEPTH_MAX 32u
#define TEXT_MAX  4096u

enum node_kind {
	NODE_OR,
	NODE_AND,
	NODE_NOT,
	NODE_DST,
	NODE_SRC,
	NODE_PORT,
	NODE_SPORT,
	NODE_DPORT,
	NODE_PID
};

struct node {
	enum node_kind kind;
	uint16_t left, right; /* OR, AND; NOT has left alone */
	struct prefix prefix; /* DST, SRC */
	uint16_t port;
	size_t pid; /* index into pids */
};

struct inode_set {
	uint32_t *inodes; /* owned, sorted */
	size_t count;
};

struct filter {
	struct node nodes[NODES_MAX];
	uint16_t count;
	uint16_t root;
	int pids[NODES_MAX];
	struct inode_set sockets[NODES_MAX]; /* of each pid */
	size_t pid_count;
	uint64_t *known; /* cookies that do not pass, sorted; NULL: none */
	size_t known_count;
};

DEFINE_CLEANUP(struct filter, filter_free)

struct parser {
	const char *text;
	size_t len, at;	       /* at: after the current word */
	struct text_span word; /* the current word; len 0 at the end */
	unsigned int depth;
	struct filter *filter;
	struct error *e;
};

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->pid_count; i++)
		free(f->sockets[i].inodes);
	free(f->known);
	free(f);
}

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

static int add_node(struct parser *p, const struct node *node, uint16_t *ret)
{
	struct filter *f = p->filter;

	if (f->count == NODES_MAX)
		return expected(p, "a shorter filter (256 terms and operators at most)");
	f->nodes[f->count] = *node;
	*ret = f->count++;
	return 0;
}

/* --- terms ----------------------------------------------------------------------------------- */

static int parse_prefix(struct parser *p, struct node *node)
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

static int parse_port(struct parser *p, struct node *node)
{
	uint64_t port;

	if (text_parse_u64(p->word.at, p->word.len, 10, &port) < 0 || port > UINT16_MAX)
		return expected(p, "a port from 0 to 65535");
	node->port = (uint16_t)port;
	return 0;
}

static int parse_pid(struct parser *p, struct node *node)
{
	struct filter *f = p->filter;
	uint64_t pid;
	size_t i = 0;

	if (text_parse_u64(p->word.at, p->word.len, 10, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return expected(p, "a process id");
	while (i < f->pid_count && f->pids[i] != (int)pid)
		i++;
	if (i == f->pid_count) {
		if (i == NODES_MAX)
			return expected(p, "a shorter filter");
		f->pids[f->pid_count++] = (int)pid;
	}
	node->pid = i;
	return 0;
}

static const struct term {
	const char *word;
	enum node_kind kind;
	int (*parse)(struct parser *p, struct node *node);
} terms[] = {
	{ "dst", NODE_DST, parse_prefix },   { "src", NODE_SRC, parse_prefix },
	{ "port", NODE_PORT, parse_port },   { "sport", NODE_SPORT, parse_port },
	{ "dport", NODE_DPORT, parse_port }, { "pid", NODE_PID, parse_pid },
};

static int parse_term(struct parser *p, uint16_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		struct node node = { .kind = terms[i].kind };
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
	struct node node = { .kind = NODE_NOT };
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
static int parse_chain(struct parser *p, const char *word, enum node_kind kind,
		       int (*operand)(struct parser *p, uint16_t *ret), uint16_t *ret)
{
	struct node node = { .kind = kind };
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
	return parse_chain(p, "and", NODE_AND, parse_not, ret);
}

static int parse_or(struct parser *p, uint16_t *ret)
{
	return parse_chain(p, "or", NODE_OR, parse_and, ret);
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

/* --- use ------------------------------------------------------------------------------------- */

size_t filter_pids(const struct filter *f, const int **ret_pids)
{
	*ret_pids = f->pids;
	return f->pid_count;
}

int filter_set_inodes(struct filter *f, int pid, const uint32_t *inodes, size_t n)
{
	for (size_t i = 0; i < f->pid_count; i++) {
		uint32_t *copy;

		if (f->pids[i] != pid)
			continue;
		copy = malloc((n > 0 ? n : 1) * sizeof(*copy));
		if (copy == NULL)
			return -ENOMEM;
		if (n > 0)
			memcpy(copy, inodes, n * sizeof(*copy));
		free(f->sockets[i].inodes);
		f->sockets[i] = (struct inode_set){ copy, n };
	}
	return 0;
}

static int compare_inodes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Inode 0 is that of every connection not yet accepted. */
static bool holds_inode(const struct inode_set *set, uint32_t inode)
{
	return inode != 0 && set->count > 0 &&
	       bsearch(&inode, set->inodes, set->count, sizeof(inode), compare_inodes) != NULL;
}

/* The depth is bounded by the parser: a chain leans left, at most NODES_MAX levels. */
static bool match_node(const struct filter *f, uint16_t index, const struct socket_info *s)
{
	const struct node *n = &f->nodes[index];

	switch (n->kind) {
	case NODE_OR:
		return match_node(f, n->left, s) || match_node(f, n->right, s);
	case NODE_AND:
		return match_node(f, n->left, s) && match_node(f, n->right, s);
	case NODE_NOT:
		return !match_node(f, n->left, s);
	case NODE_DST:
		return prefix_contains(&n->prefix, &s->remote);
	case NODE_SRC:
		return prefix_contains(&n->prefix, &s->local);
	case NODE_PORT:
		return s->local_port == n->port || s->remote_port == n->port;
	case NODE_SPORT:
		return s->local_port == n->port;
	case NODE_DPORT:
		return s->remote_port == n->port;
	case NODE_PID:
		return holds_inode(&f->sockets[n->pid], s->inode);
	}
	return false;
}

int filter_new_sockets(const uint64_t *cookies, size_t n, struct filter **ret)
{
	uint64_t *known = calloc(n + 1, sizeof(known[0]));
	struct filter *f = *ret != NULL ? *ret : calloc(1, sizeof(*f));

	if (known == NULL || f == NULL) {
		free(known);
		if (*ret == NULL)
			free(f);
		return -ENOMEM;
	}
	if (n > 0)
		memcpy(known, cookies, n * sizeof(cookies[0]));
	free(f->known);
	f->known = known;
	f->known_count = n;
	*ret = f;
	return 0;
}

static int compare_cookies(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_known(const struct filter *f, uint64_t cookie)
{
	return f->known != NULL && bsearch(&cookie, f->known, f->known_count, sizeof(f->known[0]),
					   compare_cookies) != NULL;
}

bool filter_match(const struct filter *f, const struct socket_info *socket)
{
	return !is_known(f, socket->cookie) && (f->count == 0 || match_node(f, f->root, socket));
}
