#include "tune/limits.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "rules/config_text.h"
#include "rules/configuration.h"
#include "rules/setting.h"
#include "tunables/kind.h"
#include "tunables/tunable_number.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; texts != NULL && i < count; i++)
		free(texts[i]);
	free(texts);
}

void limits_done(struct limits *l)
{
	for (size_t i = 0; i < l->pin_count; i++)
		free(l->pins[i].tunable);
	free(l->pins);
	free_texts(l->only, l->only_count);
	free_texts(l->except, l->except_count);
	*l = (struct limits){ 0 };
}

/* --- pins ---------------------------------------------------------------------------------- */

/* A pin as the file has it. */
struct pin_text {
	char *tunable, *min, *max;
	bool never;
};

static int read_flag(struct setting_reader *r, const config_setting_t *s, void *field)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return setting_fail(r, s, "must be true or false");
	*(bool *)field = config_setting_get_bool(s) != 0;
	return 0;
}

static const struct setting_field pin_fields[] = {
	{ "tunable", true, setting_read_text, offsetof(struct pin_text, tunable) },
	{ "min", false, setting_read_text, offsetof(struct pin_text, min) },
	{ "max", false, setting_read_text, offsetof(struct pin_text, max) },
	{ "never", false, read_flag, offsetof(struct pin_text, never) },
};

static void pin_text_done(struct pin_text *t)
{
	free(t->tunable);
	free(t->min);
	free(t->max);
}

/* The row behind a name, with or without an element. */
static const struct tunable *find_row(const char *name)
{
	char bare[TARGET_NAME_MAX];
	int element;

	if (target_split_name(name, bare, &element, NULL) < 0)
		return NULL;
	return kind_row_find(bare);
}

static int read_bound(struct setting_reader *r, const config_setting_t *group,
		      const struct tunable *t, const char *name, const char *text, bool *ret_has,
		      int64_t *ret)
{
	struct error why = { 0 };

	*ret_has = text != NULL;
	if (text == NULL)
		return 0;
	if (t->type != TUNABLE_INTEGER && t->type != TUNABLE_VECTOR)
		return setting_fail(r, config_setting_get_member(group, name),
				    "%s is no number: only `never` can be said of it", t->name);
	if (tunable_number_parse(t, (struct text_span){ text, strlen(text) }, ret, &why) < 0)
		return setting_fail(r, config_setting_get_member(group, name), "%s", why.text);
	return 0;
}

static int take_pin(struct setting_reader *r, const config_setting_t *group, struct pin_text *text,
		    struct pin *ret)
{
	const struct tunable *t = find_row(text->tunable);
	int code;

	if (t == NULL)
		return setting_fail(r, config_setting_get_member(group, "tunable"),
				    "there is no tunable \"%s\"; netwright-tunables(7) lists them",
				    text->tunable);
	if (text->never == (text->min != NULL || text->max != NULL))
		return setting_fail(r, group,
				    "must have either `never = true` or min, max or both");
	code = read_bound(r, group, t, "min", text->min, &ret->has_min, &ret->min);
	if (code == 0)
		code = read_bound(r, group, t, "max", text->max, &ret->has_max, &ret->max);
	if (code < 0)
		return code;
	if (ret->has_min && ret->has_max && ret->min > ret->max)
		return setting_fail(r, group, "min is above max");
	ret->never = text->never;
	ret->tunable = text->tunable;
	text->tunable = NULL;
	return 0;
}

static int read_pins(struct setting_reader *r, const config_setting_t *s, struct limits *l)
{
	const size_t n = setting_items(s);

	if (!config_setting_is_list(s))
		return setting_fail(r, s, "must be a list ( { tunable = ...; max = ...; }, ... )");
	l->pins = calloc(n + 1, sizeof(l->pins[0]));
	if (l->pins == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n; i++) {
		const config_setting_t *group = setting_item(s, i);
		struct pin_text text = { 0 };
		int code;

		if (!config_setting_is_group(group))
			return setting_fail(r, group,
					    "must be a group { tunable = ...; max = ...; }");
		code = setting_read_group(r, group, "pin", pin_fields, ARRAY_LEN(pin_fields),
					  &text);
		if (code == 0)
			code = take_pin(r, group, &text, &l->pins[i]);
		pin_text_done(&text);
		if (code < 0)
			return code;
		l->pin_count = i + 1;
	}
	return 0;
}

