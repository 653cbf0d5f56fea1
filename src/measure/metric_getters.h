/* How the rows of the metric catalogue get their values. Internal to measure/metric*.c.
 *
 * Getters serve several rows each; a row's `argument` picks one of the enumerators below, or a
 * counter. They never divide by zero and never guess: what is missing is unknown, with a reason.
 */
#ifndef NETWRIGHT_MEASURE_METRIC_GETTERS_H
#define NETWRIGHT_MEASURE_METRIC_GETTERS_H

#include "measure/metric.h"
#include "measure/reason.h"

#define METRIC_GETTER(name)                                                       \
	struct value name(const struct metric *self, const struct observation *o, \
			  const void *entity)

#define REASON_ONE_SAMPLE    "a single sample has no rates"
#define REASON_UNSEEN	     "the TCP sockets could not be listed"
#define REASON_NOT_SENDING   "no sending samples"
#define REASON_NOT_RECEIVING "no receiving samples"

/* A number; unknown for that reason when it is NaN or infinite. */
struct value metric_known(double number, const char *reason);
/* a / b; unknown when b is not above zero. */
struct value metric_quotient(double a, double b, const char *reason);
/* Likewise, and unknown when this kernel's tcp_info lacks the field. */
struct value metric_info_quotient(const struct observation *o, enum info_field field, double a,
				  double b, const char *reason);

/* argument: enum counter */
METRIC_GETTER(metric_counter_last);
METRIC_GETTER(metric_counter_max);
METRIC_GETTER(metric_counter_gain);
METRIC_GETTER(metric_counter_rate);  /* gain per second */
METRIC_GETTER(metric_counter_stall); /* microseconds gained / time: a share */
METRIC_GETTER(metric_counter_ms);    /* milliseconds gained, in seconds */
METRIC_GETTER(metric_cpu_share);     /* ticks gained / all ticks */

enum gauge_share {
	SHARE_TCP_PRESSURE,
	SHARE_TCP_LIMIT,
	SHARE_UDP_PRESSURE,
	SHARE_UDP_LIMIT,
	SHARE_CONNTRACK,
	SHARE_CONNTRACK_CHAIN,
	SHARE_FILES,
	GAUGE_SHARES,
};
METRIC_GETTER(metric_gauge_share); /* highest value / limit */

enum gain_share {
	GAIN_COOKIES_ANSWERED,
	GAIN_FORWARDED,
	GAIN_FORWARDED6,
	GAIN_SQUEEZED,
	GAIN_TIMEOUTS,
	GAIN_SHARES,
};
METRIC_GETTER(metric_gain_share); /* gain of one counter / gain of another */

enum host_metric {
	HOST_CPUS,
	HOST_CPU_BUSY,
	HOST_PAGE_SIZE,
	HOST_WINDOW,
	TCP_SOCKETS,
	TCP_ACTIVE_FLOWS,
	TCP_BUSY_GOODPUT,
	TCP_GOODPUT,
	TCP_THROUGHPUT,
	TCP_RECEIVE_RATE,
	TCP_RETRANSMIT_RATIO,
	TCP_RECEIVE_QUEUE_DROPS,
	TCP_JITTER,
	TCP_IDLE_RESTART_SHARE,
	TCP_NO_SACK_SHARE,
	TCP_NO_WSCALE_SHARE,
	TCP_THIN_FLOWS,
	TCP_THIN_STALLED,
};
METRIC_GETTER(metric_host);
METRIC_GETTER(metric_link_speed_max); /* of all links */
METRIC_GETTER(metric_srtt);	      /* argument: percent of the quantile */

enum path_quantile {
	PATH_CWND_P50,
	PATH_INFLIGHT_P50,
	PATH_MSS_P50,
	PATH_NOTSENT_P95,
	PATH_NOTSENT_DELAY_P95,
	PATH_QUEUE_DELAY_P50,
	PATH_RTT_INFLATION_P50,
	PATH_SND_WND_P50,
	PATH_SNDBUF_P95,
	PATH_SNDBUF_MIN,
	PATH_SNDBUF_MAX,
	PATH_SRTT_P50,
	PATH_SRTT_P95,
	PATH_SRTT_P99,
	PATH_RCVBUF_P95,
	PATH_RCVBUF_MIN,
	PATH_RCVBUF_MAX,
	PATH_RCV_WND_P50,
	PATH_RCV_RTT_P50,
	PATH_RCV_RTT_P95,
	PATH_RCV_QUEUE_SHARE_P50,
	PATH_WINDOW_RATIO,
	PATH_QUANTILES,
};
METRIC_GETTER(metric_path_quantile);

enum path_share {
	PATH_APP_LIMITED_SHARE,
	PATH_CWND_LIMITED_SHARE,
	PATH_RCV_WSCALE_FULL_SHARE,
	PATH_RECOVERING_SHARE,
	PATH_SNDBUF_FULL_SHARE,
	PATH_UNREAD_HIGH_SHARE,
	PATH_ZERO_WINDOW_SHARE,
	PATH_SHARES,
};
METRIC_GETTER(metric_path_share); /* of samples */

