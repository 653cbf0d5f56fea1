#include "tunables/tunable_setting.h"

#include "base/port_set.h"
#include "base/text.h"
#include "tunables/tunable_number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 64  /* of a value in a message */
#define TOKEN_MAX 15  /* bytes: TCP_CA_NAME_MAX and IFNAMSIZ are 16 with the NUL */
#define RANGE_MAX 160 /* of a range in a message */

static int refuse(const struct tunable *t, int code, const char *text, const char *why,
		  struct error *e)
{
	char shown[SHOWN_MAX];

	text_copy_printable(shown, sizeof(shown), text, strlen(text));
	return error_set(e, code, ERROR_INPUT, t->name, "\"%s\" %s", shown, why);
}

/* A tab is a blank; anything else that a terminal would act on has no place in a value. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text < ' ' && *text != '\t') || *text > '~')
			return false;
	}
	return true;
}

static int refuse_arity(const struct tunable *t, const char *text, unsigned int found,
			struct error *e)
{
	char shown[SHOWN_MAX], range[RANGE_MAX];

	text_copy_printable(shown, sizeof(shown), text, strlen(text));
	(void)tunable_number_range(t, range, sizeof(range));
	if (found == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name,
				 "no value; give %u number%s, each %s", t->elements,
				 t->elements == 1 ? "" : "s", range);
	return error_set(e, -EINVAL, ERROR_INPUT, t->name,
			 "\"%s\" is %u value%s; give %u number%s, each %s", shown, found,
			 found == 1 ? "" : "s", t->elements, t->elements == 1 ? "" : "s", range);
}

static unsigned int count_words(const char *text)
{
	struct text_span rest = { text, strlen(text) }, word;
	unsigned int n = 0;

	while (text_next_word(&rest, &word))
		n++;
	return n;
}

/* The order of the elements, and their text. */
static int set_numbers(const struct tunable *t, const int64_t *number, struct tunable_setting *ret,
		       struct error *e)
{
	struct tunable_setting s = { "" };
	size_t used = 0;

	for (unsigned int i = 0; i < t->elements; i++)
		used += (size_t)snprintf(s.text + used, sizeof(s.text) - used, "%s%" PRId64,
					 i > 0 ? " " : "", number[i]);
	for (unsigned int i = 1; t->ascending && i < t->elements; i++) {
		if (number[i] < number[i - 1])
			return error_set(e, -EINVAL, ERROR_INPUT, t->name,
					 "\"%s\" decreases: [%u] is below [%u]; give numbers that "
					 "do not decrease",
					 s.text, i, i - 1);
	}
	*ret = s;
	return 0;
}

static int parse_numbers(const struct tunable *t, const char *text, struct tunable_setting *ret,
			 struct error *e)
{
	struct text_span rest = { text, strlen(text) }, word;
	int64_t number[TUNABLE_ELEMENTS_MAX];
	unsigned int found = count_words(text);

	if (found != t->elements)
		return refuse_arity(t, text, found, e);
	for (unsigned int i = 0; text_next_word(&rest, &word); i++) {
		int r = tunable_number_parse(t, word, &number[i], e);

		if (r < 0)
			return r;
	}
	return set_numbers(t, number, ret, e);
}

static bool is_token(struct text_span word)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_-.";

	for (size_t i = 0; i < word.len; i++) {
		if (strchr(characters, word.at[i]) == NULL)
			return false;
	}
	return word.len <= TOKEN_MAX && word.at[0] != '.';
}

static bool has_word(const char *text, struct text_span wanted)
{
	struct text_span rest = { text, strlen(text) }, word;

	while (text_next_word(&rest, &word)) {
		if (word.len == wanted.len && memcmp(word.at, wanted.at, word.len) == 0)
			return true;
	}
	return false;
}

static int parse_tokens(const struct tunable *t, const char *text, struct tunable_setting *ret,
			struct error *e)
{
	struct text_span rest = { text, strlen(text) }, word;
	struct tunable_setting s = { "" };
	unsigned int n = 0;
	size_t used = 0;

