#include "cli/profile_view.h"

#include "base/cleanup.h"
#include "base/os.h"
#include "host/live.h"
#include "measure/observer.h"

#include <errno.h>
#include <stdio.h>

DEFINE_CLEANUP(struct source, source_free)

#define SAMPLE_INTERVAL_S 1.0 /* of a window with one sample: never waited for */

int profile_view_load(const struct settings *s, struct profile_library *ret, struct error *e)
{
	int r = profile_library_load_builtin(ret, e);

	if (r == 0)
		r = profile_library_load_directory(ret, PROFILE_DIRECTORY, e);
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < s->profiles.count; i++) {
		r = profile_library_load_directory(ret, s->profiles.texts[i], e);
		if (r == -ENOENT)
			return error_set(e, r, ERROR_INPUT, s->profiles.texts[i],
					 "no such directory of profiles");
		if (r < 0)
			return r;
	}
	return 0;
}

int profile_scene_open(const struct settings *s, struct profile_scene *ret, struct error *e)
{
	const struct live_options live = { .netns = s->netns, .interval_s = SAMPLE_INTERVAL_S };
	CLEANUP(source_freep) struct source *source = NULL;
	int r = place_open(os_live(), s->netns, &ret->place, e);

	if (r < 0)
		return r;
	ret->entered = true;
	r = live_source_new(&live, &source, e);
	if (r == 0)
		r = observe_host(source, &ret->observation, e);
	return r < 0 ? r : tunable_values_read(source, &ret->tunables, e);
}

void profile_scene_done(struct profile_scene *s)
{
	if (s->entered)
		place_close(&s->place);
	observation_free(s->observation);
	tunable_values_done(&s->tunables);
	*s = (struct profile_scene){ 0 };
}

/* Of several that a selector means, the first: which of them differ is the plan's to say. */
static int read_other(void *arg, const char *name, char ret[HELD_TEXT_MAX], struct error *e)
{
	CLEANUP(target_list_done) struct target_list targets = { 0 };
	const struct profile_scene *s = arg;
	const struct kind *kind = kind_of_target(name);
	struct held held = { 0 };
	int r = kind->resolve(&s->place, name, &targets, e);

	if (r == 0)
		r = kind->read(&s->place, &targets.all[0], &held, e);
	if (r == 0)
		(void)snprintf(ret, HELD_TEXT_MAX, "%s", held.text);
	return r;
}

struct profile_host profile_scene_host(struct profile_scene *s)
{
	return (struct profile_host){
		.observation = s->observation,
		.tunables = &s->tunables,
		.read = read_other,
		.arg = s,
	};
}

int profile_view_open(const struct settings *s, const struct profile_library *library,
		      const char *name, struct profile_scene *scene, struct profile_view *ret,
		      struct error *e)
{
	const struct profile_host host = profile_scene_host(scene);
	const struct profile *profile = NULL;
	int r = profile_library_get(library, name, &profile, e);

	if (r == 0)
		r = profile_flatten(library, profile, &ret->flat, e);
	if (r < 0)
		return r;
	return profile_resolve(&ret->flat, &host, s->inputs.texts, s->inputs.count, &ret->resolved,
			       e);
}

void profile_view_done(struct profile_view *v)
{
	resolved_profile_done(&v->resolved);
	flat_profile_done(&v->flat);
}
