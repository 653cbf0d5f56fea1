/* Metrics that are counters of the kernel, or shares of one in another. */
#include "measure/metric_getters.h"

#include <math.h>

/* What a counter gained over the window. A counter that went backwards was reset. */
static struct value gain_of(const struct observation *o, enum counter c)
{
	if (!o->first.known[c] || !o->last.known[c])
		return value_unknown(reason_of_counter(o, c));
	if (!(o->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	if (o->last.value[c] < o->first.value[c])
		return value_unknown("the counter was reset within the window");
	return value_number((double)(o->last.value[c] - o->first.value[c]));
}

static struct value scaled(struct value v, double factor)
{
	v.number *= factor;
	return v;
}

METRIC_GETTER(metric_counter_last)
{
	enum counter c = (enum counter)self->argument;

	(void)entity;
	if (!o->last.known[c])
		return value_unknown(reason_of_counter(o, c));
	return value_number((double)o->last.value[c]);
}

METRIC_GETTER(metric_counter_max)
{
	enum counter c = (enum counter)self->argument;

	(void)entity;
	if (!o->last.known[c])
		return value_unknown(reason_of_counter(o, c));
	return value_number((double)o->gauge_max[c]);
}

METRIC_GETTER(metric_counter_gain)
{
	(void)entity;
	return gain_of(o, (enum counter)self->argument);
}

METRIC_GETTER(metric_counter_rate)
{
	struct value v = gain_of(o, (enum counter)self->argument);

	(void)entity;
	return v.kind == VALUE_NUMBER ? scaled(v, 1 / o->seconds) : v;
}

METRIC_GETTER(metric_counter_stall)
{
	struct value v = gain_of(o, (enum counter)self->argument);

	(void)entity;
	return v.kind == VALUE_NUMBER ? value_number(fmin(v.number / 1e6 / o->seconds, 1)) : v;
}

METRIC_GETTER(metric_counter_ms)
{
	struct value v = gain_of(o, (enum counter)self->argument);

	(void)entity;
	return v.kind == VALUE_NUMBER ? scaled(v, 1e-3) : v;
}

static struct value share_of_gain(struct value part, struct value whole, const char *reason)
{
	if (part.kind != VALUE_NUMBER)
		return part;
	if (whole.kind != VALUE_NUMBER)
		return whole;
	return metric_quotient(part.number, whole.number, reason);
}

METRIC_GETTER(metric_cpu_share)
{
	(void)entity;
	return share_of_gain(gain_of(o, (enum counter)self->argument),
			     gain_of(o, COUNTER_CPU_TOTAL), "no clock tick passed");
}

struct counter_pair {
	enum counter part, whole;
	const char *reason; /* when the whole is 0 */
};

#define REASON_NO_LIMIT "the limit is 0"

static const struct counter_pair gauge_shares[GAUGE_SHARES] = {
	[SHARE_TCP_PRESSURE] = { COUNTER_SOCKETS_TCP_MEMORY, COUNTER_TCP_MEM_PRESSURE,
				 REASON_NO_LIMIT },
	[SHARE_TCP_LIMIT] = { COUNTER_SOCKETS_TCP_MEMORY, COUNTER_TCP_MEM_HIGH, REASON_NO_LIMIT },
	[SHARE_UDP_PRESSURE] = { COUNTER_SOCKETS_UDP_MEMORY, COUNTER_UDP_MEM_PRESSURE,
				 REASON_NO_LIMIT },
	[SHARE_UDP_LIMIT] = { COUNTER_SOCKETS_UDP_MEMORY, COUNTER_UDP_MEM_HIGH, REASON_NO_LIMIT },
	[SHARE_CONNTRACK] = { COUNTER_CONNTRACK_COUNT, COUNTER_CONNTRACK_LIMIT, REASON_NO_LIMIT },
	[SHARE_CONNTRACK_CHAIN] = { COUNTER_CONNTRACK_COUNT, COUNTER_CONNTRACK_BUCKETS,
				    "there are no buckets" },
	[SHARE_FILES] = { COUNTER_FILES_OPEN, COUNTER_FILES_LIMIT, REASON_NO_LIMIT },
};

METRIC_GETTER(metric_gauge_share)
{
	const struct counter_pair *pair = &gauge_shares[self->argument];

	(void)entity;
	if (!o->last.known[pair->part])
		return value_unknown(reason_of_counter(o, pair->part));
	if (!o->last.known[pair->whole])
		return value_unknown(reason_of_counter(o, pair->whole));
	return metric_quotient((double)o->gauge_max[pair->part], (double)o->last.value[pair->whole],
			       pair->reason);
}

static const struct counter_pair gain_shares[GAIN_SHARES] = {
	[GAIN_COOKIES_ANSWERED] = { COUNTER_SYNCOOKIES_RECEIVED, COUNTER_SYNCOOKIES_SENT,
				    "no cookie was sent" },
	[GAIN_FORWARDED] = { COUNTER_IP_FORWARDED, COUNTER_IP_IN_RECEIVES,
			     "no packet was received" },
	[GAIN_FORWARDED6] = { COUNTER_IP6_FORWARDED, COUNTER_IP6_IN_RECEIVES,
			      "no packet was received" },
	[GAIN_SQUEEZED] = { COUNTER_SOFTNET_SQUEEZED, COUNTER_SOFTNET_PROCESSED,
			    "no packet was processed" },
	[GAIN_TIMEOUTS] = { COUNTER_TIMEOUTS, COUNTER_TCP_RETRANS_SEGS, "nothing was sent again" },
};

METRIC_GETTER(metric_gain_share)
{
	const struct counter_pair *pair = &gain_shares[self->argument];

	(void)entity;
	return share_of_gain(gain_of(o, pair->part), gain_of(o, pair->whole), pair->reason);
}

static struct value retransmit_ratio(const struct observation *o)
{
	struct value sent = gain_of(o, COUNTER_ORIG_DATA_SENT);
	struct value again = gain_of(o, COUNTER_TCP_RETRANS_SEGS);

	if (sent.kind == VALUE_NUMBER)
		sent.number += again.kind == VALUE_NUMBER ? again.number : 0;
	return share_of_gain(again, sent, "no data was sent");
}

static struct value receive_queue_drops(const struct observation *o)
{
	static const enum counter parts[] = {
		COUNTER_RCV_PRUNED,
		COUNTER_OFO_PRUNED,
		COUNTER_RCV_QUEUE_DROP,
	};
	struct value sum = value_number(0);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct value v = gain_of(o, parts[i]);

		if (v.kind != VALUE_NUMBER)
			return v;
		sum.number += v.number;
	}
	return sum;
}

static struct value cpu_busy(const struct observation *o)
{
	struct value idle = share_of_gain(gain_of(o, COUNTER_CPU_IDLE),
					  gain_of(o, COUNTER_CPU_TOTAL), "no clock tick passed");

