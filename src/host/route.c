#include "host/attribute.h"
#include "host/links.h"
#include "host/netlink.h"

#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Room for "route/" and an address; a request's name has at most 63 characters. */
#define ROUTE_NAME_MAX 64

/* IPv6 answers with such a route where IPv4 answers with an error. */
static bool leads_nowhere(uint8_t rtm_type)
{
	return rtm_type == RTN_UNREACHABLE || rtm_type == RTN_BLACKHOLE ||
	       rtm_type == RTN_PROHIBIT || rtm_type == RTN_THROW;
}

static int take_route(void *arg, const struct nlmsghdr *message)
{
	uint32_t *ifindex = arg;
	struct attribute_walk walk;
	struct attribute a;
	struct rtmsg head;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(sizeof(head)))
		return 0;
	memcpy(&head, NLMSG_DATA(message), sizeof(head));
	if (leads_nowhere(head.rtm_type))
		return 0;
	walk = attribute_walk_message(message, sizeof(head));
	while (attribute_next(&walk, &a))
		if (a.type == RTA_OIF)
			(void)attribute_copy(&a, ifindex, sizeof(*ifindex));
	return 0;
}

int route_egress(struct source *s, const struct address *to, struct error *e)
{
	const uint8_t address_len = to->family == 4 ? 4 : 16;
	struct {
		struct rtmsg head;
		struct nlattr header;
		uint8_t destination[16];
	} payload = {
		.head = { .rtm_family = to->family == 4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = (uint8_t)(address_len * 8) },
		.header = { .nla_len = (uint16_t)(sizeof(struct nlattr) + address_len),
			    .nla_type = RTA_DST },
	};
	char name[ROUTE_NAME_MAX], text[ADDRESS_TEXT_MAX];
	const struct source_request request = {
		.name = name,
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETROUTE,
		.payload = &payload,
		.payload_len = sizeof(payload) - sizeof(payload.destination) + address_len,
	};
	uint32_t ifindex = 0;
	const struct netlink_visitor visitor = { .message = take_route, .arg = &ifindex };
	int r;

	address_format(to, text, sizeof(text));
	(void)snprintf(name, sizeof(name), "route/%s", text);
	if (to->family != 4 && to->family != 6)
		return error_errno(e, -EAFNOSUPPORT, name, "cannot look up the route");
	memcpy(payload.destination, to->bytes, address_len);
	r = netlink_run(s, &request, &visitor, e);
	if (r < 0)
		return r;
	if (ifindex == 0 || ifindex > INT_MAX)
		return error_errno(e, -ENETUNREACH, name, "no link leads there");
	return (int)ifindex;
}
