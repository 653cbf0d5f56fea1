#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/busiest.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOWS_SCHEMA "netwright.flows/1"

/* The limiter needs three seconds of samples. */
#define FLOWS_SECONDS 3.0
/* Rows shown unless --limit says otherwise: what a terminal holds. JSON has all. */
#define FLOWS_SHOWN 20

static const struct table_column columns[] = {
	{ "REMOTE", false },  { "LOCAL", true },   { "PROCESS", false }, { "GOODPUT", true },
	{ "RECEIVED", true }, { "MIN RTT", true }, { "RTT", true },	 { "JITTER", true },
	{ "RETRANS", true },  { "SHARE", true },   { "LIMITER", false },
};

static const char *cell_value(enum unit unit, double number, char *buf, size_t len)
{
	if (!isfinite(number))
		return "-";
	return unit_format(unit, number, buf, len);
}

static const char *remote_name(const struct flow_stats *f, char *buf, size_t len)
{
	char address[ADDRESS_TEXT_MAX];

	address_format(&f->remote, address, sizeof(address));
	(void)snprintf(buf, len, f->remote.family == 6 ? "[%s]:%u" : "%s:%u", address,
		       (unsigned int)f->remote_port);
	return buf;
}

static int add_flow(struct table *table, const struct observation *o, size_t index)
{
	const struct flow_stats *f = observation_flow(o, index);
	char remote[ADDRESS_TEXT_MAX + 16], local[16], process[64];
	char number[7][PRINT_VALUE_MAX];
	const char *cells[ARRAY_LEN(columns)];
	size_t c = 0;

	(void)snprintf(local, sizeof(local), ":%u", (unsigned int)f->local_port);
	observation_process(o, f->inode, process, sizeof(process));
	cells[c++] = remote_name(f, remote, sizeof(remote));
	cells[c++] = local;
	cells[c++] = process[0] != '\0' ? process : "-";
	cells[c++] = cell_value(UNIT_RATE, flow_goodput(f), number[0], sizeof(number[0]));
	cells[c++] = cell_value(UNIT_RATE, flow_receive_rate(f), number[1], sizeof(number[1]));
	cells[c++] = cell_value(UNIT_SECONDS, flow_min_rtt_s(f), number[2], sizeof(number[2]));
	cells[c++] = cell_value(UNIT_SECONDS, flow_srtt_s(f), number[3], sizeof(number[3]));
	cells[c++] = cell_value(UNIT_SECONDS, flow_jitter_s(f), number[4], sizeof(number[4]));
	cells[c++] = cell_value(UNIT_RATIO, flow_retransmit_ratio(f), number[5], sizeof(number[5]));
	cells[c++] = f->limiter.limiter == LIMITER_UNKNOWN
			     ? "-"
			     : cell_value(UNIT_RATIO, f->limiter.share, number[6],
					  sizeof(number[6]));
	cells[c++] = limiter_name(f->limiter.limiter);
	return table_add(table, cells);
}

static void print_last_line(const struct terminal *t, const struct observation *o, size_t shown)
{
	struct bytes b = { 0 };
	size_t open = 0;
	char text[32];

	for (size_t i = 0; i < o->flow_count; i++)
		open += !observation_flow(o, i)->closed_in_window;
	(void)bytes_printf(&b, "%s in %.1f s%s",
			   print_count(o->flow_count, "active flow", text, sizeof(text)),
			   o->seconds, o->interrupted ? " (interrupted)" : "");
	if (shown < o->flow_count)
		(void)bytes_printf(&b, ", %zu shown (--limit 0 shows all)", shown);
	if (o->sockets > open)
		(void)bytes_printf(
			&b, ", %s",
			print_count(o->sockets - open, "idle connection", text, sizeof(text)));
	if (o->owners.incomplete)
		(void)bytes_printf(
			&b, "; naming processes of other users takes root with CAP_SYS_PTRACE");
	if (b.data != NULL)
		print_wrapped(t->out, t->width, 0, 0, b.data);
	bytes_done(&b);
}

