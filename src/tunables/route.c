#include "tunables/route.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/netlink_exchange.h"
#include "tunables/route_table.h"
#include "tunables/sysctl.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_ROUTE  "route"
#define WORD_ABSENT "absent"
#define ALL	    ROUTE_PREFIX "*/"
#define OTHERWISE   " 0: not set, and "
#define COPY_NOTE                                                                            \
	"A prefix that has no route of its own gets one, copied from the route that serves " \
	"it: if that one is later changed, by DHCP for example, the copy is not."

/* ip-route(8), net/ipv4/metrics.c. Of `new` connections: a connection reads its route's metrics
 * when it begins, and again when the route has changed. */
#define ROW(NAME, TYPE, UNIT, SCALE, MAX, SINCE, HELP)                                             \
	{                                                                                          \
		.name = ALL NAME, .type = (TYPE), .elements = 1, .unit = (UNIT), .scale = (SCALE), \
		.minimum = 0, .maximum = (MAX), .scope = TUNABLE_PER_ROUTE,                        \
		.undo = TUNABLE_UNDO_NEW_SOCKETS_ONLY, .since = (SINCE), .source = "ip-route(8)",  \
		.side_effects = COPY_NOTE, .help = HELP,                                           \
	}

static const struct tunable rows[] = {
	ROW("advmss", TUNABLE_INTEGER, UNIT_BYTES_PER_SEGMENT, 1, 65495, NULL,
	    "Segment size announced to peers." OTHERWISE "the size that the link's MTU gives."),
	ROW("congctl", TUNABLE_TOKEN, UNIT_TEXT, 1, 0, "4.0",
	    "Congestion control of connections that take this route and chose none; `unset` "
	    "leaves them net.ipv4.tcp_congestion_control."),
	ROW("ecn", TUNABLE_BOOLEAN, UNIT_COUNT, 1, 1, "3.19",
	    "Ask for explicit congestion notification on this route." OTHERWISE
	    "net.ipv4.tcp_ecn says."),
	ROW("initcwnd", TUNABLE_INTEGER, UNIT_SEGMENTS, 1, 1024, NULL,
	    "Segments that a connection sends before it has an answer." OTHERWISE
	    "the kernel's 10 (RFC 6928)."),
	ROW("initrwnd", TUNABLE_INTEGER, UNIT_SEGMENTS, 1, 65535, NULL,
	    "Segments that a peer may send before it has an answer." OTHERWISE
	    "the receive buffer says."),
	ROW("quickack", TUNABLE_BOOLEAN, UNIT_COUNT, 1, 1, "3.11",
	    "Acknowledge at once rather than delay acknowledgements." OTHERWISE
	    "they are delayed."),
	ROW("rto_min", TUNABLE_INTEGER, UNIT_SECONDS, 1e-3, 120000, NULL,
	    "Least retransmission timeout, in milliseconds." OTHERWISE "200 ms."),
	ROW("window", TUNABLE_INTEGER, UNIT_BYTES, 1, 1 << 30, NULL,
	    "Largest receive window announced to peers." OTHERWISE "it has no other limit."),
};
static const size_t row_count = ARRAY_LEN(rows);

/* --- names --------------------------------------------------------------------------------------
 */

static const struct route_metric *metric_of(const struct tunable *row)
{
	return route_metric_find(row->name + strlen(ALL));
}

/* "route:KEY/METRIC"; prefixes have a slash of their own. */
static const struct tunable *split(const char *name, struct route_key *ret)
{
	const char *start = name + strlen(ROUTE_PREFIX), *slash;

	if (strncmp(name, ROUTE_PREFIX, strlen(ROUTE_PREFIX)) != 0)
		return NULL;
	slash = strrchr(start, '/');
	if (slash == NULL || route_key_parse(start, (size_t)(slash - start), ret) < 0)
		return NULL;
	return kind_find_key(&route_kind, slash + 1);
}

