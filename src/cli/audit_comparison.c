/* The part of an audit's report that --compare adds. */
#include "cli/audit_report.h"
#include "cli/comparison.h"
#include "cli/print.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

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

/* What a file does not say is not held against it. */
static bool is_of_other_host(const struct comparison *c, const struct facts *now)
{
	const char *host = comparison_host(c);

	return host != NULL && strcmp(host, now->hostname) != 0;
}

static bool is_of_other_namespace(const struct comparison *c, const struct facts *now)
{
	const char *netns = comparison_netns(c);

	return netns != NULL && strcmp(netns, now->netns) != 0;
}

static void print_namespace(const struct terminal *t, const char *netns)
{
	if (netns[0] == '\0')
		(void)fputs("that of the caller", t->out);
	else
		print_tamed(t->out, netns, strlen(netns));
}

/* Differences between two places are no changes of one. */
static void print_other_place(const struct terminal *t, const struct comparison *c,
			      const struct facts *now)
{
	if (is_of_other_host(c, now)) {
		(void)fputs("  That audit is of another host: ", t->out);
		print_tamed(t->out, comparison_host(c), strlen(comparison_host(c)));
		(void)fputs(", and this one of ", t->out);
		print_tamed(t->out, now->hostname, strlen(now->hostname));
		(void)fputs(".\n", t->out);
	}
	if (is_of_other_namespace(c, now)) {
		(void)fputs("  That audit is of another network namespace: ", t->out);
		print_namespace(t, comparison_netns(c));
		(void)fputs(", and this one of ", t->out);
		print_namespace(t, now->netns);
		(void)fputs(".\n", t->out);
	}
}

int audit_print_comparison(const struct terminal *t, const struct comparison *c,
			   const struct facts *now)
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
	print_other_place(t, c, now);
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

json_t *audit_comparison_object(struct document *d, const struct comparison *c,
				const struct facts *now)
{
	json_t *object = json_object(), *list = json_array();
	const char *netns = comparison_netns(c);

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
	document_set(d, object, "host", document_text(comparison_host(c)));
	document_set(d, object, "netns",
		     netns != NULL && netns[0] != '\0' ? document_text(netns) : json_null());
	document_set(d, object, "other_host", json_boolean(is_of_other_host(c, now)));
	document_set(d, object, "other_netns", json_boolean(is_of_other_namespace(c, now)));
	document_set(d, object, "findings", list);
	return object;
}
