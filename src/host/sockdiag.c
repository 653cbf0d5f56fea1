#include "host/sockdiag.h"

#include "base/text.h"
#include "host/attribute.h"
#include "host/netlink.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* Extensions are asked for by bit number, the first being bit 0. VEGASINFO makes the kernel send
 * what the congestion control has to tell, which for bbr is INET_DIAG_BBRINFO. */
#define EXTENSION(number) (1u << ((number)-1))
#define CLOSING_STATES                                                               \
	(1u << SOCKET_SYN_SENT | 1u << SOCKET_SYN_RECV | 1u << SOCKET_FIN_WAIT1 |    \
	 1u << SOCKET_FIN_WAIT2 | 1u << SOCKET_TIME_WAIT | 1u << SOCKET_CLOSE_WAIT | \
	 1u << SOCKET_LAST_ACK | 1u << SOCKET_CLOSING)

static_assert(CONGESTION_NAME_MAX == 16, "TCP_CA_NAME_MAX of the kernel");
static_assert((int)SOCKET_DROPS == (int)SK_MEMINFO_DROPS, "same order as the kernel's");

/* On the way of every socket of a dump: writes each field once, and zeroes only what the kernel
 * did not send. */
static void parse_info(const struct attribute *a, struct socket_info *ret)
{
	const size_t len = a->len < sizeof(ret->info) ? a->len : sizeof(ret->info);

	/* memmove, because gcc makes a memcpy whose bound it knows a `rep movsq`: that took 10 ns
	 * more per socket than the library's copy (gcc 12, -O2, 280 bytes). */
	memmove(&ret->info, a->data, len);
	ret->info_len = (uint16_t)len;
}

static void parse_memory(const struct attribute *a, struct socket_info *ret)
{
	const size_t sent = a->len / sizeof(ret->memory[0]);
	const size_t fields = sent < SOCKET_MEMORY_FIELDS ? sent : SOCKET_MEMORY_FIELDS;

	memcpy(ret->memory, a->data, fields * sizeof(ret->memory[0]));
	ret->memory_fields = (uint8_t)fields;
}

static void parse_bbr(const struct attribute *a, struct socket_info *ret)
{
	struct tcp_bbr_info bbr;

	if (!attribute_copy(a, &bbr, sizeof(bbr)))
		return;
	ret->has_bbr = true;
	ret->bbr_bandwidth = (uint64_t)bbr.bbr_bw_hi << 32 | bbr.bbr_bw_lo;
	ret->bbr_min_rtt_us = bbr.bbr_min_rtt;
}

static void parse_attributes(struct attribute_walk walk, struct socket_info *ret)
{
	struct attribute a;

	ret->info_len = 0;
	ret->memory_fields = 0;
	ret->congestion[0] = '\0';
	ret->has_bbr = false;
	ret->bbr_bandwidth = 0;
	ret->bbr_min_rtt_us = 0;
	while (attribute_next(&walk, &a)) {
		switch (a.type) {
		case INET_DIAG_INFO:
			parse_info(&a, ret);
			break;
		case INET_DIAG_SKMEMINFO:
			parse_memory(&a, ret);
			break;
		case INET_DIAG_CONG:
			text_copy_printable(ret->congestion, sizeof(ret->congestion),
					    (const char *)a.data, a.len);
			break;
		case INET_DIAG_BBRINFO:
			parse_bbr(&a, ret);
			break;
		default: /* those of other kernels and congestion controls */
			break;
		}
	}
	memset((char *)&ret->info + ret->info_len, 0, sizeof(ret->info) - ret->info_len);
	memset(ret->memory + ret->memory_fields, 0,
	       sizeof(ret->memory) - ret->memory_fields * sizeof(ret->memory[0]));
}

