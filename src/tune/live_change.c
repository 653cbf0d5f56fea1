#include "tune/live_change.h"

#include "apply/persistence.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

DEFINE_CLEANUP(struct store, store_close)

static int open_session(const struct live_change *c, struct session *ret, struct error *e)
{
	double wait_s = c->lock_wait_s > 0 ? c->lock_wait_s : SESSION_LOCK_TIMEOUT_S;
	int r = session_lock(c->directory, wait_s, c->command, ret, e);

	return r < 0 ? r : session_begin(ret, &c->listener, e);
}

/* --- applying ------------------------------------------------------------------------------ */

struct request {
	const struct live_change *change;
	const struct wish *wishes;
	size_t count;
};

/* What cannot be undone cannot be tried. */
static int refuse_irreversible(const struct plan *plan, struct error *e)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct target *t = &plan->changes[i].target;

		if (t->tunable->undo == TUNABLE_UNDO_NO)
			return error_set(e, -EINVAL, ERROR_INPUT, t->name,
					 "cannot be undone, so it cannot be tried; netwright set "
					 "sets it for good");
	}
	return 0;
}

int live_change_prepare(const struct live_change *c, const struct plan *plan, struct error *e)
{
	struct session s = { 0 };
	int r = refuse_irreversible(plan, e);

	if (r < 0)
		return r;
	r = open_session(c, &s, e);
	if (r == 0)
		r = session_refuse_pending(&s, e);
	session_close(&s);
	return r;
}

static int make_plan(void *arg, struct plan *ret, bool *ret_persist, struct error *e)
{
	const struct request *q = arg;
	int r = plan_make(q->change->place, q->wishes, q->count, ret, e);

	if (r == 0)
		r = refuse_irreversible(ret, e);
	if (r == 0)
		*ret_persist = q->change->persist &&
			       persistence_count_able(q->change->place, ret) > 0;
	return r;
}

static int apply_plan(const struct live_change *c, const struct session_change *change,
		      struct plan *plan, struct transaction_record *ret, struct error *e)
{
	struct guardian guardian = { 0 };
	struct session s = { 0 };
	int r = guardian_start(c->directory, &guardian, e);

	if (r < 0)
		return r;
	r = open_session(c, &s, e);
	if (r == 0)
		r = session_apply(&s, change, &guardian, plan, ret, e);
	else
		guardian_dismiss(&guardian);
	session_close(&s);
	return r;
}

int live_change_apply(const struct live_change *c, const struct wish *wishes, size_t count,
		      double deadline_s, struct transaction_record *ret, struct error *e)
{
	struct request q = { c, wishes, count };
	struct session_change change = {
		.place = c->place,
		.confirm_s = deadline_s,
		.stop = c->stop,
		.make_plan = make_plan,
		.arg = &q,
	};
	struct plan plan = { 0 };
	int r = make_plan(&q, &plan, &change.persist, e);

	*ret = (struct transaction_record){ 0 };
	if (r == 0 && plan.count > 0)
		r = apply_plan(c, &change, &plan, ret, e);
	plan_done(&plan);
	return r;
}

/* --- checking ------------------------------------------------------------------------------ */

/* A connection that was closed and a process that has ended need nothing any more. */
static int check_target(const struct place *p, const struct plan_change *change,
			char target[TARGET_NAME_MAX], struct error *e)
{
	const struct target *t = &change->target;
	struct held now;
	int r = t->kind->read(p, t, &now, e);

	if (r < 0)
		return r == -ESTALE ? 0 : r;
	if (plan_relate(change, &now) == HELD_TO || strcmp(now.text, change->to) == 0)
		return 0;
	memcpy(target, t->name, TARGET_NAME_MAX);
	return error_set(e, -EEXIST, ERROR_CONFLICT, t->name,
			 "holds \"%.60s\" now, which somebody else has set", now.text);
}

/* Whether a transaction on trial is still ours. The journal says who has rolled it back: a person,
 * or its guardian, which does so at the deadline and when it is told to end. */
static int check_state(const struct transaction_record *t, struct error *e)
{
	if (t->state == TRANSACTION_PENDING)
		return 0;
	if (t->state == TRANSACTION_KEPT)
		return error_set(e, -EALREADY, ERROR_CONFLICT, NULL,
				 "somebody has confirmed transaction %lld", (long long)t->id);
	if (!transaction_is_undone_by_hand(t))
		return error_set(e, -ETIME, ERROR_CONFLICT, NULL, "transaction %lld is %s: %s",
				 (long long)t->id, transaction_state_name(t->state), t->reason);
	return error_set(e, -ECANCELED, ERROR_CONFLICT, NULL,
			 "somebody has rolled transaction %lld back", (long long)t->id);
}

int live_change_check(const struct live_change *c, int64_t transaction,
		      char target[TARGET_NAME_MAX], struct error *e)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct transaction_record t = { 0 };
	int r = store_open(c->directory, STORE_READ, NULL, &store, e);

	if (r == 0)
		r = store_load(store, transaction, &t, e);
	if (r == 0)
		r = check_state(&t, e);
	for (size_t i = 0; r == 0 && i < t.change_count; i++)
		r = check_target(c->place, &t.changes[i].change, target, e);
	transaction_record_done(&t);
	return r;
}

/* --- ending -------------------------------------------------------------------------------- */

static void release_guardian(const struct transaction_record *t)
{
	if (t->guardian_pid != 0)
		guardian_wake(t->guardian_pid, t->guardian_start);
}

/* Under the lock, where nobody can change it any more: 0 while it is pending. */
static int check_pending(struct session *s, int64_t transaction, struct error *e)
{
	struct transaction_record t = { 0 };
	int r = store_load(s->applier.store, transaction, &t, e);

	if (r == 0)
		r = check_state(&t, e);
	transaction_record_done(&t);
	return r;
}

static int end(const struct live_change *c, int64_t transaction, bool keep, const char *reason,
	       struct error *e)
{
	struct transaction_record t = { 0 };
	struct session s = { 0 };
	int r = open_session(c, &s, e);

	if (r == 0)
		r = check_pending(&s, transaction, e);
	if (r == 0)
		r = keep ? transaction_confirm(&s.applier, transaction, reason, &t, e)
			 : transaction_roll_back(&s.applier, transaction, false, reason, &t, e);
	session_close(&s);
	release_guardian(&t);
	transaction_record_done(&t);
	return r;
}

int live_change_keep(const struct live_change *c, int64_t transaction, const char *reason,
		     struct error *e)
{
	int r = end(c, transaction, true, reason, e);

	return r == -EALREADY ? 0 : r;
}

int live_change_revert(const struct live_change *c, int64_t transaction, const char *reason,
		       struct error *e)
{
	int r = end(c, transaction, false, reason, e);

	return r == -ECANCELED || r == -ETIME ? 0 : r;
}
