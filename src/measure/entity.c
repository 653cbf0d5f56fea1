/* What rules can be about: one row for each kind. Declared in observation.h. */
#include "base/cleanup.h"
#include "measure/observation.h"

#include <stdio.h>
#include <string.h>

/* Entities of a kind are the elements of an array of the observation, but for the host, which is
 * the observation itself, and flows, which the flow table hands out. */
struct entity_class {
	const char *name;    /* "udp_socket" */
	const char *subject; /* "a UDP socket" */
	size_t count, array; /* offsets in struct observation */
	size_t size;	     /* of an element */
	size_t label;	     /* offset of its name in it */
};

#define ELEMENTS(NAME, SUBJECT, COUNT, ARRAY, TYPE, LABEL)                                 \
	{                                                                                  \
		.name = (NAME), .subject = (SUBJECT),                                      \
		.count = offsetof(struct observation, COUNT),                              \
		.array = offsetof(struct observation, ARRAY), .size = sizeof(struct TYPE), \
		.label = offsetof(struct TYPE, LABEL),                                     \
	}

static const struct entity_class classes[] = {
	[ENTITY_HOST] = { .name = "host",
			  .subject = "the host",
			  .label = offsetof(struct observation, facts.hostname) },
	[ENTITY_PATH] = ELEMENTS("path", "a path", path_count, paths, path_stats, name),
	[ENTITY_FLOW] = { .name = "flow",
			  .subject = "a flow",
			  .count = offsetof(struct observation, flow_count) },
	[ENTITY_LISTENER] = ELEMENTS("listener", "a listener", listener_count, listeners,
				     listener_stats, name),
	[ENTITY_LINK] = ELEMENTS("link", "a link", link_count, links, link_stats, last.name),
	[ENTITY_UDP_SOCKET] = ELEMENTS("udp_socket", "a UDP socket", udp_worst_count, udp_worst,
				       udp_socket_stats, name),
	[ENTITY_CPU] = ELEMENTS("cpu", "a CPU", cpu_count, cpus, cpu_stats, name),
	[ENTITY_PROCESS] = ELEMENTS("process", "a process", processes.count, processes.processes,
				    process_info, comm),
	[ENTITY_PEER] = ELEMENTS("peer", "a destination", peer_count, peers, peer_stats, name),
	[ENTITY_OWNER] = ELEMENTS("owner", "a process that holds closed connections", holder_count,
				  holders, owner_stats, process),
};
_Static_assert(ARRAY_LEN(classes) == ENTITY_KINDS, "a kind has no row");

const char *entity_kind_name(enum entity_kind kind)
{
	return (unsigned int)kind < ENTITY_KINDS ? classes[kind].name : NULL;
}

const char *entity_kind_subject(enum entity_kind kind)
{
	return classes[kind].subject;
}

size_t observation_entities(const struct observation *o, enum entity_kind kind)
{
	size_t count = 1;

	if ((unsigned int)kind >= ENTITY_KINDS)
		return 0;
	if (kind != ENTITY_HOST)
		memcpy(&count, (const char *)o + classes[kind].count, sizeof(count));
	return count;
}

const void *observation_entity(const struct observation *o, enum entity_kind kind, size_t index)
{
	const char *first;

	if (index >= observation_entities(o, kind))
		return NULL;
	if (kind == ENTITY_HOST)
		return o;
	if (kind == ENTITY_FLOW)
		return observation_flow(o, index);
	memcpy(&first, (const char *)o + classes[kind].array, sizeof(first));
	return first + index * classes[kind].size;
}

#define OTHERS "processes of other users"
#define LOOK   "they could not be looked into: run as root with CAP_SYS_PTRACE"

static bool processes_unseen(const struct observation *o, struct unseen *ret)
{
	const struct process_table *t = &o->processes;

	*ret = (struct unseen){ .what = OTHERS, .reason = LOOK };
	if (!t->read && t->reason[0] != '\0')
		*ret = (struct unseen){ .what = "processes", .reason = t->reason };
	return (!t->read && t->reason[0] != '\0') || t->hidden || t->unseen > 0;
}

bool observation_unseen(const struct observation *o, enum entity_kind kind, struct unseen *ret)
{
	switch (kind) {
	case ENTITY_PROCESS:
		return processes_unseen(o, ret);
	case ENTITY_OWNER:
		*ret = (struct unseen){ .what = OTHERS, .reason = LOOK, .most = &o->unheld };
		return o->unheld.close_wait > 0;
	case ENTITY_UDP_SOCKET:
		*ret = (struct unseen){ .what = "UDP sockets",
					.reason = "they could not be listed" };
		return o->udp_unseen;
	case ENTITY_PATH:
	case ENTITY_FLOW:
	case ENTITY_LISTENER:
	case ENTITY_PEER:
		*ret = (struct unseen){ .what = "TCP sockets",
					.reason = "they could not be listed" };
		return o->sockets_unseen;
	case ENTITY_HOST:
	case ENTITY_LINK:
	case ENTITY_CPU:
	case ENTITY_KINDS:
		break;
	}
	return false;
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
	const void *entity = observation_entity(o, kind, index);

	if (len == 0)
		return "";
	buf[0] = '\0';
	if (entity == NULL)
		return buf;
	if (kind == ENTITY_FLOW)
		format_flow(entity, buf, len);
	else if (kind == ENTITY_PROCESS)
		(void)snprintf(buf, len, "%s (%d)", o->processes.processes[index].comm,
			       o->processes.processes[index].pid);
	else
		(void)snprintf(buf, len, "%s", (const char *)entity + classes[kind].label);
	return buf;
}
