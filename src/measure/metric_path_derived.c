/* Metrics of a path that combine others. */
#include "measure/metric_getters.h"

#include <math.h>

/* How far beyond what was observed a change may aim when the link's rate is not known: one more
 * doubling of the buffers than autotuning itself would take in a round trip, twice. */
#define TARGET_FACTOR 4
/* Mathis, Semke, Mahdavi, Ott, CCR 1997. */
#define MATHIS_CONSTANT 1.22

#define REASON_NO_MIN_RTT "no round trip was measured"

static struct value min_rtt(const struct observation *o, const struct path_stats *p)
{
	if (p->min_rtt_us > 0)
		return value_number(p->min_rtt_us / 1e6);
	if (!info_field_known(p->info_len, INFO_MIN_RTT))
		return value_unknown(reason_of_field(o, INFO_MIN_RTT));
	return value_unknown(REASON_NO_MIN_RTT);
}

METRIC_GETTER(metric_path_min_rtt)
{
	(void)self;
	return min_rtt(o, entity);
}

METRIC_GETTER(metric_path_bdp)
{
	const struct path_stats *p = entity;
	struct value rtt = min_rtt(o, p);

	(void)self;
	if (rtt.kind != VALUE_NUMBER)
		return rtt;
	return p->peak_goodput > 0 ? value_number(p->peak_goodput * rtt.number)
				   : value_unknown("nothing was sent");
}

METRIC_GETTER(metric_path_window_capped_goodput)
{
	const struct path_stats *p = entity;
	struct value rtt = min_rtt(o, p);

	(void)self;
	if (rtt.kind != VALUE_NUMBER)
		return rtt;
	if (p->snd_wnd.total == 0 && !info_field_known(p->info_len, INFO_SND_WND))
		return value_unknown(reason_of_field(o, INFO_SND_WND));
	return metric_known(quantiles_get(&p->snd_wnd, 0.5) / rtt.number, REASON_NOT_SENDING);
}

METRIC_GETTER(metric_path_jitter)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	return metric_quotient((double)p->jitter_sum_us / 1e6, (double)p->jitter_samples,
			       "no flow sent in two intervals");
}

METRIC_GETTER(metric_path_mathis_rate)
{
	const struct path_stats *p = entity;
	double loss = (double)p->sum.bytes_retrans / (double)p->sum.bytes_sent;
	double rtt = quantiles_get(&p->srtt, 0.5), mss = quantiles_get(&p->mss, 0.5);

	(void)self;
	if (!info_field_known(p->info_len, INFO_BYTES_SENT))
		loss = (double)p->sum.total_retrans / (double)p->sum.data_segs_out;
	(void)o;
	if (!(loss > 0))
		return value_unknown("nothing was lost");
	return metric_known(MATHIS_CONSTANT * mss / (rtt * sqrt(loss)), REASON_NOT_SENDING);
}

/* --- the link it leaves by -------------------------------------------------------------------- */

static const struct link_stats *link_of(const struct observation *o, const struct path_stats *p)
{
	return p->link < o->link_count ? &o->links[p->link] : NULL;
}

static struct value link_rate(const struct observation *o, const struct path_stats *p)
{
	const struct link_stats *l = link_of(o, p);

	if (l == NULL)
		return value_unknown("the link it leaves by is not known");
	if (!(l->last.speed > 0))
		return value_unknown("the link's speed is not known");
	return value_number(l->last.speed);
}

/* The best interval of the dominant direction, as one flow's share: buffers and windows belong to a
 * flow. */
static double peak_of_flow(const struct path_stats *p)
{
	bool sends = p->peak_goodput >= p->peak_receive_rate;
	uint32_t flows = sends ? p->senders : p->receivers;

	return (sends ? p->peak_goodput : p->peak_receive_rate) / (flows > 0 ? flows : 1);
}

METRIC_GETTER(metric_path_link)
{
	const struct link_stats *l = link_of(o, entity);

	(void)self;
	return l != NULL ? value_text(l->last.name)
			 : value_unknown("the link it leaves by is not known");
}

METRIC_GETTER(metric_path_link_rate)
{
	(void)self;
	return link_rate(o, entity);
}

METRIC_GETTER(metric_path_utilisation)
{
	const struct path_stats *p = entity;
	struct value rate = link_rate(o, p);

	(void)self;
	if (rate.kind != VALUE_NUMBER)
		return rate;
	if (!(o->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	return value_number(fmax(p->goodput, p->receive_rate) / rate.number);
}

METRIC_GETTER(metric_path_target_rate)
{
	const struct path_stats *p = entity;
	struct value rate = link_rate(o, p);
	double reach = TARGET_FACTOR * peak_of_flow(p);

	(void)self;
	if (!(reach > 0))
		return value_unknown("no data moved");
	return value_number(rate.kind == VALUE_NUMBER ? fmin(rate.number, reach) : reach);
}

METRIC_GETTER(metric_path_flow_rate)
{
	const struct path_stats *p = entity;
	const bool received = self->argument == 1;
	const double busy_s = received ? p->receiving_s : p->sending_s;

	if (!(busy_s > 0))
		return value_unknown(received ? REASON_NOT_RECEIVING : REASON_NOT_SENDING);
	return value_number((received ? p->receive_rate : p->goodput) * o->seconds / busy_s);
}

METRIC_GETTER(metric_path_loopback)
{
	const struct path_stats *p = entity;
	const struct link_stats *l = link_of(o, p);

	(void)self;
	return value_number(address_is_loopback(&p->remote) || (l != NULL && l->last.loopback));
}

/* --- buffers, names --------------------------------------------------------------------------- */

METRIC_GETTER(metric_path_sndbuf_constant)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	if (p->samples.sending == 0)
		return value_unknown(REASON_NOT_SENDING);
	return value_number(p->sndbuf_full_flows > 0 &&
			    p->sndbuf_constant_flows == p->sndbuf_full_flows);
}

METRIC_GETTER(metric_path_rcvbuf_constant)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	if (p->samples.receiving == 0)
		return value_unknown(REASON_NOT_RECEIVING);
	return value_number(p->rcvbuf_busy_flows > 0 &&
			    p->rcvbuf_constant_flows == p->rcvbuf_busy_flows);
}

METRIC_GETTER(metric_path_limiter)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	if (p->limiter == LIMITER_UNKNOWN)
		return value_unknown("too little was seen to tell, or the other side decides");
	return value_text(limiter_name(p->limiter));
}

METRIC_GETTER(metric_path_congestion)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	return p->congestion[0] != '\0'
		       ? value_text(p->congestion)
		       : value_unknown("the kernel did not tell the congestion control");
}

METRIC_GETTER(metric_path_name)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	return value_text(p->name);
}

METRIC_GETTER(metric_path_process)
{
	const struct path_stats *p = entity;

	(void)self;
	(void)o;
	return p->process[0] != '\0' ? value_text(p->process)
				     : value_unknown("the process is not known");
}

METRIC_GETTER(metric_path_pid)
{
	const struct path_stats *p = entity;
	const int pid = self->argument == 1 ? p->receiver_pid : p->sender_pid;

	(void)o;
	switch (pid) {
	case PATH_NO_FLOWS:
		return value_unknown(self->argument == 1 ? "no flow received all the time"
							 : "no flow sent for long");
	case PATH_HOLDER_UNKNOWN:
		return value_unknown("the process of one of them is not known");
	case PATH_SEVERAL_HOLDERS:
		return value_unknown("several processes hold them");
	default:
		return value_number(pid);
	}
}
