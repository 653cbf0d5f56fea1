#include "base/os_netlink.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

/* The kernel fills datagrams of a dump up to what the reader's buffer holds, at most 32 KiB
 * (netlink_recvmsg() and netlink_dump() of net/netlink/af_netlink.c). */
#define DATAGRAM_MAX 32768u

enum { SEQUENCE = 1 }; /* one request per socket */

static int open_socket(int protocol)
{
	const struct timeval timeout = { .tv_sec = OS_NETLINK_TIMEOUT_S };
	const int on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	/* The kernel's own words about a refusal; kernels before 4.12 have none. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return fd;
}

static int send_request(int fd, struct nlmsghdr *header, const void *request, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	/* sendmsg(2) reads only; struct iovec cannot say so. */
	struct iovec parts[] = {
		{ .iov_base = header, .iov_len = sizeof(*header) },
		{ .iov_base = (char *)(uintptr_t)request + sizeof(*header),
		  .iov_len = len - sizeof(*header) },
	};
	const struct msghdr message = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = ARRAY_LEN(parts),
	};
	ssize_t n;

	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* Walks a datagram: 1 when the answer goes on, 0 when it ended well, else a negative errno. */
static int look_for_end(const char *at, size_t len)
{
	while (len >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;
		size_t step;
		int code = 0;

		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > len)
			return -EBADMSG;
		if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			return -EAGAIN;
		if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
			/* Both begin with an errno; NLMSG_DONE has one since 4.15. */
			if (header.nlmsg_len >= sizeof(header) + sizeof(code))
				memcpy(&code, at + sizeof(header), sizeof(code));
			return code < 0 ? code : 0;
		}
		step = NLMSG_ALIGN((size_t)header.nlmsg_len);
		if (step >= len)
			break;
		at += step;
		len -= step;
	}
	return 1;
}

static int receive_answer(int fd, struct bytes *answers)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		struct nlmsghdr header;
		ssize_t n;
		int r = bytes_reserve(answers, DATAGRAM_MAX);

		if (r < 0)
			return r;
		/* MSG_TRUNC: the datagram's own length, also when it did not fit. */
		n = recvfrom(fd, answers->data + answers->len, DATAGRAM_MAX, MSG_TRUNC,
			     (struct sockaddr *)&from, &from_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if ((size_t)n > DATAGRAM_MAX)
			return -EMSGSIZE;
		/* From another process, or too short to be anything. */
		if (from.nl_pid != 0 || (size_t)n < sizeof(header))
			continue;
		memcpy(&header, answers->data + answers->len, sizeof(header));
		if (header.nlmsg_seq != SEQUENCE)
			continue;
		r = look_for_end(answers->data + answers->len, (size_t)n);
		answers->len += (size_t)n;
		answers->data[answers->len] = '\0';
		if (r <= 0)
			return r;
	}
}

int os_netlink_talk(int protocol, const void *request, size_t len, struct bytes *answers)
{
	CLEANUP(close_fdp) int fd = -1;
	struct nlmsghdr header;
	int r;

	if (len < sizeof(header))
		return -EINVAL;
	memcpy(&header, request, sizeof(header));
	if (header.nlmsg_len != len)
		return -EINVAL;
	header.nlmsg_seq = SEQUENCE;
	header.nlmsg_flags |= NLM_F_REQUEST;
	if ((header.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		header.nlmsg_flags |= NLM_F_ACK;
	fd = open_socket(protocol);
	if (fd < 0)
		return fd;
	r = send_request(fd, &header, request, len);
	return r < 0 ? r : receive_answer(fd, answers);
}
