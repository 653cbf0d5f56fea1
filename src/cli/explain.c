#include "cli/explain.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/busiest.h"
#include "cli/phrase.h"
#include "cli/print.h"
#include "rules/template.h"
#include "tunables/tunable_setting.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define LABEL_WIDTH 12 /* the longest label, "looks at", and blanks that set it off */
#define TITLE_MAX   512
#define HEADING_MAX 256

static void terminal_heading(void *arg, const char *text)
{
	const struct terminal *t = arg;

	(void)fprintf(t->out, "%s\n", text);
}

static void terminal_line(void *arg, const char *label, const char *text)
{
	const struct terminal *t = arg;

	(void)fprintf(t->out, "  %-*s", LABEL_WIDTH, label);
	print_wrapped(t->out, t->width, 2 + LABEL_WIDTH, 2 + LABEL_WIDTH, text);
}

struct explain_writer explain_on_terminal(struct terminal *t)
{
	return (struct explain_writer){
		.heading = terminal_heading,
		.line = terminal_line,
		.arg = t,
	};
}

static void line(const struct explain_writer *w, const char *label, const char *text)
{
	if (text != NULL && text[0] != '\0')
		w->line(w->arg, label, text);
}

static void heading(const struct explain_writer *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void heading(const struct explain_writer *w, const char *fmt, ...)
{
	char text[HEADING_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	w->heading(w->arg, text);
}

static void built_line(const struct explain_writer *w, const char *label, struct bytes *b)
{
	line(w, label, b->data);
	bytes_done(b);
}

static void rule_changes(const struct explain_writer *w, const struct rule *rule)
{
	for (size_t i = 0; i < rule->change_count; i++) {
		const struct rule_change *c = &rule->changes[i];
		struct bytes b = { 0 };

		(void)bytes_printf(&b, "%s",
				   c->target != NULL ? template_text(c->target) : c->tunable->name);
		if (c->tunable->elements > 1)
			(void)bytes_printf(&b, "[%u]", c->element);
		(void)bytes_printf(&b, " = %s", expression_text(c->to));
		if (c->when != NULL)
			(void)bytes_printf(&b, ", if %s", expression_text(c->when));
		built_line(w, "changes", &b);
	}
}

static void rule_advice(const struct explain_writer *w, const struct rule *rule)
{
	for (size_t i = 0; i < rule->advice_count; i++)
		line(w, "advice", template_text(rule->advice[i].text));
}

static void optional_expression(const struct explain_writer *w, const char *label,
				const struct expression *x)
{
	if (x != NULL)
		line(w, label, expression_text(x));
}

static void rule_conditions(const struct explain_writer *w, const struct rule *rule)
{
	struct bytes b = { 0 };

	optional_expression(w, "when", rule->when);
	optional_expression(w, "unless", rule->unless);
	optional_expression(w, "needs", rule->needs);
	for (size_t i = 0; i < rule->evidence_count; i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : "",
				   expression_text(rule->evidence[i]));
	built_line(w, "looks at", &b);
}

static void rule_silences(const struct explain_writer *w, const struct rule *rule)
{
	struct bytes b = { 0 };

	for (size_t i = 0; i < rule->silence_count; i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : "", rule->silences[i]);
	built_line(w, "silences", &b);
}

void explain_rule(const struct explain_writer *w, const struct rule *rule)
{
	char title[TITLE_MAX];
	struct bytes b = { 0 };

	heading(w, "%s  %s (a rule about %s; severity up to %s)", rule->id, rule->slug,
		entity_kind_subject(rule->scope), severity_name(rule->ceiling));
	line(w, "title",
	     phrase_template(template_text(rule->title), rule->scope, title, sizeof(title)));
	line(w, "why", rule->why);
	rule_conditions(w, rule);
	rule_changes(w, rule);
	rule_advice(w, rule);
	if (rule->expect_text != NULL)
		line(w, "expect", rule->expect_text);
	else
		optional_expression(w, "expect", rule->expect);
	line(w, "risk", rule->risk);
	rule_silences(w, rule);
	line(w, "source", rule->source);
	(void)bytes_printf(&b, "%s:%u", rule->file, rule->line);
	built_line(w, EXPLAIN_DEFINED_IN, &b);
}

void explain_metric(const struct explain_writer *w, const struct metric *m,
		    const struct observation *o)
{
	char name[ENTITY_NAME_MAX], text[PRINT_VALUE_MAX];
	struct bytes b = { 0 };
	struct value value;
	size_t index;

	heading(w, "%s (a metric of %s; unit: %s)", m->name, entity_kind_subject(m->entity),
		unit_info(m->unit)->name);
	line(w, "meaning", m->meaning);
	line(w, "source", m->source);
	if (o == NULL) {
		line(w, EXPLAIN_NOW, "unknown: this host could not be observed");
		return;
	}
	if (busiest_entity(o, m->entity, &index) < 0) {
		line(w, EXPLAIN_NOW, "unknown: nothing of this kind was seen");
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
	built_line(w, EXPLAIN_NOW, &b);
}

/* Of what belongs to neither the host nor a namespace; else NULL. */
static const char *owner_scope(const struct tunable *tunable)
{
	static const char *const owned[] = {
		[TUNABLE_PER_ROUTE] = "each route of each network namespace has its own",
		[TUNABLE_PER_LINK] = "each link of each network namespace has its own",
	};

	return (size_t)tunable->scope < ARRAY_LEN(owned) ? owned[tunable->scope] : NULL;
}

static void tunable_now(const struct explain_writer *w, const struct tunable *tunable,
			const struct tunable_values *values)
{
	const struct tunable_value *now;
	struct bytes b = { 0 };
	char meaning[128];

	/* Not among the values of a host. */
	if (tunable->scope == TUNABLE_PER_PROCESS) {
		line(w, EXPLAIN_NOW, "each process has its own, in /proc/PID/limits");
		return;
	}
	if (tunable->scope == TUNABLE_PER_SOCKET) {
		line(w, EXPLAIN_NOW, "each connection has its own; ss -tmio shows most of it");
		return;
	}
	/* Of these there are many, and none was named. */
	if (owner_scope(tunable) != NULL)
		return;
	now = tunable_value_of(values, tunable);
	if (now == NULL) {
		line(w, EXPLAIN_NOW, "unknown: this host could not be read");
		return;
	}
	if (now->reason[0] != '\0') {
		(void)bytes_printf(&b, "unknown: %s", now->reason);
		built_line(w, EXPLAIN_NOW, &b);
		return;
	}
	(void)bytes_printf(&b, "%s", now->text);
	if (tunable->unit != UNIT_TEXT && tunable->unit != UNIT_COUNT)
		(void)bytes_printf(
			&b, " (%s)",
			tunable_text_describe(tunable, now->text, meaning, sizeof(meaning)));
	built_line(w, EXPLAIN_NOW, &b);
}

static void tunable_range(const struct explain_writer *w, const struct tunable *tunable)
{
	static const char *const rounding[] = {
		[TUNABLE_ROUND_NONE] = "",
		[TUNABLE_ROUND_POWER_OF_TWO] = ", powers of two",
		[TUNABLE_ROUND_MULTIPLE_OF_512] = ", multiples of 512",
	};
	static const char *const texts[] = {
		[TUNABLE_TOKEN] = "one name",
		[TUNABLE_TOKENS] = "names, separated by blanks",
		[TUNABLE_PORTS] = "ports and ranges of ports, such as 8080,9000-9010",
	};
	struct bytes b = { 0 };

	if (tunable->scope == TUNABLE_PER_PROCESS) {
		line(w, "accepts", "the soft limit, or SOFT:HARD; numbers or \"unlimited\"");
		return;
	}
	if (tunable->unit == UNIT_TEXT) {
		line(w, "accepts", texts[tunable->type]);
		return;
	}
	(void)bytes_printf(&b, "%" PRId64 " to %" PRId64 "%s", tunable->minimum, tunable->maximum,
			   rounding[tunable->rounding]);
	if (tunable->elements > 1)
		(void)bytes_printf(&b, ", %u numbers%s", tunable->elements,
				   tunable->ascending ? " that do not decrease" : "");
	built_line(w, "range", &b);
}

static const char *tunable_scope(const struct tunable *tunable)
{
	if (owner_scope(tunable) != NULL)
		return owner_scope(tunable);
	if (tunable_is_pattern(tunable))
		return "each interface of each network namespace has its own";
	if (tunable->scope == TUNABLE_PER_PROCESS)
		return "each process has its own, and hands it on to those that it starts later";
	if (tunable->scope == TUNABLE_PER_SOCKET)
		return "one open TCP connection, until it is closed; nothing of it can persist";
	if (tunable->scope == TUNABLE_PER_NETNS)
		return "each network namespace has its own";
	return tunable->shown ? "the whole host; other network namespaces show it, and cannot "
				"write it"
			      : "the whole host (initial network namespace)";
}

void explain_tunable(const struct explain_writer *w, const struct tunable *tunable,
		     const struct tunable_values *values)
{
	static const char *const undo[] = {
		[TUNABLE_UNDO_FULL] = "completely",
		[TUNABLE_UNDO_NEW_SOCKETS_ONLY] = "for new connections only",
		[TUNABLE_UNDO_NO] = "no",
	};
	static const char *const privilege[] = {
		[TUNABLE_NET_ADMIN] = "CAP_NET_ADMIN or uid 0, in the namespace it is set in",
		[TUNABLE_ROOT] = "uid 0 of the host",
		[TUNABLE_SAME_USER] = "the user of the process; CAP_SYS_RESOURCE for those of "
				      "others, and for changing the hard limit",
		[TUNABLE_TRACER] = "CAP_SYS_PTRACE to reach connections of other users' processes; "
				   "CAP_NET_ADMIN for buffers and congestion",
	};

	heading(w, "%s (a tunable; unit: %s)", tunable->name, unit_info(tunable->unit)->name);
	line(w, "does", tunable->help);
	line(w, "also", tunable->side_effects);
	tunable_now(w, tunable, values);
	tunable_range(w, tunable);
	line(w, "scope", tunable_scope(tunable));
	line(w, "needs", privilege[tunable_privilege(tunable)]);
	line(w, "reversible", undo[tunable->undo]);
	line(w, "since", tunable->since);
	line(w, "source", tunable->source);
}

static void lint_row(const struct explain_writer *w, const struct lint *lint)
{
	line(w, "looks at", lint->key);
	line(w, "severity", severity_name(lint->severity));
	line(w, "why", lint->message);
	line(w, "fix", lint->fix);
	line(w, "source", lint->source);
}

void explain_lint(const struct explain_writer *w, const struct lint *lint)
{
	heading(w,
		"%s %s (a lint: netwright lint looks for it, netwright audit too when it is in force)",
		lint->id, lint->slug);
	lint_row(w, lint);
	if (lint->key == NULL) /* about lines: no table of keys */
		return;
	for (const struct lint *more = lint + 1;
	     more < lints + lint_count && strcmp(more->id, lint->id) == 0; more++)
		lint_row(w, more);
}
