#include "base/cleanup.h"
#include "cli/change_cause.h"
#include "cli/change_journal.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/damaged_record.h"
#include "cli/exit_status.h"
#include "cli/verbs.h"

#include <errno.h>

static int print(const struct settings *s, const struct transaction_record *t, FILE *out,
		 struct error *e)
{
	json_t *findings = change_cause_find(s, t, stderr);
	int r = change_print_details(s, t, findings, out, e);

	json_decref(findings);
	return r;
}

/* Of a damaged record that which can be read is printed, and then that it is damaged. */
static int load(const struct settings *s, struct store *journal, int64_t id, FILE *out,
		struct transaction_record *ret, struct error *e)
{
	struct error why = { 0 };
	int printed = 0, r = store_load(journal, id, ret, &why);

	if (r == -EBADMSG && !s->json)
		printed = damaged_record_print(s, journal, id, out, e);
	if (printed < 0)
		return printed;
	return r < 0 ? error_set(e, r, why.kind, NULL, "%s", why.text) : 0;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct transaction_record t = { 0 };
	struct store *journal = NULL;
	int64_t id;
	int r;

	if (s->operand_count == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "shows nothing; give a transaction's number, which netwright "
				 "history lists");
	r = change_parse_id(s, s->operands[0], &id, e);
	if (r == 0)
		r = change_journal_open(s, &journal, e);
	if (r == 0 && journal == NULL)
		r = change_refuse_id(id, e);
	if (r == 0)
		r = load(s, journal, id, out, &t, e);
	store_close(journal);
	if (r == 0)
		r = print(s, &t, out, e);
	transaction_record_done(&t);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "sudo netwright show 12", "what transaction 12 replaced, wrote and read back" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_JSON,
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_show = {
	.name = "show",
	.usage = "[OPTION...] ID",
	.summary = "tell all about one change: who, when, why, before, after, outcome",
	.description =
		"Prints what the journal holds about a transaction. Nothing is read from the "
		"kernel: what holds now may be another value.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = 1,
	.run = run,
};