int sockdiag_parse(const struct nlmsghdr *message, struct socket_info *ret)
{
	/* Read in place: it has nothing wider than the 4 bytes that messages are aligned to. */
	const struct inet_diag_msg *head = NLMSG_DATA(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)))
		return -EBADMSG;
	ret->cookie = (uint64_t)head->id.idiag_cookie[1] << 32 | head->id.idiag_cookie[0];
	ret->local = address_from_kernel(head->idiag_family, head->id.idiag_src);
	ret->remote = address_from_kernel(head->idiag_family, head->id.idiag_dst);
	ret->local_port = ntohs(head->id.idiag_sport);
	ret->remote_port = ntohs(head->id.idiag_dport);
	ret->state = head->idiag_state;
	ret->rqueue = head->idiag_rqueue;
	ret->wqueue = head->idiag_wqueue;
	ret->uid = head->idiag_uid;
	ret->inode = head->idiag_inode;
	ret->bound_ifindex = head->id.idiag_if;
	ret->timer = head->idiag_timer;
	ret->retransmits = head->idiag_retrans;
	ret->expires_ms = head->idiag_expires;
	parse_attributes(attribute_walk_message(message, sizeof(*head)), ret);
	return 0;
}

struct dump {
	sockdiag_visit visit;
	void *arg;
	bool repeated;
	struct socket_info socket; /* one for the whole dump: 440 bytes, overwritten per socket */
};

static void note_repetition(void *arg)
{
	struct dump *dump = arg;

	dump->repeated = true;
}

static int visit_message(void *arg, const struct nlmsghdr *message)
{
	struct dump *dump = arg;
	int r;

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	r = sockdiag_parse(message, &dump->socket);
	if (r < 0)
		return r;
	return dump->visit(dump->arg, &dump->socket);
}

/* The names stand in recordings. */
static const struct {
	const char *name4, *name6;
	uint8_t protocol, extensions;
	uint32_t states;
} dumps[SOCKET_DUMPS] = {
	[SOCKET_DUMP_TCP] = { "sock_diag/tcp4", "sock_diag/tcp6", IPPROTO_TCP,
			      EXTENSION(INET_DIAG_INFO) | EXTENSION(INET_DIAG_SKMEMINFO) |
				      EXTENSION(INET_DIAG_CONG) | EXTENSION(INET_DIAG_VEGASINFO),
			      1u << SOCKET_ESTABLISHED | 1u << SOCKET_LISTEN },
	[SOCKET_DUMP_CLOSING] = { "sock_diag/tcp4-closing", "sock_diag/tcp6-closing", IPPROTO_TCP,
				  0, CLOSING_STATES },
	[SOCKET_DUMP_ALL_TCP] = { "sock_diag/tcp4-all", "sock_diag/tcp6-all", IPPROTO_TCP, 0,
				  CLOSING_STATES | 1u << SOCKET_ESTABLISHED },
	[SOCKET_DUMP_UDP] = { "sock_diag/udp4", "sock_diag/udp6", IPPROTO_UDP,
			      EXTENSION(INET_DIAG_SKMEMINFO),
			      1u << SOCKET_ESTABLISHED | 1u << SOCKET_CLOSE },
};

int sockdiag_dump(struct source *s, enum socket_dump what, int af_family, sockdiag_visit visit,
		  void *arg, uint64_t *ret_time_ns, struct error *e)
{
	const struct inet_diag_req_v2 payload = {
		.sdiag_family = (uint8_t)af_family,
		.sdiag_protocol = dumps[what].protocol,
		.idiag_ext = dumps[what].extensions,
		.idiag_states = dumps[what].states,
	};
	const struct source_request request = {
		.name = af_family == AF_INET6 ? dumps[what].name6 : dumps[what].name4,
		.protocol = NETLINK_SOCK_DIAG,
		.type = SOCK_DIAG_BY_FAMILY,
		.flags = NLM_F_DUMP,
		.payload = &payload,
		.payload_len = sizeof(payload),
	};
	struct dump dump = { .visit = visit, .arg = arg };
	const struct netlink_visitor visitor = { .message = visit_message,
						 .restart = note_repetition,
						 .arg = &dump };
	int r;

	r = netlink_run(s, &request, &visitor, e);
	if (r < 0)
		return r;
	if (ret_time_ns != NULL)
		*ret_time_ns = source_time_ns(s);
	return dump.repeated ? 1 : 0;
}

int sockdiag_dump_tcp(struct source *s, int af_family, sockdiag_visit visit, void *arg,
		      uint64_t *ret_time_ns, struct error *e)
{
	return sockdiag_dump(s, SOCKET_DUMP_TCP, af_family, visit, arg, ret_time_ns, e);
}
