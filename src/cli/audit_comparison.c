/* The part of an audit's report that --compare adds. */
#include "cli/audit_report.h"
#include "cli/comparison.h"
#include "cli/table.h"

#include <stdio.h>

static const char *severity_change(const struct comparison_row *row, char *buf, size_t len)
{
	switch (row->kind) {
	case COMPARISON_WORSE:
	case COMPARISON_BETTER:
		(void)snprintf(buf, len, "%s -> %s", severity_name(row->before),
			       severity_name(row->now));
		return buf;
	case COMPARISON_GONE:
		return severity_name(row->before);
	case COMPARISON_APPEARED:
	case COMPARISON_SAME:
	case COMPARISON_KINDS:
		break;
	}
	return severity_name(row->now);
}

int audit_print_comparison(const struct terminal *t, const struct comparison *c)
{
	static const struct table_column columns[] = { { .title = "CHANGE" },
						       { .title = "RULE" },
						       { .title = "SEVERITY" },
						       { .title = "ENTITY" } };
	struct table table;
	char buf[48];
	int r = 0;

	(void)fprintf(t->out, "compared with %s%s%s:%s\n", c->path,
		      c->old_start_utc[0] != '\0' ? " of " : "", c->old_start_utc,
		      c->row_count == 0 ? " no findings then, none now" : "");
	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < c->row_count && r == 0; i++) {
		const struct comparison_row *row = &c->rows[i];
		const char *const cells[] = { comparison_kind_name(row->kind), row->id,
					      severity_change(row, buf, sizeof(buf)), row->entity };

		r = table_add(&table, cells);
	}
	if (r == 0)
		table_print(&table, t->out, 2, 0);
	table_done(&table);
	(void)fputc('\n', t->out);
	return r;
}

json_t *audit_comparison_object(struct document *d, const struct comparison *c)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < c->row_count; i++) {
		const struct comparison_row *row = &c->rows[i];
		json_t *entry = json_object();

		document_set(d, entry, "change", document_text(comparison_kind_name(row->kind)));
		document_set(d, entry, "id", document_text(row->id));
		document_set(d, entry, "entity", document_text(row->entity));
		document_set(d, entry, "before",
			     row->kind == COMPARISON_APPEARED
				     ? json_null()
				     : document_text(severity_name(row->before)));
		document_set(d, entry, "now",
			     row->kind == COMPARISON_GONE ? json_null()
							  : document_text(severity_name(row->now)));
		document_append(d, list, entry);
	}
	document_set(d, object, "file", document_text(c->path));
	document_set(d, object, "start_utc", document_text(c->old_start_utc));
	document_set(d, object, "findings", list);
	return object;
}
