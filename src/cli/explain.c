#include "cli/explain.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/busiest.h"
#include "cli/phrase.h"
#include "cli/print.h"
#include "rules/template.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_WIDTH 12 /* the longest label, "looks at", and blanks that set it off */
#define TITLE_MAX   512

static void line(const struct terminal *t, const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(t->out, "  %-*s", LABEL_WIDTH, label);
	print_wrapped(t->out, t->width, 2 + LABEL_WIDTH, 2 + LABEL_WIDTH, text);
}

static void built_line(const struct terminal *t, const char *label, struct bytes *b)
{
	line(t, label, b->data);
	bytes_done(b);
}

/* What a rule or metric is about, after "about " or "of ". */
static const char *subject(enum entity_kind kind)
{
	static const char *const names[] = {
		[ENTITY_HOST] = "the host",
		[ENTITY_PATH] = "a path",
		[ENTITY_FLOW] = "a flow",
		[ENTITY_LISTENER] = "a listener",
		[ENTITY_LINK] = "a link",
		[ENTITY_UDP_SOCKET] = "a UDP socket",
		[ENTITY_PEER] = "a destination",
		[ENTITY_OWNER] = "a process that holds closed connections",
	};

	return names[kind];
}

static void rule_changes(const struct terminal *t, const struct rule *rule)
{
	for (size_t i = 0; i < rule->change_count; i++) {
		const struct rule_change *c = &rule->changes[i];
		struct bytes b = { 0 };

		(void)bytes_printf(&b, "%s", c->tunable->name);
		if (c->tunable->elements > 1)
			(void)bytes_printf(&b, "[%u]", c->element);
		(void)bytes_printf(&b, " = %s", expression_text(c->to));
		if (c->when != NULL)
			(void)bytes_printf(&b, ", if %s", expression_text(c->when));
		built_line(t, "changes", &b);
	}
}

static void rule_advice(const struct terminal *t, const struct rule *rule)
{
	for (size_t i = 0; i < rule->advice_count; i++)
		line(t, "advice", template_text(rule->advice[i].text));
}

static void optional_expression(const struct terminal *t, const char *label,
				const struct expression *x)
{
	if (x != NULL)
		line(t, label, expression_text(x));
}

static void rule_conditions(const struct terminal *t, const struct rule *rule)
{
	struct bytes b = { 0 };

	optional_expression(t, "when", rule->when);
	optional_expression(t, "unless", rule->unless);
	optional_expression(t, "needs", rule->needs);
	for (size_t i = 0; i < rule->evidence_count; i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : "",
				   expression_text(rule->evidence[i]));
	built_line(t, "looks at", &b);
}

static void rule_silences(const struct terminal *t, const struct rule *rule)
{
	struct bytes b = { 0 };

	for (size_t i = 0; i < rule->silence_count; i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : "", rule->silences[i]);
	built_line(t, "silences", &b);
}

void explain_rule(const struct terminal *t, const struct rule *rule)
{
	char title[TITLE_MAX];
	struct bytes b = { 0 };

	(void)fprintf(t->out, "%s  %s (a rule about %s; severity up to %s)\n", rule->id, rule->slug,
		      subject(rule->scope), severity_name(rule->ceiling));
	line(t, "title",
	     phrase_template(template_text(rule->title), rule->scope, title, sizeof(title)));
	line(t, "why", rule->why);
	rule_conditions(t, rule);
	rule_changes(t, rule);
	rule_advice(t, rule);
	if (rule->expect_text != NULL)
		line(t, "expect", rule->expect_text);
	else
		optional_expression(t, "expect", rule->expect);
	line(t, "risk", rule->risk);
	rule_silences(t, rule);
	line(t, "source", rule->source);
	(void)bytes_printf(&b, "%s:%u", rule->file, rule->line);
	built_line(t, "defined in", &b);
}

