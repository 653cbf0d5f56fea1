/* Inside the expression language: the tree, and the compiler's state. For expression*.c only.
 *
 * Nodes live in one array; a node's arguments come before it, so the last node is the root. Depth
 * is bounded when nodes are made, which is what makes recursive evaluation safe.
 */
#ifndef NETWRIGHT_RULES_EXPRESSION_TREE_H
#define NETWRIGHT_RULES_EXPRESSION_TREE_H

#include "base/error.h"
#include "measure/metric.h"
#include "rules/expression.h"

#include <stdbool.h>
#include <stddef.h>

#define EXPRESSION_TEXT_MAX  4096
#define EXPRESSION_LEVELS    64
#define EXPRESSION_NODES_MAX 512
#define EXPRESSION_QUOTE_MAX 64 /* characters of the text that a message quotes at once */

enum node_kind {
	NODE_NUMBER,
	NODE_TEXT,
	NODE_METRIC,
	NODE_SYSCTL,
	NODE_VARIABLE,
	NODE_AVAILABLE,
	NODE_OR,
	NODE_AND,
	NODE_NOT,
	NODE_EQUAL,
	NODE_NOT_EQUAL,
	NODE_LESS,
	NODE_LESS_EQUAL,
	NODE_GREATER,
	NODE_GREATER_EQUAL,
	NODE_ADD,
	NODE_SUBTRACT,
	NODE_MULTIPLY,
	NODE_DIVIDE,
	NODE_NEGATE,
	NODE_MIN,
	NODE_MAX,
	NODE_CLAMP,
	NODE_ABS,
	NODE_POW2UP,
	NODE_SQRT,
	NODE_IF,
	NODE_HAVE,
	NODE_BEFORE,
	NODE_SUM,
	NODE_ANY,
	NODE_KINDS,
};

struct node {
	enum node_kind kind;
	enum expression_type type;
	struct dimension dim;
	enum unit unit;		   /* for printing */
	bool literal;		   /* nothing measured, set or bound below it */
	bool measured;		   /* a metric below it */
	unsigned short depth;	   /* 1 for a leaf */
	unsigned short begin, end; /* characters of the text */
	unsigned short arg[3];
	unsigned short args;
	union {
		double number;
		const char *text;
		const struct metric *metric;
		struct {
			const struct tunable *tunable;
			unsigned int element;
		} sysctl;
		size_t variable;
		enum entity_kind over; /* NODE_SUM, NODE_ANY */
		struct {
			const char *kind, *name;
		} available;
	} u;
};

struct expression {
	char *text;
	char *strings; /* the text again, with each literal's closing quote overwritten by '\0' */
	enum entity_kind scope;
	struct node *nodes;
	size_t count;
};

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_STRING, TOKEN_NAME, TOKEN_SYMBOL, TOKEN_BAD };

/* Symbols: operators and punctuation. Binding strength grows with the level; 0 is punctuation. */
struct symbol {
	const char *spelling;
	unsigned int level;
	enum node_kind kind;
};

enum symbol_level {
	LEVEL_NONE,
	LEVEL_OR,
	LEVEL_AND,
	LEVEL_NOT,
	LEVEL_COMPARE,
	LEVEL_ADD,
	LEVEL_MULTIPLY,
	LEVEL_UNARY,
};

struct token {
	enum token_kind kind;
	size_t begin, end;
	double number; /* TOKEN_NUMBER */
	struct dimension dim;
	const struct symbol *symbol; /* TOKEN_SYMBOL */
	const char *problem;	     /* TOKEN_BAD: a sentence for the user */
};

/* The token that starts at or after `at`. */
struct token lex_token(const char *text, size_t at);

/* The inside of sum() or any() while it is compiled. */
struct aggregate {
	const char *function;
	enum entity_kind over; /* ENTITY_HOST: no other kind named yet */
	bool names_scope;      /* a metric of the rule's own kind was named */
};

struct parser {
	const struct expression_context *context;
	struct expression *x;
	struct token token; /* the next one, not yet consumed */
	unsigned int nesting;
	struct aggregate *aggregate; /* NULL outside */
	bool in_before;
	struct error *e;
};

/* expression.c. Reports "file:line: what, column N: ..." and returns -EINVAL. */
int parser_fail(const struct parser *p, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* expression_parse.c. Returns the root's index or a negative errno. */
int parse_expression(struct parser *p);

/* expression_names.c. Leaves; each returns the new node's index or a negative errno. */
int name_resolve(struct parser *p, const struct token *name);
int name_resolve_sysctl(struct parser *p, const struct token *key, const struct token *index,
			size_t begin, size_t end);
int name_resolve_available(struct parser *p, const struct token *kind, const struct token *name,
			   size_t begin, size_t end);
/* The name of a function that is not one; returns -EINVAL. */
int name_unknown_function(struct parser *p, const struct token *name);
size_t function_count(void);
const char *function_name(size_t index);

/* expression_check.c. Adds a node whose arguments (at most three) are checked against the
 * operation's rule; its type, dimension and unit follow from theirs. */
int node_make(struct parser *p, enum node_kind kind, const int *args, size_t n, size_t begin,
	      size_t end);
/* A leaf, described by the caller but for its depth. */
int node_make_leaf(struct parser *p, const struct node *leaf);
/* The unit people would expect for a dimension. */
enum unit unit_of_dimension(struct dimension dim);

/* expression_eval.c */
struct expression_result evaluate_node(const struct expression *x, size_t index,
				       const struct expression_environment *env);

#endif
