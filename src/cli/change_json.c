#include "cli/change_report.h"

#include "apply/guardian.h"
#include "apply/persistence.h"
#include "apply/session.h"
#include "base/bytes.h"
#include "cli/change_notices.h"

#include <string.h>

static const char *undo_word(const struct tunable *t)
{
	static const char *const words[] = {
		[TUNABLE_UNDO_FULL] = "full",
		[TUNABLE_UNDO_NEW_SOCKETS_ONLY] = "new-sockets-only",
		[TUNABLE_UNDO_NO] = "no",
	};

	return words[t->undo];
}

static json_t *change_object(struct document *d, const struct plan_change *c)
{
	json_t *object = json_object();

	document_set(d, object, "tunable", document_text(c->target.name));
	document_set(d, object, "kind", document_text(c->target.kind->name));
	document_set(d, object, "identity", document_text(c->target.identity));
	document_set(d, object, "from", document_text(c->from.text));
	document_set(d, object, "to", document_text(c->to));
	document_set(d, object, "why", document_text(c->why));
	document_set(d, object, "reversible", document_text(undo_word(c->target.tunable)));
	return object;
}

static json_t *record_object(struct document *d, const struct change_record *c)
{
	json_t *object = change_object(d, &c->change);

	document_set(d, object, "outcome", document_text(change_outcome_name(c->outcome)));
	document_set(d, object, "read_back",
		     c->read_back[0] != '\0' ? document_text(c->read_back) : json_null());
	document_set(d, object, "note", c->note[0] != '\0' ? document_text(c->note) : json_null());
	return object;
}

static void describe_plan(struct document *d, json_t *object, const struct plan *plan,
			  const struct rivals *rivals)
{
	json_t *list = json_array();

	document_set(d, object, "host", document_text(plan->hostname));
	document_set(d, object, "kernel", document_text(plan->kernel));
	document_set(d, object, "netns",
		     plan->netns[0] != '\0' ? document_text(plan->netns) : json_null());
	document_set(d, object, "netns_cookie", json_integer((json_int_t)plan->netns_cookie));
	document_set(d, object, "satisfied", json_integer((json_int_t)plan->satisfied));
	for (size_t i = 0; i < plan->count; i++)
		document_append(d, list, change_object(d, &plan->changes[i]));
	document_set(d, object, "changes", list);
	document_set(d, object, "rivals", change_notices_rivals(d, rivals));
}

int change_plan_json(const struct plan *plan, const struct rivals *rivals, FILE *out,
		     struct error *e)
{
	struct document d;
	int r;

	document_init(&d, PLAN_SCHEMA);
	describe_plan(&d, d.root, plan, rivals);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

int change_plans_json(const struct plan *plans, size_t n, FILE *out, struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, PLANS_SCHEMA);
	for (size_t i = 0; i < n; i++) {
		json_t *object = json_object();

		describe_plan(&d, object, &plans[i], &(const struct rivals){ 0 });
		document_append(&d, list, object);
	}
	document_set(&d, d.root, "plans", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

static json_t *guardian_object(struct document *d, const struct transaction_record *t)
{
	json_t *object = json_object();

	document_set(d, object, "pid", json_integer(t->guardian_pid));
	document_set(d, object, "alive",
		     json_boolean(guardian_alive(t->guardian_pid, t->guardian_start)));
	return object;
}

static const char *const persistence_words[] = {
	[PERSISTENCE_NONE] = "none",
	[PERSISTENCE_WANTED] = "wanted",
	[PERSISTENCE_WRITTEN] = "written",
};

static json_t *files_array(struct document *d, const struct transaction_record *t)
{
	json_t *list = json_array();
	struct bytes paths = { 0 };

	if (t->persistence == PERSISTENCE_WRITTEN && persistence_list(os_live(), "", t, &paths) < 0)
		d->failed = true;
	for (size_t at = 0; at < paths.len; at += strlen(paths.data + at) + 1)
		document_append(d, list, document_text(paths.data + at));
	bytes_done(&paths);
	return list;
}

json_t *change_transaction_object(struct document *d, const struct transaction_record *t)
{
	bool pending = t->state == TRANSACTION_PENDING;
	json_t *object = json_object();
	json_t *list = json_array();

	document_set(d, object, "id", json_integer(t->id));
	document_set(d, object, "state", document_text(transaction_state_name(t->state)));
	document_set(d, object, "reason",
		     t->reason[0] != '\0' ? document_text(t->reason) : json_null());
	document_set(d, object, "command", document_text(t->command));
	document_set(d, object, "uid", json_integer(t->uid));
	document_set(d, object, "login_uid",
		     t->login_uid != UINT32_MAX ? json_integer(t->login_uid) : json_null());
	document_set(d, object, "boot_id", document_text(t->boot_id));
	document_set(d, object, "netns",
		     t->netns[0] != '\0' ? document_text(t->netns) : json_null());
	document_set(d, object, "netns_cookie", json_integer((json_int_t)t->netns_cookie));
	document_set(d, object, "started_utc", document_time(t->started_utc_s));
	document_set(d, object, "finished_utc", document_time(t->finished_utc_s));
	document_set(d, object, "seconds_left",
		     pending ? json_real(session_seconds_until(t->deadline_boottime_ns))
			     : json_null());
	document_set(d, object, "guardian",
		     pending && t->guardian_pid != 0 ? guardian_object(d, t) : json_null());
	document_set(d, object, "persistence", document_text(persistence_words[t->persistence]));
	document_set(d, object, "files", files_array(d, t));
	for (size_t i = 0; i < t->change_count; i++)
		document_append(d, list, record_object(d, &t->changes[i]));
	document_set(d, object, "changes", list);
	return object;
}

int change_transaction_json(const struct transaction_record *t, size_t satisfied, json_t *findings,
			    FILE *out, struct error *e)
{
	struct document d;
	int r;

	document_init(&d, TRANSACTION_SCHEMA);
	document_set(&d, d.root, "satisfied", json_integer((json_int_t)satisfied));
	document_set(&d, d.root, "transaction",
		     t != NULL ? change_transaction_object(&d, t) : json_null());
	if (findings != NULL)
		document_set(&d, d.root, "findings", json_incref(findings));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}
