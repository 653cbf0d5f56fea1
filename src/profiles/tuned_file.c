#include "profiles/tuned_file.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define DEFAULTS  "DEFAULT"
#define VARIABLES "variables"

/* configparser's loop, state by state. */
struct parser {
	const char *path;
	struct tuned_sections *sections;
	struct tuned_section *section;	/* NULL before the first header */
	struct tuned_sections defaults; /* one section, when there is one */
	struct bytes key, value;	/* of the option that may go on */
	unsigned int line, option_line;
	size_t indent;
	bool open; /* there is an option that may go on */
	bool values_optional;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where a comment begins, or the line's length. */
static size_t comment_start(struct text_span line)
{
	struct text_span text = text_span_trim(line);

	if (text.len > 0 && (text.at[0] == '#' || text.at[0] == ';'))
		return 0;
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] == '#' && (i == 0 || is_blank(line.at[i - 1])))
			return i;
	}
	return line.len;
}

static size_t indent_of(struct text_span line)
{
	size_t n = 0;

	while (n < line.len && is_blank(line.at[n]))
		n++;
	return n;
}

static int set_text(struct bytes *b, struct text_span text)
{
	bytes_clear(b);
	return bytes_append(b, text.at, text.len);
}

/* The option is complete: blank lines at its end are none of its own. */
static int close_option(struct parser *p, struct error *e)
{
	struct text_span value = { p->value.data, p->value.len };

	if (!p->open)
		return 0;
	p->open = false;
	while (value.len > 0 && is_blank(value.at[value.len - 1]))
		p->value.data[--value.len] = '\0';
	return tuned_option_set(p->section, p->key.data, value.len > 0 ? value.at : "", p->path,
				p->option_line, e);
}

static int fail(const struct parser *p, const char *why, struct error *e)
{
	return error_set(e, -EINVAL, ERROR_INPUT, NULL,
			 "%s:%u: %s; TuneD rejects the whole file for it", p->path, p->line, why);
}

/* "[name]", and whatever follows the last bracket. False when the line is no header. */
static bool header_of(struct text_span text, struct text_span *ret)
{
	const char *end = text.len > 0 ? memrchr(text.at, ']', text.len) : NULL;

	if (text.len == 0 || text.at[0] != '[' || end == NULL || end <= text.at + 1)
		return false;
	*ret = (struct text_span){ text.at + 1, (size_t)(end - text.at) - 1 };
	return true;
}

static int on_header(struct parser *p, struct text_span name, struct error *e)
{
	int r = close_option(p, e);

	if (r == 0)
		r = set_text(&p->key, name);
	if (r < 0)
		return r;
	return tuned_section_get(strcmp(p->key.data, DEFAULTS) == 0 ? &p->defaults : p->sections,
				 p->key.data, p->path, p->line, &p->section, e);
}

static int on_option(struct parser *p, struct text_span text, struct error *e)
{
	struct text_span key, value;
	int r = close_option(p, e);

	if (r < 0)
		return r;
	if (!text_split_setting(text, &key, &value))
		return p->values_optional ? 0 : fail(p, "is neither a [section] nor key=value", e);
	if (key.len == 0)
		return fail(p, "has no name before the =", e);
	r = set_text(&p->key, key);
	if (r == 0)
		r = set_text(&p->value, value);
	p->open = r == 0;
	p->option_line = p->line;
	return r;
}

/* A line that holds nothing, or the next one of a value. */
static int extend(struct parser *p, struct text_span text)
{
	int r = bytes_append(&p->value, "\n", 1);

	return r == 0 ? bytes_append(&p->value, text.at, text.len) : r;
}

static int parse_line(struct parser *p, struct text_span line, struct error *e)
{
	size_t comment = comment_start(line), indent = indent_of(line);
	struct text_span text = text_span_trim((struct text_span){ line.at, comment }), name;

	if (text.len == 0)
		return comment == line.len && p->open ? extend(p, text) : 0;
	if (p->open && indent > p->indent)
		return extend(p, text);
	p->indent = indent;
	if (header_of(text, &name))
		return on_header(p, name, e);
	if (p->section == NULL)
		return fail(p, "comes before the first [section]", e);
	return on_option(p, text, e);
}

/* Python reads \r\n and \r as \n. */
static int parse_lines(struct parser *p, const char *text, size_t len, struct error *e)
{
	int r = 0;

	for (size_t at = 0; at < len && r == 0; p->line++) {
		struct text_span line = { text + at, 0 };

		while (at < len && text[at] != '\n' && text[at] != '\r') {
			line.len++;
			at++;
		}
		r = parse_line(p, line, e);
		at += at + 1 < len && text[at] == '\r' && text[at + 1] == '\n' ? 2 : 1;
	}
	return r == 0 ? close_option(p, e) : r;
}

/* After the section's own, and never instead of them. */
static int add_defaults(const struct parser *p, struct error *e)
{
	const struct tuned_section *defaults = tuned_section_find(&p->defaults, DEFAULTS);
	int r = 0;

	for (size_t i = 0; defaults != NULL && i < p->sections->count; i++) {
		struct tuned_section *s = &p->sections->all[i];

		for (size_t j = 0; j < defaults->count && r == 0; j++) {
			const struct tuned_option *o = &defaults->options[j];

			if (tuned_option_find(s, o->key) == NULL)
				r = tuned_option_set(s, o->key, o->value, o->file, o->line, e);
		}
	}
	return r;
}

static int parse(struct parser *p, const char *text, size_t len, struct error *e)
{
	int r;

	p->line = 1;
	if (memchr(text, '\0', len) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, p->path, "is not a text file");
	r = parse_lines(p, text, len, e);
	if (r == 0)
		r = add_defaults(p, e);
	tuned_sections_done(&p->defaults);
	bytes_done(&p->key);
	bytes_done(&p->value);
	return r == -ENOMEM ? error_errno(e, r, p->path, "reading") : r;
}

int tuned_file_parse(const char *path, const char *text, size_t len, struct tuned_sections *ret,
		     struct error *e)
{
	struct parser p = { .path = path, .sections = ret };

	return parse(&p, text, len, e);
}

int tuned_file_parse_variables(const char *path, const char *text, size_t len,
			       struct tuned_sections *ret, struct error *e)
{
	struct parser p = { .path = path, .sections = ret, .values_optional = true };

	int r = tuned_section_get(ret, VARIABLES, path, 1, &p.section, e);

	return r < 0 ? r : parse(&p, text, len, e);
}
