#include "rules/template.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Literal text, or an expression. */
struct part {
	struct expression *expression; /* owned; NULL: literal */
	bool unitless;
	size_t begin, len; /* of a literal, within text */
};

struct template
{
	char *text;
	size_t count;
	struct part parts[]; /* room for TEMPLATE_PARTS_MAX while it is compiled */
};

static const char unitless_suffix[] = ":unit-less";

void template_free(struct template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++)
		expression_free(t->parts[i].expression);
	free(t->text);
	free(t);
}

DEFINE_CLEANUP(struct template, template_free)

const char *template_text(const struct template *t)
{
	return t->text;
}

void template_each_name(const struct template *t,
			void (*visit)(void *arg, const struct metric *m, const struct tunable *of),
			void *arg)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->parts[i].expression != NULL)
			expression_each_name(t->parts[i].expression, visit, arg);
	}
}

static int fail(const struct expression_context *c, size_t at, struct error *e, const char *what)
{
	if (c->file == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, c->what, "column %zu: %s", at + 1, what);
	return error_set(e, -EINVAL, ERROR_INPUT, NULL, "%s:%u: %s, column %zu: %s", c->file,
			 c->line, c->what != NULL ? c->what : "text", at + 1, what);
}

static int add_part(struct template *t, struct part part, const struct expression_context *context,
		    size_t at, struct error *e)
{
	if (t->count == TEMPLATE_PARTS_MAX)
		return fail(context, at, e, "too many expressions in one text");
	t->parts[t->count++] = part;
	return 0;
}

/* Where the expression that starts at `at` ends: its closing brace, outside of quotes. */
static size_t closing_brace(const char *text, size_t at)
{
	bool quoted = false;

	for (; text[at] != '\0'; at++) {
		if (text[at] == '\'')
			quoted = !quoted;
		else if (text[at] == '}' && !quoted)
			break;
	}
	return at;
}

/* Compiles text[begin..end) as an expression part. */
static int add_expression(struct template *t, size_t begin, size_t end,
			  const struct expression_context *context, struct error *e)
{
	CLEANUP(free_charp) char *source = NULL;
	struct expression_context inner = *context;
	size_t suffix = sizeof(unitless_suffix) - 1;
	struct part part = { .begin = begin };
	int r;

	if (end - begin > suffix && memcmp(t->text + end - suffix, unitless_suffix, suffix) == 0) {
		part.unitless = true;
		end -= suffix;
	}
	source = strndup(t->text + begin, end - begin);
	if (source == NULL)
		return error_errno(e, -ENOMEM, context->file, "text");
	inner.column = (unsigned int)begin;
	r = expression_compile(source, &inner, &part.expression, e);
	if (r < 0)
		return r;
	if (expression_type(part.expression) == EXPRESSION_CONDITION)
		r = fail(context, begin, e,
			 "a condition cannot be printed, only numbers and texts");
	if (r == 0)
		r = add_part(t, part, context, begin, e);
	if (r < 0)
		expression_free(part.expression);
	return r;
}

static int add_literal(struct template *t, size_t begin, size_t end,
		       const struct expression_context *context, struct error *e)
{
	struct part part = { .begin = begin, .len = end - begin };

	return part.len == 0 ? 0 : add_part(t, part, context, begin, e);
}

static int compile_parts(struct template *t, const struct expression_context *context,
			 struct error *e)
{
	size_t at = 0;

	while (t->text[at] != '\0') {
		size_t brace = at + strcspn(t->text + at, "{");
		bool doubled = t->text[brace] == '{' && t->text[brace + 1] == '{';
		size_t end;
		int r = add_literal(t, at, doubled ? brace + 1 : brace, context, e);

		if (r < 0)
			return r;
		at = brace;
		if (t->text[at] == '\0')
			break;
		if (doubled) {
			at += 2;
			continue;
		}
		end = closing_brace(t->text, at + 1);
		if (t->text[end] == '\0')
			return fail(context, at, e,
				    "{ without its }; a brace itself is written {{");
		r = add_expression(t, at + 1, end, context, e);
		if (r < 0)
			return r;
		at = end + 1;
	}
	return 0;
}

int template_compile(const char *text, const struct expression_context *context,
		     struct template **ret, struct error *e)
{
	CLEANUP(template_freep) struct template *t = NULL;
	struct template *shrunk;
	int r;

	if (strnlen(text, TEMPLATE_TEXT_MAX + 1) > TEMPLATE_TEXT_MAX)
		return fail(context, TEMPLATE_TEXT_MAX, e, "longer than 4096 characters");
	t = calloc(1, sizeof(*t) + TEMPLATE_PARTS_MAX * sizeof(t->parts[0]));
	if (t != NULL)
		t->text = strdup(text);
	if (t == NULL || t->text == NULL)
		return error_errno(e, -ENOMEM, context->file, "text");
	r = compile_parts(t, context, e);
	if (r < 0)
		return r;
	/* Most have one part or two, and a book has hundreds of them. */
	shrunk = realloc(t, sizeof(*t) + t->count * sizeof(t->parts[0]));
	if (shrunk != NULL)
		t = shrunk;
	*ret = t;
	t = NULL;
	return 0;
}

static int fill_value(const struct expression_result *r, enum unit unit, struct bytes *out)
{
	char buf[256];

	if (r->value.kind == VALUE_UNKNOWN)
		return bytes_printf(out, "unknown");
	if (r->value.kind == VALUE_NUMBER)
		return bytes_printf(out, "%s",
				    unit_format(unit, r->value.number, buf, sizeof(buf)));
	/* names of processes and interfaces come from outside */
	text_copy_printable(buf, sizeof(buf), r->value.text, strlen(r->value.text));
	return bytes_printf(out, "%s", buf);
}

static int fill_expression(const struct part *part, const struct expression_environment *env,
			   struct bytes *out)
{
	struct expression_result r = expression_evaluate(part->expression, env);

	return fill_value(&r, part->unitless ? UNIT_COUNT : expression_unit(part->expression), out);
}

int template_fill(const struct template *t, const struct expression_environment *env,
		  struct bytes *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct part *part = &t->parts[i];
		int r;

		if (part->expression != NULL)
			r = fill_expression(part, env, out);
		else
			r = bytes_append(out, t->text + part->begin, part->len);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_fit_for_name(const char *text)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789._:/-";

	return text[0] != '\0' && strspn(text, fit) == strlen(text);
}

int template_fill_name(const struct template *t, const struct expression_environment *env,
		       struct bytes *out, const struct expression **ret_unfit,
		       struct expression_result *ret_value)
{
	for (size_t i = 0; i < t->count; i++) {
		CLEANUP(bytes_done) struct bytes value = { 0 };
		const struct part *part = &t->parts[i];
		struct expression_result r;
		int code;

		if (part->expression == NULL) {
			code = bytes_append(out, t->text + part->begin, part->len);
			if (code < 0)
				return code;
			continue;
		}
		r = expression_evaluate(part->expression, env);
		code = fill_value(&r, UNIT_COUNT, &value);
		if (code < 0)
			return code;
		if (r.value.kind == VALUE_UNKNOWN || value.data == NULL ||
		    !is_fit_for_name(value.data)) {
			*ret_unfit = part->expression;
			*ret_value = r;
			return -EINVAL;
		}
		code = bytes_append(out, value.data, value.len);
		if (code < 0)
			return code;
	}
	return 0;
}