/* What was not seen of the sockets themselves: without it, "0 active flows" would be a claim. */
static void print_unseen_sockets(const struct terminal *t, const struct observation *o)
{
	for (size_t i = 0; i < o->blind_spot_count; i++) {
		const struct blind_spot *spot = &o->blind_spots[i];
		struct bytes b = { 0 };

		if (strstr(spot->what, "sockets") == NULL)
			continue;
		(void)bytes_printf(&b, "not seen: %s: %s", spot->what, spot->reason);
		if (b.data != NULL)
			print_wrapped(t->out, t->width, 0, 0, b.data);
		bytes_done(&b);
	}
}

static int print_text(const struct observation *o, const size_t *order, size_t shown, FILE *out,
		      struct error *e)
{
	struct terminal terminal;
	struct table table;
	int r = 0;

	terminal_examine(out, COLOR_NEVER, &terminal);
	table_init(&table, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < shown && r == 0; i++)
		r = add_flow(&table, o, order[i]);
	if (r == 0) {
		table_print(&table, out, 0, terminal.is_tty ? terminal.width : 0);
		print_last_line(&terminal, o, shown);
		print_unseen_sockets(&terminal, o);
	}
	table_done(&table);
	return r < 0 ? error_errno(e, r, NULL, "table") : 0;
}

static int print_json(const struct observation *o, const size_t *order, size_t shown, FILE *out,
		      struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, FLOWS_SCHEMA);
	document_set(&d, d.root, "host", document_host(&d, o));
	document_set(&d, d.root, "window", document_window(&d, o));
	for (size_t i = 0; i < shown; i++)
		document_append(&d, list, document_entity(&d, o, ENTITY_FLOW, order[i]));
	document_set(&d, d.root, "flows", list);
	document_set(&d, d.root, "flow_total", document_number((double)o->flow_count));
	document_set(&d, d.root, "sockets", document_number((double)o->sockets));
	document_set(&d, d.root, "blind_spots", document_blind_spots(&d, o));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static size_t rows_shown(const struct settings *s, size_t count)
{
	uint64_t limit = s->limit;

	if (limit == UINT64_MAX)
		limit = s->json ? 0 : FLOWS_SHOWN;
	return limit > 0 && limit < count ? (size_t)limit : count;
}

static int print_flows(const struct settings *s, const struct observation *o, FILE *out,
		       struct error *e)
{
	size_t shown = rows_shown(s, o->flow_count);
	size_t *order;
	int r = busiest_flows(o, (enum flow_order)s->sort, &order);

	if (r < 0)
		return error_errno(e, r, NULL, "sorting flows");
	r = s->json ? print_json(o, order, shown, out, e) : print_text(o, order, shown, out, e);
	free(order);
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	const struct inspection_request request = {
		.settings = s,
		.default_seconds = FLOWS_SECONDS,
		/* A recording made here must serve an audit as well. */
		.tunables = s->record != NULL,
	};
	struct inspection inspection = { 0 };
	int r = inspection_run(&request, &inspection, e);

	if (r == 0)
		r = print_flows(s, inspection.observation, out, e);
	inspection_done(&inspection);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "netwright flows --sort retransmits --limit 5", "the five lossiest connections" },
	{ "netwright flows --filter 'dport 443' --json | jq '.flows[].name'",
	  "connections to port 443, for a program" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_FILTER,
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .argument = "DURATION",
	  .help = "how long to observe, 1s to 1h (default 3s, the least that a limiter can be "
		  "judged by)",
	  .offset = offsetof(struct settings, for_s) },
	OPTION_ROW_JSON,
	{ .name = "limit",
	  .type = OPTION_NUMBER,
	  .argument = "N",
	  .help = "show the first N flows only (default 20, all with --json); 0 shows all",
	  .offset = offsetof(struct settings, limit) },
	OPTION_ROW_NETNS,
	OPTION_ROW_RECORD,
	OPTION_ROW_REPLAY,
	{ .name = "sort",
	  .type = OPTION_CHOICE,
	  .argument = "KEY",
	  .help = "largest first by goodput (default; both directions), retransmits or rtt",
	  .choices = flow_order_choices,
	  .offset = offsetof(struct settings, sort) },
};

const struct verb verb_flows = {
	.name = "flows",
	.usage = "[OPTION...]",
	.summary = "show what limits each TCP connection",
	.description =
		"Lists the TCP connections that moved data: how fast, with what round-trip time, "
		"jitter and retransmissions, what limits them, and during how much of their busy "
		"time (SHARE). Connections that moved nothing are counted in the last line.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
