#include "measure/observation.h"

#include "measure/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void observation_free(struct observation *o)
{
	if (o == NULL)
		return;
	flow_table_free(o->flows);
	paths_free(o->paths, o->path_count);
	free(o->listeners);
	free(o->links);
	free(o->udp_worst);
	free(o->cpus);
	process_table_done(&o->processes);
	free(o->peers);
	free(o->holders);
	half_closed_done(&o->close_wait_first);
	half_closed_done(&o->close_wait);
	owner_table_done(&o->owners);
	free(o->blind_spots);
	quantiles_done(&o->srtt);
	free(o->reasons);
	free(o);
}

const struct flow_stats *observation_flow(const struct observation *o, size_t index)
{
	return flow_table_stats(o->flows, index);
}

const char *observation_process(const struct observation *o, uint32_t inode, char *buf, size_t len)
{
	const struct owner *owner = owner_lookup(&o->owners, inode);

	if (len == 0)
		return "";
	if (owner == NULL)
		buf[0] = '\0';
	else
		(void)snprintf(buf, len, "%s (%d)", owner->comm, owner->pid);
	return buf;
}
