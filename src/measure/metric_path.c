#include "measure/metric_getters.h"

#include <stddef.h>

struct quantile_row {
	size_t offset;
	double share;
	enum info_field field;
	bool receiving;
};

#define SENDING(member, share, field)                                    \
	{                                                                \
		offsetof(struct path_stats, member), share, field, false \
	}
#define RECEIVING(member, share, field)                                 \
	{                                                               \
		offsetof(struct path_stats, member), share, field, true \
	}

static const struct quantile_row quantile_rows[PATH_QUANTILES] = {
	[PATH_CWND_P50] = SENDING(cwnd, 0.5, INFO_ANY),
	[PATH_INFLIGHT_P50] = SENDING(inflight, 0.5, INFO_ANY),
	[PATH_MSS_P50] = SENDING(mss, 0.5, INFO_ANY),
	[PATH_NOTSENT_P95] = SENDING(notsent, 0.95, INFO_NOTSENT),
	[PATH_NOTSENT_DELAY_P95] = SENDING(notsent_delay, 0.95, INFO_NOTSENT),
	[PATH_QUEUE_DELAY_P50] = SENDING(queue_delay, 0.5, INFO_MIN_RTT),
	[PATH_RTT_INFLATION_P50] = SENDING(rtt_inflation, 0.5, INFO_MIN_RTT),
	[PATH_SND_WND_P50] = SENDING(snd_wnd, 0.5, INFO_SND_WND),
	[PATH_SNDBUF_P95] = SENDING(sndbuf, 0.95, INFO_ANY),
	[PATH_SNDBUF_MIN] = SENDING(sndbuf, 0, INFO_ANY),
	[PATH_SNDBUF_MAX] = SENDING(sndbuf, 1, INFO_ANY),
	[PATH_SRTT_P50] = SENDING(srtt, 0.5, INFO_ANY),
	[PATH_SRTT_P95] = SENDING(srtt, 0.95, INFO_ANY),
	[PATH_SRTT_P99] = SENDING(srtt, 0.99, INFO_ANY),
	[PATH_RCVBUF_P95] = RECEIVING(rcvbuf, 0.95, INFO_ANY),
	[PATH_RCVBUF_MIN] = RECEIVING(rcvbuf, 0, INFO_ANY),
	[PATH_RCVBUF_MAX] = RECEIVING(rcvbuf, 1, INFO_ANY),
	[PATH_RCV_WND_P50] = RECEIVING(rcv_wnd, 0.5, INFO_RCV_WND),
	[PATH_RCV_RTT_P50] = RECEIVING(rcv_rtt, 0.5, INFO_ANY),
	[PATH_RCV_RTT_P95] = RECEIVING(rcv_rtt, 0.95, INFO_ANY),
	[PATH_RCV_QUEUE_SHARE_P50] = RECEIVING(unread_share, 0.5, INFO_ANY),
	[PATH_WINDOW_RATIO] = RECEIVING(window_ratio, 0.5, INFO_RCV_WND),
};

METRIC_GETTER(metric_path_quantile)
{
	const struct quantile_row *row = &quantile_rows[self->argument];
	const struct path_stats *p = entity;
	const struct quantiles *q = (const struct quantiles *)(const void *)((const char *)p +
									     row->offset);

	if (q->total > 0)
		return value_number(quantiles_get(q, row->share));
	if (row->receiving && p->samples.receiving == 0)
		return value_unknown(REASON_NOT_RECEIVING);
	if (!row->receiving && p->samples.sending == 0)
		return value_unknown(REASON_NOT_SENDING);
	if (!info_field_known(p->info_len, row->field))
		return value_unknown(reason_of_field(o, row->field));
	return value_unknown("the kernel had no value for it");
}

struct share_row {
	size_t part, whole;
	enum info_field field;
	const char *reason;
};

#define SHARE(part, whole, field, reason)                                                         \
	{                                                                                         \
		offsetof(struct path_samples, part), offsetof(struct path_samples, whole), field, \
			reason                                                                    \
	}

static const struct share_row share_rows[PATH_SHARES] = {
	[PATH_APP_LIMITED_SHARE] = SHARE(app_limited, sending, INFO_DELIVERY_RATE,
					 REASON_NOT_SENDING),
	[PATH_CWND_LIMITED_SHARE] = SHARE(cwnd_limited, sending, INFO_ANY, REASON_NOT_SENDING),
	[PATH_RCV_WSCALE_FULL_SHARE] = SHARE(wscale_full, receiving, INFO_RCV_WND,
					     REASON_NOT_RECEIVING),
	[PATH_RECOVERING_SHARE] = SHARE(recovering, sending, INFO_ANY, REASON_NOT_SENDING),
	[PATH_SNDBUF_FULL_SHARE] = SHARE(sndbuf_full, sending, INFO_SND_WND, REASON_NOT_SENDING),
	[PATH_UNREAD_HIGH_SHARE] = SHARE(unread_high, receiving, INFO_ANY, REASON_NOT_RECEIVING),
	[PATH_ZERO_WINDOW_SHARE] = SHARE(zero_window, sending, INFO_ANY, REASON_NOT_SENDING),
};

static uint64_t sample_count(const struct path_samples *samples, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)samples + offset);
}

