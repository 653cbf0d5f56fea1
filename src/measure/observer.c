#include "measure/observer.h"

#include "base/cleanup.h"
#include "host/owners.h"
#include "host/sockdiag.h"
#include "measure/blind_spot.h"
#include "measure/census.h"
#include "measure/closing.h"
#include "measure/dump_need.h"
#include "measure/listener.h"
#include "measure/path.h"
#include "measure/reason.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* An observation being made. */
struct observer {
	struct source *source;
	const struct observe_options *options;
	struct observation *o;	  /* owned until handed over */
	struct path_table *paths; /* owned, as what follows */
	struct listener_table listeners;
	struct udp_table *udp;
	struct census census;
	struct link_table first_links;
	struct cpu_table first_cpus;
};

static void observer_done(struct observer *ob)
{
	observation_free(ob->o);
	path_table_free(ob->paths);
	listener_table_done(&ob->listeners);
	udp_table_free(ob->udp);
	link_table_done(&ob->first_links);
	cpu_table_done(&ob->first_cpus);
}

static int on_sample(void *arg, struct flow_stats *flow, const struct flow_sample *sample)
{
	struct observer *ob = arg;
	int r = 0;

	if (sample->sending && sample->socket->info.rtt > 0)
		r = quantiles_add(&ob->o->srtt, sample->socket->info.rtt / 1e6);
	return r < 0 ? r : path_table_add(ob->paths, flow, sample);
}

static int observer_init(struct observer *ob, struct source *s,
			 const struct observe_options *options)
{
	int r;

	*ob = (struct observer){ .source = s, .options = options };
	ob->o = calloc(1, sizeof(*ob->o));
	if (ob->o == NULL)
		return -ENOMEM;
	ob->o->sockets_unseen = true;
	ob->o->udp_unseen = true;
	ob->census = (struct census){ .source = s, .filter = options->filter, .o = ob->o };
	r = flow_table_new(&ob->o->flows);
	if (r == 0)
		r = udp_table_new(&ob->udp);
	if (r == 0)
		r = path_table_new(&ob->paths);
	if (r == 0)
		flow_table_on_sample(ob->o->flows, on_sample, ob);
	return r;
}

/* --- one sample ------------------------------------------------------------------------------- */

static int read_counters(struct observer *ob, struct error *e)
{
	struct observation *o = ob->o;
	int r = counters_read(ob->source, &o->last, e);

	if (r < 0)
		return r;
	if (o->samples == 0) {
		o->first = o->last;
		o->start_ns = o->last.time_ns;
	}
	o->end_ns = o->last.time_ns;
	for (size_t i = 0; i < COUNTERS; i++)
		if (o->last.known[i] && o->last.value[i] > o->gauge_max[i])
			o->gauge_max[i] = o->last.value[i];
	return 0;
}

static int read_first_links(struct observer *ob, struct error *e)
{
	int r = links_read(ob->source, &ob->first_links, e);

	if (r < 0 && r != -ENOMEM)
		r = blind_spot_add(ob->o, "links", strerror(-r));
	return r;
}

/* The sockets of a process change, and so are looked up before every round. */
static int update_pids(struct observer *ob, struct error *e)
{
	struct filter *filter = ob->options->filter;
	const int *pids = NULL;
	size_t count = filter_pids(filter, &pids);

	for (size_t i = 0; i < count; i++) {
		struct owner_table owners = { 0 };
		uint32_t *inodes;
		int r = owners_of_process(ob->source, pids[i], &owners, e);

		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			char what[40];

			(void)snprintf(what, sizeof(what), "sockets of process %d", pids[i]);
			if (blind_spot_add(ob->o, what, strerror(-r)) < 0)
				return -ENOMEM;
		}
		inodes = calloc(owners.count + 1, sizeof(*inodes));
		for (size_t k = 0; inodes != NULL && k < owners.count; k++)
			inodes[k] = owners.owners[k].inode;
		r = inodes == NULL ? -ENOMEM
				   : filter_set_inodes(filter, pids[i], inodes, owners.count);
		free(inodes);
		owner_table_done(&owners);
		if (r < 0)
			return r;
	}
	return 0;
}

