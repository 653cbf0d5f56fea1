#include "daemon/watched.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

static void watched_done(struct watched *w)
{
	sightings_done(&w->sightings);
}

void watched_list_done(struct watched_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		watched_done(&l->all[i]);
	free(l->all);
	*l = (struct watched_list){ 0 };
}

bool watched_is_at(const struct watched *w, const struct realm_place *place)
{
	/* Old kernels have no cookies. */
	return w->place.cookie != 0 || place->cookie != 0
		       ? w->place.cookie == place->cookie
		       : strcmp(w->place.label, place->label) == 0;
}

struct watched *watched_list_get(struct watched_list *l, const struct realm_place *place,
				 bool *ret_new)
{
	struct watched *w;

	*ret_new = false;
	for (size_t i = 0; i < l->count; i++) {
		if (watched_is_at(&l->all[i], place))
			return &l->all[i];
	}
	w = array_grow(l->all, l->count, &l->capacity, sizeof(*w));
	if (w == NULL)
		return NULL;
	l->all = w;
	w = &l->all[l->count++];
	*w = (struct watched){ .place = *place };
	*ret_new = true;
	return w;
}

const char *watched_list_label(const struct watched_list *l, uint64_t cookie)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->all[i].place.cookie == cookie)
			return l->all[i].place.label;
	}
	return NULL;
}

void watched_list_forget_findings(struct watched_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		sightings_done(&l->all[i].sightings);
		l->all[i].trim = (struct trim){ 0 };
		l->all[i].trim_due = 0;
	}
}

void watched_list_turn(struct watched_list *l, void (*dropped)(void *arg, const struct watched *w),
		       void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct watched *w = &l->all[i];

		if (w->missed > 0) /* not in a row any more */
			sightings_done(&w->sightings);
		if (w->missed++ <= WATCHED_MISSED_MAX) {
			l->all[kept++] = *w;
			continue;
		}
		dropped(arg, w);
		watched_done(w);
	}
	l->count = kept;
}
