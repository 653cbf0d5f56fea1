#include "cli/audit_report.h"

#include "base/bytes.h"
#include "cli/by_hand.h"
#include "cli/print.h"

#include <string.h>

#define SPOTS_SHOWN 3 /* in the summary line, unless -v */
#define LIST_INDENT 2

static void print_text(const struct terminal *t, struct bytes *b)
{
	if (b->data != NULL)
		print_wrapped(t->out, t->width, 0, 0, b->data);
	bytes_done(b);
}

void audit_count_severities(const struct diagnosis *d, size_t counts[SEVERITY_CRITICAL + 1])
{
	for (size_t i = 0; i < d->finding_count; i++)
		counts[d->findings[i].severity]++;
}

void audit_add_counts(struct bytes *b, const size_t counts[SEVERITY_CRITICAL + 1])
{
	const char *separator = " (";
	size_t total = 0;
	char text[32];

	for (int severity = SEVERITY_INFO; severity <= SEVERITY_CRITICAL; severity++)
		total += counts[severity];
	if (total == 0) {
		(void)bytes_printf(b, "no findings");
		return;
	}
	(void)bytes_printf(b, "%s", print_count(total, "finding", text, sizeof(text)));
	for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--) {
		if (counts[severity] == 0)
			continue;
		(void)bytes_printf(b, "%s%zu %s", separator, counts[severity],
				   severity_name((enum severity)severity));
		separator = ", ";
	}
	(void)bytes_printf(b, ")");
}

/* Reasons that name their object need no name before them. */
static const char *prefix_of(const char *what, const char *reason)
{
	return what != NULL && strstr(reason, what) == NULL ? what : "";
}

static void print_counts(const struct terminal *t, const struct diagnosis *d, bool verbose)
{
	size_t counts[SEVERITY_CRITICAL + 1] = { 0 };
	struct bytes b = { 0 };
	char text[32];

	audit_count_severities(d, counts);
	audit_add_counts(&b, counts);
	if (d->unjudged_count > 0)
		(void)bytes_printf(&b, ", %s could not be judged%s",
				   print_count(d->unjudged_count, "rule", text, sizeof(text)),
				   verbose ? "" : " (-v says why)");
	if (d->ignored_count > 0)
		(void)bytes_printf(&b, ", %zu ignored by configuration", d->ignored_count);
	(void)bytes_printf(&b, ". Nothing was changed.");
	print_text(t, &b);
}

/* One line of what could not be seen; the whole list with -v. */
static void print_blind_spots(const struct terminal *t, const struct observation *o, bool verbose)
{
	struct bytes b = { 0 };
	size_t shown = o->blind_spot_count < SPOTS_SHOWN ? o->blind_spot_count : SPOTS_SHOWN;

	if (o->blind_spot_count == 0)
		return;
	if (verbose) {
		(void)fputs("\nnot seen:\n", t->out);
		for (size_t i = 0; i < o->blind_spot_count; i++) {
			const char *prefix = prefix_of(o->blind_spots[i].what,
						       o->blind_spots[i].reason);

			(void)bytes_printf(&b, "%s%s%s", prefix, prefix[0] != '\0' ? ": " : "",
					   o->blind_spots[i].reason);
			(void)fprintf(t->out, "%*s", LIST_INDENT, "");
			if (b.data != NULL)
				print_wrapped(t->out, t->width, LIST_INDENT, 2 * LIST_INDENT,
					      b.data);
			bytes_clear(&b);
		}
		bytes_done(&b);
		return;
	}
	(void)bytes_printf(&b, "not seen: ");
	for (size_t i = 0; i < shown; i++)
		(void)bytes_printf(&b, "%s%s", i > 0 ? ", " : "", o->blind_spots[i].what);
	if (shown < o->blind_spot_count)
		(void)bytes_printf(&b, " and %zu more", o->blind_spot_count - shown);
	(void)bytes_printf(&b, " (-v says why)");
	print_text(t, &b);
}

static void print_unjudged(const struct terminal *t, const struct diagnosis *d)
{
	if (d->unjudged_count == 0)
		return;
	(void)fputs("\nrules that could not be judged:\n", t->out);
	for (size_t i = 0; i < d->unjudged_count; i++) {
		const struct unjudged *u = &d->unjudged[i];
		const char *prefix = prefix_of(u->missing, u->reason);
		struct bytes b = { 0 };

		(void)bytes_printf(&b, "%-8s %s: %s%s%s", u->rule->id, u->rule->slug, prefix,
				   prefix[0] != '\0' ? ": " : "", u->reason);
		(void)fprintf(t->out, "%*s", LIST_INDENT, "");
		if (b.data != NULL)
			print_wrapped(t->out, t->width, LIST_INDENT, 2 * LIST_INDENT, b.data);
		bytes_done(&b);
	}
}

