#include "rules/rule_reader.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "rules/rule_change_reader.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HYSTERESIS_MAX 1000 /* windows; the daemon's are 30 s, so eight hours */

static void free_expressions(struct expression **list, size_t n)
{
	for (size_t i = 0; list != NULL && i < n; i++)
		expression_free(list[i]);
	free(list);
}

static void advice_done(struct rule_advice *a)
{
	expression_free(a->when);
	template_free(a->text);
}

void rule_done(struct rule *rule)
{
	char *const texts[] = { rule->id,  rule->slug, rule->class_name, rule->expect_text,
				rule->why, rule->risk, rule->source,	 rule->file };
	struct expression *const expressions[] = { rule->needs, rule->when, rule->unless,
						   rule->severity, rule->expect };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(expressions); i++)
		expression_free(expressions[i]);
	template_free(rule->title);
	free_expressions(rule->evidence, rule->evidence_count);
	free_expressions(rule->guards, rule->guard_count);
	for (size_t i = 0; i < rule->change_count; i++)
		rule_change_done(&rule->changes[i]);
	free(rule->changes);
	for (size_t i = 0; i < rule->advice_count; i++)
		advice_done(&rule->advice[i]);
	free(rule->advice);
	for (size_t i = 0; i < rule->silence_count; i++)
		free(rule->silences[i]);
	free(rule->silences);
	*rule = (struct rule){ 0 };
}

/* Ids and slugs are typed by people on command lines and matched in other rules. */
static int read_word(struct setting_reader *r, const config_setting_t *s, void *field)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	const char *text = setting_string(r, s);

	if (text == NULL)
		return -EINVAL;
	if (strspn(text, allowed) != strlen(text) || strlen(text) > SUGGEST_NAME_MAX)
		return setting_fail(r, s, "must be at most %d letters, digits and - _ .",
				    SUGGEST_NAME_MAX);
	return setting_read_text(r, s, field);
}

/* "host, path, ... or owner". */
static const char *scope_names(char *buf, size_t len)
{
	size_t used = 0;

	for (enum entity_kind kind = 0; kind < ENTITY_KINDS && used < len; kind++) {
		const char *before = kind + 1 == ENTITY_KINDS ? " or " : ", ";
		int n = snprintf(buf + used, len - used, "%s%s", kind == 0 ? "" : before,
				 entity_kind_name(kind));

		used += n > 0 ? (size_t)n : 0;
	}
	return buf;
}

static int read_scope(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);
	char names[160];

	if (text == NULL)
		return -EINVAL;
	for (enum entity_kind kind = 0; kind < ENTITY_KINDS; kind++) {
		if (strcmp(entity_kind_name(kind), text) == 0) {
			*(enum entity_kind *)field = kind;
			r->context.scope = kind;
			return 0;
		}
	}
	return setting_fail(r, s, "is %s, not \"%.40s\"", scope_names(names, sizeof(names)), text);
}

static int read_severity(struct setting_reader *r, const config_setting_t *s, void *field)
{
	const char *text = setting_string(r, s);

	if (text == NULL)
		return -EINVAL;
	if (severity_parse(text, field) < 0)
		return setting_fail(r, s, "is info, low, medium, high or critical, not \"%.40s\"",
				    text);
	return 0;
}

static int read_hysteresis(struct setting_reader *r, const config_setting_t *s, void *field)
{
	int windows = config_setting_get_int(s);

	if (config_setting_type(s) != CONFIG_TYPE_INT || windows < 1 || windows > HYSTERESIS_MAX)
		return setting_fail(r, s, "must be a number of windows from 1 to %d",
				    HYSTERESIS_MAX);
	*(unsigned int *)field = (unsigned int)windows;
	return 0;
}

/* The ratio of actual to threshold. */
static int read_ratio(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct expression **x = field;
	int code = setting_read_expression(r, s, x);

	if (code == 0 && (expression_type(*x) != EXPRESSION_NUMBER ||
			  !dimension_is_none(expression_dimension(*x))))
		return setting_fail(r, s, "must be a pure number: actual divided by threshold");
	return code;
}

static int read_expressions(struct setting_reader *r, const config_setting_t *s, bool conditions,
			    struct expression ***list, size_t *count)
{
	size_t n = setting_items(s);

