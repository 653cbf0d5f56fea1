/* Offloads and channels of a link, through ethtool's generic netlink family. Declared in
 * link_access.h; Documentation/networking/ethtool-netlink.rst. */
#include "base/cleanup.h"
#include "base/text.h"
#include "host/attribute.h"
#include "tunables/link_access.h"
#include "tunables/netlink_exchange.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#define WANTED "wanted "

/* What people call it, and what the kernel does (net/ethtool/common.c). */
static const struct {
	const char *key, *feature;
} features[] = {
	{ "offload.gro", "rx-gro" },
	{ "offload.gso", "tx-generic-segmentation" },
	{ "offload.lro", "rx-lro" },
	{ "offload.tso", "tx-tcp-segmentation" },
	{ "offload.tso6", "tx-tcp6-segmentation" },
};

static const struct {
	const char *key;
	uint16_t count, maximum;
} channels[] = {
	{ "channels.combined", ETHTOOL_A_CHANNELS_COMBINED_COUNT, ETHTOOL_A_CHANNELS_COMBINED_MAX },
	{ "channels.rx", ETHTOOL_A_CHANNELS_RX_COUNT, ETHTOOL_A_CHANNELS_RX_MAX },
	{ "channels.tx", ETHTOOL_A_CHANNELS_TX_COUNT, ETHTOOL_A_CHANNELS_TX_MAX },
};

static const char *feature_of(const struct link_ref *l)
{
	size_t i = 0;

	while (i < ARRAY_LEN(features) - 1 && strcmp(features[i].key, l->key) != 0)
		i++;
	return features[i].feature;
}

static size_t channel_of(const struct link_ref *l)
{
	size_t i = 0;

	while (i < ARRAY_LEN(channels) - 1 && strcmp(channels[i].key, l->key) != 0)
		i++;
	return i;
}

/* --- messages -----------------------------------------------------------------------------------
 */

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

static int find_family(const struct link_ref *l, uint16_t *ret, struct error *e)
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
		if (a.type == CTRL_ATTR_FAMILY_ID && attribute_copy(&a, ret, sizeof(*ret)))
			return 0;
	}
	return malformed(l, e);
}

/* A request about the link; NULL: out of memory. Its header is attribute 1 of every message. */
static struct nl_msg *ethtool_request(const struct link_ref *l, uint16_t family, uint8_t command)
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

/* Sends a request of a command, and frees it. */
static int ask(const struct link_ref *l, struct nl_msg *m, struct bytes *answers, struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *owned = m;
	int r = netlink_exchange(l->os, NETLINK_GENERIC, owned, answers);

	return r < 0 ? ethtool_failed(l, answers, r, e) : 0;
}

static int get(const struct link_ref *l, uint8_t command, struct bytes *answers,
	       struct attribute_walk *ret, struct error *e)
{
	uint16_t family = 0;
	int r = find_family(l, &family, e);

	if (r == 0)
		r = ask(l, ethtool_request(l, family, command), answers, e);
	if (r == 0 && !first_answer(answers, family, ret))
		r = malformed(l, e);
	return r;
}

/* --- offloads -----------------------------------------------------------------------------------
 */

/* Whether one bit of a list is of this name, and on: a list with a mask has all, and says which. */
static bool is_bit(const struct attribute *bit, const char *name, bool masked)
{
	struct attribute_walk walk = attribute_walk_nested(bit);
	bool named = false, on = !masked;
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type == ETHTOOL_A_BITSET_BIT_NAME)
			named = a.len == strlen(name) + 1 && memcmp(a.data, name, a.len) == 0;
		else if (a.type == ETHTOOL_A_BITSET_BIT_VALUE)
			on = true;
	}
	return named && on;
}

static bool has_bit(const struct attribute *set, const char *name)
{
	struct attribute_walk walk = attribute_walk_nested(set), bits = { 0 };
	struct attribute a;
	bool masked = true;

	while (attribute_next(&walk, &a)) {
		if (a.type == ETHTOOL_A_BITSET_NOMASK)
			masked = false;
		else if (a.type == ETHTOOL_A_BITSET_BITS)
			bits = attribute_walk_nested(&a);
	}
	while (attribute_next(&bits, &a)) {
		if (is_bit(&a, name, masked))
			return true;
	}
	return false;
}

struct feature {
	bool changeable, wanted, active;
};

static int get_feature(const struct link_ref *l, struct feature *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	const char *name = feature_of(l);
	struct feature f = { 0 };
	struct attribute_walk walk = { 0 };
	struct attribute a;
	int r = get(l, ETHTOOL_MSG_FEATURES_GET, &answers, &walk, e);

	if (r < 0)
		return r;
	while (attribute_next(&walk, &a)) {
		if (a.type == ETHTOOL_A_FEATURES_HW)
			f.changeable = has_bit(&a, name);
		else if (a.type == ETHTOOL_A_FEATURES_WANTED)
			f.wanted = has_bit(&a, name);
		else if (a.type == ETHTOOL_A_FEATURES_ACTIVE)
			f.active = has_bit(&a, name);
	}
	*ret = f;
	return 0;
}

