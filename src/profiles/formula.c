/* The formulas of a profile: inputs become variables, in order, and settings may name all. */
#include "base/text.h"
#include "profiles/inherit.h"
#include "tunables/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compile(const struct flat_profile *f, size_t variables, const char *text,
		   const struct profile *origin, unsigned int line, const char *what,
		   struct expression **ret, struct error *e)
{
	const struct expression_context context = {
		.scope = ENTITY_HOST,
		.facts_only = true,
		.variables = f->variables,
		.variable_count = variables,
		.file = origin->file,
		.line = line,
		.what = what,
	};

	return expression_compile(text, &context, ret, e);
}

static int fail(const struct flat_setting *s, const char *what, struct error *e)
{
	const struct profile_setting *setting = s->setting;
	char name[TARGET_NAME_MAX + 8];

	return error_set(e, -EINVAL, ERROR_INPUT, NULL, "%s:%u: %s of %s: %s", s->origin->file,
			 setting->value_line, profile_mode_name(setting->mode),
			 profile_setting_name(setting, name, sizeof(name)), what);
}

static int compile_input(struct flat_profile *f, size_t index, struct error *e)
{
	struct flat_input *in = &f->inputs[index];
	int r = compile(f, index, in->input->formula, in->origin, in->input->line, in->input->name,
			&in->formula, e);

	if (r < 0)
		return r;
	if (expression_type(in->formula) != EXPRESSION_NUMBER)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "%s:%u: %s: an input is a number, with or without a unit",
				 in->origin->file, in->input->line, in->input->name);
	in->dim = expression_dimension(in->formula);
	f->variables[index] = (struct expression_variable){ in->input->name, in->dim };
	return 0;
}

/* Whether the value is the text itself rather than a formula that gives it. */
static bool is_plain_text(const struct profile_setting *s)
{
	const struct tunable *t = s->tunable;
	bool text = t->unit == UNIT_TEXT || (t->elements > 1 && s->element < 0);

	return text && strchr(s->value, '\'') == NULL;
}

/* Without the host. */
static int check_text(const struct flat_setting *s, const char *text, struct error *e)
{
	const struct profile_setting *setting = s->setting;
	const struct kind *kind = kind_of_target(setting->name);
	char to[HELD_TEXT_MAX];
	struct error why = { 0 };

	if (setting->mode != PROFILE_SET)
		return fail(s, "is a text, which is no more and no less than another: use set", e);
	if (kind->parse(setting->tunable, NULL, text, to, &why) < 0)
		return fail(s, why.text, e);
	return 0;
}

/* The plain number 0 fits everything. */
static bool is_zero(const struct expression *x)
{
	return strcmp(expression_text(x), "0") == 0;
}

static int check_formula(const struct flat_setting *s, struct error *e)
{
	const struct tunable *t = s->setting->tunable;
	struct dimension wanted = unit_info(t->unit)->dim;
	struct dimension found = expression_dimension(s->value);
	bool sysctl = kind_of_target(s->setting->name)->prefix[0] == '\0';
	bool number = t->unit != UNIT_TEXT && (t->elements == 1 || s->setting->element >= 0);
	char text[160], found_text[64], wanted_text[64];

	switch (expression_type(s->value)) {
	case EXPRESSION_CONDITION:
		return fail(s, "is a condition, and has to be a value", e);
	case EXPRESSION_TEXT:
		if (number && sysctl)
			return fail(s, "is a text, and has to be a number", e);
		if (s->setting->mode != PROFILE_SET)
			return fail(s, "is a text: use set", e);
		return 0;
	case EXPRESSION_NUMBER:
		break;
	}
	if (!number)
		return fail(s, "is a number, and has to be a text in single quotes", e);
	if (dimension_equal(found, wanted) || is_zero(s->value))
		return 0;
	(void)snprintf(text, sizeof(text), "is %s, and the tunable is %s",
		       dimension_format(found, found_text, sizeof(found_text)),
		       dimension_format(wanted, wanted_text, sizeof(wanted_text)));
	return fail(s, text, e);
}

static int compile_setting(const struct flat_profile *f, struct flat_setting *s, struct error *e)
{
	const struct profile_setting *setting = s->setting;
	int r = 0;

	if (setting->when != NULL) {
		r = compile(f, f->input_count, setting->when, s->origin, setting->when_line, "when",
			    &s->when, e);
		if (r == 0 && expression_type(s->when) != EXPRESSION_CONDITION)
			return error_set(e, -EINVAL, ERROR_INPUT, NULL,
					 "%s:%u: when: must be a condition, such as "
					 "available('cc', 'bbr')",
					 s->origin->file, setting->when_line);
	}
	if (r < 0)
		return r;
	if (is_plain_text(setting))
		return check_text(s, setting->value, e);
	r = compile(f, f->input_count, setting->value, s->origin, setting->value_line,
		    profile_mode_name(setting->mode), &s->value, e);
	return r < 0 ? r : check_formula(s, e);
}

/* What a formula comes to must be the same once the profile is applied: else it could not be
 * verified, and applying it twice would take back what it did. */
static int check_reads(const struct flat_profile *f, const struct expression *x,
		       const struct profile *origin, unsigned int line, struct error *e)
{
	for (size_t i = 0; i < f->setting_count && x != NULL; i++) {
		const struct tunable *t = f->settings[i].setting->tunable;

		if (expression_reads(x, t))
			return error_set(
				e, -EINVAL, ERROR_INPUT, NULL,
				"%s:%u: reads %s, which the profile sets in %s:%u, so that "
				"it would come out differently once applied; use an input "
				"instead",
				origin->file, line, t->name, f->settings[i].origin->file,
				f->settings[i].setting->line);
	}
	return 0;
}

static int check_all_reads(const struct flat_profile *f, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < f->input_count && r == 0; i++)
		r = check_reads(f, f->inputs[i].formula, f->inputs[i].origin,
				f->inputs[i].input->line, e);
	for (size_t i = 0; i < f->setting_count && r == 0; i++) {
		const struct flat_setting *s = &f->settings[i];

		r = check_reads(f, s->when, s->origin, s->setting->when_line, e);
		if (r == 0)
			r = check_reads(f, s->value, s->origin, s->setting->value_line, e);
	}
	return r;
}

int flat_profile_compile(struct flat_profile *f, struct error *e)
{
	int r = 0;

	f->variables = calloc(f->input_count + 1, sizeof(*f->variables));
	if (f->variables == NULL)
		return error_errno(e, -ENOMEM, f->profile->file, "reading profiles");
	for (size_t i = 0; i < f->input_count && r == 0; i++)
		r = compile_input(f, i, e);
	for (size_t i = 0; i < f->setting_count && r == 0; i++)
		r = compile_setting(f, &f->settings[i], e);
	return r < 0 ? r : check_all_reads(f, e);
}
