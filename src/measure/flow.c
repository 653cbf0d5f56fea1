#include "measure/flow.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FLOWS	  4096u
#define CHUNK_STATS	  256u
#define INDEX_SLOTS_FIRST 1024u
#define NONE		  UINT32_MAX
#define NS_PER_S	  1e9

/* Rounds since the table began, as flows remember them. `last` is modulo 4096: only a flow that was
 * absent from 4096 incomplete rounds in a row would be taken for one seen before. `first` stops
 * counting at 2^19, six days of seconds. */
#define LAST_ROUND_MASK	 0xfffu
#define FIRST_ROUND_LAST 0x7ffffu

/* One socket. Counters are of the last dump in which the flow was active: an idle one is compared
 * with them, not copied, so that what trickles in between is part of the next sample. */
struct flow {
	uint64_t cookie; /* 0: a free record */
	struct flow_counters last;
	uint32_t stats; /* index of its flow_stats; NONE. Of a free record, the next free one */
	uint32_t first_round : 19, last_round : 12;
	uint32_t newcomer : 1; /* connected after the first dump */
};
static_assert(sizeof(struct flow) <= 112, "with its share of the index, 128 bytes per idle socket");

struct flow_table {
	struct flow **chunks; /* owned, as what follows */
	size_t chunk_count;
	uint32_t used;	     /* records ever handed out: ids below it are valid */
	uint32_t first_free; /* id, or NONE */
	size_t live;
	uint32_t *index; /* ids by hash of the cookie, NONE for an empty slot */
	uint32_t slots;	 /* a power of two, at least 4/3 of the live flows */
	uint64_t salt;
	struct flow_stats **stats_chunks;
	size_t stats_chunk_count, stats_count;
	uint64_t *round_ns; /* when each round was */
	size_t rounds, rounds_capacity;
	bool baseline_zero; /* the last round was complete: who is new now began since */
	size_t seen;	    /* flows seen in this round */
	/* The kernel dumps in a stable order, and ids are handed out in the order of the first
	 * dump. So next comes the flow after the last one; or, after a newcomer out of order, the
	 * one expected before it. */
	uint32_t expected[2];
	flow_sample_fn on_sample;
	void *on_sample_arg;
};

int flow_table_new(struct flow_table **ret)
{
	struct flow_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->slots = INDEX_SLOTS_FIRST;
	t->index = malloc(t->slots * sizeof(*t->index));
	if (t->index == NULL) {
		free(t);
		return -ENOMEM;
	}
	memset(t->index, 0xff, t->slots * sizeof(*t->index));
	t->first_free = NONE;
	/* Where the heap lies is enough to keep a forged recording from choosing collisions. */
	t->salt = (uint64_t)(uintptr_t)t * 0x9e3779b97f4a7c15u;
	*ret = t;
	return 0;
}

void flow_table_close(struct flow_table *t)
{
	for (size_t i = 0; i < t->chunk_count; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->index);
	free(t->round_ns);
	t->chunks = NULL;
	t->index = NULL;
	t->round_ns = NULL;
	t->chunk_count = 0;
	t->slots = 0;
	t->rounds_capacity = 0;
}

void flow_table_free(struct flow_table *t)
{
	if (t == NULL)
		return;
	flow_table_close(t);
	for (size_t i = 0; i < t->stats_chunk_count; i++)
		free(t->stats_chunks[i]);
	free(t->stats_chunks);
	free(t);
}

void flow_table_on_sample(struct flow_table *t, flow_sample_fn fn, void *arg)
{
	t->on_sample = fn;
	t->on_sample_arg = arg;
}

static struct flow *flow_at(const struct flow_table *t, uint32_t id)
{
	return &t->chunks[id / CHUNK_FLOWS][id % CHUNK_FLOWS];
}

struct flow_stats *flow_table_stats(struct flow_table *t, size_t index)
{
	return &t->stats_chunks[index / CHUNK_STATS][index % CHUNK_STATS];
}

