#include "cli/change.h"

#include "apply/guardian.h"
#include "apply/persisted.h"
#include "apply/persistence.h"
#include "cli/change_journal.h"
#include "cli/change_list.h"
#include "cli/change_notices.h"
#include "cli/change_report.h"
#include "cli/change_session.h"
#include "cli/exit_status.h"
#include "cli/plan_export.h"
#include "cli/unread_files.h"

#include <errno.h>
#include <inttypes.h>

/* What cannot be undone cannot wait for a confirmation either. */
static int refuse_irreversible(const struct settings *s, const struct plan *plan, struct error *e)
{
	for (size_t i = 0; i < plan->count && s->confirm_s > 0; i++) {
		const struct target *t = &plan->changes[i].target;

		if (t->tunable->undo == TUNABLE_UNDO_NO)
			return error_set(e, -EINVAL, ERROR_INPUT, t->name,
					 "cannot be undone, so --confirm cannot be kept; leave "
					 "--confirm out if you want it nevertheless");
	}
	return 0;
}

static int make_plan_to_keep(const struct change_request *q, struct plan *ret, struct error *e)
{
	struct persisted persisted;
	const struct plan_keeper keeper = { persisted_is_kept, &persisted };
	int r = persisted_load(q->place, "", &persisted);

	if (r < 0)
		(void)error_errno(e, r, NULL, "reading what is set at boot");
	else
		r = plan_make_to_keep(q->place, q->wishes, q->wish_count, &keeper, ret, e);
	persisted_done(&persisted);
	return r;
}

/* Whether the plan gets files for the next boot. */
static bool wants_files(const struct change_request *q, const struct plan *plan)
{
	if (!q->settings->persist || !q->persist_what_can)
		return q->settings->persist;
	return plan->count == 0 || persistence_count_able(q->place, plan) > 0;
}

static int make_plan(const struct change_request *q, struct plan *ret, struct error *e)
{
	int r = q->settings->persist ? make_plan_to_keep(q, ret, e)
				     : plan_make(q->place, q->wishes, q->wish_count, ret, e);

	if (r == 0 && q->check != NULL)
		r = q->check(q->arg, ret, e);
	if (r == 0 && wants_files(q, ret))
		r = persistence_check_plan(q->place, ret, e);
	return r < 0 ? r : refuse_irreversible(q->settings, ret, e);
}

/* What was made before the lock was taken is made anew: the wishes as well, where they follow from
 * what is in force. */
static int make_plan_again(void *request, struct plan *ret, bool *ret_persist, struct error *e)
{
	struct change_request *q = request;
	int r = q->renew != NULL ? q->renew(q->renew_arg, q, e) : 0;

	if (r == 0)
		r = make_plan(q, ret, e);
	if (r == 0)
		*ret_persist = wants_files(q, ret);
	return r;
}

static int apply_in_session(const struct change_request *q, struct plan *plan,
			    struct transaction_record *ret, struct error *e)
{
	const struct settings *s = q->settings;
	struct change_request again = *q;
	const struct session_change change = {
		.place = q->place,
		.confirm_s = s->confirm_s,
		.persist = wants_files(q, plan),
		.stop = interrupt_flag(),
		.make_plan = make_plan_again,
		.arg = &again,
		.renew = q->renew != NULL,
	};
	struct change_session session = { 0 };
	struct guardian guardian = { 0 };
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r == 0 && s->confirm_s > 0)
		r = guardian_start(directory, &guardian, e);
	if (r < 0)
		return r;
	r = change_session_open(s, &session, e);
	if (r == 0)
		r = session_apply(&session.session, &change, &guardian, plan, ret, e);
	else
		guardian_dismiss(&guardian);
	change_session_close(&session);
	return r;
}

/* Printed after the lock is given back: a reader that is slow keeps nobody waiting. What failed is
 * printed as well, and then told as an error. */
static int carry_out(const struct change_request *q, struct plan *plan, FILE *out, struct error *e)
{
	struct transaction_record t = { 0 };
	struct error print_error = { 0 };
	int r = apply_in_session(q, plan, &t, e);
	int printed = 0;

	if (t.id != 0 && q->applied != NULL)
		q->applied(q->applied_arg, q->settings, &t);
	if (t.id != 0)
		printed = change_finish_printing(
			q->settings, &t,
			change_print_result(q->settings, &t, plan->satisfied, out, &print_error),
			out, &print_error);
	else if (r == 0)
		printed = change_print_result(q->settings, NULL, plan->satisfied, out,
					      &print_error);
	transaction_record_done(&t);
	if (r == 0 && printed < 0 && e != NULL)
		*e = print_error;
	return r < 0 ? r : printed;
}

/* Nothing to write and nothing that a crash could have left: no journal is made for that. */
static int is_idle(const struct change_request *q, const struct plan *plan, bool *ret,
		   struct error *e)
{
	bool journal = true;
	int r = plan->count == 0 ? change_journal_exists(q->settings, &journal, e) : 0;

	*ret = !journal;
	return r;
}

/* A real run finishes first what an earlier one left, or is refused while it is pending. The
 * journal is root's; others see the plan all the same. */
static int dry_run(const struct settings *s, const struct plan *plan, const struct rivals *rivals,
		   FILE *out, struct error *e)
{
	struct change_list unfinished = { 0 };
	struct store *store = NULL;
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	if (change_journal_open(s, &store, NULL) == 0 &&
	    change_list_load(store, CHANGE_LIST_UNFINISHED, 1, &unfinished, NULL) == 0 &&
	    unfinished.count > 0)
		(void)fprintf(stderr,
			      "netwright: transaction %" PRId64 " is not finished, and comes "
			      "first; see netwright status\n",
			      unfinished.all[0].id);
	store_close(store);
	change_list_done(&unfinished);
	return change_print_plan(s, plan, rivals, out, e);
}

int change_carry_out(const struct change_request *q, FILE *out, struct error *e)
{
	const struct settings *s = q->settings;
	struct rivals rivals = { 0 };
	struct plan plan = { 0 };
	bool idle = false;
	int r = make_plan(q, &plan, e);

	if (r == 0 && rivals_find("", q->place, &plan, wants_files(q, &plan), &rivals) < 0)
		r = error_errno(e, -ENOMEM, NULL, "looking for others that set the same");
	if (r == 0) {
		change_notices_print(s, q->place, &plan, q->wishes, q->wish_count, &rivals, stderr);
		unread_files_print(rivals.unread, rivals.unread_count, stderr);
	}
	if (r == 0 && s->export >= 0)
		r = plan_export(&plan, q->wishes, q->wish_count, (enum export_form)s->export, out,
				e);
	else if (r == 0 && s->dry_run)
		r = dry_run(s, &plan, &rivals, out, e);
	else if (r == 0) {
		r = is_idle(q, &plan, &idle, e);
		if (r == 0)
			r = idle ? change_print_result(s, NULL, plan.satisfied, out, e)
				 : carry_out(q, &plan, out, e);
	}
	rivals_done(&rivals);
	plan_done(&plan);
	return r < 0 ? r : EXIT_STATUS_OK;
}
