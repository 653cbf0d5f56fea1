#include "host/netlink_channel.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

/* libnl has error numbers of its own. */
static int errno_of_libnl(int nl_error)
{
	static const struct {
		int libnl, code;
	} table[] = {
		{ NLE_PERM, -EPERM },
		{ NLE_NOACCESS, -EACCES },
		{ NLE_NOMEM, -ENOMEM },
		{ NLE_AF_NOSUPPORT, -EAFNOSUPPORT },
		{ NLE_PROTO_MISMATCH, -EPROTONOSUPPORT },
		{ NLE_OPNOTSUPP, -EOPNOTSUPP },
		{ NLE_OBJ_NOTFOUND, -EOPNOTSUPP },
		{ NLE_NODEV, -EOPNOTSUPP },
		{ NLE_AGAIN, -ETIMEDOUT },
		{ NLE_BUSY, -EBUSY },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].libnl == -nl_error)
			return table[i].code;
	}
	return -EIO;
}

int netlink_channel_open(struct netlink_channel *c, int protocol, struct error *e)
{
	const struct timeval timeout = { .tv_sec = NETLINK_TIMEOUT_S };
	struct nl_sock *socket = nl_socket_alloc();
	int r;

	if (socket == NULL)
		return error_errno(e, -ENOMEM, "netlink", "cannot open a socket");
	r = nl_connect(socket, protocol);
	if (r < 0) {
		nl_socket_free(socket);
		return error_errno(e, errno_of_libnl(r), "netlink", "cannot open a socket");
	}
	if (setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		r = -errno;
		nl_socket_free(socket);
		return error_errno(e, r, "netlink", "cannot set a time limit");
	}
	*c = (struct netlink_channel){
		.socket = socket,
		.sequence = c->sequence,
	};
	return 0;
}

void netlink_channel_close(struct netlink_channel *c)
{
	if (c->socket != NULL)
		nl_socket_free(c->socket);
	c->socket = NULL;
	c->pending = false;
}

int netlink_channel_resolve(struct netlink_channel *c, const char *family, struct error *e)
{
	int r = genl_ctrl_resolve(c->socket, family);

	if (r > 0)
		return r;
	r = errno_of_libnl(r);
	if (r == -EOPNOTSUPP)
		return error_set(e, r, ERROR_UNSUPPORTED, family,
				 "this kernel has no such generic netlink family");
	return error_errno(e, r, family, "cannot look up the generic netlink family");
}

int netlink_channel_send(struct netlink_channel *c, const struct source_request *request,
			 uint16_t type, struct error *e)
{
	static const char padding[NLMSG_ALIGNTO];
	const size_t len = NLMSG_HDRLEN + request->payload_len;
	struct nlmsghdr header = {
		.nlmsg_len = (uint32_t)len,
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | request->flags),
		.nlmsg_seq = ++c->sequence,
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	/* sendmsg(2) reads only; struct iovec cannot say so. */
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)request->payload,
		  .iov_len = request->payload_len },
		{ .iov_base = (void *)(uintptr_t)padding, .iov_len = NLMSG_ALIGN(len) - len },
	};
	const struct msghdr message = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = ARRAY_LEN(parts),
	};
	ssize_t n;

	if (request->payload_len > NETLINK_DATAGRAM_MAX)
		return error_errno(e, -EMSGSIZE, request->name, "cannot send the request");
	do
		n = sendmsg(nl_socket_get_fd(c->socket), &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_errno(e, -errno, request->name, "cannot send the request");
	c->pending = true;
	c->dump = (request->flags & NLM_F_DUMP) == NLM_F_DUMP;
	return 0;
}

/* An answer to the last request, from the kernel and not from another process. */
static bool is_answer(const struct netlink_channel *c, const struct sockaddr_nl *from,
		      const void *data, size_t len)
{
	struct nlmsghdr header;

	if (from->nl_pid != 0)
		return false;
	if (len < sizeof(header))
		return true; /* damaged: for netlink_run() to report */
	memcpy(&header, data, sizeof(header));
	return header.nlmsg_seq == c->sequence;
}

int netlink_channel_receive(struct netlink_channel *c, const char *name, void *buf, size_t *ret_len,
			    struct error *e)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		/* MSG_TRUNC: the datagram's own length, also when it did not fit. */
		ssize_t n = recvfrom(nl_socket_get_fd(c->socket), buf, NETLINK_DATAGRAM_MAX,
				     MSG_TRUNC, (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN))
			return error_set(e, -ETIMEDOUT, ERROR_FAILED, name,
					 "the kernel did not answer within %d s",
					 NETLINK_TIMEOUT_S);
		if (n < 0)
			return error_errno(e, -errno, name, "cannot receive the answer");
		if (!is_answer(c, &from, buf, (size_t)n))
			continue;
		if ((size_t)n > NETLINK_DATAGRAM_MAX)
			return error_set(e, -EMSGSIZE, ERROR_FAILED, name,
					 "a datagram of %zd bytes does not fit", n);
		*ret_len = (size_t)n;
		return 1;
	}
}

bool netlink_channel_is_idle(const struct netlink_channel *c, const void *last, size_t len)
{
	const char *at = last;

	if (!c->pending)
		return true;
	if (!c->dump)
		return len > 0;
	while (len >= NLMSG_HDRLEN) {
		struct nlmsghdr header;
		size_t step;

		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR)
			return true;
		step = NLMSG_ALIGN((size_t)header.nlmsg_len);
		if (header.nlmsg_len < NLMSG_HDRLEN || step >= len)
			return false;
		at += step;
		len -= step;
	}
	return false;
}
