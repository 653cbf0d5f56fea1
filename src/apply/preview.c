#include "apply/preview.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static void leave(struct change_record *c, enum change_outcome outcome, const char *why)
{
	c->outcome = outcome;
	text_copy_printable(c->note, sizeof(c->note), why, strlen(why));
}

/* What the target would hold when the newer transactions are rolled back: what the oldest of them
 * that changed it had found. False: what it holds now. */
static bool hold_by_then(const struct transaction_record *all, size_t index,
			 const struct target *target, struct held *ret)
{
	const struct transaction_record *t = &all[index];

	for (size_t i = index; i-- > 0;) {
		if (!target->kind->host_wide && all[i].netns_cookie != t->netns_cookie)
			continue;
		for (size_t k = 0; k < all[i].change_count; k++) {
			const struct change_record *c = &all[i].changes[k];

			if (c->outcome == CHANGE_RESTORED && all[i].state != TRANSACTION_VOID &&
			    target_same(&c->change.target, target)) {
				*ret = c->change.from;
				return true;
			}
		}
	}
	return false;
}

/* Whether it would be written; else the change says why not. */
static bool judge(const struct place *p, const struct transaction_record *all, size_t index,
		  struct change_record *c, bool force, struct held *now)
{
	const struct target *t = &c->change.target;
	struct error e = { 0 };
	int r = t->kind->present(p, t, &e);

	c->note[0] = '\0';
	if (r == 0 && !hold_by_then(all, index, t, now))
		r = t->kind->read(p, t, now, &e);
	if (r < 0) {
		leave(c, r == -ESTALE ? CHANGE_GONE : CHANGE_UNRESTORED, e.text);
		return false;
	}
	memcpy(c->read_back, now->text, sizeof(c->read_back));
	switch (plan_relate(&c->change, now)) {
	case HELD_FROM:
		leave(c, CHANGE_UNTOUCHED, "holds that already");
		return false;
	case HELD_FOREIGN:
		if (!force)
			leave(c, CHANGE_CONFLICT,
			      "holds what somebody else wrote, and would be left alone");
		return force;
	case HELD_TO:
	case HELD_BETWEEN:
	default:
		return true;
	}
}

static int preview_changes(const struct place *p, bool gone, struct transaction_record *all,
			   size_t index, bool force, struct plan *ret, struct error *e)
{
	struct transaction_record *t = &all[index];

	ret->changes = calloc(t->change_count > 0 ? t->change_count : 1, sizeof(ret->changes[0]));
	if (ret->changes == NULL)
		return error_errno(e, -ENOMEM, NULL, "preview");
	ret->capacity = t->change_count;
	for (size_t i = t->change_count; i-- > 0;) {
		struct change_record *c = &t->changes[i];
		struct plan_change *back = &ret->changes[ret->count];

		if (gone && !c->change.target.kind->host_wide) {
			leave(c, CHANGE_GONE, "its network namespace is gone");
			continue;
		}
		if (!judge(p, all, index, c, force, &back->from))
			continue;
		c->outcome = CHANGE_RESTORED;
		back->target = c->change.target;
		memcpy(back->to, c->change.from.text, sizeof(back->to));
		(void)snprintf(back->why, sizeof(back->why), "roll-back of transaction %lld",
			       (long long)t->id);
		ret->count++;
	}
	return 0;
}

int rollback_preview(struct os *os, struct transaction_record *all, size_t index, bool force,
		     struct plan *ret, struct error *e)
{
	struct transaction_record *t = &all[index];
	struct utsname host;
	struct place place;
	bool gone;
	int r = place_open_again(os, t->netns, t->netns_cookie, PLACE_ANYWHERE, &place, e);

	gone = r == -ESTALE;
	if (gone)
		r = place_open(os, NULL, &place, e);
	if (r < 0)
		return r;
	if (uname(&host) == 0) {
		text_copy_printable(ret->hostname, sizeof(ret->hostname), host.nodename,
				    strlen(host.nodename));
		text_copy_printable(ret->kernel, sizeof(ret->kernel), host.release,
				    strlen(host.release));
	}
	memcpy(ret->netns, t->netns, sizeof(ret->netns));
	ret->netns_cookie = t->netns_cookie;
	if (t->state == TRANSACTION_VOID) {
		for (size_t i = 0; i < t->change_count; i++)
			t->changes[i].note[0] = '\0';
	} else {
		r = preview_changes(&place, gone, all, index, force, ret, e);
	}
	place_close(&place);
	return r;
}
