/* netwright profile verify, which is also diff with one name, and active. */
#include "apply/profile_wishes.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change_report.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/print.h"
#include "cli/profile_action.h"
#include "cli/profile_journal.h"

#include <string.h>

#define VERIFY_SCHEMA "netwright.profile-verify/1"
#define ACTIVE_SCHEMA "netwright.profile-active/1"

static size_t left_out(const struct resolved_profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->flat->setting_count; i++)
		n += p->settings[i].state == RESOLVED_LEFT_OUT;
	return n;
}

static json_t *drift_object(struct document *d, const struct plan_change *c)
{
	json_t *object = json_object();

	document_set(d, object, "tunable", document_text(c->target.name));
	document_set(d, object, "holds", document_text(c->from.text));
	document_set(d, object, "wanted", document_text(c->to));
	return object;
}

static int verify_json(const struct profile_view *v, const struct plan *plan, FILE *out,
		       struct error *e)
{
	json_t *drift = json_array();
	struct document d;
	int r;

	document_init(&d, VERIFY_SCHEMA);
	for (size_t i = 0; i < plan->count; i++)
		document_append(&d, drift, drift_object(&d, &plan->changes[i]));
	document_set(&d, d.root, "profile", document_text(v->flat.profile->name));
	document_set(&d, d.root, "holds", json_boolean(plan->count == 0));
	document_set(&d, d.root, "satisfied", document_number((double)plan->satisfied));
	document_set(&d, d.root, "left_out", document_number((double)left_out(&v->resolved)));
	document_set(&d, d.root, "drift", drift);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static void verify_text(const struct profile_view *v, const struct plan *plan, FILE *out)
{
	const char *name = v->flat.profile->name;
	size_t missing = left_out(&v->resolved);
	char count[48];

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];

		(void)fprintf(out, "%s  ", c->target.name);
		print_tamed(out, c->from.text, strlen(c->from.text));
		(void)fputs(" -> ", out);
		print_tamed(out, c->to, strlen(c->to));
		(void)fputc('\n', out);
	}
	if (plan->count > 0)
		(void)fprintf(out, "%s from profile %s.",
			      print_count(plan->count, "difference", count, sizeof(count)), name);
	else
		(void)fprintf(out, "All that profile %s sets here holds.", name);
	if (missing > 0)
		(void)fprintf(out, " %s left out here; netwright profile show %s says why.",
			      print_count(missing, "setting", count, sizeof(count)), name);
	(void)fputc('\n', out);
}

static int verify(const struct settings *s, const struct profile_view *v, const struct place *p,
		  FILE *out, struct error *e)
{
	CLEANUP(profile_wishes_done) struct profile_wishes wishes = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	int r = profile_wishes_make(&v->resolved, &wishes, e);

	if (r == 0)
		r = plan_compare(p, wishes.wishes, wishes.count, &plan, e);
	if (r == 0 && s->json)
		r = verify_json(v, &plan, out, e);
	else if (r == 0)
		verify_text(v, &plan, out);
	if (r < 0)
		return r;
	return plan.count > 0 ? EXIT_STATUS_FINDINGS : EXIT_STATUS_OK;
}

int profile_verify(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e)
{
	CLEANUP(profile_library_done) struct profile_library library = { 0 };
	struct profile_scene scene = { 0 };
	struct profile_view view = { 0 };
	int r = profile_view_load(s, &library, e);

	(void)count;
	if (r == 0)
		r = profile_scene_open(s, &scene, e);
	if (r == 0)
		r = profile_view_open(s, &library, operands[0], &scene, &view, e);
	if (r == 0)
		r = verify(s, &view, &scene.place, out, e);
	profile_view_done(&view);
	profile_scene_done(&scene);
	return r;
}

static int active_json(const struct transaction_record *t, const char *name, FILE *out,
		       struct error *e)
{
	struct document d;
	int r;

	document_init(&d, ACTIVE_SCHEMA);
	document_set(&d, d.root, "profile", document_text(name));
	document_set(&d, d.root, "transaction",
		     t != NULL ? document_number((double)t->id) : json_null());
	document_set(&d, d.root, "since",
		     t != NULL ? document_time(t->started_utc_s) : json_null());
	document_set(&d, d.root, "command", document_text(t != NULL ? t->command : NULL));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static int print_active(const struct settings *s, const struct profile_journal *j, FILE *out,
			struct error *e)
{
	const struct transaction_record *t = j->count > 0 ? j->records[0] : NULL;
	char name[PROFILE_NAME_MAX] = "", when[CHANGE_TIME_MAX];

	if (t != NULL)
		(void)succession_profile_of(t, name);
	if (s->json)
		return active_json(t, t != NULL ? name : NULL, out, e);
	if (t == NULL)
		(void)fputs("No profile is in force here.\n", out);
	else
		(void)fprintf(out, "%s since %s, transaction %lld: %s\n", name,
			      change_time(t->started_utc_s, when, sizeof(when)), (long long)t->id,
			      t->command);
	return 0;
}

int profile_active(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e)
{
	struct profile_journal journal = { 0 };
	struct place place;
	int r = place_open(os_live(), s->netns, &place, e);

	(void)operands;
	(void)count;
	if (r < 0)
		return r;
	r = profile_journal_load(s, &place, &journal, e);
	if (r == 0)
		r = print_active(s, &journal, out, e);
	profile_journal_done(&journal);
	place_close(&place);
	return r;
}
