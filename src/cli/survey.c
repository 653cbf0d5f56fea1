#include "cli/survey.h"

#include "base/cleanup.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "measure/filter.h"
#include "measure/panorama.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct filter, filter_free)

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

/* --- observing -------------------------------------------------------------------------------- */

static int make_places(struct survey *s, const struct panorama *p, struct error *e)
{
	size_t n = p->list.count;

	s->unseen_processes = p->list.unseen_processes;
	s->places = calloc(n, sizeof(*s->places));
	if (s->places == NULL)
		return error_errno(e, -ENOMEM, NULL, "cannot list the network namespaces");
	s->count = n;
	for (size_t i = 0; i < n; i++)
		memcpy(s->places[i].label, p->list.entries[i].label, sizeof(s->places[i].label));
	return 0;
}

static int finish(struct survey_place *place, struct panorama_view *view, bool filtered,
		  struct error *e)
{
	int r;

	if (view->observer == NULL) {
		place->state = SURVEY_UNREADABLE;
		memcpy(place->reason, view->reason, sizeof(place->reason));
		return 0;
	}
	r = observer_finish(view->observer, &place->inspection.observation, e);
	if (r == 0)
		r = inspection_read_settings(view->source, filtered, true, &place->inspection, e);
	if (r == 0)
		place->state = place->inspection.observation->gone ? SURVEY_GONE : SURVEY_AUDITED;
	return r;
}

static int observe_all(struct survey *s, const struct live_options *live,
		       const struct observe_options *options, struct error *e)
{
	struct panorama p = { 0 };
	int r = panorama_open(&p, live, options, NULL, e);

	if (r == 0)
		r = make_places(s, &p, e);
	if (r == 0)
		r = panorama_sample(&p, e);
	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = finish(&s->places[i], &p.views[i], options->filter != NULL, e);
	panorama_done(&p);
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
