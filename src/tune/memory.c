#include "tune/memory.h"

#include "base/array.h"
#include "tunables/tunable_name.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *outcome_kind_name(enum outcome_kind k)
{
	static const char *const names[OUTCOME_KINDS] = {
		[OUTCOME_KEPT] = "kept",
		[OUTCOME_REVERTED] = "reverted",
		[OUTCOME_UNDECIDED] = "undecided",
		[OUTCOME_PARKED] = "parked",
	};

	return names[k];
}

void memory_done(struct memory *m)
{
	free(m->all);
	*m = (struct memory){ 0 };
}

static struct outcome *find(const struct memory *m, uint64_t netns_cookie, const char *tunable)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->all[i].netns_cookie == netns_cookie &&
		    strcmp(m->all[i].tunable, tunable) == 0)
			return &m->all[i];
	}
	return NULL;
}

const struct outcome *memory_find(const struct memory *m, uint64_t netns_cookie,
				  const char *tunable)
{
	return find(m, netns_cookie, tunable);
}

static struct outcome *oldest(struct memory *m)
{
	struct outcome *o = &m->all[0];

	for (size_t i = 1; i < m->count; i++) {
		if (m->all[i].utc_s < o->utc_s)
			o = &m->all[i];
	}
	return o;
}

/* Room for one more, zeroed; NULL: no memory. */
static struct outcome *add(struct memory *m)
{
	struct outcome *grown;

	if (m->count == MEMORY_OUTCOMES_MAX) {
		struct outcome *o = oldest(m);

		*o = (struct outcome){ 0 };
		return o;
	}
	grown = array_grow(m->all, m->count, &m->capacity, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	m->all = grown;
	m->all[m->count] = (struct outcome){ 0 };
	return &m->all[m->count++];
}

/* Enough to have reached the longest back-off whatever the interval. */
static unsigned int one_more(unsigned int failures)
{
	return failures < 32 ? failures + 1 : failures;
}

/* Without a failure as after the first. */
static double back_off_s(unsigned int failures, double interval_s)
{
	const int doublings = failures > 0 ? (int)failures - 1 : 0;

	return fmin(ldexp(MEMORY_BACK_OFF_INTERVALS * interval_s, doublings),
		    MEMORY_BACK_OFF_MAX_S);
}

int memory_note(struct memory *m, const struct outcome *o, double interval_s,
		const struct outcome **ret)
{
	struct outcome *place = find(m, o->netns_cookie, o->tunable);
	unsigned int before = 0;
	bool again = false; /* undecided, as the last time */

	if (place != NULL) {
		before = place->failures;
		again = o->kind == OUTCOME_UNDECIDED && place->kind == OUTCOME_UNDECIDED;
	} else {
		place = add(m);
	}
	if (place == NULL)
		return -ENOMEM;
	*place = *o;
	switch (o->kind) {
	case OUTCOME_KEPT:
		place->failures = 0;
		place->retry_utc_s = 0;
		break;
	case OUTCOME_REVERTED:
		place->failures = one_more(before);
		place->retry_utc_s = o->utc_s + back_off_s(place->failures, interval_s);
		break;
	case OUTCOME_UNDECIDED:
		place->failures = again ? one_more(before) : before;
		place->retry_utc_s = o->utc_s + back_off_s(place->failures, interval_s);
		break;
	case OUTCOME_PARKED:
	case OUTCOME_KINDS:
		place->failures = before;
		place->retry_utc_s = INFINITY;
	}
	if (ret != NULL)
		*ret = place;
	return 0;
}

int memory_recall(struct memory *m, const struct outcome *o)
{
	struct outcome *place = find(m, o->netns_cookie, o->tunable);

	if (place == NULL)
		place = add(m);
	if (place == NULL)
		return -ENOMEM;
	*place = *o;
	return 0;
}

const struct outcome *memory_forbids(const struct memory *m, uint64_t netns_cookie,
				     const char *tunable, double now_utc_s)
{
	const struct outcome *o = find(m, netns_cookie, tunable);
	char bare[TARGET_NAME_MAX];
	int element;

	if (o != NULL && now_utc_s < o->retry_utc_s)
		return o;
	if (target_split_name(tunable, bare, &element, NULL) < 0)
		return NULL;
	o = find(m, netns_cookie, bare);
	return o != NULL && now_utc_s < o->retry_utc_s ? o : NULL;
}

void memory_meet_clock(struct memory *m, double now_utc_s)
{
	for (size_t i = 0; i < m->count; i++) {
		struct outcome *o = &m->all[i];

		if (o->utc_s <= now_utc_s)
			continue;
		if (o->retry_utc_s > 0)
			o->retry_utc_s -= o->utc_s - now_utc_s;
		o->utc_s = now_utc_s;
	}
}

size_t memory_forget(struct memory *m, uint64_t netns_cookie, const char *pattern)
{
	size_t kept = 0, before = m->count;

	for (size_t i = 0; i < m->count; i++) {
		if (m->all[i].netns_cookie != netns_cookie ||
		    fnmatch(pattern, m->all[i].tunable, 0) != 0)
			m->all[kept++] = m->all[i];
	}
	m->count = kept;
	return before - kept;
}
