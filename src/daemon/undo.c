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

/* -EUCLEAN is said, and no error: a person is needed, and the rest goes on. */
static int roll_back(struct session *s, const struct transaction_record *t, const char *reason,
		     const struct logbook *log, struct error *e)
{
	struct transaction_record undone = { 0 };
	struct error why = { 0 };
	int r = transaction_roll_back(&s->applier, t->id, false, reason, &undone, &why);

	if (r == 0 || r == -EUCLEAN)
		say(log, &undone);
	else if (r == -EBUSY)
		logbook_write(log, LOGBOOK_WARNING, "%s", why.text);
	else
		(void)error_set(e, r, why.kind, NULL, "%s", why.text);
	transaction_record_done(&undone);
	guardian_wake(t->guardian_pid, t->guardian_start);
	return r == -EUCLEAN || r == -EBUSY ? 0 : r;
}

/* All own ones of this boot in that state, the newest first. */
static int roll_back_all(struct session *s, enum transaction_state state, const char *reason,
			 const struct logbook *log, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(s->applier.store, 1u << state, SIZE_MAX, &ids, &count, e);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct transaction_record t = { 0 };

		r = store_load(s->applier.store, ids[i], &t, e);
		if (r == 0 && kept_is_own(&t) && strcmp(t.boot_id, s->applier.boot_id) == 0)
			r = roll_back(s, &t, reason, log, e);
		else if (r == -EBADMSG)
			r = 0; /* the listener has said so */
		transaction_record_done(&t);
	}
	free(ids);
	return r;
}

static int undo(const char *directory, enum transaction_state state, const char *reason,
		struct logbook *log, struct error *e)
{
	const struct recovery_listener listener = undo_listener(log);
	struct session s = { 0 };
	int r = session_lock(directory, SESSION_LOCK_TIMEOUT_S, KEPT_COMMAND, &s, e);

	if (r == 0)
		r = session_begin(&s, &listener, e);
	if (r == 0)
		r = roll_back_all(&s, state, reason, log, e);
	session_close(&s);
	return r;
}

int undo_trials(const char *directory, struct logbook *log, struct error *e)
{
	return undo(directory, TRANSACTION_PENDING, "the daemon that tried it was killed", log, e);
}

int undo_kept(const char *directory, struct logbook *log, struct error *e)
{
	return undo(directory, TRANSACTION_KEPT, "the daemon ended, and was told to roll back", log,
		    e);
}
