#include "tune/live_world.h"

#include "base/cleanup.h"
#include "base/os.h"
#include "host/live.h"
#include "host/live_window.h"
#include "measure/filter.h"
#include "measure/observer.h"
#include "tune/live_change.h"
#include "tune/socket_marks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1e9
/* The two clocks differ by the time that the machine was suspended, and are read some microseconds
 * apart. */
#define SUSPENDED_S 1.0

DEFINE_CLEANUP(struct filter, filter_free)

struct live_world {
	struct world world; /* first */
	struct live_world_options options;
	struct place place;
	struct socket_marks marks;
};

static struct live_world *live(struct world *w)
{
	return (struct live_world *)(void *)w;
}

static struct live_change change_of(struct live_world *w)
{
	const struct live_world_options *o = &w->options;

	return (struct live_change){ .place = &w->place,
				     .directory = o->state_directory,
				     .lock_wait_s = o->lock_wait_s,
				     .command = o->command,
				     .persist = o->persist,
				     .stop = o->stop,
				     .listener = o->listener };
}

/* --- waiting ------------------------------------------------------------------------------- */

static uint64_t now_ns(struct world *w)
{
	(void)w;
	return live_window_now_ns();
}

static struct live_options timing(const struct live_world *w, double seconds, double interval_s)
{
	const struct live_world_options *o = &w->options;

	return (struct live_options){ .duration_s = seconds,
				      .interval_s = interval_s,
				      .stop = o->stop,
				      .wait = o->wait,
				      .wait_arg = o->wait_arg };
}

static int interrupted(struct error *e)
{
	return error_set(e, -EINTR, ERROR_FAILED, NULL, "interrupted while observing");
}

/* A window without samples in between. */
static int wait(struct world *w, double seconds, struct error *e)
{
	const struct live_options options = timing(live(w), seconds,
						   fmin(fmax(seconds, 0.1), 3600));
	struct live_window window;
	uint64_t round = 0;
	int r = live_window_init(&window, &options, e);

	if (r < 0)
		return r;
	while (live_window_follow(&window, &round) != 0)
		continue;
	return window.interrupted ? interrupted(e) : 0;
}

/* --- observing ----------------------------------------------------------------------------- */

/* A group of one: it takes the namespace by its descriptor. */
struct eye {
	struct live_group *group;
	struct source *source;
};

static void eye_close(struct eye *eye)
{
	source_free(eye->source);
	live_group_free(eye->group);
}

static int eye_open(struct live_world *w, const struct live_options *options, struct eye *ret,
		    struct error *e)
{
	const char *name = w->place.name[0] != '\0' ? w->place.name : NULL;
	int r = live_group_new(options, &ret->group, e);

	return r < 0 ? r : live_group_add(ret->group, name, w->place.netns, &ret->source, e);
}

static int mark(struct world *world, struct error *e)
{
	const struct live_options at_once = { .duration_s = 0 };
	struct live_world *w = live(world);
	CLEANUP(eye_close) struct eye eye = { 0 };
	int r = eye_open(w, &at_once, &eye, e);

	return r < 0 ? r : socket_marks_take(&w->marks, eye.source, e);
}

static double suspended_s(void)
{
	struct timespec boot, running;

	(void)clock_gettime(CLOCK_MONOTONIC, &running);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	return (double)(boot.tv_sec - running.tv_sec) +
	       (double)(boot.tv_nsec - running.tv_nsec) / NS_PER_S;
}

static int make_filter(const struct live_world *w, bool new_sockets, struct filter **ret,
		       struct error *e)
{
	int r = w->options.filter != NULL ? filter_parse(w->options.filter, ret, e) : 0;

	if (r == 0 && new_sockets)
		r = filter_new_sockets(w->marks.cookies, w->marks.count, ret);
	return r == -ENOMEM ? error_errno(e, r, NULL, "filter") : r;
}

