#include "daemon/kept.h"

#include "apply/boot.h"
#include "apply/transaction.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "tunables/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct store, store_close)

bool kept_is_own(const struct transaction_record *t)
{
	return strcmp(t->command, KEPT_COMMAND) == 0;
}

/* --- looking at one change ------------------------------------------------------------------ */

struct look {
	const struct kept *kept;
	struct store *store;
	char boot_id[BOOT_ID_MAX];
	void (*lost)(void *arg, const struct realm_loss *l);
	void *arg;
	/* Targets of the transactions looked at so far, the newest first: only the newest one in
	 * force says what a target should hold, and only the newest own one what came of it. */
	struct target_of {
		const struct kind *kind;
		char name[TARGET_NAME_MAX], identity[TARGET_IDENTITY_MAX];
		int64_t transaction;
		bool own, in_force;
	} * seen; /* owned */
	size_t seen_count, seen_capacity;
};

static void lose(const struct look *l, const struct transaction_record *t,
		 const struct target *which, const char *reason)
{
	struct realm_loss loss = { .netns_cookie = t->netns_cookie };

	memcpy(loss.target, which->name, sizeof(loss.target));
	(void)snprintf(loss.reason, sizeof(loss.reason), "%s", reason);
	l->lost(l->arg, &loss);
}

/* The newest transaction that changed it, of those in force or of its own; NULL: none that was
 * looked at. */
static const struct target_of *find_seen(const struct look *l, const struct target *t, bool own)
{
	for (size_t i = 0; i < l->seen_count; i++) {
		const struct target_of *s = &l->seen[i];

		if ((own ? s->own : s->in_force) && s->kind == t->kind &&
		    strcmp(s->name, t->name) == 0 && strcmp(s->identity, t->identity) == 0)
			return s;
	}
	return NULL;
}

static int add_seen(struct look *l, const struct target *t, const struct transaction_record *by)
{
	struct target_of *grown = array_grow(l->seen, l->seen_count, &l->seen_capacity,
					     sizeof(*grown));
	struct target_of *new;

	if (grown == NULL)
		return -ENOMEM;
	l->seen = grown;
	new = &l->seen[l->seen_count++];
	*new = (struct target_of){ .kind = t->kind,
				   .transaction = by->id,
				   .own = kept_is_own(by),
				   .in_force = by->state == TRANSACTION_KEPT };
	memcpy(new->name, t->name, sizeof(new->name));
	memcpy(new->identity, t->identity, sizeof(new->identity));
	return 0;
}

/* What vanished with its namespace, link or socket is nobody's. */
static void compare(const struct look *l, const struct place *p, const struct transaction_record *t,
		    const struct plan_change *c)
{
	struct held now = { 0 };
	char reason[160];

	if (c->target.kind->present(p, &c->target, NULL) < 0 ||
	    c->target.kind->read(p, &c->target, &now, NULL) < 0 ||
	    strcmp(c->from.text, c->to) == 0 || plan_relate(c, &now) == HELD_TO)
		return;
	(void)snprintf(reason, sizeof(reason), "somebody else has set it, to %.100s", now.text);
	lose(l, t, &c->target, reason);
}

/* A later one of its own is its own step; one of somebody else's is their wish. */
static void look_later(const struct look *l, const struct transaction_record *t,
		       const struct plan_change *c, const struct target_of *later)
{
	char reason[160];

	if (later->own)
		return;
	(void)snprintf(reason, sizeof(reason), "transaction %lld has set it since",
		       (long long)later->transaction);
	lose(l, t, &c->target, reason);
}

static void look_at_kept(const struct look *l, const struct place *p,
			 const struct transaction_record *t, const struct plan_change *c)
{
	const struct target_of *later = find_seen(l, &c->target, false);

	if (later != NULL)
		look_later(l, t, c, later);
	else if (p != NULL)
		compare(l, p, t, c);
}

/* What is put back is over, unless it was a person's doing, or could not be. */
static void look_at_undone(const struct look *l, const struct transaction_record *t,
			   const struct change_record *c)
{
	if (find_seen(l, &c->change.target, true) != NULL)
		return;
	if (transaction_is_undone_by_hand(t))
		lose(l, t, &c->change.target, "somebody has rolled it back");
	else if (t->state == TRANSACTION_PARTIAL && c->outcome == CHANGE_CONFLICT)
		lose(l, t, &c->change.target, "somebody else had set it when it was put back");
}

