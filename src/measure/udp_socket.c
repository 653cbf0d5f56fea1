#include "measure/udp_socket.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As LST-02 for accept queues: what filled four fifths is one burst away from dropping. */
#define NEAR_FULL_SHARE 0.8

/* What is remembered of a socket: 80 bytes. */
struct entry {
	uint64_t cookie;
	struct address local, remote;
	uint16_t local_port, remote_port;
	uint32_t inode;
	uint32_t samples, near_full_samples;
	uint32_t drops_base, drops_last; /* the counter before the window, and now */
	uint32_t receive_buffer, queue_max, queue_last;
	bool drops_known;
};

struct udp_table {
	struct entry *known; /* owned, sorted by cookie */
	struct entry *round; /* owned: what this round saw, unsorted until it ends */
	size_t known_count, round_count, round_capacity;
	bool last_complete; /* so what is new in this round was made since */
	bool overflowed, round_overflowed;
};

int udp_table_new(struct udp_table **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret == NULL ? -ENOMEM : 0;
}

void udp_table_free(struct udp_table *t)
{
	if (t == NULL)
		return;
	free(t->known);
	free(t->round);
	free(t);
}

void udp_round_begin(struct udp_table *t)
{
	t->round_count = 0;
	t->round_overflowed = false;
}

int udp_observe(struct udp_table *t, const struct socket_info *s)
{
	uint32_t buffer = s->memory[SOCKET_RCVBUF];
	struct entry *e;

	if (t->round_count == UDP_SOCKETS_MAX) {
		t->overflowed = t->round_overflowed = true;
		return 0;
	}
	e = array_grow(t->round, t->round_count, &t->round_capacity, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	t->round = e;
	e += t->round_count++;
	*e = (struct entry){
		.cookie = s->cookie,
		.local = s->local,
		.remote = s->remote,
		.local_port = s->local_port,
		.remote_port = s->remote_port,
		.inode = s->inode,
		.samples = 1,
		.drops_known = s->memory_fields > SOCKET_DROPS,
		.drops_last = s->memory[SOCKET_DROPS],
		.receive_buffer = buffer,
		/* The memory that the datagrams take is what the buffer limits, not their bytes. */
		.queue_max = s->memory[SOCKET_RMEM_ALLOC],
		.queue_last = s->memory[SOCKET_RMEM_ALLOC],
	};
	e->near_full_samples = buffer > 0 && e->queue_last >= NEAR_FULL_SHARE * buffer;
	/* One that was made within the window dropped all of its drops there. */
	e->drops_base = t->last_complete ? 0 : e->drops_last;
	return 0;
}

static int compare_cookies(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

static void inherit(struct entry *now, const struct entry *before)
{
	now->samples += before->samples;
	now->near_full_samples += before->near_full_samples;
	now->drops_base = before->drops_base;
	if (before->queue_max > now->queue_max)
		now->queue_max = before->queue_max;
}

void udp_round_end(struct udp_table *t, bool complete)
{
	const struct entry *known = t->known;
	size_t old = 0, kept = 0;

	if (t->round_count > 0)
		qsort(t->round, t->round_count, sizeof(*t->round), compare_cookies);
	for (size_t i = 0; i < t->round_count; i++) {
		struct entry e = t->round[i];

		if (kept > 0 && t->round[kept - 1].cookie == e.cookie)
			continue; /* visited twice */
		while (old < t->known_count && known[old].cookie < e.cookie)
			old++;
		if (old < t->known_count && known[old].cookie == e.cookie)
			inherit(&e, &known[old]);
		t->round[kept++] = e;
	}
	free(t->known);
	t->known = t->round;
	t->known_count = kept;
	t->round = NULL;
	t->round_count = 0;
	t->round_capacity = 0;
	t->last_complete = complete && !t->round_overflowed;
}

bool udp_table_overflowed(const struct udp_table *t)
{
	return t->overflowed;
}

size_t udp_table_count(const struct udp_table *t)
{
	return t->known_count;
}

/* --- handing over ------------------------------------------------------------------------------
 */

static uint32_t drops_in_window(const struct entry *e)
{
	return e->drops_known ? e->drops_last - e->drops_base : 0;
}

/* Worst first; the oldest of equals, as cookies count up. */
static int compare_badness(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;
	uint32_t x_drops = drops_in_window(x), y_drops = drops_in_window(y);

	if (x_drops != y_drops)
		return x_drops > y_drops ? -1 : 1;
	if (x->queue_max != y->queue_max)
		return x->queue_max > y->queue_max ? -1 : 1;
	return compare_cookies(x, y);
}

static struct udp_socket_stats describe(const struct entry *e)
{
	return (struct udp_socket_stats){
		.cookie = e->cookie,
		.local = e->local,
		.remote = e->remote,
		.local_port = e->local_port,
		.remote_port = e->remote_port,
		.inode = e->inode,
		.samples = e->samples,
		.near_full_samples = e->near_full_samples,
		.drops_known = e->drops_known,
		.drops_total = e->drops_last,
		.drops = drops_in_window(e),
		.receive_buffer = e->receive_buffer,
		.queue_max = e->queue_max,
		.queue_last = e->queue_last,
	};
}

static void format_end(const struct address *address, unsigned int port, char *buf, size_t len)
{
	char text[ADDRESS_TEXT_MAX];

	(void)address_format(address, text, sizeof(text));
	(void)snprintf(buf, len, address->family == 6 ? "[%s]:%u" : "%s:%u", text, port);
}

static bool same_ends(const struct udp_socket_stats *a, const struct udp_socket_stats *b)
{
	return a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       address_equal(&a->local, &b->local) && address_equal(&a->remote, &b->remote);
}

/* SO_REUSEPORT lets several share an address: "#2" tells them apart, in the order they are in. */
static void name_socket(struct udp_socket_stats *list, size_t index)
{
	struct udp_socket_stats *u = &list[index];
	char local[ADDRESS_TEXT_MAX + 10], remote[ADDRESS_TEXT_MAX + 10] = "", twin[16] = "";
	unsigned int before = 0;

	for (size_t i = 0; i < index; i++)
		before += same_ends(&list[i], u);
	if (before > 0)
		(void)snprintf(twin, sizeof(twin), " #%u", before + 1);
	(void)address_format(&u->local, u->address, sizeof(u->address));
	format_end(&u->local, u->local_port, local, sizeof(local));
	if (u->remote_port != 0)
		format_end(&u->remote, u->remote_port, remote, sizeof(remote));
	(void)snprintf(u->name, sizeof(u->name), "%s%s%s%s", local, remote[0] != '\0' ? " > " : "",
		       remote, twin);
}

int udp_table_take(const struct udp_table *t, struct udp_socket_stats **ret, size_t *ret_count)
{
	size_t count = t->known_count < UDP_SOCKETS_KEPT ? t->known_count : UDP_SOCKETS_KEPT;
	const struct entry **order = calloc(t->known_count + 1, sizeof(const struct entry *));
	struct udp_socket_stats *list = calloc(count + 1, sizeof(*list));

	if (order == NULL || list == NULL) {
		free(order);
		free(list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->known_count; i++)
		order[i] = &t->known[i];
	qsort(order, t->known_count, sizeof(const struct entry *), compare_badness);
	for (size_t i = 0; i < count; i++) {
		list[i] = describe(order[i]);
		name_socket(list, i);
	}
	free(order);
	*ret = list;
	*ret_count = count;
	return 0;
}
