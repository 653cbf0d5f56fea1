/* Settings of a link that are attributes of its rtnetlink message. Declared in link_access.h. */
#include "base/cleanup.h"
#include "base/text.h"
#include "host/attribute.h"
#include "tunables/link_access.h"
#include "tunables/netlink_exchange.h"
#include "tunables/route_message.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

/* include/uapi/linux/if_link.h of Linux 6.3, newer than the headers of many build machines. */
enum { GSO_IPV4_MAX_SIZE = 63, GRO_IPV4_MAX_SIZE = 64, ATTRIBUTES = 80 };

static const struct {
	const char *key;
	uint16_t attribute;
	uint16_t limit;	  /* the attribute that says how large it may be; 0: none does */
	uint16_t follows; /* an attribute that the kernel sets with it; 0: none */
} settings[] = {
	{ "gro_ipv4_max_size", GRO_IPV4_MAX_SIZE, 0, 0 },
	/* netif_set_gro_max_size(), netif_set_gso_max_size() of net/core/dev.c: up to 65536 the
	 * one of IPv4 is set as well. */
	{ "gro_max_size", IFLA_GRO_MAX_SIZE, 0, GRO_IPV4_MAX_SIZE },
	{ "gso_ipv4_max_size", GSO_IPV4_MAX_SIZE, IFLA_TSO_MAX_SIZE, 0 },
	{ "gso_max_segs", IFLA_GSO_MAX_SEGS, IFLA_TSO_MAX_SEGS, 0 },
	{ "gso_max_size", IFLA_GSO_MAX_SIZE, IFLA_TSO_MAX_SIZE, GSO_IPV4_MAX_SIZE },
	{ "mtu", IFLA_MTU, IFLA_MAX_MTU, 0 },
	{ "txqueuelen", IFLA_TXQLEN, 0, 0 },
};

struct link_numbers {
	uint32_t number[ATTRIBUTES];
	bool has[ATTRIBUTES];
};

static size_t setting_of(const struct link_ref *l)
{
	size_t i = 0;

	while (i < ARRAY_LEN(settings) - 1 && strcmp(settings[i].key, l->key) != 0)
		i++;
	return i;
}

static struct nl_msg *request(int type, int flags, uint32_t index)
{
	const struct ifinfomsg head = { .ifi_index = (int)index };

	return netlink_message_new(type, flags, &head, sizeof(head));
}

static int read_numbers(const struct link_ref *l, struct link_numbers *ret, struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = request(RTM_GETLINK, 0, l->index);
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct link_numbers numbers = { 0 };
	struct netlink_reply reply;
	struct attribute_walk walk;
	struct attribute a;
	size_t at = 0;
	int r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);

	if (r < 0)
		return netlink_failed(&answers, r, l->name, "reading the link", e);
	if (!netlink_next(&answers, &at, &reply) || reply.type != RTM_NEWLINK ||
	    reply.len < sizeof(struct ifinfomsg))
		return error_set(e, -EBADMSG, ERROR_FAILED, l->name,
				 "the kernel's answer about the link is malformed");
	walk = attribute_walk(reply.data + sizeof(struct ifinfomsg),
			      reply.len - sizeof(struct ifinfomsg));
	while (attribute_next(&walk, &a)) {
		if (a.type < ATTRIBUTES && a.len == sizeof(uint32_t)) {
			memcpy(&numbers.number[a.type], a.data, sizeof(uint32_t));
			numbers.has[a.type] = true;
		}
	}
	*ret = numbers;
	return 0;
}

static int read_setting(const struct link_ref *l, struct held *ret, struct error *e)
{
	const uint16_t attribute = settings[setting_of(l)].attribute;
	struct link_numbers numbers;
	int r = read_numbers(l, &numbers, e);

	if (r < 0)
		return r;
	if (!numbers.has[attribute])
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "this kernel has no such setting of links");
	(void)snprintf(ret->text, sizeof(ret->text), "%u", numbers.number[attribute]);
	return 0;
}

/* --- the MTU reaches further than the link ------------------------------------------------------
 */

/* A link of the answer that stands on ours and whose MTU follows: any but the peer of a veth. */
static bool stands_on(const struct netlink_reply *reply, uint32_t index)
{
	struct attribute_walk walk;
	struct attribute a;
	uint32_t lower = 0;
	bool elsewhere = false, peer = false;

	if (reply->len < sizeof(struct ifinfomsg))
		return false;
	walk = attribute_walk(reply->data + sizeof(struct ifinfomsg),
			      reply->len - sizeof(struct ifinfomsg));
	while (attribute_next(&walk, &a)) {
		if (a.type == IFLA_LINK)
			(void)attribute_copy(&a, &lower, sizeof(lower));
		else if (a.type == IFLA_LINK_NETNSID)
			elsewhere = true;
		else if (a.type == IFLA_LINKINFO)
			peer = memmem(a.data, a.len, "veth", sizeof("veth")) != NULL;
	}
	return lower == index && !elsewhere && !peer;
}

