#include "tunables/socket_dump.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define DUMP_ATTEMPTS 3
#define LINK_MAX_LEN  64
#define STATES                                                                       \
	(1u << SOCKET_ESTABLISHED | 1u << SOCKET_SYN_SENT | 1u << SOCKET_FIN_WAIT1 | \
	 1u << SOCKET_FIN_WAIT2 | 1u << SOCKET_CLOSE_WAIT | 1u << SOCKET_LAST_ACK |  \
	 1u << SOCKET_CLOSING)

static int ask(struct os *os, int af_family, struct bytes *answers)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .sdiag_family = (uint8_t)af_family,
			     .sdiag_protocol = IPPROTO_TCP,
			     .idiag_states = STATES },
	};

	return os->ops->talk(os, NETLINK_SOCK_DIAG, &message, sizeof(message), answers);
}

static int walk(const struct bytes *answers, const struct socket_dump_visitor *v)
{
	size_t left = answers->len;
	const char *at = answers->data;
	int r = 0;

	while (r >= 0 && left >= sizeof(struct nlmsghdr)) {
		/* Aligned: bytes are of the heap, and every length is rounded up to 4. */
		const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)at;
		size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);
		struct socket_info socket;

		if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > left)
			return -EBADMSG;
		if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
			r = sockdiag_parse(header, &socket);
			if (r == 0 && socket.inode != 0)
				r = v->visit(v->arg, &socket);
		}
		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return r < 0 ? r : 0;
}

static int dump_both(const struct place *p, const struct socket_dump_visitor *v)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(families); i++) {
		CLEANUP(bytes_done) struct bytes answers = { 0 };

		r = ask(p->os, families[i], &answers);
		/* A kernel without IPv6. */
		if (r == -ENOENT && families[i] == AF_INET6)
			return 0;
		if (r == 0)
			r = walk(&answers, v);
	}
	return r;
}

int socket_dump_tcp(const struct place *p, const struct socket_dump_visitor *v, struct error *e)
{
	int r = place_enter(p, e);

	if (r < 0)
		return r;
	for (unsigned int tried = 0; tried < DUMP_ATTEMPTS; tried++) {
		r = dump_both(p, v);
		if (r != -EAGAIN)
			break;
		v->restart(v->arg);
	}
	if (r == -ENOENT)
		r = error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, NULL,
			      "this kernel cannot list TCP connections (CONFIG_INET_TCP_DIAG)");
	else if (r < 0)
		r = error_errno(e, r, NULL, "listing TCP connections");
	return place_return(p, r, e);
}

/* "socket:[4711]". */
static bool is_socket(const char *link, size_t len, uint32_t *ret_inode)
{
	static const char prefix[] = "socket:[";
	const size_t skip = sizeof(prefix) - 1;
	uint64_t inode;

	if (len <= skip + 1 || memcmp(link, prefix, skip) != 0 || link[len - 1] != ']' ||
	    text_parse_u64(link + skip, len - skip - 1, 10, &inode) < 0 || inode > UINT32_MAX)
		return false;
	*ret_inode = (uint32_t)inode;
	return true;
}

int socket_dump_descriptors(struct os *os, pid_t pid,
			    int (*visit)(void *arg, pid_t pid, int fd, uint32_t inode), void *arg)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	char path[64], link[LINK_MAX_LEN];
	bool denied = false;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	r = os->ops->list(os, path, &names);
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		const char *name = names.data + at;
		uint32_t inode;
		uint64_t fd;
		ssize_t n;

		if (text_parse_u64(name, strlen(name), 10, &fd) < 0 || fd > INT_MAX)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, (int)fd);
		n = os->ops->readlink(os, path, link, sizeof(link));
		/* It may have been closed meanwhile. */
		if (n > 0 && is_socket(link, (size_t)n, &inode))
			r = visit(arg, pid, (int)fd, inode);
		/* Root without CAP_SYS_PTRACE may list them, and not read them. */
		denied |= n == -EACCES;
	}
	return r == 0 && denied ? -EACCES : r;
}
