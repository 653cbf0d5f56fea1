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

/* What a profile comes to, from what the host holds and what other profiles have in force. */
struct outcome {
	const struct settings *settings;
	const struct profile_library *library;
	const char *name;
	struct profile_scene scene;
	struct profile_journal journal;
	struct profile_view view;
	struct profile_wishes wishes;
};

static void outcome_done(struct outcome *o)
{
	profile_wishes_done(&o->wishes);
	profile_view_done(&o->view);
	profile_journal_done(&o->journal);
	profile_scene_done(&o->scene);
}

static int work_out(struct outcome *o, struct error *e)
{
	const struct profile_journal *journal = &o->journal;
	int r = profile_scene_open(o->settings, &o->scene, e);

	if (r == 0)
		r = load_journal(o->settings, &o->scene.place, &o->journal, e);
	if (r == 0)
		r = succession_take_back(&o->scene.place, journal->records, journal->count,
					 &o->scene.tunables, e);
	if (r == 0)
		r = profile_view_open(o->settings, o->library, o->name, &o->scene, &o->view, e);
	if (r == 0)
		r = profile_wishes_make(&o->view.resolved, &o->wishes, e);
	if (r == 0)
		r = succession_add(&o->scene.place, journal->records, journal->count,
				   o->view.flat.profile->name, &o->wishes, e);
	return r;
}

/* Another profile may have come first: what follows it is known under the lock only. */
static int renew(void *arg, struct change_request *q, struct error *e)
{
	struct outcome *now = arg;
	int r = work_out(now, e);

	q->wishes = now->wishes.wishes;
	q->wish_count = now->wishes.count;
	return r;
}

static int carry_out(const struct outcome *o, FILE *out, struct error *e)
{
	struct outcome now = { .settings = o->settings, .library = o->library, .name = o->name };
	const struct change_request request = {
		.settings = o->settings,
		.place = &o->scene.place,
		.wishes = o->wishes.wishes,
		.wish_count = o->wishes.count,
		.renew = renew,
		.renew_arg = &now,
	};
	int r;

	/* What they set is not put back by this one. */
	(void)change_list_complain(&o->journal.kept);
	tell_left_out(o->settings, &o->view.resolved);
	r = change_carry_out(&request, out, e);
	outcome_done(&now);
	return r;
}

int profile_apply(const struct settings *s, const char *name, FILE *out, struct error *e)
{
	struct profile_library library = { 0 };
	struct outcome outcome = { .settings = s, .library = &library, .name = name };
	int r = profile_view_load(s, &library, e);

	if (r == 0)
		r = work_out(&outcome, e);
	if (r == 0)
		r = carry_out(&outcome, out, e);
	outcome_done(&outcome);
	profile_library_done(&library);
	return r;
}
