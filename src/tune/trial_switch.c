#include "tune/trial_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int settle(struct trial *t, struct error *e)
{
	const struct trial_request *q = t->request;
	int r = t->new_sockets ? t->world->ops->mark(t->world, e) : 0;

	t->marked = true;
	t->fresh = t->new_sockets; /* their time to settle begins when they are opened */
	if (r == 0 && q->settle_s > 0 && !t->fresh) {
		trial_tell(t, "settling");
		r = t->world->ops->wait(t->world, q->settle_s, e);
	}
	return r;
}

/* Over because of somebody else. */
static int leave_to_others(struct trial *t, const char *target)
{
	t->report->foreign = true;
	(void)snprintf(t->report->foreign_target, sizeof(t->report->foreign_target), "%s", target);
	return 0;
}

/* Of the same thing: a descriptor that was closed and opened again has its name only. */
static const struct plan_change *find_change(const struct transaction_record *t,
					     const struct target *target)
{
	for (size_t i = 0; i < t->change_count; i++) {
		const struct target *other = &t->changes[i].change.target;

		if (strcmp(other->name, target->name) == 0 &&
		    strcmp(other->identity, target->identity) == 0)
			return &t->changes[i].change;
	}
	return NULL;
}

/* Whether what held before this change is what held before the first one: 1, or 0 when somebody
 * has set it in between. What is gone meanwhile is nobody's doing. */
static int compare_with_first(struct trial *t, const struct transaction_record *now)
{
	for (size_t i = 0; i < now->change_count; i++) {
		const struct plan_change *c = &now->changes[i].change;
		const struct plan_change *before = find_change(&t->first, &c->target);

		if (before != NULL && strcmp(before->from.text, c->from.text) != 0)
			return leave_to_others(t, c->target.name);
	}
	return 1;
}

/* 1 when the change is in force, 0 when the trial is over because of somebody else, or because the
 * connections that it is set on have been closed since it began. */
int trial_switch_on(struct trial *t, struct error *e)
{
	const struct trial_request *q = t->request;
	const bool first = t->report->transaction == 0;
	struct transaction_record record = { 0 };
	int r = t->world->ops->apply(t->world, q->wishes, q->wish_count, trial_deadline_s(q),
				     &record, e);

	if (r == 0 && record.id == 0) {
		r = first ? error_set(e, -EALREADY, ERROR_INPUT, NULL, "everything holds already")
			  : leave_to_others(t, q->wishes[0].tunable);
	} else if (r == 0) {
		t->pending = record.id;
		t->report->transaction = record.id;
		r = first ? 1 : compare_with_first(t, &record);
	}
	t->lost = !first && (r == -ENOENT || r == -ESTALE);
	if (t->lost)
		r = 0;
	if (first && t->pending != 0)
		t->first = record;
	else
		transaction_record_done(&record);
	return r;
}

int trial_switch_off(struct trial *t, const char *reason, struct error *e)
{
	int r;

	if (t->pending == 0)
		return 0;
	r = t->world->ops->revert(t->world, t->pending, reason, e);
	if (r == -EALREADY) {
		t->report->confirmed = true;
		r = leave_to_others(t, "");
	}
	if (r == 0 || r == -EUCLEAN)
		t->pending = 0;
	/* What somebody else has written is left to them; the trial says so. */
	return r == -EUCLEAN && t->report->foreign ? 0 : r;
}

/* 1, or 0 when the trial is over because of somebody else. */
int trial_bring(struct trial *t, bool with, struct error *e)
{
	int r = 1;

	if (with == (t->pending != 0) && (t->marked || !t->new_sockets))
		return 1;
	if (with && t->pending == 0)
		r = trial_switch_on(t, e);
	else if (!with && t->pending != 0)
		r = trial_switch_off(t, "a window without the change is next", e);
	if (r < 0 || t->report->foreign || t->lost)
		return r < 0 ? r : 0;
	r = settle(t, e);
	return r < 0 ? r : 1;
}

/* Whether the change is still ours: 1, 0 when the trial is over. */
int trial_look_for_others(struct trial *t, struct error *e)
{
	char target[TARGET_NAME_MAX] = "";
	int r;

	if (t->pending == 0)
		return 1;
	r = t->world->ops->check(t->world, t->pending, target, e);
	if (r == -EEXIST)
		return leave_to_others(t, target);
	if (r != -ECANCELED && r != -EALREADY && r != -ETIME)
		return r < 0 ? r : 1;
	t->pending = 0;
	t->expired = r == -ETIME;
	t->report->confirmed = r == -EALREADY;
	return t->expired ? 0 : leave_to_others(t, "");
}
