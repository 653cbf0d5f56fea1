#include "apply/rollback.h"

#include "apply/later.h"
#include "apply/restore.h"
#include "apply/salvage.h"
#include "apply/transaction_files.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool rollback_is_other_boot(const struct applier *a, const struct transaction_record *t)
{
	return strcmp(a->boot_id, t->boot_id) != 0;
}

static bool needs_host(const struct transaction_record *t)
{
	for (size_t i = 0; i < t->change_count; i++) {
		if (t->changes[i].change.target.kind->host_wide)
			return true;
	}
	return false;
}

/* The namespace of the transaction into *ret. When it is gone, *ret is our own, for what belongs to
 * the host, and *ret_gone says so. */
static int open_place(struct applier *a, const struct transaction_record *t, struct place *ret,
		      bool *ret_gone, struct error *e)
{
	int r = place_open_again(a->os, t->netns, t->netns_cookie, PLACE_ANYWHERE, ret, e);

	*ret_gone = r == -ESTALE;
	if (r != -ESTALE)
		return r;
	if (!needs_host(t)) {
		*ret = (struct place){ .os = a->os, .netns = -1, .home = -1 };
		return 0;
	}
	return place_open(a->os, NULL, ret, e);
}

int rollback_restore(struct applier *a, struct transaction_record *t, bool force, size_t *ret_bad,
		     struct error *e)
{
	struct place place;
	bool gone;
	int r = open_place(a, t, &place, &gone, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < t->change_count; i++)
		t->changes[i].note[0] = '\0';
	*ret_bad = restore_changes(&(struct restore){ .place = gone ? NULL : &place,
						      .host = &place,
						      .changes = t->changes,
						      .count = t->change_count,
						      .force = force,
						      .in_hand = SIZE_MAX });
	place_close(&place);
	return 0;
}

static int journal_end(struct applier *a, struct transaction_record *t, struct error *e)
{
	struct error why = { 0 };
	int r;

	t->finished_utc_s = a->os->ops->utc_s(a->os);
	r = store_update(a->store, t, &why);
	if (r == 0)
		return 0;
	return error_set(e, r, why.kind, NULL,
			 "transaction %lld: %s, but the journal could not be written: %.300s; once "
			 "it can be, netwright rollback %lld finishes it",
			 (long long)t->id,
			 t->state == TRANSACTION_PARTIAL ? "settings are put back in part only"
							 : "the settings are put back",
			 why.text, (long long)t->id);
}

int rollback_finish(struct applier *a, struct transaction_record *t, bool force, const char *reason,
		    struct error *e)
{
	enum transaction_state good = t->state == TRANSACTION_APPLYING ? TRANSACTION_FAILED
								       : TRANSACTION_ROLLED_BACK;
	struct error files = { 0 };
	size_t bad = 0;
	int r = rollback_restore(a, t, force, &bad, e), files_r;

	if (r < 0)
		return r;
	files_r = transaction_files_remove(a, t, &files);
	t->state = bad == 0 && files_r == 0 ? good : TRANSACTION_PARTIAL;
	(void)snprintf(t->reason, sizeof(t->reason), "%s%s%.160s", reason,
		       files_r < 0 ? "; files that survive a reboot are left: " : "", files.text);
	r = journal_end(a, t, e);
	if (r < 0 || t->state != TRANSACTION_PARTIAL)
		return r;
	if (bad > 0)
		return restore_report(t, files.text, e);
	return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
			 "transaction %lld: the settings are put back, but files that set them at "
			 "the next boot are left: %s; the next netwright that changes settings "
			 "tries again",
			 (long long)t->id, files.text);
}

/* How many settings hold what they held before the transaction, and how many something else. What
 * is gone, cannot be read, or was to hold what it held anyway is neither. */
static int count_undone(struct applier *a, const struct transaction_record *t, size_t *ret_undone,
			size_t *ret_others, struct error *e)
{
	struct place place;
	bool gone;
	int r = open_place(a, t, &place, &gone, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < t->change_count; i++) {
		const struct plan_change *c = &t->changes[i].change;
		struct error why = { 0 };
		struct held now;

		if (plan_change_holds(c) || (gone && !c->target.kind->host_wide) ||
		    c->target.kind->present(&place, &c->target, &why) < 0 ||
		    c->target.kind->read(&place, &c->target, &now, &why) < 0)
			continue;
		if (plan_relate(c, &now) == HELD_FROM)
			(*ret_undone)++;
		else
			(*ret_others)++;
	}
	place_close(&place);
	return 0;
}

int rollback_finish_kept(struct applier *a, struct transaction_record *t, struct error *e)
{
	size_t undone = 0, others = 0;
	struct error why = { 0 };
	int r;

	if (t->persistence != PERSISTENCE_WANTED)
		return 0;
	r = count_undone(a, t, &undone, &others, e);
	if (r == 0 && undone == 0)
		r = transaction_files_finish(a, t, e);
	if (r < 0 || undone == 0)
		return r < 0 ? r : 1;
	if (transaction_files_remove(a, t, &why) < 0)
		return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
				 "transaction %lld: files that set it at the next boot are left: "
				 "%s",
				 (long long)t->id, why.text);
	t->state = others == 0 ? TRANSACTION_FAILED : TRANSACTION_PARTIAL;
	(void)snprintf(t->reason, sizeof(t->reason),
		       "settings hold what they held before, so no file sets them at boot");
	t->finished_utc_s = a->os->ops->utc_s(a->os);
	r = store_update(a->store, t, e);
	return r < 0 ? r : 1;
}

