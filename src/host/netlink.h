/* Runs one netlink request over a source and walks its messages in place. */
#ifndef NETWRIGHT_HOST_NETLINK_H
#define NETWRIGHT_HOST_NETLINK_H

#include "base/error.h"
#include "host/source.h"

#include <linux/netlink.h>

struct netlink_visitor {
	/* One message of the answer, complete and within its datagram. A negative return ends the
	 * walk and is returned by netlink_run(). */
	int (*message)(void *arg, const struct nlmsghdr *message);
	/* The kernel said that the table changed under the dump (NLM_F_DUMP_INTR) and the dump is
	 * run again: forget what was seen. May be NULL for visitors that tolerate repetition. */
	void (*restart)(void *arg);
	void *arg;
};

/* Sends and receives until NLMSG_DONE (dumps) or the first answer (others). Errors: the errno in
 * the kernel's NLMSG_ERROR; -EBADMSG a message overruns its datagram; -EPIPE the answer was cut
 * short (no NLMSG_DONE); -EAGAIN the table still changed after three tries, what was visited is
 * incomplete. */
int netlink_run(struct source *s, const struct source_request *request,
		const struct netlink_visitor *visitor, struct error *e);

#endif
