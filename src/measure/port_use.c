#include "measure/port_use.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * PORT_USE_MAX) /* a power of two */
#define NONE  UINT32_MAX

struct group {
	struct address local, remote;
	uint16_t remote_port;
	uint32_t ports, established, time_wait, inode;
};

struct port_use {
	struct group groups[PORT_USE_MAX];
	uint32_t index[SLOTS]; /* into groups, or NONE; open addressing */
	uint32_t count;
	bool overflowed;
	uint64_t salt;
};

int port_use_new(struct port_use **ret)
{
	struct port_use *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	memset(t->index, 0xff, sizeof(t->index));
	/* As for flows: where the heap lies keeps a forged recording from choosing collisions. */
	t->salt = (uint64_t)(uintptr_t)t * 0x9e3779b97f4a7c15u;
	*ret = t;
	return 0;
}

void port_use_free(struct port_use *t)
{
	free(t);
}

/* The finisher of MurmurHash3. */
static uint64_t mix(uint64_t h)
{
	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
	h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
	return h ^ (h >> 33);
}

static uint32_t home_slot(const struct port_use *t, const struct group *g)
{
	uint64_t words[4], h = t->salt ^ g->remote_port;

	memcpy(words, g->local.bytes, 16);
	memcpy(words + 2, g->remote.bytes, 16);
	for (size_t i = 0; i < 4; i++)
		h = mix(h ^ words[i]);
	return (uint32_t)h & (SLOTS - 1);
}

static bool same_group(const struct group *a, const struct group *b)
{
	return a->remote_port == b->remote_port && address_equal(&a->remote, &b->remote) &&
	       address_equal(&a->local, &b->local);
}

static uint32_t *find_slot(struct port_use *t, const struct group *g)
{
	uint32_t slot = home_slot(t, g);

	while (t->index[slot] != NONE && !same_group(&t->groups[t->index[slot]], g))
		slot = (slot + 1) & (SLOTS - 1);
	return &t->index[slot];
}

/* Forgets the smallest until half is free. */
static void make_room(struct port_use *t)
{
	t->overflowed = true;
	for (uint32_t floor = 1; t->count > PORT_USE_MAX / 2; floor *= 2) {
		uint32_t kept = 0;

		for (uint32_t i = 0; i < t->count; i++)
			if (t->groups[i].ports > floor)
				t->groups[kept++] = t->groups[i];
		t->count = kept;
	}
	memset(t->index, 0xff, sizeof(t->index));
	for (uint32_t i = 0; i < t->count; i++)
		*find_slot(t, &t->groups[i]) = i;
}

static struct group *find_group(struct port_use *t, const struct socket_info *s)
{
	const struct group wanted = { .local = s->local,
				      .remote = s->remote,
				      .remote_port = s->remote_port };
	uint32_t *slot = find_slot(t, &wanted);

	if (*slot == NONE) {
		if (t->count == PORT_USE_MAX) {
			make_room(t);
			slot = find_slot(t, &wanted);
		}
		*slot = t->count;
		t->groups[t->count++] = wanted;
	}
	return &t->groups[*slot];
}

void port_use_count(struct port_use *t, const struct port_range *range,
		    const struct port_set *listening, const struct socket_info *s)
{
	struct group *g;

	/* What is half open after a SYN came in, whether its listener is still there or not. */
	if (s->state == SOCKET_LISTEN || s->state == SOCKET_SYN_RECV ||
	    !port_range_has(range, s->local_port) || port_set_has(listening, s->local_port))
		return;
	g = find_group(t, s);
	g->ports++;
	g->established += s->state == SOCKET_ESTABLISHED;
	g->time_wait += s->state == SOCKET_TIME_WAIT;
	if (s->inode != 0)
		g->inode = s->inode;
}

bool port_use_overflowed(const struct port_use *t)
{
	return t->overflowed;
}

static int compare_ports(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order;

	if (x->ports != y->ports)
		return x->ports > y->ports ? -1 : 1;
	order = memcmp(x->remote.bytes, y->remote.bytes, sizeof(x->remote.bytes));
	if (order == 0)
		order = (x->remote_port > y->remote_port) - (x->remote_port < y->remote_port);
	return order != 0 ? order : memcmp(x->local.bytes, y->local.bytes, sizeof(x->local.bytes));
}

static void describe(const struct group *g, struct peer_stats *ret)
{
	char local[ADDRESS_TEXT_MAX];

	*ret = (struct peer_stats){
		.local = g->local,
		.remote = g->remote,
		.remote_port = g->remote_port,
		.ports = g->ports,
		.established = g->established,
		.time_wait = g->time_wait,
		.inode = g->inode,
	};
	(void)address_format(&g->local, local, sizeof(local));
	(void)address_format(&g->remote, ret->address, sizeof(ret->address));
	(void)snprintf(ret->name, sizeof(ret->name),
		       g->remote.family == 6 ? "%s > [%s]:%u" : "%s > %s:%u", local, ret->address,
		       g->remote_port);
}

int port_use_take(struct port_use *t, struct peer_stats **ret, size_t *ret_count)
{
	size_t count = t->count < PORT_USE_KEPT ? t->count : PORT_USE_KEPT;
	struct peer_stats *list = calloc(count + 1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	qsort(t->groups, t->count, sizeof(t->groups[0]), compare_ports);
	for (size_t i = 0; i < count; i++)
		describe(&t->groups[i], &list[i]);
	t->count = 0; /* sorted, its index is void */
	memset(t->index, 0xff, sizeof(t->index));
	*ret = list;
	*ret_count = count;
	return 0;
}
