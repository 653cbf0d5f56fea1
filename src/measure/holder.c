#include "measure/holder.h"

#include "host/cgroup.h"

#include <errno.h>
#include <string.h>

size_t holder_inodes_max(const struct observation *o)
{
	return o->udp_worst_count;
}

/* A UDP socket that neither dropped nor stored anything interests nobody. */
static bool udp_matters(const struct udp_socket_stats *u)
{
	return u->drops > 0 || u->near_full_samples > 0;
}

size_t holder_inodes(const struct observation *o, uint32_t *inodes)
{
	size_t n = 0;

	for (size_t i = 0; i < o->udp_worst_count; i++)
		if (o->udp_worst[i].inode != 0 && udp_matters(&o->udp_worst[i]))
			inodes[n++] = o->udp_worst[i].inode;
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

int holders_name(struct source *s, struct observation *o)
{
	for (size_t i = 0; i < o->udp_worst_count; i++) {
		struct udp_socket_stats *u = &o->udp_worst[i];
		int r = 0;

		(void)observation_process(o, u->inode, u->process, sizeof(u->process));
		if (udp_matters(u))
			r = read_cgroup(s, o, u->inode, u->cgroup);
		if (r < 0)
			return r;
	}
	return 0;
}
