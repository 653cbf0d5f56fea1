/* Text to tokens. */
#include "rules/expression_tree.h"

#include <string.h>

/* Longer spellings before their prefixes. */
static const struct symbol symbols[] = {
	{ "||", LEVEL_OR, NODE_OR },
	{ "&&", LEVEL_AND, NODE_AND },
	{ "==", LEVEL_COMPARE, NODE_EQUAL },
	{ "!=", LEVEL_COMPARE, NODE_NOT_EQUAL },
	{ "<=", LEVEL_COMPARE, NODE_LESS_EQUAL },
	{ ">=", LEVEL_COMPARE, NODE_GREATER_EQUAL },
	{ "<", LEVEL_COMPARE, NODE_LESS },
	{ ">", LEVEL_COMPARE, NODE_GREATER },
	{ "!", LEVEL_NOT, NODE_NOT },
	{ "+", LEVEL_ADD, NODE_ADD },
	{ "-", LEVEL_ADD, NODE_SUBTRACT },
	{ "*", LEVEL_MULTIPLY, NODE_MULTIPLY },
	{ "/", LEVEL_MULTIPLY, NODE_DIVIDE },
	{ "(", LEVEL_NONE, NODE_KINDS },
	{ ")", LEVEL_NONE, NODE_KINDS },
	{ "[", LEVEL_NONE, NODE_KINDS },
	{ "]", LEVEL_NONE, NODE_KINDS },
	{ ",", LEVEL_NONE, NODE_KINDS },
};

/* The locale must not decide what a rule means: no <ctype.h>. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_digits(const char *text, size_t at)
{
	while (is_digit(text[at]))
		at++;
	return at;
}

/* End of the number that starts at `at`, without a unit. */
static size_t number_end(const char *text, size_t at)
{
	size_t exponent;

	at = skip_digits(text, at);
	if (text[at] == '.')
		at = skip_digits(text, at + 1);
	if (text[at] != 'e' && text[at] != 'E')
		return at;
	exponent = at + 1;
	if (text[exponent] == '+' || text[exponent] == '-')
		exponent++;
	return is_digit(text[exponent]) ? skip_digits(text, exponent) : at;
}

static struct token lex_number(const char *text, size_t at)
{
	struct token t = { .kind = TOKEN_NUMBER, .begin = at };
	size_t used = 0;
	int r;

	t.end = number_end(text, at);
	while (is_letter(text[t.end]) || text[t.end] == '%')
		t.end++;
	r = unit_parse(text + at, t.end - at, &t.number, &t.dim, &used);
	if (r != 0 || used != t.end - at) {
		t.kind = TOKEN_BAD;
		t.problem = "is not a number with a unit that exists here: B KiB MiB GiB TiB KB MB "
			    "GB, us ms s min h d, bit Kbit Mbit Gbit, %, seg, pages, x";
	}
	return t;
}

static struct token lex_string(const char *text, size_t at)
{
	struct token t = { .kind = TOKEN_STRING, .begin = at };
	const char *quote = strchr(text + at + 1, '\'');

	if (quote == NULL) {
		t.kind = TOKEN_BAD;
		t.end = at + strlen(text + at);
		t.problem = "lacks its closing quote (')";
		return t;
	}
	t.end = (size_t)(quote - text) + 1;
	return t;
}

static struct token lex_name(const char *text, size_t at)
{
	struct token t = { .kind = TOKEN_NAME, .begin = at, .end = at };

	while (is_letter(text[t.end]) || is_digit(text[t.end]) || text[t.end] == '.')
		t.end++;
	return t;
}

static struct token lex_symbol(const char *text, size_t at)
{
	struct token t = { .kind = TOKEN_SYMBOL, .begin = at };

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		size_t len = strlen(symbols[i].spelling);

		if (strncmp(text + at, symbols[i].spelling, len) == 0) {
			t.symbol = &symbols[i];
			t.end = at + len;
			return t;
		}
	}
	t.kind = TOKEN_BAD;
	t.end = at + 1;
	t.problem = "means nothing here";
	if (text[at] == '=')
		t.problem = "means nothing here; equality is ==";
	else if (text[at] == '"')
		t.problem = "means nothing here; texts stand in single quotes";
	return t;
}

struct token lex_token(const char *text, size_t at)
{
	while (is_blank(text[at]))
		at++;
	if (text[at] == '\0')
		return (struct token){ .kind = TOKEN_END, .begin = at, .end = at };
	if (is_digit(text[at]))
		return lex_number(text, at);
	if (text[at] == '\'')
		return lex_string(text, at);
	if (is_letter(text[at]))
		return lex_name(text, at);
	return lex_symbol(text, at);
}
