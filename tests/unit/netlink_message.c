#include "netlink_message.h"

#include <stdlib.h>
#include <string.h>

static size_t append(struct netlink_message *m, const void *data, size_t len)
{
	const size_t at = m->len, padded = (len + 3u) & ~(size_t)3u;

	if (padded > sizeof(m->data) - m->len)
		abort();
	memset(m->data + at, 0, padded);
	if (len > 0)
		memcpy(m->data + at, data, len);
	m->len += padded;
	return at;
}

struct nlmsghdr *netlink_message_last(struct netlink_message *m)
{
	return (struct nlmsghdr *)(void *)(m->data + m->start);
}

static void update_length(struct netlink_message *m)
{
	netlink_message_last(m)->nlmsg_len = (uint32_t)(m->len - m->start);
}

void netlink_message_begin(struct netlink_message *m, uint16_t type, const void *head, size_t len)
{
	const struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_flags = NLM_F_MULTI };

	m->start = append(m, &header, sizeof(header));
	append(m, head, len);
	update_length(m);
}

void netlink_message_put(struct netlink_message *m, uint16_t type, const void *data, size_t len)
{
	const struct nlattr header = { .nla_len = (uint16_t)(sizeof(header) + len),
				       .nla_type = type };

	append(m, &header, sizeof(header));
	append(m, data, len);
	update_length(m);
}

void netlink_message_put_u32(struct netlink_message *m, uint16_t type, uint32_t value)
{
	netlink_message_put(m, type, &value, sizeof(value));
}

size_t netlink_message_nest(struct netlink_message *m, uint16_t type)
{
	const size_t nest = m->len;

	netlink_message_put(m, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void netlink_message_unnest(struct netlink_message *m, size_t nest)
{
	struct nlattr header;

	memcpy(&header, m->data + nest, sizeof(header));
	header.nla_len = (uint16_t)(m->len - nest);
	memcpy(m->data + nest, &header, sizeof(header));
}

void netlink_message_done(struct netlink_message *m)
{
	const int status = 0;

	netlink_message_begin(m, NLMSG_DONE, &status, sizeof(status));
}

void netlink_message_error(struct netlink_message *m, int code)
{
	const struct nlmsgerr error = { .error = code };

	netlink_message_begin(m, NLMSG_ERROR, &error, sizeof(error));
	netlink_message_last(m)->nlmsg_flags = 0;
}