METRIC_GETTER(metric_path_share)
{
	const struct share_row *row = &share_rows[self->argument];
	const struct path_stats *p = entity;
	uint64_t whole = sample_count(&p->samples, row->whole);

	if (whole > 0 && !info_field_known(p->info_len, row->field))
		return value_unknown(reason_of_field(o, row->field));
	return metric_quotient((double)sample_count(&p->samples, row->part), (double)whole,
			       row->reason);
}

/* --- single numbers --------------------------------------------------------------------------- */

static struct value path_rate(const struct observation *o, const struct path_stats *p,
			      enum info_field field, double rate)
{
	if (!(o->seconds > 0))
		return value_unknown(REASON_ONE_SAMPLE);
	if (!info_field_known(p->info_len, field))
		return value_unknown(reason_of_field(o, field));
	return value_number(rate);
}

static struct value path_segments(const struct observation *o, const struct path_stats *p,
				  uint64_t count)
{
	if (!info_field_known(p->info_len, INFO_DATA_SEGMENTS))
		return value_unknown(reason_of_field(o, INFO_DATA_SEGMENTS));
	return value_number((double)count);
}

static struct value path_count(const struct observation *o, const struct path_stats *p,
			       enum path_metric which)
{
	switch ((int)which) {
	case PATH_FLOWS:
		return value_number(p->flows);
	case PATH_SENDERS:
		return value_number(p->senders);
	case PATH_RECEIVERS:
		return value_number(p->receivers);
	case PATH_REORDERING_FLOWS:
		return info_field_known(p->info_len, INFO_REORD_SEEN)
			       ? value_number(p->reordering_flows)
			       : value_unknown(reason_of_field(o, INFO_REORD_SEEN));
	case PATH_UNREAD_HIGH_SAMPLES:
		return value_number((double)p->samples.unread_high);
	case PATH_SENDING_TIME:
		return value_number(p->sending_s);
	case PATH_RECEIVING_TIME:
		return value_number(p->receiving_s);
	case PATH_LONGEST_SENDING_TIME:
		return value_number(p->longest_sending_s);
	case PATH_LONGEST_RECEIVING_TIME:
		return value_number(p->longest_receiving_s);
	case PATH_SEGMENTS_SENT:
		return path_segments(o, p, p->sum.data_segs_out);
	case PATH_SEGMENTS_RETRANSMITTED:
		return path_segments(o, p, p->sum.total_retrans);
	default:
		return value_unknown("not a metric of a path");
	}
}

static struct value path_ratio(const struct observation *o, const struct path_stats *p,
			       enum path_metric which)
{
	const struct flow_totals *sum = &p->sum;
	double busy = (double)sum->busy_us;

	switch ((int)which) {
	case PATH_RETRANSMIT_RATIO:
		if (!info_field_known(p->info_len, INFO_BYTES_SENT))
			return metric_info_quotient(o, INFO_DATA_SEGMENTS,
						    (double)sum->total_retrans,
						    (double)sum->data_segs_out, "no data was sent");
		return metric_quotient((double)sum->bytes_retrans, (double)sum->bytes_sent,
				       "no data was sent");
	case PATH_RWND_LIMITED_SHARE:
		return metric_info_quotient(o, INFO_BUSY_TIME, (double)sum->rwnd_limited_us, busy,
					    REASON_NOT_SENDING);
	case PATH_SNDBUF_LIMITED_SHARE:
		return metric_info_quotient(o, INFO_BUSY_TIME, (double)sum->sndbuf_limited_us, busy,
					    REASON_NOT_SENDING);
	case PATH_SPURIOUS_SHARE:
		return metric_info_quotient(o, INFO_DSACK_DUPS, (double)sum->dsack_dups,
					    (double)sum->total_retrans,
					    "nothing was retransmitted");
	case PATH_CE_SHARE:
		return metric_info_quotient(o, INFO_DELIVERED_CE, (double)sum->delivered_ce,
					    (double)sum->delivered, "nothing was delivered");
	case PATH_NO_SACK_SHARE:
		return metric_quotient(p->no_sack, p->flows, "no flow was active");
	case PATH_NO_WSCALE_SHARE:
		return metric_quotient(p->no_wscale, p->flows, "no flow was active");
	case PATH_WINDOW_USE:
		return metric_info_quotient(o, INFO_SND_WND, p->window_use_sum,
					    (double)p->window_use_samples, REASON_NOT_SENDING);
	case PATH_LIMITER_SHARE:
		return metric_known(p->limiter_share, "no data moved");
	default:
		return path_count(o, p, which);
	}
}

METRIC_GETTER(metric_path)
{
	const struct path_stats *p = entity;
	enum path_metric which = (enum path_metric)self->argument;

	switch ((int)which) {
	case PATH_GOODPUT:
		return path_rate(o, p, INFO_BYTES_ACKED, p->goodput);
	case PATH_THROUGHPUT:
		return path_rate(o, p, INFO_BYTES_SENT, p->throughput);
	case PATH_RECEIVE_RATE:
		return path_rate(o, p, INFO_BYTES_ACKED, p->receive_rate);
	case PATH_PEAK_GOODPUT:
		return path_rate(o, p, INFO_BYTES_ACKED, p->peak_goodput);
	case PATH_PEAK_RECEIVE_RATE:
		return path_rate(o, p, INFO_BYTES_ACKED, p->peak_receive_rate);
	case PATH_REQUEST_RATE:
		return path_rate(o, p, INFO_DATA_SEGMENTS, (double)p->requests / o->seconds);
	default:
		return path_ratio(o, p, which);
	}
}
