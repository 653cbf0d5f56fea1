#include "measure/limiter.h"

#include "base/cleanup.h"
#include "measure/flow.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Measured numbers are of the lab described in the documentation: a WAN emulator, 100 Mbit/s to
 * 1 Gbit/s at 20 to 100 ms, Linux 6.18. A threshold without a source is engineering judgement. */

/* A flow with nothing outstanding nine tenths of the time waits for its program. */
#define BUSY_LITTLE	 0.1
#define APP_LIMITED_MOST 0.5
/* What is queued beyond the data in flight when a program writes just enough. */
#define QUEUE_SMALL_SEGMENTS 2.0
/* A full send buffer also looks application limited: the write queue holds nothing unsent
 * (tcp_rate_check_app_limited()). In this many samples it is the buffer's doing. */
#define SNDBUF_FULL_SOME 0.3
#define ZERO_WINDOW_SOME 0.3

/* socktrail takes 20 % as well; capped windows measured 87 to 100 %. */
#define RWND_SHARE 0.2
/* Data behind a hole fills the window: without SACK, rwnd_limited read 14 to 72 % when loss was
 * the cause, at retransmit ratios above 7 %. */
#define RWND_RETRANSMITS_MAX 0.01
/* A window larger than the path stands in its queue and still reads as limiting: 77 to 91 % at
 * srtt 1.39 x min_rtt with the link full, against 1.01 x when the window was the cap. */
#define INFLATION_NONE 1.25
#define WINDOW_USED    0.7

#define SNDBUF_FULL_MOST       0.6
#define SNDBUF_RWND_MAX	       0.1
#define SNDBUF_RETRANSMITS_MAX 0.005

/* Headers take 4.6 % of the link at an MTU of 1500: 90 % of its rate as payload is a full link. */
#define LINK_FULL 0.9

/* Fewer segments than this cannot show a loss of 0.02 %, unless they lost some all the same: from
 * five losses the ratio is known to 45 %, and Mathis' rate, its square root, to 22 %. (At 1 % and
 * 100 ms a loss-based sender loses one segment a second.) */
#define LOSS_RATIO_MIN		  0.0002
#define LOSS_EVIDENCE_SEGMENTS	  1000u
#define LOSS_EVIDENCE_RETRANSMITS 5u
/* Mathis, Semke, Mahdavi, Ott, "The macroscopic behavior of the TCP congestion avoidance
 * algorithm", CCR 1997: rate = 1.22 mss / (rtt sqrt(p)). cubic measured 0.5 to 0.9 of it at 0.1 to
 * 3 % loss and 2.3 at 0.01 %, where it had not yet settled; bbr 20 to 110. */
#define MATHIS_CONSTANT	    1.22
#define MATHIS_LOW	    0.3
#define MATHIS_HIGH	    2.5
#define CWND_LIMITED_MOST   0.5
#define POLICER_RETRANSMITS 0.01

/* Measured in the queue of a slow link: cubic 10 x, 406 ms; a queue of one BDP reads 1.6 to 2 x. */
#define INFLATION_HIGH	    2.0
#define QUEUE_DELAY_LONG_S  0.05
#define QUEUE_DELAY_SHORT_S 0.005

/* A window of a few segments, full, is acknowledged with the 40 ms of a delayed ACK
 * (TCP_DELACK_MIN): a slow reader's measured 1.43 x at 14 segments, without any queue. */
#define QUEUE_SEGMENTS 64.0

#define REORDERING_DSACKS 0.2
/* Fewer needless retransmissions than this hold nobody back: loopback at 25 Gbit/s measured 4e-5.
 */
#define REORDERING_RETRANSMITS 0.001

#define RECEIVE_WINDOW_USED 0.7

/* Everything the tests look at, derived once. NAN where unknown, so that comparisons fail. */
struct view {
	const struct flow_stats *flow;
	double link_rate;
	double goodput, busy, rwnd, retransmits, inflation, queue_delay_s, mathis;
	double app_limited, sndbuf_full, zero_window, cwnd_limited; /* shares of sending samples */
	double inflight, wqueue, snd_wnd;			    /* means, bytes */
};

struct judgement {
	bool (*holds)(const struct view *v);
	double (*share)(const struct view *v); /* NULL: unknown */
	enum limiter limiter;
	const char *why;
};

static double share_of(uint32_t part, uint32_t whole)
{
	return whole > 0 ? (double)part / whole : (double)NAN;
}

static double mathis_rate(const struct flow_stats *f)
{
	double loss = flow_retransmit_ratio(f), rtt = flow_srtt_s(f);

	return loss > 0 && rtt > 0 ? MATHIS_CONSTANT * f->mss / (rtt * sqrt(loss)) : (double)NAN;
}

static struct view view_of(const struct flow_stats *f, double link_rate)
{
	double samples = f->samples;

