#include "apply/boot.h"
#include "apply/guardian.h"
#include "apply/later.h"
#include "apply/preview.h"
#include "apply/rollback.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change_journal.h"
#include "cli/change_list.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/change_session.h"
#include "cli/exit_status.h"
#include "cli/profile_journal.h"
#include "cli/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is in force and whole; what could be put back in part only is gone over again when it is
 * named, with --all, or with --force. */
#define STATES_IN_FORCE (1u << TRANSACTION_PENDING | 1u << TRANSACTION_KEPT | STORE_STATE_UNKNOWN)

static int check_operands(const struct settings *s, int64_t *ret_id, struct error *e)
{
	*ret_id = 0;
	if (s->operand_count == 0)
		return 0;
	if (s->all)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--all and an ID exclude each other");
	return change_parse_id(s, s->operands[0], ret_id, e);
}

static int nothing(const struct settings *s, struct error *e)
{
	return error_set(e, -ENOENT, ERROR_FAILED, s->verb,
			 "nothing to put back; netwright history tells what was changed");
}

/* Of another boot only what files set again at each boot is in force. What cannot be loaded stays,
 * to be told of. */
static size_t drop_forgotten(struct store *journal, int64_t *ids, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		struct transaction_record t = { 0 };

		if (store_load(journal, ids[i], &t, NULL) < 0 || !change_list_is_forgotten(&t))
			ids[left++] = ids[i];
		transaction_record_done(&t);
	}
	return left;
}

/* The transactions that are meant, newest first. */
static int choose(const struct settings *s, const struct session *session, int64_t id,
		  int64_t **ret, size_t *ret_count, struct error *e)
{
	unsigned int states = STATES_IN_FORCE;
	int r;

	if (id != 0) {
		*ret = malloc(sizeof(**ret));
		if (*ret == NULL)
			return error_errno(e, -ENOMEM, NULL, s->verb);
		**ret = id;
		*ret_count = 1;
		return 0;
	}
	if (s->force || s->all)
		states |= 1u << TRANSACTION_PARTIAL;
	if (s->all)
		states |= 1u << TRANSACTION_VOID;
	r = store_list(session->applier.store, states, s->all ? SIZE_MAX : 1, ret, ret_count, e);
	if (r == 0)
		*ret_count = drop_forgotten(session->applier.store, *ret, *ret_count);
	return r == 0 && *ret_count == 0 && !s->all ? nothing(s, e) : r;
}

/* A conflict in one keeps none of the others from being put back. Returns the first failure. */
static int roll_back(const struct settings *s, struct session *session, const int64_t *ids,
		     size_t n, struct change_list *done, struct error *e)
{
	int result = 0;

	done->all = calloc(n > 0 ? n : 1, sizeof(done->all[0]));
	if (done->all == NULL)
		return error_errno(e, -ENOMEM, NULL, s->verb);
	for (size_t i = 0; i < n; i++) {
		struct transaction_record *t = &done->all[done->count];
		struct error failure = { 0 };
		int r = transaction_roll_back(&session->applier, ids[i], s->force,
					      TRANSACTION_BY_HAND, t, &failure);

		if (r == -EALREADY) { /* what was asked for is so */
			transaction_record_done(t);
			r = store_load(session->applier.store, ids[i], t, &failure);
		}
		if (t->id != 0)
			done->count++;
		if (t->id != 0 && t->guardian_pid != 0)
			guardian_wake(t->guardian_pid, t->guardian_start);
		if (r < 0 && result == 0) {
			result = r;
			*e = failure;
		}
	}
	return result;
}

static int roll_back_chosen(const struct settings *s, int64_t id, struct change_list *done,
			    struct error *e)
{
	struct change_session session = { 0 };
	int64_t *ids = NULL;
	size_t count = 0;
	int r = change_session_open(s, &session, e);

	if (r == 0 && id != 0 && !s->force)
		r = profile_journal_refuse_followed(session.session.applier.store, id, e);
	if (r == 0)
		r = choose(s, &session.session, id, &ids, &count, e);
	if (r == 0)
		r = roll_back(s, &session.session, ids, count, done, e);
	change_session_close(&session);
	free(ids);
	return r;
}

static int print(const struct settings *s, const struct change_list *done, FILE *out,
		 struct error *e)
{
	int r = 0;

	if (s->json && s->all)
		r = change_list_print_json(done, out, e);
	else if (s->all && done->count == 0 && !s->quiet)
		(void)fputs("Nothing that netwright changed is in force.\n", out);
	for (size_t i = 0; i < done->count && r == 0 && !(s->json && s->all); i++)
		r = change_print_result(s, &done->all[i], 0, out, e);
	/* Of several the one that was put back last stands for all. */
	return done->count == 0 ? r
				: change_finish_printing(s, &done->all[done->count - 1], r, out, e);
}

/* --- --dry-run: of what the journal says now; recovery may have something to say first ----------
 */

/* What a restart has undone. */
static int note_void(struct change_list *l, struct error *e)
{
	char boot_id[BOOT_ID_MAX];
	int r = boot_id_read(boot_id, e);

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		if (strcmp(l->all[i].boot_id, boot_id) != 0)
			l->all[i].state = TRANSACTION_VOID;
	}
	return r;
}

