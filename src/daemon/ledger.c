#include "daemon/ledger.h"

#include "apply/history_trends.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "tune/memory_store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The paths that carry most: with the metrics of the host as many series as the history keeps for
 * two weeks. */
#define PATHS_MAX 3

/* What people look up afterwards: how much, how well, and what is lost. */
static const char *const host_metrics[] = {
	"host.cpu_busy",    "tcp.established",	    "tcp.goodput",  "tcp.listen_overflow_rate",
	"tcp.receive_rate", "tcp.retransmit_ratio", "tcp.srtt_p50",
};
static const char *const path_metrics[] = {
	"path.goodput",		 "path.min_rtt",  "path.receive_rate",
	"path.retransmit_ratio", "path.srtt_p50",
};

#define POINTS_MAX (ARRAY_LEN(host_metrics) + PATHS_MAX * ARRAY_LEN(path_metrics))

struct ledger_point {
	const char *metric; /* static */
	char entity[PREFIX_TEXT_MAX];
	double value;
};

struct ledger_page {
	double utc_s;
	char netns[PLACE_NAME_MAX];
	struct ledger_point *points; /* owned */
	size_t count;
};

static void drop_pages(struct ledger *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->pages[i].points);
	l->count = 0;
}

void ledger_done(struct ledger *l)
{
	drop_pages(l);
	free(l->pages);
	l->pages = NULL;
	l->capacity = 0;
}

static void complain(struct ledger *l, const struct error *why)
{
	char text[sizeof(l->trouble.text)];

	(void)snprintf(text, sizeof(text), "the history is not written: %.250s", why->text);
	logbook_complain(l->log, LOGBOOK_WARNING, &l->trouble, text);
}

/* --- outcomes ------------------------------------------------------------------------------- */

void ledger_load(struct ledger *l, struct memory *ret)
{
	struct history *h = NULL;
	struct error why = { 0 };
	size_t damaged = 0;
	int r = history_open(l->directory, STORE_READ, NULL, &h, &why);

	/* None yet, or an older one that the first write migrates. */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return;
	if (r == 0)
		r = memory_load(h, l->boot_id, ret, &damaged, &why);
	history_close(h);
	if (r < 0)
		logbook_write(l->log, LOGBOOK_WARNING, "what was tried before is not known: %s",
			      why.text);
	if (damaged > 0)
		logbook_write(l->log, LOGBOOK_WARNING,
			      "%zu damaged entries of what was tried before are left out", damaged);
}

void ledger_save(struct ledger *l, const struct outcome *o)
{
	struct history *h = NULL;
	struct error why = { 0 };
	int r = history_open(l->directory, STORE_WRITE, NULL, &h, &why);

	if (r == 0)
		r = memory_save(h, l->boot_id, o, &why);
	history_close(h);
	if (r < 0)
		complain(l, &why);
}

/* --- metrics -------------------------------------------------------------------------------- */

static size_t take(const struct observation *o, const char *name, const void *entity,
		   const char *entity_name, struct ledger_point *ret)
{
	const struct metric *m = metric_find(name);
	const struct value v = metric_get(m, o, entity);

	if (v.kind != VALUE_NUMBER || !isfinite(v.number))
		return 0;
	*ret = (struct ledger_point){ .metric = m->name, .value = v.number };
	(void)snprintf(ret->entity, sizeof(ret->entity), "%s", entity_name);
	return 1;
}

/* Paths come most bytes first. */
static size_t take_all(const struct observation *o, struct ledger_point ret[POINTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(host_metrics); i++)
		n += take(o, host_metrics[i], NULL, "", &ret[n]);
	for (size_t p = 0; p < o->path_count && p < PATHS_MAX; p++) {
		for (size_t i = 0; i < ARRAY_LEN(path_metrics); i++)
			n += take(o, path_metrics[i], &o->paths[p], o->paths[p].name, &ret[n]);
	}
	return n;
}

static struct ledger_page *new_page(struct ledger *l)
{
	struct ledger_page *grown = array_grow(l->pages, l->count, &l->capacity, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	l->pages = grown;
	return &l->pages[l->count];
}

void ledger_add(struct ledger *l, double utc_s, const struct realm_place *place,
		const struct window *w)
{
	struct ledger_point points[POINTS_MAX];
	struct ledger_page *page = new_page(l);
	size_t n = take_all(w->observation, points);

	/* Without memory for it there is a gap. */
	if (page == NULL || n == 0)
		return;
	*page = (struct ledger_page){ .utc_s = utc_s, .count = n };
	page->points = calloc(n, sizeof(points[0]));
	if (page->points == NULL)
		return;
	memcpy(page->points, points, n * sizeof(points[0]));
	memcpy(page->netns, place->name, sizeof(page->netns));
	l->count++;
}

static int write_page(struct history *h, const struct ledger_page *page, struct error *e)
{
	struct trend_point points[POINTS_MAX];

	for (size_t i = 0; i < page->count; i++)
		points[i] = (struct trend_point){ page->points[i].metric, page->points[i].entity,
						  page->points[i].value };
	return history_add_points(h, page->utc_s, page->netns, points, page->count, e);
}

void ledger_write(struct ledger *l)
{
	struct history *h = NULL;
	struct error why = { 0 };
	int r;

	if (l->count == 0)
		return;
	r = history_open(l->directory, STORE_WRITE, NULL, &h, &why);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		r = write_page(h, &l->pages[i], &why);
	history_close(h);
	drop_pages(l);
	if (r < 0)
		complain(l, &why);
	else
		logbook_complain(l->log, LOGBOOK_WARNING, &l->trouble, "");
}
