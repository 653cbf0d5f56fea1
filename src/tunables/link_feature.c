/* Offloads of a link. Declared in link_access.h. */
#include "base/cleanup.h"
#include "tunables/link_access.h"
#include "tunables/link_ethtool.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
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

static const char *feature_of(const struct link_ref *l)
{
	size_t i = 0;

	while (i < ARRAY_LEN(features) - 1 && strcmp(features[i].key, l->key) != 0)
		i++;
	return features[i].feature;
}

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
	int r = link_ethtool_get(l, ETHTOOL_MSG_FEATURES_GET, &answers, &walk, e);

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
	int r = link_ethtool_find(l, &family, e);

	if (r < 0)
		return r;
	m = link_ethtool_request(l, family, ETHTOOL_MSG_FEATURES_SET);
	if (m != NULL && put_bit(m, feature_of(l), on) < 0) {
		nlmsg_free(m);
		m = NULL;
	}
	return link_ethtool_ask(l, m, &answers, e);
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
