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

		tell_left_out(s, &view->resolved);
		r = change_carry_out(&request, out, e);
	}
	profile_wishes_done(&wishes);
	return r;
}

static int apply_here(const struct settings *s, const struct profile_library *library,
		      const char *name, struct profile_scene *scene, FILE *out, struct error *e)
{
	struct profile_journal journal = { 0 };
	struct profile_view view = { 0 };
	int r = load_journal(s, &scene->place, &journal, e);

	if (r == 0)
		r = succession_take_back(&scene->place, journal.records, journal.count,
					 &scene->tunables, e);
	if (r == 0)
		r = profile_view_open(s, library, name, scene, &view, e);
	if (r == 0)
		r = carry_out(s, &view, &journal, &scene->place, out, e);
	profile_view_done(&view);
	profile_journal_done(&journal);
	return r;
}

int profile_apply(const struct settings *s, const char *name, FILE *out, struct error *e)
{
	struct profile_library library = { 0 };
	struct profile_scene scene = { 0 };
	int r = profile_view_load(s, &library, e);

	if (r == 0)
		r = profile_scene_open(s, &scene, e);
	if (r == 0)
		r = apply_here(s, &library, name, &scene, out, e);
	profile_scene_done(&scene);
	profile_library_done(&library);
	return r;
}
