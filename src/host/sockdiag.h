/* TCP and UDP sockets as NETLINK_SOCK_DIAG dumps them. */
#ifndef NETWRIGHT_HOST_SOCKDIAG_H
#define NETWRIGHT_HOST_SOCKDIAG_H

#include "base/error.h"
#include "host/address.h"
#include "host/source.h"
#include "host/tcpinfo.h"

#include <stdint.h>

struct nlmsghdr;

/* Kernel TCP states (include/net/tcp_states.h) that netwright looks at. An UDP socket is
 * ESTABLISHED when it is connected, else CLOSE. What is half open after a SYN shows as SYN_RECV
 * (the kernel's NEW_SYN_RECV is translated by inet_diag), and an orphan in FIN_WAIT2 as FIN_WAIT2
 * although the kernel keeps it among those in TIME_WAIT. */
enum socket_state {
	SOCKET_ESTABLISHED = 1,
	SOCKET_SYN_SENT = 2,
	SOCKET_SYN_RECV = 3,
	SOCKET_FIN_WAIT1 = 4,
	SOCKET_FIN_WAIT2 = 5,
	SOCKET_TIME_WAIT = 6,
	SOCKET_CLOSE = 7,
	SOCKET_CLOSE_WAIT = 8,
	SOCKET_LAST_ACK = 9,
	SOCKET_LISTEN = 10,
	SOCKET_CLOSING = 11,
	SOCKET_STATES,
};

/* What idiag_timer says is armed (inet_sk_diag_fill). */
enum socket_timer {
	SOCKET_TIMER_NONE,
	SOCKET_TIMER_RETRANSMIT, /* SYN_RECV: of the answer to the SYN */
	SOCKET_TIMER_KEEPALIVE,
	SOCKET_TIMER_TIME_WAIT,
	SOCKET_TIMER_PROBE, /* of a window that is shut */
};

/* Indices of INET_DIAG_SKMEMINFO (include/uapi/linux/sock_diag.h). */
enum socket_memory {
	SOCKET_RMEM_ALLOC,
	SOCKET_RCVBUF,
	SOCKET_WMEM_ALLOC,
	SOCKET_SNDBUF,
	SOCKET_FWD_ALLOC,
	SOCKET_WMEM_QUEUED,
	SOCKET_OPTMEM,
	SOCKET_BACKLOG,
	SOCKET_DROPS,
	SOCKET_MEMORY_FIELDS,
};

#define CONGESTION_NAME_MAX 16 /* TCP_CA_NAME_MAX */

struct socket_info {
	uint64_t cookie; /* unique while the machine is up; never reused */
	struct address local, remote;
	uint16_t local_port, remote_port;
	uint8_t state;	     /* enum socket_state */
	uint32_t rqueue;     /* ESTABLISHED: unread bytes. LISTEN: accept queue now */
	uint32_t wqueue;     /* ESTABLISHED: bytes written, not acknowledged. LISTEN: its backlog,
			      * min(listen(2)'s argument, somaxconn) at the time of listen */
	uint32_t uid, inode; /* inode 0: no process holds it */
	uint32_t bound_ifindex;		       /* 0 unless bound to a device */
	uint8_t timer;			       /* enum socket_timer */
	uint8_t retransmits;		       /* of that timer, in a row */
	uint32_t expires_ms;		       /* when it fires, from the dump on */
	uint32_t memory[SOCKET_MEMORY_FIELDS]; /* bytes; drops is a count */
	uint8_t memory_fields;		       /* how many of them the kernel sent; 0: none */
	char congestion[CONGESTION_NAME_MAX];  /* printable; "" when absent */
	uint16_t info_len;   /* bytes of `info` the kernel sent; 0: none. See tcpinfo_has() */
	struct tcpinfo info; /* zero beyond info_len */
	bool has_bbr;
	uint64_t bbr_bandwidth; /* bytes per second */
	uint32_t bbr_min_rtt_us;
};

/* Decodes one message of a dump into *ret, which is overwritten whole. Attributes that are too
 * short or malformed are left absent; a message shorter than inet_diag_msg is -EBADMSG. */
int sockdiag_parse(const struct nlmsghdr *message, struct socket_info *ret);

/* What to dump. Cost per socket on a 2-CPU virtual machine, Linux 6.18: TCP 1.1 us (456 bytes),
 * the others 0.8 us (124 to 164 bytes); 0.14 us for each that is walked past. */
enum socket_dump {
	SOCKET_DUMP_TCP,     /* established and listening, with all that the kernel tells */
	SOCKET_DUMP_CLOSING, /* TCP that neither listens nor is established, without extensions */
	SOCKET_DUMP_ALL_TCP, /* the same and the established ones; still not those that listen */
	SOCKET_DUMP_UDP,     /* all UDP, with their memory and drops */
	SOCKET_DUMPS,
};

/* Dumps the sockets of one family, AF_INET or AF_INET6, calling `visit` for each; the socket_info
 * is valid during the call only. A negative return of `visit` ends the dump. A socket may be
 * visited twice when the kernel's table changes under the dump. Sets *ret_time_ns (may be NULL) to
 * when the dump was requested. Returns 0; 1 when the dump had to be asked for again, so that all
 * may have been visited more than once; errors as netlink_run(). */
typedef int (*sockdiag_visit)(void *arg, const struct socket_info *socket);
int sockdiag_dump(struct source *s, enum socket_dump what, int af_family, sockdiag_visit visit,
		  void *arg, uint64_t *ret_time_ns, struct error *e);
/* SOCKET_DUMP_TCP. */
int sockdiag_dump_tcp(struct source *s, int af_family, sockdiag_visit visit, void *arg,
		      uint64_t *ret_time_ns, struct error *e);

#endif