static void print_ignored(const struct terminal *t, const struct diagnosis *d)
{
	if (d->ignored_count == 0)
		return;
	(void)fputs("\nignored by configuration:\n", t->out);
	for (size_t i = 0; i < d->ignored_count; i++) {
		const struct ignored *ignored = &d->ignored[i];
		struct bytes b = { 0 };

		(void)bytes_printf(&b, "%-8s %s (%s): %s", ignored->rule->id, ignored->entity,
				   severity_name(ignored->severity), ignored->why);
		(void)fprintf(t->out, "%*s", LIST_INDENT, "");
		if (b.data != NULL)
			print_wrapped(t->out, t->width, LIST_INDENT, 2 * LIST_INDENT, b.data);
		bytes_done(&b);
	}
}

/* What a person without root misses, and how not to. */
static void print_privilege(const struct terminal *t, const struct inspection *i)
{
	const struct observation *o = i->observation;

	if (o->facts.euid == 0 || i->replayed)
		return;
	if (o->blind_spot_count == 0 && !o->owners.incomplete)
		return;
	print_wrapped(t->out, t->width, 0, 0,
		      "not run as root: processes of other users and some counters stay unseen; "
		      "sudo netwright audit sees them");
}

/* No findings means something else where little was seen, or for a short time only. */
static const char *verdict_of(const struct observation *o)
{
	if (o->sockets_unseen)
		return "The TCP sockets could not be listed: only counters and settings were "
		       "judged, and nothing there needs a change.";
	if (o->flow_count == 0)
		return "No TCP connection moved data during the observation: only counters "
		       "and settings were judged, and nothing there needs a change.";
	if (o->seconds < LIMITER_EVIDENCE_S)
		return "Nothing was found, but what holds a connection back takes at least 3 s "
		       "to tell: observe for longer.";
	return "Nothing was found that a change on this host would improve.";
}

static void print_verdict(const struct terminal *t, const struct inspection *i)
{
	if (i->diagnosis.finding_count > 0)
		return;
	print_wrapped(t->out, t->width, 0, 0, verdict_of(i->observation));
	(void)fputc('\n', t->out);
}

/* Commands are not wrapped: they are there to be copied. A recording's belong to the host that it
 * was made on. */
static int print_commands(const struct terminal *t, const struct inspection *i)
{
	struct bytes b = { 0 };
	int n = by_hand_append(&b, &i->diagnosis, &i->tunables, i->observation->facts.netns);

	if (n > 0)
		(void)fprintf(t->out, "\nto apply by hand%s%s:\n%s", i->replayed ? " on " : "",
			      i->replayed ? audit_host_name(i->observation) : "", b.data);
	bytes_done(&b);
	return n < 0 ? n : 0;
}

static int print_summary(const struct terminal *t, const struct inspection *i,
			 struct audit_view view)
{
	const bool verbose = view.verbose;
	int r = audit_print_paths(t, i->observation);

	print_counts(t, &i->diagnosis, verbose);
	if (verbose)
		print_unjudged(t, &i->diagnosis);
	if (verbose)
		print_ignored(t, &i->diagnosis);
	print_blind_spots(t, i->observation, verbose);
	if (!view.part)
		print_privilege(t, i);
	return r < 0 ? r : print_commands(t, i);
}

int audit_print_text(const struct terminal *t, const struct inspection *i, struct audit_view view,
		     struct error *e)
{
	int r = 0;

	if (!view.quiet) {
		audit_print_header(t, i->observation);
		(void)fputc('\n', t->out);
	}
	for (size_t f = 0; f < i->diagnosis.finding_count; f++) {
		audit_print_finding(t, &i->diagnosis.findings[f], view);
		(void)fputc('\n', t->out);
	}
	if (view.comparison != NULL)
		r = audit_print_comparison(t, view.comparison, &i->observation->facts);
	if (r == 0 && !view.quiet) {
		print_verdict(t, i);
		r = print_summary(t, i, view);
	}
	return r < 0 ? error_errno(e, r, NULL, "report") : 0;
}
