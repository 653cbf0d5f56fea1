#include "fake_routes.h"

#include "fake_os.h"
#include "host/attribute.h"
#include "netlink_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static void must(int r)
{
	if (r < 0)
		abort();
}

struct key {
	struct rtmsg head; /* family, prefix length and tos are looked at */
	uint8_t address[16];
	uint32_t table, metric;
};

static struct key key_of(const void *data, size_t len)
{
	struct attribute_walk walk;
	struct attribute a;
	struct key k = { .metric = 0 };

	if (len < sizeof(k.head))
		abort();
	memcpy(&k.head, data, sizeof(k.head));
	k.table = k.head.rtm_table;
	walk = attribute_walk((const char *)data + sizeof(k.head), len - sizeof(k.head));
	while (attribute_next(&walk, &a)) {
		if (a.type == RTA_DST && a.len <= sizeof(k.address))
			memcpy(k.address, a.data, a.len);
		else if (a.type == RTA_TABLE)
			(void)attribute_copy(&a, &k.table, sizeof(k.table));
		else if (a.type == RTA_PRIORITY)
			(void)attribute_copy(&a, &k.metric, sizeof(k.metric));
	}
	if (k.metric == 0 && k.head.rtm_family == AF_INET6)
		k.metric = 1024;
	return k;
}

