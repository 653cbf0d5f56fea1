#include "base/cleanup.h"
#include "cli/busiest.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "measure/metric.h"

#include <errno.h>

#define METRICS_SCHEMA	"netwright.metrics/1"
#define METRICS_SECONDS 1.0 /* two samples: the least that has a rate */

static const struct table_column columns[] = {
	{ "METRIC", false },  { "VALUE", true },   { "UNIT", false },
	{ "MEANING", false }, { "SOURCE", false },
};

/* The value now: of the host, or of the entity that moved most; unknown without any. */
static struct value value_now(const struct metric *m, const struct observation *o)
{
	size_t index;

	if (busiest_entity(o, m->entity, &index) < 0)
		return value_unknown("nothing of this kind was seen");
	return metric_get(m, o, observation_entity(o, m->entity, index));
}

static int add_metric(struct table *table, const struct metric *m, const struct observation *o)
{
	struct value value = value_now(m, o);
	char text[PRINT_VALUE_MAX];
	const char *cells[] = {
		m->name,
		value.kind == VALUE_UNKNOWN ? "-" : print_value(m->unit, value, text, sizeof(text)),
		unit_info(m->unit)->name,
		m->meaning,
		m->source,
	};

	return table_add(table, cells);
}

static int print_text(const struct observation *o, FILE *out, struct error *e)
{
	struct terminal terminal;
	struct table table;
	int r = 0;

	terminal_examine(out, COLOR_NEVER, &terminal);
	table_init(&table, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < metric_count && r == 0; i++)
		r = add_metric(&table, &metrics[i], o);
	if (r == 0) {
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
		print_wrapped(
			out, terminal.width, 0, 0,
			"\nValues are of the last second; those of anything but the host are of the busiest "
			"one. A dash is unknown now: netwright explain METRIC "
			"says why.");
	}
	table_done(&table);
	return r < 0 ? error_errno(e, r, NULL, "table") : 0;
}

static json_t *metric_object(struct document *d, const struct metric *m,
			     const struct observation *o)
{
	struct value value = value_now(m, o);
	json_t *object = json_object();
	char name[ENTITY_NAME_MAX];
	size_t index;

	document_set(d, object, "name", document_text(m->name));
	document_set(d, object, "scope", document_text(entity_kind_name(m->entity)));
	document_set(d, object, "unit", document_text(unit_info(m->unit)->json_name));
	document_set(d, object, "source", document_text(m->source));
	document_set(d, object, "meaning", document_text(m->meaning));
	document_set(d, object, "value", document_value(m->unit, value));
	if (busiest_entity(o, m->entity, &index) == 0)
		document_set(d, object, "entity",
			     document_text(observation_entity_name(o, m->entity, index, name,
								   sizeof(name))));
	if (value.kind == VALUE_UNKNOWN)
		document_set(d, object, "unknown", document_text(value.text));
	return object;
}

static int print_json(const struct observation *o, FILE *out, struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, METRICS_SCHEMA);
	document_set(&d, d.root, "window", document_window(&d, o));
	for (size_t i = 0; i < metric_count; i++)
		document_append(&d, list, metric_object(&d, &metrics[i], o));
	document_set(&d, d.root, "metrics", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	const struct inspection_request request = {
		.settings = s,
		.default_seconds = METRICS_SECONDS,
	};
	struct inspection inspection = { 0 };
	int r = inspection_run(&request, &inspection, e);

	if (r == 0)
		r = s->json ? print_json(inspection.observation, out, e)
			    : print_text(inspection.observation, out, e);
	inspection_done(&inspection);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "netwright metrics | grep '^tcp'", "the host's TCP numbers now" },
	{ "netwright explain path.rtt_inflation_p50", "one of them, in more detail" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_JSON,
	OPTION_ROW_NETNS,
};

const struct verb verb_metrics = {
	.name = "metrics",
	.usage = "[OPTION...]",
	.summary = "list what is measured: name, value now, unit, meaning, source",
	.description = "Lists every metric that rules and output may name, with its value over the "
		       "last second. Metrics of anything but the host show the value of the "
		       "busiest one.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