/* What transaction_roll_back() would refuse, or find there is nothing to do. */
static int check(const struct settings *s, struct store *journal, const struct change_list *l,
		 int64_t id, struct error *e)
{
	const unsigned int states = STATES_IN_FORCE | 1u << TRANSACTION_PARTIAL |
				    1u << TRANSACTION_VOID;
	const struct transaction_record *t = l->all;
	int r = 0;

	if (l->count == 0 && l->unreadable_count > 0)
		return change_list_refuse(l, e);
	if (l->count == 0 || ((1u << t->state & states) == 0 && !rollback_left_gone(t)) ||
	    change_list_is_forgotten(t))
		return nothing(s, e);
	if (id != 0 && !s->force)
		r = profile_journal_refuse_followed(journal, id, e);
	if (r < 0 || s->force || t->state == TRANSACTION_VOID)
		return r;
	return later_refuse(journal, t, e);
}

/* The transactions that are meant, newest first, as carrying it out would find them. */
static int load_chosen(const struct settings *s, struct store *journal, int64_t id,
		       struct change_list *ret, struct error *e)
{
	unsigned int states = STATES_IN_FORCE;
	int r;

	if (s->force || s->all)
		states |= 1u << TRANSACTION_PARTIAL;
	if (s->all)
		states |= 1u << TRANSACTION_VOID;
	r = id != 0 ? change_list_load_one(journal, id, ret, e)
		    : change_list_load(journal, states, s->all ? SIZE_MAX : 1, ret, e);
	if (r == 0)
		r = note_void(ret, e);
	if (r == 0 && s->all)
		change_list_drop_forgotten(ret);
	return r == 0 && !s->all ? check(s, journal, ret, id, e) : r;
}

static bool leaves_some(const struct transaction_record *t)
{
	for (size_t i = 0; i < t->change_count; i++) {
		const struct change_record *c = &t->changes[i];

		if (c->note[0] != '\0' &&
		    (c->outcome == CHANGE_CONFLICT || c->outcome == CHANGE_UNRESTORED))
			return true;
	}
	return false;
}

static int print_plans(const struct settings *s, const struct change_list *l,
		       const struct plan *plans, FILE *out, struct error *e)
{
	int r = 0;

	if (s->all && s->json)
		r = change_plans_json(plans, l->count, out, e);
	else if (l->count == 0)
		(void)fputs("Nothing that netwright changed is in force.\n", out);
	for (size_t i = 0; r == 0 && i < l->count; i++) {
		const struct transaction_record *t = &l->all[i];

		if (!(s->all && s->json))
			r = change_print_plan(s, &plans[i], &(const struct rivals){ 0 }, out, e);
		for (size_t k = 0; r == 0 && k < t->change_count; k++)
			change_print_left(&t->changes[k]);
		if (r == 0)
			change_print_removals(t);
	}
	return r;
}

/* Returns the status that carrying it out would end with. */
static int preview(const struct settings *s, const struct change_list *l, FILE *out,
		   struct error *e)
{
	struct plan *plans = calloc(l->count > 0 ? l->count : 1, sizeof(*plans));
	bool conflict = false;
	int r = plans == NULL ? error_errno(e, -ENOMEM, NULL, s->verb) : 0;

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		r = rollback_preview(os_live(), l->all, i, s->force, &plans[i], e);
		conflict = conflict || (r == 0 && leaves_some(&l->all[i]));
	}
	if (r == 0)
		r = print_plans(s, l, plans, out, e);
	for (size_t i = 0; plans != NULL && i < l->count; i++)
		plan_done(&plans[i]);
	free(plans);
	if (r == 0)
		r = change_list_complain(l);
	return r == 0 && conflict ? EXIT_STATUS_CONFLICT : r;
}

static int dry_run(const struct settings *s, int64_t id, FILE *out, struct error *e)
{
	struct change_list list = { 0 };
	struct store *journal = NULL;
	int r = change_journal_open(s, &journal, e);

	if (r == 0)
		r = load_chosen(s, journal, id, &list, e);
	store_close(journal);
	if (r == 0)
		r = preview(s, &list, out, e);
	change_list_done(&list);
	return r;
}

static int carry_out(const struct settings *s, int64_t id, FILE *out, struct error *e)
{
	struct change_list done = { 0 };
	struct error print_error = { 0 };
	int printed = 0, r = roll_back_chosen(s, id, &done, e);

	/* Whoever could not look knows nothing of what is in force. */
	if (r == 0 || done.count > 0)
		printed = print(s, &done, out, &print_error);
	if (r == 0 && printed < 0) {
		r = printed;
		*e = print_error;
	}
	change_list_done(&done);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	bool exists = false;
	int64_t id;
	int r = check_operands(s, &id, e);

	if (r == 0)
		r = change_journal_exists(s, &exists, e);
	if (r == 0 && !exists)
		r = id != 0 ? change_refuse_id(id, e) : nothing(s, e);
	if (r < 0)
		return r;
	return s->dry_run ? dry_run(s, id, out, e) : carry_out(s, id, out, e);
}

static const struct example examples[] = {
	{ "sudo netwright rollback", "undo the last change that is in force" },
	{ "sudo netwright rollback --all", "undo all of them, the last one first" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  .help = "undo everything that is in force, the last change first",
	  .offset = offsetof(struct settings, all) },
	OPTION_ROW_DRY_RUN,
	{ .name = "force",
	  .type = OPTION_FLAG,
	  .help = "restore also what somebody else has changed since",
	  .offset = offsetof(struct settings, force) },
	OPTION_ROW_JSON,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_rollback = {
	.name = "rollback",
	.usage = "[OPTION...] [ID | --all]",
	.summary = "put back what a change replaced",
	.description =
		"Restores what held before the transaction ID, or before the last one that is in "
		"force. A value that is no longer what netwright wrote is somebody else's: it is "
		"left alone and named, and the exit status is 4. What is gone (a namespace, a "
		"process) needs no restoring.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = 1,
	.run = run,
};
