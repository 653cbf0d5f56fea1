#include "rules/rule_reader.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "rules/setting.h"
#include "tunables/kind.h"

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

static void change_done(struct rule_change *c)
{
	template_free(c->target);
	expression_free(c->when);
	expression_free(c->to);
	expression_free(c->step);
	template_free(c->note);
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
		change_done(&rule->changes[i]);
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

static int fail_unknown_tunable(const struct setting_reader *r, const config_setting_t *s,
				const char *name)
{
	struct suggestion nearest = suggest_start(name, strcspn(name, "["));

	for (size_t i = 0; i < tunable_count; i++)
		suggest_offer(&nearest, tunables[i].name);
	if (nearest.best == NULL)
		return setting_fail(r, s, "\"%.80s\" is not a catalogued tunable", name);
	return setting_fail(r, s, "\"%.80s\" is not a catalogued tunable; did you mean \"%s\"?",
			    name, nearest.best);
}

/* Which variables the other expressions of the change may name: `current` is a number's, and that
 * of a target is not among what an observation holds. */
static void let_current(struct setting_reader *r, const struct rule_change *change)
{
	bool numbers = change->tunable->unit != UNIT_TEXT && change->target == NULL;

	r->variables[RULE_CURRENT].dim = unit_info(change->tunable->unit)->dim;
	r->context.variable_count = numbers ? RULE_VARIABLES : RULE_CURRENT;
}

/* "route:{path.name}/congctl": the row follows from what is before the first and after the last
 * expression. */
static int read_named_target(struct setting_reader *r, const config_setting_t *s, const char *name,
			     struct rule_change *change)
{
	change->tunable = kind_row_find(name);
	if (change->tunable == NULL)
		return setting_fail(
			r, s, "\"%.80s\" is no tunable; netwright-tunables(7) lists them", name);
	r->context.variable_count = RULE_MATCHES;
	return setting_read_template(r, s, &change->target);
}

/* "net.ipv4.tcp_rmem[2]" or "net.core.somaxconn". */
static int read_tunable(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule_change *change = field;
	CLEANUP(free_charp) char *name = NULL;
	uint64_t element = 0;
	char *bracket;
	size_t len;
	int code = setting_read_text(r, s, &name);

	if (code < 0)
		return code;
	if (kind_of_target(name)->prefix[0] != '\0') {
		code = read_named_target(r, s, name, change);
		if (code == 0)
			let_current(r, change);
		return code;
	}
	bracket = strchr(name, '[');
	if (bracket != NULL) {
		len = strlen(bracket);
		if (len < 3 || bracket[len - 1] != ']' ||
		    text_parse_u64(bracket + 1, len - 2, 10, &element) != 0)
			return setting_fail(r, s, "\"%.80s\" has no index such as [2]", name);
		*bracket = '\0';
	}
	change->tunable = tunable_find(name);
	if (change->tunable == NULL)
		return fail_unknown_tunable(r, s, name);
	if (tunable_is_pattern(change->tunable))
		return setting_fail(r, s,
				    "%s is one setting of each interface: a rule cannot propose it",
				    change->tunable->name);
	if ((change->tunable->elements > 1) != (bracket != NULL) ||
	    element >= change->tunable->elements)
		return setting_fail(r, s,
				    change->tunable->elements > 1
					    ? "%s has %u elements: say which, as in [0]"
					    : "%s has %u element and takes no index",
				    name, change->tunable->elements);
	change->element = (unsigned int)element;
	let_current(r, change);
	return 0;
}

/* 'auto', where the tunable takes that in place of a number. */
static bool is_word_of(const struct expression *x, const struct tunable *t)
{
	const char *text = expression_text(x);
	const size_t len = t->word != NULL ? strlen(t->word) : 0;

	return len > 0 && strlen(text) == len + 2 && text[0] == '\'' &&
	       strncmp(text + 1, t->word, len) == 0 && text[len + 1] == '\'';
}

/* A value for the tunable: in its dimension, or a text for a token. */
static int read_target(struct setting_reader *r, const config_setting_t *s, const struct tunable *t,
		       struct expression **x)
{
	struct dimension wanted = unit_info(t->unit)->dim;
	char found[64], fits[64];
	int code = setting_read_expression(r, s, x);

	if (code < 0)
		return code;
	if (t->unit == UNIT_TEXT)
		return expression_type(*x) == EXPRESSION_TEXT
			       ? 0
			       : setting_fail(r, s, "%s takes a text such as 'name'", t->name);
	if (is_word_of(*x, t))
		return 0;
	if (expression_type(*x) != EXPRESSION_NUMBER)
		return t->word == NULL
			       ? setting_fail(r, s, "%s takes a number", t->name)
			       : setting_fail(r, s, "%s takes a number, or '%s'", t->name, t->word);
	if (!dimension_equal(expression_dimension(*x), wanted) &&
	    strcmp(expression_text(*x), "0") != 0)
		return setting_fail(
			r, s, "is %s, but %s is %s",
			dimension_format(expression_dimension(*x), found, sizeof(found)), t->name,
			dimension_format(wanted, fits, sizeof(fits)));
	return 0;
}

static int read_to(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule_change *change = field;

	return read_target(r, s, change->tunable, &change->to);
}

static int read_step(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule_change *change = field;

	return read_target(r, s, change->tunable, &change->step);
}

/* `tunable` first: the others are checked against it. */
static const struct setting_field change_fields[] = {
	{ "tunable", true, read_tunable, 0 },
	{ "when", false, setting_read_condition, offsetof(struct rule_change, when) },
	{ "to", true, read_to, 0 },
	{ "step", false, read_step, 0 },
	{ "note", false, setting_read_template, offsetof(struct rule_change, note) },
};

static int read_changes(struct setting_reader *r, const config_setting_t *s, void *field)
{
	struct rule *rule = field;
	size_t n = setting_items(s);
	int code = 0;

	if (!config_setting_is_list(s))
		return setting_fail(r, s, "must be a list: ( { tunable = ...; to = ...; } )");
	rule->changes = calloc(n > 0 ? n : 1, sizeof(*rule->changes));
	if (rule->changes == NULL)
		return setting_fail_memory(r);
	for (size_t i = 0; i < n && code == 0; i++) {
		rule->change_count = i + 1;
		code = setting_read_group(r, setting_item(s, i), "change", change_fields,
					  ARRAY_LEN(change_fields), &rule->changes[i]);
	}
	r->context.variable_count = RULE_MATCHES; /* the others mean nothing outside */
	return code;
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
	{ "set", false, read_changes, 0 },
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
