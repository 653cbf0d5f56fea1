#include "rules/setting.h"

#include "base/suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "when", or "evidence 2" for an element of a list. */
static const char *setting_name(const config_setting_t *s, char buf[64])
{
	const config_setting_t *parent;

	if (config_setting_name(s) != NULL)
		return config_setting_name(s);
	parent = config_setting_parent(s);
	if (parent == NULL || config_setting_name(parent) == NULL)
		return "file";
	(void)snprintf(buf, 64, "%.40s %d", config_setting_name(parent),
		       config_setting_index(s) + 1);
	return buf;
}

int setting_fail(const struct setting_reader *r, const config_setting_t *s, const char *fmt, ...)
{
	char what[400], name[64];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return error_set(r->e, -EINVAL, ERROR_INPUT, NULL, "%s:%u: %s: %s", r->file,
			 (unsigned int)config_setting_source_line(s), setting_name(s, name), what);
}

int setting_fail_memory(const struct setting_reader *r)
{
	return error_errno(r->e, -ENOMEM, r->file, "reading rules");
}

size_t setting_items(const config_setting_t *s)
{
	return config_setting_is_aggregate(s) ? (size_t)config_setting_length(s) : 1;
}

const config_setting_t *setting_item(const config_setting_t *s, size_t i)
{
	return config_setting_is_aggregate(s) ? config_setting_get_elem(s, (unsigned int)i) : s;
}

const char *setting_string(const struct setting_reader *r, const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);

	if (text != NULL && text[0] != '\0')
		return text;
	(void)setting_fail(r, s, text == NULL ? "must be a text in double quotes" : "is empty");
	return NULL;
}

int setting_read_text(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);
	char *copy;

	if (text == NULL)
		return -EINVAL;
	copy = strdup(text);
	if (copy == NULL)
		return setting_fail_memory(r);
	*(char **)field = copy;
	return 0;
}

static void aim_context(struct setting_reader *r, const config_setting_t *s)
{
	char buf[64];

	(void)snprintf(r->what, sizeof(r->what), "%s", setting_name(s, buf));
	r->context.file = r->file;
	r->context.line = (unsigned int)config_setting_source_line(s);
	r->context.what = r->what;
	r->context.variables = r->variables;
}

int setting_read_template(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);

	if (text == NULL)
		return -EINVAL;
	aim_context(r, s);
	return template_compile(text, &r->context, (struct template **)field, r->e);
}

int setting_read_expression(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);

	if (text == NULL)
		return -EINVAL;
	aim_context(r, s);
	return expression_compile(text, &r->context, (struct expression **)field, r->e);
}

int setting_read_condition(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct expression **x = field;
	int code = setting_read_expression(r, s, x);

	if (code == 0 && expression_type(*x) != EXPRESSION_CONDITION)
		return setting_fail(r, s, "must be a condition, such as path.flows > 3");
	return code;
}

static int fail_unknown(const struct setting_reader *r, const config_setting_t *s, const char *kind,
			const struct setting_field *fields, size_t n)
{
	const char *name = config_setting_name(s);
	struct suggestion nearest = suggest_start(name, strlen(name));

	for (size_t i = 0; i < n; i++)
		suggest_offer(&nearest, fields[i].name);
	if (nearest.best == NULL)
		return setting_fail(r, s, "a %s has no such setting", kind);
	return setting_fail(r, s, "a %s has no such setting; did you mean \"%s\"?", kind,
			    nearest.best);
}

static int check_names(const struct setting_reader *r, const config_setting_t *group,
		       const char *kind, const struct setting_field *fields, size_t n)
{
	for (size_t i = 0; i < (size_t)config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned int)i);
		size_t known = 0;

		while (known < n && strcmp(fields[known].name, config_setting_name(s)) != 0)
			known++;
		if (known == n)
			return fail_unknown(r, s, kind, fields, n);
	}
	for (size_t i = 0; i < n; i++) {
		if (fields[i].required && config_setting_get_member(group, fields[i].name) == NULL)
			return setting_fail(r, group, "this %s lacks the setting \"%s\"", kind,
					    fields[i].name);
	}
	return 0;
}

int setting_read_group(struct setting_reader *r, const config_setting_t *group, const char *kind,
		       const struct setting_field *fields, size_t n, void *target)
{
	int code;

	if (!config_setting_is_group(group))
		return setting_fail(r, group, "must be a %s: { name = value; ... }", kind);
	code = check_names(r, group, kind, fields, n);
	for (size_t i = 0; i < n && code == 0; i++) {
		const config_setting_t *s = config_setting_get_member(group, fields[i].name);

		if (s != NULL)
			code = fields[i].read(r, s, (char *)target + fields[i].offset);
	}
	return code;
}
