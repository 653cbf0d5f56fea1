/* Flows: TCP connections matched between socket dumps by their cookie.
 *
 * Memory: a socket that does nothing costs one `struct flow` (at most 128 bytes with its share of
 * the index). A flow that moves data within the window gets a `struct flow_stats` beside it. No
 * dump is held whole: sockets are fed one by one as they are decoded.
 */
#ifndef NETWRIGHT_MEASURE_FLOW_H
#define NETWRIGHT_MEASURE_FLOW_H

#include "host/sockdiag.h"
#include "measure/limiter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_NO_PATH	 UINT32_MAX
#define FLOW_PROCESS_MAX 32

/* Cumulative numbers of a connection, as tcp_info gives them. A field that this kernel does not
 * send stays 0; flow_stats.info_len tells. */
struct flow_counters {
	uint64_t bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
	uint32_t segs_out, segs_in, data_segs_out, data_segs_in;
	uint32_t total_retrans, delivered, delivered_ce;
	uint32_t dsack_dups, reord_seen, rcv_ooopack;
};

/* What the counters of one flow gained; wide, so that many flows can be added up. */
struct flow_totals {
	uint64_t bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
	uint64_t segs_out, segs_in, data_segs_out, data_segs_in;
	uint64_t total_retrans, delivered, delivered_ce;
	uint64_t dsack_dups, reord_seen, rcv_ooopack;
};

/* What a flow did over the window. "Samples" are intervals between two dumps in which the flow
 * moved data, had data in flight, or left much unread. */
struct flow_stats {
	uint64_t cookie;
	struct address local, remote;
	uint16_t local_port, remote_port;
	uint32_t inode, uid;
	uint32_t path; /* index into the observation's paths; FLOW_NO_PATH at first */
	char congestion[CONGESTION_NAME_MAX];
	uint16_t info_len;	   /* see tcpinfo_has(); decides what is unknown */
	bool first_seen_in_window; /* connected after the first dump */
	bool closed_in_window;

	/* CLOCK_BOOTTIME of the first and last dump that saw it; when it connected in the window,
	 * the dump before that, the earliest it can have begun. */
	uint64_t first_ns, last_ns;
	struct flow_totals gain; /* of the counters, while it was seen */

	/* Counts of samples with a property. */
	uint32_t samples;
	uint32_t sending, receiving;   /* see struct flow_sample */
	double sending_s, receiving_s; /* their length */
	/* of sending samples */
	uint32_t app_limited;  /* tcpi_delivery_rate_app_limited */
	uint32_t sndbuf_full;  /* structural test of SND-01, see flow_sample.c */
	uint32_t cwnd_limited; /* unacked >= 0.9 cwnd */
	uint32_t recovering;   /* ca_state Recovery or Loss */
	uint32_t zero_window;  /* peer's window below two segments, or probing it */
	/* of receiving samples */
	uint32_t unread_high;	/* the program leaves half of its buffer unread */
	uint32_t idle_restarts; /* a burst of > 10 segments after an idle longer than RTO */
	bool idle_now;		/* the last dump found it idle for longer than RTO */
	bool backed_off_now;	/* the last dump found it after two timeouts in a row, or more */
	uint32_t outlasted;	/* times that it then went on: the peer was there */

	/* Gauges: last, extreme or summed over samples. 0 when never seen. */
	uint32_t min_rtt_us;  /* least of tcpi_min_rtt (and rcv_rtt when only receiving) */
	uint64_t srtt_sum_us; /* over rtt_samples */
	uint32_t rtt_samples;
	uint32_t last_srtt_us;
	uint64_t jitter_sum_us; /* |difference| of consecutive srtt, over rtt_samples - 1 */
	uint32_t rcv_rtt_us;	/* last receiver-side estimate */
	uint32_t mss, cwnd, ssthresh, unacked;		/* last; segments but for mss */
	uint64_t unacked_sum, snd_wnd_sum, rcv_wnd_sum; /* over `samples` */
	uint32_t snd_wnd, rcv_wnd;			/* last, bytes */
	uint32_t rcvbuf_min, rcvbuf_max, sndbuf_min, sndbuf_max;
	uint64_t wqueue_sum, notsent_sum, unread_sum; /* bytes, over `samples` */
	uint64_t delivery_rate_max;		      /* bytes per second */
	uint8_t options;			      /* tcpi_options */
	uint8_t snd_wscale, rcv_wscale;

	/* Set when the observation closes. */
	struct limiter_verdict limiter;
	char process[FLOW_PROCESS_MAX]; /* "iperf3 (4711)"; "" unknown */
};

