#include "apply/rollback.h"
#include "apply/salvage.h"
#include "apply/transaction_files.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define HOT \
	(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_ROLLING_BACK | 1u << TRANSACTION_PENDING)
#define SETTLED (1u << TRANSACTION_KEPT | 1u << TRANSACTION_PARTIAL)

/* A host has at most a few that are hot: there is one writer, and it recovers first. */
#define HOT_MAX 64
/* Settled ones are looked at newest first, so many at a time, until a whole batch needed nothing:
 * what needs something is newer than what does not, and all of another boot come in one run. */
#define SETTLED_BATCH 16
#define TOLD_MAX      (HOT_MAX + SETTLED_BATCH)

struct recovery {
	struct applier *applier;
	const struct recovery_listener *listener;
	bool again;		/* the changes of what is settled were looked at already */
	int64_t told[TOLD_MAX]; /* what cannot be read is told once */
	size_t told_count;
	int touched;
	int failure; /* the first */
	struct error *e;
};

static bool deadline_passed(const struct applier *a, const struct transaction_record *t)
{
	return a->os->ops->boottime_ns(a->os) >= t->deadline_boottime_ns;
}

/* Partial with files is what a roll-back left that could not remove them. */
static int remove_left_files(struct applier *a, struct transaction_record *t, struct error *e)
{
	bool restored = true;
	int r;

	if (t->persistence == PERSISTENCE_NONE)
		return 0;
	r = transaction_files_remove(a, t, e);
	if (r < 0)
		return -EUCLEAN;
	for (size_t i = 0; i < t->change_count; i++)
		restored = restored && t->changes[i].outcome != CHANGE_CONFLICT &&
			   t->changes[i].outcome != CHANGE_UNRESTORED;
	if (restored)
		t->state = TRANSACTION_ROLLED_BACK;
	r = store_update(a->store, t, e);
	return r < 0 ? r : 1;
}

static const char *reason_of(const struct transaction_record *t)
{
	return t->state == TRANSACTION_PENDING ? "it was not confirmed in time"
					       : "it was interrupted, and rolled back";
}

/* 1: finished something, 0: there was nothing to do, or a negative errno. */
static int recover_record(struct applier *a, struct transaction_record *t, struct error *e)
{
	int r;

	if (rollback_is_other_boot(a, t)) {
		r = rollback_make_void(a, t, e);
		return r < 0 ? r : 1;
	}
	if (t->state == TRANSACTION_PENDING && !deadline_passed(a, t))
		return 0;
	if (t->state == TRANSACTION_KEPT)
		return rollback_finish_kept(a, t, e);
	if (t->state == TRANSACTION_PARTIAL)
		return remove_left_files(a, t, e);
	r = rollback_finish(a, t, false, reason_of(t), e);
	/* Partly: it is finished as far as it goes, and a person is told. */
	return r < 0 && r != -EUCLEAN ? r : 1;
}

static void tell_unreadable(struct recovery *v, int64_t id, const struct error *why)
{
	for (size_t i = 0; i < v->told_count; i++) {
		if (v->told[i] == id)
			return;
	}
	if (v->told_count < TOLD_MAX)
		v->told[v->told_count++] = id;
	if (v->listener->unreadable != NULL)
		v->listener->unreadable(v->listener->arg, id, why);
}

static int note_result(struct recovery *v, int result, const struct transaction_record *t,
		       const struct error *why)
{
	if (result > 0) {
		v->touched++;
		if (v->listener->recovered != NULL)
			v->listener->recovered(v->listener->arg, t);
	}
	if (result < 0 && v->failure == 0) {
		v->failure = result;
		if (v->e != NULL)
			*v->e = *why;
	}
	return result;
}