	return idle.kind == VALUE_NUMBER ? value_number(fmax(1 - idle.number, 0)) : idle;
}

/* Of flows that sent: a burst of two or more after idle time, where that costs a slow start. bbr
 * is not slowed (tcp_slow_start_after_idle_check() leaves cong_control alone). */
static struct value idle_restart_share(const struct observation *o)
{
	size_t flows = 0, restarted = 0;

	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow_stats *f = observation_flow(o, i);

		if (f->sending == 0 || flow_is_rate_based(f))
			continue;
		flows++;
		restarted += f->idle_restarts >= 2;
	}
	return metric_quotient((double)restarted, (double)flows,
			       "no flow sent whose congestion control restarts after idle time");
}

/* Of thin flows; those that stalled alone, or all. */
static struct value thin_flows(const struct observation *o, bool stalled)
{
	size_t flows = 0;

	if (o->sockets_unseen)
		return value_unknown(REASON_UNSEEN);
	if (!(o->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	for (size_t i = 0; i < o->flow_count; i++) {
		const struct flow_stats *f = observation_flow(o, i);

		if (!info_field_known(f->info_len, INFO_DATA_SEGMENTS))
			return value_unknown(reason_of_field(o, INFO_DATA_SEGMENTS));
		flows += flow_is_thin(f) && (!stalled || f->outlasted > 0);
	}
	return value_number((double)flows);
}

static struct value option_share(const struct observation *o, bool sack)
{
	double without = 0, flows = 0;

	for (size_t i = 0; i < o->path_count; i++) {
		without += sack ? o->paths[i].no_sack : o->paths[i].no_wscale;
		flows += o->paths[i].flows;
	}
	return metric_quotient(without, flows, "no flow was active");
}

static struct value rate_of(const struct observation *o, enum info_field field, uint64_t bytes)
{
	if (o->sockets_unseen)
		return value_unknown(REASON_UNSEEN);
	/* No flows is no traffic; that needs no field. */
	if (o->flow_count > 0 && !info_field_known(o->info_len, field))
		return value_unknown(reason_of_field(o, field));
	return metric_quotient((double)bytes, o->seconds, REASON_ONE_SAMPLE);
}

static struct value count_of(const struct observation *o, size_t count)
{
	return o->sockets_unseen ? value_unknown(REASON_UNSEEN) : value_number((double)count);
}

static struct value busy_goodput(const struct observation *o)
{
	if (o->sockets_unseen)
		return value_unknown(REASON_UNSEEN);
	return metric_info_quotient(o, INFO_BUSY_TIME, (double)o->sum.bytes_acked,
				    (double)o->sum.busy_us / 1e6, "no flow was sending");
}

METRIC_GETTER(metric_host)
{
	(void)entity;
	switch ((enum host_metric)self->argument) {
	case HOST_CPUS:
		return o->facts.cpus > 0 ? value_number(o->facts.cpus)
					 : value_unknown("the number of CPUs could not be read");
	case HOST_CPU_BUSY:
		return cpu_busy(o);
	case HOST_PAGE_SIZE:
		return o->facts.page_bytes > 0 ? value_number(o->facts.page_bytes)
					       : value_unknown("the page size is not known");
	case HOST_WINDOW:
		return value_number(o->seconds);
	case TCP_SOCKETS:
		return count_of(o, o->sockets);
	case TCP_ACTIVE_FLOWS:
		return count_of(o, o->flow_count);
	case TCP_BUSY_GOODPUT:
		return busy_goodput(o);
	case TCP_GOODPUT:
		return rate_of(o, INFO_BYTES_ACKED, o->sum.bytes_acked);
	case TCP_THROUGHPUT:
		return rate_of(o, INFO_BYTES_SENT, o->sum.bytes_sent);
	case TCP_RECEIVE_RATE:
		return rate_of(o, INFO_BYTES_ACKED, o->sum.bytes_received);
	case TCP_RETRANSMIT_RATIO:
		return retransmit_ratio(o);
	case TCP_RECEIVE_QUEUE_DROPS:
		return receive_queue_drops(o);
	case TCP_JITTER:
		return metric_quotient((double)o->jitter_sum_us / 1e6, (double)o->jitter_samples,
				       "no flow sent in two intervals");
	case TCP_IDLE_RESTART_SHARE:
		return idle_restart_share(o);
	case TCP_NO_SACK_SHARE:
		return option_share(o, true);
	case TCP_NO_WSCALE_SHARE:
		return option_share(o, false);
	case TCP_THIN_FLOWS:
		return thin_flows(o, false);
	case TCP_THIN_STALLED:
		return thin_flows(o, true);
	}
	return value_unknown("not a metric of the host");
}

METRIC_GETTER(metric_srtt)
{
	(void)entity;
	return metric_known(quantiles_get(&o->srtt, self->argument / 100.0), REASON_NOT_SENDING);
}