/* One sample of one flow: what it gained since the last dump that saw it, and how it stood. */
struct flow_sample {
	const struct socket_info *socket;
	struct flow_totals delta;
	double seconds; /* since that dump, > 0 */
	/* Data acknowledged or in flight (received, or held back unread), and at least a tenth of
	 * what went the other way: requests do not make a download a sender, nor acknowledgements
	 * alone. */
	bool sending, receiving;
	bool app_limited, sndbuf_full, cwnd_limited, recovering, zero_window; /* when sending */
	bool unread_high, wscale_full; /* when receiving; the latter: our window, of what its scale
					* allows */
	uint32_t inflight;	       /* bytes: unacked - sacked - lost + retransmitted */
};

struct flow_sample flow_sample_judge(const struct socket_info *socket,
				     const struct flow_totals *delta, double seconds);
bool flow_unread_high(const struct socket_info *socket);
void flow_counters_read(const struct socket_info *socket, struct flow_counters *ret);
/* What each counter gained; one that went backwards (a broken kernel, a forged recording) gained 0.
 * The 32-bit ones may wrap. */
struct flow_totals flow_counters_gain(const struct flow_counters *from,
				      const struct flow_counters *to);
void flow_totals_add(struct flow_totals *sum, const struct flow_totals *more);
/* Moves the counters on by what they gained: to the newer ones, but never backwards. */
void flow_counters_advance(struct flow_counters *c, const struct flow_totals *gain);
/* Adds a sample to the gain, the counts and the gauges. */
void flow_stats_add(struct flow_stats *f, const struct flow_sample *sample);

/* Derived numbers, NAN when unknown. Over the part of the window in which the flow was seen. */
double flow_seconds(const struct flow_stats *f);
double flow_goodput(const struct flow_stats *f);    /* acknowledged, bytes per second */
double flow_throughput(const struct flow_stats *f); /* sent, retransmissions included */
double flow_receive_rate(const struct flow_stats *f);
/* Bytes retransmitted / sent; segments on kernels that do not count the bytes (before 4.19). */
double flow_retransmit_ratio(const struct flow_stats *f);
double flow_rwnd_limited_share(const struct flow_stats *f);   /* of busy time */
double flow_sndbuf_limited_share(const struct flow_stats *f); /* of busy time */
double flow_busy_share(const struct flow_stats *f);	      /* of the time seen */
double flow_srtt_s(const struct flow_stats *f);		      /* mean */
double flow_min_rtt_s(const struct flow_stats *f);
double flow_rtt_inflation(const struct flow_stats *f); /* mean srtt / min_rtt */
double flow_jitter_s(const struct flow_stats *f);
/* A program that sends little at a time: what fast retransmit cannot repair, for want of segments
 * behind the lost one (tcp_stream_is_thin(), include/net/tcp.h, with a rate of few segments). */
bool flow_is_thin(const struct flow_stats *f);
bool flow_mostly_sends(const struct flow_stats *f);  /* else it mostly receives */
bool flow_is_rate_based(const struct flow_stats *f); /* bbr: loss and idleness do not slow it */

struct flow_table;

/* Called for every sample of an active flow, with the flow's stats already brought up to date.
 * A negative return ends flow_observe() with it. */
typedef int (*flow_sample_fn)(void *arg, struct flow_stats *stats,
			      const struct flow_sample *sample);

int flow_table_new(struct flow_table **ret); /* 0 or -ENOMEM */
void flow_table_free(struct flow_table *t);  /* accepts NULL */
void flow_table_on_sample(struct flow_table *t, flow_sample_fn fn, void *arg);

/* A round is one dump of every family. `complete` false (a dump failed or was cut short): flows not
 * seen are kept, and flows first seen in the next round have no baseline. */
int flow_round_begin(struct flow_table *t, uint64_t time_ns); /* 0 or -ENOMEM */
/* Once per established socket; a second time in a round is ignored. 0 or -ENOMEM. */
int flow_observe(struct flow_table *t, const struct socket_info *socket);
void flow_round_end(struct flow_table *t, bool complete);
/* There will be no other round: gives back what idle sockets cost. Counts and stats stay. */
void flow_table_close(struct flow_table *t);

size_t flow_table_count(const struct flow_table *t);  /* sockets known now */
size_t flow_table_memory(const struct flow_table *t); /* bytes allocated, stats included */
/* The flows that were active, in order of first activity; valid until the table is freed. */
size_t flow_table_active(const struct flow_table *t);
struct flow_stats *flow_table_stats(struct flow_table *t, size_t index);

#endif
