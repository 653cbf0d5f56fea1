/* UDP sockets over the window: what each of them dropped for want of room, and how full it was. */
#ifndef NETWRIGHT_MEASURE_UDP_SOCKET_H
#define NETWRIGHT_MEASURE_UDP_SOCKET_H

#include "host/address.h"
#include "host/cgroup.h"
#include "host/sockdiag.h"
#include "measure/flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Followed at a time, 80 bytes each; a resolver holds some thousands. */
#define UDP_SOCKETS_MAX 16384u
/* Handed over: those that dropped most, then those that were fullest. */
#define UDP_SOCKETS_KEPT 64u

struct udp_socket_stats {
	uint64_t cookie;
	struct address local, remote; /* remote.family 0: not connected */
	uint16_t local_port, remote_port;
	uint32_t inode;
	uint32_t samples;	    /* dumps that saw it */
	uint32_t near_full_samples; /* at least four fifths of the receive buffer taken */
	bool drops_known;	    /* the kernel sends the counter, since Linux 4.14 */
	uint32_t drops_total;	    /* C datagrams, since the socket was made */
	uint32_t drops;		    /* of them, in the window */
	uint32_t receive_buffer;    /* bytes, as last seen: SO_RCVBUF as getsockopt(2) shows it */
	uint32_t queue_max, queue_last; /* bytes of memory taken by datagrams not read */
	/* Filled in for those handed over. */
	char address[ADDRESS_TEXT_MAX];
	char name[136]; /* unique: "0.0.0.0:53", "[::]:53 #2", "192.0.2.1:4500 > 198.51.100.7:53" */
	char process[FLOW_PROCESS_MAX]; /* "unbound (812)"; "" unknown */
	char cgroup[CGROUP_PATH_MAX];	/* "" unknown */
};

struct udp_table;

int udp_table_new(struct udp_table **ret); /* 0 or -ENOMEM */
void udp_table_free(struct udp_table *t);  /* accepts NULL */
void udp_round_begin(struct udp_table *t);
/* A second time in a round is ignored. 0 or -ENOMEM. */
int udp_observe(struct udp_table *t, const struct socket_info *socket);
/* Forgets what this round did not see. After one that was incomplete, or had more sockets than are
 * followed, the drops of what is first seen in the next count from there: it may be older. */
void udp_round_end(struct udp_table *t, bool complete);
/* Whether sockets beyond UDP_SOCKETS_MAX were left out in some round. */
bool udp_table_overflowed(const struct udp_table *t);
/* Sockets in the last round. */
size_t udp_table_count(const struct udp_table *t);
/* Hands over at most UDP_SOCKETS_KEPT of them, the worst first, named. 0 or -ENOMEM. */
int udp_table_take(const struct udp_table *t, struct udp_socket_stats **ret, size_t *ret_count);

#endif
