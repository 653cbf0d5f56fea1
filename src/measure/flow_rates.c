#include "measure/flow.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1e9
#define US_PER_S 1e6
/* tcp_stream_is_thin(): fewer in flight than the duplicate acknowledgements of a fast retransmit
 * take. */
#define THIN_SEGMENTS 4.0
/* Per second, that typing, a game or a sensor sends. */
#define THIN_RATE 10.0

/* Unknown, not infinite, when the denominator is zero. */
static double quotient(double a, double b)
{
	return b > 0 ? a / b : (double)NAN;
}

/* Times are counted in jiffies: a share can come out slightly above 1. Unknown stays unknown. */
static double share_of(double part, double whole)
{
	double share = quotient(part, whole);

	return share > 1 ? 1 : share;
}

double flow_seconds(const struct flow_stats *f)
{
	return f->last_ns > f->first_ns ? (double)(f->last_ns - f->first_ns) / NS_PER_S
					: (double)NAN;
}

double flow_goodput(const struct flow_stats *f)
{
	if (!tcpinfo_has(f->info_len, bytes_acked))
		return NAN;
	return quotient((double)f->gain.bytes_acked, flow_seconds(f));
}

double flow_throughput(const struct flow_stats *f)
{
	if (!tcpinfo_has(f->info_len, bytes_sent))
		return NAN;
	return quotient((double)f->gain.bytes_sent, flow_seconds(f));
}

double flow_receive_rate(const struct flow_stats *f)
{
	if (!tcpinfo_has(f->info_len, bytes_received))
		return NAN;
	return quotient((double)f->gain.bytes_received, flow_seconds(f));
}

double flow_retransmit_ratio(const struct flow_stats *f)
{
	const struct flow_totals *gain = &f->gain;

	if (tcpinfo_has(f->info_len, bytes_retrans))
		return quotient((double)gain->bytes_retrans, (double)gain->bytes_sent);
	if (tcpinfo_has(f->info_len, data_segs_out))
		return quotient((double)gain->total_retrans, (double)gain->data_segs_out);
	return NAN;
}

double flow_rwnd_limited_share(const struct flow_stats *f)
{
	const struct flow_totals *gain = &f->gain;

	return share_of((double)gain->rwnd_limited_us, (double)gain->busy_us);
}

double flow_sndbuf_limited_share(const struct flow_stats *f)
{
	const struct flow_totals *gain = &f->gain;

	return share_of((double)gain->sndbuf_limited_us, (double)gain->busy_us);
}

double flow_busy_share(const struct flow_stats *f)
{
	if (!tcpinfo_has(f->info_len, busy_time))
		return NAN;
	return share_of((double)f->gain.busy_us / US_PER_S, flow_seconds(f));
}

double flow_srtt_s(const struct flow_stats *f)
{
	return quotient((double)f->srtt_sum_us / US_PER_S, f->rtt_samples);
}

double flow_min_rtt_s(const struct flow_stats *f)
{
	return f->min_rtt_us > 0 ? (double)f->min_rtt_us / US_PER_S : (double)NAN;
}

double flow_rtt_inflation(const struct flow_stats *f)
{
	return quotient(flow_srtt_s(f), flow_min_rtt_s(f));
}

double flow_jitter_s(const struct flow_stats *f)
{
	if (f->rtt_samples < 2)
		return NAN;
	return (double)f->jitter_sum_us / US_PER_S / (f->rtt_samples - 1);
}

/* A bulk sender that loss has brought to a crawl keeps its write queue full. */
bool flow_is_thin(const struct flow_stats *f)
{
	return f->samples > 0 && f->gain.data_segs_out > 0 &&
	       (double)f->gain.data_segs_out < THIN_RATE * flow_seconds(f) &&
	       (double)f->unacked_sum < THIN_SEGMENTS * f->samples &&
	       (double)f->wqueue_sum < THIN_SEGMENTS * f->mss * f->samples;
}

bool flow_mostly_sends(const struct flow_stats *f)
{
	const struct flow_totals *gain = &f->gain;

	if (gain->bytes_acked != gain->bytes_received)
		return gain->bytes_acked > gain->bytes_received;
	return f->sending >= f->receiving;
}

bool flow_is_rate_based(const struct flow_stats *f)
{
	return strncmp(f->congestion, "bbr", 3) == 0;
}
