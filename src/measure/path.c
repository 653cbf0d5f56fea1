#include "measure/path.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_FIRST 16u
/* A path with its quantiles takes about 4 KiB: 64 MiB at most. */
#define PATHS_MAX 16384u
#define NONE	  UINT32_MAX
#define US_PER_S  1e6
/* Ctrl-C, a late sample or --for 1.1s make an interval of milliseconds: a burst that falls into it
 * is no rate that the path sustains, and changes are sized after the peak. */
#define PEAK_INTERVAL_S 0.5

/* What all flows of a path did in the round under way. */
struct round_rates {
	double goodput, receive_rate;
};

struct path_table {
	struct path_stats *paths;   /* owned, as what follows */
	struct round_rates *rounds; /* one per path */
	uint32_t *index;	    /* path numbers by hash, NONE for empty; twice the capacity */
	uint32_t count, capacity;   /* capacity is a power of two */
	uint64_t salt;
};

static int grow(struct path_table *t);

int path_table_new(struct path_table **ret)
{
	struct path_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->salt = (uint64_t)(uintptr_t)t;
	if (grow(t) < 0) {
		path_table_free(t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

static void path_done(struct path_stats *p)
{
	struct quantiles *const all[] = {
		&p->srtt,	   &p->rtt_inflation, &p->queue_delay,	&p->cwnd,
		&p->inflight,	   &p->snd_wnd,	      &p->sndbuf,	&p->notsent,
		&p->notsent_delay, &p->mss,	      &p->rcvbuf,	&p->rcv_wnd,
		&p->rcv_rtt,	   &p->unread_share,  &p->window_ratio,
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		quantiles_done(all[i]);
}

void paths_free(struct path_stats *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		path_done(&paths[i]);
	free(paths);
}

void path_table_free(struct path_table *t)
{
	if (t == NULL)
		return;
	paths_free(t->paths, t->count);
	free(t->rounds);
	free(t->index);
	free(t);
}

/* --- finding a path --------------------------------------------------------------------------- */

static uint32_t slot_of(const struct path_table *t, const struct prefix *prefix)
{
	uint64_t high, low, h;

	memcpy(&high, prefix->address.bytes, sizeof(high));
	memcpy(&low, prefix->address.bytes + sizeof(high), sizeof(low));
	/* The finisher of MurmurHash3, twice. */
	h = (high ^ t->salt) + prefix->address.family;
	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
	h = (h ^ (h >> 33) ^ low) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(h ^ (h >> 33)) & (2 * t->capacity - 1);
}

static bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && address_equal(&a->address, &b->address);
}

/* The slot that holds the prefix, or the empty one where it belongs. */
static uint32_t find_slot(const struct path_table *t, const struct prefix *prefix)
{
	uint32_t slot = slot_of(t, prefix);

	while (t->index[slot] != NONE && !prefix_equal(&t->paths[t->index[slot]].prefix, prefix))
		slot = (slot + 1) & (2 * t->capacity - 1);
	return slot;
}

static int grow(struct path_table *t)
{
	uint32_t capacity = t->capacity == 0 ? PATHS_FIRST : 2 * t->capacity;
	struct path_stats *paths = realloc(t->paths, capacity * sizeof(*paths));
	struct round_rates *rounds;
	uint32_t *index;

	if (paths == NULL)
		return -ENOMEM;
	t->paths = paths;
	rounds = realloc(t->rounds, capacity * sizeof(*rounds));
	if (rounds == NULL)
		return -ENOMEM;
	t->rounds = rounds;
	index = realloc(t->index, 2 * (size_t)capacity * sizeof(*index));
	if (index == NULL)
		return -ENOMEM;
	t->index = index;
	t->capacity = capacity;
	memset(index, 0xff, 2 * (size_t)capacity * sizeof(*index));
	for (uint32_t i = 0; i < t->count; i++)
		index[find_slot(t, &paths[i].prefix)] = i;
	return 0;
}

static int add_path(struct path_table *t, const struct prefix *prefix, const struct address *remote)
{
	struct path_stats *p;

	if (t->count == t->capacity) {
		int r = grow(t);

		if (r < 0)
			return r;
	}
	p = &t->paths[t->count];
	*p = (struct path_stats){
		.prefix = *prefix,
		.remote = *remote,
		.link = NONE,
		.info_len = UINT16_MAX,
	};
	(void)prefix_format(prefix, p->name, sizeof(p->name));
	t->rounds[t->count] = (struct round_rates){ 0 };
	t->index[find_slot(t, prefix)] = t->count++;
	return 0;
}

/* On a host with very many remote networks those seen last share one path per family, 0.0.0.0/0 or
 * ::/0, so that memory stays bounded. */
static int find_path(struct path_table *t, const struct address *remote, uint32_t *ret)
{
	struct prefix prefix = address_path(remote);
	int r = 0;

	if (t->index[find_slot(t, &prefix)] == NONE && t->count >= PATHS_MAX)
		prefix = (struct prefix){ .address.family = remote->family };
	if (t->index[find_slot(t, &prefix)] == NONE)
		r = add_path(t, &prefix, remote);
	if (r == 0)
		*ret = t->index[find_slot(t, &prefix)];
	return r;
}

/* --- samples ---------------------------------------------------------------------------------- */

struct reading {
	struct quantiles *into;
	double value;
	bool known;
};

static int add_readings(const struct reading *readings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = readings[i].known ? quantiles_add(readings[i].into, readings[i].value) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_rtt(struct path_stats *p, const struct tcpinfo *i)
{
	/* The path's, not the flow's, which may have begun in a queue that another saw empty. */
	uint32_t least = p->min_rtt_us;
	double delay = i->rtt > least ? (double)(i->rtt - least) : 0;
	const struct reading readings[] = {
		{ &p->srtt, i->rtt / US_PER_S, true },
		{ &p->rtt_inflation, (double)i->rtt / least, least > 0 },
		{ &p->queue_delay, delay / US_PER_S, least > 0 },
	};

	return i->rtt == 0 ? 0 : add_readings(readings, ARRAY_LEN(readings));
}

static int add_sending(struct path_stats *p, const struct flow_sample *s)
{
	const struct socket_info *socket = s->socket;
	const struct tcpinfo *i = &socket->info;
	bool window = tcpinfo_has(socket->info_len, snd_wnd) && i->snd_wnd > 0;
	bool notsent = tcpinfo_has(socket->info_len, notsent_bytes);
	double goodput = (double)s->delta.bytes_acked / s->seconds;
	const struct reading readings[] = {
		{ &p->cwnd, i->snd_cwnd, i->snd_cwnd > 0 },
		{ &p->mss, i->snd_mss, i->snd_mss > 0 },
		{ &p->inflight, s->inflight, true },
		{ &p->snd_wnd, i->snd_wnd, window },
		{ &p->sndbuf, socket->memory[SOCKET_SNDBUF],
		  socket->memory_fields > SOCKET_SNDBUF },
		{ &p->notsent, i->notsent_bytes, notsent },
		{ &p->notsent_delay, i->notsent_bytes / goodput, notsent && goodput > 0 },
	};
	int r = add_rtt(p, i);

	if (r < 0)
		return r;
	if (window) {
		p->window_use_sum += (double)s->inflight / i->snd_wnd;
		p->window_use_samples++;
	}
	return add_readings(readings, ARRAY_LEN(readings));
}

static int add_receiving(struct path_stats *p, const struct flow_sample *s)
{
	const struct socket_info *socket = s->socket;
	const struct tcpinfo *i = &socket->info;
	double rcvbuf = socket->memory[SOCKET_RCVBUF];
	bool buffer = socket->memory_fields > SOCKET_RCVBUF && rcvbuf > 0;
	bool window = tcpinfo_has(socket->info_len, rcv_wnd);
	const struct reading readings[] = {
		{ &p->rcvbuf, rcvbuf, buffer },
		{ &p->unread_share, socket->rqueue / rcvbuf, buffer },
		{ &p->rcv_wnd, tcpinfo_rcv_wnd_told(i), window },
		/* What the kernel makes of the buffer, whatever the scale cuts off. */
		{ &p->window_ratio, i->rcv_wnd / rcvbuf, window && buffer },
		{ &p->rcv_rtt, i->rcv_rtt / US_PER_S, i->rcv_rtt > 0 },
	};

	return add_readings(readings, ARRAY_LEN(readings));
}

static void count_sample(struct path_samples *n, const struct flow_sample *s)
{
	n->sending += s->sending;
	n->app_limited += s->app_limited;
	n->sndbuf_full += s->sndbuf_full;
	n->cwnd_limited += s->cwnd_limited;
	n->recovering += s->recovering;
	n->zero_window += s->zero_window;
	n->receiving += s->receiving;
	n->unread_high += s->unread_high;
	n->wscale_full += s->wscale_full;
}

int path_table_add(struct path_table *t, struct flow_stats *flow, const struct flow_sample *s)
{
	struct path_stats *p;
	int r = 0;

	if (flow->path == FLOW_NO_PATH)
		r = find_path(t, &flow->remote, &flow->path);
	if (r < 0)
		return r;
	p = &t->paths[flow->path];
	count_sample(&p->samples, s);
	if (flow->min_rtt_us != 0 && (p->min_rtt_us == 0 || flow->min_rtt_us < p->min_rtt_us))
		p->min_rtt_us = flow->min_rtt_us;
	if (s->socket->info_len < p->info_len)
		p->info_len = s->socket->info_len;
	if (s->seconds >= PEAK_INTERVAL_S) {
		t->rounds[flow->path].goodput += (double)s->delta.bytes_acked / s->seconds;
		t->rounds[flow->path].receive_rate += (double)s->delta.bytes_received / s->seconds;
	}
	if (s->sending)
		r = add_sending(p, s);
	if (r == 0 && s->receiving)
		r = add_receiving(p, s);
	return r;
}

void path_table_end_round(struct path_table *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct path_stats *p = &t->paths[i];

		if (t->rounds[i].goodput > p->peak_goodput)
			p->peak_goodput = t->rounds[i].goodput;
		if (t->rounds[i].receive_rate > p->peak_receive_rate)
			p->peak_receive_rate = t->rounds[i].receive_rate;
		t->rounds[i] = (struct round_rates){ 0 };
	}
}

/* --- handing over ----------------------------------------------------------------------------- */

struct ranked {
	uint64_t bytes;
	uint32_t path;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->path < y->path ? -1 : x->path > y->path; /* order of first activity */
}

/* Puts the paths into the order of `ranks`, and the flows' indices with them. */
static int reorder(struct path_table *t, struct flow_table *flows, const struct ranked *ranks)
{
	/* One element more: calloc(0) may answer NULL. */
	struct path_stats *sorted = calloc((size_t)t->count + 1, sizeof(*sorted));
	uint32_t *place = calloc((size_t)t->count + 1, sizeof(*place));

	if (place == NULL || sorted == NULL) {
		free(sorted);
		free(place);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < t->count; i++) {
		sorted[i] = t->paths[ranks[i].path];
		place[ranks[i].path] = i;
	}
	free(t->paths);
	t->paths = sorted;
	for (size_t i = 0; i < flow_table_active(flows); i++) {
		struct flow_stats *f = flow_table_stats(flows, i);

		if (f->path != FLOW_NO_PATH)
			f->path = place[f->path];
	}
	free(place);
	return 0;
}

int path_table_take(struct path_table *t, struct flow_table *flows, double seconds,
		    struct path_stats **ret, size_t *ret_count)
{
	struct ranked *ranks = calloc((size_t)t->count + 1, sizeof(*ranks));
	int r;

	if (ranks == NULL)
		return -ENOMEM;
	paths_sum(t->paths, t->count, flows, seconds);
	for (uint32_t i = 0; i < t->count; i++)
		ranks[i] = (struct ranked){
			t->paths[i].sum.bytes_acked + t->paths[i].sum.bytes_received,
			i,
		};
	qsort(ranks, t->count, sizeof(*ranks), compare_ranked);
	r = reorder(t, flows, ranks);
	free(ranks);
	if (r < 0)
		return r;
	*ret = t->paths;
	*ret_count = t->count;
	t->paths = NULL;
	t->count = 0;
	return 0;
}
