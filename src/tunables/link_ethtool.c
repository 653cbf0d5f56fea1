#include "tunables/link_ethtool.h"

#include "base/cleanup.h"
#include "tunables/netlink_exchange.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/msg.h>

static struct nl_msg *generic_request(uint16_t family, uint8_t command)
{
	const struct genlmsghdr head = { .cmd = command, .version = 1 };

	return netlink_message_new(family, 0, &head, sizeof(head));
}

/* The attributes of the one answer that there is. */
static bool first_answer(const struct bytes *answers, uint16_t type, struct attribute_walk *ret)
{
	struct netlink_reply reply;
	size_t at = 0;

	if (!netlink_next(answers, &at, &reply) || reply.type != type ||
	    reply.len < sizeof(struct genlmsghdr))
		return false;
	*ret = attribute_walk(reply.data + sizeof(struct genlmsghdr),
			      reply.len - sizeof(struct genlmsghdr));
	return true;
}

static int malformed(const struct link_ref *l, struct error *e)
{
	return error_set(e, -EBADMSG, ERROR_FAILED, l->name,
			 "the kernel's answer about the link is malformed");
}

int link_ethtool_find(const struct link_ref *l, uint16_t *ret_family, struct error *e)
{
	CLEANUP(netlink_message_freep)
	struct nl_msg *m = generic_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct attribute_walk walk;
	struct attribute a;
	int r;

	if (m == NULL || nla_put_string(m, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME) < 0)
		return error_errno(e, -ENOMEM, l->name, "asking for ethtool");
	r = netlink_exchange(l->os, NETLINK_GENERIC, m, &answers);
	if (r == -ENOENT)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "this kernel has no ethtool netlink, which came with Linux 5.6");
	if (r < 0)
		return netlink_failed(&answers, r, l->name, "asking for ethtool", e);
	if (!first_answer(&answers, GENL_ID_CTRL, &walk))
		return malformed(l, e);
	while (attribute_next(&walk, &a)) {
		if (a.type == CTRL_ATTR_FAMILY_ID &&
		    attribute_copy(&a, ret_family, sizeof(*ret_family)))
			return 0;
	}
	return malformed(l, e);
}

/* The header is attribute 1 of every message. */
struct nl_msg *link_ethtool_request(const struct link_ref *l, uint16_t family, uint8_t command)
{
	struct nl_msg *m = generic_request(family, command);
	struct nlattr *nest;

	if (m == NULL)
		return NULL;
	nest = nla_nest_start(m, ETHTOOL_A_CHANNELS_HEADER | NLA_F_NESTED);
	if (nest == NULL || nla_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, l->index) < 0) {
		nlmsg_free(m);
		return NULL;
	}
	(void)nla_nest_end(m, nest);
	return m;
}

static int ethtool_failed(const struct link_ref *l, const struct bytes *answers, int code,
			  struct error *e)
{
	if (code == -EOPNOTSUPP)
		return error_set(e, code, ERROR_UNSUPPORTED, l->name,
				 "the driver of this link does not have it");
	return netlink_failed(answers, code, l->name, "asking ethtool", e);
}

int link_ethtool_ask(const struct link_ref *l, struct nl_msg *m, struct bytes *answers,
		     struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *owned = m;
	int r = netlink_exchange(l->os, NETLINK_GENERIC, owned, answers);

	return r < 0 ? ethtool_failed(l, answers, r, e) : 0;
}

int link_ethtool_get(const struct link_ref *l, uint8_t command, struct bytes *answers,
		     struct attribute_walk *ret, struct error *e)
{
	uint16_t family = 0;
	int r = link_ethtool_find(l, &family, e);

	if (r == 0)
		r = link_ethtool_ask(l, link_ethtool_request(l, family, command), answers, e);
	if (r == 0 && !first_answer(answers, family, ret))
		r = malformed(l, e);
	return r;
}
