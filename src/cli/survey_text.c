#include "cli/audit_report.h"
#include "cli/print.h"
#include "cli/survey_report.h"
#include "cli/table.h"

#include "base/bytes.h"

#include <stdlib.h>

static int print_section(const struct terminal *t, const struct survey *s,
			 const struct survey_place *p, const struct settings *settings,
			 struct error *e)
{
	const struct audit_view view = {
		.verbose = settings->verbose,
		.quiet = settings->quiet,
		.part = true,
		.comparison = s->earlier.path != NULL ? &p->comparison : NULL,
	};
	int r = 0;

	if (settings->quiet && p->inspection.diagnosis.finding_count == 0 &&
	    p->comparison.row_count == 0)
		return 0;
	(void)fprintf(t->out, "== network namespace %s ==\n", p->label);
	if (p->state == SURVEY_UNREADABLE)
		print_wrapped(t->out, t->width, 0, 0, p->reason);
	else
		r = audit_print_text(t, &p->inspection, view, e);
	(void)fputc('\n', t->out);
	return r;
}

/* Findings are in descending order of severity. */
static const char *worst_of(const struct diagnosis *d)
{
	return d->finding_count > 0 ? severity_name(d->findings[0].severity) : "-";
}

static int add_row(struct table *table, const struct survey_place *p)
{
	const struct observation *o = p->inspection.observation;
	char flows[24] = "-", paths[24] = "-", findings[24] = "-";

	if (o != NULL) {
		(void)snprintf(findings, sizeof(findings), "%zu",
			       p->inspection.diagnosis.finding_count);
		(void)snprintf(paths, sizeof(paths), "%zu", o->path_count);
	}
	if (o != NULL && !o->sockets_unseen)
		(void)snprintf(flows, sizeof(flows), "%zu", o->flow_count);
	return table_add(table,
			 (const char *const[]){ p->label, survey_state_name(p->state), flows, paths,
						findings, worst_of(&p->inspection.diagnosis) });
}

static int print_table(const struct terminal *t, const struct survey *s)
{
	static const struct table_column columns[] = {
		{ .title = "NAMESPACE" },
		{ .title = "STATE" },
		{ .title = "FLOWS", .right = true },
		{ .title = "PATHS", .right = true },
		{ .title = "FINDINGS", .right = true },
		{ .title = "WORST" },
	};
	struct table table;
	int r = 0;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < s->count && r == 0; i++)
		r = add_row(&table, &s->places[i]);
	if (r == 0)
		table_print(&table, t->out, 2, t->is_tty ? t->width : 0);
	table_done(&table);
	return r;
}

/* "21 network namespaces: 19 audited, 1 gone, 1 unreadable; 3 findings (1 high, 2 low)." */
static void add_totals(struct bytes *b, const struct survey *s)
{
	size_t states[SURVEY_STATES] = { 0 };
	size_t severities[SEVERITY_CRITICAL + 1] = { 0 };
	const char *separator = ": ";
	char text[48];

	for (size_t i = 0; i < s->count; i++) {
		states[s->places[i].state]++;
		audit_count_severities(&s->places[i].inspection.diagnosis, severities);
	}
	(void)bytes_printf(b, "%s", print_count(s->count, "network namespace", text, sizeof(text)));
	for (int state = 0; state < SURVEY_STATES; state++) {
		if (states[state] == 0)
			continue;
		(void)bytes_printf(b, "%s%zu %s", separator, states[state],
				   survey_state_name((enum survey_state)state));
		separator = ", ";
	}
	(void)bytes_printf(b, "; ");
	audit_add_counts(b, severities);
	(void)bytes_printf(b, ". Nothing was changed.");
}

static void print_bytes(const struct terminal *t, struct bytes *b)
{
	if (b->len > 0)
		print_wrapped(t->out, t->width, 0, 0, b->data);
	bytes_clear(b);
}

static void add_gone(struct bytes *b, const struct survey *s)
{
	const char *separator = "not there any more: ";
	const char *name;

	for (size_t i = 0; (name = comparison_namespace(&s->earlier, i)) != NULL; i++) {
		if (survey_has(s, name))
			continue;
		(void)bytes_printf(b, "%s%s", separator, name);
		separator = ", ";
	}
}

static int print_summary(const struct terminal *t, const struct survey *s)
{
	struct bytes b = { 0 };
	int r;

	(void)fputs("== all network namespaces ==\n", t->out);
	r = print_table(t, s);
	add_totals(&b, s);
	print_bytes(t, &b);
	if (s->earlier.path != NULL)
		add_gone(&b, s);
	print_bytes(t, &b);
	if (s->unseen_processes > 0)
		(void)bytes_printf(
			&b,
			"not seen: the network namespaces of %zu process%s; asking for them takes "
			"root with CAP_SYS_PTRACE",
			s->unseen_processes, s->unseen_processes == 1 ? "" : "es");
	print_bytes(t, &b);
	bytes_done(&b);
	return r;
}

int survey_print_text(const struct terminal *t, const struct survey *s,
		      const struct settings *settings, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < s->count && r == 0; i++)
		r = print_section(t, s, &s->places[i], settings, e);
	if (r == 0 && !settings->quiet) {
		r = print_summary(t, s);
		if (r < 0)
			(void)error_errno(e, r, NULL, "report");
	}
	return r;
}