static int unknown_name(const char *name, struct error *e)
{
	char shown[80];

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "no route and metric; write route:PREFIX/METRIC, such as "
			 "route:198.51.100.0/24/%s, route:default/initcwnd or "
			 "route:2001:db8::/32@table:100,metric:50/congctl",
			 kind_suggest_key(&route_kind, name, "congctl"));
}

static void name_target(const struct place *p, const struct route_key *key, bool exists,
			struct target *t)
{
	char text[ROUTE_KEY_TEXT_MAX];

	(void)snprintf(t->name, sizeof(t->name), ROUTE_PREFIX "%s/%s", route_key_format(key, text),
		       t->tunable->name + strlen(ALL));
	(void)snprintf(t->identity, sizeof(t->identity), "netns %llu%s",
		       (unsigned long long)p->cookie, exists ? "" : " new");
}

static bool is_new(const struct target *t)
{
	const size_t len = strlen(t->identity);

	return len > 4 && strcmp(t->identity + len - 4, " new") == 0;
}

static const struct tunable *recall(const char *name, const char *identity)
{
	struct text_span rest = { identity, strlen(identity) }, word;
	struct target again = { 0 };
	struct place p = { 0 };
	struct route_key key;

	again.tunable = split(name, &key);
	if (again.tunable == NULL || !text_next_word(&rest, &word) ||
	    !text_next_word(&rest, &word) || text_parse_u64(word.at, word.len, 10, &p.cookie) < 0)
		return NULL;
	name_target(&p, &key, !text_next_word(&rest, &word), &again);
	return strcmp(again.name, name) == 0 && strcmp(again.identity, identity) == 0
		       ? again.tunable
		       : NULL;
}

/* --- the route ----------------------------------------------------------------------------------
 */

static int look_up(const struct place *p, const struct route_key *key, const char *name,
		   struct route_lookup *ret, struct error *e)
{
	int r = place_enter(p, e);

	if (r < 0)
		return r;
	r = route_lookup(p->os, key, ret);
	if (r < 0)
		(void)error_errno(e, r, name, "reading the routes");
	return place_return(p, r, e);
}

/* Of a target, whose name is its key. */
static int look_up_target(const struct place *p, const struct target *t, struct route_lookup *ret,
			  struct error *e)
{
	struct route_key key;

	if (split(t->name, &key) == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "malformed name");
	key.any_priority = false;
	return look_up(p, &key, t->name, ret, e);
}

static int no_route(const char *name, int code, struct error *e)
{
	return error_set(e, code, code == -ESTALE ? ERROR_FAILED : ERROR_INPUT, name,
			 "there is no such route in its table, and none that serves its prefix");
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	struct target t = { .kind = &route_kind };
	struct route_lookup found = { .exists = false };
	struct route_key key;
	int r;

	t.tunable = split(name, &key);
	if (t.tunable == NULL)
		return unknown_name(name, e);
	r = look_up(p, &key, name, &found, e);
	if (r < 0)
		return r;
	if (!found.exists && !found.served)
		return no_route(name, -ENOENT, e);
	name_target(p, found.exists ? &found.route.key : &key, found.exists, &t);
	ret->all = malloc(sizeof(t));
	if (ret->all == NULL)
		return error_errno(e, -ENOMEM, name, "resolving");
	ret->all[0] = t;
	ret->count = 1;
	return 0;
}

static int present(const struct place *p, const struct target *t, struct error *e)
{
	struct route_lookup found = { .exists = false };
	int r = look_up_target(p, t, &found, e);

	if (r == 0 && !found.exists && !is_new(t))
		return error_set(e, -ESTALE, ERROR_FAILED, t->name,
				 "the route was removed by somebody else");
	return r == 0 && !found.exists && !found.served ? no_route(t->name, -ESTALE, e) : r;
}

static int read_route(const struct place *p, const struct target *t, struct held *ret,
		      struct error *e)
{
	struct held held = { 0 };
	struct route_lookup found = { .exists = false };
	const char *obstacle;
	int r = look_up_target(p, t, &found, e);