enum path_metric {
	/* counts and sums */
	PATH_FLOWS,
	PATH_SENDERS,
	PATH_RECEIVERS,
	PATH_REORDERING_FLOWS,
	PATH_UNREAD_HIGH_SAMPLES,
	PATH_SENDING_TIME,
	PATH_RECEIVING_TIME,
	PATH_LONGEST_SENDING_TIME,
	PATH_LONGEST_RECEIVING_TIME,
	PATH_SEGMENTS_SENT,
	PATH_SEGMENTS_RETRANSMITTED,
	/* rates */
	PATH_GOODPUT,
	PATH_THROUGHPUT,
	PATH_RECEIVE_RATE,
	PATH_PEAK_GOODPUT,
	PATH_PEAK_RECEIVE_RATE,
	PATH_REQUEST_RATE,
	/* ratios */
	PATH_RETRANSMIT_RATIO,
	PATH_RWND_LIMITED_SHARE,
	PATH_SNDBUF_LIMITED_SHARE,
	PATH_SPURIOUS_SHARE,
	PATH_CE_SHARE,
	PATH_NO_SACK_SHARE,
	PATH_NO_WSCALE_SHARE,
	PATH_WINDOW_USE,
	PATH_LIMITER_SHARE,
};
METRIC_GETTER(metric_path);

METRIC_GETTER(metric_path_bdp);
METRIC_GETTER(metric_path_congestion);
METRIC_GETTER(metric_path_jitter);
METRIC_GETTER(metric_path_limiter);
METRIC_GETTER(metric_path_link);
METRIC_GETTER(metric_path_link_rate);
METRIC_GETTER(metric_path_loopback);
METRIC_GETTER(metric_path_mathis_rate);
METRIC_GETTER(metric_path_min_rtt);
METRIC_GETTER(metric_path_name);
METRIC_GETTER(metric_path_process);
METRIC_GETTER(metric_path_pid); /* argument: 0 of senders, 1 of receivers */
METRIC_GETTER(metric_path_rcvbuf_constant);
METRIC_GETTER(metric_path_sndbuf_constant);
METRIC_GETTER(metric_path_flow_rate); /* argument: 0 sent, 1 received */
METRIC_GETTER(metric_path_target_rate);
METRIC_GETTER(metric_path_utilisation);
METRIC_GETTER(metric_path_window_capped_goodput);

enum flow_metric {
	FLOW_SECONDS,
	FLOW_GOODPUT,
	FLOW_THROUGHPUT,
	FLOW_RECEIVE_RATE,
	FLOW_RETRANSMIT_RATIO,
	FLOW_MIN_RTT,
	FLOW_SRTT,
	FLOW_JITTER,
	FLOW_RTT_INFLATION,
	FLOW_BUSY_SHARE,
	FLOW_RWND_LIMITED_SHARE,
	FLOW_SNDBUF_LIMITED_SHARE,
	FLOW_SNDBUF_FULL_SHARE,
	FLOW_UNREAD_SHARE,
	FLOW_CWND,
	FLOW_MSS,
	FLOW_SND_WND,
	FLOW_RCV_WND,
	FLOW_RCVBUF,
	FLOW_SNDBUF,
	FLOW_NOTSENT,
	FLOW_DELIVERY_RATE,
	FLOW_LIMITER_SHARE,
	FLOW_METRICS,
};
METRIC_GETTER(metric_flow);
METRIC_GETTER(metric_flow_congestion);
METRIC_GETTER(metric_flow_limiter);
METRIC_GETTER(metric_flow_process);

enum listener_metric {
	LISTENER_BACKLOG,
	LISTENER_FULL_SAMPLES,
	LISTENER_FULL_SHARE,
	LISTENER_NEAR_FULL_SAMPLES,
	LISTENER_PORT,
	LISTENER_QUEUE_LAST,
	LISTENER_QUEUE_MAX,
	LISTENER_QUEUE_MEAN,
	LISTENER_QUEUE_SHARE_MAX,
	LISTENER_SAMPLES,
	LISTENER_TWINS,
	LISTENER_TWINS_QUEUE_MEAN,
};
METRIC_GETTER(metric_listener);
enum listener_census {
	LISTENER_HALF_OPEN,
	LISTENER_HALF_OPEN_RETRIED,
};
METRIC_GETTER(metric_listener_census);
METRIC_GETTER(metric_listener_port_ephemeral); /* 0 or 1 */
METRIC_GETTER(metric_listener_port_reserved);  /* 0 or 1 */
METRIC_GETTER(metric_listener_address);
METRIC_GETTER(metric_listener_cgroup);
METRIC_GETTER(metric_listener_process);

enum link_gain {
	LINK_RX_BYTES,
	LINK_TX_BYTES,
	LINK_RX_DROPPED,
	LINK_TX_DROPPED,
	LINK_RX_ERRORS,
	LINK_TX_ERRORS,
	LINK_RX_MISSED,
	LINK_QDISC_DROPS,
	LINK_GAINS,
};
METRIC_GETTER(metric_link_gain); /* over the window */
METRIC_GETTER(metric_link_rate); /* per second */

