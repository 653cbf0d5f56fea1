#include "base/cleanup.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "host/live.h"
#include "host/sockdiag.h"
#include "measure/listener.h"
#include "rules/lint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LINT_SCHEMA "netwright.lint/1"

DEFINE_CLEANUP(struct source, source_free)

/* "high" and above are counted first, as a person would. */
static void print_count_line(const struct sysctl_settings *s, const struct lint_report *report,
			     FILE *out)
{
	size_t of_severity[SEVERITY_CRITICAL + 1] = { 0 };
	char findings[32], files[32];
	const char *separator = " (";

	for (size_t i = 0; i < report->count; i++)
		of_severity[report->findings[i].severity]++;
	(void)fprintf(out, "%s", print_count(report->count, "finding", findings, sizeof(findings)));
	for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--) {
		if (of_severity[severity] == 0)
			continue;
		(void)fprintf(out, "%s%zu %s", separator, of_severity[severity],
			      severity_name((enum severity)severity));
		separator = ", ";
	}
	(void)fprintf(out, "%s in %s.", report->count > 0 ? ")" : "",
		      print_count(s->file_count, "file", files, sizeof(files)));
	if (report->unjudged_count > 0)
		(void)fprintf(out, " %zu could not be judged (-v says why).",
			      report->unjudged_count);
	(void)fputs(" Nothing was changed.\n", out);
}

static void print_finding(const struct lint_finding *f, FILE *out)
{
	if (f->file != NULL)
		(void)fprintf(out, "%s:%u: ", f->file, f->line);
	else
		(void)fputs("in force: ", out);
	(void)fprintf(out, "%s %s %s: ", severity_name(f->severity), f->id, f->slug);
	if (f->key[0] != '\0')
		(void)fprintf(out, "%s = %s: ", f->key, f->value);
	(void)fprintf(out, "%s; %s\n", f->message, f->fix);
}

static void print_text(const struct settings *settings, const struct sysctl_settings *s,
		       const struct lint_report *report, FILE *out)
{
	for (size_t i = 0; i < report->count; i++)
		print_finding(&report->findings[i], out);
	for (size_t i = 0; i < s->unread_count; i++) {
		(void)fputs("not read: ", out);
		print_tamed(out, s->unread[i].why.text, strlen(s->unread[i].why.text));
		(void)fputc('\n', out);
	}
	for (size_t i = 0; settings->verbose && i < report->unjudged_count; i++)
		(void)fprintf(out, "not judged: %s %s: %s\n", report->unjudged[i].id,
			      report->unjudged[i].key, report->unjudged[i].reason);
	print_count_line(s, report, out);
}

static json_t *finding_object(struct document *d, const struct lint_finding *f)
{
	json_t *object = json_object();

	document_set(d, object, "id", document_text(f->id));
	document_set(d, object, "slug", document_text(f->slug));
	document_set(d, object, "severity", document_text(severity_name(f->severity)));
	document_set(d, object, "file", document_text(f->file));
	document_set(d, object, "line", f->file != NULL ? document_number(f->line) : json_null());
	document_set(d, object, "key", document_text(f->key[0] != '\0' ? f->key : NULL));
	document_set(d, object, "value", document_text(f->key[0] != '\0' ? f->value : NULL));
	document_set(d, object, "message", document_text(f->message));
	document_set(d, object, "fix", document_text(f->fix));
	document_set(d, object, "source", document_text(f->source));
	return object;
}

static int print_json(const struct sysctl_settings *s, const struct lint_report *report, FILE *out,
		      struct error *e)
{
	json_t *files = json_array(), *unread = json_array(), *findings = json_array(),
	       *unjudged = json_array();
	struct document d;
	int r;

