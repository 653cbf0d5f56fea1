#include "apply/succession.h"

#include "apply/wish_mode.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One target that earlier profiles changed. */
struct legacy {
	const struct plan_change *first; /* its `from` is what the host had by itself */
	const struct plan_change *last;	 /* its `to` is what it should hold */
	bool broken;			 /* somebody wrote it before `first` */
};

struct succession {
	const struct place *place;
	const char *why; /* of the profile that follows */
	struct profile_wishes *wishes;
	size_t own;		     /* wishes of the profile itself */
	struct target_list *targets; /* owned; of each of those */
	struct legacy *legacies;     /* owned */
	size_t legacy_count;
	struct error *e;
};

static void succession_done(struct succession *s)
{
	for (size_t i = 0; s->targets != NULL && i < s->own; i++)
		target_list_done(&s->targets[i]);
	free(s->targets);
	free(s->legacies);
}

bool succession_profile_of(const struct transaction_record *t, char ret_name[PROFILE_NAME_MAX])
{
	for (size_t i = 0; i < t->change_count; i++) {
		if (profile_of_why(t->changes[i].change.why, ret_name))
			return true;
	}
	return false;
}

bool succession_is_profile(const struct transaction_record *t, const char *boot_id,
			   const struct place *p)
{
	char name[PROFILE_NAME_MAX];

	return t->state == TRANSACTION_KEPT && strcmp(t->boot_id, boot_id) == 0 &&
	       t->netns_cookie == p->cookie && succession_profile_of(t, name);
}

bool succession_follows(const struct transaction_record *later,
			const struct transaction_record *earlier)
{
	char name[PROFILE_NAME_MAX];

	return later->id > earlier->id && strcmp(later->boot_id, earlier->boot_id) == 0 &&
	       later->netns_cookie == earlier->netns_cookie && succession_profile_of(later, name) &&
	       succession_profile_of(earlier, name);
}

/* --- what the earlier ones did ------------------------------------------------------------------
 */

/* From the newest to the oldest, as long as each found what the one before it had written. */
static void add_change(struct succession *s, const struct plan_change *c)
{
	struct legacy *legacy;

	for (size_t i = 0; i < s->legacy_count; i++) {
		legacy = &s->legacies[i];
		if (!target_same(&legacy->first->target, &c->target))
			continue;
		if (!legacy->broken && strcmp(c->to, legacy->first->from.text) == 0)
			legacy->first = c;
		else
			legacy->broken = true;
		return;
	}
	s->legacies[s->legacy_count++] = (struct legacy){ .first = c, .last = c };
}

static int collect(struct succession *s, const struct transaction_record *const *records, size_t n)
{
	char name[PROFILE_NAME_MAX];
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		most += records[i]->change_count;
	s->legacies = calloc(most + 1, sizeof(*s->legacies));
	if (s->legacies == NULL)
		return error_errno(s->e, -ENOMEM, NULL, "profile");
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < records[i]->change_count; k++) {
			const struct change_record *c = &records[i]->changes[k];

			if (c->outcome == CHANGE_WRITTEN && profile_of_why(c->change.why, name))
				add_change(s, &c->change);
		}
	}
	return 0;
}

static int resolve_wishes(struct succession *s)
{
	int r = 0;

	s->own = s->wishes->count;
	s->targets = calloc(s->own + 1, sizeof(*s->targets));
	if (s->targets == NULL)
		return error_errno(s->e, -ENOMEM, NULL, "profile");
	for (size_t i = 0; i < s->own && r == 0; i++) {
		char name[TARGET_NAME_MAX];
		int element;

		r = target_split_name(s->wishes->wishes[i].tunable, name, &element, s->e);
		if (r == 0)
			r = kind_of_target(name)->resolve(s->place, name, &s->targets[i], s->e);
	}
	return r;
}

/* --- what becomes of it -------------------------------------------------------------------------
 */

/* What is gone, or cannot be read any more, is not ours to restore. */
static bool is_ours(const struct succession *s, const struct legacy *legacy)
{
	const struct target *t = &legacy->last->target;
	struct held now = { 0 };

	if (t->kind->present(s->place, t, NULL) < 0 || t->kind->read(s->place, t, &now, NULL) < 0)
		return false;
	return t->kind->relate(t, &now, &legacy->last->from, legacy->last->to) == HELD_TO;
}

