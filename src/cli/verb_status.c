#include "apply/boot.h"
#include "apply/lock.h"
#include "apply/session.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change_journal.h"
#include "cli/change_list.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/daemon_report.h"
#include "cli/exit_status.h"
#include "cli/verbs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define STATUS_SCHEMA "netwright.status/1"

/* A transaction is shown in the first of these parts that takes it. */
enum part {
	PART_RUNNING,
	PART_HOT,
	PART_PENDING,
	PART_OVERDUE,
	PART_KEPT,
	PART_PARTIAL,
	PART_EACH_BOOT,
	PART_EARLIER_BOOT,
	PARTS
};

static const struct {
	const char *json_name;
	const char *title;
} parts[PARTS] = {
	[PART_RUNNING] = { "running", "being changed now" },
	[PART_HOT] = { "interrupted",
		       "interrupted: put back by the next command that changes anything" },
	[PART_PENDING] = { "pending", "waiting for a confirmation" },
	[PART_OVERDUE] = { "overdue",
			   "not confirmed in time: put back by the next command that changes "
			   "anything" },
	[PART_KEPT] = { "in_force", "in force" },
	[PART_PARTIAL] = { "partial",
			   "put back in part only: the rest is tried again by netwright rollback "
			   "--all" },
	[PART_EACH_BOOT] = { "each_boot", "set at each boot by the files of --persist" },
	[PART_EARLIER_BOOT] = { "earlier_boot", "of an earlier boot, and without effect since" },
};

struct view {
	char boot_id[BOOT_ID_MAX];
	bool locked; /* somebody changes something: what is hot is not interrupted */
	struct lock_holder holder;
	struct daemon_report daemon;
};

static enum part part_of(const struct transaction_record *t, const struct view *view)
{
	bool other_boot = strcmp(t->boot_id, view->boot_id) != 0;

	if (t->state == TRANSACTION_VOID ||
	    (other_boot && t->state == TRANSACTION_KEPT && t->persistence == PERSISTENCE_WRITTEN))
		return PART_EACH_BOOT;
	if (other_boot)
		return PART_EARLIER_BOOT;
	if ((1u << t->state & (CHANGE_LIST_HOT)) != 0)
		return view->locked ? PART_RUNNING : PART_HOT;
	if (t->state == TRANSACTION_KEPT)
		return PART_KEPT;
	if (t->state == TRANSACTION_PARTIAL)
		return PART_PARTIAL;
	return session_seconds_until(t->deadline_boottime_ns) > 0 ? PART_PENDING : PART_OVERDUE;
}

static int print_text(const struct settings *s, const struct change_list *list,
		      const struct view *view, FILE *out, struct error *e)
{
	int r = 0;

	if (view->locked)
		(void)fprintf(out, "process %" PRId64 " is changing something: %s\n",
			      view->holder.pid, view->holder.command);
	if (list->count == 0 && list->unreadable_count == 0)
		(void)fputs("Nothing that netwright changed is in force.\n", out);
	for (int p = 0; p < PARTS; p++) {
		bool titled = false;

		for (size_t i = 0; i < list->count && r == 0; i++) {
			if ((int)part_of(&list->all[i], view) != p)
				continue;
			if (!titled)
				(void)fprintf(out, "%s:\n", parts[p].title);
			titled = true;
			r = change_print_result(s, &list->all[i], 0, out, e);
		}
	}
	if (r == 0)
		daemon_report_print(&view->daemon, os_live()->ops->utc_s(os_live()), out);
	return r;
}

static json_t *lock_object(struct document *d, const struct view *view)
{
	json_t *object;

	if (!view->locked)
		return json_null();
	object = json_object();
	document_set(d, object, "pid", json_integer(view->holder.pid));
	document_set(d, object, "command", document_text(view->holder.command));
	return object;
}

static int print_json(const struct change_list *list, const struct view *view, FILE *out,
		      struct error *e)
{
	struct document d;
	int r;

	document_init(&d, STATUS_SCHEMA);
	document_set(&d, d.root, "lock", lock_object(&d, view));
	document_set(&d, d.root, "daemon", daemon_report_object(&d, &view->daemon));
	for (int p = 0; p < PARTS; p++) {
		json_t *array = json_array();

		for (size_t i = 0; i < list->count; i++) {
			if ((int)part_of(&list->all[i], view) == p)
				document_append(&d, array,
						change_transaction_object(&d, &list->all[i]));
		}
		document_set(&d, d.root, parts[p].json_name, array);
	}
	document_set(&d, d.root, "unreadable", change_list_unreadable(&d, list));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int look_at_others(const struct settings *s, struct view *view, struct error *e)
{
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r == 0)
		r = lock_probe(directory, &view->holder, e);
	view->locked = r == 1;
	return r < 0 ? r : daemon_report_load(directory, &view->daemon, e);
}

/* There is no journal, as on a machine where nothing was changed yet; but it may be that the
 * directory is misspelt, or that the file lost what it held. */
static int tell_missing(const struct settings *s, struct error *e)
{
	struct bytes path CLEANUP(bytes_done) = { 0 };
	const char *directory;
	struct stat info;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	if (bytes_printf(&path, "%s/state.db", directory) < 0)
		return error_errno(e, -ENOMEM, NULL, s->verb);
	if (s->state_dir != NULL && stat(directory, &info) < 0 && errno == ENOENT)
		(void)fputs("netwright: status: there is no directory of the name that --state-dir "
			    "gives: nothing was changed with it, or it has another name\n",
			    stderr);
	else if (stat(path.data, &info) == 0 && info.st_size == 0)
		(void)fputs("netwright: status: the journal, state.db, is empty: the first change "
			    "was interrupted before it began, or what the file held is lost\n",
			    stderr);
	return 0;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	const unsigned int states = CHANGE_LIST_UNFINISHED | 1u << TRANSACTION_KEPT |
				    1u << TRANSACTION_PARTIAL | 1u << TRANSACTION_VOID |
				    STORE_STATE_UNKNOWN;
	struct change_list list = { 0 };
	struct store *journal = NULL;
	struct view view = { 0 };
	int r = boot_id_read(view.boot_id, e);

	if (r == 0)
		r = change_journal_open(s, &journal, e);
	if (r == 0)
		r = journal != NULL ? look_at_others(s, &view, e) : tell_missing(s, e);
	if (r == 0)
		r = change_list_load(journal, states, SIZE_MAX, &list, e);
	store_close(journal);
	change_list_drop_forgotten(&list);
	if (r == 0)
		r = s->json ? print_json(&list, &view, out, e)
			    : print_text(s, &list, &view, out, e);
	if (r == 0)
		r = change_list_complain(&list);
	change_list_done(&list);
	return r;
}

static const struct example examples[] = {
	{ "sudo netwright status", "what netwright changed that is in force now" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_JSON,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_status = {
	.name = "status",
	.usage = "[OPTION...]",
	.summary = "show what is in force, pending or interrupted",
	.description =
		"Shows the transactions whose values are in force, the one that waits for its "
		"confirmation with the time that is left, what could be put back in part only, "
		"what the files of --persist set at each boot, and what was interrupted; and what "
		"the daemon does, tried last, and leaves alone. Nothing is changed or recovered.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
