#include "profiles/profile_reader.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "profiles/profile_setting_reader.h"
#include "rules/setting.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARACTERS	 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
#define INPUT_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define INPUTS_MAX	 32

struct text_list {
	char **texts;
	size_t count;
};

static void texts_done(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

static void settings_done(struct profile_setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		profile_setting_done(&settings[i]);
	free(settings);
}

static void inputs_done(struct profile_input *inputs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(inputs[i].name);
		free(inputs[i].formula);
		free(inputs[i].help);
	}
	free(inputs);
}

static void signs_done(struct profile_sign *signs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		expression_free(signs[i].when);
		template_free(signs[i].because);
	}
	free(signs);
}

void profile_done(struct profile *p)
{
	free(p->name);
	free(p->summary);
	free(p->file);
	texts_done(p->includes, p->include_count);
	texts_done(p->watch, p->watch_count);
	texts_done(p->advice, p->advice_count);
	inputs_done(p->inputs, p->input_count);
	settings_done(p->settings, p->setting_count);
	signs_done(p->signs, p->sign_count);
	*p = (struct profile){ 0 };
}

/* Names are typed on command lines, and are those of files. */
static int check_word(const struct setting_reader *r, const config_setting_t *s, const char *text)
{
	if (strspn(text, NAME_CHARACTERS) != strlen(text) || strlen(text) > SUGGEST_NAME_MAX ||
	    text[0] == '-' || text[0] == '.')
		return setting_fail(r, s,
				    "must be at most %d letters, digits and - _ ., beginning with "
				    "a letter or digit",
				    SUGGEST_NAME_MAX);
	return 0;
}

static int read_name(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);
	int code = text == NULL ? -EINVAL : check_word(r, s, text);

	return code < 0 ? code : setting_read_text(r, s, field);
}

/* One text or several. */
static int read_texts(struct setting_reader *r, const config_setting_t *s, char ***texts,
		      size_t *count)
{
	size_t n = setting_items(s);

	*texts = calloc(n + 1, sizeof(**texts));
	if (*texts == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n; i++) {
		int code = setting_read_text(r, setting_item(s, i), &(*texts)[i]);

		if (code < 0)
			return code;
		*count = i + 1;
	}
	return 0;
}

static int read_include(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile *p = field;
	int code = read_texts(r, s, &p->includes, &p->include_count);

	p->include_line = (unsigned int)config_setting_source_line(s);
	for (size_t i = 0; i < p->include_count && code == 0; i++)
		code = check_word(r, setting_item(s, i), p->includes[i]);
	return code;
}

static int read_advice(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile *p = field;

	return read_texts(r, s, &p->advice, &p->advice_count);
}

static int read_watch(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile *p = field;

	return read_texts(r, s, &p->watch, &p->watch_count);
}

static const struct setting_field rules_fields[] = {
	{ "watch", true, read_watch, 0 },
};

static int read_rules(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return setting_read_group(r, s, "list of rules", rules_fields, ARRAY_LEN(rules_fields),
				  field);
}

static const struct setting_field input_fields[] = {
	{ "default", true, setting_read_text, offsetof(struct profile_input, formula) },
	{ "help", false, setting_read_text, offsetof(struct profile_input, help) },
};

/* name = "formula", or name = { default = "formula"; help = "..."; }. */
static int read_input(struct setting_reader *r, const config_setting_t *s,
		      struct profile_input *input)
{
	const char *name = config_setting_name(s);

	input->line = (unsigned int)config_setting_source_line(s);
	if (strspn(name, INPUT_CHARACTERS) != strlen(name) || name[0] < 'a' || name[0] > 'z' ||
	    strlen(name) > SUGGEST_NAME_MAX)
		return setting_fail(r, s,
				    "an input is called by small letters, digits and _, beginning "
				    "with a letter");
	input->name = strdup(name);
	if (input->name == NULL)
		return setting_fail_memory(r);
	if (config_setting_is_group(s))
		return setting_read_group(r, s, "input", input_fields, ARRAY_LEN(input_fields),
					  input);
	return setting_read_text(r, s, &input->formula);
}