/* The value is what is in force; what is wanted can differ where something else is missing. */
static int read_feature(const struct link_ref *l, struct held *ret, struct error *e)
{
	struct feature f;
	int r = get_feature(l, &f, e);

	if (r < 0)
		return r;
	(void)snprintf(ret->text, sizeof(ret->text), "%d", f.active);
	(void)snprintf(ret->undo, sizeof(ret->undo), WANTED "%d", f.wanted);
	return 0;
}

static int check_feature(const struct link_ref *l, const struct held *from, const char *to,
			 struct error *e)
{
	struct feature f;
	int r = get_feature(l, &f, e);

	(void)from;
	(void)to;
	if (r == 0 && !f.changeable)
		r = error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
			      "the driver of this link does not let it be changed");
	return r;
}

static int put_bit(struct nl_msg *m, const char *name, bool on)
{
	struct nlattr *set = nla_nest_start(m, ETHTOOL_A_FEATURES_WANTED | NLA_F_NESTED);
	struct nlattr *bits, *bit;

	if (set == NULL)
		return -ENOMEM;
	bits = nla_nest_start(m, ETHTOOL_A_BITSET_BITS | NLA_F_NESTED);
	if (bits == NULL)
		return -ENOMEM;
	bit = nla_nest_start(m, ETHTOOL_A_BITSET_BITS_BIT | NLA_F_NESTED);
	if (bit == NULL || nla_put_string(m, ETHTOOL_A_BITSET_BIT_NAME, name) < 0 ||
	    (on && nla_put_flag(m, ETHTOOL_A_BITSET_BIT_VALUE) < 0))
		return -ENOMEM;
	(void)nla_nest_end(m, bit);
	(void)nla_nest_end(m, bits);
	(void)nla_nest_end(m, set);
	return 0;
}

static int set_feature(const struct link_ref *l, bool on, struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct nl_msg *m;
	uint16_t family = 0;
	int r = find_family(l, &family, e);

	if (r < 0)
		return r;
	m = ethtool_request(l, family, ETHTOOL_MSG_FEATURES_SET);
	if (m != NULL && put_bit(m, feature_of(l), on) < 0) {
		nlmsg_free(m);
		m = NULL;
	}
	return ask(l, m, &answers, e);
}

static int write_feature(const struct link_ref *l, const char *to, struct error *e)
{
	return set_feature(l, strcmp(to, "0") != 0, e);
}

static int restore_feature(const struct link_ref *l, const struct held *from, struct error *e)
{
	return set_feature(l, strcmp(from->undo, WANTED "1") == 0, e);
}

const struct link_access link_feature_access = {
	.read = read_feature,
	.check = check_feature,
	.write = write_feature,
	.restore = restore_feature,
};

/* --- channels -----------------------------------------------------------------------------------
 */

static int get_channels(const struct link_ref *l, uint32_t *ret_count, uint32_t *ret_maximum,
			struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	uint32_t count = 0, maximum = 0;
	const size_t which = channel_of(l);
	struct attribute_walk walk = { 0 };
	struct attribute a;
	int r = get(l, ETHTOOL_MSG_CHANNELS_GET, &answers, &walk, e);

	if (r < 0)
		return r;
	while (attribute_next(&walk, &a)) {
		if (a.type == channels[which].count)
			(void)attribute_copy(&a, &count, sizeof(count));
		else if (a.type == channels[which].maximum)
			(void)attribute_copy(&a, &maximum, sizeof(maximum));
	}
	/* The kernel leaves out the kinds that the driver does not have. */
	if (maximum == 0)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "the driver of this link has no channels of this kind");
	*ret_count = count;
	*ret_maximum = maximum;
	return 0;
}

static int read_channels(const struct link_ref *l, struct held *ret, struct error *e)
{
	uint32_t count = 0, maximum = 0;
	int r = get_channels(l, &count, &maximum, e);

	if (r == 0)
		(void)snprintf(ret->text, sizeof(ret->text), "%u", count);
	return r;
}

static int check_channels(const struct link_ref *l, const struct held *from, const char *to,
			  struct error *e)
{
	uint32_t count = 0, maximum = 0;
	uint64_t number = 0;
	int r = get_channels(l, &count, &maximum, e);

	(void)from;
	if (r == 0 && (text_parse_u64(to, strlen(to), 10, &number) < 0 || number > maximum))
		r = error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
			      "this link has at most %u", maximum);
	return r;
}

static int write_channels(const struct link_ref *l, const char *to, struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	uint64_t number = 0;
	struct nl_msg *m;
	uint16_t family = 0;
	int r;

	if (text_parse_u64(to, strlen(to), 10, &number) < 0 || number > UINT32_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, l->name, "\"%.20s\" is no number", to);
	r = find_family(l, &family, e);
	if (r < 0)
		return r;
	m = ethtool_request(l, family, ETHTOOL_MSG_CHANNELS_SET);
	if (m != NULL && nla_put_u32(m, channels[channel_of(l)].count, (uint32_t)number) < 0) {
		nlmsg_free(m);
		m = NULL;
	}
	return ask(l, m, &answers, e);
}

static int restore_channels(const struct link_ref *l, const struct held *from, struct error *e)
{
	return write_channels(l, from->text, e);
}

const struct link_access link_channel_access = {
	.read = read_channels,
	.check = check_channels,
	.write = write_channels,
	.restore = restore_channels,
};