static int on_socket(void *arg, const struct socket_info *socket)
{
	struct observer *ob = arg;

	if (socket->state == SOCKET_LISTEN)
		port_set_add(&ob->census.listening, socket->local_port);
	if (ob->options->filter != NULL && !filter_match(ob->options->filter, socket))
		return 0;
	if (socket->state == SOCKET_LISTEN)
		return listener_observe(&ob->listeners, socket);
	idle_connections_count(&ob->o->idle, socket);
	if (socket->state == SOCKET_ESTABLISHED)
		return flow_observe(ob->o->flows, socket);
	return 0;
}

static int on_udp_socket(void *arg, const struct socket_info *socket)
{
	struct observer *ob = arg;

	if (ob->options->filter != NULL && !filter_match(ob->options->filter, socket))
		return 0;
	return udp_observe(ob->udp, socket);
}

/* How a kind of sockets is dumped in every sample. */
struct dump_plan {
	enum socket_dump what;
	sockdiag_visit visit;
	const char *name4, *name6; /* of what cannot be seen when it fails */
};

static const struct dump_plan plan_tcp = { SOCKET_DUMP_TCP, on_socket, "tcp4 sockets",
					   "tcp6 sockets" };
static const struct dump_plan plan_udp = { SOCKET_DUMP_UDP, on_udp_socket, "udp4 sockets",
					   "udp6 sockets" };

/* Both families. *ret_complete says whether nothing is missing; *unseen becomes false when one of
 * them answered. */
static int dump_sockets(struct observer *ob, const struct dump_plan *plan, bool *unseen,
			bool *ret_complete)
{
	bool complete = true;

	for (int i = 0; i < 2; i++) {
		const int family = i == 0 ? AF_INET : AF_INET6;
		struct error e = { 0 };
		int r = 0;

		if (dump_is_needed(&ob->o->last, plan->what, family))
			r = sockdiag_dump(ob->source, plan->what, family, plan->visit, ob, NULL,
					  &e);
		if (r == -ENOMEM)
			return r;
		if (r >= 0) {
			*unseen = false;
			continue;
		}
		complete = false;
		if (blind_spot_add(ob->o, i == 0 ? plan->name4 : plan->name6,
				   e.text[0] != '\0' ? e.text : strerror(-r)) < 0)
			return -ENOMEM;
	}
	*ret_complete = complete;
	return 0;
}

static int sample_tcp(struct observer *ob)
{
	bool complete = false;
	int r;

	listener_round_begin(&ob->listeners);
	ob->o->idle = (struct idle_connections){ 0 };
	r = dump_sockets(ob, &plan_tcp, &ob->o->sockets_unseen, &complete);
	if (r < 0)
		return r;
	flow_round_end(ob->o->flows, complete);
	path_table_end_round(ob->paths);
	return 0;
}

static int sample_udp(struct observer *ob)
{
	bool complete = false;
	int r;

	udp_round_begin(ob->udp);
	r = dump_sockets(ob, &plan_udp, &ob->o->udp_unseen, &complete);
	if (r == 0)
		udp_round_end(ob->udp, complete);
	return r;
}

