/* One netlink request and its answer: the `talk` of os_live(). */
#ifndef NETWRIGHT_BASE_OS_NETLINK_H
#define NETWRIGHT_BASE_OS_NETLINK_H

#include "base/bytes.h"

#include <stddef.h>

/* How long the kernel may take for a datagram. It answers at once; what takes longer waits for a
 * lock that somebody holds. */
#define OS_NETLINK_TIMEOUT_S 5

/* See os_ops.talk in base/os.h. The sequence number of the request is replaced. Also -ETIMEDOUT,
 * -EMSGSIZE for a datagram larger than the kernel sends, and -EINVAL for a malformed request. */
int os_netlink_talk(int protocol, const void *request, size_t len, struct bytes *answers);

#endif