static int read_inputs(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile *p = field;
	int n = config_setting_length(s), code = 0;

	if (!config_setting_is_group(s))
		return setting_fail(r, s, "must be a group: { rtt = \"100ms\"; }");
	if (n > INPUTS_MAX)
		return setting_fail(r, s, "has more than %d inputs", INPUTS_MAX);
	p->inputs = calloc((size_t)n + 1, sizeof(*p->inputs));
	if (p->inputs == NULL)
		return setting_fail_memory(r);
	for (int i = 0; i < n && code == 0; i++) {
		p->input_count = (size_t)i + 1;
		code = read_input(r, config_setting_get_elem(s, (unsigned int)i), &p->inputs[i]);
	}
	return code;
}

/* One element, or the whole of a vector and one element of it, twice. */
static int check_duplicate(struct setting_reader *r, const config_setting_t *s,
			   const struct profile *p, size_t n)
{
	const struct profile_setting *one = &p->settings[n];
	char name[256];

	for (size_t i = 0; i < n; i++) {
		const struct profile_setting *other = &p->settings[i];

		if (strcmp(one->name, other->name) == 0 &&
		    (one->element == other->element || one->element < 0 || other->element < 0))
			return setting_fail(r, s, "%s is in line %u already; leave one out",
					    profile_setting_name(one, name, sizeof(name)),
					    other->line);
	}
	return 0;
}

static int read_settings(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile *p = field;
	size_t n = setting_items(s);
	int code = 0;

	if (!config_setting_is_list(s))
		return setting_fail(r, s, "must be a list: ( { tunable = ...; set = ...; } )");
	p->settings = calloc(n + 1, sizeof(*p->settings));
	if (p->settings == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n && code == 0; i++) {
		const config_setting_t *item = setting_item(s, i);

		p->setting_count = i + 1;
		code = profile_setting_read(r, item, &p->settings[i]);
		if (code == 0)
			code = check_duplicate(r, item, p, i);
	}
	return code;
}

static const struct setting_field sign_fields[] = {
	{ "when", true, setting_read_condition, offsetof(struct profile_sign, when) },
	{ "because", true, setting_read_template, offsetof(struct profile_sign, because) },
};

/* About the host: metrics of others within any() and sum(). */
static int read_signs(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile *p = field;
	size_t n = setting_items(s);
	int code = 0;

	if (!config_setting_is_list(s))
		return setting_fail(r, s, "must be a list: ( { when = ...; because = ...; } )");
	p->signs = calloc(n + 1, sizeof(*p->signs));
	if (p->signs == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n && code == 0; i++) {
		p->sign_count = i + 1;
		code = setting_read_group(r, setting_item(s, i), "sign", sign_fields,
					  ARRAY_LEN(sign_fields), &p->signs[i]);
	}
	return code;
}

static const struct setting_field profile_fields[] = {
	{ "name", true, read_name, offsetof(struct profile, name) },
	{ "summary", true, setting_read_text, offsetof(struct profile, summary) },
	{ "include", false, read_include, 0 },
	{ "inputs", false, read_inputs, 0 },
	{ "settings", false, read_settings, 0 },
	{ "rules", false, read_rules, 0 },
	{ "advice", false, read_advice, 0 },
	{ "suggest", false, read_signs, 0 },
};

int profile_read(const config_setting_t *root, const char *file, struct profile *ret,
		 struct error *e)
{
	struct setting_reader r = { .file = file, .e = e };
	const config_setting_t *group = config_setting_get_member(root, "profile");

	*ret = (struct profile){ .file = strdup(file) };
	if (ret->file == NULL)
		return setting_fail_memory(&r);
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned int)i);

		if (s != group)
			return setting_fail(
				&r, s, "a file of profiles has one setting: profile = { ... }");
	}
	if (group == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "%s:1: is no profile; it has to be profile = { name = \"...\"; "
				 "summary = \"...\"; settings = ( ... ); };",
				 file);
	return setting_read_group(&r, group, "profile", profile_fields, ARRAY_LEN(profile_fields),
				  ret);
}