enum link_metric {
	LINK_MTU,
	LINK_SPEED,
	LINK_TX_QUEUE_LEN,
	LINK_UTILISATION,
	LINK_RX_DROP_RATIO,
	LINK_TX_DROP_RATIO,
	LINK_QDISC_DROP_RATIO,
	LINK_QDISC_BACKLOG,
};
METRIC_GETTER(metric_link);
enum link_hardware_metric {
	LINK_RX_RING,
	LINK_RX_RING_MAX,
	LINK_QUEUES,
	LINK_QUEUES_LARGEST,
	LINK_RX_DELAY,
	LINK_RX_DELAY_ADAPTS,
	LINK_RPS_CPUS,
	LINK_XPS_CPUS,
	LINK_INTERRUPTS,
	LINK_INTERRUPT_CPUS,
};
METRIC_GETTER(metric_link_hardware);
METRIC_GETTER(metric_link_kind);
METRIC_GETTER(metric_link_name);
METRIC_GETTER(metric_link_qdisc);

enum udp_socket_metric {
	UDP_SOCKET_DROP_RATE,
	UDP_SOCKET_DROP_SHARE,
	UDP_SOCKET_DROPS,
	UDP_SOCKET_DROPS_TOTAL,
	UDP_SOCKET_NEAR_FULL_SHARE,
	UDP_SOCKET_PORT,
	UDP_SOCKET_QUEUE_LAST,
	UDP_SOCKET_QUEUE_MAX,
	UDP_SOCKET_QUEUE_SHARE_MAX,
	UDP_SOCKET_RECEIVE_BUFFER,
	UDP_SOCKET_SAMPLES,
};
METRIC_GETTER(metric_udp_socket);

enum udp_socket_text {
	UDP_SOCKET_ADDRESS,
	UDP_SOCKET_CGROUP,
	UDP_SOCKET_PROCESS,
};
METRIC_GETTER(metric_udp_socket_text);
enum cpu_gain {
	CPU_PROCESSED,
	CPU_DROPPED,
	CPU_SQUEEZED,
	CPU_RECEIVED_RPS,
	CPU_FLOW_LIMITED,
	CPU_GAINS,
};
METRIC_GETTER(metric_cpu_gain); /* over the window */
METRIC_GETTER(metric_cpu_rate); /* per second */
METRIC_GETTER(metric_cpu_backlog);
METRIC_GETTER(metric_cpu_packet_share); /* of all CPUs' packets */
METRIC_GETTER(metric_cpu_number);
METRIC_GETTER(metric_cpu_busy);
METRIC_GETTER(metric_cpu_softirq);
METRIC_GETTER(metric_cpu_of_most); /* name of the CPU with the largest gain; argument: cpu_gain */
METRIC_GETTER(metric_cpu_softirq_max);

METRIC_GETTER(metric_congestion_allowed); /* 1 or 0 */

enum process_metric {
	PROCESS_DESCRIPTORS,
	PROCESS_SOFT_LIMIT,
	PROCESS_HARD_LIMIT,
	PROCESS_DESCRIPTOR_SHARE,
	PROCESS_PID,
};
METRIC_GETTER(metric_process);
METRIC_GETTER(metric_process_cgroup);
METRIC_GETTER(metric_process_name);

enum processes_metric { PROCESSES_SCANNED, PROCESSES_UNSEEN };
METRIC_GETTER(metric_processes);

METRIC_GETTER(metric_tcp_state); /* argument: enum socket_state */
enum tcp_census {
	TCP_CLOSE_WAIT_KEPT,
	TCP_FIN_WAIT2_ORPHANS,
};
METRIC_GETTER(metric_tcp_census);
enum tcp_idle {
	TCP_IDLE_LONG,
	TCP_IDLE_PROBED_LATE,
	TCP_IDLE_UNPROBED,
};
METRIC_GETTER(metric_tcp_idle);

enum ephemeral_metric {
	EPHEMERAL_FIRST,
	EPHEMERAL_LAST,
	EPHEMERAL_PORTS,
	EPHEMERAL_UNEVEN,
};
METRIC_GETTER(metric_ephemeral);

enum peer_metric {
	PEER_ESTABLISHED,
	PEER_PORT,
	PEER_PORT_SHARE,
	PEER_PORTS,
	PEER_TIME_WAIT,
};
METRIC_GETTER(metric_peer);
enum peer_text {
	PEER_ADDRESS,
	PEER_CGROUP,
	PEER_PROCESS,
};
METRIC_GETTER(metric_peer_text);

enum owner_metric {
	OWNER_CLOSE_WAIT,
	OWNER_CLOSE_WAIT_KEPT,
};
METRIC_GETTER(metric_owner);
enum owner_text {
	OWNER_CGROUP,
	OWNER_PROCESS,
};
METRIC_GETTER(metric_owner_text);

#endif
