#include "base/cleanup.h"
#include "cli/change_journal.h"
#include "cli/change_list.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/exit_status.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/trend_list.h"
#include "cli/verbs.h"

#include <errno.h>
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

static int list_changes(const struct settings *s, FILE *out, struct error *e)
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

static int run(const struct settings *s, FILE *out, struct error *e)
{
	if (s->metrics && s->limit != UINT64_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--limit is for transactions: with --metrics give --metric, "
				 "--netns or --days");
	if (!s->metrics && (s->metric != NULL || s->netns != NULL || s->days != UINT64_MAX))
		return error_set(
			e, -EINVAL, ERROR_INPUT, s->verb,
			"--metric, --netns and --days choose among metrics: give --metrics "
			"as well");
	return s->metrics ? trend_list_print(s, out, e) : list_changes(s, out, e);
}

static const struct example examples[] = {
	{ "sudo netwright history", "what was changed, when, and what became of it" },
	{ "sudo netwright history --metrics --metric 'path.*' --days 1",
	  "how the paths did since yesterday, as the daemon saw it" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	{ .name = "days",
	  .type = OPTION_NUMBER,
	  .argument = "N",
	  .help = "with --metrics: of the last N days (default all that are kept, 14)",
	  .offset = offsetof(struct settings, days) },
	OPTION_ROW_JSON,
	{ .name = "limit",
	  .type = OPTION_NUMBER,
	  .argument = "N",
	  .help = "list the last N transactions (default 20); 0 lists all",
	  .offset = offsetof(struct settings, limit) },
	{ .name = "metric",
	  .type = OPTION_TEXT,
	  .argument = "PATTERN",
	  .help = "with --metrics: those with this name; * stands for any characters",
	  .offset = offsetof(struct settings, metric) },
	{ .name = "metrics",
	  .type = OPTION_FLAG,
	  .help = "list the metrics that the daemon recorded, and how they went",
	  .offset = offsetof(struct settings, metrics) },
	{ .name = "netns",
	  .type = OPTION_TEXT,
	  .argument = "NAME",
	  .help = "with --metrics: of this network namespace",
	  .offset = offsetof(struct settings, netns) },
	OPTION_ROW_STATE_DIR,
};

const struct verb verb_history = {
	.name = "history",
	.usage = "[OPTION...]",
	.summary = "list what netwright changed, or how metrics went",
	.description =
		"Lists the transactions of the journal, the newest first, those of earlier boots "
		"included.\n"
		"With --metrics, lists what the daemon measured: the least, mean, largest and last "
		"value of each metric, and as its trend, how the later half of that time compares "
		"with the earlier half.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
