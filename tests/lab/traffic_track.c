/* traffic track: connections in the connection tracking table, without packets and without firewall
 * rules. Messages: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
 */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 512
#define TRACK_MAX   60000 /* one port each */

struct message {
	_Alignas(NLMSG_ALIGNTO) char data[MESSAGE_MAX];
	size_t len;
};

static struct nlattr *begin(struct message *m, uint16_t type)
{
	struct nlattr *attribute = (struct nlattr *)(void *)(m->data + m->len);

	attribute->nla_type = type;
	m->len += sizeof(*attribute);
	return attribute;
}

static void end(const struct message *m, struct nlattr *attribute)
{
	attribute->nla_len = (uint16_t)(m->data + m->len - (const char *)attribute);
}

static void put(struct message *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attribute = begin(m, type);

	memcpy(m->data + m->len, data, len);
	m->len += len;
	end(m, attribute);
	m->len = NLMSG_ALIGN(m->len);
}

/* A UDP tuple between two documentation addresses (RFC 5737). */
static void put_tuple(struct message *m, uint16_t type, bool reply, uint16_t port)
{
	const uint32_t client = htonl(0xc0000201), server = htonl(0xcb007101);
	const uint16_t ports[] = { htons(port), htons(53) };
	const uint8_t protocol = IPPROTO_UDP;
	struct nlattr *tuple = begin(m, (uint16_t)(type | NLA_F_NESTED)), *inner;

	inner = begin(m, CTA_TUPLE_IP | NLA_F_NESTED);
	put(m, CTA_IP_V4_SRC, reply ? &server : &client, sizeof(client));
	put(m, CTA_IP_V4_DST, reply ? &client : &server, sizeof(client));
	end(m, inner);
	inner = begin(m, CTA_TUPLE_PROTO | NLA_F_NESTED);
	put(m, CTA_PROTO_NUM, &protocol, sizeof(protocol));
	put(m, CTA_PROTO_SRC_PORT, &ports[reply], sizeof(ports[0]));
	put(m, CTA_PROTO_DST_PORT, &ports[!reply], sizeof(ports[0]));
	end(m, inner);
	end(m, tuple);
}

static void build(struct message *m, uint16_t port, uint32_t timeout_s)
{
	const struct nfgenmsg family = { .nfgen_family = AF_INET };
	const uint32_t timeout = htonl(timeout_s), status = htonl(IPS_CONFIRMED | IPS_SEEN_REPLY);
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)m->data;

	memset(m, 0, sizeof(*m));
	m->len = NLMSG_HDRLEN;
	memcpy(m->data + m->len, &family, sizeof(family));
	m->len = NLMSG_ALIGN(m->len + sizeof(family));
	put_tuple(m, CTA_TUPLE_ORIG, false, port);
	put_tuple(m, CTA_TUPLE_REPLY, true, port);
	put(m, CTA_STATUS, &status, sizeof(status));
	put(m, CTA_TIMEOUT, &timeout, sizeof(timeout));
	*header = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)m->len,
		.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
	};
}

/* The kernel's answer to one message: 0 or a negative errno. */
static int enter(int fd, const struct message *m)
{
	char answer[MESSAGE_MAX * 2];
	struct nlmsgerr acknowledgement;
	ssize_t n;

	if (send(fd, m->data, m->len, 0) < 0)
		return -errno;
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < (ssize_t)(NLMSG_HDRLEN + sizeof(acknowledgement)))
		return n < 0 ? -errno : -EBADMSG;
	memcpy(&acknowledgement, answer + NLMSG_HDRLEN, sizeof(acknowledgement));
	return acknowledgement.error;
}

int traffic_track(int argc, char **argv)
{
	uint64_t count = 0, first = 1, timeout_ns = 60 * TOOL_NS_PER_S, i, refused = 0;
	const struct tool_option table[] = {
		{ "count", TOOL_COUNT, &count, 1, TRACK_MAX, true, "connections" },
		{ "first", TOOL_COUNT, &first, 1, 65535, false, "the first one's port (1)" },
		{ "timeout", TOOL_SECONDS, &timeout_ns, TOOL_NS_PER_S, 3600 * TOOL_NS_PER_S, false,
		  "how long they last (60 s)" },
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic track",
		"Enters UDP connections and ends; prints \"entered=N refused=N\".",
		table,
	};
	struct message message;
	int fd;

	tool_read_options(&usage, argc, argv);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		tool_fail("cannot open a netfilter socket: %s; a kernel with CONFIG_NF_CT_NETLINK?",
			  strerror(errno));
	for (i = 0; i < count; i++) {
		int r;

		build(&message, (uint16_t)(first + i), (uint32_t)(timeout_ns / TOOL_NS_PER_S));
		r = enter(fd, &message);
		if (r != 0 && r != -ENOMEM) /* what a full table says */
			tool_fail("connection %" PRIu64 " was not entered: %s", i, strerror(-r));
		refused += r != 0;
	}
	(void)close(fd);
	printf("entered=%" PRIu64 " refused=%" PRIu64 "\n", count - refused, refused);
	return 0;
}