/* Appends a zeroed chunk to a list of them. */
static int add_chunk(void ***chunks, size_t *count, size_t bytes)
{
	void **list = realloc(*chunks, (*count + 1) * sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	*chunks = list;
	list[*count] = calloc(1, bytes);
	if (list[*count] == NULL)
		return -ENOMEM;
	(*count)++;
	return 0;
}

/* --- the index ------------------------------------------------------------------------------ */

/* The finisher of MurmurHash3: cookies count up, and their low bits are what the index looks at. */
static uint32_t home_slot(const struct flow_table *t, uint64_t cookie)
{
	uint64_t h = cookie ^ t->salt;

	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
	h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(h ^ (h >> 33)) & (t->slots - 1);
}

static void index_insert(struct flow_table *t, uint32_t id)
{
	uint32_t slot = home_slot(t, flow_at(t, id)->cookie);

	while (t->index[slot] != NONE)
		slot = (slot + 1) & (t->slots - 1);
	t->index[slot] = id;
}

static uint32_t index_find(const struct flow_table *t, uint64_t cookie, uint32_t *ret_slot)
{
	uint32_t slot = home_slot(t, cookie);

	while (t->index[slot] != NONE && flow_at(t, t->index[slot])->cookie != cookie)
		slot = (slot + 1) & (t->slots - 1);
	*ret_slot = slot;
	return t->index[slot];
}

/* Closes the gap by moving back whatever would no longer be found. */
static void index_remove(struct flow_table *t, uint32_t gap)
{
	uint32_t mask = t->slots - 1;

	for (uint32_t slot = (gap + 1) & mask; t->index[slot] != NONE; slot = (slot + 1) & mask) {
		uint32_t home = home_slot(t, flow_at(t, t->index[slot])->cookie);

		if (((slot - home) & mask) >= ((slot - gap) & mask)) {
			t->index[gap] = t->index[slot];
			gap = slot;
		}
	}
	t->index[gap] = NONE;
}

static int index_grow(struct flow_table *t)
{
	uint32_t slots = t->slots * 2, filled_most = t->slots / 4 * 3;
	uint32_t *index;

	if (t->live < filled_most)
		return 0;
	index = malloc(slots * sizeof(*index));
	if (index == NULL)
		return -ENOMEM;
	memset(index, 0xff, slots * sizeof(*index));
	free(t->index);
	t->index = index;
	t->slots = slots;
	for (uint32_t id = 0; id < t->used; id++)
		if (flow_at(t, id)->cookie != 0)
			index_insert(t, id);
	return 0;
}

/* --- records -------------------------------------------------------------------------------- */

static uint32_t flow_find(struct flow_table *t, uint64_t cookie)
{
	uint32_t id, slot;

	for (size_t i = 0; i < ARRAY_LEN(t->expected); i++) {
		id = t->expected[i];
		if (id < t->used && flow_at(t, id)->cookie == cookie) {
			t->expected[0] = id + 1;
			return id;
		}
	}
	id = index_find(t, cookie, &slot);
	if (id != NONE) {
		t->expected[1] = t->expected[0];
		t->expected[0] = id + 1;
	}
	return id;
}

static int flow_allocate(struct flow_table *t, uint32_t *ret_id)
{
	if (t->first_free != NONE) {
		*ret_id = t->first_free;
		t->first_free = flow_at(t, *ret_id)->stats;
		return 0;
	}
	if (t->used == t->chunk_count * CHUNK_FLOWS) {
		void **chunks = (void **)t->chunks;
		int r = add_chunk(&chunks, &t->chunk_count, CHUNK_FLOWS * sizeof(struct flow));

		t->chunks = (struct flow **)chunks;
		if (r < 0)
			return r;
	}
	*ret_id = t->used++;
	return 0;
}

static void flow_close(struct flow_table *t, uint32_t id)
{
	struct flow *flow = flow_at(t, id);
	uint32_t slot;

	if (flow->stats != NONE)
		flow_table_stats(t, flow->stats)->closed_in_window = true;
	(void)index_find(t, flow->cookie, &slot);
	index_remove(t, slot);
	flow->cookie = 0;
	flow->stats = t->first_free;
	t->first_free = id;
	t->live--;
}

static uint64_t first_ns(const struct flow_table *t, const struct flow *flow)
{
	return t->round_ns[flow->first_round];
}

/* The time of the last dump that saw it, at most 4095 rounds ago. */
static uint64_t last_ns(const struct flow_table *t, const struct flow *flow)
{
	size_t round = t->rounds - 1;

	return t->round_ns[round - ((round - flow->last_round) & LAST_ROUND_MASK)];
}

static uint64_t now_ns(const struct flow_table *t)
{
	return t->round_ns[t->rounds - 1];
}

static int stats_new(struct flow_table *t, struct flow *flow, const struct socket_info *socket)
{
	struct flow_stats *f;

	if (t->stats_count == t->stats_chunk_count * CHUNK_STATS) {
		void **chunks = (void **)t->stats_chunks;
		int r = add_chunk(&chunks, &t->stats_chunk_count,
				  CHUNK_STATS * sizeof(struct flow_stats));

		t->stats_chunks = (struct flow_stats **)chunks;
		if (r < 0)
			return r;
	}
	flow->stats = (uint32_t)t->stats_count++;
	f = flow_table_stats(t, flow->stats);
	*f = (struct flow_stats){
		.cookie = socket->cookie,
		.local = socket->local,
		.remote = socket->remote,
		.local_port = socket->local_port,
		.remote_port = socket->remote_port,
		.uid = socket->uid,
		.path = FLOW_NO_PATH,
		.first_ns = first_ns(t, flow),
		.first_seen_in_window = flow->newcomer,
	};
	return 0;
}

/* --- rounds --------------------------------------------------------------------------------- */

int flow_round_begin(struct flow_table *t, uint64_t time_ns)
{
	uint64_t *grown = array_grow(t->round_ns, t->rounds, &t->rounds_capacity, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	t->round_ns = grown;
	t->round_ns[t->rounds++] = time_ns;
	t->seen = 0;
	t->expected[0] = 0;
	t->expected[1] = NONE;
	return 0;
}

static bool is_active(const struct flow *flow, const struct socket_info *socket)
{
	const struct flow_counters *last = &flow->last;
	const struct tcpinfo *i = &socket->info;

	return i->bytes_acked > last->bytes_acked || i->bytes_received > last->bytes_received ||
	       i->bytes_sent > last->bytes_sent || i->busy_time > last->busy_us ||
	       flow_unread_high(socket);
}

/* What tcp_slow_start_after_idle_check() (include/net/tcp.h) will find at the next write. */
static bool is_idle(const struct socket_info *socket)
{
	const struct tcpinfo *i = &socket->info;

	return i->unacked == 0 && (uint64_t)i->last_data_sent * 1000 > i->rto;
}

/* Adds what the flow did since `previous_ns`. */
static int flow_advance(struct flow_table *t, struct flow *flow, const struct socket_info *socket,
			uint64_t previous_ns)
{
	uint64_t now = now_ns(t);
	struct flow_counters counters;
	struct flow_totals delta;
	struct flow_sample sample;
	struct flow_stats *f;

	if (flow->stats == NONE) {
		int r;

		if (!is_active(flow, socket) || now <= previous_ns)
			return 0;
		r = stats_new(t, flow, socket);
		if (r < 0)
			return r;
		/* Unchanged over a whole interval before this one: that was idle time. */
		f = flow_table_stats(t, flow->stats);
		f->idle_now = (previous_ns - f->first_ns) / 1000 > socket->info.rto;
	}
	f = flow_table_stats(t, flow->stats);
	f->last_ns = now;
	f->inode = socket->inode; /* 0 until the connection is accepted */
	if (!is_active(flow, socket) || now <= previous_ns) {
		f->idle_now = is_idle(socket);
		return 0;
	}
	flow_counters_read(socket, &counters);
	delta = flow_counters_gain(&flow->last, &counters);
	sample = flow_sample_judge(socket, &delta, (double)(now - previous_ns) / NS_PER_S);
	flow_stats_add(f, &sample);
	f->idle_now = is_idle(socket);
	flow_counters_advance(&flow->last, &delta);
	return t->on_sample == NULL ? 0 : t->on_sample(t->on_sample_arg, f, &sample);
}

static int flow_add(struct flow_table *t, const struct socket_info *socket)
{
	/* A newcomer may have begun right after the dump before. */
	size_t round = t->rounds - 1, first = t->baseline_zero ? round - 1 : round;
	struct flow *flow;
	uint32_t id;
	int r = index_grow(t);

	if (r < 0)
		return r;
	r = flow_allocate(t, &id);
	if (r < 0)
		return r;
	flow = flow_at(t, id);
	*flow = (struct flow){
		.cookie = socket->cookie,
		.stats = NONE,
		.first_round = (uint32_t)(first < FIRST_ROUND_LAST ? first : FIRST_ROUND_LAST) &
			       FIRST_ROUND_LAST,
		.last_round = (uint32_t)round & LAST_ROUND_MASK,
		.newcomer = t->baseline_zero,
	};
	index_insert(t, id);
	t->live++;
	t->seen++;
	if (t->baseline_zero)
		return flow_advance(t, flow, socket, t->round_ns[round - 1]);
	flow_counters_read(socket, &flow->last);
	return 0;
}

int flow_observe(struct flow_table *t, const struct socket_info *socket)
{
	uint32_t round = (uint32_t)(t->rounds - 1) & LAST_ROUND_MASK;
	uint64_t previous_ns;
	struct flow *flow;
	uint32_t id;

	if (socket->cookie == 0) /* the kernel gives every socket another */
		return 0;
	id = flow_find(t, socket->cookie);
	if (id == NONE)
		return flow_add(t, socket);
	flow = flow_at(t, id);
	if (flow->last_round == round)
		return 0;
	previous_ns = last_ns(t, flow);
	flow->last_round = round & LAST_ROUND_MASK;
	t->seen++;
	return flow_advance(t, flow, socket, previous_ns);
}

void flow_round_end(struct flow_table *t, bool complete)
{
	uint32_t round = (uint32_t)(t->rounds - 1) & LAST_ROUND_MASK;

	t->baseline_zero = complete;
	if (!complete || t->seen == t->live)
		return;
	for (uint32_t id = 0; id < t->used; id++) {
		const struct flow *flow = flow_at(t, id);

		if (flow->cookie != 0 && flow->last_round != round)
			flow_close(t, id);
	}
}

size_t flow_table_count(const struct flow_table *t)
{
	return t->live;
}

size_t flow_table_memory(const struct flow_table *t)
{
	return sizeof(*t) + t->chunk_count * (sizeof(void *) + CHUNK_FLOWS * sizeof(struct flow)) +
	       t->stats_chunk_count * (sizeof(void *) + CHUNK_STATS * sizeof(struct flow_stats)) +
	       t->slots * sizeof(*t->index) + t->rounds_capacity * sizeof(*t->round_ns);
}

size_t flow_table_active(const struct flow_table *t)
{
	return t->stats_count;
}