	if (r < 0)
		return r;
	if (!found.exists && !found.served)
		return no_route(t->name, -ESTALE, e);
	obstacle = found.exists ? found.route.fixed : found.serving.unlike;
	if (obstacle != NULL)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "%s cannot be changed: %s",
				 found.exists ? "the route" : "the route that serves it", obstacle);
	if (found.exists)
		r = route_write_text(&found.route, WORD_ROUTE, held.undo);
	else
		r = route_write_metrics(&found.serving.metrics, WORD_ABSENT, held.undo);
	if (r < 0)
		return error_errno(e, r, t->name, "journaling the route");
	(void)route_metric_text(metric_of(t->tunable),
				found.exists ? &found.route.metrics : &found.serving.metrics,
				held.text);
	*ret = held;
	return 0;
}

static int parse(const struct tunable *row, const char *name, const char *words,
		 char ret_to[HELD_TEXT_MAX], struct error *e)
{
	const struct tunable called = tunable_called(row, name);
	struct tunable_setting setting;
	struct route_metrics m = { 0 };
	int r = tunable_parse(&called, words, &setting, e);

	if (r < 0)
		return r;
	if (route_metric_set(metric_of(row), setting.text, &m) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, name,
				 "\"%.40s\" is no value of it; the name of a congestion control "
				 "has at most %d characters",
				 setting.text, ROUTE_CONGCTL_MAX - 1);
	memcpy(ret_to, setting.text, sizeof(setting.text));
	return 0;
}

static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	(void)p;
	(void)now;
	if (element >= 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "has no elements");
	return parse(t->tunable, t->name, words, ret_to, e);
}

/* --- changing it --------------------------------------------------------------------------------
 */

/* tcp_ca_find_autoload() would load a module; what is not there is said before anything is written.
 */
static int check_control(const struct place *p, const struct target *t, const char *control,
			 struct error *e)
{
	static const char path[] = "/proc/sys/net/ipv4/tcp_available_congestion_control";
	char available[HELD_TEXT_MAX];
	struct text_span rest = { available, 0 }, word;
	int r = place_enter(p, e);

	if (r < 0)
		return r;
	r = sysctl_read_key(p->os, path, available);
	if (r < 0)
		(void)error_errno(e, r, path, "cannot read");
	r = place_return(p, r, e);
	if (r < 0)
		return r;
	rest.len = strlen(available);
	while (text_next_word(&rest, &word)) {
		if (text_span_equal(word, control))
			return 0;
	}
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
			 "this kernel has no congestion control \"%.20s\" loaded; there are "
			 "%.200s; if it has the module, load it first: modprobe tcp_%.20s",
			 control, available, control);
}

static int check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e)
{
	int r = netlink_check_right(p->os, t->name, e);

	(void)from;
	if (r == 0 && t->tunable->type == TUNABLE_TOKEN && strcmp(to, ROUTE_UNSET) != 0)
		r = check_control(p, t, to, e);
	return r;
}

static int refuse_fixed(const struct target *t, const char *obstacle, struct error *e)
{
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
			 "the route cannot be changed: %s", obstacle);
}

/* In the place entered. */
static int write_found(const struct place *p, const struct target *t, struct route_lookup *found,
		       const struct route_metrics *metrics, struct error *e)
{
	struct route_key key;

	if (found->exists) {
		struct route to = found->route;

		if (to.fixed != NULL)
			return refuse_fixed(t, to.fixed, e);
		to.metrics = *metrics;
		return route_replace(p->os, &found->route, &to, t->name, e);
	}
	if (!found->served || !is_new(t) || split(t->name, &key) == NULL)
		return no_route(t->name, -ESTALE, e);
	if (found->serving.unlike != NULL)
		return refuse_fixed(t, found->serving.unlike, e);
	found->serving.metrics = *metrics;
	return route_make(p->os, &key, &found->serving, t->name, e);
}

