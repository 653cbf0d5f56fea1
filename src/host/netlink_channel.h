/* One netlink socket of the live source: sends requests and receives their datagrams. */
#ifndef NETWRIGHT_HOST_NETLINK_CHANNEL_H
#define NETWRIGHT_HOST_NETLINK_CHANNEL_H

#include "base/error.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_sock;

/* The kernel fills dump datagrams up to what the reader's buffer holds, at most 32 KiB
 * (netlink_recvmsg() and netlink_dump() in net/netlink/af_netlink.c); larger buffers gain nothing.
 */
#define NETLINK_DATAGRAM_MAX 32768u

struct netlink_channel {
	struct nl_sock *socket; /* owned; NULL while closed */
	uint32_t sequence;	/* of the last request */
	bool pending;		/* a request was sent and its answer may not have ended */
	bool dump;		/* and it is a dump */
};

/* Opens the socket in the calling thread's network namespace, where it stays. */
int netlink_channel_open(struct netlink_channel *c, int protocol, struct error *e);
void netlink_channel_close(struct netlink_channel *c); /* accepts a closed one */

/* The number of a generic netlink family; -EOPNOTSUPP when the kernel has none of this name. */
int netlink_channel_resolve(struct netlink_channel *c, const char *family, struct error *e);

/* Sends `request` with message type `type`. */
int netlink_channel_send(struct netlink_channel *c, const struct source_request *request,
			 uint16_t type, struct error *e);
/* Receives one datagram of the answer into buf (NETLINK_DATAGRAM_MAX bytes). Answers to earlier
 * requests are skipped. -ETIMEDOUT after NETLINK_TIMEOUT_S without one; -EMSGSIZE when it did not
 * fit; -ENOBUFS when the kernel had to drop some. `name` is for messages. */
#define NETLINK_TIMEOUT_S 5
int netlink_channel_receive(struct netlink_channel *c, const char *name, void *buf, size_t *ret_len,
			    struct error *e);
/* Whether the answer has ended, `last` being its last datagram received (len 0: none). While it
 * has not, the kernel refuses the next dump with EBUSY: close the channel and open it again. */
bool netlink_channel_is_idle(const struct netlink_channel *c, const void *last, size_t len);

#endif