	return (struct view){
		.flow = f,
		.link_rate = link_rate,
		.goodput = flow_goodput(f),
		.busy = flow_busy_share(f),
		.rwnd = flow_rwnd_limited_share(f),
		.retransmits = flow_retransmit_ratio(f),
		.inflation = flow_rtt_inflation(f),
		.queue_delay_s = flow_srtt_s(f) - flow_min_rtt_s(f),
		.mathis = mathis_rate(f),
		.app_limited = share_of(f->app_limited, f->sending),
		.sndbuf_full = share_of(f->sndbuf_full, f->sending),
		.zero_window = share_of(f->zero_window, f->sending),
		.cwnd_limited = share_of(f->cwnd_limited, f->sending),
		.inflight = (double)f->unacked_sum * f->mss / samples,
		.wqueue = (double)f->wqueue_sum / samples,
		.snd_wnd = (double)f->snd_wnd_sum / samples,
	};
}

/* --- the sender's side, in the order in which they are asked --------------------------------- */

static bool is_idle_mostly(const struct view *v)
{
	return v->busy < BUSY_LITTLE;
}

static double share_idle(const struct view *v)
{
	return 1.0 - v->busy;
}

static bool is_app_limited(const struct view *v)
{
	return v->app_limited > APP_LIMITED_MOST && v->sndbuf_full < SNDBUF_FULL_SOME &&
	       v->wqueue <= v->inflight + QUEUE_SMALL_SEGMENTS * v->flow->mss;
}

static double share_app_limited(const struct view *v)
{
	return v->app_limited;
}

static bool is_peer_closed(const struct view *v)
{
	return v->zero_window > ZERO_WINDOW_SOME;
}

static double share_zero_window(const struct view *v)
{
	return v->zero_window;
}

static bool is_rwnd_limited(const struct view *v)
{
	return v->rwnd >= RWND_SHARE && v->retransmits < RWND_RETRANSMITS_MAX &&
	       v->inflation < INFLATION_NONE && v->inflight >= WINDOW_USED * v->snd_wnd;
}

static double share_rwnd(const struct view *v)
{
	return v->rwnd;
}

static bool is_sndbuf_limited(const struct view *v)
{
	return v->sndbuf_full >= SNDBUF_FULL_MOST && v->rwnd < SNDBUF_RWND_MAX &&
	       v->retransmits < SNDBUF_RETRANSMITS_MAX;
}

static double share_sndbuf(const struct view *v)
{
	return v->sndbuf_full;
}

static bool is_link_full(const struct view *v)
{
	return v->link_rate > 0 && v->goodput >= LINK_FULL * v->link_rate;
}

static double share_link(const struct view *v)
{
	return fmin(v->goodput / v->link_rate, 1.0);
}

static bool is_random_loss(const struct view *v)
{
	const struct flow_totals *gain = &v->flow->gain;

	return v->retransmits >= LOSS_RATIO_MIN &&
	       (gain->data_segs_out >= LOSS_EVIDENCE_SEGMENTS ||
		gain->total_retrans >= LOSS_EVIDENCE_RETRANSMITS) &&
	       v->inflation < INFLATION_NONE && v->cwnd_limited > CWND_LIMITED_MOST &&
	       v->goodput >= MATHIS_LOW * v->mathis && v->goodput <= MATHIS_HIGH * v->mathis;
}

static double share_cwnd(const struct view *v)
{
	return v->cwnd_limited;
}

static bool is_policed(const struct view *v)
{
	return v->retransmits >= POLICER_RETRANSMITS &&
	       v->flow->gain.total_retrans >= LOSS_EVIDENCE_RETRANSMITS &&
	       v->inflation < INFLATION_NONE && v->goodput > MATHIS_HIGH * v->mathis;
}

static bool is_congested(const struct view *v)
{
	return v->inflation >= INFLATION_HIGH && v->queue_delay_s >= QUEUE_DELAY_LONG_S;
}

static bool has_queue(const struct view *v)
{
	return v->inflation >= INFLATION_NONE || v->queue_delay_s >= QUEUE_DELAY_SHORT_S;
}

static bool is_bottleneck_full(const struct view *v)
{
	return has_queue(v) && v->cwnd_limited > CWND_LIMITED_MOST;
}

static bool is_window_in_queue(const struct view *v)
{
	return v->rwnd >= RWND_SHARE && v->inflation >= INFLATION_NONE &&
	       v->queue_delay_s >= QUEUE_DELAY_SHORT_S && v->retransmits < RWND_RETRANSMITS_MAX &&
	       v->inflight >= QUEUE_SEGMENTS * v->flow->mss;
}

static bool is_reordered(const struct view *v)
{
	const struct flow_totals *gain = &v->flow->gain;

	return gain->reord_seen > 0 && gain->total_retrans > 0 &&
	       (double)gain->total_retrans >=
		       REORDERING_RETRANSMITS * (double)gain->data_segs_out &&
	       (double)gain->dsack_dups > REORDERING_DSACKS * (double)gain->total_retrans;
}

