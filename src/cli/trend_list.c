#include "cli/trend_list.h"

#include "apply/history_trends.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change_journal.h"
#include "cli/change_report.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "measure/metric.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TRENDS_SCHEMA "netwright.trends/1"

DEFINE_CLEANUP(struct history, history_close)

static const struct table_column columns[] = {
	{ "METRIC", false }, { "NETNS", false }, { "ENTITY", false },
	{ "POINTS", true },  { "LEAST", true },	 { "MEAN", true },
	{ "MOST", true },    { "LAST", true },	 { "TREND", true },
};

/* A metric of another version has a number all the same. */
static enum unit unit_of(const struct trend *t)
{
	const struct metric *m = metric_find(t->metric);

	return m != NULL ? m->unit : UNIT_COUNT;
}

static const char *or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static int add_row(void *arg, const struct trend *t)
{
	const double numbers[] = { t->least, t->mean, t->most, t->last };
	char points[24], texts[ARRAY_LEN(numbers)][PRINT_VALUE_MAX], change[24] = "-";
	const char *cells[] = { t->metric, or_dash(t->netns), or_dash(t->entity), points, texts[0],
				texts[1],  texts[2],	      texts[3],		  change };

	(void)snprintf(points, sizeof(points), "%zu", t->points);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		(void)print_value(unit_of(t), value_number(numbers[i]), texts[i], sizeof(texts[i]));
	if (isfinite(t->earlier) && isfinite(t->later) && t->earlier > 0)
		(void)snprintf(change, sizeof(change), "%.3g x", t->later / t->earlier);
	return table_add(arg, cells);
}

static int add_object(void *arg, const struct trend *t)
{
	struct document *d = arg;
	const enum unit unit = unit_of(t);
	const struct {
		const char *key;
		double value;
	} numbers[] = { { "least", t->least }, { "mean", t->mean },	  { "most", t->most },
			{ "last", t->last },   { "earlier", t->earlier }, { "later", t->later } };
	json_t *object = json_object();

	document_set(d, object, "metric", document_text(t->metric));
	document_set(d, object, "netns",
		     t->netns[0] != '\0' ? document_text(t->netns) : json_null());
	document_set(d, object, "entity",
		     t->entity[0] != '\0' ? document_text(t->entity) : json_null());
	document_set(d, object, "unit", document_text(unit_info(unit)->json_name));
	document_set(d, object, "points", json_integer((json_int_t)t->points));
	document_set(d, object, "first_utc", document_time(t->first_utc_s));
	document_set(d, object, "last_utc", document_time(t->last_utc_s));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		document_set(d, object, numbers[i].key,
			     document_value(unit, value_number(numbers[i].value)));
	document_append(d, json_object_get(d->root, "trends"), object);
	return 0;
}

/* No history yet is one without series. */
static int read_trends(const struct settings *s, int (*visit)(void *arg, const struct trend *t),
		       void *arg, struct error *e)
{
	const double now_utc_s = os_live()->ops->utc_s(os_live());
	const struct trend_query query = {
		.netns = s->netns,
		.metric = s->metric,
		.since_utc_s = s->days != UINT64_MAX ? now_utc_s - 86400.0 * (double)s->days : 0,
	};
	CLEANUP(history_closep) struct history *h = NULL;
	const char *directory;
	size_t damaged = 0;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	r = history_open(directory, STORE_READ, NULL, &h, e);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = history_read_trends(h, &query, visit, arg, &damaged, e);
	if (r == -ENOMEM)
		return error_errno(e, r, NULL, "trends");
	if (damaged > 0)
		(void)fprintf(stderr, "netwright: history: %zu damaged series are left out\n",
			      damaged);
	return r;
}

static int print_json(const struct settings *s, FILE *out, struct error *e)
{
	struct document d;
	int r;

	document_init(&d, TRENDS_SCHEMA);
	document_set(&d, d.root, "trends", json_array());
	r = read_trends(s, add_object, &d, e);
	if (r == 0)
		r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int print_text(const struct settings *s, FILE *out, struct error *e)
{
	struct terminal terminal;
	struct table table;
	int r;

	terminal_examine(out, COLOR_NEVER, &terminal);
	table_init(&table, columns, ARRAY_LEN(columns));
	r = read_trends(s, add_row, &table, e);
	if (r == 0 && table.row_count == 0)
		(void)fputs("No such metrics are recorded; netwright daemon records them.\n", out);
	if (r == 0)
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
	table_done(&table);
	return r;
}

int trend_list_print(const struct settings *s, FILE *out, struct error *e)
{
	int r = s->json ? print_json(s, out, e) : print_text(s, out, e);

	return r < 0 ? r : EXIT_STATUS_OK;
}
