/* A profile on this host: loaded, put together, worked out. What the verbs of profiles share. */
#ifndef NETWRIGHT_CLI_PROFILE_VIEW_H
#define NETWRIGHT_CLI_PROFILE_VIEW_H

#include "base/error.h"
#include "cli/options.h"
#include "measure/observation.h"
#include "profiles/inherit.h"
#include "profiles/profile.h"
#include "profiles/resolve.h"
#include "tunables/catalogue.h"
#include "tunables/place.h"

#include <stdbool.h>

#define PROFILE_DIRECTORY "/etc/netwright/profiles"

/* The built-in profiles, those of PROFILE_DIRECTORY if there is one, and those of --profiles. `ret`
 * must be {0}; release with profile_library_done() in any case. */
int profile_view_load(const struct settings *s, struct profile_library *ret, struct error *e);

/* The host, or the namespace of --netns, at one instant. */
struct profile_scene {
	struct place place;
	bool entered;
	struct observation *observation;
	struct tunable_values tunables;
};
/* `ret` must be {0}; release with profile_scene_done() in any case. */
int profile_scene_open(const struct settings *s, struct profile_scene *ret, struct error *e);
void profile_scene_done(struct profile_scene *s);
/* Borrows from the scene. */
struct profile_host profile_scene_host(struct profile_scene *s);

/* One profile on that host, with what --input gives. `ret` must be {0}; release with
 * profile_view_done() in any case. */
struct profile_view {
	struct flat_profile flat;
	struct resolved_profile resolved;
};
int profile_view_open(const struct settings *s, const struct profile_library *library,
		      const char *name, struct profile_scene *scene, struct profile_view *ret,
		      struct error *e);
void profile_view_done(struct profile_view *v);

#endif
