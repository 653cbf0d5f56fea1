/* One netlink request of a kind of tunables, and its answer.
 *
 * Everything goes through os->talk, so that tests can make each exchange fail. Requests are built
 * with libnl's nlmsg_ and nla_ functions; answers are walked in place and trusted in nothing.
 */
#ifndef NETWRIGHT_TUNABLES_NETLINK_EXCHANGE_H
#define NETWRIGHT_TUNABLES_NETLINK_EXCHANGE_H

#include "base/error.h"
#include "base/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;

/* A request that begins with the `len` bytes of the family's header; NULL without memory. */
struct nl_msg *netlink_message_new(int type, int flags, const void *head, size_t len);
void netlink_message_freep(struct nl_msg **m); /* for CLEANUP(); accepts NULL in it */

/* Sends `m` and replaces *answers with what came: 0, the kernel's negative errno, -ENOMEM when `m`
 * is NULL or was cut, or -EAGAIN when a dump was interrupted by changes three times. */
int netlink_exchange(struct os *os, int protocol, struct nl_msg *m, struct bytes *answers);

/* What the kernel said besides the errno, printable; "" when it said nothing. Valid after an
 * exchange that was refused. Returns buf. */
const char *netlink_refusal(const struct bytes *answers, char *buf, size_t len);

/* A failed change: "object: the kernel refused it (words): Invalid argument", by errno as
 * error_errno() does; -EPERM names the right. Returns `code`. */
int netlink_failed(const struct bytes *answers, int code, const char *object, const char *what,
		   struct error *e);

struct netlink_reply {
	uint16_t type;
	const uint8_t *data; /* after the netlink header; may be unaligned */
	size_t len;
};
/* The next message of the answers at *at, which begins as 0; false at the end, and at one that is
 * malformed. Acknowledgements and ends of dumps are left out. */
bool netlink_next(const struct bytes *answers, size_t *at, struct netlink_reply *ret);

/* 0 when we have CAP_NET_ADMIN, else -EPERM (ERROR_PRIVILEGE) about `object`. A namespace of
 * another user can still refuse. */
int netlink_check_right(struct os *os, const char *object, struct error *e);

#endif
