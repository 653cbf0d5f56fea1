#include "apply/session.h"

#include "apply/boot.h"
#include "apply/lock.h"
#include "apply/persistence.h"
#include "base/os.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

double session_seconds_until(uint64_t deadline_boottime_ns)
{
	struct os *os = os_live();

	return ((double)deadline_boottime_ns - (double)os->ops->boottime_ns(os)) / 1e9;
}

int session_lock(const char *directory, double wait_s, const char *command, struct session *ret,
		 struct error *e)
{
	int r;

	ret->applier.os = os_live();
	ret->applier.persister = &persistence_files;
	ret->directory = directory;
	ret->command = command;
	r = boot_id_read(ret->applier.boot_id, e);
	if (r < 0)
		return r;
	r = lock_take(directory, wait_s, command, e);
	if (r < 0)
		return r;
	ret->lock = r;
	ret->locked = true;
	return 0;
}

int session_begin(struct session *s, const struct recovery_listener *listener, struct error *e)
{
	struct error failure = { 0 };
	int n = store_open(s->directory, STORE_WRITE, NULL, &s->applier.store, e);

	if (n < 0)
		return n;
	n = transaction_recover(&s->applier, listener, &failure);
	if (n < 0 && failure.kind != ERROR_CONFLICT) {
		if (e != NULL)
			*e = failure;
		return n;
	}
	s->recovered = n < 0 ? 1 : n;
	return 0;
}

void session_close(struct session *s)
{
	if (!s->locked)
		return;
	store_close(s->applier.store);
	(void)close(s->lock);
	*s = (struct session){ 0 };
}

static int pending(const struct transaction_record *t, struct error *e)
{
	return error_set(e, -EBUSY, ERROR_BUSY, NULL,
			 "transaction %lld waits for its confirmation for another %.0f s: "
			 "netwright confirm %lld keeps it, netwright rollback %lld undoes it",
			 (long long)t->id, session_seconds_until(t->deadline_boottime_ns),
			 (long long)t->id, (long long)t->id);
}

int session_refuse_pending(const struct session *s, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(s->applier.store, 1u << TRANSACTION_PENDING, SIZE_MAX, &ids, &count, e);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct transaction_record t = { 0 };

		r = store_load(s->applier.store, ids[i], &t, e);
		if (r == 0)
			r = pending(&t, e);
		/* One that cannot be read is in the way of its own settings alone:
		 * transaction_apply(). */
		else if (r == -EBADMSG)
			r = 0;
		transaction_record_done(&t);
	}
	free(ids);
	return r;
}

/* The guardian gets the deadline of what is pending; a change whose guardian is lost on the way is
 * not left to recovery alone. *t is what became of it. */
static int entrust(struct session *s, struct guardian *g, struct transaction_record *t,
		   struct error *e)
{
	struct error failure = { 0 };
	struct transaction_record undone = { 0 };
	int r = guardian_entrust(g, t->id, t->deadline_boottime_ns, e), undo_r;

	if (r == 0)
		return 0;
	undo_r = transaction_roll_back(&s->applier, t->id, false,
				       "the process that was to watch its deadline was lost",
				       &undone, &failure);
	if (undone.id != 0) {
		transaction_record_done(t);
		*t = undone;
	}
	if (undo_r == 0)
		return r;
	return error_set(e, undo_r, failure.kind, NULL,
			 "the process that was to watch the deadline was lost; %s", failure.text);
}

/* The plan is made anew when it is not what holds any more. */
static int apply_plan(struct session *s, const struct session_change *change,
		      struct apply_options *options, struct plan *plan,
		      struct transaction_record *ret, struct error *e)
{
	int r = -EAGAIN;

	if (s->recovered == 0 && !change->renew)
		r = transaction_apply(&s->applier, change->place, plan, options, ret, e);
	if (r != -EAGAIN)
		return r;
	transaction_record_done(ret);
	plan_done(plan);
	r = change->make_plan(change->arg, plan, &options->persist, e);
	return r < 0 ? r : transaction_apply(&s->applier, change->place, plan, options, ret, e);
}

int session_apply(struct session *s, const struct session_change *change, struct guardian *g,
		  struct plan *plan, struct transaction_record *ret, struct error *e)
{
	struct apply_options options = {
		.command = s->command,
		.confirm_s = change->confirm_s,
		.guardian_pid = g->pid,
		.guardian_start = g->start,
		.persist = change->persist,
		.stop = change->stop,
	};
	int r = session_refuse_pending(s, e);

	if (r == 0)
		r = apply_plan(s, change, &options, plan, ret, e);
	if (r == 0 && ret->state == TRANSACTION_PENDING)
		return entrust(s, g, ret, e);
	guardian_dismiss(g);
	return r;
}
