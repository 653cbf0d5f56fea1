/* The kernel's struct tcp_info, our own copy.
 *
 * glibc's copy is 104 bytes, Debian 12's kernel headers' 232, Linux 6.18 answers 280 bytes: none of
 * the headers can be used, and the length of each answer must be kept so that a field the kernel
 * did not send reads as absent and not as 0. Layout: include/uapi/linux/tcp.h of Linux 6.18.
 */
#ifndef NETWRIGHT_HOST_TCPINFO_H
#define NETWRIGHT_HOST_TCPINFO_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "C" is a counter since the connection began, all else is the value at the time of the dump. */
struct tcpinfo {
	uint8_t state;	     /* enum socket_state */
	uint8_t ca_state;    /* enum tcpinfo_ca_state */
	uint8_t retransmits; /* timeouts in a row, now */
	uint8_t probes;	     /* zero-window probes outstanding: above 0 the peer's window is shut */
	uint8_t backoff;
	uint8_t options;	  /* enum tcpinfo_option */
	uint8_t wscales;	  /* see tcpinfo_snd_wscale() and tcpinfo_rcv_wscale() */
	uint8_t flags;		  /* see tcpinfo_app_limited() */
	uint32_t rto;		  /* us */
	uint32_t ato;		  /* us */
	uint32_t snd_mss;	  /* bytes */
	uint32_t rcv_mss;	  /* bytes */
	uint32_t unacked;	  /* segments; in flight is unacked - sacked - lost + retrans */
	uint32_t sacked;	  /* segments */
	uint32_t lost;		  /* segments */
	uint32_t retrans;	  /* segments */
	uint32_t fackets;	  /* dead since Linux 4.15 */
	uint32_t last_data_sent;  /* ms ago */
	uint32_t last_ack_sent;	  /* never set */
	uint32_t last_data_recv;  /* ms ago */
	uint32_t last_ack_recv;	  /* ms ago */
	uint32_t pmtu;		  /* bytes */
	uint32_t rcv_ssthresh;	  /* bytes */
	uint32_t rtt;		  /* us, smoothed */
	uint32_t rttvar;	  /* us, mean deviation */
	uint32_t snd_ssthresh;	  /* segments; TCPINFO_SSTHRESH_INFINITE: never left slow start */
	uint32_t snd_cwnd;	  /* segments */
	uint32_t advmss;	  /* bytes */
	uint32_t reordering;	  /* segments; 3 unless reordering was seen */
	uint32_t rcv_rtt;	  /* us, the receiver's estimate; 0: none yet */
	uint32_t rcv_space;	  /* bytes the application read per round trip */
	uint32_t total_retrans;	  /* C segments */
	uint64_t pacing_rate;	  /* bytes per second; all ones: not paced */
	uint64_t max_pacing_rate; /* bytes per second; all ones: no limit */
	uint64_t bytes_acked;	  /* C */
	uint64_t bytes_received;  /* C */
	uint32_t segs_out;	  /* C */
	uint32_t segs_in;	  /* C */
	uint32_t notsent_bytes;	  /* waiting in the write queue */
	uint32_t min_rtt;	  /* us, windowed (tcp_min_rtt_wlen); all ones: none yet */
	uint32_t data_segs_in;	  /* C */
	uint32_t data_segs_out;	  /* C */
	uint64_t delivery_rate;	  /* bytes per second, the last sample */
	uint64_t busy_time;	  /* C us with data outstanding; includes the next two */
	uint64_t rwnd_limited;	  /* C us held by the peer's window */
	uint64_t sndbuf_limited;  /* C us held by our send buffer; under-reports */
	uint32_t delivered;	  /* C segments */
	uint32_t delivered_ce;	  /* C segments */
	uint64_t bytes_sent;	  /* C, retransmissions included */
	uint64_t bytes_retrans;	  /* C */
	uint32_t dsack_dups;	  /* C segments the peer had already */
	uint32_t reord_seen;	  /* C events */
	uint32_t rcv_ooopack;	  /* C segments that arrived out of order */
	uint32_t snd_wnd;	  /* bytes, the peer's window */
	uint32_t rcv_wnd;	  /* bytes, our window. Linux 6.2 */
	uint32_t rehash;	  /* C. Linux 6.2 */
	uint16_t total_rto;	  /* C timeouts. Linux 6.7, with the next two */
	uint16_t total_rto_recoveries; /* C */
	uint32_t total_rto_time;       /* C ms */
	uint32_t received_ce;	       /* C segments. Linux 6.18, with all that follow (AccECN) */
	uint32_t delivered_e1_bytes;   /* C */
	uint32_t delivered_e0_bytes;   /* C */
	uint32_t delivered_ce_bytes;   /* C */
	uint32_t received_e1_bytes;    /* C */
	uint32_t received_e0_bytes;    /* C */
	uint32_t received_ce_bytes;    /* C */
	uint16_t accecn_fail_mode;
	uint16_t accecn_opt_seen;
};