/* --- rules --------------------------------------------------------------------------------- */

static int read_patterns(struct setting_reader *r, const config_setting_t *s, char ***ret,
			 size_t *ret_count)
{
	const size_t n = setting_items(s);
	char **all = calloc(n + 1, sizeof(all[0]));

	*ret = all;
	if (all == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n; i++) {
		const char *text = setting_string(r, setting_item(s, i));

		if (text == NULL)
			return -EINVAL;
		all[i] = strdup(text);
		if (all[i] == NULL)
			return setting_fail_memory(r);
		*ret_count = i + 1;
	}
	return 0;
}

static int read_only(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct limits *l = field;

	return read_patterns(r, s, &l->only, &l->only_count);
}

static int read_except(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct limits *l = field;

	return read_patterns(r, s, &l->except, &l->except_count);
}

static const struct setting_field tune_fields[] = {
	{ "rules", false, read_only, 0 },
	{ "except", false, read_except, 0 },
};

static int read_tune(struct setting_reader *r, const config_setting_t *s, struct limits *l)
{
	if (!config_setting_is_group(s))
		return setting_fail(r, s, "must be a group { rules = [ ... ]; except = [ ... ]; }");
	return setting_read_group(r, s, "tune", tune_fields, ARRAY_LEN(tune_fields), l);
}

int limits_load_text(struct limits *ret, const char *name, const char *text, size_t len,
		     struct error *e)
{
	struct setting_reader reader = { .file = name, .e = e };
	const config_setting_t *pins, *tune;
	config_t config;
	int r = configuration_parse(name, text, len, &config, e);

	if (r < 0)
		return r;
	pins = config_lookup(&config, "pins");
	tune = config_lookup(&config, "tune");
	if (pins != NULL)
		r = read_pins(&reader, pins, ret);
	if (r == 0 && tune != NULL)
		r = read_tune(&reader, tune, ret);
	config_destroy(&config);
	return r;
}

int limits_load(struct limits *ret, const char *path, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	int r = config_text_read_file(path, &content, e);

	return r < 0 ? r : limits_load_text(ret, path, content.data, content.len, e);
}

/* --- asking -------------------------------------------------------------------------------- */

static bool matches_rule(char *const *patterns, size_t n, const struct rule *rule)
{
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(patterns[i], rule->id, 0) == 0 ||
		    fnmatch(patterns[i], rule->slug, 0) == 0)
			return true;
	}
	return false;
}

int limits_choose(struct limits *l, const char *const *rules, size_t count)
{
	char **chosen = calloc(count + 1, sizeof(chosen[0]));
	bool copied = chosen != NULL;

	for (size_t i = 0; copied && i < count; i++) {
		chosen[i] = strdup(rules[i]);
		copied = chosen[i] != NULL;
	}
	if (!copied) {
		free_texts(chosen, count);
		return -ENOMEM;
	}
	free_texts(l->only, l->only_count);
	free_texts(l->except, l->except_count);
	l->only = chosen;
	l->only_count = count;
	l->except = NULL;
	l->except_count = 0;
	return 0;
}

bool limits_allow_rule(const struct limits *l, const struct rule *rule)
{
	return (l->only_count == 0 || matches_rule(l->only, l->only_count, rule)) &&
	       !matches_rule(l->except, l->except_count, rule);
}

/* A pin without an element is about all of them. A slash within a route's prefix is no separator.
 */
static bool is_about(const struct pin *p, const char *tunable)
{
	char bare[TARGET_NAME_MAX];
	int element;

	if (strcmp(p->tunable, tunable) == 0)
		return true;
	if (target_split_name(tunable, bare, &element, NULL) < 0)
		return false;
	return strcmp(p->tunable, bare) == 0 || fnmatch(p->tunable, bare, 0) == 0;
}

bool limits_bound(const struct limits *l, const char *tunable, int64_t *value)
{
	for (size_t i = 0; i < l->pin_count; i++) {
		const struct pin *p = &l->pins[i];

		if (!is_about(p, tunable))
			continue;
		if (p->never)
			return false;
		if (value != NULL && p->has_min && *value < p->min)
			*value = p->min;
		if (value != NULL && p->has_max && *value > p->max)
			*value = p->max;
	}
	return true;
}
