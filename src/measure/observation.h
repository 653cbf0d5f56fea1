/* An observation: a closed window over several samples, with everything rules may ask about.
 *
 * Built by observer.c and immutable afterwards. Metrics (metric.h) read it; it says for itself what
 * it could not see, and why.
 */
#ifndef NETWRIGHT_MEASURE_OBSERVATION_H
#define NETWRIGHT_MEASURE_OBSERVATION_H

#include "host/cgroup.h"
#include "host/counters.h"
#include "host/cpus.h"
#include "host/facts.h"
#include "host/links.h"
#include "host/owners.h"
#include "host/port_range.h"
#include "host/processes.h"
#include "measure/flow.h"
#include "measure/half_closed.h"
#include "measure/idle_connections.h"
#include "measure/port_use.h"
#include "measure/quantile.h"
#include "measure/udp_socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTITY_NAME_MAX 112

/* What rules can be about; entity.c has a row for each. */
enum entity_kind {
	ENTITY_HOST,
	ENTITY_PATH,
	ENTITY_FLOW,
	ENTITY_LISTENER,
	ENTITY_LINK,
	ENTITY_UDP_SOCKET,
	ENTITY_CPU,
	ENTITY_PROCESS,
	ENTITY_PEER,  /* a destination, with the local ports that go there */
	ENTITY_OWNER, /* a process with connections that its peers have closed */
	ENTITY_KINDS,
};

/* How many samples of a path's flows had a property; see struct flow_sample. */
struct path_samples {
	uint64_t sending, app_limited, sndbuf_full, cwnd_limited, recovering, zero_window;
	uint64_t receiving, unread_high, wscale_full;
};

/* In place of the number of a process that holds all flows of a kind. */
enum path_holder {
	PATH_NO_FLOWS = 0, /* there were none */
	PATH_HOLDER_UNKNOWN = -1,
	PATH_SEVERAL_HOLDERS = -2,
};

/* Flows to one remote prefix. Sums are over its active flows; quantiles over samples of flows while
 * they moved data in the direction concerned. */
struct path_stats {
	struct prefix prefix;
	char name[PREFIX_TEXT_MAX];
	struct address remote; /* one of its hosts: that of the flow seen first */
	uint32_t link;	       /* index into the observation's links; UINT32_MAX unknown */
	uint32_t flows, senders, receivers; /* active; mostly sending / mostly receiving */
	uint16_t info_len;		    /* least of its flows, see tcpinfo_has() */
	struct flow_totals sum;
	struct path_samples samples;
	double receiving_s, sending_s;		       /* flow-seconds with samples of that kind */
	double longest_receiving_s, longest_sending_s; /* of a single flow */
	double goodput, throughput, receive_rate;      /* bytes per second over the window */
	double peak_goodput, peak_receive_rate; /* best interval of >= 0.5 s, all flows together */
	uint32_t min_rtt_us;
	uint64_t jitter_sum_us, jitter_samples;
	/* of sending samples */
	struct quantiles srtt, rtt_inflation, queue_delay, cwnd, inflight, snd_wnd, sndbuf, notsent,
		notsent_delay, mss;
	double window_use_sum; /* in-flight bytes / snd_wnd */
	uint64_t window_use_samples;
	/* of receiving samples */
	struct quantiles rcvbuf, rcv_wnd, rcv_rtt, unread_share, window_ratio;
	uint32_t no_sack, no_wscale; /* flows without the option */
	uint32_t reordering_flows;
	uint64_t requests; /* data segments received by senders */
	/* Flows that filled their send buffer (received all the time), and those of them whose
	 * buffer never changed over at least three samples: its size is locked or at its cap. */
	uint32_t sndbuf_full_flows, sndbuf_constant_flows;
	uint32_t rcvbuf_busy_flows, rcvbuf_constant_flows;
	double limiter_bytes[LIMITERS];	      /* acknowledged + received, by the flow's limiter */
	enum limiter limiter;		      /* of the most bytes */
	double limiter_share;		      /* of the path's bytes, 0..1 */
	char congestion[CONGESTION_NAME_MAX]; /* of the flow with most bytes sent */
	char process[FLOW_PROCESS_MAX];	      /* of the flow with most bytes; "" unknown */
	double most_sent, most_bytes;	      /* those flows' */
	/* Of the flows still open: who holds all that received all the time, and all that sent in
	 * at least three samples. A process, or an enum path_holder. */
	int receiver_pid, sender_pid;
};

struct listener_stats {
	uint64_t cookie;
	struct address local;
	uint16_t port;
	uint32_t inode, uid;
	char address[ADDRESS_TEXT_MAX];
	char name[ENTITY_NAME_MAX];	/* "0.0.0.0:443", "[::]:443" */
	char process[FLOW_PROCESS_MAX]; /* "nginx (812)"; "" unknown */
	char cgroup[CGROUP_PATH_MAX];	/* of those that somebody may read of; "" unknown */
	uint32_t samples;		/* dumps that saw it */
	uint32_t full_samples;		/* queue > backlog: the kernel holds backlog + 1 */
	uint32_t near_full_samples;	/* queue >= 0.8 backlog */
	uint32_t queue_max, queue_last;
	uint32_t backlog; /* last seen */
	uint32_t bound_ifindex;
	uint64_t queue_sum; /* over the samples */
	/* Of those that share address, port and device with SO_REUSEPORT, itself included. */
	uint32_t twins;
	double twins_queue_mean; /* of the others; 0 without any */
	/* Half-open connections to its address and port at the end, of all its twins together, and
	 * those of them whose answer was repeated more than twice. */
	uint32_t half_open, half_open_retried;
};