static int check_upper_links(const struct link_ref *l, struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = request(RTM_GETLINK, NLM_F_DUMP, 0);
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct netlink_reply reply;
	size_t at = 0;
	int r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);

	if (r < 0)
		return netlink_failed(&answers, r, l->name, "reading the links", e);
	while (netlink_next(&answers, &at, &reply)) {
		if (stands_on(&reply, l->index))
			return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
					 "other links stand on this one (VLANs for example), whose "
					 "MTU would follow and not come back; change it by hand");
	}
	return 0;
}

/* rt6_mtu_change_route() of net/ipv6/route.c takes the link's MTU into routes that have one. */
static int check_ipv6_routes(const struct link_ref *l, struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	CLEANUP(netlink_message_freep)
	struct nl_msg *m = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP);
	const struct rtmsg head = { .rtm_family = AF_INET6 };
	struct netlink_reply reply;
	size_t at = 0;
	int r;

	if (m != NULL) {
		void *body = nlmsg_reserve(m, sizeof(head), NLMSG_ALIGNTO);

		if (body == NULL)
			return error_errno(e, -ENOMEM, l->name, "reading the routes");
		memcpy(body, &head, sizeof(head));
	}
	r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);
	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0; /* a kernel without IPv6 */
	if (r < 0)
		return netlink_failed(&answers, r, l->name, "reading the routes", e);
	while (netlink_next(&answers, &at, &reply)) {
		struct route route;

		if (route_decode(reply.data, reply.len, &route) == 0 &&
		    route.metrics.number[RTAX_MTU] != 0)
			return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
					 "an IPv6 route here has an MTU of its own, which the "
					 "kernel would change with the link's and not bring back; "
					 "change it by hand");
	}
	return 0;
}

/* What a router has advertised is overwritten (addrconf_notify() of net/ipv6/addrconf.c). */
static int check_ipv6_mtu(const struct link_ref *l, const char *from, struct error *e)
{
	char path[SYSCTL_PATH_MAX], mtu[HELD_TEXT_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/mtu", l->link);
	r = sysctl_read_key(l->os, path, mtu);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_errno(e, r, path, "cannot read");
	if (strcmp(mtu, from) != 0)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "IPv6 has an MTU of its own on this link (%.10s, the link's is "
				 "%.10s), which would be lost; change it by hand",
				 mtu, from);
	return 0;
}

static int check_mtu(const struct link_ref *l, const struct link_numbers *numbers, const char *from,
		     struct error *e)
{
	int r = check_upper_links(l, e);

	if (r == 0 && numbers->has[IFLA_MASTER])
		r = error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
			      "the link is a port of another one, whose MTU would follow; change "
			      "it by hand");
	if (r == 0)
		r = check_ipv6_routes(l, e);
	return r < 0 ? r : check_ipv6_mtu(l, from, e);
}

/* --- writing ------------------------------------------------------------------------------------
 */

static int check(const struct link_ref *l, const struct held *from, const char *to, struct error *e)
{
	const uint16_t limit = settings[setting_of(l)].limit;
	struct link_numbers numbers;
	uint64_t number;
	int r = read_numbers(l, &numbers, e);

	if (r < 0)
		return r;
	if (text_parse_u64(to, strlen(to), 10, &number) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, l->name, "\"%.20s\" is no number", to);
	/* 0: the driver does not say. */
	if (limit != 0 && numbers.has[limit] && numbers.number[limit] != 0 &&
	    number > numbers.number[limit])
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "this link takes at most %u", numbers.number[limit]);
	return limit == IFLA_MAX_MTU ? check_mtu(l, &numbers, from->text, e) : 0;
}

static int write_setting(const struct link_ref *l, const char *to, struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = request(RTM_SETLINK, 0, l->index);
	const uint16_t attribute = settings[setting_of(l)].attribute;
	const uint16_t follows = settings[setting_of(l)].follows;
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct link_numbers now;
	uint64_t number;
	int r;

	if (text_parse_u64(to, strlen(to), 10, &number) < 0 || number > UINT32_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, l->name, "\"%.20s\" is no number", to);
	r = read_numbers(l, &now, e);
	if (r < 0)
		return r;
	if (m == NULL || nla_put_u32(m, attribute, (uint32_t)number) < 0 ||
	    (follows != 0 && now.has[follows] && nla_put_u32(m, follows, now.number[follows]) < 0))
		return error_errno(e, -ENOMEM, l->name, "setting it");
	r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);
	return r < 0 ? netlink_failed(&answers, r, l->name, "setting it", e) : 0;
}

static int restore(const struct link_ref *l, const struct held *from, struct error *e)
{
	return write_setting(l, from->text, e);
}

const struct link_access link_attribute_access = {
	.read = read_setting,
	.check = check,
	.write = write_setting,
	.restore = restore,
};
