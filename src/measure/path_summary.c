/* What the flows of a path come to when the window has closed. */
#include "measure/path.h"

#include <math.h>
#include <string.h>

/* Below three samples a buffer that autotuning left alone looks locked, and a flow that sent
 * something is not what a finding about sustained traffic is about. */
#define LASTING_SAMPLES 3u
/* "All the time": the first and the last interval may be cut. */
#define RECEIVING_SHARE 0.9

static bool receives_throughout(const struct flow_stats *f)
{
	return f->receiving >= LASTING_SAMPLES && flow_seconds(f) > 0 &&
	       f->receiving_s >= RECEIVING_SHARE * flow_seconds(f);
}

static void count_buffers(struct path_stats *p, const struct flow_stats *f)
{
	if (f->sending >= LASTING_SAMPLES && f->sndbuf_full > f->sending / 2) {
		p->sndbuf_full_flows++;
		p->sndbuf_constant_flows += f->sndbuf_min == f->sndbuf_max && f->sndbuf_max > 0;
	}
	if (receives_throughout(f)) {
		p->rcvbuf_busy_flows++;
		p->rcvbuf_constant_flows += f->rcvbuf_min == f->rcvbuf_max && f->rcvbuf_max > 0;
	}
}

static void sum_flow(struct path_stats *p, const struct flow_stats *f)
{
	p->flows++;
	if (flow_mostly_sends(f)) {
		p->senders++;
		p->requests += f->gain.data_segs_in;
	} else {
		p->receivers++;
	}
	flow_totals_add(&p->sum, &f->gain);
	p->sending_s += f->sending_s;
	p->receiving_s += f->receiving_s;
	p->longest_sending_s = fmax(p->longest_sending_s, f->sending_s);
	p->longest_receiving_s = fmax(p->longest_receiving_s, f->receiving_s);
	p->jitter_sum_us += f->jitter_sum_us;
	p->jitter_samples += f->rtt_samples > 1 ? f->rtt_samples - 1 : 0;
	p->no_sack += (f->options & TCPINFO_OPTION_SACK) == 0;
	p->no_wscale += (f->options & TCPINFO_OPTION_WSCALE) == 0;
	p->reordering_flows += f->gain.reord_seen > 0;
	count_buffers(p, f);
}

void paths_sum(struct path_stats *paths, size_t count, struct flow_table *flows, double seconds)
{
	for (size_t i = 0; i < flow_table_active(flows); i++) {
		const struct flow_stats *f = flow_table_stats(flows, i);

		if (f->path < count)
			sum_flow(&paths[f->path], f);
	}
	for (size_t i = 0; i < count && seconds > 0; i++) {
		struct path_stats *p = &paths[i];

		p->goodput = (double)p->sum.bytes_acked / seconds;
		p->throughput = (double)p->sum.bytes_sent / seconds;
		p->receive_rate = (double)p->sum.bytes_received / seconds;
		/* A window without an interval long enough for a peak. */
		p->peak_goodput = fmax(p->peak_goodput, p->goodput);
		p->peak_receive_rate = fmax(p->peak_receive_rate, p->receive_rate);
	}
}

static double link_rate(const struct observation *o, const struct path_stats *p)
{
	return p->link < o->link_count ? o->links[p->link].last.speed : 0;
}

/* Its bytes; of a path on which none moved, its samples: flows held up altogether. */
static double weight_of(const struct path_stats *p, const struct flow_stats *f)
{
	if (p->sum.bytes_acked + p->sum.bytes_received == 0)
		return f->samples;
	return (double)f->gain.bytes_acked + (double)f->gain.bytes_received;
}

/* A receiver whose sender decides is unknown, and says nothing against what its neighbours show. */
#define UNKNOWN_WEIGHT 0.5

static void judge_path(struct path_stats *p)
{
	double total = p->limiter_bytes[LIMITER_UNKNOWN];
	double most = UNKNOWN_WEIGHT * p->limiter_bytes[LIMITER_UNKNOWN];

	p->limiter = LIMITER_UNKNOWN;
	for (unsigned int i = LIMITER_UNKNOWN + 1; i < LIMITERS; i++) {
		total += p->limiter_bytes[i];
		if (p->limiter_bytes[i] > most) {
			most = p->limiter_bytes[i];
			p->limiter = (enum limiter)i;
		}
	}
	p->limiter_share = total > 0 ? p->limiter_bytes[p->limiter] / total : (double)NAN;
}

/* The flow that moved most gives the path its congestion control and its process. */
static void name_path(struct path_stats *p, const struct flow_stats *f, double weight)
{
	double sent = (double)f->gain.bytes_acked;

	if (p->congestion[0] == '\0' || sent > p->most_sent) {
		p->most_sent = sent;
		memcpy(p->congestion, f->congestion, sizeof(p->congestion));
	}
	if (p->process[0] == '\0' || weight > p->most_bytes) {
		p->most_bytes = weight;
		memcpy(p->process, f->process, sizeof(p->process));
	}
}

/* A holder that is not known stays so, and two stay several. */
static void join_holder(int *holder, int pid)
{
	if (*holder == PATH_NO_FLOWS || pid == PATH_HOLDER_UNKNOWN)
		*holder = pid;
	else if (*holder > 0 && *holder != pid)
		*holder = PATH_SEVERAL_HOLDERS;
}

static void note_holders(const struct observation *o, struct path_stats *p,
			 const struct flow_stats *f)
{
	const struct owner *owner = owner_lookup(&o->owners, f->inode);
	const int pid = owner != NULL ? owner->pid : PATH_HOLDER_UNKNOWN;

	if (f->closed_in_window)
		return;
	if (receives_throughout(f))
		join_holder(&p->receiver_pid, pid);
	if (f->sending >= LASTING_SAMPLES)
		join_holder(&p->sender_pid, pid);
}

void paths_judge(struct observation *o)
{
	for (size_t i = 0; i < o->flow_count; i++) {
		struct flow_stats *f = flow_table_stats(o->flows, i);
		struct path_stats *p;
		double weight;

		if (f->path >= o->path_count)
			continue;
		p = &o->paths[f->path];
		weight = weight_of(p, f);
		f->limiter = limiter_judge(f, link_rate(o, p));
		p->limiter_bytes[f->limiter.limiter] += weight;
		name_path(p, f, weight);
		note_holders(o, p, f);
	}
	for (size_t i = 0; i < o->path_count; i++)
		judge_path(&o->paths[i]);
}
