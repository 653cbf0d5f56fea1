#include "tunables/sysctl_congestion.h"

#include "base/text.h"
#include "tunables/sysctl.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNDO "allowed "

/* Whether there is anything to undo but the value. */
static bool widens_allowed(const struct place *p, const struct target *t)
{
	return p->is_init && strcmp(t->name, CONGESTION_CONTROL) == 0;
}

/* The list of allowed ones, as a target of the same namespace. */
static struct target allowed_of(const struct target *t)
{
	struct target allowed = *t;

	allowed.tunable = tunable_find(CONGESTION_ALLOWED);
	(void)snprintf(allowed.name, sizeof(allowed.name), "%s", CONGESTION_ALLOWED);
	return allowed;
}

int sysctl_congestion_read(const struct place *p, const struct target *t, struct held *ret,
			   struct error *e)
{
	struct target list = allowed_of(t);
	struct held held = { 0 }, allowed = { 0 };
	int r = sysctl_read(p, t, &held, e);

	if (r == 0 && widens_allowed(p, t)) {
		r = sysctl_read(p, &list, &allowed, e);
		if (r == 0 && snprintf(held.undo, sizeof(held.undo), UNDO "%s", allowed.text) >=
				      (int)sizeof(held.undo))
			r = sysctl_failed(&list, -EFBIG, "reading", e);
	}
	if (r == 0)
		*ret = held;
	return r;
}

/* Whether `now` is `before` and one more. */
static bool is_one_more(const struct tunable *row, const char *now, const char *before,
			const char *one)
{
	char expected[2 * HELD_TEXT_MAX];

	(void)snprintf(expected, sizeof(expected), "%s %s", before, one);
	return !tunable_text_equal(row, now, before) && tunable_text_equal(row, now, expected);
}

/* Before the choice itself is restored, so that a crash in between leaves a target that still
 * does not hold what it did, and is restored again. */
static int restore_allowed(const struct place *p, const struct target *t, const struct held *from,
			   struct error *e)
{
	struct target list = allowed_of(t);
	struct tunable_setting before;
	struct held now, allowed;
	int r;

	if (strncmp(from->undo, UNDO, strlen(UNDO)) != 0)
		return 0;
	/* It comes from the journal: nothing but names is ever written. */
	r = tunable_parse(list.tunable, from->undo + strlen(UNDO), &before, e);
	if (r == 0)
		r = sysctl_read(p, t, &now, e);
	if (r == 0)
		r = sysctl_read(p, &list, &allowed, e);
	if (r < 0 || !is_one_more(list.tunable, allowed.text, before.text, now.text))
		return r;
	return sysctl_write(p, &list, before.text, e);
}

int sysctl_congestion_restore(const struct place *p, const struct target *t,
			      const struct held *from, struct error *e)
{
	struct error first = { 0 };
	int r = widens_allowed(p, t) ? restore_allowed(p, t, from, &first) : 0;
	int written = sysctl_write(p, t, from->text, e);

	/* The value matters more than the list: it is restored in any case. */
	if (written < 0 || r == 0)
		return written;
	if (e != NULL)
		*e = first;
	return r;
}
