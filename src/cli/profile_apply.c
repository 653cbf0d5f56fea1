#include "cli/profile_apply.h"

#include "apply/profile_wishes.h"
#include "apply/succession.h"
#include "cli/change.h"
#include "cli/print.h"
#include "cli/profile_journal.h"
#include "cli/profile_view.h"

#include <errno.h>

/* What cannot be read is the lesser evil in a dry run, which anybody may make. */
static int load_journal(const struct settings *s, const struct place *p,
			struct profile_journal *ret, struct error *e)
{
	int r = profile_journal_load(s, p, ret, e);

	if (!s->dry_run || (r != -EACCES && r != -EPERM))
		return r;
	(void)fputs(
		"netwright: the journal cannot be read: what another profile has set, and would "
		"be put back, is not listed\n",
		stderr);
	return 0;
}

static void tell_left_out(const struct settings *s, const struct resolved_profile *p)
{
	const char *name = p->flat->profile->name;
	char count[48];
	size_t n = 0;

	for (size_t i = 0; i < p->flat->setting_count; i++)
		n += p->settings[i].state == RESOLVED_LEFT_OUT;
	if (n > 0 && !s->quiet)
		(void)fprintf(stderr,
			      "netwright: %s of profile %s left out here; netwright profile show "
			      "%s says why\n",
			      print_count(n, "setting", count, sizeof(count)), name, name);
}

static int carry_out(const struct settings *s, const struct profile_view *view,
		     const struct profile_journal *journal, const struct place *place, FILE *out,
		     struct error *e)
{
	struct profile_wishes wishes = { 0 };
	char why[PLAN_WHY_MAX];
	int r = profile_why_format(&view->resolved, why, e);

	if (r == 0)
		r = profile_wishes_make(&view->resolved, &wishes, e);
	if (r == 0)
		r = succession_add(place, journal->records, journal->count, why, &wishes, e);
	if (r == 0) {
		const struct change_request request = {
			.settings = s,
			.place = place,
			.wishes = wishes.wishes,
			.wish_count = wishes.count,
		};

		r = change_carry_out(&request, out, e);
	}
	profile_wishes_done(&wishes);
	return r;
}

static void leave_to_others(const struct profile_application *a, struct resolved_profile *p)
{
	for (size_t i = 0; a->leave != NULL && i < p->flat->setting_count; i++) {
		struct resolved_setting *s = &p->settings[i];
		const char *tunable = s->flat->setting->name;

		if (s->state == RESOLVED_LEFT_OUT ||
		    !a->leave(a->arg, tunable, s->reason, sizeof(s->reason)))
			continue;
		s->state = RESOLVED_LEFT_OUT;
		if (!a->settings->quiet)
			(void)fprintf(stderr, "netwright: %s is not set: %s\n", tunable, s->reason);
	}
}

static int apply_here(const struct profile_application *a, const struct profile_library *library,
		      struct profile_scene *scene, FILE *out, struct error *e)
{
	struct profile_journal journal = { 0 };
	struct profile_view view = { 0 };
	int r = load_journal(a->settings, &scene->place, &journal, e);

	if (r == 0)
		r = succession_take_back(&scene->place, journal.records, journal.count,
					 &scene->tunables, e);
	if (r == 0)
		r = profile_view_open(a->settings, library, a->name, scene, &view, e);
	if (r == 0) {
		tell_left_out(a->settings, &view.resolved);
		leave_to_others(a, &view.resolved);
		r = carry_out(a->settings, &view, &journal, &scene->place, out, e);
	}
	profile_view_done(&view);
	profile_journal_done(&journal);
	return r;
}

int profile_apply(const struct profile_application *a, FILE *out, struct error *e)
{
	const struct settings *s = a->settings;
	struct profile_library library = { 0 };
	struct profile_scene scene = { 0 };
	int r;

	if (s->persist && s->profiles.count > 0)
		return error_set(
			e, -EINVAL, ERROR_INPUT, "--persist",
			"applies the profile at each boot, which reads none of --profiles: "
			"put yours into %s",
			PROFILE_DIRECTORY);
	r = profile_view_load(s, &library, e);
	if (r == 0)
		r = profile_scene_open(s, &scene, e);
	if (r == 0)
		r = apply_here(a, &library, &scene, out, e);
	profile_scene_done(&scene);
	profile_library_done(&library);
	return r;
}
