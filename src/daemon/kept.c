#include "daemon/kept.h"

#include "apply/boot.h"
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

void kept_done(struct kept *k)
{
	free(k->ids);
	k->ids = NULL;
	k->count = 0;
}

/* --- looking at one change ------------------------------------------------------------------ */

struct look {
	struct kept *kept;
	struct store *store;
	char boot_id[BOOT_ID_MAX];
	void (*lost)(void *arg, const struct realm_loss *l);
	void *arg;
	/* Targets of the transactions looked at so far, the newest first: only the newest one says
	 * what a target should hold. */
	struct target_of {
		const struct kind *kind;
		char name[TARGET_NAME_MAX], identity[TARGET_IDENTITY_MAX];
		int64_t transaction;
	} * seen; /* owned */
	size_t seen_count, seen_capacity;
	int64_t *own; /* owned: ids of this look */
	size_t own_count;
};

static void look_done(struct look *l)
{
	free(l->seen);
	free(l->own);
}

static void lose(const struct look *l, const struct transaction_record *t,
		 const struct target *which, const char *reason)
{
	struct realm_loss loss = { .netns_cookie = t->netns_cookie };

	memcpy(loss.target, which->name, sizeof(loss.target));
	(void)snprintf(loss.reason, sizeof(loss.reason), "%s", reason);
	l->lost(l->arg, &loss);
}

/* The newest transaction that changed it; NULL: none that was looked at. */
static const struct target_of *find_seen(const struct look *l, const struct target *t)
{
	for (size_t i = 0; i < l->seen_count; i++) {
		if (l->seen[i].kind == t->kind && strcmp(l->seen[i].name, t->name) == 0 &&
		    strcmp(l->seen[i].identity, t->identity) == 0)
			return &l->seen[i];
	}
	return NULL;
}

static int add_seen(struct look *l, const struct target *t, int64_t transaction)
{
	struct target_of *new;

	if (l->seen_count == l->seen_capacity) {
		size_t more = l->seen_capacity > 0 ? 2 * l->seen_capacity : 16;
		struct target_of *grown = reallocarray(l->seen, more, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		l->seen = grown;
		l->seen_capacity = more;
	}
	new = &l->seen[l->seen_count++];
	*new = (struct target_of){ .kind = t->kind, .transaction = transaction };
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

	for (size_t i = 0; i < l->own_count; i++) {
		if (l->own[i] == later->transaction)
			return;
	}
	(void)snprintf(reason, sizeof(reason), "transaction %lld has set it since",
		       (long long)later->transaction);
	lose(l, t, &c->target, reason);
}

static int look_at_changes(struct look *l, const struct place *p,
			   const struct transaction_record *t, bool own)
{
	for (size_t i = 0; i < t->change_count; i++) {
		const struct plan_change *c = &t->changes[i].change;
		const struct target_of *later = find_seen(l, &c->target);

		if (later != NULL) {
			if (own)
				look_later(l, t, c, later);
			continue;
		}
		if (add_seen(l, &c->target, t->id) < 0)
			return -ENOMEM;
		if (own && p != NULL)
			compare(l, p, t, c);
	}
	return 0;
}

/* --- transactions --------------------------------------------------------------------------- */

static int look_at(struct look *l, int64_t id, struct error *e)
{
	struct transaction_record t = { 0 };
	struct place place;
	bool own, there = false;
	int r = store_load(l->store, id, &t, e);

	/* A damaged record is told by those who list them. */
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	if (strcmp(t.boot_id, l->boot_id) == 0) {
		own = kept_is_own(&t);
		if (own)
			l->own[l->own_count++] = id;
		there = own && place_open_again(l->kept->os, t.netns, t.netns_cookie, PLACE_IN_USE,
						&place, NULL) == 0;
		r = look_at_changes(l, there ? &place : NULL, &t, own);
		if (there)
			place_close(&place);
	}
	transaction_record_done(&t);
	return r < 0 ? error_errno(e, r, NULL, "the changes in force cannot be compared") : 0;
}

/* Its own that it knew, and that are kept no longer. */
static int look_at_lost(struct look *l, struct error *e)
{
	for (size_t i = 0; i < l->kept->count; i++) {
		struct transaction_record t = { 0 };
		bool still = false;
		int r;

		for (size_t j = 0; j < l->own_count && !still; j++)
			still = l->own[j] == l->kept->ids[i];
		if (still)
			continue;
		r = store_load(l->store, l->kept->ids[i], &t, e);
		/* One that is not in the journal any more was moved away with it. */
		for (size_t c = 0; r == 0 && c < t.change_count; c++)
			lose(l, &t, &t.changes[c].change.target, "somebody has rolled it back");
		transaction_record_done(&t);
		if (r < 0 && r != -ENOENT && r != -EBADMSG)
			return r;
	}
	return 0;
}

/* Past its deadline, or of another boot, it is finished by whoever changes something next. */
static bool is_waiting(const struct look *l, const struct transaction_record *t)
{
	struct os *os = l->kept->os;

	return strcmp(t->boot_id, l->boot_id) == 0 &&
	       os->ops->boottime_ns(os) < t->deadline_boottime_ns;
}

static int look_at_pending(const struct look *l, struct error *e)
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
		transaction_record_done(&t);
	}
	free(ids);
	return r;
}

static int look(struct look *l, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(l->store, 1u << TRANSACTION_KEPT, SIZE_MAX, &ids, &count, e);

	if (r < 0)
		return r;
	l->own = calloc(count + 1, sizeof(*l->own));
	if (l->own == NULL) {
		free(ids);
		return error_errno(e, -ENOMEM, NULL, "the changes in force");
	}
	for (size_t i = 0; r == 0 && i < count; i++)
		r = look_at(l, ids[i], e);
	free(ids);
	return r < 0 ? r : look_at_lost(l, e);
}

int kept_check(struct kept *k, void (*lost)(void *arg, const struct realm_loss *l), void *arg,
	       struct error *e)
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
	if (r == 0) {
		kept_done(k);
		k->ids = l.own;
		k->count = l.own_count;
		l.own = NULL;
		r = look_at_pending(&l, e);
	}
	look_done(&l);
	return r;
}