/* Checked against the type information (BTF) of a running 6.18.44. */
static_assert(sizeof(struct tcpinfo) == 280, "layout of Linux 6.18");
static_assert(offsetof(struct tcpinfo, rto) == 8, "wscales and flags are one byte each");
static_assert(offsetof(struct tcpinfo, pacing_rate) == 104, "glibc's copy ends here");
static_assert(offsetof(struct tcpinfo, delivery_rate) == 160, "Linux 4.9");
static_assert(offsetof(struct tcpinfo, bytes_sent) == 200, "Linux 4.19");
static_assert(offsetof(struct tcpinfo, rcv_wnd) == 232, "linux-libc-dev 6.1 ends here");
static_assert(offsetof(struct tcpinfo, received_ce) == 248, "AccECN begins");

/* Whether an answer of `len` bytes holds the whole of `field`. */
#define tcpinfo_has(len, field) \
	((size_t)(len) >=       \
	 offsetof(struct tcpinfo, field) + sizeof(((const struct tcpinfo *)NULL)->field))

#define TCPINFO_SSTHRESH_INFINITE 0x7fffffffu /* TCP_INFINITE_SSTHRESH, include/net/tcp.h */
#define TCPINFO_RATE_UNLIMITED	  UINT64_MAX  /* pacing_rate and max_pacing_rate */
#define TCPINFO_MIN_RTT_NONE	  UINT32_MAX

enum tcpinfo_ca_state {
	TCPINFO_CA_OPEN,
	TCPINFO_CA_DISORDER, /* duplicate acknowledgements: loss or reordering, undecided */
	TCPINFO_CA_CWR,	     /* reducing after ECN or local congestion */
	TCPINFO_CA_RECOVERY, /* fast retransmit */
	TCPINFO_CA_LOSS,     /* retransmission timeout */
};

enum tcpinfo_option {
	TCPINFO_OPTION_TIMESTAMPS = 1,
	TCPINFO_OPTION_SACK = 2,
	TCPINFO_OPTION_WSCALE = 4,
	TCPINFO_OPTION_ECN = 8,	      /* negotiated */
	TCPINFO_OPTION_ECN_SEEN = 16, /* at least one packet arrived ECN-capable */
	TCPINFO_OPTION_SYN_DATA = 32, /* TCP Fast Open data was acknowledged */
	TCPINFO_OPTION_USEC_TS = 64,  /* Linux 6.7 */
};

/* The kernel declares these as bit-fields, whose place in the byte follows the byte order. Valid
 * when tcpinfo_has(len, wscales) and (len, flags). */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TCPINFO_FIRST_NIBBLE_SHIFT  0u
#define TCPINFO_SECOND_NIBBLE_SHIFT 4u
#define TCPINFO_APP_LIMITED_BIT	    0x01u
#else
#define TCPINFO_FIRST_NIBBLE_SHIFT  4u
#define TCPINFO_SECOND_NIBBLE_SHIFT 0u
#define TCPINFO_APP_LIMITED_BIT	    0x80u
#endif

/* The shift of the windows that the peer advertises to us. */
static inline unsigned int tcpinfo_snd_wscale(const struct tcpinfo *info)
{
	return ((unsigned int)info->wscales >> TCPINFO_FIRST_NIBBLE_SHIFT) & 0xfu;
}

/* The shift of the windows that we advertise: the ceiling is 65535 << this, fixed at handshake. */
static inline unsigned int tcpinfo_rcv_wscale(const struct tcpinfo *info)
{
	return ((unsigned int)info->wscales >> TCPINFO_SECOND_NIBBLE_SHIFT) & 0xfu;
}

/* The largest window that we can advertise (RFC 7323, 2.3): more takes another handshake. */
static inline uint32_t tcpinfo_rcv_wnd_max(const struct tcpinfo *info)
{
	return 65535u << tcpinfo_rcv_wscale(info);
}

/* The window that the peer is told. rcv_wnd may be more: the kernel cuts it when it writes a header
 * (tcp_select_window() of net/ipv4/tcp_output.c). */
static inline uint32_t tcpinfo_rcv_wnd_told(const struct tcpinfo *info)
{
	return info->rcv_wnd < tcpinfo_rcv_wnd_max(info) ? info->rcv_wnd
							 : tcpinfo_rcv_wnd_max(info);
}

/* The last delivery_rate sample had a pause of the application in it: not what the path can do. */
static inline bool tcpinfo_app_limited(const struct tcpinfo *info)
{
	return (info->flags & TCPINFO_APP_LIMITED_BIT) != 0;
}

#endif
