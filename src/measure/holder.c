#include "measure/holder.h"

#include "host/cgroup.h"

#include <errno.h>
#include <string.h>

/* Destinations with fewer of the local ports are nobody's concern. */
#define NOTABLE_PORT_SHARE 0.1

size_t holder_inodes_max(const struct observation *o)
{
	return o->udp_worst_count + o->peer_count + o->close_wait.count + o->listener_count;
}

/* A UDP socket that neither dropped nor stored anything interests nobody. */
static bool udp_matters(const struct udp_socket_stats *u)
{
	return u->drops > 0 || u->near_full_samples > 0;
}

static bool peer_matters(const struct observation *o, const struct peer_stats *p)
{
	return p->ports >= NOTABLE_PORT_SHARE * o->ephemeral.ports;
}

static bool queue_fills(const struct listener_stats *l)
{
	return l->near_full_samples + l->full_samples > 0;
}

/* Beside those whose queue fills, which are looked up anyway. */
static bool listener_matters(const struct listener_stats *l)
{
	return l->inode != 0 && (l->half_open > 0 || (l->twins > 1 && l->queue_max > 0));
}

size_t holder_inodes(const struct observation *o, uint32_t *inodes)
{
	size_t n = 0;

	for (size_t i = 0; i < o->udp_worst_count; i++)
		if (o->udp_worst[i].inode != 0 && udp_matters(&o->udp_worst[i]))
			inodes[n++] = o->udp_worst[i].inode;
	for (size_t i = 0; i < o->peer_count; i++)
		if (o->peers[i].inode != 0 && peer_matters(o, &o->peers[i]))
			inodes[n++] = o->peers[i].inode;
	for (size_t i = 0; i < o->listener_count; i++)
		if (listener_matters(&o->listeners[i]))
			inodes[n++] = o->listeners[i].inode;
	if (o->close_wait.count < HALF_CLOSED_NOTABLE)
		return n;
	for (size_t i = 0; i < o->close_wait.count; i++)
		inodes[n++] = o->close_wait.inodes[i];
	return n;
}

/* The control group of the process that holds the socket: "" when it is not known. */
static int read_cgroup(struct source *s, const struct observation *o, uint32_t inode,
		       char path[CGROUP_PATH_MAX])
{
	const struct owner *owner = owner_lookup(&o->owners, inode);
	struct error e = { 0 };
	int r;

	if (owner == NULL)
		return 0;
	r = cgroup_of_process(s, owner->pid, path, &e);
	return r == -ENOMEM ? r : 0; /* the process may be gone, or another user's */
}

static int name_udp(struct source *s, struct observation *o)
{
	int r = 0;

	for (size_t i = 0; i < o->udp_worst_count && r == 0; i++) {
		struct udp_socket_stats *u = &o->udp_worst[i];

		(void)observation_process(o, u->inode, u->process, sizeof(u->process));
		if (udp_matters(u))
			r = read_cgroup(s, o, u->inode, u->cgroup);
	}
	return r;
}

static int name_peers(struct source *s, struct observation *o)
{
	int r = 0;

	for (size_t i = 0; i < o->peer_count && r == 0; i++) {
		struct peer_stats *p = &o->peers[i];

		(void)observation_process(o, p->inode, p->process, sizeof(p->process));
		if (peer_matters(o, p))
			r = read_cgroup(s, o, p->inode, p->cgroup);
	}
	return r;
}

static int name_listeners(struct source *s, struct observation *o)
{
	int r = 0;

	for (size_t i = 0; i < o->listener_count && r == 0; i++) {
		struct listener_stats *l = &o->listeners[i];

		if (queue_fills(l) || listener_matters(l))
			r = read_cgroup(s, o, l->inode, l->cgroup);
	}
	return r;
}

static int name_owners(struct source *s, struct observation *o)
{
	int r = half_closed_owners(&o->close_wait_first, &o->close_wait, &o->owners, &o->holders,
				   &o->holder_count);

	/* Below that nobody was asked for their owners. */
	if (o->owners.incomplete && o->close_wait.count >= HALF_CLOSED_NOTABLE)
		o->unheld = half_closed_unheld(&o->close_wait_first, &o->close_wait, &o->owners);
	for (size_t i = 0; i < o->holder_count && r == 0; i++) {
		struct error e = { 0 };

		r = cgroup_of_process(s, o->holders[i].pid, o->holders[i].cgroup, &e);
		r = r == -ENOMEM ? r : 0;
	}
	return r;
}

int holders_name(struct source *s, struct observation *o)
{
	int r = name_udp(s, o);

	if (r == 0)
		r = name_peers(s, o);
	if (r == 0)
		r = name_listeners(s, o);
	return r == 0 ? name_owners(s, o) : r;
}
