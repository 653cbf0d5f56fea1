#include "daemon/undo.h"

#include "apply/session.h"
#include "daemon/kept.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void say(const struct logbook *log, const struct transaction_record *t)
{
	logbook_write(log, t->state == TRANSACTION_PARTIAL ? LOGBOOK_WARNING : LOGBOOK_INFO,
		      "transaction %lld is %s: %s", (long long)t->id,
		      transaction_state_name(t->state), t->reason);
}

static void say_recovered(void *arg, const struct transaction_record *t)
{
	say(arg, t);
}

static void tell_recovered(void *arg, const struct transaction_record *t)
{
	const struct undo *u = arg;

	say(u->log, t);
	if (u->undone != NULL && kept_is_own(t))
		u->undone(u->arg, t);
}

static void tell_unreadable(void *arg, int64_t id, const struct error *why)
{
	const struct undo *u = arg;

	(void)id;
	logbook_write(u->log, LOGBOOK_WARNING, "%s", why->text);
}

static void say_unreadable(void *arg, int64_t id, const struct error *why)
{
	(void)id;
	logbook_write(arg, LOGBOOK_WARNING, "%s", why->text);
}

struct recovery_listener undo_listener(struct logbook *log)
{
	return (struct recovery_listener){ .recovered = say_recovered,
					   .unreadable = say_unreadable,
					   .arg = log };
}

static int roll_back(struct session *s, const struct undo *u, const struct transaction_record *t,
		     const char *reason, struct error *e)
{
	struct transaction_record undone = { 0 };
	int r = transaction_roll_back(&s->applier, t->id, false, reason, &undone, e);

	if (r == 0 || r == -EUCLEAN)
		say(u->log, &undone);
	else
		logbook_write(u->log, LOGBOOK_WARNING, "%s", e->text);
	if ((r == 0 || r == -EUCLEAN) && u->undone != NULL)
		u->undone(u->arg, &undone);
	transaction_record_done(&undone);
	guardian_wake(t->guardian_pid, t->guardian_start);
	return r;
}

/* All own ones of this boot in that state, the newest first. One that fails keeps none of the
 * others from being put back. */
static int roll_back_all(struct session *s, const struct undo *u, enum transaction_state state,
			 const char *reason, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int result = store_list(s->applier.store, 1u << state, SIZE_MAX, &ids, &count, e);

	for (size_t i = 0; i < count; i++) {
		struct transaction_record t = { 0 };
		struct error why = { 0 };
		int r = store_load(s->applier.store, ids[i], &t, &why);

		if (r == 0 && kept_is_own(&t) && strcmp(t.boot_id, s->applier.boot_id) == 0)
			r = roll_back(s, u, &t, reason, &why);
		else if (r == -EBADMSG)
			r = 0; /* the listener has said so */
		transaction_record_done(&t);
		if (r < 0 && result == 0) {
			result = r;
			*e = why;
		}
	}
	free(ids);
	return result;
}

static int undo(const struct undo *u, enum transaction_state state, const char *reason,
		struct error *e)
{
	struct undo copy = *u; /* the listener's argument is not const */
	const struct recovery_listener listener = { .recovered = tell_recovered,
						    .unreadable = tell_unreadable,
						    .arg = &copy };
	struct session s = { 0 };
	int r = session_lock(u->directory, u->lock_wait_s, KEPT_COMMAND, &s, e);

	if (r == 0)
		r = session_begin(&s, &listener, e);
	if (r == 0)
		r = roll_back_all(&s, u, state, reason, e);
	session_close(&s);
	return r;
}

int undo_trials(const struct undo *u, struct error *e)
{
	int r = undo(u, TRANSACTION_PENDING, "the daemon that tried it was killed", e);

	return r == -EUCLEAN ? 0 : r;
}

int undo_kept(const struct undo *u, struct error *e)
{
	return undo(u, TRANSACTION_KEPT, "the daemon ended, and was told to roll back", e);
}
