#include "measure/observation.h"

#include "base/cleanup.h"
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

size_t observation_entities(const struct observation *o, enum entity_kind kind)
{
	switch (kind) {
	case ENTITY_HOST:
		return 1;
	case ENTITY_PATH:
		return o->path_count;
	case ENTITY_FLOW:
		return o->flow_count;
	case ENTITY_LISTENER:
		return o->listener_count;
	case ENTITY_LINK:
		return o->link_count;
	case ENTITY_UDP_SOCKET:
		return o->udp_worst_count;
	case ENTITY_CPU:
		return o->cpu_count;
	case ENTITY_PROCESS:
		return o->processes.count;
	case ENTITY_PEER:
		return o->peer_count;
	case ENTITY_OWNER:
		return o->holder_count;
	case ENTITY_KINDS:
		break;
	}
	return 0;
}

const void *observation_entity(const struct observation *o, enum entity_kind kind, size_t index)
{
	if (index >= observation_entities(o, kind))
		return NULL;
	switch (kind) {
	case ENTITY_HOST:
		return o;
	case ENTITY_PATH:
		return &o->paths[index];
	case ENTITY_FLOW:
		return observation_flow(o, index);
	case ENTITY_LISTENER:
		return &o->listeners[index];
	case ENTITY_LINK:
		return &o->links[index];
	case ENTITY_UDP_SOCKET:
		return &o->udp_worst[index];
	case ENTITY_CPU:
		return &o->cpus[index];
	case ENTITY_PROCESS:
		return &o->processes.processes[index];
	case ENTITY_PEER:
		return &o->peers[index];
	case ENTITY_OWNER:
		return &o->holders[index];
	case ENTITY_KINDS:
		break;
	}
	return NULL;
}

static void format_endpoint(const struct address *address, unsigned int port, char *buf, size_t len)
{
	char text[ADDRESS_TEXT_MAX];

	(void)address_format(address, text, sizeof(text));
	(void)snprintf(buf, len, address->family == 6 ? "[%s]:%u" : "%s:%u", text, port);
}

static void format_flow(const struct flow_stats *f, char *buf, size_t len)
{
	char local[ADDRESS_TEXT_MAX + 10], remote[ADDRESS_TEXT_MAX + 10];

	format_endpoint(&f->local, f->local_port, local, sizeof(local));
	format_endpoint(&f->remote, f->remote_port, remote, sizeof(remote));
	(void)snprintf(buf, len, "%s > %s", local, remote);
}

const char *observation_entity_name(const struct observation *o, enum entity_kind kind,
				    size_t index, char *buf, size_t len)
{
	if (len == 0)
		return "";
	buf[0] = '\0';
	if (index >= observation_entities(o, kind))
		return buf;
	switch (kind) {
	case ENTITY_HOST:
		(void)snprintf(buf, len, "%s", o->facts.hostname);
		break;
	case ENTITY_PATH:
		(void)snprintf(buf, len, "%s", o->paths[index].name);
		break;
	case ENTITY_FLOW:
		format_flow(observation_flow(o, index), buf, len);
		break;
	case ENTITY_LISTENER:
		(void)snprintf(buf, len, "%s", o->listeners[index].name);
		break;
	case ENTITY_LINK:
		(void)snprintf(buf, len, "%s", o->links[index].last.name);
		break;
	case ENTITY_UDP_SOCKET:
		(void)snprintf(buf, len, "%s", o->udp_worst[index].name);
		break;
	case ENTITY_CPU:
		(void)snprintf(buf, len, "%s", o->cpus[index].name);
		break;
	case ENTITY_PROCESS:
		(void)snprintf(buf, len, "%s (%d)", o->processes.processes[index].comm,
			       o->processes.processes[index].pid);
		break;
	case ENTITY_PEER:
		(void)snprintf(buf, len, "%s", o->peers[index].name);
		break;
	case ENTITY_OWNER:
		(void)snprintf(buf, len, "%s", o->holders[index].process);
		break;
	case ENTITY_KINDS:
		break;
	}
	return buf;
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

const char *entity_kind_name(enum entity_kind kind)
{
	static const char *const names[] = {
		[ENTITY_HOST] = "host", [ENTITY_PATH] = "path",
		[ENTITY_FLOW] = "flow", [ENTITY_LISTENER] = "listener",
		[ENTITY_LINK] = "link", [ENTITY_UDP_SOCKET] = "udp_socket",
		[ENTITY_CPU] = "cpu",	[ENTITY_PROCESS] = "process",
		[ENTITY_PEER] = "peer", [ENTITY_OWNER] = "owner",
		[ENTITY_KINDS] = NULL,
	};

	return (unsigned int)kind < ARRAY_LEN(names) ? names[kind] : NULL;
}