static bool same(const struct key *a, const struct key *b)
{
	return a->head.rtm_family == b->head.rtm_family &&
	       a->head.rtm_dst_len == b->head.rtm_dst_len && a->head.rtm_tos == b->head.rtm_tos &&
	       a->table == b->table && a->metric == b->metric &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static size_t find(const struct fake_routes *f, const void *data, size_t len)
{
	const struct key wanted = key_of(data, len);
	size_t i = 0;

	for (; i < f->count; i++) {
		const struct key k = key_of(f->all[i].data, f->all[i].len);

		if (same(&k, &wanted))
			break;
	}
	return i;
}

static void remove_at(struct fake_routes *f, size_t i)
{
	bytes_done(&f->all[i]);
	memmove(&f->all[i], &f->all[i + 1], (f->count - i - 1) * sizeof(f->all[0]));
	f->count--;
	f->all[f->count] = (struct bytes){ 0 };
}

/* As the kernel shows it: without metrics that are none, and without RTA_PREFSRC if `alter`. */
static void store(struct bytes *b, const char *data, size_t len, bool alter)
{
	struct attribute_walk walk = attribute_walk(data + sizeof(struct rtmsg),
						    len - sizeof(struct rtmsg));
	struct attribute a;

	bytes_clear(b);
	must(bytes_append(b, data, sizeof(struct rtmsg)));
	while (attribute_next(&walk, &a)) {
		if ((a.type == RTA_METRICS && a.len == 0) || (a.type == RTA_PREFSRC && alter))
			continue;
		must(bytes_append(b, a.data - sizeof(struct nlattr),
				  sizeof(struct nlattr) + (((size_t)a.len + 3) & ~(size_t)3)));
	}
}

static int set(struct fake_routes *f, const struct nlmsghdr *header, const char *data, size_t len)
{
	const size_t i = find(f, data, len);

	if ((key_of(data, len).head.rtm_flags & RTNH_F_LINKDOWN) != 0)
		return -EINVAL;
	if (i == f->count) {
		if ((header->nlmsg_flags & NLM_F_CREATE) == 0)
			return -ENOENT;
		if (f->count == FAKE_ROUTES_MAX)
			abort();
		f->count++;
	} else if ((header->nlmsg_flags & NLM_F_EXCL) != 0) {
		return -EEXIST;
	} else if (f->loses) {
		f->loses = false;
		remove_at(f, i);
		return -EIO;
	}
	store(&f->all[i], data, len, f->alters);
	f->alters = false;
	return 0;
}

static int dump(struct fake_routes *f, unsigned char family, struct bytes *answers)
{
	struct nlmsghdr header = { .nlmsg_type = RTM_NEWROUTE };
	struct rtmsg shown;

	if (f->interruptions > 0) {
		f->interruptions--;
		return -EAGAIN;
	}
	for (size_t i = 0; i < f->count; i++) {
		if (key_of(f->all[i].data, f->all[i].len).head.rtm_family != family)
			continue;
		header.nlmsg_len = (uint32_t)(sizeof(header) + f->all[i].len);
		must(bytes_append(answers, &header, sizeof(header)));
		memcpy(&shown, f->all[i].data, sizeof(shown));
		shown.rtm_flags |= RTNH_F_LINKDOWN; /* a state, which is not taken back */
		must(bytes_append(answers, &shown, sizeof(shown)));
		must(bytes_append(answers, f->all[i].data + sizeof(shown),
				  f->all[i].len - sizeof(shown)));
	}
	header = (struct nlmsghdr){ .nlmsg_len = sizeof(header), .nlmsg_type = NLMSG_DONE };
	must(bytes_append(answers, &header, sizeof(header)));
	return 0;
}

static int talk(void *arg, uint64_t netns, int protocol, const void *request, size_t len,
		struct bytes *answers)
{
	struct fake_routes *f = arg;
	const char *data = (const char *)request + sizeof(struct nlmsghdr);
	struct nlmsghdr header;
	size_t i;

	memcpy(&header, request, sizeof(header));
	len -= sizeof(header);
	if (netns != f->netns || protocol != NETLINK_ROUTE)
		return -EOPNOTSUPP;
	switch (header.nlmsg_type) {
	case RTM_GETROUTE:
		return dump(f, (unsigned char)data[0], answers);
	case RTM_NEWROUTE:
		return set(f, &header, data, len);
	case RTM_DELROUTE:
		i = find(f, data, len);
		if (i == f->count)
			return -ESRCH;
		remove_at(f, i);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

void fake_routes_attach(struct fake_routes *f, struct os *os, uint64_t netns)
{
	f->netns = netns;
	fake_os_add_talker(os, talk, f);
}

void fake_routes_done(struct fake_routes *f)
{
	while (f->count > 0)
		remove_at(f, 0);
}

static void put_address(struct netlink_message *m, int family, uint16_t type, const char *text)
{
	unsigned char address[16];

	if (text == NULL)
		return;
	if (inet_pton(family, text, address) != 1)
		abort();
	netlink_message_put(m, type, address, family == AF_INET ? 4 : 16);
}

size_t fake_routes_add(struct fake_routes *f, const struct fake_route *route)
{
	const int family = strchr(route->prefix, ':') != NULL ? AF_INET6 : AF_INET;
	const struct rtmsg head = {
		.rtm_family = (unsigned char)family,
		.rtm_dst_len = (unsigned char)route->length,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = route->protocol,
		.rtm_type = RTN_UNICAST,
	};
	static struct netlink_message m;
	size_t nest;

	memset(&m, 0, sizeof(m));
	netlink_message_begin(&m, RTM_NEWROUTE, &head, sizeof(head));
	netlink_message_put_u32(&m, RTA_TABLE, RT_TABLE_MAIN);
	if (route->length > 0)
		put_address(&m, family, RTA_DST, route->prefix);
	if (route->metric > 0)
		netlink_message_put_u32(&m, RTA_PRIORITY, route->metric);
	put_address(&m, family, RTA_PREFSRC, family == AF_INET ? "192.0.2.1" : "2001:db8::1");
	put_address(&m, family, RTA_GATEWAY, route->gateway);
	netlink_message_put_u32(&m, RTA_OIF, 2);
	nest = netlink_message_nest(&m, RTA_METRICS);
	if (route->rto_min > 0)
		netlink_message_put_u32(&m, RTAX_LOCK, 1U << RTAX_RTO_MIN);
	if (route->initcwnd > 0)
		netlink_message_put_u32(&m, RTAX_INITCWND, route->initcwnd);
	if (route->rto_min > 0)
		netlink_message_put_u32(&m, RTAX_RTO_MIN, route->rto_min);
	if (route->congctl != NULL)
		netlink_message_put(&m, RTAX_CC_ALGO, route->congctl, strlen(route->congctl) + 1);
	netlink_message_unnest(&m, nest);
	store(&f->all[f->count], (const char *)m.data + sizeof(struct nlmsghdr),
	      m.len - sizeof(struct nlmsghdr), false);
	return f->count++;
}

void fake_routes_append(struct fake_routes *f, size_t index, const void *data, size_t len)
{
	must(bytes_append(&f->all[index], data, len));
}

struct bytes fake_routes_dump(const struct fake_routes *f)
{
	struct bytes b = { 0 };

	for (size_t i = 0; i < f->count; i++)
		must(bytes_append(&b, f->all[i].data, f->all[i].len));
	must(bytes_append(&b, "", 0));
	return b;
}

void fake_routes_save(const struct fake_routes *f, struct fake_routes_image *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (; ret->count < f->count; ret->count++) {
		const struct bytes *route = &f->all[ret->count];

		if (route->len > FAKE_ROUTE_BYTES)
			abort();
		ret->all[ret->count].len = route->len;
		memcpy(ret->all[ret->count].data, route->data, route->len);
	}
}

void fake_routes_load(struct fake_routes *f, const struct fake_routes_image *image)
{
	fake_routes_done(f);
	for (; f->count < image->count; f->count++)
		must(bytes_append(&f->all[f->count], image->all[f->count].data,
				  image->all[f->count].len));
}
