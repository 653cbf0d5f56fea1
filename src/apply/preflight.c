#include "apply/preflight.h"

#include "apply/store_remains.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNFINISHED                                                                                 \
	(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_ROLLING_BACK | 1u << TRANSACTION_PENDING | \
	 STORE_STATE_UNKNOWN)

static int refuse_damaged(const struct error *damage, const char *name, struct error *e)
{
	return error_set(e, -EBADMSG, ERROR_FAILED, name,
			 "what it held before may be known to a damaged record alone, so it is not "
			 "changed: %.400s",
			 damage->text);
}

/* The change of the same target, or NULL. */
static const struct plan_change *find_change(const struct transaction_record *t,
					     const struct plan_change *c, uint64_t netns_cookie)
{
	for (size_t i = 0; i < t->change_count; i++) {
		const struct plan_change *other = &t->changes[i].change;

		if (target_same(&other->target, &c->target) &&
		    (c->target.kind->host_wide || t->netns_cookie == netns_cookie))
			return other;
	}
	return NULL;
}

/* Of a record that cannot be read: what it may have in hand is left alone. */
static int check_damaged(struct applier *a, int64_t id, const struct error *damage,
			 const struct plan *plan, struct error *e)
{
	CLEANUP(store_remains_done) struct store_remains m = { 0 };
	int r = store_load_remains(a->store, id, a->boot_id, &m, e);

	if (r < 0 || !m.may_be_hot)
		return r;
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];
		const struct plan_change *known = find_change(&m.record, c, plan->netns_cookie);

		/* Who sets again what it held does what a roll-back would. */
		if (known != NULL ? strcmp(known->from.text, c->to) != 0 : !m.complete)
			return refuse_damaged(damage, c->target.name, e);
	}
	return 0;
}

/* A second change on top of one that may yet be rolled back could not be told from its own. */
static int check_unfinished(struct applier *a, int64_t id, const struct plan *plan, struct error *e)
{
	struct transaction_record t = { 0 };
	struct error damage = { 0 };
	int r = store_load(a->store, id, &t, &damage);

	transaction_record_done(&t);
	if (r == -EBADMSG)
		return check_damaged(a, id, &damage, plan, e);
	if (r < 0)
		return error_set(e, r, damage.kind, NULL, "%s", damage.text);
	return error_set(e, -EBUSY, ERROR_BUSY, NULL,
			 "transaction %lld is not finished: netwright confirm %lld keeps it, "
			 "netwright rollback %lld undoes it",
			 (long long)id, (long long)id, (long long)id);
}

static int check_alone(struct applier *a, const struct plan *plan, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(a->store, UNFINISHED, SIZE_MAX, &ids, &count, e);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = check_unfinished(a, ids[i], plan, e);
	free(ids);
	return r;
}

static int check_from(const struct plan_change *c, const struct held *now, struct error *e)
{
	const struct target *t = &c->target;

	if (plan_relate(c, now) == HELD_FROM)
		return 0;
	return error_set(e, -EAGAIN, ERROR_CONFLICT, t->name,
			 "it holds \"%.80s\", and held \"%.80s\" when the plan was made: somebody "
			 "else sets it; nothing was written, make the plan again",
			 now->text, c->from.text);
}

/* A plan may come from a file: its values are judged as if a person had typed them. */
static int check_to(const struct place *p, const struct plan_change *c, const struct held *now,
		    struct error *e)
{
	const struct target *t = &c->target;
	char to[HELD_TEXT_MAX];
	int r = t->kind->want(p, t, -1, c->to, now, to, e);

	if (r < 0 || strcmp(to, c->to) == 0)
		return r;
	return error_set(
		e, -EINVAL, ERROR_INPUT, t->name,
		"the plan wants \"%.80s\", which is written \"%.80s\"; make the plan again", c->to,
		to);
}

static int check_change(const struct place *p, const struct plan_change *c, bool confirmed,
			struct error *e)
{
	const struct target *t = &c->target;
	struct held now;
	int r = t->kind->present(p, t, e);

	if (r == 0)
		r = t->kind->read(p, t, &now, e);
	if (r == 0)
		r = check_from(c, &now, e);
	if (r == 0)
		r = check_to(p, c, &now, e);
	if (r == 0)
		r = t->kind->check(p, t, &now, c->to, e);
	if (r == 0 && confirmed && t->tunable->undo == TUNABLE_UNDO_NO)
		r = error_set(
			e, -EINVAL, ERROR_INPUT, t->name,
			"what it does cannot be undone, so --confirm could not keep its word; "
			"leave it out, or apply it without --confirm");
	return r;
}

static int check_persistence(const struct applier *a, const struct place *p,
			     const struct plan *plan, struct error *e)
{
	if (a->persister == NULL)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, NULL,
				 "this netwright writes no files that survive a reboot; leave out "
				 "--persist");
	return a->persister->check != NULL ? a->persister->check(p, plan, e) : 0;
}

int preflight_check(struct applier *a, const struct place *p, const struct plan *plan,
		    const struct apply_options *options, struct error *e)
{
	int r = plan_check_host(plan, p, e);
	size_t gone = 0;

	if (r == 0 && options->persist)
		r = check_persistence(a, p, plan, e);
	if (r == 0)
		r = check_alone(a, plan, e);
	for (size_t i = 0; r == 0 && i < plan->count; i++) {
		r = check_change(p, &plan->changes[i], options->confirm_s > 0, e);
		if (r == -ESTALE && plan->changes[i].target.kind->fleeting && ++gone < plan->count)
			r = 0;
	}
	return r;
}
