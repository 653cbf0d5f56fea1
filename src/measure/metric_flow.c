#include "measure/metric_getters.h"

#include <math.h>

static double share_of(double part, double whole)
{
	return whole > 0 ? part / whole : (double)NAN;
}

static double above_zero(double number)
{
	return number > 0 ? number : (double)NAN;
}

static double sndbuf_full_share(const struct flow_stats *f)
{
	return share_of(f->sndbuf_full, f->sending);
}

static double unread_share(const struct flow_stats *f)
{
	return share_of(share_of((double)f->unread_sum, f->samples), f->rcvbuf_max);
}

static double cwnd(const struct flow_stats *f)
{
	return above_zero(f->cwnd);
}

static double mss(const struct flow_stats *f)
{
	return above_zero(f->mss);
}

static double snd_wnd(const struct flow_stats *f)
{
	return f->snd_wnd;
}

static double rcv_wnd(const struct flow_stats *f)
{
	return f->rcv_wnd;
}

static double rcvbuf(const struct flow_stats *f)
{
	return above_zero(f->rcvbuf_max);
}

static double sndbuf(const struct flow_stats *f)
{
	return above_zero(f->sndbuf_max);
}

static double notsent(const struct flow_stats *f)
{
	return share_of((double)f->notsent_sum, f->samples);
}

static double delivery_rate(const struct flow_stats *f)
{
	return above_zero((double)f->delivery_rate_max);
}

static double limiter_share(const struct flow_stats *f)
{
	return f->limiter.share;
}

static const struct {
	double (*get)(const struct flow_stats *f);
	enum info_field field;
	const char *reason; /* when the field is there but the number is not */
} rows[FLOW_METRICS] = {
	[FLOW_SECONDS] = { flow_seconds, INFO_ANY, REASON_ONE_SAMPLE },
	[FLOW_GOODPUT] = { flow_goodput, INFO_BYTES_ACKED, REASON_ONE_SAMPLE },
	[FLOW_THROUGHPUT] = { flow_throughput, INFO_BYTES_SENT, REASON_ONE_SAMPLE },
	[FLOW_RECEIVE_RATE] = { flow_receive_rate, INFO_BYTES_ACKED, REASON_ONE_SAMPLE },
	[FLOW_RETRANSMIT_RATIO] = { flow_retransmit_ratio, INFO_DATA_SEGMENTS, "no data was sent" },
	[FLOW_MIN_RTT] = { flow_min_rtt_s, INFO_MIN_RTT, "no round trip was measured" },
	[FLOW_SRTT] = { flow_srtt_s, INFO_ANY, REASON_NOT_SENDING },
	[FLOW_JITTER] = { flow_jitter_s, INFO_ANY, "it did not send in two intervals" },
	[FLOW_RTT_INFLATION] = { flow_rtt_inflation, INFO_MIN_RTT, REASON_NOT_SENDING },
	[FLOW_BUSY_SHARE] = { flow_busy_share, INFO_BUSY_TIME, REASON_ONE_SAMPLE },
	[FLOW_RWND_LIMITED_SHARE] = { flow_rwnd_limited_share, INFO_BUSY_TIME, REASON_NOT_SENDING },
	[FLOW_SNDBUF_LIMITED_SHARE] = { flow_sndbuf_limited_share, INFO_BUSY_TIME,
					REASON_NOT_SENDING },
	[FLOW_SNDBUF_FULL_SHARE] = { sndbuf_full_share, INFO_SND_WND, REASON_NOT_SENDING },
	[FLOW_UNREAD_SHARE] = { unread_share, INFO_ANY, "the kernel did not tell its buffers" },
	[FLOW_CWND] = { cwnd, INFO_ANY, "the kernel did not tell" },
	[FLOW_MSS] = { mss, INFO_ANY, "the kernel did not tell" },
	[FLOW_SND_WND] = { snd_wnd, INFO_SND_WND, "the kernel did not tell" },
	[FLOW_RCV_WND] = { rcv_wnd, INFO_RCV_WND, "the kernel did not tell" },
	[FLOW_RCVBUF] = { rcvbuf, INFO_ANY, "the kernel did not tell its buffers" },
	[FLOW_SNDBUF] = { sndbuf, INFO_ANY, "the kernel did not tell its buffers" },
	[FLOW_NOTSENT] = { notsent, INFO_NOTSENT, "the kernel did not tell" },
	[FLOW_DELIVERY_RATE] = { delivery_rate, INFO_DELIVERY_RATE, REASON_NOT_SENDING },
	[FLOW_LIMITER_SHARE] = { limiter_share, INFO_ANY, "no test measures it" },
};

METRIC_GETTER(metric_flow)
{
	const struct flow_stats *f = entity;
	unsigned int row = (unsigned int)self->argument;

	if (!info_field_known(f->info_len, rows[row].field))
		return value_unknown(reason_of_field(o, rows[row].field));
	return metric_known(rows[row].get(f), rows[row].reason);
}

METRIC_GETTER(metric_flow_limiter)
{
	const struct flow_stats *f = entity;

	(void)self;
	(void)o;
	return value_text(limiter_name(f->limiter.limiter));
}

METRIC_GETTER(metric_flow_congestion)
{
	const struct flow_stats *f = entity;

	(void)self;
	(void)o;
	return f->congestion[0] != '\0'
		       ? value_text(f->congestion)
		       : value_unknown("the kernel did not tell the congestion control");
}

METRIC_GETTER(metric_flow_process)
{
	const struct flow_stats *f = entity;

	(void)self;
	(void)o;
	return f->process[0] != '\0' ? value_text(f->process)
				     : value_unknown("the process is not known");
}
