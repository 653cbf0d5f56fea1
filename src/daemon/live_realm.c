#include "daemon/live_realm.h"

#include "apply/session.h"
#include "base/os.h"
#include "daemon/undo.h"
#include "host/live_window.h"
#include "measure/panorama.h"
#include "rules/demand.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* CLOCK_BOOTTIME goes on while the machine is suspended, CLOCK_MONOTONIC does not. What is less
 * than this is the time between two calls. */
#define SUSPENDED_NS 1000000000

static struct live_realm *live(struct realm *r)
{
	return (struct live_realm *)(void *)r;
}

static double live_utc_s(struct realm *r)
{
	(void)r;
	return os_live()->ops->utc_s(os_live());
}

/* --- the survey ----------------------------------------------------------------------------- */

static int64_t suspended_ns(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)live_window_now_ns() - ((int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
}

/* Our own comes first, and is "self" whatever other name it has. */
static bool is_self(const struct netns_list *list, const struct netns_entry *entry)
{
	return entry == list->entries;
}

struct wanting {
	const struct daemon_config *config;
	const struct netns_list *list;
};

static bool is_wanted(void *arg, const struct netns_entry *entry)
{
	const struct wanting *w = arg;

	return daemon_config_has_netns(w->config, entry->name) ||
	       daemon_config_has_netns(w->config, entry->label) ||
	       (is_self(w->list, entry) && daemon_config_has_netns(w->config, "self"));
}

static bool has_entry(const struct netns_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct netns_entry *entry = &list->entries[i];

		if (strcmp(entry->name, name) == 0 || strcmp(entry->label, name) == 0 ||
		    (is_self(list, entry) && strcmp(name, "self") == 0))
			return true;
	}
	return false;
}

/* What is configured by name is not looked for among processes. */
static bool is_enough(void *arg, const struct netns_list *named)
{
	const struct daemon_config *c = ((const struct wanting *)arg)->config;

	for (size_t i = 0; i < c->netns_count; i++)
		if (!has_entry(named, c->netns[i]))
			return false;
	return !c->all_netns;
}

static bool is_entry(const struct place *p, const struct netns_entry *entry)
{
	struct stat st;

	/* Our own need not be opened, and has no name that could be another's by now. */
	return p->netns < 0 ||
	       (fstat(p->netns, &st) == 0 && st.st_dev == entry->dev && st.st_ino == entry->ino);
}

static int find_place(const struct netns_entry *entry, struct realm_place *ret, struct error *e)
{
	struct realm_place found = { 0 };
	struct place p;
	bool same;
	int r = place_open(os_live(), entry->name, &p, e);

	if (r < 0)
		return r;
	same = is_entry(&p, entry);
	memcpy(found.name, entry->name, sizeof(found.name));
	memcpy(found.label, entry->label, sizeof(found.label));
	found.cookie = p.cookie;
	found.is_init = p.is_init;
	place_close(&p);
	if (!same)
		return error_set(e, -ESTALE, ERROR_FAILED, entry->label,
				 "the name means another network namespace by now");
	*ret = found;
	return 0;
}

/* A survey, and what its rule book needs. */
struct surveying {
	const struct realm_survey *s;
	struct demand demand; /* owned */
};

static int finish(const struct surveying *sv, struct panorama_view *view, struct window *ret,
		  struct error *e)
{
	int r = observer_finish(view->observer, &ret->observation, e);

	if (r == 0)
		r = tunable_values_read_some(view->source, sv->demand.tunables, &ret->settings, e);
	if (r == 0)
		r = diagnose(sv->s->book, ret->observation, &ret->settings, &ret->diagnosis, e);
	return r;
}

static int show_window(const struct surveying *sv, const struct netns_entry *entry,
		       struct panorama_view *view, struct error *e)
{
	struct realm_place place = { 0 };
	struct window w = { 0 };
	int r = find_place(entry, &place, e);

	if (r == 0)
		r = finish(sv, view, &w, e);
	if (r == 0 && !w.observation->gone)
		r = sv->s->seen(sv->s->arg, &place, &w, e);
	window_done(&w);
	return r;
}

/* One namespace's failure is its own. */
static int show(const struct surveying *sv, const struct netns_entry *entry,
		struct panorama_view *view, struct error *e)
{
	const struct realm_survey *s = sv->s;
	struct error why = { 0 };
	int r;

	if (view->observer == NULL) {
		if (view->reason[0] != '\0')
			s->unseen(s->arg, entry->label, view->reason);
		return 0;
	}
	r = show_window(sv, entry, view, &why);
	/* Many namespaces are not to be held in memory longer than needed. */
	observer_free(view->observer);
	view->observer = NULL;
	if (r == -ENOMEM)
		return error_set(e, r, why.kind, NULL, "%s", why.text);
	if (r < 0)
		s->unseen(s->arg, entry->label, why.text);
	return 0;
}

static void complain_of_missing(const struct realm_survey *s, const struct netns_list *list)
{
	for (size_t i = 0; i < s->config->netns_count; i++) {
		const char *name = s->config->netns[i];

		if (!has_entry(list, name))
			s->unseen(s->arg, name, "there is no such network namespace");
	}
}

static double sample_s(const struct live_realm *l, const struct daemon_config *c)
{
	return c->paced ? pace_sample_s(&l->pace, c->interval_s, c->sample_s) : c->sample_s;
}

