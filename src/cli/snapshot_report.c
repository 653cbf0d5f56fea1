#include "cli/snapshot_report.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change_report.h"
#include "cli/document.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"

#include <errno.h>
#include <string.h>

#define SNAPSHOTS_SCHEMA   "netwright.snapshots/1"
#define DIFFERENCES_SCHEMA "netwright.snapshot-differences/1"

static const struct table_column columns[] = {
	{ "NAME", false },	{ "TAKEN", false },   { "HOST", false },
	{ "NAMESPACE", false }, { "SETTINGS", true },
};

static json_t *snapshot_object(struct document *d, const char *name, const struct snapshot *s,
			       const struct error *why)
{
	json_t *object = json_object();

	document_set(d, object, "name", document_text(name));
	document_set(d, object, "problem", document_text(why != NULL ? why->text : NULL));
	if (s == NULL)
		return object;
	document_set(d, object, "taken_utc", document_time(s->taken_utc_s));
	document_set(d, object, "host", document_text(s->hostname));
	document_set(d, object, "kernel", document_text(s->kernel));
	document_set(d, object, "netns",
		     s->netns[0] != '\0' ? document_text(s->netns) : json_null());
	document_set(d, object, "settings", json_integer((json_int_t)s->count));
	return object;
}

static int add_row(struct table *table, const char *name, const struct snapshot *s,
		   const struct error *why)
{
	char when[CHANGE_TIME_MAX], settings[24];
	const char *cells[] = { name, when, "", "", settings };

	if (s == NULL) {
		cells[1] = cells[4] = "-";
		cells[2] = why->text;
		return table_add(table, cells);
	}
	(void)change_time(s->taken_utc_s, when, sizeof(when));
	(void)snprintf(settings, sizeof(settings), "%zu", s->count);
	cells[2] = s->hostname;
	cells[3] = s->netns[0] != '\0' ? s->netns : "-";
	return table_add(table, cells);
}

/* Both forms at once: each file is read one time. */
static int collect(const char *directory, const struct bytes *names, struct document *d,
		   json_t *list, struct table *table)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < names->len; at += strlen(names->data + at) + 1) {
		const char *name = names->data + at;
		struct snapshot snapshot = { 0 };
		struct error why = { 0 };
		const struct snapshot *read = &snapshot;

		if (snapshot_load(os_live(), directory, name, &snapshot, &why) < 0)
			read = NULL;
		document_append(d, list,
				snapshot_object(d, name, read, read == NULL ? &why : NULL));
		r = add_row(table, name, read, &why);
		snapshot_done(&snapshot);
	}
	return r;
}

int snapshot_print_list(const struct settings *s, const char *directory, FILE *out, struct error *e)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	json_t *list = json_array();
	struct terminal terminal;
	struct document d;
	struct table table;
	int r = snapshot_list(os_live(), directory, &names, e);

	document_init(&d, SNAPSHOTS_SCHEMA);
	table_init(&table, columns, ARRAY_LEN(columns));
	if (r == 0 && collect(directory, &names, &d, list, &table) < 0)
		r = error_errno(e, -ENOMEM, NULL, "table");
	document_set(&d, d.root, "snapshots", list);
	terminal_examine(out, COLOR_NEVER, &terminal);
	if (r == 0 && s->json)
		r = document_print(&d, out, e);
	else if (r == 0 && names.len == 0)
		(void)fputs("There are no snapshots.\n", out);
	else if (r == 0)
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
	table_done(&table);
	document_done(&d);
	return r;
}

int snapshot_print_saved(const struct settings *s, const struct snapshot *snapshot, FILE *out,
			 struct error *e)
{
	struct document d;
	char count[32];
	json_t *list;
	int r;

	if (!s->json) {
		if (!s->quiet)
			(void)fprintf(
				out, "snapshot %s: %s\n", snapshot->name,
				print_count(snapshot->count, "setting", count, sizeof(count)));
		return 0;
	}
	list = json_array();
	document_init(&d, SNAPSHOTS_SCHEMA);
	document_append(&d, list, snapshot_object(&d, snapshot->name, snapshot, NULL));
	document_set(&d, d.root, "snapshots", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int print_json(const struct snapshot *snapshot, const struct snapshot_differences *all,
		      FILE *out, struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, DIFFERENCES_SCHEMA);
	document_set(&d, d.root, "snapshot", snapshot_object(&d, snapshot->name, snapshot, NULL));
	document_set(&d, d.root, "same", json_integer((json_int_t)all->same));
	for (size_t i = 0; i < all->count; i++) {
		const struct snapshot_difference *one = &all->all[i];
		bool missing = one->missing[0] != '\0';
		json_t *object = json_object();

		document_set(&d, object, "tunable", document_text(one->then->name));
		document_set(&d, object, "then", document_text(one->then->text));
		document_set(&d, object, "now",
			     missing ? json_null() : document_text(one->now.text));
		document_set(&d, object, "missing",
			     missing ? document_text(one->missing) : json_null());
		document_append(&d, list, object);
	}
	document_set(&d, d.root, "differences", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

int snapshot_print_differences(const struct settings *s, const struct snapshot *snapshot,
			       const struct snapshot_differences *d, FILE *out, struct error *e)
{
	char when[CHANGE_TIME_MAX], count[32];

	if (s->json)
		return print_json(snapshot, d, out, e);
	(void)fprintf(out, "%s from snapshot %s of %s, %zu the same%s\n",
		      print_count(d->count, "difference", count, sizeof(count)), snapshot->name,
		      change_time(snapshot->taken_utc_s, when, sizeof(when)), d->same,
		      d->count > 0 ? " (then -> now):" : "");
	for (size_t i = 0; i < d->count; i++) {
		const struct snapshot_difference *one = &d->all[i];

		(void)fprintf(out, "  %s  ", one->then->name);
		print_tamed(out, one->then->text, strlen(one->then->text));
		(void)fputs(" -> ", out);
		if (one->missing[0] != '\0')
			(void)fputs("gone: ", out);
		print_tamed(out, one->missing[0] != '\0' ? one->missing : one->now.text,
			    strlen(one->missing[0] != '\0' ? one->missing : one->now.text));
		(void)fputc('\n', out);
	}
	return 0;
}
