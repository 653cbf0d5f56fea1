#include "apply/restore.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A signal or a moment without memory must not cost a value; what fails three times stays failed.
 */
#define RESTORE_ATTEMPTS 3

/* Values in sentences are cut to this: the whole of them is in the journal. */
#define QUOTED_MAX 48

static const struct place *place_of(const struct restore *r, const struct change_record *c)
{
	return c->change.target.kind->host_wide ? r->host : r->place;
}

static void note(struct change_record *c, enum change_outcome outcome, const char *text)
{
	c->outcome = outcome;
	text_copy_printable(c->note, sizeof(c->note), text, strlen(text));
}

static int look(const struct place *p, struct change_record *c, enum held_relation *ret,
		struct error *e)
{
	const struct target *t = &c->change.target;
	struct held now;
	int r = t->kind->present(p, t, e);

	if (r == 0)
		r = t->kind->read(p, t, &now, e);
	if (r < 0)
		return r;
	memcpy(c->read_back, now.text, sizeof(c->read_back));
	*ret = plan_relate(&c->change, &now);
	return 0;
}

static void note_conflict(struct change_record *c)
{
	c->outcome = CHANGE_CONFLICT;
	(void)snprintf(
		c->note, sizeof(c->note),
		"holds \"%.*s\", which is not what we wrote (\"%.*s\", before that \"%.*s\"); "
		"left alone, roll back with --force to replace it",
		QUOTED_MAX, c->read_back, QUOTED_MAX, c->change.to, QUOTED_MAX,
		c->change.from.text);
}

static void note_unrestored(struct change_record *c, const char *why)
{
	c->outcome = CHANGE_UNRESTORED;
	(void)snprintf(c->note, sizeof(c->note), "should hold \"%.*s\" again: %.160s", QUOTED_MAX,
		       c->change.from.text, why);
}

/* `ours`: whatever is there came from us. What cannot even be read is written blindly only then. */
static void restore_one(const struct restore *r, struct change_record *c, bool ours)
{
	const struct target *t = &c->change.target;
	const struct place *p = place_of(r, c);
	struct error e = { 0 };
	bool wrote = false;

	if (p == NULL) {
		note(c, CHANGE_GONE,
		     "its network namespace is gone; should it turn up, roll back once more");
		return;
	}
	for (unsigned int tried = 0;; tried++) {
		enum held_relation relation = HELD_FOREIGN;
		int seen = look(p, c, &relation, &e);

		if (seen == -ESTALE) {
			note(c, CHANGE_GONE, e.text);
			return;
		}
		if (seen == 0 && relation == HELD_FROM) {
			c->outcome = wrote ? CHANGE_RESTORED : CHANGE_UNTOUCHED;
			return;
		}
		if (seen == 0 && relation == HELD_FOREIGN && !ours) {
			note_conflict(c);
			return;
		}
		if (tried == RESTORE_ATTEMPTS)
			break;
		if (seen < 0 && !ours)
			continue;
		wrote = ours = true;
		if (t->kind->restore(p, t, &c->change.from, &e) == 0)
			(void)error_set(&e, -EIO, ERROR_FAILED, NULL,
					"the kernel took the write, and did not do it");
	}
	note_unrestored(c, e.text);
}

/* What held what it held before a moment ago, and does not now, got that with what we wrote since.
 * And what seemed to be somebody else's may have been the doing of a change that is undone now. */
static void restore_again(const struct restore *r, struct change_record *c)
{
	bool conflict = c->outcome == CHANGE_CONFLICT;
	enum held_relation relation;
	struct error e;

	if (!conflict && c->outcome != CHANGE_RESTORED && c->outcome != CHANGE_UNTOUCHED)
		return;
	if (look(place_of(r, c), c, &relation, &e) == 0 && relation == HELD_FROM) {
		if (conflict)
			note(c, CHANGE_RESTORED, "");
		return;
	}
	if (!conflict)
		restore_one(r, c, true);
}

size_t restore_changes(const struct restore *r)
{
	size_t bad = 0;

	for (size_t i = r->count; i-- > 0;)
		restore_one(r, &r->changes[i], r->force || i == r->in_hand);
	for (size_t i = 0; i < r->count; i++) {
		restore_again(r, &r->changes[i]);
		bad += r->changes[i].outcome == CHANGE_CONFLICT ||
		       r->changes[i].outcome == CHANGE_UNRESTORED;
	}
	return bad;
}

int restore_report(const struct transaction_record *t, const char *why, struct error *e)
{
	const struct change_record *first = NULL;
	size_t bad = 0;

	for (size_t i = 0; i < t->change_count; i++) {
		const struct change_record *c = &t->changes[i];

		if (c->outcome != CHANGE_CONFLICT && c->outcome != CHANGE_UNRESTORED)
			continue;
		if (bad++ == 0)
			first = c;
	}
	return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
			 "%s%s%zu of %zu settings of transaction %lld are not what they were; %s "
			 "%s; see netwright show %lld",
			 why, why[0] != '\0' ? "; " : "", bad, t->change_count, (long long)t->id,
			 first != NULL ? first->change.target.name : "",
			 first != NULL ? first->note : "", (long long)t->id);
}