static const struct judgement sender_judgements[] = {
	{ is_idle_mostly, share_idle, LIMITER_APPLICATION,
	  "the program had data outstanding less than 10 % of the time" },
	{ is_app_limited, share_app_limited, LIMITER_APPLICATION,
	  "the program wrote less than the path would carry" },
	{ is_peer_closed, share_zero_window, LIMITER_PEER_APPLICATION,
	  "the peer's window was closed: the remote program does not read" },
	{ is_rwnd_limited, share_rwnd, LIMITER_RECEIVER_WINDOW,
	  "the data in flight filled the peer's window, without loss or a queue" },
	{ is_sndbuf_limited, share_sndbuf, LIMITER_SEND_BUFFER,
	  "the send buffer was full while both windows had room" },
	{ is_link_full, share_link, LIMITER_BANDWIDTH, "goodput reached the link's rate" },
	{ is_random_loss, share_cwnd, LIMITER_RANDOM_LOSS,
	  "loss without a queue held the congestion window down" },
	{ is_policed, NULL, LIMITER_POLICER,
	  "loss without a queue, at a rate that loss did not slow: a policer or a shallow queue" },
	{ is_congested, share_cwnd, LIMITER_CONGESTION,
	  "round trips took at least twice the minimum: a long standing queue" },
	{ is_bottleneck_full, share_cwnd, LIMITER_BANDWIDTH,
	  "the congestion window was used in full and a short queue stood: the bottleneck is full" },
	{ is_window_in_queue, share_rwnd, LIMITER_BANDWIDTH,
	  "the window exceeded the path and stood in its queue: the bottleneck is full" },
	{ is_reordered, NULL, LIMITER_REORDERING,
	  "segments arrived out of order and were sent again in vain" },
};

static struct limiter_verdict judge_sender(const struct flow_stats *f, double link_rate)
{
	struct view v = view_of(f, link_rate);

	for (size_t i = 0; i < ARRAY_LEN(sender_judgements); i++) {
		const struct judgement *j = &sender_judgements[i];

		if (j->holds(&v))
			return (struct limiter_verdict){
				.limiter = j->limiter,
				.share = j->share == NULL ? (double)NAN : j->share(&v),
				.why = j->why,
			};
	}
	return (struct limiter_verdict){
		.share = NAN,
		.why = "no test was conclusive",
	};
}

/* --- the receiver's side ---------------------------------------------------------------------- */

/* All of the window is used each round trip, and the round trip holds no queue. Whether the buffer
 * is at its limit or still growing is for the rules to say, which know the limit. */
static bool is_own_window_used(const struct flow_stats *f)
{
	double rcv_wnd = (double)f->rcv_wnd_sum / f->samples;

	return tcpinfo_has(f->info_len, rcv_wnd) && f->rcv_rtt_us > 0 && rcv_wnd > 0 &&
	       flow_receive_rate(f) * f->rcv_rtt_us / 1e6 >= RECEIVE_WINDOW_USED * rcv_wnd &&
	       f->rcv_rtt_us < INFLATION_NONE * f->min_rtt_us;
}

static struct limiter_verdict judge_receiver(const struct flow_stats *f)
{
	double unread = share_of(f->unread_high, f->receiving);

	if (unread > APP_LIMITED_MOST)
		return (struct limiter_verdict){ LIMITER_APPLICATION, unread,
						 "this host's program reads too slowly" };
	if (is_own_window_used(f))
		return (struct limiter_verdict){ LIMITER_RECEIVER_WINDOW, NAN,
						 "the data received fills this host's window each "
						 "round trip" };
	return (struct limiter_verdict){ LIMITER_UNKNOWN, NAN, "the sender's side decides" };
}

struct limiter_verdict limiter_judge(const struct flow_stats *flow, double link_rate)
{
	bool sends = flow_mostly_sends(flow);
	double seconds = sends ? flow->sending_s : flow->receiving_s;

	if (seconds < LIMITER_EVIDENCE_S || flow->samples == 0)
		return (struct limiter_verdict){ LIMITER_UNKNOWN, NAN, "less than 3 s of samples" };
	return sends ? judge_sender(flow, link_rate) : judge_receiver(flow);
}

const char *limiter_name(enum limiter limiter)
{
	static const char *const names[LIMITERS] = {
		[LIMITER_UNKNOWN] = "unknown",
		[LIMITER_APPLICATION] = "application",
		[LIMITER_PEER_APPLICATION] = "peer-application",
		[LIMITER_RECEIVER_WINDOW] = "receiver-window",
		[LIMITER_SEND_BUFFER] = "send-buffer",
		[LIMITER_CONGESTION] = "congestion",
		[LIMITER_RANDOM_LOSS] = "random-loss",
		[LIMITER_POLICER] = "policer",
		[LIMITER_BANDWIDTH] = "bandwidth",
		[LIMITER_REORDERING] = "reordering",
	};

	return (unsigned int)limiter < LIMITERS ? names[limiter] : names[LIMITER_UNKNOWN];
}
