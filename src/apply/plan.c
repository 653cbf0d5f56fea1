#include "apply/plan.h"

#include "apply/plan_order.h"
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int plan_add(struct plan *plan, const struct plan_change *change)
{
	unsigned int rank = plan_order_rank(change);
	size_t at = plan->count;
	struct plan_change *grown = array_grow(plan->changes, plan->count, &plan->capacity,
					       sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	plan->changes = grown;
	while (at > 0 && plan_order_rank(&plan->changes[at - 1]) > rank)
		at--;
	memmove(plan->changes + at + 1, plan->changes + at,
		(plan->count - at) * sizeof(*plan->changes));
	plan->changes[at] = *change;
	plan->count++;
	return 0;
}

bool plan_change_holds(const struct plan_change *c)
{
	return strcmp(c->from.text, c->to) == 0;
}

enum held_relation plan_relate(const struct plan_change *change, const struct held *now)
{
	const struct target *t = &change->target;

	if (plan_change_holds(change) && strcmp(now->text, change->to) == 0)
		return HELD_FROM;
	return t->kind->relate(t, now, &change->from, change->to);
}

void plan_done(struct plan *plan)
{
	free(plan->changes);
	memset(plan, 0, sizeof(*plan));
}
