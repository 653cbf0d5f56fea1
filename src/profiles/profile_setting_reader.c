#include "profiles/profile_setting_reader.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/kind.h"
#include "tunables/tunable_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mode_names[PROFILE_MODES] = {
	[PROFILE_SET] = "set",
	[PROFILE_RAISE] = "raise_to",
	[PROFILE_LOWER] = "lower_to",
};

const char *profile_mode_name(enum profile_mode mode)
{
	return mode_names[mode];
}

const char *profile_setting_name(const struct profile_setting *s, char *buf, size_t len)
{
	if (s->element >= 0)
		(void)snprintf(buf, len, "%s[%d]", s->name, s->element);
	else
		(void)snprintf(buf, len, "%s", s->name);
	return buf;
}

void profile_setting_done(struct profile_setting *s)
{
	free(s->name);
	free(s->value);
	free(s->when);
	free(s->why);
	free(s->source);
	*s = (struct profile_setting){ 0 };
}

/* Sysctls have a parser of their own, which knows their elements and interfaces. */
static int find_row(const char *name, struct profile_setting *setting, struct error *e)
{
	struct tunable_name sysctl;
	int r = 0;

	if (kind_of_target(name)->prefix[0] == '\0') {
		r = tunable_name_parse(name, &sysctl, e);
		if (r == 0)
			setting->tunable = sysctl.tunable;
		return r;
	}
	if (kind_of_target(name)->by_hand_only)
		return error_set(e, -EINVAL, ERROR_INPUT, name, "can be set by hand only");
	setting->tunable = kind_row(name);
	if (setting->tunable == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, name,
				 "is not a tunable; netwright-tunables(7) lists them");
	return 0;
}

static int read_tunable(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile_setting *setting = field;
	const char *text = setting_string(r, s);
	char name[TARGET_NAME_MAX];
	struct error why = { 0 };
	int code;

	if (text == NULL)
		return -EINVAL;
	code = target_split_name(text, name, &setting->element, &why);
	if (code == 0)
		code = find_row(text, setting, &why);
	if (code < 0)
		return setting_fail(r, s, "%s", why.text);
	setting->name = strdup(name);
	return setting->name == NULL ? setting_fail_memory(r) : 0;
}

static int read_value(struct setting_reader *r, const config_setting_t *s,
		      struct profile_setting *setting, enum profile_mode mode)
{
	if (setting->value != NULL)
		return setting_fail(r, s, "%s is here already; give one of set, raise_to, lower_to",
				    mode_names[setting->mode]);
	setting->mode = mode;
	setting->value_line = (unsigned int)config_setting_source_line(s);
	return setting_read_text(r, s, &setting->value);
}

static int read_set(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_value(r, s, field, PROFILE_SET);
}

static int read_raise(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_value(r, s, field, PROFILE_RAISE);
}

static int read_lower(struct setting_reader *r, const config_setting_t *s, void *field)
{
	return read_value(r, s, field, PROFILE_LOWER);
}

static int read_when(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct profile_setting *setting = field;

	setting->when_line = (unsigned int)config_setting_source_line(s);
	return setting_read_text(r, s, &setting->when);
}

static const struct setting_field fields[] = {
	{ "tunable", true, read_tunable, 0 },
	{ "set", false, read_set, 0 },
	{ "raise_to", false, read_raise, 0 },
	{ "lower_to", false, read_lower, 0 },
	{ "when", false, read_when, 0 },
	{ "why", true, setting_read_text, offsetof(struct profile_setting, why) },
	{ "source", true, setting_read_text, offsetof(struct profile_setting, source) },
};

int profile_setting_read(struct setting_reader *r, const config_setting_t *group,
			 struct profile_setting *ret)
{
	int code;

	ret->line = (unsigned int)config_setting_source_line(group);
	code = setting_read_group(r, group, "setting", fields, ARRAY_LEN(fields), ret);
	if (code == 0 && ret->value == NULL)
		return setting_fail(r, group,
				    "this setting lacks a value: one of set, raise_to, lower_to");
	return code;
}