int rollback_make_void(struct applier *a, struct transaction_record *t, struct error *e)
{
	struct error why = { 0 };
	int r = 0;

	/* Kept, or partly undone by a person who was told: what it has of files is meant. */
	if (t->state == TRANSACTION_KEPT)
		r = transaction_files_write(a, t, &why);
	else if (t->state != TRANSACTION_PARTIAL)
		r = transaction_files_remove(a, t, &why);
	if (r < 0)
		return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
				 "transaction %lld: its files for the next boot are not as they "
				 "should be: %s; the next netwright that changes settings tries "
				 "again",
				 (long long)t->id, why.text);
	t->state = TRANSACTION_VOID;
	(void)snprintf(t->reason, sizeof(t->reason),
		       "the machine was restarted, and the kernel forgot it");
	t->finished_utc_s = a->os->ops->utc_s(a->os);
	return store_update(a->store, t, e);
}

/* What is left of a transaction of another boot is its files. */
static int forget_files(struct applier *a, struct transaction_record *t, const char *reason,
			struct error *e)
{
	int r = transaction_files_remove(a, t, e);

	if (r < 0)
		return r;
	t->state = TRANSACTION_ROLLED_BACK;
	(void)snprintf(t->reason, sizeof(t->reason),
		       "%s: its files were removed; the restart had undone the rest", reason);
	return journal_end(a, t, e);
}

/* A disk that is full or fails keeps nobody from their old values: they are durable, and restoring
 * them again does no harm. */
static bool is_disk(int failure)
{
	return failure == -ENOSPC || failure == -EDQUOT || failure == -EROFS || failure == -EIO;
}

/* From here on a crash is continued by recovery. */
static int journal_begin(struct applier *a, struct transaction_record *t, struct error *e)
{
	struct error why = { 0 };
	int r;

	if (t->state == TRANSACTION_APPLYING)
		return 0;
	t->state = TRANSACTION_ROLLING_BACK;
	t->finished_utc_s = 0;
	r = store_update(a->store, t, &why);
	return r == 0 || is_disk(r) ? 0 : error_set(e, r, why.kind, NULL, "%s", why.text);
}

bool rollback_left_gone(const struct transaction_record *t)
{
	for (size_t i = 0; i < t->change_count; i++) {
		if (t->changes[i].outcome == CHANGE_GONE)
			return true;
	}
	return false;
}

/* Whether something that was gone is there after all: 1, 0, or a negative errno. */
static int find_again(struct applier *a, const struct transaction_record *t, struct error *e)
{
	struct place place;
	bool gone, found = false;
	int r;

	if (!rollback_left_gone(t) || rollback_is_other_boot(a, t))
		return 0;
	r = open_place(a, t, &place, &gone, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < t->change_count && !found; i++) {
		const struct target *target = &t->changes[i].change.target;

		found = t->changes[i].outcome == CHANGE_GONE &&
			(!gone || target->kind->host_wide) &&
			target->kind->present(&place, target, NULL) == 0;
	}
	place_close(&place);
	return found;
}

bool transaction_is_undone_by_hand(const struct transaction_record *t)
{
	return (t->state == TRANSACTION_ROLLED_BACK || t->state == TRANSACTION_PARTIAL ||
		t->state == TRANSACTION_ROLLING_BACK) &&
	       strncmp(t->reason, TRANSACTION_BY_HAND, strlen(TRANSACTION_BY_HAND)) == 0;
}

static int already(const struct transaction_record *t, struct error *e)
{
	return error_set(e, -EALREADY, ERROR_INPUT, NULL,
			 "transaction %lld is %s: there is nothing to roll back", (long long)t->id,
			 transaction_state_name(t->state));
}

int transaction_roll_back(struct applier *a, int64_t id, bool force, const char *reason,
			  struct transaction_record *ret, struct error *e)
{
	struct error why = { 0 };
	int r;

	memset(ret, 0, sizeof(*ret));
	r = store_load(a->store, id, ret, &why);
	if (r == -EBADMSG)
		return salvage_roll_back(a, id, force, reason, &why, ret, e);
	if (r < 0)
		return error_set(e, r, why.kind, NULL, "%s", why.text);
	if (ret->state == TRANSACTION_ROLLED_BACK || ret->state == TRANSACTION_FAILED) {
		r = find_again(a, ret, e);
		if (r <= 0)
			return r < 0 ? r : already(ret, e);
		r = 0;
	}
	if (rollback_is_other_boot(a, ret) && ret->persistence != PERSISTENCE_NONE &&
	    (ret->state == TRANSACTION_KEPT || ret->state == TRANSACTION_PARTIAL))
		return forget_files(a, ret, reason, e);
	if (ret->state != TRANSACTION_VOID && rollback_is_other_boot(a, ret))
		r = rollback_make_void(a, ret, e);
	if (r == 0 && ret->state == TRANSACTION_VOID)
		return ret->persistence == PERSISTENCE_NONE ? already(ret, e)
							    : forget_files(a, ret, reason, e);
	if (r == 0 && !force) {
		r = later_refuse(a->store, ret, e);
		if (r < 0)
			transaction_record_done(ret);
	}
	if (r == 0)
		r = journal_begin(a, ret, e);
	return r < 0 ? r : rollback_finish(a, ret, force, reason, e);
}
