#include "base/cleanup.h"
#include "cli/change_list.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/change_session.h"
#include "cli/exit_status.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#include <inttypes.h>

#define LIMIT_DEFAULT 20

static const struct table_column columns[] = {
	{ "ID", true },	     { "STARTED", false }, { "STATE", false },
	{ "CHANGES", true }, { "COMMAND", false },
};

static int print_text(const struct change_list *list, FILE *out, struct error *e)
{
	struct terminal terminal;
	struct table table;
	int r = 0;

	if (list->count == 0) {
		if (list->unreadable_count == 0)
			(void)fputs("Nothing was changed yet.\n", out);
		return 0;
	}
	terminal_examine(out, COLOR_NEVER, &terminal);
	table_init(&table, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < list->count && r == 0; i++) {
		const struct transaction_record *t = &list->all[i];
		char id[24], when[CHANGE_TIME_MAX], changes[24];
		const char *cells[] = { id, when, transaction_state_name(t->state), changes,
					t->command };

		(void)snprintf(id, sizeof(id), "%" PRId64, t->id);
		(void)snprintf(changes, sizeof(changes), "%zu", t->change_count);
		(void)change_time(t->started_utc_s, when, sizeof(when));
		r = table_add(&table, cells);
	}
	if (r == 0)
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
	table_done(&table);
	return r < 0 ? error_errno(e, r, NULL, "table") : 0;
}

static size_t limit_of(const struct settings *s)
{
	if (s->limit == UINT64_MAX)
		return LIMIT_DEFAULT;
	return s->limit == 0 ? SIZE_MAX : (size_t)s->limit;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct change_list list = { 0 };
	struct store *journal = NULL;
	int r = change_journal_open(s, &journal, e);

	if (r == 0)
		r = change_list_load(journal, CHANGE_LIST_EVERY_STATE, limit_of(s), &list, e);
	store_close(journal);
	if (r == 0)
		r = s->json ? change_list_print_json(&list, out, e) : print_text(&list, out, e);
	if (r == 0)
		r = change_list_complain(&list);
	change_list_done(&list);
	return r;
}

static const struct example examples[] = {
	{ "sudo netwright history", "what was changed, when, and what became of it" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_JSON,
	{ .name = "limit",
	  .type = OPTION_NUMBER,
	  .argument = "N",
	  .help = "list the last N transactions (default 20); 0 lists all",
	  .offset = offsetof(struct settings, limit) },
	OPTION_ROW_STATE_DIR,
};

const struct verb verb_history = {
	.name = "history",
	.usage = "[OPTION...]",
	.summary = "list what netwright changed, the newest first",
	.description = "Lists the transactions of the journal, those of earlier boots included.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
