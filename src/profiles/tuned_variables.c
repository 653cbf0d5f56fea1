#include "profiles/tuned_variables.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define TABLE "variables"

const char *tuned_unexpanded_reason(enum tuned_unexpanded u)
{
	switch (u) {
	case TUNED_EXPANDED:
		break;
	case TUNED_UNKNOWN_VARIABLE:
		return "names a variable that no [variables] section sets";
	case TUNED_FUNCTION:
		return "calls a function of TuneD's, which netwright does not run";
	}
	return NULL;
}

static bool is_word_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static size_t word_length(const char *text)
{
	size_t n = 0;

	while (is_word_character(text[n]))
		n++;
	return n;
}

int tuned_variables_define(struct tuned_variables *v, const struct tuned_option *o, struct error *e)
{
	CLEANUP(bytes_done) struct bytes value = { 0 };
	enum tuned_unexpanded left;
	struct tuned_section *table;
	int r;

	if (o->key[0] == '\0' || o->key[word_length(o->key)] != '\0')
		return 0;
	r = tuned_variables_expand(v, o->value, &value, &left);
	if (r == -E2BIG)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "%s:%u: variable %.64s is longer than %d bytes once those in it "
				 "are expanded",
				 o->file, o->line, o->key, TUNED_VALUE_MAX);
	if (r < 0)
		return error_errno(e, r, o->file, "reading");
	r = tuned_section_get(&v->sections, TABLE, o->file, o->line, &table, e);
	if (r < 0)
		return r;
	return tuned_option_set(table, o->key, value.len > 0 ? value.data : "", o->file, o->line,
				e);
}

/* The value of "${name}" at `at`, and its length as written; NULL when it is no known variable. */
static const char *reference_at(const struct tuned_variables *v, const char *at, size_t *ret_len)
{
	const struct tuned_section *table = tuned_section_find(&v->sections, TABLE);
	size_t len = word_length(at + 2);

	if (at[2 + len] != '}' || len == 0 || table == NULL)
		return NULL;
	for (size_t i = 0; i < table->count; i++) {
		const struct tuned_option *o = &table->options[i];

		if (strlen(o->key) == len && memcmp(o->key, at + 2, len) == 0) {
			*ret_len = len + 3;
			return o->value;
		}
	}
	return NULL;
}

/* One step of an expansion: what stands at `at`, and how much of it was taken. */
static int expand_at(const struct tuned_variables *v, const char *at, struct bytes *ret,
		     size_t *ret_taken, enum tuned_unexpanded *left)
{
	const char *value;

	*ret_taken = 1;
	if (at[0] == '\\' && strncmp(at + 1, "${", 2) == 0) {
		*ret_taken = 3;
		return bytes_append(ret, "${", 2);
	}
	if (strncmp(at, "${", 2) != 0)
		return bytes_append(ret, at, 1);
	value = reference_at(v, at, ret_taken);
	if (value != NULL) {
		/* A variable may itself hold what could not be expanded. */
		if (strstr(value, "${f:") != NULL)
			*left = TUNED_FUNCTION;
		return bytes_append(ret, value, strlen(value));
	}
	if (strncmp(at, "${f:", 4) == 0)
		*left = TUNED_FUNCTION;
	else if (*left == TUNED_EXPANDED)
		*left = TUNED_UNKNOWN_VARIABLE;
	return bytes_append(ret, at, 1);
}

int tuned_variables_expand(const struct tuned_variables *v, const char *text, struct bytes *ret,
			   enum tuned_unexpanded *ret_left)
{
	enum tuned_unexpanded left = TUNED_EXPANDED;
	size_t before = ret->len;
	int r = 0;

	for (size_t taken; *text != '\0' && r == 0; text += taken) {
		r = expand_at(v, text, ret, &taken, &left);
		if (r == 0 && ret->len - before > TUNED_VALUE_MAX)
			r = -E2BIG;
	}
	if (r == 0)
		*ret_left = left;
	return r;
}

void tuned_variables_done(struct tuned_variables *v)
{
	tuned_sections_done(&v->sections);
}
