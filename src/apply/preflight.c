#include "apply/preflight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNFINISHED \
	(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_ROLLING_BACK | 1u << TRANSACTION_PENDING)

/* A second change on top of one that may yet be rolled back could not be told from its own. */
static int check_alone(struct applier *a, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(a->store, UNFINISHED, 1, &ids, &count, e);

	if (r == 0 && count > 0)
		r = error_set(e, -EBUSY, ERROR_BUSY, NULL,
			      "transaction %lld is not finished: netwright confirm %lld keeps it, "
			      "netwright rollback %lld undoes it",
			      (long long)ids[0], (long long)ids[0], (long long)ids[0]);
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

	if (r == 0 && options->persist)
		r = check_persistence(a, p, plan, e);
	if (r == 0)
		r = check_alone(a, e);
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		r = check_change(p, &plan->changes[i], options->confirm_s > 0, e);
	return r;
}
