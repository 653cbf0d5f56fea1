#include "cli/survey.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "host/live.h"
#include "host/netns.h"
#include "host/netns_list.h"
#include "measure/filter.h"
#include "measure/observer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

DEFINE_CLEANUP(struct filter, filter_free)

/* What is open while the observation lasts; indices are those of the survey's places. */
struct watch {
	struct survey *survey;
	bool filtered;
	struct netns_list list;
	struct live_group *group;
	struct source **sources;     /* NULL where it may not be read */
	struct observer **observers; /* likewise */
};

const char *survey_state_name(enum survey_state state)
{
	static const char *const names[SURVEY_STATES] = {
		[SURVEY_AUDITED] = "audited",
		[SURVEY_GONE] = "gone",
		[SURVEY_UNREADABLE] = "unreadable",
	};

	return names[state];
}

bool survey_has(const struct survey *s, const char *label)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->places[i].label, label) == 0)
			return true;
	return false;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Descriptors of one live source: three namespaces and a netlink socket of each of three
 * protocols. Others, and files that are read, are few. */
#define SOURCE_DESCRIPTORS 6
#define OTHER_DESCRIPTORS  32

/* The usual soft limit, 1024, is there for programs that use select(2), as nothing here does. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* How many namespaces can be watched at once: netlink sockets are opened only when they are first
 * needed, and one namespace too many would take them from all. At least our own. */
static size_t count_affordable(size_t listed)
{
	struct rlimit limit;
	size_t spent = listed + OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return listed;
	if (limit.rlim_cur <= spent + SOURCE_DESCRIPTORS)
		return 1;
	return (size_t)(limit.rlim_cur - spent) / SOURCE_DESCRIPTORS;
}

static int make_places(struct watch *w, struct error *e)
{
	struct survey *s = w->survey;
	size_t n = w->list.count;

	s->unseen_processes = w->list.unseen_processes;
	s->places = calloc(n, sizeof(*s->places));
	w->sources = calloc(n, sizeof(struct source *));
	w->observers = calloc(n, sizeof(struct observer *));
	if (s->places == NULL || w->sources == NULL || w->observers == NULL)
		return error_errno(e, -ENOMEM, NULL, "cannot list the network namespaces");
	s->count = n;
	for (size_t i = 0; i < n; i++)
		memcpy(s->places[i].label, w->list.entries[i].label, sizeof(s->places[i].label));
	return 0;
}

static void set_unreadable(struct survey_place *p, const char *reason)
{
	p->state = SURVEY_UNREADABLE;
	text_copy_printable(p->reason, sizeof(p->reason), reason, strlen(reason));
}

/* Whoever may not enter the namespace that he is in could enter another, but not come back. */
static bool may_come_back(const struct watch *w)
{
	return netns_enter(w->list.entries[0].fd, NULL) == 0;
}

/* Why it is of no use to try, or NULL. */
static const char *obstacle(const struct netns_entry *entry, bool enters, size_t affordable)
{
	if (entry->reason[0] != '\0')
		return entry->reason;
	if (!enters)
		return "the network namespace may not be entered; run as root";
	if (affordable == 0)
		return "there are more network namespaces than the limit of open files allows "
		       "for; raise it (ulimit -n)";
	return NULL;
}

static int open_all(struct watch *w, const struct observe_options *options, struct error *e)
{
	const bool enters = may_come_back(w);
	size_t affordable = count_affordable(w->list.count);

	for (size_t i = 0; i < w->survey->count; i++) {
		const struct netns_entry *entry = &w->list.entries[i];
		struct survey_place *place = &w->survey->places[i];
		const char *name = entry->name[0] != '\0' ? entry->name : NULL;
		const char *reason = obstacle(entry, i == 0 || enters, affordable);
		struct error why = { 0 };
		int r;

		if (reason != NULL) {
			set_unreadable(place, reason);
			continue;
		}
		affordable--;
		r = live_group_add(w->group, name, entry->fd, &w->sources[i], &why);
		if (r == 0)
			r = observer_new(w->sources[i], options, &w->observers[i], &why);
		if (r == -ENOMEM || (r < 0 && i == 0))
			return error_set(e, r, why.kind, NULL, "%s", why.text);
		if (r < 0)
			set_unreadable(place, why.text);
	}
	return 0;
}

