#include "cli/change_cause.h"

#include "apply/history.h"
#include "base/bytes.h"
#include "cli/audit_report.h"
#include "cli/change_journal.h"
#include "cli/change_report.h"
#include "cli/print.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void warn(const char *what, const struct error *e, FILE *err)
{
	(void)fprintf(err, "netwright: %s: ", what);
	print_tamed(err, e->text, strlen(e->text));
	(void)fputc('\n', err);
}

/* A whole audit's findings, or, if they are too many for a record, none. */
static char *findings_text(const struct inspection *i)
{
	char *text = NULL;
	struct document d;
	json_t *list;

	document_init(&d, TRANSACTION_SCHEMA);
	list = audit_findings_array(&d, &i->diagnosis);
	if (!d.failed)
		text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	document_done(&d);
	return text;
}

static int record(const struct settings *s, const struct inspection *i,
		  const struct transaction_record *t, struct error *e)
{
	struct audit_record a = { .utc_s = (double)i->observation->facts.start_utc_s,
				  .window_s = i->observation->seconds,
				  .netns_cookie = t->netns_cookie,
				  .findings = findings_text(i) };
	struct history *h = NULL;
	const char *directory;
	int64_t id;
	int r = a.findings != NULL ? change_directory(s, &directory, e)
				   : error_errno(e, -ENOMEM, NULL, "findings");

	memcpy(a.boot_id, t->boot_id, sizeof(a.boot_id));
	memcpy(a.netns, t->netns, sizeof(a.netns));
	if (r == 0)
		r = history_open(directory, STORE_WRITE, NULL, &h, e);
	if (r == 0)
		r = history_add_audit(h, &a, t->id, &id, e);
	history_close(h);
	audit_record_done(&a);
	return r;
}

void change_cause_record(const struct settings *s, const struct inspection *i,
			 const struct transaction_record *t, FILE *err)
{
	struct error why = { 0 };

	if (record(s, i, t, &why) < 0)
		warn("what was observed is not in the history", &why, err);
}

/* A journal that was moved away begins anew at 1, and the history still knows the old 1. */
static bool belongs(const struct audit_record *a, const struct transaction_record *t)
{
	return strcmp(a->boot_id, t->boot_id) == 0 && a->netns_cookie == t->netns_cookie &&
	       a->utc_s <= t->started_utc_s + 1;
}

json_t *change_cause_find(const struct settings *s, const struct transaction_record *t, FILE *err)
{
	struct audit_record a = { 0 };
	struct history *h = NULL;
	struct error why = { 0 };
	json_t *findings = NULL;
	const char *directory;
	int r = change_directory(s, &directory, &why);

	if (r == 0)
		r = history_open(directory, STORE_READ, NULL, &h, &why);
	if (r == 0)
		r = history_find_audit(h, t->id, &a, &why);
	if (r == 0 && belongs(&a, t))
		findings = json_loads(a.findings, JSON_REJECT_DUPLICATES, NULL);
	else if (r < 0 && r != -ENOENT)
		warn("the history cannot be read", &why, err);
	history_close(h);
	audit_record_done(&a);
	return findings;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "?";
}

void change_cause_print(const json_t *findings, FILE *out)
{
	struct terminal terminal;
	const json_t *f;
	size_t i;

	terminal_examine(out, COLOR_NEVER, &terminal);
	json_array_foreach(findings, i, f)
	{
		struct bytes b = { 0 };

		if (json_array_size(json_object_get(f, "changes")) == 0)
			continue;
		(void)bytes_printf(&b, "%s, %s: %s", text_of(f, "id"), text_of(f, "severity"),
				   text_of(f, "title"));
		print_labelled(&terminal, "because", b.data);
		bytes_done(&b);
	}
}
