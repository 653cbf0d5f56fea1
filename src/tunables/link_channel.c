/* Channels of a link: its queues, and what serves them. Declared in link_access.h. */
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/link_access.h"
#include "tunables/link_ethtool.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *key;
	uint16_t count, maximum;
} channels[] = {
	{ "channels.combined", ETHTOOL_A_CHANNELS_COMBINED_COUNT, ETHTOOL_A_CHANNELS_COMBINED_MAX },
	{ "channels.rx", ETHTOOL_A_CHANNELS_RX_COUNT, ETHTOOL_A_CHANNELS_RX_MAX },
	{ "channels.tx", ETHTOOL_A_CHANNELS_TX_COUNT, ETHTOOL_A_CHANNELS_TX_MAX },
};

static size_t channel_of(const struct link_ref *l)
{
	size_t i = 0;

	while (i < ARRAY_LEN(channels) - 1 && strcmp(channels[i].key, l->key) != 0)
		i++;
	return i;
}

static int get_channels(const struct link_ref *l, uint32_t *ret_count, uint32_t *ret_maximum,
			struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	uint32_t count = 0, maximum = 0;
	const size_t which = channel_of(l);
	struct attribute_walk walk = { 0 };
	struct attribute a;
	int r = link_ethtool_get(l, ETHTOOL_MSG_CHANNELS_GET, &answers, &walk, e);

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
	r = link_ethtool_find(l, &family, e);
	if (r < 0)
		return r;
	m = link_ethtool_request(l, family, ETHTOOL_MSG_CHANNELS_SET);
	if (m != NULL && nla_put_u32(m, channels[channel_of(l)].count, (uint32_t)number) < 0) {
		nlmsg_free(m);
		m = NULL;
	}
	return link_ethtool_ask(l, m, &answers, e);
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
