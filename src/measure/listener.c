#include "measure/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LST-02: a burst that filled four fifths is one burst away from refusing connections. */
#define NEAR_FULL_SHARE 0.8

void listener_table_done(struct listener_table *t)
{
	free(t->listeners);
	free(t->last_round);
	memset(t, 0, sizeof(*t));
}

void listener_round_begin(struct listener_table *t)
{
	t->round++;
	t->expected = 0;
}

static size_t find_listener(const struct listener_table *t, uint64_t cookie)
{
	size_t i;

	if (t->expected < t->count && t->listeners[t->expected].cookie == cookie)
		return t->expected;
	for (i = 0; i < t->count && t->listeners[i].cookie != cookie; i++)
		;
	return i;
}

static int add_listener(struct listener_table *t, const struct socket_info *s)
{
	struct listener_stats *l;

	if (t->count == t->capacity) {
		size_t capacity = t->capacity == 0 ? 32 : 2 * t->capacity;
		uint32_t *rounds;

		l = realloc(t->listeners, capacity * sizeof(*l));
		if (l == NULL)
			return -ENOMEM;
		t->listeners = l;
		rounds = realloc(t->last_round, capacity * sizeof(*rounds));
		if (rounds == NULL)
			return -ENOMEM;
		t->last_round = rounds;
		t->capacity = capacity;
	}
	l = &t->listeners[t->count];
	*l = (struct listener_stats){
		.cookie = s->cookie,
		.local = s->local,
		.port = s->local_port,
		.inode = s->inode,
		.uid = s->uid,
		.bound_ifindex = s->bound_ifindex,
	};
	t->last_round[t->count++] = t->round - 1;
	return 0;
}

int listener_observe(struct listener_table *t, const struct socket_info *s)
{
	size_t i = find_listener(t, s->cookie);
	struct listener_stats *l;

	if (i == t->count) {
		int r = add_listener(t, s);

		if (r < 0)
			return r;
	}
	t->expected = i + 1;
	if (t->last_round[i] == t->round)
		return 0;
	t->last_round[i] = t->round;
	l = &t->listeners[i];
	l->samples++;
	l->backlog = s->wqueue;
	l->queue_last = s->rqueue;
	l->queue_sum += s->rqueue;
	if (s->rqueue > l->queue_max)
		l->queue_max = s->rqueue;
	l->full_samples += s->rqueue > s->wqueue;
	l->near_full_samples += s->rqueue > 0 && s->rqueue >= NEAR_FULL_SHARE * s->wqueue;
	return 0;
}

static int compare_listeners(const void *a, const void *b)
{
	const struct listener_stats *x = a, *y = b;
	int order;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->local.family != y->local.family)
		return x->local.family < y->local.family ? -1 : 1;
	order = memcmp(x->local.bytes, y->local.bytes, sizeof(x->local.bytes));
	if (order != 0)
		return order;
	if (x->bound_ifindex != y->bound_ifindex)
		return x->bound_ifindex < y->bound_ifindex ? -1 : 1;
	return x->cookie < y->cookie ? -1 : x->cookie > y->cookie;
}

/* Several may share an address (SO_REUSEPORT, or bound to different devices): "#2" tells them
 * apart, by device and then in the order in which they were made. */
static void name_listeners(struct listener_stats *listeners, size_t count)
{
	unsigned int twin = 1;

	for (size_t i = 0; i < count; i++) {
		struct listener_stats *l = &listeners[i];
		const struct listener_stats *previous = i > 0 ? l - 1 : NULL;
		bool same = previous != NULL && previous->port == l->port &&
			    address_equal(&previous->local, &l->local);
		char suffix[16] = "";

		twin = same ? twin + 1 : 1;
		if (same)
			(void)snprintf(suffix, sizeof(suffix), " #%u", twin);
		(void)address_format(&l->local, l->address, sizeof(l->address));
		(void)snprintf(l->name, sizeof(l->name),
			       l->local.family == 6 ? "[%s]:%u%s" : "%s:%u%s", l->address, l->port,
			       suffix);
	}
}

static double mean_queue(const struct listener_stats *l)
{
	return l->samples > 0 ? (double)l->queue_sum / l->samples : 0;
}

static bool are_twins(const struct listener_stats *a, const struct listener_stats *b)
{
	return a->port == b->port && a->bound_ifindex == b->bound_ifindex &&
	       address_equal(&a->local, &b->local);
}

/* Those with one address, port and device stand together. */
static void compare_twins(struct listener_stats *listeners, size_t count)
{
	size_t first = 0;

	while (first < count) {
		double sum = 0;
		size_t end = first;

		for (; end < count && are_twins(&listeners[first], &listeners[end]); end++)
			sum += mean_queue(&listeners[end]);
		for (size_t i = first; i < end; i++) {
			size_t others = end - first - 1;

			listeners[i].twins = (uint32_t)others + 1;
			if (others > 0)
				listeners[i].twins_queue_mean = (sum - mean_queue(&listeners[i])) /
								(double)others;
		}
		first = end;
	}
}

void listener_table_take(struct listener_table *t, struct listener_stats **ret, size_t *ret_count)
{
	if (t->count > 0)
		qsort(t->listeners, t->count, sizeof(*t->listeners), compare_listeners);
	name_listeners(t->listeners, t->count);
	compare_twins(t->listeners, t->count);
	*ret = t->listeners;
	*ret_count = t->count;
	t->listeners = NULL;
	t->count = 0;
}
