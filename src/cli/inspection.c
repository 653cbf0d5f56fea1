#include "cli/inspection.h"

#include "base/cleanup.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/survey.h"
#include "host/live.h"
#include "host/recording.h"
#include "host/source.h"
#include "measure/filter.h"
#include "measure/observer.h"
#include "rules/lint_finding.h"

#include <errno.h>
#include <string.h>

DEFINE_CLEANUP(struct source, source_free)
DEFINE_CLEANUP(struct filter, filter_free)

/* The system's file may be missing, one that was asked for may not. */
static int load_configuration(const char *config, struct rulebook *book, struct error *e)
{
	const char *path = config != NULL ? config : INSPECTION_CONFIG_FILE;
	int r = ignore_list_load(&book->ignore, path, e);

	if (r == 0)
		r = ignore_list_check(&book->ignore, path, book, e);
	return r == -ENOENT && config == NULL ? 0 : r;
}

int inspection_load_rules(const struct settings *settings, struct rulebook *ret, struct error *e)
{
	int r = rulebook_load_builtin(ret, e);

	if (r < 0)
		return r;
	r = rulebook_load_directory(ret, INSPECTION_RULES_DIRECTORY, e);
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < settings->rules.count; i++) {
		r = rulebook_load_directory(ret, settings->rules.texts[i], e);
		if (r == -ENOENT)
			return error_set(e, r, ERROR_INPUT, settings->rules.texts[i],
					 "no such directory of rule books");
		if (r < 0)
			return r;
	}
	return load_configuration(settings->config, ret, e);
}

static int check_conflicts(const struct settings *s, struct error *e)
{
	const struct {
		const char *option;
		bool given;
	} excluded[] = {
		{ "--for", s->for_s > 0 },
		{ "--netns", s->netns != NULL },
		{ "--record", s->record != NULL },
	};

	if (s->replay == NULL && s->netns != NULL && strcmp(s->netns, SURVEY_NETNS) == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "only netwright audit looks at all network namespaces: name one, "
				 "or a process in it");
	if (s->replay == NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(excluded); i++) {
		if (excluded[i].given)
			return error_set(e, -EINVAL, ERROR_INPUT, NULL,
					 "%s cannot be combined with --replay: a recording has its "
					 "own time, place and file",
					 excluded[i].option);
	}
	return 0;
}

/* Wraps *source into a recorder when one is asked for. */
static int add_recorder(const char *path, struct source **source, struct error *e)
{
	struct source *recorder;
	int r;

	if (path == NULL)
		return 0;
	r = recording_writer_new(path, *source, &recorder, e);
	if (r == 0)
		*source = recorder;
	return r;
}

static int open_source(const struct inspection_request *request, struct progress *progress,
		       struct source **ret, struct error *e)
{
	const struct settings *s = request->settings;
	const struct live_options live = {
		.netns = s->netns,
		.duration_s = s->for_s > 0 ? s->for_s : request->default_seconds,
		.interval_s = INSPECTION_SAMPLE_INTERVAL_S,
		.stop = interrupt_flag(),
		.progress = progress_show,
		.progress_arg = progress,
	};
	CLEANUP(source_freep) struct source *source = NULL;
	int r;

	if (s->replay != NULL)
		return recording_reader_new(s->replay, ret, e);
	r = live_source_new(&live, &source, e);
	if (r == 0)
		r = add_recorder(s->record, &source, e);
	if (r < 0)
		return r;
	*ret = source;
	source = NULL;
	return 0;
}

/* A filter keeps listeners out: what is not seen is not known. */
static int run_lints(struct source *source, bool filtered, struct inspection *i, struct error *e)
{
	const struct sysctl_settings no_files = { 0 };
	const struct observation *o = i->observation;
	const struct lint_host host = {
		.settings = &no_files,
		.source = source,
		.facts = &o->facts,
		.listeners = o->listeners,
		.listener_count = o->listener_count,
		.listeners_known = !filtered && !o->sockets_unseen,
	};

	return lint_run(&host, true, &i->lints, e);
}

int inspection_read_settings(struct source *source, bool filtered, bool diagnose,
			     struct inspection *i, struct error *e)
{
	int r = tunable_values_read(source, &i->tunables, e);

	return r == 0 && diagnose ? run_lints(source, filtered, i, e) : r;
}

int inspection_judge(const struct rulebook *book, struct inspection *i, struct error *e)
{
	int r = diagnose(book, i->observation, &i->tunables, &i->diagnosis, e);

	return r < 0 ? r : diagnosis_add_lints(&i->diagnosis, &i->lints, &book->ignore, e);
}

static int read_all(const struct inspection_request *request, struct filter *filter,
		    struct progress *progress, struct inspection *ret, struct error *e)
{
	const struct observe_options options = { .filter = filter, .find_owners = true };
	CLEANUP(source_freep) struct source *source = NULL;
	int r;

	r = open_source(request, progress, &source, e);
	if (r < 0)
		return r;
	r = observe(source, &options, &ret->observation, e);
	progress_end(progress);
	if (r < 0)
		return r;
	if (request->tunables) {
		r = inspection_read_settings(source, filter != NULL, request->diagnose, ret, e);
		if (r < 0)
			return r;
	}
	if (request->settings->record != NULL)
		return recording_finish(source, e);
	return 0;
}

static int read_interruptibly(const struct inspection_request *request, struct filter *filter,
			      struct inspection *ret, struct error *e)
{
	struct progress progress;
	struct interrupt saved;
	int r;

	progress_begin(&progress, stderr, request->settings->quiet);
	interrupt_begin(&saved);
	r = read_all(request, filter, &progress, ret, e);
	interrupt_end(&saved);
	progress_end(&progress);
	return r;
}

int inspection_run(const struct inspection_request *request, struct inspection *ret,
		   struct error *e)
{
	const struct settings *s = request->settings;
	CLEANUP(filter_freep) struct filter *filter = NULL;
	int r;

	r = check_conflicts(s, e);
	if (r == 0 && s->filter != NULL)
		r = filter_parse(s->filter, &filter, e);
	if (r == 0 && request->diagnose)
		r = inspection_load_rules(s, &ret->rulebook, e);
	if (r < 0)
		return r;
	ret->replayed = s->replay != NULL;
	r = read_interruptibly(request, filter, ret, e);
	if (r < 0 || !request->diagnose)
		return r;
	return inspection_judge(&ret->rulebook, ret, e);
}

void inspection_done(struct inspection *i)
{
	diagnosis_done(&i->diagnosis);
	lint_report_done(&i->lints);
	rulebook_done(&i->rulebook);
	tunable_values_done(&i->tunables);
	observation_free(i->observation);
	*i = (struct inspection){ 0 };
}