/* What can be read of it goes back as that of any other would, and at the same time. */
static int recover_damaged(struct recovery *v, int64_t id)
{
	struct store_remains m CLEANUP(store_remains_done) = { 0 };
	struct applier *a = v->applier;
	struct error e = { 0 };
	int r = store_load_remains(a->store, id, a->boot_id, &m, &e);

	if (r < 0)
		return note_result(v, r, NULL, &e);
	if (!salvage_can(a, &m) || (HOT & 1u << m.record.state) == 0 ||
	    (m.record.state == TRANSACTION_PENDING && !deadline_passed(a, &m.record)))
		return 0;
	r = salvage_finish(a, &m, false, reason_of(&m.record), &e);
	return note_result(v, r < 0 && r != -EUCLEAN ? r : 1, &m.record, &e);
}

static int recover_one(struct recovery *v, int64_t id)
{
	struct transaction_record t = { 0 };
	struct error e = { 0 };
	int r = store_load(v->applier->store, id, &t, &e);

	if (r == -EBADMSG) {
		tell_unreadable(v, id, &e);
		return recover_damaged(v, id);
	}
	if (r == 0)
		r = recover_record(v->applier, &t, &e);
	r = note_result(v, r, &t, &e);
	transaction_record_done(&t);
	return r;
}

/* Returns how many were finished, or a negative errno when they could not even be listed. */
static int recover_hot(struct recovery *v)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int finished = 0;
	int r = store_list(v->applier->store, HOT | STORE_STATE_UNKNOWN, HOT_MAX, &ids, &count,
			   v->e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		finished += recover_one(v, ids[i]) > 0;
	free(ids);
	return finished;
}

/* --- what is settled: looked at without its changes, which cost most -----------------------------
 */

struct unsettled {
	struct recovery *recovery;
	int64_t ids[SETTLED_BATCH], in_order[SETTLED_BATCH];
	size_t count, in_order_count;
};

static bool needs_finishing(const struct applier *a, const struct transaction_record *t)
{
	return rollback_is_other_boot(a, t) ||
	       (t->state == TRANSACTION_KEPT && t->persistence == PERSISTENCE_WANTED) ||
	       (t->state == TRANSACTION_PARTIAL && t->persistence != PERSISTENCE_NONE);
}

static int look_at_settled(void *arg, int64_t id, const struct transaction_record *t,
			   const struct error *why)
{
	struct unsettled *u = arg;

	if (t == NULL)
		tell_unreadable(u->recovery, id, why);
	else if (needs_finishing(u->recovery->applier, t))
		u->ids[u->count++] = id;
	else
		u->in_order[u->in_order_count++] = id;
	return 0;
}

/* Nothing is to be done about what is in force, but a person is to know when it cannot be undone as
 * a whole any more: who sets the same again would take that value for what it held before. */
static void look_at_changes(struct recovery *v, int64_t id)
{
	struct transaction_record t = { 0 };
	struct error e = { 0 };

	if (store_load(v->applier->store, id, &t, &e) == -EBADMSG)
		tell_unreadable(v, id, &e);
	transaction_record_done(&t);
}

/* As recover_hot(). */
static int recover_settled(struct recovery *v)
{
	struct unsettled u = { .recovery = v };
	int finished = 0;
	int r = store_visit(v->applier->store, SETTLED, SETTLED_BATCH, look_at_settled, &u, v->e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < u.count; i++)
		finished += recover_one(v, u.ids[i]) > 0;
	for (size_t i = 0; !v->again && i < u.in_order_count; i++)
		look_at_changes(v, u.in_order[i]);
	return finished;
}

int transaction_recover(struct applier *a, const struct recovery_listener *listener,
			struct error *e)
{
	static const struct recovery_listener nobody = { 0 };
	struct recovery v = { .applier = a,
			      .listener = listener != NULL ? listener : &nobody,
			      .e = e };
	int r = recover_hot(&v);

	while (r >= 0) {
		r = recover_settled(&v);
		if (r == 0)
			break;
		v.again = true;
	}
	if (r < 0)
		return r;
	return v.failure < 0 ? v.failure : v.touched;
}