	for (; text_next_word(&rest, &word); n++) {
		if (!is_token(word))
			return refuse(t, -EINVAL, text,
				      "holds more than names; give letters, digits, _, - and ., at "
				      "most 15 of them a name",
				      e);
		if (has_word(s.text, word))
			continue;
		if (used + word.len + 2 > sizeof(s.text))
			return refuse(t, -E2BIG, text, "is too long; give fewer names", e);
		if (used > 0)
			s.text[used++] = ' ';
		memcpy(s.text + used, word.at, word.len);
		used += word.len;
	}
	if (n == 0 || (n > 1 && t->type == TUNABLE_TOKEN))
		return refuse(t, -EINVAL, text,
			      t->type == TUNABLE_TOKEN ? "is not one name; give one"
						       : "names nothing; give one name or more",
			      e);
	*ret = s;
	return 0;
}

static int parse_ports(const struct tunable *t, const char *text, struct tunable_setting *ret,
		       struct error *e)
{
	struct tunable_setting s = { "" };
	struct port_set ports;
	const char *problem = NULL;
	char shown[SHOWN_MAX];

	if (port_set_parse(text, strlen(text), &ports, &problem) < 0) {
		text_copy_printable(shown, sizeof(shown), text, strlen(text));
		return error_set(e, -EINVAL, ERROR_INPUT, t->name,
				 "\"%s\": %s; give ports and ranges such as 8080,9000-9010", shown,
				 problem);
	}
	if (port_set_format(&ports, s.text, sizeof(s.text)) < 0)
		return refuse(t, -E2BIG, text, "is too long; give fewer, wider ranges", e);
	*ret = s;
	return 0;
}

static int parse_boolean(const struct tunable *t, const char *text, struct tunable_setting *ret,
			 struct error *e)
{
	struct text_span word = text_span_trim((struct text_span){ text, strlen(text) });

	if (text_span_equal(word, "on"))
		return parse_numbers(t, "1", ret, e);
	if (text_span_equal(word, "off"))
		return parse_numbers(t, "0", ret, e);
	if (count_words(text) == 1 && strspn(word.at, "-0123456789") == 0)
		return refuse(t, -EINVAL, text, "is neither on nor off; give on (1) or off (0)", e);
	return parse_numbers(t, text, ret, e);
}

int tunable_parse(const struct tunable *t, const char *text, struct tunable_setting *ret,
		  struct error *e)
{
	if (!is_printable(text))
		return refuse(t, -EINVAL, text,
			      "holds control or foreign characters; give plain text", e);
	switch (t->type) {
	case TUNABLE_TOKEN:
	case TUNABLE_TOKENS:
		return parse_tokens(t, text, ret, e);
	case TUNABLE_PORTS:
		return parse_ports(t, text, ret, e);
	case TUNABLE_BOOLEAN:
		return parse_boolean(t, text, ret, e);
	case TUNABLE_INTEGER:
	case TUNABLE_VECTOR:
		break;
	}
	return parse_numbers(t, text, ret, e);
}

/* The neighbours keep what they are, be it out of range: only their order is ours to check. */
static int read_current(const struct tunable *t, const char *current, int64_t *number,
			struct error *e)
{
	struct text_span rest = { current, strcspn(current, "\n") }, word;
	unsigned int n = 0;
	bool sound = true;

	for (; sound && text_next_word(&rest, &word); n++)
		sound = n < t->elements && text_parse_i64(word.at, word.len, &number[n]) == 0;
	if (!sound || n != t->elements)
		return refuse(t, -EINVAL, current,
			      "is its present value, of which no single element can be replaced; "
			      "give all of them",
			      e);
	return 0;
}

int tunable_parse_element(const struct tunable *t, unsigned int element, const char *current,
			  const char *text, struct tunable_setting *ret, struct error *e)
{
	struct text_span rest = { text, strlen(text) }, word;
	int64_t number[TUNABLE_ELEMENTS_MAX];
	int r;

	if (t->unit == UNIT_TEXT)
		return refuse(t, -EINVAL, text, "cannot replace an element: there are none", e);
	if (!is_printable(text))
		return refuse(t, -EINVAL, text,
			      "holds control or foreign characters; give plain text", e);
	if (count_words(text) != 1)
		return refuse(t, -EINVAL, text, "is not one number; give one", e);
	r = read_current(t, current, number, e);
	if (r < 0)
		return r;
	(void)text_next_word(&rest, &word);
	r = tunable_number_parse(t, word, &number[element], e);
	return r < 0 ? r : set_numbers(t, number, ret, e);
}
