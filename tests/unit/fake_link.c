#include "fake_link.h"

#include "fake_os.h"
#include "host/attribute.h"
#include "netlink_message.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY		  0x20 /* of ethtool */
#define GSO_IPV4_MAX_SIZE 63
#define DEFAULT_QDISC	  "pfifo_fast"

static struct netlink_message answer;

static void answer_link(const struct fake_link_state *s, uint32_t index)
{
	const struct ifinfomsg head = { .ifi_index = (int)index, .ifi_flags = s->up ? IFF_UP : 0 };

	netlink_message_begin(&answer, RTM_NEWLINK, &head, sizeof(head));
	netlink_message_put(&answer, IFLA_IFNAME, "eth0", 5);
	netlink_message_put_u32(&answer, IFLA_MTU, s->mtu);
	netlink_message_put_u32(&answer, IFLA_MAX_MTU, 9000);
	netlink_message_put_u32(&answer, IFLA_TXQLEN, s->txqueuelen);
	netlink_message_put_u32(&answer, IFLA_GSO_MAX_SIZE, s->gso_max_size);
	netlink_message_put_u32(&answer, IFLA_TSO_MAX_SIZE, 131072);
	if (s->has_ipv4_sizes)
		netlink_message_put_u32(&answer, GSO_IPV4_MAX_SIZE, s->gso_ipv4_max_size);
}

static int set_link(struct fake_link_state *s, struct attribute_walk walk)
{
	struct attribute a;
	uint32_t number;

	while (attribute_next(&walk, &a)) {
		if (!attribute_copy(&a, &number, sizeof(number)))
			return -EINVAL;
		if (a.type == IFLA_MTU)
			s->mtu = number;
		else if (a.type == IFLA_TXQLEN)
			s->txqueuelen = number;
		else if (a.type == IFLA_GSO_MAX_SIZE)
			s->gso_max_size = s->gso_ipv4_max_size = number;
		else if (a.type == GSO_IPV4_MAX_SIZE)
			s->gso_ipv4_max_size = number;
	}
	return 0;
}

static void answer_qdisc(const char *kind, uint32_t index, uint32_t parent, uint32_t handle)
{
	const struct tcmsg head = { .tcm_ifindex = (int)index,
				    .tcm_parent = parent,
				    .tcm_handle = handle };

	netlink_message_begin(&answer, RTM_NEWQDISC, &head, sizeof(head));
	netlink_message_put(&answer, TCA_KIND, kind, strlen(kind) + 1);
}

static void answer_qdiscs(const struct fake_link_state *s, uint32_t index)
{
	answer_qdisc("htb", index + 1, TC_H_ROOT, 0x10000); /* of another link */
	answer_qdisc("ingress", index, TC_H_INGRESS, 0xffff0000);
	if (s->qdisc[0] != '\0')
		answer_qdisc(s->qdisc, index, TC_H_ROOT, s->handle);
	if (s->child[0] != '\0')
		answer_qdisc(s->child, index, 0x10001, 0x50000);
}

static int set_qdisc(struct fake_link_state *s, const struct tcmsg *head,
		     struct attribute_walk walk)
{
	const char *kind = "?";
	bool stab = false;
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type == TCA_KIND)
			kind = (const char *)a.data;
		stab = stab || a.type == TCA_STAB;
	}
	if (head->tcm_handle != 0 && head->tcm_handle == s->handle && strcmp(kind, s->qdisc) != 0)
		return -EINVAL;
	if (strstr(s->has_qdiscs, kind) == NULL)
		return -ENOENT;
	if (stab)
		return -EINVAL;
	(void)snprintf(s->qdisc, sizeof(s->qdisc), "%s", kind);
	s->handle = head->tcm_handle;
	return 0;
}