/* TCP sockets by state, at the last sample. */
struct tcp_states {
	bool known; /* both families were listed */
	uint32_t count[SOCKET_STATES];
	uint32_t fin_wait2_orphans;
	bool close_wait_kept_known;
	uint32_t close_wait_kept; /* that the first sample saw in CLOSE_WAIT as well */
};

struct link_stats {
	struct link_info first, last;
	double seconds; /* between them; 0: no rates */
};

struct cpu_stats {
	struct cpu_info first, last;
	bool whole;		 /* it was online at both ends */
	char name[CPU_NAME_MAX]; /* "cpu3" */
};

/* Something that could not be read, for `-v` and for the reasons of unknown metrics. */
struct blind_spot {
	char what[64]; /* "/proc/pressure/memory", "tcp6 sockets", "processes of other users" */
	char reason[160];
};

struct observation {
	struct facts facts;
	uint64_t start_ns, end_ns; /* CLOCK_BOOTTIME of the first and last sample */
	double seconds;		   /* between them; 0 with a single sample */
	uint32_t samples;	   /* instants, so intervals + 1 */
	bool interrupted;	   /* ended before its time */
	bool gone;		   /* the namespace was deleted meanwhile, or its process ended */
	struct counters first, last;
	/* Highest value of a gauge counter over the samples. */
	uint64_t gauge_max[COUNTERS];

	bool sockets_unseen; /* no dump succeeded: no flows here does not mean that there are none
			      */
	size_t sockets;	     /* established, at the end */
	struct idle_connections idle; /* at the end */
	struct flow_table *flows;     /* owned; use observation_flow() */
	size_t flow_count;	      /* that were active */
	struct path_stats *paths;     /* owned, most bytes first */
	size_t path_count;
	struct listener_stats *listeners; /* owned, sorted by port */
	size_t listener_count;
	struct tcp_states states;
	bool close_wait_first_known;
	struct half_closed close_wait_first, close_wait; /* owned */
	struct owner_stats *holders;			 /* owned, most in CLOSE_WAIT first */
	size_t holder_count;
	struct owner_stats unheld; /* what processes hold that could not be looked into, as if it
				    * were one of them; 0 connections: all are told */
	bool ephemeral_known;
	struct port_range ephemeral;
	struct peer_stats *peers; /* owned, most ports first */
	size_t peer_count;
	bool udp_unseen;		    /* no UDP dump succeeded */
	size_t udp_sockets;		    /* at the end */
	struct udp_socket_stats *udp_worst; /* owned, those that dropped most first */
	size_t udp_worst_count;
	struct link_stats *links; /* owned, by ifindex */
	size_t link_count;
	struct cpu_stats *cpus; /* owned, online at the end, by number */
	size_t cpu_count;
	char cpu_softnet_reason[96];	/* why their packets are unknown; "" */
	char cpu_time_reason[96];	/* why their times are */
	struct process_table processes; /* close to their limit of open descriptors */
	struct owner_table owners;
	struct blind_spot *blind_spots; /* owned */
	size_t blind_spot_count;

	struct quantiles srtt; /* of all sending samples */
	uint64_t jitter_sum_us, jitter_samples;
	struct flow_totals sum;
	uint16_t info_len;	 /* least of the active flows, see tcpinfo_has() */
	struct reasons *reasons; /* owned; texts for unknown metrics, see reason.h */
};

void observation_free(struct observation *o); /* accepts NULL */
const struct flow_stats *observation_flow(const struct observation *o, size_t index);

/* How many entities of a kind there are (1 for the host), and a pointer to one, to be given to
 * metric_get(). */
size_t observation_entities(const struct observation *o, enum entity_kind kind);
const void *observation_entity(const struct observation *o, enum entity_kind kind, size_t index);
/* A unique name: host name, "198.51.100.0/24", "192.0.2.1:5001 > 198.51.100.7:443",
 * "0.0.0.0:443", "eth0", "0.0.0.0:53", "cpu3", "nginx (812)", "192.0.2.1 > 198.51.100.7:443". */
const char *observation_entity_name(const struct observation *o, enum entity_kind kind,
				    size_t index, char *buf, size_t len);
/* The process behind a flow or listener, "iperf3 (4711)"; "" when unknown. */
const char *observation_process(const struct observation *o, uint32_t inode, char *buf, size_t len);
/* Entities of a kind that may be there, and that the observation could not see. */
struct unseen {
	const char *what;   /* "processes of other users" */
	const char *reason; /* of the observation, or static */
	const void *most; /* an entity that none of them exceeds; NULL: nothing is known of them */
};
/* False: all of that kind were seen, or those that were not are too small to matter. */
bool observation_unseen(const struct observation *o, enum entity_kind kind, struct unseen *ret);
/* "host", "path", ...; NULL for what is no kind. */
const char *entity_kind_name(enum entity_kind kind);
/* After "about " or "of ": "the host", "a path", ... */
const char *entity_kind_subject(enum entity_kind kind);

#endif