static int take_sample(struct observer *ob, struct error *e)
{
	struct observation *o = ob->o;
	int r = read_counters(ob, e);

	if (r == 0 && o->samples == 0)
		r = read_first_links(ob, e);
	if (r == 0 && o->samples == 0)
		r = cpus_read(ob->source, &ob->first_cpus, e);
	if (r == 0 && ob->options->filter != NULL)
		r = update_pids(ob, e);
	if (r == 0)
		r = flow_round_begin(o->flows, o->last.time_ns);
	if (r == 0)
		r = sample_tcp(ob);
	if (r == 0)
		r = sample_udp(ob);
	if (r == 0 && o->samples == 0)
		r = census_first(&ob->census);
	if (r < 0)
		return r;
	o->samples++;
	return 0;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void sum_up(struct observation *o)
{
	o->info_len = UINT16_MAX;
	for (size_t i = 0; i < o->path_count; i++) {
		const struct path_stats *p = &o->paths[i];

		flow_totals_add(&o->sum, &p->sum);
		o->jitter_sum_us += p->jitter_sum_us;
		o->jitter_samples += p->jitter_samples;
		if (p->info_len < o->info_len)
			o->info_len = p->info_len;
	}
	if (o->path_count == 0)
		o->info_len = 0;
}

static int finish_udp(struct observer *ob)
{
	struct observation *o = ob->o;

	o->udp_sockets = udp_table_count(ob->udp);
	if (udp_table_overflowed(ob->udp) &&
	    blind_spot_add(o, "some UDP sockets", "there are more than are followed at a time") < 0)
		return -ENOMEM;
	return udp_table_take(ob->udp, &o->udp_worst, &o->udp_worst_count);
}

static int finish(struct observer *ob, struct error *e)
{
	struct observation *o = ob->o;
	int r;

	flow_table_on_sample(o->flows, NULL, NULL);
	o->seconds = o->end_ns > o->start_ns ? (double)(o->end_ns - o->start_ns) / 1e9 : 0;
	o->sockets = flow_table_count(o->flows);
	o->flow_count = flow_table_active(o->flows);
	flow_table_close(o->flows);
	listener_table_take(&ob->listeners, &o->listeners, &o->listener_count);
	r = path_table_take(ob->paths, o->flows, o->seconds, &o->paths, &o->path_count);
	if (r == 0)
		r = finish_udp(ob);
	if (r == 0)
		r = census_last(&ob->census);
	if (r == 0)
		r = closing_read_links(ob->source, o, &ob->first_links, e);
	if (r == 0)
		r = closing_read_cpus(ob->source, o, &ob->first_cpus, e);
	if (r == 0)
		r = closing_find_routes(ob->source, o);
	if (r == 0 && ob->options->find_owners)
		r = closing_find_owners(ob->source, o, e);
	if (r == 0 && (ob->options->find_owners || ob->options->find_processes))
		r = closing_find_processes(ob->source, o, e);
	if (r == 0)
		r = closing_read_ending(ob->source, o);
	if (r == 0)
		r = blind_spot_add_counters(o);
	if (r < 0)
		return r;
	sum_up(o);
	paths_judge(o);
	return reasons_write(o);
}

static int report(int r, struct error *e)
{
	if (r == -ENOMEM)
		(void)error_errno(e, r, NULL, "observe");
	return r;
}

int observer_new(struct source *s, const struct observe_options *options, struct observer **ret,
		 struct error *e)
{
	struct observer *ob = calloc(1, sizeof(*ob));
	int r = ob != NULL ? observer_init(ob, s, options) : -ENOMEM;

	if (r == 0)
		r = facts_read(s, &ob->o->facts, e);
	if (r < 0) {
		observer_free(ob);
		return report(r, e);
	}
	*ret = ob;
	return 0;
}

int observer_sample(struct observer *ob, struct error *e)
{
	int r = source_next_sample(ob->source, e);

	if (r > 0) {
		r = take_sample(ob, e);
		r = r < 0 ? r : 1;
	}
	return report(r, e);
}

int observer_finish(struct observer *ob, struct observation **ret, struct error *e)
{
	int r;

	if (ob->o->samples == 0)
		return error_set(e, -ENODATA, ERROR_INPUT, NULL, "the source holds no sample");
	r = finish(ob, e);
	if (r < 0)
		return report(r, e);
	*ret = ob->o;
	ob->o = NULL;
	return 0;
}

void observer_free(struct observer *ob)
{
	if (ob == NULL)
		return;
	observer_done(ob);
	free(ob);
}

int observe(struct source *s, const struct observe_options *options, struct observation **ret,
	    struct error *e)
{
	struct observer *ob;
	int r = observer_new(s, options, &ob, e);

	if (r < 0)
		return r;
	do {
		r = observer_sample(ob, e);
	} while (r > 0);
	if (r == 0)
		r = observer_finish(ob, ret, e);
	observer_free(ob);
	return r;
}
