#include "measure/flow.h"

#include <string.h>

/* The writer of a full send buffer sleeps until a third of it is free (sk_stream_wspace() against
 * sk_stream_min_wspace(), include/net/sock.h), so a buffer that is the limit swings between two
 * thirds and all of it. */
#define SNDBUF_FULL_SHARE 0.66
/* Unsent data above this share of the buffer waits for the network, not for the buffer. SND-01. */
#define NOTSENT_SHARE 0.1
/* Within a tenth of its window the window is the limit: TSO and pacing leave a little free. Not
 * much less, for what is held below its congestion window does not let it grow
 * (tcp_is_cwnd_limited()), so that may stay just above: with 4 MiB of buffer at 100 Mbit/s x 250 ms
 * 86 % of it were in flight. */
#define WINDOW_LIMITED_SHARE 0.9
/* Nine tenths of what the window scale allows: a larger buffer would be worth less than RCV-04
 * expects of it. */
#define WSCALE_FULL_SHARE 0.9
/* A peer with room for less than two segments has in effect closed its window. B14 step 2. */
#define CLOSED_WINDOW_SEGMENTS 2u
/* The way that carries less than a tenth of the other's bytes only serves it. */
#define MINOR_DIRECTION 10u
/* IW10, RFC 6928: a burst that fits the initial window loses nothing to slow start after idle. */
#define INITIAL_WINDOW_SEGMENTS 10u

/* After the first timeout the next comes later and later, unless timeouts are linear. */
#define BACKED_OFF_TIMEOUTS 2u

static uint32_t memory_of(const struct socket_info *s, enum socket_memory which)
{
	return (unsigned int)which < s->memory_fields ? s->memory[which] : 0;
}

void flow_counters_read(const struct socket_info *socket, struct flow_counters *ret)
{
	const struct tcpinfo *i = &socket->info;

	*ret = (struct flow_counters){
		.bytes_acked = i->bytes_acked,
		.bytes_received = i->bytes_received,
		.bytes_sent = i->bytes_sent,
		.bytes_retrans = i->bytes_retrans,
		.busy_us = i->busy_time,
		.rwnd_limited_us = i->rwnd_limited,
		.sndbuf_limited_us = i->sndbuf_limited,
		.segs_out = i->segs_out,
		.segs_in = i->segs_in,
		.data_segs_out = i->data_segs_out,
		.data_segs_in = i->data_segs_in,
		.total_retrans = i->total_retrans,
		.delivered = i->delivered,
		.delivered_ce = i->delivered_ce,
		.dsack_dups = i->dsack_dups,
		.reord_seen = i->reord_seen,
		.rcv_ooopack = i->rcv_ooopack,
	};
}

