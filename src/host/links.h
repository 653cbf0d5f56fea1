/* Network links and their root qdiscs, through rtnetlink and ethtool netlink. */
#ifndef NETWRIGHT_HOST_LINKS_H
#define NETWRIGHT_HOST_LINKS_H

#include "base/error.h"
#include "host/address.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_NAME_MAX 16 /* IFNAMSIZ */

/* How an adapter hands over what it receives, as it is set. What its driver, or the place from
 * where it is looked at, does not tell is not known. */
struct link_hardware {
	bool rings_known, queues_known, delay_known; /* ethtool netlink */
	uint32_t rx_ring, rx_ring_max;		     /* descriptors */
	uint32_t queues, queues_max; /* of receiving: its own and those shared with sending */
	uint32_t rx_delay_us;	     /* an interrupt waits so long for more packets */
	bool delay_adapts;	     /* the driver chooses it */
	bool rps_known, xps_known, interrupts_known;
	uint32_t rps_cpus; /* most CPUs that a receive queue hands packets to; 0: none does */
	uint32_t xps_cpus; /* most CPUs for which a send queue is chosen; 0: by hash */
	/* Lines of /proc/interrupts named after it, and the CPUs that those go to. */
	uint32_t interrupts, interrupt_cpus;
};

struct link_info {
	uint32_t ifindex;
	char name[LINK_NAME_MAX]; /* printable */
	char kind[LINK_NAME_MAX]; /* "veth", "tun", "bridge"; "" for hardware */
	bool up;		  /* set up, and with a carrier */
	bool loopback;
	uint32_t mtu_bytes;
	uint32_t tx_queue_len; /* packets */
	double speed;	       /* bytes per second; 0 when the driver does not know (virtio) or the
				* number means nothing (veth, tun, loopback; not bond, team, vlan) */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t rx_errors, tx_errors, rx_dropped, tx_dropped, rx_missed;
	char qdisc[LINK_NAME_MAX]; /* kind of the root qdisc, from IFLA_QDISC */
	bool has_qdisc_stats; /* the following, of the root qdisc (the kernel sums mq's children
			       * into it). All but the packets are 32-bit counters that wrap;
			       * noqueue counts nothing */
	uint64_t qdisc_packets, qdisc_drops, qdisc_requeues, qdisc_overlimits;
	uint32_t qdisc_backlog_bytes;
	struct link_hardware hardware; /* after link_hardware_read() and link_steering_read() */
};

struct link_table {
	uint64_t time_ns;	 /* CLOCK_BOOTTIME when read */
	struct link_info *links; /* owned, sorted by ifindex */
	size_t count;
};

/* Reads all links of the audited namespace. Missing qdisc or speed data is left unknown. Errors as
 * netlink_run(); *ret is usable (possibly empty) and must be released in any case. */
int links_read(struct source *s, struct link_table *ret, struct error *e);
void link_table_done(struct link_table *t);
const struct link_info *link_find(const struct link_table *t, uint32_t ifindex); /* or NULL */

/* The link by which packets to `to` leave (RTM_GETROUTE). Returns its ifindex (> 0), -ENETUNREACH,
 * or another negative errno. */
int route_egress(struct source *s, const struct address *to, struct error *e);

#endif