static int fill(struct live_world *w, const struct window_request *q, struct window *ret,
		struct error *e)
{
	const struct live_options options = timing(w, q->seconds, q->interval_s);
	CLEANUP(eye_close) struct eye eye = { 0 };
	CLEANUP(filter_freep) struct filter *filter = NULL;
	struct observe_options how = { .find_owners = w->options.find_owners };
	int r = make_filter(w, q->new_sockets, &filter, e);

	how.filter = filter;
	if (r == 0)
		r = eye_open(w, &options, &eye, e);
	if (r == 0)
		r = observe(eye.source, &how, &ret->observation, e);
	if (r < 0 || ret->observation == NULL)
		return r < 0 ? r : -ENODATA;
	if (ret->observation->gone)
		return error_set(e, -ESTALE, ERROR_FAILED, w->place.name,
				 "the network namespace is gone");
	if (ret->observation->interrupted)
		return interrupted(e);
	r = tunable_values_read(eye.source, &ret->settings, e);
	if (r == 0)
		r = diagnose(w->options.book, ret->observation, &ret->settings, &ret->diagnosis, e);
	return r;
}

static int observe_window(struct world *world, const struct window_request *q, struct window *ret,
			  struct error *e)
{
	struct live_world *w = live(world);
	double before_s = suspended_s();
	struct window window = { 0 };
	int r = fill(w, q, &window, e);

	if (r == 0 && fabs(suspended_s() - before_s) > SUSPENDED_S)
		r = error_set(e, -ETIME, ERROR_FAILED, NULL,
			      "the machine was suspended during the observation");
	if (r < 0) {
		window_done(&window);
		return r;
	}
	*ret = window;
	return 0;
}

/* --- changing ------------------------------------------------------------------------------ */

static int apply(struct world *w, const struct wish *wishes, size_t count, double deadline_s,
		 struct transaction_record *ret, struct error *e)
{
	const struct live_change c = change_of(live(w));

	return live_change_apply(&c, wishes, count, deadline_s, ret, e);
}

static int check(struct world *w, int64_t transaction, char target[TARGET_NAME_MAX],
		 struct error *e)
{
	const struct live_change c = change_of(live(w));

	return live_change_check(&c, transaction, target, e);
}

static int keep(struct world *w, int64_t transaction, const char *reason, struct error *e)
{
	const struct live_change c = change_of(live(w));

	return live_change_keep(&c, transaction, reason, e);
}

static int revert(struct world *w, int64_t transaction, const char *reason, struct error *e)
{
	const struct live_change c = change_of(live(w));

	return live_change_revert(&c, transaction, reason, e);
}

static const struct world_ops live_ops = {
	.now_ns = now_ns,
	.wait = wait,
	.mark = mark,
	.observe = observe_window,
	.apply = apply,
	.check = check,
	.keep = keep,
	.revert = revert,
};

/* --- the world ----------------------------------------------------------------------------- */

static int check_filter(const char *text, struct error *e)
{
	CLEANUP(filter_freep) struct filter *filter = NULL;

	return text != NULL ? filter_parse(text, &filter, e) : 0;
}

int live_world_open(const struct live_world_options *options, struct live_world **ret,
		    struct error *e)
{
	struct live_world *w;
	int r = check_filter(options->filter, e);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return error_errno(e, -ENOMEM, options->netns, "the namespace cannot be opened");
	w->world.ops = &live_ops;
	w->options = *options;
	if (options->netns_cookie != 0)
		r = place_open_again(os_live(), options->netns != NULL ? options->netns : "",
				     options->netns_cookie, PLACE_IN_USE, &w->place, e);
	else
		r = place_open(os_live(), options->netns, &w->place, e);
	if (r < 0) {
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void live_world_free(struct live_world *w)
{
	if (w == NULL)
		return;
	place_close(&w->place);
	socket_marks_done(&w->marks);
	free(w);
}

struct world *live_world(struct live_world *w)
{
	return &w->world;
}

const struct place *live_world_place(const struct live_world *w)
{
	return &w->place;
}

int live_world_prepare(struct live_world *w, const struct plan *plan, struct error *e)
{
	const struct live_change c = change_of(w);

	return live_change_prepare(&c, plan, e);
}
