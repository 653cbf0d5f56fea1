#include "apply/boot_settings.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/change.h"
#include "cli/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The wishes that can be met: a transaction is all or none, and a boot is not. */
struct attempt {
	struct wish *all; /* owned */
	size_t first, end;
	char culprit[TARGET_NAME_MAX]; /* whose write failed; "" none */
};

static void attempt_done(struct attempt *a)
{
	free(a->all);
}

/* Whether the wishes make a plan here. */
static int check(const struct place *p, const struct wish *wishes, size_t n, struct error *e)
{
	struct plan plan = { 0 };
	int r = kind_of_target(wishes[0].tunable)->by_hand_only
			? error_set(e, -EINVAL, ERROR_INPUT, wishes[0].tunable,
				    "is set by hand only")
			: plan_make(p, wishes, n, &plan, e);

	plan_done(&plan);
	return r;
}

static void tell_why(struct restoring *g, const struct wish *wish, const struct error *why)
{
	struct bytes b = { 0 };

	if (bytes_printf(&b, "not restored (%s): %s", wish->why, why->text) >= 0)
		restoring_tell(g, b.data);
	bytes_done(&b);
}

/* Collects from the last line to the first: where two of them mean the same and differ, it is the
 * earlier one that makes no plan with the others. */
static int collect(struct restoring *g, const struct boot_settings *s, struct attempt *a,
		   struct error *e)
{
	a->all = calloc(s->count + 1, sizeof(*a->all));
	if (a->all == NULL)
		return error_errno(e, -ENOMEM, NULL, "restoring");
	a->first = a->end = s->count;
	for (size_t i = s->count; i > 0; i--) {
		const struct boot_setting *one = &s->all[i - 1];
		struct wish *wish = &a->all[a->first - 1];
		struct error why = { 0 };

		*wish = (struct wish){ one->tunable, one->value, one->why, WISH_SET };
		if (check(g->place, wish, a->end - a->first + 1, &why) == 0)
			a->first--;
		else
			tell_why(g, wish, &why);
	}
	return 0;
}

/* For a change_request: which write it was that failed, the others having been put back. */
static void note_culprit(const void *arg, const struct settings *s,
			 const struct transaction_record *t)
{
	struct attempt *const *a = arg;

	(void)s;
	for (size_t i = 0; t->state == TRANSACTION_FAILED && i < t->change_count; i++) {
		if (t->changes[i].outcome == CHANGE_FAILED)
			memcpy((*a)->culprit, t->changes[i].change.target.name,
			       sizeof((*a)->culprit));
	}
}

static int carry_out(const struct restoring *g, struct attempt *a, FILE *out, struct error *e)
{
	const struct change_request request = {
		.settings = g->settings,
		.place = g->place,
		.wishes = a->all + a->first,
		.wish_count = a->end - a->first,
		.applied = note_culprit,
		.applied_arg = &a,
	};

	a->culprit[0] = '\0';
	return change_carry_out(&request, out, e);
}

/* Whether there is something left to try without it. */
static bool drop_culprit(struct restoring *g, struct attempt *a, const struct error *why)
{
	for (size_t i = a->first; a->culprit[0] != '\0' && i < a->end; i++) {
		if (strcmp(a->all[i].tunable, a->culprit) != 0)
			continue;
		tell_why(g, &a->all[i], why);
		a->end--;
		memmove(a->all + i, a->all + i + 1, (a->end - i) * sizeof(a->all[0]));
		return true;
	}
	return false;
}

int restore_settings(struct restoring *g, FILE *out, struct error *e)
{
	CLEANUP(boot_settings_done) struct boot_settings s = { 0 };
	CLEANUP(attempt_done) struct attempt a = { 0 };
	const char *root = g->settings->root != NULL ? g->settings->root : "";
	int r = boot_settings_read(g->place->os, root, &s, e);

	for (size_t at = 0; at < s.problems.len; at += strlen(s.problems.data + at) + 1)
		restoring_tell(g, s.problems.data + at);
	if (r == 0)
		r = collect(g, &s, &a, e);
	if (r < 0)
		return r;
	do {
		struct error why = { 0 };

		r = carry_out(g, &a, out, &why);
		if (r < 0 && !drop_culprit(g, &a, &why)) {
			*e = why;
			return r;
		}
	} while (r < 0);
	return 0;
}