void explain_metric(const struct terminal *t, const struct metric *m, const struct observation *o)
{
	char name[ENTITY_NAME_MAX], text[PRINT_VALUE_MAX];
	struct bytes b = { 0 };
	struct value value;
	size_t index;

	(void)fprintf(t->out, "%s (a metric of %s; unit: %s)\n", m->name, subject(m->entity),
		      unit_info(m->unit)->name);
	line(t, "meaning", m->meaning);
	line(t, "source", m->source);
	if (o == NULL) {
		line(t, "now", "unknown: this host could not be observed");
		return;
	}
	if (busiest_entity(o, m->entity, &index) < 0) {
		line(t, "now", "unknown: nothing of this kind was seen");
		return;
	}
	value = metric_get(m, o, observation_entity(o, m->entity, index));
	(void)bytes_printf(&b, "%s", print_value(m->unit, value, text, sizeof(text)));
	if (value.kind == VALUE_UNKNOWN)
		(void)bytes_printf(&b, ": %s", value.text);
	if (m->entity != ENTITY_HOST)
		(void)bytes_printf(
			&b, " (%s, the busiest)",
			observation_entity_name(o, m->entity, index, name, sizeof(name)));
	built_line(t, "now", &b);
}

static void tunable_now(const struct terminal *t, const struct tunable *tunable,
			const struct tunable_values *values)
{
	const struct tunable_value *now = tunable_value_of(values, tunable);
	struct bytes b = { 0 };
	char text[PRINT_VALUE_MAX];

	if (now == NULL) {
		line(t, "now", "unknown: this host could not be read");
		return;
	}
	if (now->reason[0] != '\0') {
		(void)bytes_printf(&b, "unknown: %s", now->reason);
		built_line(t, "now", &b);
		return;
	}
	(void)bytes_printf(&b, "%s", now->text);
	for (unsigned int i = 0;
	     i < tunable->elements && tunable->unit != UNIT_TEXT && tunable->unit != UNIT_COUNT;
	     i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : " (",
				   print_value(tunable->unit, now->element[i], text, sizeof(text)));
	if (tunable->unit != UNIT_TEXT && tunable->unit != UNIT_COUNT)
		(void)bytes_printf(&b, ")");
	built_line(t, "now", &b);
}

static void tunable_range(const struct terminal *t, const struct tunable *tunable)
{
	struct bytes b = { 0 };

	if (tunable->type == TUNABLE_TOKEN || tunable->type == TUNABLE_TOKENS)
		return;
	(void)bytes_printf(&b, "%" PRId64 " to %" PRId64, tunable->minimum, tunable->maximum);
	if (tunable->elements > 1)
		(void)bytes_printf(&b, ", %u numbers%s", tunable->elements,
				   tunable->ascending ? " that do not decrease" : "");
	built_line(t, "range", &b);
}

void explain_tunable(const struct terminal *t, const struct tunable *tunable,
		     const struct tunable_values *values)
{
	static const char *const undo[] = {
		[TUNABLE_UNDO_FULL] = "completely",
		[TUNABLE_UNDO_NEW_SOCKETS_ONLY] = "for new connections only",
		[TUNABLE_UNDO_NO] = "no",
	};

	(void)fprintf(t->out, "%s (a tunable; unit: %s)\n", tunable->name,
		      unit_info(tunable->unit)->name);
	line(t, "does", tunable->help);
	tunable_now(t, tunable, values);
	tunable_range(t, tunable);
	line(t, "scope",
	     tunable->scope == TUNABLE_INIT_ONLY ? "the whole host (initial network namespace)"
						 : "each network namespace has its own");
	line(t, "reversible", undo[tunable->undo]);
	line(t, "since", tunable->since);
	line(t, "source", tunable->source);
}

static void lint_row(const struct terminal *t, const struct lint *lint)
{
	line(t, "looks at", lint->key);
	line(t, "severity", severity_name(lint->severity));
	line(t, "why", lint->message);
	line(t, "fix", lint->fix);
	line(t, "source", lint->source);
}

void explain_lint(const struct terminal *t, const struct lint *lint)
{
	(void)fprintf(t->out, "%s %s (a lint: netwright lint looks for it)\n", lint->id,
		      lint->slug);
	lint_row(t, lint);
	if (lint->key == NULL) /* about lines: no table of keys */
		return;
	for (const struct lint *more = lint + 1;
	     more < lints + lint_count && strcmp(more->id, lint->id) == 0; more++)
		lint_row(t, more);
}
