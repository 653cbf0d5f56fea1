#include "apply/guardian.h"
#include "base/cleanup.h"
#include "cli/change_journal.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/change_session.h"
#include "cli/exit_status.h"
#include "cli/verbs.h"

#include <errno.h>

static int confirm(const struct settings *s, int64_t id, struct transaction_record *ret,
		   struct error *e)
{
	struct change_session session = { 0 };
	int r = change_session_open(s, &session, e);

	if (r == 0)
		r = transaction_confirm(&session.session.applier, id, "", ret, e);
	change_session_close(&session);
	if (ret->state == TRANSACTION_KEPT)
		guardian_wake(ret->guardian_pid, ret->guardian_start);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct transaction_record t = { 0 };
	struct error print_error = { 0 };
	bool journal = false;
	int64_t id = 0;
	int r = 0, printed = 0;

	if (s->operand_count > 0)
		r = change_parse_id(s, s->operands[0], &id, e);
	if (r == 0)
		r = change_journal_exists(s, &journal, e);
	if (r < 0)
		return r;
	if (!journal && id != 0)
		return change_refuse_id(id, e);
	if (!journal)
		return error_set(e, -ENOENT, ERROR_FAILED, s->verb,
				 "nothing waits for a confirmation: nothing was changed yet");
	r = confirm(s, id, &t, e);
	/* A script asks whether the change is kept, and it is not: no matter of usage, unless there
	 * is no such change. */
	if (r < 0 && e->kind == ERROR_INPUT && (id == 0 || t.id != 0))
		e->kind = ERROR_FAILED;
	/* What is kept is printed, also when not all of it is as it was. */
	if (r == 0 || (r == -EUCLEAN && t.state == TRANSACTION_KEPT))
		printed = change_finish_printing(
			s, &t, change_print_result(s, &t, 0, out, &print_error), out, &print_error);
	if (r == 0 && printed < 0)
		*e = print_error;
	transaction_record_done(&t);
	return r < 0 ? r : printed < 0 ? printed : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "sudo netwright confirm", "keep what waits for it" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_JSON,      OPTION_ROW_LOCK_TIMEOUT,	 OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_STATE_DIR, OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_confirm = {
	.name = "confirm",
	.usage = "[OPTION...] [ID]",
	.summary = "keep a change that was made with --confirm",
	.description =
		"Keeps the transaction that waits for its confirmation, the one with this ID if it "
		"is given. After the deadline it is put back instead.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = 1,
	.run = run,
};