	*list = calloc(n > 0 ? n : 1, sizeof(struct expression *));
	if (*list == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n; i++) {
		const config_setting_t *item = setting_item(s, i);
		struct expression **x = &(*list)[i];
		int code = conditions ? setting_read_condition(r, item, x)
				      : setting_read_expression(r, item, x);

		*count = i + 1;
		if (code < 0)
			return code;
		if (!conditions && expression_type(*x) == EXPRESSION_CONDITION)
			return setting_fail(r, item, "must be a number or a text, not a condition");
	}
	return 0;
}

static int read_evidence(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule *rule = field;

	return read_expressions(r, s, false, &rule->evidence, &rule->evidence_count);
}

static int read_guards(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule *rule = field;

	return read_expressions(r, s, true, &rule->guards, &rule->guard_count);
}

static int read_silences(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule *rule = field;
	size_t n = setting_items(s);

	rule->silences = calloc(n > 0 ? n : 1, sizeof(*rule->silences));
	if (rule->silences == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n; i++) {
		int code = read_word(r, setting_item(s, i), &rule->silences[i]);

		if (code < 0)
			return code;
		rule->silence_count = i + 1;
	}
	return 0;
}

static const struct setting_field advice_fields[] = {
	{ "when", false, setting_read_condition, offsetof(struct rule_advice, when) },
	{ "text", true, setting_read_template, offsetof(struct rule_advice, text) },
};

/* One text, or a list of { when; text; }. */
static int read_advice(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule *rule = field;
	size_t n = setting_items(s);
	int code = 0;

	rule->advice = calloc(n > 0 ? n : 1, sizeof(*rule->advice));
	if (rule->advice == NULL)
		return setting_fail_memory(r);
	if (!config_setting_is_aggregate(s)) {
		rule->advice_count = 1;
		return setting_read_template(r, s, &rule->advice[0].text);
	}
	if (!config_setting_is_list(s))
		return setting_fail(r, s,
				    "must be a text, or a list: ( { when = ...; text = ...; } )");
	for (size_t i = 0; i < n && code == 0; i++) {
		rule->advice_count = i + 1;
		code = setting_read_group(r, setting_item(s, i), "piece of advice", advice_fields,
					  ARRAY_LEN(advice_fields), &rule->advice[i]);
	}
	return code;
}

/* `scope` first: it decides which metrics the expressions may name. */
static const struct setting_field rule_fields[] = {
	{ "scope", true, read_scope, offsetof(struct rule, scope) },
	{ "id", true, read_word, offsetof(struct rule, id) },
	{ "slug", true, read_word, offsetof(struct rule, slug) },
	{ "class", true, read_word, offsetof(struct rule, class_name) },
	{ "title", true, setting_read_template, offsetof(struct rule, title) },
	{ "when", true, setting_read_condition, offsetof(struct rule, when) },
	{ "unless", false, setting_read_condition, offsetof(struct rule, unless) },
	{ "needs", false, setting_read_condition, offsetof(struct rule, needs) },
	{ "for", false, read_hysteresis, offsetof(struct rule, hysteresis) },
	{ "severity_ceiling", true, read_severity, offsetof(struct rule, ceiling) },
	{ "severity", false, read_ratio, offsetof(struct rule, severity) },
	{ "evidence", false, read_evidence, 0 },
	{ "set", false, rule_changes_read, 0 },
	{ "advice", false, read_advice, 0 },
	{ "silences", false, read_silences, 0 },
	{ "expect", false, setting_read_condition, offsetof(struct rule, expect) },
	{ "expect_text", false, setting_read_text, offsetof(struct rule, expect_text) },
	{ "guard", false, read_guards, 0 },
	{ "why", true, setting_read_text, offsetof(struct rule, why) },
	{ "risk", false, setting_read_text, offsetof(struct rule, risk) },
	{ "source", true, setting_read_text, offsetof(struct rule, source) },
};

int rule_read(const config_setting_t *group, const char *file, struct rule *ret, struct error *e)
{
	struct setting_reader r = { .file = file, .e = e };

	r.variables[RULE_BUFFER_CAP] = (struct expression_variable){
		.name = "buffer_cap", .dim = unit_info(UNIT_BYTES)->dim
	};
	r.variables[RULE_MATCHES] = (struct expression_variable){ .name = "matches" };
	r.variables[RULE_CURRENT] = (struct expression_variable){ .name = "current" };
	r.context.variable_count = RULE_MATCHES;
	*ret = (struct rule){ 0 };
	ret->file = strdup(file);
	ret->line = (unsigned int)config_setting_source_line(group);
	if (ret->file == NULL)
		return setting_fail_memory(&r);
	return setting_read_group(&r, group, "rule", rule_fields, ARRAY_LEN(rule_fields), ret);
}