static int look_at_changes(struct look *l, const struct place *p,
			   const struct transaction_record *t)
{
	const bool own = kept_is_own(t);

	for (size_t i = 0; i < t->change_count; i++) {
		const struct change_record *c = &t->changes[i];

		if (own && t->state == TRANSACTION_KEPT)
			look_at_kept(l, p, t, &c->change);
		else if (own)
			look_at_undone(l, t, c);
		if (add_seen(l, &c->change.target, t) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- transactions --------------------------------------------------------------------------- */

static int look_at(struct look *l, int64_t id, struct error *e)
{
	struct transaction_record t = { 0 };
	struct place place;
	bool there;
	int r = store_load(l->store, id, &t, e);

	/* A damaged record is told by those who list them. */
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	there = kept_is_own(&t) && t.state == TRANSACTION_KEPT &&
		place_open_again(l->kept->os, t.netns, t.netns_cookie, PLACE_IN_USE, &place,
				 NULL) == 0;
	r = look_at_changes(l, there ? &place : NULL, &t);
	if (there)
		place_close(&place);
	transaction_record_done(&t);
	return r < 0 ? error_errno(e, r, NULL, "the changes in force cannot be compared") : 0;
}

/* Which transactions are worth loading: each trial leaves several that are over. */
struct listing {
	const char *boot_id;
	int64_t *ids; /* owned */
	size_t count, capacity;
	size_t needed; /* the last of them that may tell something, and all before it */
};

static int list_one(void *arg, int64_t id, const struct transaction_record *t,
		    const struct error *why)
{
	struct listing *l = arg;
	int64_t *grown;

	(void)why;
	if (t == NULL || strcmp(t->boot_id, l->boot_id) != 0 ||
	    (t->state != TRANSACTION_KEPT && !kept_is_own(t)))
		return 0;
	grown = array_grow(l->ids, l->count, &l->capacity, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	l->ids = grown;
	l->ids[l->count++] = id;
	if (t->state != TRANSACTION_ROLLED_BACK || transaction_is_undone_by_hand(t))
		l->needed = l->count;
	return 0;
}

/* Past its deadline, or of another boot, it is finished by whoever changes something next. */
static bool is_waiting(const struct look *l, const struct transaction_record *t)
{
	struct os *os = l->kept->os;

	return strcmp(t->boot_id, l->boot_id) == 0 &&
	       os->ops->boottime_ns(os) < t->deadline_boottime_ns;
}

static int look_at_pending(const struct look *l, bool *ret_own, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(l->store, 1u << TRANSACTION_PENDING, SIZE_MAX, &ids, &count, e);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct transaction_record t = { 0 };

		r = store_load(l->store, ids[i], &t, e);
		if (r == -EBADMSG)
			r = 0;
		else if (r == 0 && is_waiting(l, &t))
			r = error_set(e, -EBUSY, ERROR_BUSY, NULL,
				      "transaction %lld waits for its confirmation",
				      (long long)t.id);
		if (r == -EBUSY)
			*ret_own = kept_is_own(&t);
		transaction_record_done(&t);
	}
	free(ids);
	return r;
}

static int look(struct look *l, struct error *e)
{
	const unsigned int states = 1u << TRANSACTION_KEPT | 1u << TRANSACTION_ROLLED_BACK |
				    1u << TRANSACTION_PARTIAL;
	struct listing found = { .boot_id = l->boot_id };
	int r = store_visit(l->store, states, SIZE_MAX, list_one, &found, e);

	for (size_t i = 0; r == 0 && i < found.needed; i++)
		r = look_at(l, found.ids[i], e);
	free(found.ids);
	return r;
}

int kept_check(const struct kept *k, bool *ret_own,
	       void (*lost)(void *arg, const struct realm_loss *l), void *arg, struct error *e)
{
	struct store *store CLEANUP(store_closep) = NULL;
	struct look l = { .kept = k, .lost = lost, .arg = arg };
	int r = boot_id_read(l.boot_id, e);

	if (r == 0)
		r = store_open(k->directory, STORE_READ, NULL, &store, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	l.store = store;
	r = look(&l, e);
	if (r == 0)
		r = look_at_pending(&l, ret_own, e);
	free(l.seen);
	return r;
}
