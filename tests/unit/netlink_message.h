/* Builds netlink messages for tests, one datagram at a time.
 *
 *	struct netlink_message m = { 0 };
 *
 *	netlink_message_begin(&m, RTM_NEWLINK, &head, sizeof(head));
 *	netlink_message_put(&m, IFLA_IFNAME, "eth0", 5);
 *	nest = netlink_message_nest(&m, IFLA_LINKINFO);
 *	...
 *	netlink_message_unnest(&m, nest);
 *	netlink_message_done(&m);         (appends NLMSG_DONE)
 *	fake_source_add_datagram(s, "rtnetlink/links", m.data, m.len);
 */
#ifndef NETWRIGHT_TESTS_UNIT_NETLINK_MESSAGE_H
#define NETWRIGHT_TESTS_UNIT_NETLINK_MESSAGE_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

struct netlink_message {
	_Alignas(8) uint8_t data[16384];
	size_t len;
	size_t start; /* of the message being built */
};

/* Starts another message, after those already there. */
void netlink_message_begin(struct netlink_message *m, uint16_t type, const void *head, size_t len);
void netlink_message_put(struct netlink_message *m, uint16_t type, const void *data, size_t len);
void netlink_message_put_u32(struct netlink_message *m, uint16_t type, uint32_t value);
size_t netlink_message_nest(struct netlink_message *m, uint16_t type);
void netlink_message_unnest(struct netlink_message *m, size_t nest);
void netlink_message_done(struct netlink_message *m);
/* NLMSG_ERROR with a negative errno. */
void netlink_message_error(struct netlink_message *m, int code);
/* The message last begun. */
struct nlmsghdr *netlink_message_last(struct netlink_message *m);

#endif
