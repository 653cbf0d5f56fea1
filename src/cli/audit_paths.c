#include "cli/audit_report.h"

#include "base/cleanup.h"
#include "cli/print.h"
#include "cli/table.h"
#include "measure/metric.h"

#include <errno.h>

#define PATHS_SHOWN 5

static const struct table_column columns[] = {
	{ "PATH", false },	 { "FLOWS", true },    { "SENT", true },
	{ "RECEIVED", true },	 { "MIN RTT", true },  { "RTT", true },
	{ "RETRANSMITS", true }, { "LIMITER", false }, { "SHARE", true },
};

/* The metrics behind the columns, so that the table, the evidence and the JSON agree. */
static const char *const cell_metrics[ARRAY_LEN(columns)] = {
	[1] = "path.flows",   [2] = "path.goodput",	  [3] = "path.receive_rate",
	[4] = "path.min_rtt", [5] = "path.srtt_p50",	  [6] = "path.retransmit_ratio",
	[7] = "path.limiter", [8] = "path.limiter_share",
};

static int add_path(struct table *table, const struct observation *o, size_t index)
{
	char text[ARRAY_LEN(columns)][PRINT_VALUE_MAX];
	const char *cells[ARRAY_LEN(columns)];

	cells[0] = o->paths[index].name;
	for (size_t c = 1; c < ARRAY_LEN(columns); c++) {
		const struct metric *m = metric_find(cell_metrics[c]);
		struct value value = value_unknown(NULL);

		if (m != NULL)
			value = metric_get(m, o, observation_entity(o, ENTITY_PATH, index));
		cells[c] = value.kind == VALUE_UNKNOWN
				   ? "-"
				   : print_value(m->unit, value, text[c], sizeof(text[c]));
	}
	return table_add(table, cells);
}

int audit_print_paths(const struct terminal *t, const struct observation *o)
{
	size_t shown = o->path_count < PATHS_SHOWN ? o->path_count : PATHS_SHOWN;
	struct table table;
	int r = 0;

	table_init(&table, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < shown && r == 0; i++)
		r = add_path(&table, o, i);
	if (r == 0 && shown > 0) {
		(void)fprintf(t->out, "%s\n", shown < o->path_count ? "busiest paths:" : "paths:");
		table_print(&table, t->out, 2, t->is_tty ? t->width : 0);
		(void)fputc('\n', t->out);
	}
	table_done(&table);
	return r;
}
