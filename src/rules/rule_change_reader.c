#include "rules/rule_change_reader.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "tunables/kind.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void rule_change_done(struct rule_change *c)
{
	template_free(c->target);
	expression_free(c->when);
	expression_free(c->to);
	expression_free(c->step);
	template_free(c->note);
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

int rule_changes_read(struct setting_reader *r, const config_setting_t *s, void *field)
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