static int write_route(const struct place *p, const struct target *t, const char *to,
		       struct error *e)
{
	struct route_lookup found = { .exists = false };
	struct route_metrics metrics;
	int r = look_up_target(p, t, &found, e);

	if (r < 0)
		return r;
	metrics = found.exists ? found.route.metrics : found.serving.metrics;
	if (route_metric_set(metric_of(t->tunable), to, &metrics) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "\"%.40s\" is no value of it",
				 to);
	r = place_enter(p, e);
	return r < 0 ? r : place_return(p, write_found(p, t, &found, &metrics, e), e);
}

/* --- putting it back ----------------------------------------------------------------------------
 */

/* Whether a route that we made has nothing of ours left: it is like the one that served when its
 * change was planned, or like the one that serves now, from which it was copied when that was
 * changed by the same plan and before it. */
static bool is_spent(const struct target *t, const struct route_lookup *found,
		     const struct route_metrics *left, const struct route_metrics *old)
{
	struct route_metrics serving = found->serving.metrics;

	if (found->route.protocol != ROUTE_PROTOCOL)
		return false;
	route_metric_copy(metric_of(t->tunable), old, &serving);
	return route_metrics_equal(left, old) ||
	       (found->served && route_metrics_equal(left, &serving));
}

/* In the place entered. */
static int restore_found(const struct place *p, const struct target *t, struct route_lookup *found,
			 const struct route_metrics *old, bool made, struct error *e)
{
	struct route_metrics metrics = found->route.metrics;

	route_metric_copy(metric_of(t->tunable), old, &metrics);
	if (made && is_spent(t, found, &metrics, old))
		return route_remove(p->os, &found->route, t->name, e);
	return write_found(p, t, found, &metrics, e);
}

static int restore(const struct place *p, const struct target *t, const struct held *from,
		   struct error *e)
{
	struct route was = { 0 };
	struct route_lookup found = { .exists = false };
	bool made = route_read_metrics(from->undo, WORD_ABSENT, &was.metrics) == 0;
	int r;

	if (!made && route_read_text(from->undo, WORD_ROUTE, &was) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name,
				 "the journal does not say what the route was");
	r = look_up_target(p, t, &found, e);
	if (r < 0 || (made && !found.exists))
		return r;
	r = place_enter(p, e);
	if (r < 0)
		return r;
	if (!found.exists)
		r = route_put_back(p->os, &was, t->name, e);
	else
		r = restore_found(p, t, &found, &was.metrics, made, e);
	return place_return(p, r, e);
}

/* A route that we made holds what it did before when it is gone, or when it is there because of
 * another metric; left with nothing of ours in it, it is still to be removed. */
static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	struct route_metrics inherited, still;
	struct route route;

	(void)t;
	if (route_read_metrics(from->undo, WORD_ABSENT, &inherited) == 0) {
		if (route_read_metrics(now->undo, WORD_ABSENT, &still) == 0)
			return HELD_FROM;
		if (route_read_text(now->undo, WORD_ROUTE, &route) < 0)
			return HELD_FOREIGN;
		if (strcmp(now->text, from->text) == 0 && route.protocol == ROUTE_PROTOCOL &&
		    route_metrics_equal(&route.metrics, &inherited))
			return HELD_BETWEEN;
	}
	if (strcmp(now->text, to) == 0)
		return HELD_TO;
	return strcmp(now->text, from->text) == 0 ? HELD_FROM : HELD_FOREIGN;
}

const struct kind route_kind = {
	.name = "route",
	.prefix = ROUTE_PREFIX,
	.rows = rows,
	.row_count = &row_count,
	.resolve = resolve,
	.recall = recall,
	.parse = parse,
	.present = present,
	.read = read_route,
	.want = want,
	.check = check,
	.write = write_route,
	.restore = restore,
	.relate = relate,
};