static void watch_done(struct watch *w)
{
	for (size_t i = 0; i < w->survey->count; i++) {
		if (w->observers != NULL)
			observer_free(w->observers[i]);
		if (w->sources != NULL)
			source_free(w->sources[i]);
	}
	free(w->observers);
	free(w->sources);
	live_group_free(w->group);
	netns_list_done(&w->list);
}

/* --- observing -------------------------------------------------------------------------------- */

static int sample_all(struct watch *w, struct error *e)
{
	int left;

	do {
		left = 0;
		for (size_t i = 0; i < w->survey->count; i++) {
			int r = w->observers[i] != NULL ? observer_sample(w->observers[i], e) : 0;

			if (r < 0)
				return r;
			left += r;
		}
	} while (left > 0);
	return 0;
}

static int finish_all(struct watch *w, struct error *e)
{
	for (size_t i = 0; i < w->survey->count; i++) {
		struct survey_place *place = &w->survey->places[i];
		int r;

		if (w->observers[i] == NULL)
			continue;
		r = observer_finish(w->observers[i], &place->inspection.observation, e);
		if (r == 0)
			r = inspection_read_settings(w->sources[i], w->filtered, true,
						     &place->inspection, e);
		if (r < 0)
			return r;
		place->state = place->inspection.observation->gone ? SURVEY_GONE : SURVEY_AUDITED;
	}
	return 0;
}

static int observe_all(struct survey *s, const struct live_options *live,
		       const struct observe_options *options, struct error *e)
{
	struct watch w = { .survey = s, .filtered = options->filter != NULL };
	int r;

	raise_descriptor_limit();
	r = netns_list_read(&w.list, e);
	if (r == 0)
		r = make_places(&w, e);
	if (r == 0)
		r = live_group_new(live, &w.group, e);
	if (r == 0)
		r = open_all(&w, options, e);
	if (r == 0)
		r = sample_all(&w, e);
	if (r == 0)
		r = finish_all(&w, e);
	watch_done(&w);
	return r;
}

static int observe_interruptibly(struct survey *s, const struct settings *settings,
				 double default_seconds, struct filter *filter, struct error *e)
{
	const struct observe_options options = { .filter = filter, .find_owners = true };
	struct progress progress;
	const struct live_options live = {
		.duration_s = settings->for_s > 0 ? settings->for_s : default_seconds,
		.interval_s = INSPECTION_SAMPLE_INTERVAL_S,
		.stop = interrupt_flag(),
		.progress = progress_show,
		.progress_arg = &progress,
	};
	struct interrupt saved;
	int r;

	progress_begin(&progress, stderr, settings->quiet);
	interrupt_begin(&saved);
	r = observe_all(s, &live, &options, e);
	interrupt_end(&saved);
	progress_end(&progress);
	return r;
}

/* --- judging ---------------------------------------------------------------------------------- */

static int judge(struct survey *s, struct survey_place *place, struct error *e)
{
	struct inspection *i = &place->inspection;
	int r = 0;

	if (place->state != SURVEY_UNREADABLE)
		r = inspection_judge(&s->rulebook, i, e);
	if (r == 0 && s->earlier.path != NULL) {
		comparison_select(&s->earlier, place->label, &place->comparison);
		r = comparison_make(&place->comparison, &i->diagnosis, e);
	}
	return r;
}

int survey_run(const struct settings *settings, double default_seconds, struct survey *ret,
	       struct error *e)
{
	CLEANUP(filter_freep) struct filter *filter = NULL;
	int r = 0;

	if (settings->record != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "--record cannot be combined with --netns all: a recording is of "
				 "one network namespace; name it");
	if (settings->compare != NULL)
		r = comparison_open(settings->compare, &ret->earlier, e);
	if (r == 0 && settings->filter != NULL)
		r = filter_parse(settings->filter, &filter, e);
	if (r == 0)
		r = inspection_load_rules(settings, &ret->rulebook, e);
	if (r == 0)
		r = observe_interruptibly(ret, settings, default_seconds, filter, e);
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		r = judge(ret, &ret->places[i], e);
	return r;
}

void survey_done(struct survey *s)
{
	for (size_t i = 0; i < s->count; i++) {
		comparison_done(&s->places[i].comparison);
		inspection_done(&s->places[i].inspection);
	}
	free(s->places);
	comparison_done(&s->earlier);
	rulebook_done(&s->rulebook);
	*s = (struct survey){ 0 };
}
