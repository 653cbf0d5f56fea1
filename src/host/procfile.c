#include "host/procfile.h"

#include <string.h>

/* Points somewhere, so that comparing it is defined. */
static const struct text_span nothing = { .at = "", .len = 0 };

struct text_span procfile_text(const struct bytes *content)
{
	if (content->data == NULL)
		return nothing;
	return (struct text_span){ .at = content->data, .len = content->len };
}

static void drop_colon(struct text_span *word)
{
	if (word->len > 0 && word->at[word->len - 1] == ':')
		word->len--;
}

static bool spans_equal(struct text_span a, struct text_span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static size_t count_words(struct text_span line)
{
	struct text_span word;
	size_t n = 0;

	while (text_next_word(&line, &word))
		n++;
	return n;
}

static void visit_pair(struct text_span group, struct text_span names, struct text_span values,
		       procfile_visit visit, void *arg)
{
	struct procfile_field field = { .group = group };

	if (count_words(names) != count_words(values))
		return;
	while (text_next_word(&names, &field.name) && text_next_word(&values, &field.value)) {
		visit(arg, &field);
		field.column++;
	}
}

void procfile_each_pair(struct text_span text, procfile_visit visit, void *arg)
{
	struct text_span names, names_group, values, group;
	bool have_names = false;

	while (text_next_line(&text, &values)) {
		if (!text_next_word(&values, &group))
			continue;
		if (have_names && spans_equal(group, names_group)) {
			drop_colon(&group);
			visit_pair(group, names, values, visit, arg);
			have_names = false;
			continue;
		}
		/* the first of a pair, or the one before had no second */
		names = values;
		names_group = group;
		have_names = true;
	}
}

/* "name=value" in one word */
static bool split_word(struct text_span word, char separator, struct procfile_field *field)
{
	const char *at = memchr(word.at, separator, word.len);

	if (at == NULL)
		return false;
	field->name = (struct text_span){ .at = word.at, .len = (size_t)(at - word.at) };
	field->value = (struct text_span){ .at = at + 1, .len = word.len - field->name.len - 1 };
	return true;
}

void procfile_each_inline(struct text_span text, char separator, procfile_visit visit, void *arg)
{
	struct text_span line, word;

	while (text_next_line(&text, &line)) {
		struct procfile_field field = { 0 };

		if (!text_next_word(&line, &field.group))
			continue;
		drop_colon(&field.group);
		while (text_next_word(&line, &word)) {
			field.name = word;
			if (separator == ' ' ? text_next_word(&line, &field.value)
					     : split_word(word, separator, &field))
				visit(arg, &field);
			field.column++;
		}
	}
}

static void visit_values(struct text_span line, struct text_span group, procfile_visit visit,
			 void *arg)
{
	struct procfile_field field = { .group = group, .name = nothing };

	while (text_next_word(&line, &field.value)) {
		visit(arg, &field);
		field.column++;
	}
}

void procfile_each_row(struct text_span text, procfile_visit visit, void *arg)
{
	struct text_span line, group;

	while (text_next_line(&text, &line)) {
		if (!text_next_word(&line, &group))
			continue;
		drop_colon(&group);
		visit_values(line, group, visit, arg);
	}
}

void procfile_each_column(struct text_span text, procfile_visit visit, void *arg)
{
	struct text_span line;

	while (text_next_line(&text, &line))
		visit_values(line, nothing, visit, arg);
}

static void visit_table_row(struct text_span names, struct text_span values, procfile_visit visit,
			    void *arg)
{
	struct procfile_field field = { .group = nothing };
	bool matches = count_words(names) == count_words(values);

	while (text_next_word(&names, &field.name)) {
		field.value = (struct text_span){ .at = field.name.at, .len = 0 };
		if (matches)
			(void)text_next_word(&values, &field.value);
		visit(arg, &field);
		field.column++;
	}
}

void procfile_each_table(struct text_span text, procfile_visit visit, void *arg)
{
	struct text_span names, values;

	if (!text_next_line(&text, &names))
		return;
	while (text_next_line(&text, &values)) {
		if (count_words(values) > 0)
			visit_table_row(names, values, visit, arg);
	}
}

void procfile_each_key(struct text_span text, procfile_visit visit, void *arg)
{
	struct text_span line;

	while (text_next_line(&text, &line)) {
		struct procfile_field field = { .group = nothing };

		if (!text_next_word(&line, &field.name) || !text_next_word(&line, &field.value))
			continue;
		drop_colon(&field.name);
		visit(arg, &field);
	}
}

struct text_span procfile_find_key(struct text_span text, const char *name)
{
	struct text_span line, word;

	while (text_next_line(&text, &line)) {
		if (!text_next_word(&line, &word))
			continue;
		drop_colon(&word);
		if (!text_span_equal(word, name))
			continue;
		while (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t')) {
			line.at++;
			line.len--;
		}
		return line;
	}
	return nothing;
}
