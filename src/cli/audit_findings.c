#include "cli/audit_report.h"

#include "base/bytes.h"
#include "cli/phrase.h"
#include "cli/print.h"

#include <string.h>

#define ID_WIDTH       8 /* the longest id, "BLOAT-01", with the blank after it */
#define SLUG_WIDTH     26
#define ENTITIES_SHOWN 4 /* beside the worst, unless -v */
#define EXPRESSION_MAX 256

/* Severity is a word first and a colour second, so that nothing depends on colour. */
static const char *const severity_color[] = {
	[SEVERITY_INFO] = "\033[2m",	    [SEVERITY_LOW] = "\033[36m",
	[SEVERITY_MEDIUM] = "\033[33m",	    [SEVERITY_HIGH] = "\033[31m",
	[SEVERITY_CRITICAL] = "\033[1;31m",
};

static void print_severity(const struct terminal *t, enum severity severity)
{
	const char *name = severity_name(severity);

	(void)fputs(t->color ? severity_color[severity] : "", t->out);
	for (const char *c = name; *c != '\0'; c++)
		(void)fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, t->out);
	(void)fprintf(t->out, "%s%*s", t->color ? "\033[0m" : "", PRINT_INDENT - (int)strlen(name),
		      "");
}

static void add_entity(struct bytes *b, const struct finding *f, size_t index)
{
	const struct finding_entity *entity = &f->entities[index];
	char flows[32];

	(void)bytes_printf(b, "%s %s", f->subject, entity->name);
	if (entity->flows > 0)
		(void)bytes_printf(b, ", %s",
				   print_count(entity->flows, "flow", flows, sizeof(flows)));
	if (entity->process != NULL && entity->process[0] != '\0')
		(void)bytes_printf(b, ", %s", entity->process);
}

static void print_text(const struct terminal *t, const char *label, struct bytes *b)
{
	print_labelled(t, label, b->data);
	bytes_done(b);
}

static void print_first_line(const struct terminal *t, const struct finding *f)
{
	struct bytes b = { 0 };

	print_severity(t, f->severity);
	(void)fprintf(t->out, "%-*s %-*s ", ID_WIDTH, f->rule->id, SLUG_WIDTH, f->rule->slug);
	if (f->entity_count > 0)
		add_entity(&b, f, 0);
	(void)fprintf(t->out, "%s\n", b.data != NULL ? b.data : "");
	bytes_done(&b);
}

static void print_other_entities(const struct terminal *t, const struct finding *f, bool all)
{
	struct bytes b = { 0 };
	size_t shown = f->entity_count;

	if (!all && shown > 1 + ENTITIES_SHOWN)
		shown = 1 + ENTITIES_SHOWN;
	for (size_t i = 1; i < shown; i++) {
		(void)bytes_printf(&b, "%s", i > 1 ? "; " : "");
		add_entity(&b, f, i);
	}
	if (shown < f->entity_count)
		(void)bytes_printf(&b, "; and %zu more", f->entity_count - shown);
	print_text(t, "also", &b);
}

static void print_evidence(const struct terminal *t, const struct finding *f, bool names)
{
	struct bytes b = { 0 };

	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct finding_evidence *evidence = &f->evidence[i];
		char phrase[EXPRESSION_MAX], value[PRINT_VALUE_MAX];

		if (!names)
			phrase_expression(evidence->metric, f->rule->scope, phrase, sizeof(phrase));
		(void)bytes_printf(
			&b, "%s%s %s", i > 0 ? "; " : "", names ? evidence->metric : phrase,
			print_value(evidence->unit, evidence->value, value, sizeof(value)));
		if (evidence->threshold.kind != VALUE_UNKNOWN)
			(void)bytes_printf(&b, " (threshold %s)",
					   print_value(evidence->unit, evidence->threshold, value,
						       sizeof(value)));
	}
	print_text(t, "evidence", &b);
}

static void change_values(const struct finding_change *c, char *buf, size_t len)
{
	bool known = c->from.kind != VALUE_UNKNOWN; /* of a target it is not observed */
	char from[PRINT_VALUE_MAX], to[PRINT_VALUE_MAX];

	(void)snprintf(buf, len, "%s%s-> %s",
		       known ? print_value(c->tunable->unit, c->from, from, sizeof(from)) : "",
		       known ? " " : "", print_value(c->tunable->unit, c->to, to, sizeof(to)));
}

static void print_note(const struct terminal *t, const char *note, unsigned int column)
{
	struct bytes b = { 0 };

	(void)bytes_printf(&b, "(%s)", note);
	if (b.data != NULL)
		print_wrapped(t->out, t->width, column, PRINT_INDENT + PRINT_LABEL_WIDTH + 2,
			      b.data);
	bytes_done(&b);
}

/* The columns of all changes of a finding line up. */
static void print_changes(const struct terminal *t, const struct finding *f)
{
	size_t name_width = 0, values_width = 0;
	char name[TARGET_NAME_MAX], values[2 * PRINT_VALUE_MAX + 8];

	for (size_t i = 0; i < f->change_count; i++) {
		(void)finding_change_name(&f->changes[i], name);
		change_values(&f->changes[i], values, sizeof(values));
		name_width = strlen(name) > name_width ? strlen(name) : name_width;
		values_width = strlen(values) > values_width ? strlen(values) : values_width;
	}
	for (size_t i = 0; i < f->change_count; i++) {
		const struct finding_change *c = &f->changes[i];

		(void)finding_change_name(c, name);
		change_values(c, values, sizeof(values));
		(void)fprintf(t->out, "%*s%-*s%-*s  ", PRINT_INDENT, "", PRINT_LABEL_WIDTH, "do",
			      (int)name_width, name);
		if (c->note == NULL || c->note[0] == '\0') {
			(void)fprintf(t->out, "%s\n", values);
			continue;
		}
		(void)fprintf(t->out, "%-*s   ", (int)values_width, values);
		print_note(t, c->note,
			   PRINT_INDENT + PRINT_LABEL_WIDTH +
				   (unsigned int)(name_width + values_width) + 5);
	}
}

void audit_print_finding(const struct terminal *t, const struct finding *f, struct audit_view view)
{
	const char *expect = f->rule->expect_text;

	if (expect == NULL && f->rule->expect != NULL)
		expect = expression_text(f->rule->expect);
	print_first_line(t, f);
	(void)fprintf(t->out, "%*s", PRINT_INDENT, "");
	print_wrapped(t->out, t->width, PRINT_INDENT, PRINT_INDENT, f->title);
	print_other_entities(t, f, view.verbose);
	print_evidence(t, f, view.verbose);
	print_changes(t, f);
	print_labelled(t, "advice", f->advice);
	if (f->change_count > 0)
		print_labelled(t, "expect", expect);
	if (view.verbose) {
		print_labelled(t, "why", f->rule->why);
		print_labelled(t, "risk", f->change_count > 0 ? f->rule->risk : NULL);
		print_labelled(t, "source", f->rule->source);
	}
}
