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

static void leave_to_others(const struct profile_application *a, struct resolved_profile *p,
			    bool tell)
{
	for (size_t i = 0; a->leave != NULL && i < p->flat->setting_count; i++) {
		struct resolved_setting *s = &p->settings[i];
		const char *tunable = s->flat->setting->name;

		if (s->state == RESOLVED_LEFT_OUT ||
		    !a->leave(a->arg, tunable, s->reason, sizeof(s->reason)))
			continue;
		s->state = RESOLVED_LEFT_OUT;
		if (tell && !a->settings->quiet)
			(void)fprintf(stderr, "netwright: %s is not set: %s\n", tunable, s->reason);
	}
}

/* What a profile comes to, from what the host holds and what other profiles have in force. */
struct outcome {
	const struct profile_application *application;
	const struct profile_library *library;
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

static int view_profile(struct outcome *o, bool tell, struct error *e)
{
	const struct profile_application *a = o->application;
	const struct profile_journal *journal = &o->journal;
	int r = profile_scene_open(a->settings, &o->scene, e);

	if (r == 0)
		r = load_journal(a->settings, &o->scene.place, &o->journal, e);
	if (r == 0)
		r = succession_take_back(&o->scene.place, journal->records, journal->count,
					 &o->scene.tunables, e);
	if (r == 0)
		r = profile_view_open(a->settings, o->library, a->name, &o->scene, &o->view, e);
	if (r < 0)
		return r;
	if (tell)
		tell_left_out(a->settings, &o->view.resolved);
	leave_to_others(a, &o->view.resolved, tell);
	return 0;
}

static int work_out(struct outcome *o, bool tell, struct error *e)
{
	const struct profile_journal *journal = &o->journal;
	char why[PLAN_WHY_MAX];
	int r = view_profile(o, tell, e);

	if (r == 0)
		r = profile_why_format(&o->view.resolved, why, e);
	if (r == 0)
		r = profile_wishes_make(&o->view.resolved, &o->wishes, e);
	if (r == 0)
		r = succession_add(&o->scene.place, journal->records, journal->count, why,
				   &o->wishes, e);
	return r;
}

/* Another profile may have come first: what follows it is known under the lock only. */
static int renew(void *arg, struct change_request *q, struct error *e)
{
	struct outcome *now = arg;
	int r = work_out(now, false, e);

	q->wishes = now->wishes.wishes;
	q->wish_count = now->wishes.count;
	return r;
}

static int carry_out(const struct outcome *o, void *out, struct error *e)
{
	struct outcome now = { .application = o->application, .library = o->library };
	const struct change_request request = {
		.settings = o->application->settings,
		.place = &o->scene.place,
		.wishes = o->wishes.wishes,
		.wish_count = o->wishes.count,
		.renew = renew,
		.renew_arg = &now,
	};
	int r;

	/* What they set is not put back by this one. */
	(void)change_list_complain(&o->journal.kept);
	r = change_carry_out(&request, out, e);
	outcome_done(&now);
	return r;
}

static int refuse_own_profiles(const struct settings *s, struct error *e)
{
	if (!s->persist || s->profiles.count == 0)
		return 0;
	return error_set(e, -EINVAL, ERROR_INPUT, "--persist",
			 "applies the profile at each boot, which reads none of --profiles: "
			 "put yours into %s",
			 PROFILE_DIRECTORY);
}

static int work_out_and(const struct profile_application *a,
			int (*use)(const struct outcome *o, void *arg, struct error *e), void *arg,
			struct error *e)
{
	struct profile_library library = { 0 };
	struct outcome outcome = { .application = a, .library = &library };
	int r = refuse_own_profiles(a->settings, e);

	if (r == 0)
		r = profile_view_load(a->settings, &library, e);
	if (r == 0)
		r = work_out(&outcome, true, e);
	if (r == 0)
		r = use(&outcome, arg, e);
	outcome_done(&outcome);
	profile_library_done(&library);
	return r;
}

int profile_apply(const struct profile_application *a, FILE *out, struct error *e)
{
	return work_out_and(a, carry_out, out, e);
}

struct user {
	int (*use)(void *arg, const struct wish *wishes, size_t count, struct error *e);
	void *arg;
};

static int hand_over(const struct outcome *o, void *arg, struct error *e)
{
	const struct user *user = arg;

	return user->use(user->arg, o->wishes.wishes, o->wishes.count, e);
}

int profile_apply_use(const struct settings *s, const char *name,
		      int (*use)(void *arg, const struct wish *wishes, size_t count,
				 struct error *e),
		      void *arg, struct error *e)
{
	const struct profile_application application = { .settings = s, .name = name };
	struct user user = { use, arg };

	return work_out_and(&application, hand_over, &user, e);
}
