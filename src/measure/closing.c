#include "measure/closing.h"

#include "base/cleanup.h"
#include "host/link_hardware.h"
#include "measure/blind_spot.h"
#include "measure/holder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A route is one request, about 20 us; paths beyond these move next to nothing. */
#define ROUTES_MAX 256u
/* Flows whose processes are looked up: what anybody reads of. */
#define OWNED_FLOWS_MAX 1024u

/* --- links ------------------------------------------------------------------------------------ */

static void join_link(struct link_stats *l, const struct link_table *first, uint64_t last_ns)
{
	const struct link_info *before = link_find(first, l->last.ifindex);

	if (before == NULL || last_ns <= first->time_ns) {
		l->first = l->last; /* new in the window, or one sample: no rates */
		return;
	}
	l->first = *before;
	l->seconds = (double)(last_ns - first->time_ns) / 1e9;
}

/* How adapters are set; /sys shows the namespace that it was mounted in. */
static int read_hardware(struct source *s, const struct observation *o, struct link_table *t)
{
	int r = link_hardware_read(s, t);

	return r == 0 && o->facts.netns[0] == '\0' ? link_steering_read(s, t) : r;
}

int closing_read_links(struct source *s, struct observation *o, struct link_table *first,
		       struct error *e)
{
	struct link_table second = { 0 };
	struct link_table *last = first;
	int r = 0;

	if (o->samples > 1) {
		r = links_read(s, &second, e);
		if (r == -ENOMEM) {
			link_table_done(&second);
			return r;
		}
		if (r == 0 || second.count > 0)
			last = &second;
		r = r < 0 ? blind_spot_add(o, "links", strerror(-r)) : 0;
	}
	if (r == 0)
		r = read_hardware(s, o, last);
	o->links = calloc(last->count + 1, sizeof(*o->links));
	if (o->links == NULL)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < last->count; i++) {
		o->links[i].last = last->links[i];
		join_link(&o->links[i], first, last->time_ns);
		o->link_count++;
	}
	link_table_done(&second);
	return r;
}

/* --- routes ----------------------------------------------------------------------------------- */

static uint32_t link_index(const struct observation *o, int ifindex)
{
	for (size_t i = 0; i < o->link_count; i++)
		if (o->links[i].last.ifindex == (uint32_t)ifindex)
			return (uint32_t)i;
	return UINT32_MAX;
}

int closing_find_routes(struct source *s, struct observation *o)
{
	for (size_t i = 0; i < o->path_count && i < ROUTES_MAX; i++) {
		struct error e = { 0 };
		int ifindex = route_egress(s, &o->paths[i].remote, &e);

		if (ifindex == -ENOMEM)
			return ifindex;
		if (ifindex > 0)
			o->paths[i].link = link_index(o, ifindex);
		else if (ifindex != -ENETUNREACH && ifindex != -EHOSTUNREACH &&
			 blind_spot_add(o, "routes", strerror(-ifindex)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- owners ----------------------------------------------------------------------------------- */

struct ranked {
	uint64_t bytes;
	uint32_t inode;
};

static int compare_bytes(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

static int compare_inodes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Appends the inodes of the flows with most bytes. */
static int add_flow_inodes(const struct observation *o, uint32_t *inodes, size_t *n)
{
	struct ranked *ranks = calloc(o->flow_count + 1, sizeof(*ranks));
	size_t open = 0;

	if (ranks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow_stats *f = observation_flow(o, i);

		if (f->inode != 0 && !f->closed_in_window)
			ranks[open++] = (struct ranked){
				f->gain.bytes_acked + f->gain.bytes_received,
				f->inode,
			};
	}
	qsort(ranks, open, sizeof(*ranks), compare_bytes);
	for (size_t i = 0; i < open && i < OWNED_FLOWS_MAX; i++)
		inodes[(*n)++] = ranks[i].inode;
	free(ranks);
	return 0;
}

/* Sorts, and removes what is there twice. */
static size_t sort_inodes(uint32_t *inodes, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(inodes, n, sizeof(*inodes), compare_inodes);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || inodes[kept - 1] != inodes[i])
			inodes[kept++] = inodes[i];
	return kept;
}

static void name_processes(struct observation *o)
{
	for (size_t i = 0; i < o->listener_count; i++)
		(void)observation_process(o, o->listeners[i].inode, o->listeners[i].process,
					  sizeof(o->listeners[i].process));
	for (size_t i = 0; i < o->flow_count; i++) {
		struct flow_stats *f = flow_table_stats(o->flows, i);

		(void)observation_process(o, f->inode, f->process, sizeof(f->process));
	}
}

static int note_owners(struct observation *o, int r)
{
	if (r == -ENOMEM)
		return r;
	o->owners.incomplete = o->owners.incomplete || r < 0;
	if (r < 0 && r != -EACCES)
		return blind_spot_add(o, "processes", strerror(-r));
	if (r == -EACCES || o->owners.incomplete)
		return blind_spot_add(o, "processes of other users",
				      "looking into them takes root with CAP_SYS_PTRACE");
	return 0;
}

int closing_find_owners(struct source *s, struct observation *o, struct error *e)
{
	uint32_t *inodes = calloc(o->listener_count + OWNED_FLOWS_MAX + holder_inodes_max(o),
				  sizeof(*inodes));
	size_t n = 0;
	int r;

	if (inodes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < o->listener_count; i++)
		if (o->listeners[i].inode != 0 &&
		    o->listeners[i].near_full_samples + o->listeners[i].full_samples > 0)
			inodes[n++] = o->listeners[i].inode;
	n += holder_inodes(o, inodes + n);
	r = add_flow_inodes(o, inodes, &n);
	if (r == 0) {
		n = sort_inodes(inodes, n);
		r = note_owners(o, owners_find(s, inodes, n, &o->owners, e));
	}
	free(inodes);
	if (r == 0)
		name_processes(o);
	return r == 0 ? holders_name(s, o) : r;
}

/* Whether a pseudo file of the source says `word`; one that an old recording lacks says nothing.
 * 1, 0 or -ENOMEM. */
static int source_says(struct source *s, const char *path, const char *word)
{
	struct bytes state = { 0 };
	int r = source_read_file(s, SOURCE_NETNS, path, &state, NULL);

	if (r == 0)
		r = state.len >= strlen(word) && strncmp(state.data, word, strlen(word)) == 0;
	bytes_done(&state);
	return r < 0 && r != -ENOMEM ? 0 : r;
}

int closing_read_ending(struct source *s, struct observation *o)
{
	int gone = source_says(s, SOURCE_NETNS_STATE_PATH, "gone");
	int interrupted = source_says(s, SOURCE_WINDOW_STATE_PATH, "interrupted");

	if (gone < 0 || interrupted < 0)
		return -ENOMEM;
	o->interrupted = interrupted;
	o->gone = gone;
	return gone ? blind_spot_add(o, "the namespace",
				     "it was deleted, or its process ended, during the observation")
		    : 0;
}