static const char *word_of(const char *text, int element, char ret[HELD_TEXT_MAX])
{
	struct text_span rest = { text, strlen(text) }, word = rest;

	for (int i = 0; i <= element; i++) {
		if (!text_next_word(&rest, &word))
			word.len = 0;
	}
	text_copy_printable(ret, HELD_TEXT_MAX, word.at, word.len);
	return ret;
}

/* A wish of the profile for that element (-1: for all of it). Held against what the host had by
 * itself, so that a smaller profile after a larger one is the same as the smaller one alone. */
static int settle(struct succession *s, size_t index, const struct legacy *legacy, int element)
{
	const struct wish *wish = &s->wishes->wishes[index];
	const struct target *t = &legacy->first->target;
	char value[HELD_TEXT_MAX];
	bool exceeded;
	int r;

	/* Of several processes each had its own. */
	if (wish->mode == WISH_SET || s->targets[index].count != 1)
		return 0;
	r = wish_is_exceeded(wish, t->tunable, element, legacy->first->from.text, &exceeded, s->e);
	if (r < 0)
		return r;
	return profile_wishes_fix(
		s->wishes, index,
		exceeded ? word_of(legacy->first->from.text, element, value) : wish->value, s->e);
}

static bool wants(const struct succession *s, size_t index, const struct target *t, int element)
{
	char name[TARGET_NAME_MAX];
	int wanted = -1;

	if (target_split_name(s->wishes->wishes[index].tunable, name, &wanted, NULL) < 0 ||
	    (wanted >= 0 && wanted != element))
		return false;
	for (size_t i = 0; i < s->targets[index].count; i++) {
		if (target_same(&s->targets[index].all[i], t))
			return true;
	}
	return false;
}

static int put_back(struct succession *s, const struct legacy *legacy, int element)
{
	const struct target *t = &legacy->first->target;
	char name[TARGET_NAME_MAX + 16], value[HELD_TEXT_MAX], why[PLAN_WHY_MAX];
	const struct wish wish = { name, value, why, WISH_SET };

	word_of(legacy->first->from.text, element, value);
	if (element >= 0)
		(void)snprintf(name, sizeof(name), "%s[%d]", t->name, element);
	else
		(void)snprintf(name, sizeof(name), "%s", t->name);
	(void)snprintf(why, sizeof(why), "%s: back to what was before others", s->why);
	return profile_wishes_add(s->wishes, &wish, s->e);
}

static int replace_element(struct succession *s, const struct legacy *legacy, int element)
{
	for (size_t i = 0; i < s->own; i++) {
		if (wants(s, i, &legacy->first->target, element))
			return settle(s, i, legacy, element);
	}
	return put_back(s, legacy, element);
}

static int replace(struct succession *s, const struct legacy *legacy)
{
	int elements = (int)legacy->first->target.tunable->elements, r = 0;
	char from[HELD_TEXT_MAX], to[HELD_TEXT_MAX];

	if (elements <= 1)
		return replace_element(s, legacy, -1);
	for (int i = 0; i < elements && r == 0; i++) {
		if (strcmp(word_of(legacy->first->from.text, i, from),
			   word_of(legacy->last->to, i, to)) != 0)
			r = replace_element(s, legacy, i);
	}
	return r;
}

int succession_add(const struct place *p, const struct transaction_record *const *records, size_t n,
		   const char *why, struct profile_wishes *wishes, struct error *e)
{
	CLEANUP(succession_done)
	struct succession s = { .place = p, .why = why, .wishes = wishes, .e = e };
	int r = collect(&s, records, n);

	if (r == 0)
		r = resolve_wishes(&s);
	for (size_t i = 0; i < s.legacy_count && r == 0; i++) {
		if (is_ours(&s, &s.legacies[i]))
			r = replace(&s, &s.legacies[i]);
	}
	return r;
}

int succession_take_back(const struct place *p, const struct transaction_record *const *records,
			 size_t n, struct tunable_values *values, struct error *e)
{
	CLEANUP(succession_done) struct succession s = { .place = p, .e = e };
	int r = collect(&s, records, n);

	for (size_t i = 0; i < s.legacy_count && r == 0; i++) {
		const struct plan_change *first = s.legacies[i].first;
		const struct tunable *t = first->target.tunable;

		/* Rows of the catalogue alone have values there; others are read one by one. */
		if (first->target.kind->prefix[0] != '\0' || tunable_is_pattern(t) ||
		    !is_ours(&s, &s.legacies[i]))
			continue;
		tunable_value_take(t, first->from.text, strlen(first->from.text),
				   &values->values[t - tunables]);
	}
	return r;
}
