#include "cli/daemon_report.h"

#include "base/unit.h"
#include "cli/change_report.h"
#include "daemon/single.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

int daemon_report_load(const char *directory, struct daemon_report *ret, struct error *e)
{
	struct error why = { 0 };
	int r = single_probe(directory, &ret->pid, e);

	if (r < 0)
		return r;
	ret->runs = r == 1;
	r = status_read(directory, &ret->status, &why);
	/* A daemon that has just started has not written its own yet. */
	ret->known = r == 0 && (!ret->runs || ret->pid == 0 || ret->pid == ret->status.pid);
	if (r < 0 && r != -ENOENT)
		(void)snprintf(ret->reason, sizeof(ret->reason), "%.250s", why.text);
	return 0;
}

/* --- text ----------------------------------------------------------------------------------- */

static void print_state(const struct daemon_report *r, double now_utc_s, FILE *out)
{
	const struct daemon_status *s = &r->status;
	char when[40], left[40];

	if (!r->runs) {
		(void)fprintf(out, "The daemon is not running: %s %s%s.\n",
			      s->ended ? "it ended at" : "it was killed some time after",
			      change_time(s->since_utc_s, when, sizeof(when)),
			      s->ended ? ""
				       : "; what it left on trial is put back at its deadline, by "
					 "the next daemon, or by netwright daemon --recover");
		return;
	}
	(void)fprintf(out, "daemon (PID %" PRId64 "), since %s: %s", s->pid,
		      change_time(s->started_utc_s, when, sizeof(when)), s->doing);
	if (s->next_utc_s > now_utc_s)
		(void)fprintf(out, ", for another %s",
			      unit_format(UNIT_SECONDS, ceil(s->next_utc_s - now_utc_s), left,
					  sizeof(left)));
	(void)fprintf(out, "; %" PRIu64 " audit%s so far\n", s->audits, s->audits == 1 ? "" : "s");
	if (s->trouble[0] != '\0')
		(void)fprintf(out, "  trouble: %s\n", s->trouble);
}

void daemon_report_print(const struct daemon_report *r, double now_utc_s, FILE *out)
{
	const struct daemon_status *s = &r->status;
	char when[40];

	if (r->reason[0] != '\0')
		(void)fprintf(out, "What the daemon did is not known: %s\n", r->reason);
	if (!r->known) {
		if (r->runs)
			(void)fprintf(out, "daemon (PID %" PRId64 "): it has just started\n",
				      r->pid);
		return;
	}
	print_state(r, now_utc_s, out);
	for (size_t i = 0; i < s->trial_count; i++) {
		const struct status_trial *t = &s->trials[i];

		(void)fprintf(out, "  %s  %s: %s %s: %s %s: %s\n",
			      change_time(t->utc_s, when, sizeof(when)), t->netns, t->rule,
			      t->entity, t->change, t->verdict, t->reason);
	}
	for (size_t i = 0; i < s->parked_count; i++)
		(void)fprintf(out, "  parked: %s: %s: %s\n", s->parked[i].netns,
			      s->parked[i].tunable, s->parked[i].reason);
}

/* --- JSON ----------------------------------------------------------------------------------- */

static json_t *trial_object(struct document *d, const struct status_trial *t)
{
	json_t *object = json_object();

	document_set(d, object, "utc", document_time(t->utc_s));
	document_set(d, object, "netns", document_text(t->netns));
	document_set(d, object, "rule", document_text(t->rule));
	document_set(d, object, "entity", document_text(t->entity));
	document_set(d, object, "change", document_text(t->change));
	document_set(d, object, "verdict", document_text(t->verdict));
	document_set(d, object, "reason", document_text(t->reason));
	return object;
}

static json_t *parked_object(struct document *d, const struct status_parked *p)
{
	json_t *object = json_object();

	document_set(d, object, "netns", document_text(p->netns));
	document_set(d, object, "tunable", document_text(p->tunable));
	document_set(d, object, "reason", document_text(p->reason));
	return object;
}

static void set_status(struct document *d, json_t *object, const struct daemon_status *s)
{
	json_t *trials = json_array(), *parked = json_array();

	document_set(d, object, "started_utc", document_time(s->started_utc_s));
	document_set(d, object, "ended", json_boolean(s->ended));
	document_set(d, object, "doing", document_text(s->doing));
	document_set(d, object, "since_utc", document_time(s->since_utc_s));
	document_set(d, object, "until_utc", document_time(s->next_utc_s));
	document_set(d, object, "audits", json_integer((json_int_t)s->audits));
	document_set(d, object, "trouble",
		     document_text(s->trouble[0] != '\0' ? s->trouble : NULL));
	for (size_t i = 0; i < s->trial_count; i++)
		document_append(d, trials, trial_object(d, &s->trials[i]));
	for (size_t i = 0; i < s->parked_count; i++)
		document_append(d, parked, parked_object(d, &s->parked[i]));
	document_set(d, object, "trials", trials);
	document_set(d, object, "parked", parked);
}

json_t *daemon_report_object(struct document *d, const struct daemon_report *r)
{
	json_t *object;

	if (!r->runs && !r->known && r->reason[0] == '\0')
		return json_null();
	object = json_object();
	document_set(d, object, "running", json_boolean(r->runs));
	document_set(d, object, "pid", r->runs && r->pid > 0 ? json_integer(r->pid) : json_null());
	document_set(d, object, "unknown", document_text(r->reason[0] != '\0' ? r->reason : NULL));
	if (r->known)
		set_status(d, object, &r->status);
	return object;
}