static uint64_t gain64(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* These wrap: a fast flow sends 2^32 segments in an hour. A step of more than half the range is a
 * step back. */
static uint64_t gain32(uint32_t from, uint32_t to)
{
	uint32_t gain = to - from;

	return gain <= INT32_MAX ? gain : 0;
}

struct flow_totals flow_counters_gain(const struct flow_counters *from,
				      const struct flow_counters *to)
{
	return (struct flow_totals){
		.bytes_acked = gain64(from->bytes_acked, to->bytes_acked),
		.bytes_received = gain64(from->bytes_received, to->bytes_received),
		.bytes_sent = gain64(from->bytes_sent, to->bytes_sent),
		.bytes_retrans = gain64(from->bytes_retrans, to->bytes_retrans),
		.busy_us = gain64(from->busy_us, to->busy_us),
		.rwnd_limited_us = gain64(from->rwnd_limited_us, to->rwnd_limited_us),
		.sndbuf_limited_us = gain64(from->sndbuf_limited_us, to->sndbuf_limited_us),
		.segs_out = gain32(from->segs_out, to->segs_out),
		.segs_in = gain32(from->segs_in, to->segs_in),
		.data_segs_out = gain32(from->data_segs_out, to->data_segs_out),
		.data_segs_in = gain32(from->data_segs_in, to->data_segs_in),
		.total_retrans = gain32(from->total_retrans, to->total_retrans),
		.delivered = gain32(from->delivered, to->delivered),
		.delivered_ce = gain32(from->delivered_ce, to->delivered_ce),
		.dsack_dups = gain32(from->dsack_dups, to->dsack_dups),
		.reord_seen = gain32(from->reord_seen, to->reord_seen),
		.rcv_ooopack = gain32(from->rcv_ooopack, to->rcv_ooopack),
	};
}

void flow_totals_add(struct flow_totals *sum, const struct flow_totals *more)
{
	sum->bytes_acked += more->bytes_acked;
	sum->bytes_received += more->bytes_received;
	sum->bytes_sent += more->bytes_sent;
	sum->bytes_retrans += more->bytes_retrans;
	sum->busy_us += more->busy_us;
	sum->rwnd_limited_us += more->rwnd_limited_us;
	sum->sndbuf_limited_us += more->sndbuf_limited_us;
	sum->segs_out += more->segs_out;
	sum->segs_in += more->segs_in;
	sum->data_segs_out += more->data_segs_out;
	sum->data_segs_in += more->data_segs_in;
	sum->total_retrans += more->total_retrans;
	sum->delivered += more->delivered;
	sum->delivered_ce += more->delivered_ce;
	sum->dsack_dups += more->dsack_dups;
	sum->reord_seen += more->reord_seen;
	sum->rcv_ooopack += more->rcv_ooopack;
}

void flow_counters_advance(struct flow_counters *c, const struct flow_totals *gain)
{
	c->bytes_acked += gain->bytes_acked;
	c->bytes_received += gain->bytes_received;
	c->bytes_sent += gain->bytes_sent;
	c->bytes_retrans += gain->bytes_retrans;
	c->busy_us += gain->busy_us;
	c->rwnd_limited_us += gain->rwnd_limited_us;
	c->sndbuf_limited_us += gain->sndbuf_limited_us;
	c->segs_out += (uint32_t)gain->segs_out;
	c->segs_in += (uint32_t)gain->segs_in;
	c->data_segs_out += (uint32_t)gain->data_segs_out;
	c->data_segs_in += (uint32_t)gain->data_segs_in;
	c->total_retrans += (uint32_t)gain->total_retrans;
	c->delivered += (uint32_t)gain->delivered;
	c->delivered_ce += (uint32_t)gain->delivered_ce;
	c->dsack_dups += (uint32_t)gain->dsack_dups;
	c->reord_seen += (uint32_t)gain->reord_seen;
	c->rcv_ooopack += (uint32_t)gain->rcv_ooopack;
}

/* Unread payload above half of the buffer; or, since the buffer's bytes include the kernel's
 * overhead of about a third, more of the window's memory unread than free. Data that waits behind a
 * hole is not counted in rqueue: a lossy path does not look like a slow reader. */
bool flow_unread_high(const struct socket_info *socket)
{
	uint32_t rcvbuf = memory_of(socket, SOCKET_RCVBUF), unread = socket->rqueue;

	if (rcvbuf == 0 || unread == 0)
		return false;
	if (unread > rcvbuf / 2)
		return true;
	return tcpinfo_has(socket->info_len, rcv_wnd) && unread > rcvbuf / 4 &&
	       unread > socket->info.rcv_wnd;
}

static uint32_t inflight_bytes(const struct tcpinfo *i)
{
	uint64_t out = (uint64_t)i->unacked + i->retrans, gone = (uint64_t)i->sacked + i->lost;
	uint64_t bytes = out > gone ? (out - gone) * i->snd_mss : 0;

	return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

/* SND-01: the buffer is full of data that is in flight already, while both windows have room and
 * nothing is being repaired. tcpi_sndbuf_limited misses most of this (tcp_cwnd_validate()). */
static bool is_sndbuf_full(const struct socket_info *s, uint32_t inflight)
{
	const struct tcpinfo *i = &s->info;
	double sndbuf = memory_of(s, SOCKET_SNDBUF), queued = memory_of(s, SOCKET_WMEM_QUEUED);
	double window = (double)i->snd_cwnd * i->snd_mss;

	if (!tcpinfo_has(s->info_len, snd_wnd) || s->memory_fields <= SOCKET_WMEM_QUEUED ||
	    sndbuf <= 0)
		return false;
	if (window > i->snd_wnd)
		window = i->snd_wnd;
	return queued >= SNDBUF_FULL_SHARE * sndbuf && inflight < WINDOW_LIMITED_SHARE * window &&
	       i->notsent_bytes < NOTSENT_SHARE * sndbuf && i->ca_state == TCPINFO_CA_OPEN;
}

static bool is_zero_window(const struct socket_info *s)
{
	const struct tcpinfo *i = &s->info;

	return i->probes > 0 || (tcpinfo_has(s->info_len, snd_wnd) &&
				 i->snd_wnd < CLOSED_WINDOW_SEGMENTS * (uint64_t)i->snd_mss);
}

static bool is_wscale_full(const struct socket_info *s)
{
	return tcpinfo_has(s->info_len, rcv_wnd) &&
	       s->info.rcv_wnd >= WSCALE_FULL_SHARE * tcpinfo_rcv_wnd_max(&s->info);
}

struct flow_sample flow_sample_judge(const struct socket_info *socket,
				     const struct flow_totals *delta, double seconds)
{
	const struct tcpinfo *i = &socket->info;
	uint64_t out = delta->bytes_acked, in = delta->bytes_received;
	bool unread = flow_unread_high(socket);
	struct flow_sample s = {
		.socket = socket,
		.delta = *delta,
		.seconds = seconds,
		.inflight = inflight_bytes(i),
	};

	s.sending = (out > 0 || delta->busy_us > 0) && out >= in / MINOR_DIRECTION;
	s.receiving = (in > 0 || unread) && in >= out / MINOR_DIRECTION;
	if (s.sending) {
		s.app_limited = tcpinfo_app_limited(i);
		s.sndbuf_full = is_sndbuf_full(socket, s.inflight);
		s.cwnd_limited = i->snd_cwnd > 0 &&
				 i->unacked >= WINDOW_LIMITED_SHARE * i->snd_cwnd;
		s.recovering = i->ca_state == TCPINFO_CA_RECOVERY || i->ca_state == TCPINFO_CA_LOSS;
		s.zero_window = is_zero_window(socket);
	}
	s.unread_high = s.receiving && unread;
	s.wscale_full = s.receiving && is_wscale_full(socket);
	return s;
}

static void widen(uint32_t *low, uint32_t *high, uint32_t value)
{
	if (value == 0)
		return;
	if (*low == 0 || value < *low)
		*low = value;
	if (value > *high)
		*high = value;
}

static void add_min_rtt(struct flow_stats *f, uint32_t rtt_us)
{
	if (rtt_us != 0 && rtt_us != TCPINFO_MIN_RTT_NONE &&
	    (f->min_rtt_us == 0 || rtt_us < f->min_rtt_us))
		f->min_rtt_us = rtt_us;
}

static void add_rtt(struct flow_stats *f, const struct flow_sample *s)
{
	const struct tcpinfo *i = &s->socket->info;

	if (tcpinfo_has(s->socket->info_len, min_rtt))
		add_min_rtt(f, i->min_rtt);
	if (s->receiving && i->rcv_rtt != 0) {
		f->rcv_rtt_us = i->rcv_rtt;
		if (!s->sending)
			add_min_rtt(f, i->rcv_rtt);
	}
	if (!s->sending || i->rtt == 0)
		return;
	if (f->rtt_samples > 0)
		f->jitter_sum_us += i->rtt > f->last_srtt_us ? i->rtt - f->last_srtt_us
							     : f->last_srtt_us - i->rtt;
	f->last_srtt_us = i->rtt;
	f->srtt_sum_us += i->rtt;
	f->rtt_samples++;
}

static void add_gauges(struct flow_stats *f, const struct flow_sample *s)
{
	const struct tcpinfo *i = &s->socket->info;

	f->mss = i->snd_mss;
	f->cwnd = i->snd_cwnd;
	f->ssthresh = i->snd_ssthresh;
	f->unacked = i->unacked;
	f->snd_wnd = i->snd_wnd;
	f->rcv_wnd = tcpinfo_rcv_wnd_told(i);
	f->unacked_sum += i->unacked;
	f->snd_wnd_sum += i->snd_wnd;
	f->rcv_wnd_sum += tcpinfo_rcv_wnd_told(i);
	f->wqueue_sum += s->socket->wqueue;
	f->notsent_sum += i->notsent_bytes;
	f->unread_sum += s->socket->rqueue;
	if (i->delivery_rate > f->delivery_rate_max)
		f->delivery_rate_max = i->delivery_rate;
	widen(&f->rcvbuf_min, &f->rcvbuf_max, memory_of(s->socket, SOCKET_RCVBUF));
	widen(&f->sndbuf_min, &f->sndbuf_max, memory_of(s->socket, SOCKET_SNDBUF));
	f->options = i->options;
	f->snd_wscale = (uint8_t)tcpinfo_snd_wscale(i);
	f->rcv_wscale = (uint8_t)tcpinfo_rcv_wscale(i);
	f->info_len = s->socket->info_len;
	memcpy(f->congestion, s->socket->congestion, sizeof(f->congestion));
}

static void add_back_off(struct flow_stats *f, const struct flow_sample *s)
{
	const struct tcpinfo *i = &s->socket->info;

	if (f->backed_off_now && s->delta.bytes_acked > 0)
		f->outlasted++;
	f->backed_off_now = i->ca_state == TCPINFO_CA_LOSS && i->retransmits >= BACKED_OFF_TIMEOUTS;
}

void flow_stats_add(struct flow_stats *f, const struct flow_sample *s)
{
	flow_totals_add(&f->gain, &s->delta);
	f->samples++;
	f->sending += s->sending;
	f->receiving += s->receiving;
	f->sending_s += s->sending ? s->seconds : 0;
	f->receiving_s += s->receiving ? s->seconds : 0;
	f->app_limited += s->app_limited;
	f->sndbuf_full += s->sndbuf_full;
	f->cwnd_limited += s->cwnd_limited;
	f->recovering += s->recovering;
	f->zero_window += s->zero_window;
	f->unread_high += s->unread_high;
	/* Whatever was sent came after the idle time that the last dump found. */
	if (f->idle_now && s->delta.data_segs_out > INITIAL_WINDOW_SEGMENTS)
		f->idle_restarts++;
	add_back_off(f, s);
	add_rtt(f, s);
	add_gauges(f, s);
}