	document_init(&d, LINT_SCHEMA);
	for (size_t i = 0; i < s->file_count; i++)
		document_append(&d, files, document_text(s->files[i]));
	for (size_t i = 0; i < s->unread_count; i++) {
		json_t *object = json_object();

		document_set(&d, object, "file", document_text(s->unread[i].file));
		document_set(&d, object, "reason", document_text(s->unread[i].why.text));
		document_append(&d, unread, object);
	}
	for (size_t i = 0; i < report->count; i++)
		document_append(&d, findings, finding_object(&d, &report->findings[i]));
	for (size_t i = 0; i < report->unjudged_count; i++) {
		json_t *object = json_object();

		document_set(&d, object, "id", document_text(report->unjudged[i].id));
		document_set(&d, object, "key", document_text(report->unjudged[i].key));
		document_set(&d, object, "reason", document_text(report->unjudged[i].reason));
		document_append(&d, unjudged, object);
	}
	document_set(&d, d.root, "files", files);
	document_set(&d, d.root, "unread", unread);
	document_set(&d, d.root, "findings", findings);
	document_set(&d, d.root, "unjudged", unjudged);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int load(const struct settings *settings, struct sysctl_settings *ret, struct error *e)
{
	int r = 0;

	if (settings->operand_count > 0 && settings->root != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "--root cannot be combined with files: it says where to look for "
				 "them");
	if (settings->operand_count == 0)
		return sysctl_settings_load_system(ret,
						   settings->root != NULL ? settings->root : "", e);
	for (size_t i = 0; i < settings->operand_count && r == 0; i++) {
		struct error why;

		r = sysctl_settings_load_file(ret, settings->operands[i], &why);
		if (r < 0 && r != -ENOMEM)
			r = sysctl_settings_add_unread(ret, settings->operands[i], &why);
	}
	return r < 0 ? error_errno(e, r, NULL, "reading settings") : 0;
}

/* All else was judged, but not all is known: the status says so, by the first. */
static int fail_unread(const struct sysctl_settings *s, struct error *e)
{
	const struct error *first = &s->unread[0].why;

	if (s->unread_count == 1)
		*e = *first;
	else
		(void)error_set(e, first->code, first->kind, NULL,
				"%zu files could not be read, %s the first of them",
				s->unread_count, s->unread[0].file);
	return first->code;
}

static bool fails(const struct lint_report *report, int fail_on)
{
	for (size_t i = 0; i < report->count; i++) {
		if (fail_on >= 0 && (int)report->findings[i].severity >= fail_on)
			return true;
	}
	return false;
}

/* What is in force is this host's: it says nothing about files of another. */
static bool judges_in_force(const struct settings *settings)
{
	return settings->operand_count == 0 && settings->root == NULL;
}

static int on_socket(void *arg, const struct socket_info *socket)
{
	return socket->state == SOCKET_LISTEN ? listener_observe(arg, socket) : 0;
}

/* What listens, both families: 0, -ENOMEM, or another errno when it cannot be told. */
static int list_listeners(struct source *source, struct listener_table *table)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	listener_round_begin(table);
	for (size_t i = 0; i < ARRAY_LEN(families) && r >= 0; i++)
		r = sockdiag_dump_tcp(source, families[i], on_socket, table, NULL, NULL);
	return r < 0 ? r : 0;
}

static int judge(const struct settings *settings, const struct sysctl_settings *s,
		 struct lint_report *ret, struct error *e)
{
	const struct live_options live = { .netns = settings->netns, .interval_s = 1 };
	CLEANUP(source_freep) struct source *source = NULL;
	CLEANUP(listener_table_done) struct listener_table listeners = { 0 };
	struct facts facts;
	int seen;
	int r = live_source_new(&live, &source, e);

	if (r == 0)
		r = facts_read(source, &facts, e);
	if (r < 0)
		return r;
	seen = list_listeners(source, &listeners);
	if (seen == -ENOMEM)
		return error_errno(e, seen, NULL, "listing what listens");
	const struct lint_host host = {
		.settings = s,
		.source = source,
		.facts = &facts,
		.listeners = listeners.listeners,
		.listener_count = listeners.count,
		.listeners_known = seen == 0,
	};

	return lint_run(&host, judges_in_force(settings), ret, e);
}

static int run(const struct settings *settings, FILE *out, struct error *e)
{
	CLEANUP(sysctl_settings_done) struct sysctl_settings s = { 0 };
	CLEANUP(lint_report_done) struct lint_report report = { 0 };
	int r = load(settings, &s, e);

	if (r == 0)
		r = judge(settings, &s, &report, e);
	if (r == 0 && settings->json)
		r = print_json(&s, &report, out, e);
	else if (r == 0)
		print_text(settings, &s, &report, out);
	if (r == 0 && s.unread_count > 0)
		r = fail_unread(&s, e);
	if (r < 0)
		return r;
	return fails(&report, settings->fail_on) ? EXIT_STATUS_FINDINGS : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "netwright lint", "what is wrong with the settings of this host" },
	{ "netwright lint --fail-on medium 90-tuning.conf", "check a file before installing it" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_FAIL_ON,
	OPTION_ROW_JSON,
	OPTION_ROW_NETNS,
	{ .name = "root",
	  .type = OPTION_TEXT,
	  .argument = "DIRECTORY",
	  .help = "read the system's files below DIRECTORY, and judge only them",
	  .offset = offsetof(struct settings, root) },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  .help = "also say what could not be judged, and why",
	  .offset = offsetof(struct settings, verbose) },
};

const struct verb verb_lint = {
	.name = "lint",
	.usage = "[OPTION...] [FILE...]",
	.summary = "judge sysctl files and the values in force, without observing",
	.description =
		"Reads sysctl files: those given, or all that a booting system reads, and then "
		"the values in force as well. Says which lines are mistakes, which are overridden, "
		"and which have no effect here, with file and line. Conditions on memory, kernel "
		"and other settings are those of this host.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = SETTINGS_OPERANDS_MAX,
	.run = run,
};
