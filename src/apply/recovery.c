#include "apply/rollback.h"
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

struct recovery {
	struct applier *applier;
	const struct recovery_listener *listener;
	bool again; /* what cannot be read was told already */
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

/* 1: finished something, 0: there was nothing to do, or a negative errno. */
static int recover_record(struct applier *a, struct transaction_record *t, struct error *e)
{
	const char *reason = "it was interrupted, and rolled back";
	int r;

	if (rollback_is_other_boot(a, t)) {
		r = rollback_make_void(a, t, e);
		return r < 0 ? r : 1;
	}
	if (t->state == TRANSACTION_PENDING) {
		if (!deadline_passed(a, t))
			return 0;
		reason = "it was not confirmed in time";
	} else if (t->state == TRANSACTION_KEPT) {
		return rollback_finish_kept(a, t, e);
	} else if (t->state == TRANSACTION_PARTIAL) {
		return remove_left_files(a, t, e);
	}
	r = rollback_finish(a, t, false, reason, e);
	/* Partly: it is finished as far as it goes, and a person is told. */
	return r < 0 && r != -EUCLEAN ? r : 1;
}

static void tell_unreadable(const struct recovery *v, int64_t id, const struct error *why)
{
	if (!v->again && v->listener->unreadable != NULL)
		v->listener->unreadable(v->listener->arg, id, why);
}

static int recover_one(struct recovery *v, int64_t id)
{
	struct transaction_record t = { 0 };
	struct error e = { 0 };
	int r = store_load(v->applier->store, id, &t, &e);

	if (r == -EBADMSG) {
		tell_unreadable(v, id, &e);
		return 0;
	}
	if (r == 0)
		r = recover_record(v->applier, &t, &e);
	if (r > 0) {
		v->touched++;
		if (v->listener->recovered != NULL)
			v->listener->recovered(v->listener->arg, &t);
	}
	if (r < 0 && v->failure == 0) {
		v->failure = r;
		if (v->e != NULL)
			*v->e = e;
	}
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
	const struct recovery *recovery;
	int64_t ids[SETTLED_BATCH];
	size_t count;
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
	return 0;
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
