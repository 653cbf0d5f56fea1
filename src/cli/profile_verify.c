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

#include <errno.h>
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

/* A verdict, and how it came about. */
struct verdict {
	const struct profile_view *view;
	const struct plan *plan;
	int64_t transaction; /* whose inputs were taken; 0: given, or the defaults */
};

static json_t *drift_object(struct document *d, const struct plan_change *c)
{
	json_t *object = json_object();

	document_set(d, object, "tunable", document_text(c->target.name));
	document_set(d, object, "holds", document_text(c->from.text));
	document_set(d, object, "wanted", document_text(c->to));
	return object;
}

static int verify_json(const struct verdict *w, FILE *out, struct error *e)
{
	const struct resolved_profile *p = &w->view->resolved;
	const struct plan *plan = w->plan;
	json_t *drift = json_array(), *inputs = json_array();
	struct document d;
	int r;

	document_init(&d, VERIFY_SCHEMA);
	for (size_t i = 0; i < p->given_count; i++)
		document_append(&d, inputs, document_text(p->given[i]));
	for (size_t i = 0; i < plan->count; i++)
		document_append(&d, drift, drift_object(&d, &plan->changes[i]));
	document_set(&d, d.root, "profile", document_text(p->flat->profile->name));
	document_set(&d, d.root, "holds", json_boolean(plan->count == 0));
	document_set(&d, d.root, "satisfied", document_number((double)plan->satisfied));
	document_set(&d, d.root, "left_out", document_number((double)left_out(p)));
	document_set(&d, d.root, "inputs", inputs);
	document_set(&d, d.root, "inputs_of",
		     w->transaction != 0 ? document_number((double)w->transaction) : json_null());
	document_set(&d, d.root, "drift", drift);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

/* ", with rtt=10ms, rate=1Gbit of transaction 12", or nothing for the defaults. */
static void print_inputs(const struct verdict *w, FILE *out)
{
	const struct resolved_profile *p = &w->view->resolved;

	for (size_t i = 0; i < p->given_count; i++) {
		(void)fputs(i == 0 ? ", with " : ", ", out);
		print_tamed(out, p->given[i], strlen(p->given[i]));
	}
	if (p->given_count > 0 && w->transaction != 0)
		(void)fprintf(out, " of transaction %lld", (long long)w->transaction);
}

static void verify_text(const struct verdict *w, FILE *out)
{
	const char *name = w->view->flat.profile->name;
	size_t missing = left_out(&w->view->resolved);
	const struct plan *plan = w->plan;
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
		(void)fprintf(out, "%s from profile %s",
			      print_count(plan->count, "difference", count, sizeof(count)), name);
	else
		(void)fprintf(out, "All that profile %s sets here holds", name);
	print_inputs(w, out);
	(void)fputc('.', out);
	if (missing > 0)
		(void)fprintf(out, " %s left out here; netwright profile show %s says why.",
			      print_count(missing, "setting", count, sizeof(count)), name);
	(void)fputc('\n', out);
}

static int verify(const struct settings *s, const struct profile_view *v, const struct place *p,
		  int64_t transaction, FILE *out, struct error *e)
{
	CLEANUP(profile_wishes_done) struct profile_wishes wishes = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	const struct verdict verdict = { v, &plan, transaction };
	int r = profile_wishes_make(&v->resolved, &wishes, e);

	if (r == 0)
		r = plan_compare(p, wishes.wishes, wishes.count, &plan, e);
	if (r == 0 && s->json)
		r = verify_json(&verdict, out, e);
	else if (r == 0)
		verify_text(&verdict, out);
	if (r < 0)
		return r;
	return plan.count > 0 ? EXIT_STATUS_FINDINGS : EXIT_STATUS_OK;
}

/* Those given, else those with which it was applied. Who may not read the journal verifies with the
 * defaults, and is told. */
static int choose_inputs(const struct settings *s, const struct place *p, const char *name,
			 struct profile_inputs *ret, struct error *e)
{
	struct error why = { 0 };
	int r;

	if (s->inputs.count > 0)
		return 0;
	r = profile_journal_find_inputs(s, p, name, ret, &why);
	if (r == -EACCES || r == -EPERM) {
		(void)fprintf(stderr,
			      "netwright: the journal cannot be read: %s is held against the "
			      "defaults of its inputs, whatever it was applied with; give --input, "
			      "or run as root\n",
			      name);
		return 0;
	}
	if (r < 0)
		*e = why;
	return r;
}

/* The profile may have changed since it was applied. */
static int blame_inputs(const struct profile_inputs *inputs, int code, struct error *e)
{
	const struct error why = *e;

	if (code >= 0 || inputs->count == 0)
		return code;
	return error_set(
		e, why.code, why.kind, NULL,
		"%.380s; transaction %lld applied it with that: apply it anew, or give --input",
		why.text, (long long)inputs->transaction);
}

/* Both `inputs` and `s`, which they are added to, have to live as long as *ret. */
static int view_applied(struct settings *s, const struct profile_inputs *inputs,
			const struct profile_library *library, const char *name,
			struct profile_scene *scene, struct profile_view *ret, struct error *e)
{
	for (size_t i = 0; i < inputs->count; i++)
		s->inputs.texts[s->inputs.count++] = inputs->texts[i];
	return blame_inputs(inputs, profile_view_open(s, library, name, scene, ret, e), e);
}

int profile_verify(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		   struct error *e)
{
	CLEANUP(profile_library_done) struct profile_library library = { 0 };
	struct profile_inputs inputs = { .transaction = 0 };
	struct settings with = *s;
	struct profile_scene scene = { 0 };
	struct profile_view view = { 0 };
	int r = profile_view_load(s, &library, e);

	(void)count;
	if (r == 0)
		r = profile_scene_open(s, &scene, e);
	if (r == 0)
		r = choose_inputs(s, &scene.place, operands[0], &inputs, e);
	if (r == 0)
		r = view_applied(&with, &inputs, &library, operands[0], &scene, &view, e);
	if (r == 0)
		r = verify(s, &view, &scene.place, inputs.transaction, out, e);
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
