#include "cli/change_report.h"

#include "apply/guardian.h"
#include "apply/persistence.h"
#include "apply/session.h"
#include "base/bytes.h"
#include "base/os.h"
#include "cli/change_cause.h"
#include "cli/change_journal.h"
#include "cli/print.h"
#include "cli/terminal.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define CHANGE_INDENT 2
#define NOTE_INDENT   6
#define NAME_WIDTH    40 /* columns line up to here; longer names push their values to the right */

const char *change_time(double utc_s, char *buf, size_t len)
{
	time_t when = (time_t)utc_s;
	struct tm parts;

	if (when <= 0 || gmtime_r(&when, &parts) == NULL ||
	    strftime(buf, len, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
		(void)snprintf(buf, len, "-");
	return buf;
}

const char *change_undo_note(const struct tunable *t)
{
	switch (t->undo) {
	case TUNABLE_UNDO_NEW_SOCKETS_ONLY:
		return "for new connections only, and so is putting it back";
	case TUNABLE_UNDO_NO:
		return "cannot be undone";
	case TUNABLE_UNDO_FULL:
	default:
		return NULL;
	}
}

static void print_note(const struct terminal *t, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(t->out, "%*s", NOTE_INDENT, "");
	print_wrapped(t->out, t->width, NOTE_INDENT, NOTE_INDENT, text);
}

static int name_width(const struct plan_change *c, int width)
{
	int len = (int)strlen(c->target.name);

	return len > width && len <= NAME_WIDTH ? len : width;
}

/* "  net.core.somaxconn  16 -> 4096": not wrapped, so that values can be copied. */
static void print_values(const struct terminal *t, const struct plan_change *c, int width)
{
	(void)fprintf(t->out, "%*s%-*s  ", CHANGE_INDENT, "", width, c->target.name);
	print_tamed(t->out, c->from.text, strlen(c->from.text));
	if (plan_change_holds(c)) {
		(void)fputs(" (holds already)\n", t->out);
		return;
	}
	(void)fputs(" -> ", t->out);
	print_tamed(t->out, c->to, strlen(c->to));
	(void)fputc('\n', t->out);
}

static void print_change_notes(const struct terminal *t, const struct plan_change *c, bool verbose)
{
	if (strcmp(c->why, CHANGE_WHY_BY_HAND) != 0)
		print_note(t, c->why);
	print_note(t, change_undo_note(c->target.tunable));
	if (verbose) {
		print_note(t, c->target.tunable->help);
		print_note(t, c->target.identity);
	}
}

static void add_satisfied(struct bytes *b, size_t satisfied)
{
	if (satisfied > 0)
		(void)bytes_printf(b, "%zu %s already. ", satisfied,
				   satisfied == 1 ? "setting holds" : "settings hold");
}

static void print_line(const struct terminal *t, struct bytes *b)
{
	if (b->data != NULL)
		print_wrapped(t->out, t->width, 0, 0, b->data);
	bytes_done(b);
}

int change_print_plan(const struct settings *s, const struct plan *plan,
		      const struct rivals *rivals, FILE *out, struct error *e)
{
	struct bytes b = { 0 };
	struct terminal t;
	char count[32];
	int width = 0;

	if (s->json)
		return change_plan_json(plan, rivals, out, e);
	terminal_examine(out, COLOR_NEVER, &t);
	if (plan->count > 0) {
		(void)bytes_printf(&b, "%s on %s",
				   print_count(plan->count, "change", count, sizeof(count)),
				   plan->hostname);
		if (plan->netns[0] != '\0')
			(void)bytes_printf(&b, ", network namespace %s", plan->netns);
		(void)bytes_printf(&b, ", written in this order:");
		print_line(&t, &b);
	}
	for (size_t i = 0; i < plan->count; i++)
		width = name_width(&plan->changes[i], width);
	for (size_t i = 0; i < plan->count; i++) {
		print_values(&t, &plan->changes[i], width);
		print_change_notes(&t, &plan->changes[i], s->verbose);
	}
	add_satisfied(&b, plan->satisfied);
	(void)bytes_printf(&b, plan->count > 0 ? "Nothing was written (--dry-run)."
					       : "There is nothing to write.");
	print_line(&t, &b);
	return 0;
}

/* What became of one change, where "from -> to" does not say it all. */
static void print_outcome(const struct terminal *t, const struct change_record *c, bool all)
{
	struct bytes b = { 0 };

	if (c->outcome == CHANGE_WRITTEN && !all)
		return;
	(void)bytes_printf(&b, "%s", change_outcome_name(c->outcome));
	if (c->note[0] != '\0')
		(void)bytes_printf(&b, ": %s", c->note);
	else if (c->read_back[0] != '\0')
		(void)bytes_printf(&b, ": holds %s", c->read_back);
	print_note(t, b.data);
	bytes_done(&b);
}

static void print_changes(const struct terminal *t, const struct transaction_record *r,
			  bool outcomes, bool verbose)
{
	int width = 0;

	for (size_t i = 0; i < r->change_count; i++)
		width = name_width(&r->changes[i].change, width);
	for (size_t i = 0; i < r->change_count; i++) {
		print_values(t, &r->changes[i].change, width);
		print_outcome(t, &r->changes[i], outcomes);
		print_change_notes(t, &r->changes[i].change, verbose);
	}
}

static void add_pending(struct bytes *b, const struct transaction_record *r)
{
	double left = session_seconds_until(r->deadline_boottime_ns);

	if (left > 0)
		(void)bytes_printf(b, "pending: put back in %.0f s unless confirmed", left);
	else
		(void)bytes_printf(b, "pending, and its deadline has passed: the next command that "
				      "changes anything puts it back");
	if (!guardian_alive(r->guardian_pid, r->guardian_start))
		(void)bytes_printf(b, " (the process that watched the deadline is gone)");
}

static void add_state(struct bytes *b, const struct transaction_record *r)
{
	char count[32];

	(void)bytes_printf(b, "transaction %" PRId64 ": %s, ", r->id,
			   print_count(r->change_count, "change", count, sizeof(count)));
	if (r->state == TRANSACTION_PENDING)
		add_pending(b, r);
	else if (r->state == TRANSACTION_KEPT)
		(void)bytes_printf(b, "written and read back");
	else
		(void)bytes_printf(b, "%s", transaction_state_name(r->state));
	if (r->reason[0] != '\0')
		(void)bytes_printf(b, " (%s)", r->reason);
}

/* Where the values are for the next boot. */
static void print_files(const struct terminal *t, const struct transaction_record *r)
{
	struct bytes paths = { 0 };
	bool unit = false;

	if (r->persistence == PERSISTENCE_WANTED && r->state == TRANSACTION_PENDING)
		(void)fputs("Files for the next boot are written when it is confirmed.\n", t->out);
	if (r->persistence == PERSISTENCE_WRITTEN)
		(void)persistence_list(os_live(), "", r, &paths);
	for (size_t at = 0; at < paths.len; at += strlen(paths.data + at) + 1) {
		unit = unit || strstr(paths.data + at, "/systemd/") != NULL;
		(void)fputs("next boot: ", t->out);
		print_tamed(t->out, paths.data + at, strlen(paths.data + at));
		(void)fputc('\n', t->out);
	}
	if (unit)
		(void)fputs("for a restart of the service before that: systemctl daemon-reload\n",
			    t->out);
	bytes_done(&paths);
}

/* The commands that may follow. */
static void print_next(const struct terminal *t, const struct settings *s,
		       const struct transaction_record *r)
{
	char suffix[256];

	print_files(t, r);
	(void)change_command_suffix(s, suffix, sizeof(suffix));
	/* After the deadline that would roll it back first. */
	if (r->state == TRANSACTION_PENDING && session_seconds_until(r->deadline_boottime_ns) > 0)
		(void)fprintf(t->out, "keep: netwright confirm %" PRId64 "%s\n", r->id, suffix);
	if (r->state == TRANSACTION_PENDING || r->state == TRANSACTION_KEPT ||
	    (r->state == TRANSACTION_VOID && r->persistence != PERSISTENCE_NONE))
		(void)fprintf(t->out, "undo: netwright rollback %" PRId64 "%s\n", r->id, suffix);
	if (r->state == TRANSACTION_PARTIAL)
		(void)fprintf(t->out,
			      "to restore the rest nevertheless: netwright rollback %" PRId64
			      " --force%s\n",
			      r->id, suffix);
}

int change_print_result(const struct settings *s, const struct transaction_record *r,
			size_t satisfied, FILE *out, struct error *e)
{
	struct bytes b = { 0 };
	struct terminal t;

	if (s->json)
		return change_transaction_json(r, satisfied, NULL, out, e);
	if (s->quiet)
		return 0;
	terminal_examine(out, COLOR_NEVER, &t);
	if (r == NULL) {
		add_satisfied(&b, satisfied);
		(void)bytes_printf(&b, "Nothing was written.");
		print_line(&t, &b);
		return 0;
	}
	add_state(&b, r);
	print_line(&t, &b);
	print_changes(&t, r, false, s->verbose);
	add_satisfied(&b, satisfied);
	print_line(&t, &b);
	print_next(&t, s, r);
	return 0;
}

int change_finish_printing(const struct settings *s, const struct transaction_record *t,
			   int printed, FILE *out, struct error *e)
{
	int r = print_flush(printed, out);
	char suffix[256];

	if (r == 0)
		return 0;
	return error_set(e, r, ERROR_CONFLICT, "standard output",
			 "not everything could be written (%s), but transaction %" PRId64
			 " is %s: netwright show %" PRId64 "%s",
			 strerror(-r), t->id, transaction_state_name(t->state), t->id,
			 change_command_suffix(s, suffix, sizeof(suffix)));
}

static void print_field(const struct terminal *t, const char *label, struct bytes *b)
{
	(void)fprintf(t->out, "%*s%-*s", CHANGE_INDENT, "", PRINT_LABEL_WIDTH, label);
	print_wrapped(t->out, t->width, CHANGE_INDENT + PRINT_LABEL_WIDTH,
		      CHANGE_INDENT + PRINT_LABEL_WIDTH, b->data != NULL ? b->data : "");
	bytes_done(b);
}

int change_print_details(const struct settings *s, const struct transaction_record *r,
			 json_t *findings, FILE *out, struct error *e)
{
	char started[CHANGE_TIME_MAX], finished[CHANGE_TIME_MAX];
	struct bytes b = { 0 };
	struct terminal t;

	if (s->json)
		return change_transaction_json(r, 0, findings, out, e);
	terminal_examine(out, COLOR_NEVER, &t);
	add_state(&b, r);
	print_line(&t, &b);
	(void)bytes_printf(&b, "%s", r->command);
	print_field(&t, "command", &b);
	(void)bytes_printf(&b, "uid %" PRIu32, r->uid);
	if (r->login_uid != UINT32_MAX)
		(void)bytes_printf(&b, ", logged in as uid %" PRIu32, r->login_uid);
	print_field(&t, "by", &b);
	(void)bytes_printf(&b, "%s", change_time(r->started_utc_s, started, sizeof(started)));
	if (r->finished_utc_s > 0)
		(void)bytes_printf(&b, " to %s",
				   change_time(r->finished_utc_s, finished, sizeof(finished)));
	print_field(&t, "when", &b);
	if (r->netns[0] != '\0')
		(void)bytes_printf(&b, "network namespace %s, cookie %" PRIu64, r->netns,
				   r->netns_cookie);
	else
		(void)bytes_printf(&b, "network namespace with cookie %" PRIu64, r->netns_cookie);
	print_field(&t, "where", &b);
	(void)bytes_printf(&b, "%s", r->boot_id);
	print_field(&t, "boot", &b);
	if (findings != NULL)
		change_cause_print(findings, out);
	print_changes(&t, r, true, s->verbose);
	print_next(&t, s, r);
	return 0;
}

static void tell(struct bytes *b)
{
	if (b->data != NULL) {
		(void)fputs("netwright: ", stderr);
		print_tamed(stderr, b->data, b->len);
		(void)fputc('\n', stderr);
	}
	bytes_done(b);
}

void change_print_recovered(const struct transaction_record *r)
{
	struct bytes b = { 0 };

	(void)bytes_printf(&b, "transaction %" PRId64 " of an earlier run is now %s", r->id,
			   transaction_state_name(r->state));
	if (r->reason[0] != '\0')
		(void)bytes_printf(&b, ": %s", r->reason);
	tell(&b);
}

void change_print_unreadable(const struct error *why)
{
	struct bytes b = { 0 };

	(void)bytes_printf(&b, "%s", why->text);
	tell(&b);
}

void change_print_left(const struct change_record *c)
{
	struct bytes b = { 0 };

	if (c->note[0] == '\0')
		return;
	(void)bytes_printf(&b, "%s: %s: %s", c->change.target.name, change_outcome_name(c->outcome),
			   c->note);
	tell(&b);
}

void change_print_removals(const struct transaction_record *t)
{
	struct bytes paths = { 0 };

	if (t->persistence == PERSISTENCE_WRITTEN)
		(void)persistence_list(os_live(), "", t, &paths);
	for (size_t at = 0; at < paths.len; at += strlen(paths.data + at) + 1) {
		struct bytes b = { 0 };

		(void)bytes_printf(&b, "%s: would be removed", paths.data + at);
		tell(&b);
	}
	bytes_done(&paths);
}
