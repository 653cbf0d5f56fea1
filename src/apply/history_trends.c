#include "apply/history_trends.h"

#include "apply/history_database.h"
#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* So many of the oldest points are looked at for their age with each audit, which adds fewer: they
 * were written in the order of their ids, but for a clock that was set back. */
#define PRUNE_BATCH 1000

static bool is_sound(const char *netns, const struct trend_point *p)
{
	return history_text_is_printable(netns, PLACE_NAME_MAX) &&
	       history_text_is_printable(p->metric, HISTORY_METRIC_MAX) &&
	       history_text_is_printable(p->entity, HISTORY_ENTITY_MAX);
}

/* --- adding -------------------------------------------------------------------------------- */

struct writer {
	struct history *h;
	sqlite3_stmt *series, *point;
	const char *netns;
	double utc_s;
};

static int run_once(sqlite3_stmt *q, struct error *e)
{
	int r = database_step(q, &history_schema, e);

	(void)sqlite3_reset(q);
	return r;
}

static int add_point(struct writer *w, const struct trend_point *p, struct error *e)
{
	int r;

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *q = i == 0 ? w->series : w->point;

		(void)sqlite3_bind_text(q, 1, w->netns, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(q, 2, p->metric, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(q, 3, p->entity, -1, SQLITE_STATIC);
	}
	(void)sqlite3_bind_double(w->point, 4, w->utc_s);
	(void)sqlite3_bind_double(w->point, 5, p->value);
	r = run_once(w->series, e);
	return r < 0 ? r : run_once(w->point, e);
}

static int add_points(struct writer *w, const struct trend_point *points, size_t count,
		      struct error *e)
{
	int r = database_prepare(w->h->db, &history_schema,
				 "INSERT OR IGNORE INTO series (netns, metric, entity)"
				 " VALUES (?, ?, ?)",
				 &w->series, e);

	if (r == 0)
		r = database_prepare(w->h->db, &history_schema,
				     "INSERT INTO points (utc_s, series_id, value)"
				     " SELECT ?4, id, ?5 FROM series"
				     " WHERE netns = ?1 AND metric = ?2 AND entity = ?3",
				     &w->point, e);
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (isfinite(points[i].value))
			r = add_point(w, &points[i], e);
	}
	database_finalize(&w->series);
	database_finalize(&w->point);
	return r;
}

static int delete_old(struct history *h, double now_utc_s, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r = database_prepare(h->db, &history_schema,
				 "DELETE FROM points WHERE id <= (SELECT max(id) FROM points) - ?1"
				 " OR (utc_s < ?2 AND id IN"
				 " (SELECT id FROM points ORDER BY id LIMIT ?3))",
				 &q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_int(q, 1, HISTORY_POINTS_MAX);
	(void)sqlite3_bind_double(q, 2, now_utc_s - HISTORY_TRENDS_DAYS * 86400.0);
	(void)sqlite3_bind_int(q, 3, PRUNE_BATCH);
	return database_step(q, &history_schema, e);
}

/* Entities come and go. */
static int delete_empty(struct history *h, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	int r = database_prepare(h->db, &history_schema,
				 "DELETE FROM series WHERE NOT EXISTS"
				 " (SELECT 1 FROM points WHERE series_id = series.id)",
				 &q, e);

	return r < 0 ? r : database_step(q, &history_schema, e);
}

int history_add_points(struct history *h, double utc_s, const char *netns,
		       const struct trend_point *points, size_t count, struct error *e)
{
	struct writer w = { .h = h, .netns = netns, .utc_s = utc_s };
	int r;

	for (size_t i = 0; i < count; i++) {
		if (!is_sound(netns, &points[i]))
			return error_set(e, -EINVAL, ERROR_FAILED, history_schema.file,
					 "a metric cannot be recorded: a name is not printable, or "
					 "too long");
	}
	r = database_begin(h->db, &history_schema, e);
	if (r < 0)
		return r;
	r = add_points(&w, points, count, e);
	if (r == 0)
		r = delete_old(h, utc_s, e);
	if (r == 0 && sqlite3_changes(h->db) > 0)
		r = delete_empty(h, e);
	return database_end(h->db, &history_schema, r, e);
}

/* --- reading ------------------------------------------------------------------------------- */

static double number_or_nan(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? (double)NAN
							     : sqlite3_column_double(q, column);
}

static bool read_trend(sqlite3_stmt *q, struct trend *t)
{
	const struct trend_point names = { .metric = t->metric, .entity = t->entity };

	*t = (struct trend){
		.points = (size_t)sqlite3_column_int64(q, 3),
		.first_utc_s = sqlite3_column_double(q, 4),
		.last_utc_s = sqlite3_column_double(q, 5),
		.least = sqlite3_column_double(q, 6),
		.mean = sqlite3_column_double(q, 7),
		.most = sqlite3_column_double(q, 8),
		.last = sqlite3_column_double(q, 9),
		.earlier = number_or_nan(q, 10),
		.later = number_or_nan(q, 11),
	};
	return history_copy_text(q, 0, t->netns, sizeof(t->netns)) == 0 &&
	       history_copy_text(q, 1, t->metric, sizeof(t->metric)) == 0 &&
	       history_copy_text(q, 2, t->entity, sizeof(t->entity)) == 0 &&
	       isfinite(t->first_utc_s) && isfinite(t->last_utc_s) && is_sound(t->netns, &names);
}

int history_read_trends(struct history *h, const struct trend_query *query,
			int (*visit)(void *arg, const struct trend *t), void *arg,
			size_t *ret_damaged, struct error *e)
{
	sqlite3_stmt *q CLEANUP(database_finalize) = NULL;
	struct trend t;
	size_t damaged = 0;
	int r = database_prepare(
		h->db, &history_schema,
		"SELECT netns, metric, entity, count(*), min(utc_s), max(utc_s), min(value),"
		" avg(value), max(value), (SELECT value FROM points AS newest"
		"  WHERE newest.series_id = series.id ORDER BY utc_s DESC, id DESC LIMIT 1),"
		" avg(CASE WHEN utc_s < middle THEN value END),"
		" avg(CASE WHEN utc_s >= middle THEN value END)"
		" FROM series JOIN points ON points.series_id = series.id"
		" JOIN (SELECT series_id, (min(utc_s) + max(utc_s)) / 2 AS middle FROM points"
		"  WHERE utc_s >= ?1 GROUP BY series_id) AS span ON span.series_id = series.id"
		" WHERE utc_s >= ?1 AND (?2 IS NULL OR netns = ?2)"
		" AND (?3 IS NULL OR metric GLOB ?3)"
		" GROUP BY series.id ORDER BY metric, netns, entity",
		&q, e);

	if (r < 0)
		return r;
	(void)sqlite3_bind_double(q, 1, query->since_utc_s);
	if (query->netns != NULL)
		(void)sqlite3_bind_text(q, 2, query->netns, -1, SQLITE_STATIC);
	if (query->metric != NULL)
		(void)sqlite3_bind_text(q, 3, query->metric, -1, SQLITE_STATIC);
	while ((r = database_step(q, &history_schema, e)) == 1) {
		if (!read_trend(q, &t)) {
			damaged++;
			continue;
		}
		r = visit(arg, &t);
		if (r < 0)
			return r;
	}
	if (r == 0)
		*ret_damaged = damaged;
	return r;
}