static double cpu_s(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void note_cost(struct live_realm *l, const struct daemon_config *c, double spent_s)
{
	const double samples = ceil(c->interval_s / sample_s(l, c)) + 1;

	pace_note(&l->pace, spent_s, (unsigned int)samples);
}

static bool rest(struct live_realm *l, const struct daemon_config *c)
{
	const double rest_s = c->paced ? pace_rest_s(&l->pace, c->interval_s, sample_s(l, c)) : 0;

	if (rest_s > 0)
		(void)waiter_wait(l->waiter,
				  live_window_now_ns() + (uint64_t)llround(rest_s * 1e9));
	return !waiter_is_over(l->waiter);
}

static int observe_all(struct live_realm *l, const struct surveying *sv, struct panorama *p,
		       struct error *e)
{
	const struct realm_survey *s = sv->s;
	const struct observe_options options = {
		.find_owners = (s->find_processes && sv->demand.owners) ||
			       (s->find_holders && sv->demand.holders),
		.find_processes = s->find_processes && sv->demand.processes,
	};
	const struct live_options how = {
		.duration_s = s->config->interval_s,
		.interval_s = sample_s(l, s->config),
		.wait = waiter_wait,
		.wait_arg = l->waiter,
	};
	const int64_t before_ns = suspended_ns();
	const uint64_t end_ns = live_window_now_ns() +
				(uint64_t)llround(s->config->interval_s * 1e9);
	struct wanting wanting = { s->config, &p->list };
	const struct panorama_choice choice = { is_wanted, is_enough, &wanting };
	int r = panorama_open(p, &how, &options, &choice, e);

	if (r == 0)
		r = panorama_sample(p, e);
	/* With nothing to observe, or nothing left, sampling is over at once. */
	if (r == 0)
		(void)waiter_wait(l->waiter, end_ns);
	if (r == 0 && waiter_is_over(l->waiter))
		return -EINTR;
	if (r == 0 && suspended_ns() - before_ns > SUSPENDED_NS)
		return -ETIME;
	if (r == 0)
		complain_of_missing(s, &p->list);
	for (size_t i = 0; r == 0 && i < p->list.count; i++)
		r = show(sv, &p->list.entries[i], &p->views[i], e);
	return r;
}

static int live_survey(struct realm *r, const struct realm_survey *s, struct error *e)
{
	struct live_realm *l = live(r);
	struct surveying sv = { .s = s };
	struct panorama p = { 0 };
	const double before_s = cpu_s();
	int code = demand_of(s->book, &sv.demand);

	if (code < 0)
		return error_errno(e, code, NULL, "observe");
	l->waiter->reload_ends = true;
	code = rest(l, s->config) ? observe_all(l, &sv, &p, e) : -EINTR;
	l->waiter->reload_ends = false;
	panorama_done(&p);
	demand_done(&sv.demand);
	/* A lookup of processes costs more, and is rare: but the first audit has one. */
	if (code == 0 && (!(s->find_processes || s->find_holders) || l->pace.sample_cost_s <= 0))
		note_cost(l, s->config, cpu_s() - before_s);
	return code;
}

/* --- the rest ------------------------------------------------------------------------------- */

static int live_open_world(struct realm *r, const struct realm_place *place,
			   const struct rulebook *book, struct world **ret, struct error *e)
{
	struct live_realm *l = live(r);
	const struct live_world_options options = {
		.netns = place->name,
		.netns_cookie = place->cookie,
		.state_directory = l->directory,
		.command = KEPT_COMMAND,
		.book = book,
		.stop = &l->waiter->ending,
		.wait = waiter_wait,
		.wait_arg = l->waiter,
		.listener = *l->listener,
	};
	int code;

	if (l->world != NULL)
		return error_set(e, -EBUSY, ERROR_FAILED, NULL, "one trial at a time");
	code = live_world_open(&options, &l->world, e);
	if (code == 0)
		*ret = live_world(l->world);
	return code;
}

static void live_close_world(struct realm *r, struct world *w)
{
	struct live_realm *l = live(r);

	(void)w;
	live_world_free(l->world);
	l->world = NULL;
}

static bool live_is_gone(struct realm *r, const struct realm_place *place)
{
	struct place p;
	int code = place_open_again(os_live(), place->name, place->cookie, PLACE_ANYWHERE, &p,
				    NULL);

	(void)r;
	if (code == 0)
		place_close(&p);
	return code == -ESTALE;
}

static int live_check(struct realm *r, void (*lost)(void *arg, const struct realm_loss *l),
		      void *arg, struct error *e)
{
	const struct live_realm *l = live(r);
	const struct undo undo = { .directory = l->directory,
				   .lock_wait_s = SESSION_LOCK_TIMEOUT_S,
				   .log = l->log };
	bool left = false;
	int code = kept_check(&l->kept, &left, lost, arg, e);

	/* A trial whose end failed, on a full disk or a lock that was held. */
	if (code != -EBUSY || !left)
		return code;
	code = undo_trials(&undo, e);
	return code < 0 ? code : kept_check(&l->kept, &left, lost, arg, e);
}

static const struct realm_ops live_ops = {
	.utc_s = live_utc_s,
	.survey = live_survey,
	.open_world = live_open_world,
	.close_world = live_close_world,
	.is_gone = live_is_gone,
	.check = live_check,
};

void live_realm_init(struct live_realm *r, const char *directory, struct waiter *waiter,
		     const struct recovery_listener *listener, struct logbook *log)
{
	*r = (struct live_realm){
		.realm.ops = &live_ops,
		.directory = directory,
		.waiter = waiter,
		.listener = listener,
		.log = log,
		.kept = { .os = os_live(), .directory = directory },
	};
}