static int talk_route(struct fake_link_kernel *k, const struct nlmsghdr *header, const void *data)
{
	struct fake_link_state *s = &k->state;
	struct tcmsg head;
	const struct attribute_walk qdisc = attribute_walk_message(header, sizeof(head));

	memcpy(&head, data, sizeof(struct ifinfomsg));
	switch (header->nlmsg_type) {
	case RTM_GETLINK:
		answer_link(s, k->index);
		return 0;
	case RTM_SETLINK:
		return set_link(s, attribute_walk_message(header, sizeof(struct ifinfomsg)));
	case RTM_GETROUTE:
		return 0;
	case RTM_GETQDISC:
		answer_qdiscs(s, k->index);
		return 0;
	case RTM_NEWQDISC:
		memcpy(&head, data, sizeof(head));
		return set_qdisc(s, &head, qdisc);
	case RTM_DELQDISC:
		if (s->handle == 0)
			return -ENOENT;
		(void)snprintf(s->qdisc, sizeof(s->qdisc), DEFAULT_QDISC);
		s->handle = 0;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static void put_set(uint16_t type, bool masked, bool on)
{
	const size_t set = netlink_message_nest(&answer, type);
	size_t bits, bit;

	if (!masked)
		netlink_message_put(&answer, ETHTOOL_A_BITSET_NOMASK, NULL, 0);
	bits = netlink_message_nest(&answer, ETHTOOL_A_BITSET_BITS);
	if (masked || on) {
		bit = netlink_message_nest(&answer, ETHTOOL_A_BITSET_BITS_BIT);
		netlink_message_put(&answer, ETHTOOL_A_BITSET_BIT_NAME, "tx-tcp-segmentation", 20);
		if (masked && on)
			netlink_message_put(&answer, ETHTOOL_A_BITSET_BIT_VALUE, NULL, 0);
		netlink_message_unnest(&answer, bit);
	}
	netlink_message_unnest(&answer, bits);
	netlink_message_unnest(&answer, set);
}

static void begin_ethtool(uint8_t command)
{
	const struct genlmsghdr head = { .cmd = command, .version = 1 };

	netlink_message_begin(&answer, FAMILY, &head, sizeof(head));
}

static int talk_ethtool(struct fake_link_state *s, const struct nlmsghdr *header, uint8_t command)
{
	struct attribute_walk walk = attribute_walk_message(header, sizeof(struct genlmsghdr));
	struct attribute a;

	switch (command) {
	case ETHTOOL_MSG_FEATURES_GET:
		begin_ethtool(command);
		put_set(ETHTOOL_A_FEATURES_HW, true, s->has_tso);
		put_set(ETHTOOL_A_FEATURES_WANTED, false, s->tso_wanted);
		put_set(ETHTOOL_A_FEATURES_ACTIVE, false, s->tso_wanted && s->tso_possible);
		return 0;
	case ETHTOOL_MSG_FEATURES_SET:
		while (attribute_next(&walk, &a)) {
			/* With a flag for the value, the message is longer by one attribute. */
			if (a.type == ETHTOOL_A_FEATURES_WANTED)
				s->tso_wanted = a.len > 4 + 4 + 4 + 20;
		}
		return 0;
	case ETHTOOL_MSG_CHANNELS_GET:
		if (s->rx_max == 0)
			return -EOPNOTSUPP;
		begin_ethtool(command);
		netlink_message_put_u32(&answer, ETHTOOL_A_CHANNELS_RX_MAX, s->rx_max);
		netlink_message_put_u32(&answer, ETHTOOL_A_CHANNELS_RX_COUNT, s->rx);
		return 0;
	case ETHTOOL_MSG_CHANNELS_SET:
		while (attribute_next(&walk, &a)) {
			if (a.type == ETHTOOL_A_CHANNELS_RX_COUNT)
				(void)attribute_copy(&a, &s->rx, sizeof(s->rx));
		}
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int talk_generic(struct fake_link_state *s, const struct nlmsghdr *header, const void *data)
{
	const uint16_t family = FAMILY;
	struct genlmsghdr head;

	memcpy(&head, data, sizeof(head));
	if (header->nlmsg_type != GENL_ID_CTRL)
		return talk_ethtool(s, header, head.cmd);
	netlink_message_begin(&answer, GENL_ID_CTRL, &head, sizeof(head));
	netlink_message_put(&answer, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	return 0;
}

static int talk(void *arg, uint64_t netns, int protocol, const void *request, size_t len,
		struct bytes *answers)
{
	static _Alignas(8) uint8_t copy[4096];
	const struct nlmsghdr *header = (const void *)copy;
	struct fake_link_kernel *k = arg;
	size_t n;
	int r;

	if (len > sizeof(copy) || netns != k->netns)
		abort();
	memcpy(copy, request, len);
	memset(&answer, 0, sizeof(answer));
	r = protocol == NETLINK_ROUTE ? talk_route(k, header, copy + sizeof(*header))
				      : talk_generic(&k->state, header, copy + sizeof(*header));
	if (r < 0)
		return r;
	n = answer.len;
	k->longest = n > k->longest ? n : k->longest;
	if (k->spoil < n && k->spoil_with != 0)
		answer.data[k->spoil] ^= k->spoil_with;
	if (k->cut > 0 && k->cut < n)
		n = k->cut;
	if (bytes_append(answers, answer.data, n) < 0)
		abort();
	return 0;
}

void fake_link_attach_to(struct fake_link_kernel *k, struct os *os, uint64_t netns, uint32_t index)
{
	*k = (struct fake_link_kernel){
		.netns = netns,
		.index = index,
		.state = {
			.mtu = 1500, .txqueuelen = 1000, .gso_max_size = 65536,
			.gso_ipv4_max_size = 60000, .up = true, .has_ipv4_sizes = true,
			.qdisc = DEFAULT_QDISC, .has_qdiscs = "pfifo_fast pfifo bfifo cake",
			.tso_wanted = true, .tso_possible = true, .has_tso = true,
			.rx = 2, .rx_max = 4,
		},
	};
	fake_os_add_talker(os, talk, k);
}

void fake_link_attach(struct fake_link_kernel *k, struct os *os)
{
	fake_os_add_link(os, FAKE_INITIAL_NETNS, "eth0", 2);
	fake_link_attach_to(k, os, FAKE_INITIAL_NETNS, 2);
}
