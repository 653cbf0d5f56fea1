#include "cli/audit_report.h"
#include "cli/print.h"

#include "base/bytes.h"
#include "base/cleanup.h"

/* The link that matters: where the busiest path leaves; else the fastest one that is up. */
static const struct link_info *main_link(const struct observation *o)
{
	const struct link_info *best = NULL;

	for (size_t i = 0; i < o->path_count; i++) {
		uint32_t link = o->paths[i].link;

		if (link < o->link_count && !o->links[link].last.loopback)
			return &o->links[link].last;
	}
	for (size_t i = 0; i < o->link_count; i++) {
		const struct link_info *l = &o->links[i].last;

		if (l->up && !l->loopback && (best == NULL || l->speed > best->speed))
			best = l;
	}
	return best;
}

/* Established connections, at the end, that moved nothing. */
static size_t idle_sockets(const struct observation *o)
{
	size_t open = 0;

	for (size_t i = 0; i < o->flow_count; i++)
		open += !observation_flow(o, i)->closed_in_window;
	return o->sockets > open ? o->sockets - open : 0;
}

static void add_host(struct bytes *b, const struct observation *o)
{
	const struct facts *f = &o->facts;
	const struct link_info *link = main_link(o);
	char text[64];

	(void)bytes_printf(b, "Linux %s", f->kernel[0] != '\0' ? f->kernel : "(unknown)");
	if (f->cpus > 0)
		(void)bytes_printf(b, ", %s", print_count(f->cpus, "CPU", text, sizeof(text)));
	if (f->memory_bytes > 0)
		(void)bytes_printf(
			b, ", %s",
			unit_format(UNIT_BYTES, (double)f->memory_bytes, text, sizeof(text)));
	if (link != NULL)
		(void)bytes_printf(b, ", %s", link->name);
	if (link != NULL && link->speed > 0)
		(void)bytes_printf(b, " %s",
				   unit_format(UNIT_RATE, link->speed, text, sizeof(text)));
}

const char *audit_host_name(const struct observation *o)
{
	return o->facts.hostname[0] != '\0' ? o->facts.hostname : "an unnamed host";
}

void audit_print_header(const struct terminal *t, const struct observation *o)
{
	struct bytes b = { 0 };
	const struct facts *f = &o->facts;
	size_t idle = idle_sockets(o);
	char flows[48], paths[48];

	(void)bytes_printf(&b, "observed %.1f s%s on %s", o->seconds,
			   o->interrupted ? " (interrupted)" : "", audit_host_name(o));
	if (f->netns[0] != '\0')
		(void)bytes_printf(&b, ", network namespace %s", f->netns);
	(void)bytes_printf(&b, " (");
	add_host(&b, o);
	if (o->sockets_unseen)
		(void)bytes_printf(&b, "): TCP flows could not be seen");
	else
		(void)bytes_printf(&b, "): %s on %s",
				   print_count(o->flow_count, "TCP flow", flows, sizeof(flows)),
				   print_count(o->path_count, "path", paths, sizeof(paths)));
	if (idle > 0)
		(void)bytes_printf(&b, ", %zu idle", idle);
	if (b.data != NULL)
		print_wrapped(t->out, t->width, 0, 0, b.data);
	bytes_done(&b);
}
