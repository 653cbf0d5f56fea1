#include "tunables/route_message.h"

#include "base/cleanup.h"
#include "host/attribute.h"
#include "tunables/netlink_exchange.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

/* States of the link that the kernel shows and refuses to be told (fib_create_info()). */
#define KEPT_FLAGS ((unsigned int)(RTNH_F_ONLINK | RTNH_F_PERVASIVE))

static const char too_long[] = "it is too long to be journaled";

/* --- decoding ----------------------------------------------------------------------------------
 */

/* Attributes and hops begin at multiples of four (NLA_ALIGNTO, RTNH_ALIGNTO). */
static size_t aligned(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static void append(struct route *r, const void *data, size_t len)
{
	const size_t padded = aligned(len);

	if (r->fixed == too_long || r->len + padded > sizeof(r->raw)) {
		r->fixed = r->unlike = too_long;
		return;
	}
	memset(r->raw + r->len, 0, padded);
	memcpy(r->raw + r->len, data, len);
	r->len += padded;
}

static void append_attribute(struct route *r, const struct attribute *a)
{
	const struct nlattr header = { .nla_len = (uint16_t)(sizeof(header) + a->len),
				       .nla_type = a->type };
	uint8_t whole[ROUTE_RAW_MAX];

	if (a->len > sizeof(whole) - sizeof(header)) {
		r->fixed = r->unlike = too_long;
		return;
	}
	memcpy(whole, &header, sizeof(header));
	memcpy(whole + sizeof(header), a->data, a->len);
	append(r, whole, sizeof(header) + a->len);
}

/* The hops, without their states. False when they are malformed or have what cannot be sent. */
static bool append_hops(struct route *r, const struct attribute *a)
{
	uint8_t copy[ROUTE_RAW_MAX];
	struct attribute hops = *a;
	struct rtnexthop hop;

	if (a->len > sizeof(copy)) {
		r->fixed = r->unlike = too_long;
		return true;
	}
	memcpy(copy, a->data, a->len);
	for (size_t at = 0; at < a->len; at += aligned(hop.rtnh_len)) {
		struct attribute_walk walk;
		struct attribute inner;

		if (a->len - at < sizeof(hop))
			return false;
		memcpy(&hop, copy + at, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > a->len - at)
			return false;
		hop.rtnh_flags &= (unsigned char)KEPT_FLAGS;
		walk = attribute_walk(copy + at + sizeof(hop), hop.rtnh_len - sizeof(hop));
		while (attribute_next(&walk, &inner)) {
			if (inner.type != RTA_GATEWAY && inner.type != RTA_VIA &&
			    inner.type != RTA_FLOW)
				return false;
		}
		memcpy(copy + at, &hop, sizeof(hop));
	}
	hops.data = copy;
	append_attribute(r, &hops);
	return true;
}

static void take_cacheinfo(struct route *r, const struct attribute *a)
{
	struct rta_cacheinfo info;

	if (attribute_copy(a, &info, sizeof(info)) && info.rta_expires != 0)
		r->fixed = r->unlike = "it expires, as routes that routers advertise do";
}

/* False when it is malformed. `object`: the hops are those of a nexthop object, and must not be
 * sent beside it. */
static bool take_attribute(struct route *r, const struct attribute *a, bool object)
{
	switch (a->type) {
	case RTA_DST:
		if (a->len > sizeof(r->key.prefix.address.bytes))
			return false;
		memcpy(r->key.prefix.address.bytes, a->data, a->len);
		break;
	case RTA_TABLE:
		if (!attribute_copy(a, &r->key.table, sizeof(r->key.table)))
			return false;
		break;
	case RTA_PRIORITY:
		if (!attribute_copy(a, &r->key.priority, sizeof(r->key.priority)))
			return false;
		break;
	case RTA_PREFSRC:
	case RTA_PREF:
	case RTA_NH_ID:
		break;
	case RTA_OIF:
	case RTA_GATEWAY:
	case RTA_VIA:
	case RTA_FLOW:
		if (object)
			return true;
		break;
	case RTA_MULTIPATH:
		if (!object && !append_hops(r, a))
			r->fixed = r->unlike = "it has hops of a form that is not known";
		return true;
	case RTA_CACHEINFO:
		take_cacheinfo(r, a);
		return true;
	case RTA_METRICS:
		if (route_metrics_decode(a->data, a->len, &r->metrics) < 0)
			r->fixed = r->unlike = "it has metrics that are not known";
		return true;
	default:
		r->fixed = r->unlike = "it has attributes that are not known, such as an "
				       "encapsulation";
		return true;
	}
	append_attribute(r, a);
	return true;
}

static bool has_object(const void *attributes, size_t len)
{
	struct attribute_walk walk = attribute_walk(attributes, len);
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type == RTA_NH_ID)
			return true;
	}
	return false;
}

static void judge(struct route *r, const struct rtmsg *head)
{
	if (head->rtm_type != RTN_UNICAST)
		r->fixed = r->unlike = "only unicast routes have metrics";
	if (head->rtm_src_len != 0)
		r->fixed = r->unlike = "it is for some sources only";
	/* What the kernel made, it removes by flags that no message shows (addrconf.c). */
	if (r->fixed == NULL && head->rtm_family == AF_INET6 &&
	    (r->protocol == RTPROT_KERNEL || r->protocol == RTPROT_RA ||
	     r->protocol == RTPROT_REDIRECT))
		r->fixed = "the kernel keeps this IPv6 route itself; name a narrower prefix, for "
			   "which a route of its own is made";
}

int route_decode(const uint8_t *data, size_t len, struct route *ret)
{
	struct route r = { 0 };
	struct attribute_walk walk;
	struct attribute a;
	struct rtmsg head;
	bool object;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if ((head.rtm_family != AF_INET && head.rtm_family != AF_INET6) ||
	    (head.rtm_flags & RTM_F_CLONED) != 0)
		return -ENOENT;
	head.rtm_flags &= KEPT_FLAGS;
	r.protocol = head.rtm_protocol;
	r.key = (struct route_key){
		.prefix = { { .family = head.rtm_family == AF_INET ? 4 : 6 }, head.rtm_dst_len },
		.table = head.rtm_table,
		.tos = head.rtm_tos,
	};
	append(&r, &head, sizeof(head));
	walk = attribute_walk(data + sizeof(head), len - sizeof(head));
	object = has_object(walk.at, walk.left);
	while (attribute_next(&walk, &a)) {
		if (!take_attribute(&r, &a, object))
			return -EBADMSG;
	}
	if (walk.left > 0 || head.rtm_dst_len > (head.rtm_family == AF_INET ? 32 : 128))
		return -EBADMSG;
	judge(&r, &head);
	*ret = r;
	return 0;
}

/* --- requests -----------------------------------------------------------------------------------
 */

static struct nl_msg *finish(struct nl_msg *m, int r)
{
	if (r == 0)
		return m;
	nlmsg_free(m);
	return NULL;
}

/* nlmsg_append() reads only; its prototype cannot say so. */
static int append_bytes(struct nl_msg *m, const void *data, size_t len)
{
	void *at = nlmsg_reserve(m, len, NLMSG_ALIGNTO);

	if (at == NULL)
		return -ENOMEM;
	memcpy(at, data, len);
	return 0;
}

struct nl_msg *route_request_set(const struct route *r, bool create)
{
	struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWROUTE,
					      create ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_REPLACE);

	if (m == NULL)
		return NULL;
	if (append_bytes(m, r->raw, r->len) < 0)
		return finish(m, -ENOMEM);
	return finish(m, route_metrics_put(m, &r->metrics));
}

struct nl_msg *route_request_remove(const struct route *r)
{
	struct nl_msg *m = nlmsg_alloc_simple(RTM_DELROUTE, 0);

	return m == NULL ? NULL : finish(m, append_bytes(m, r->raw, r->len));
}

static int put_key(struct nl_msg *m, const struct route_key *key)
{
	const struct address *a = &key->prefix.address;
	int r = 0;

	if (key->prefix.length > 0)
		r = nla_put(m, RTA_DST, a->family == 4 ? 4 : 16, a->bytes);
	if (r == 0 && key->priority != 0)
		r = nla_put_u32(m, RTA_PRIORITY, key->priority);
	return r < 0 ? -ENOMEM : 0;
}

struct nl_msg *route_request_make(const struct route_key *key, const struct route *serving)
{
	struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct attribute_walk walk;
	struct attribute a;
	struct rtmsg head;
	int r;

	if (m == NULL)
		return NULL;
	memcpy(&head, serving->raw, sizeof(head));
	head.rtm_dst_len = key->prefix.length;
	head.rtm_tos = key->tos;
	head.rtm_protocol = ROUTE_PROTOCOL;
	r = append_bytes(m, &head, sizeof(head));
	walk = attribute_walk(serving->raw + sizeof(head), serving->len - sizeof(head));
	while (r == 0 && attribute_next(&walk, &a)) {
		if (a.type != RTA_DST && a.type != RTA_PRIORITY)
			r = nla_put(m, a.type, a.len, a.data) < 0 ? -ENOMEM : 0;
	}
	if (r == 0)
		r = put_key(m, key);
	if (r == 0)
		r = route_metrics_put(m, &serving->metrics);
	return finish(m, r);
}

/* --- the journal's text -------------------------------------------------------------------------
 */

static int write_hex(const char *word, const void *data, size_t len, char ret[HELD_TEXT_MAX])
{
	const uint8_t *bytes = data;
	size_t at = strlen(word);

	if (at + 1 + 2 * len >= HELD_TEXT_MAX)
		return -EFBIG;
	memcpy(ret, word, at);
	ret[at++] = ' ';
	for (size_t i = 0; i < len; i++, at += 2)
		(void)snprintf(ret + at, 3, "%02x", bytes[i]);
	ret[at] = '\0';
	return 0;
}

/* The bytes after "word ", at most `max`: how many, or -EINVAL. */
static ssize_t read_hex(const char *text, const char *word, uint8_t *ret, size_t max)
{
	static const char digits[] = "0123456789abcdef";
	const size_t skip = strlen(word);
	size_t len;

	if (strncmp(text, word, skip) != 0 || text[skip] != ' ')
		return -EINVAL;
	text += skip + 1;
	len = strlen(text);
	if (len % 2 != 0 || len / 2 > max || strspn(text, digits) != len)
		return -EINVAL;
	for (size_t i = 0; i < len; i += 2) {
		ret[i / 2] = (uint8_t)((strchr(digits, text[i]) - digits) * 16 +
				       (strchr(digits, text[i + 1]) - digits));
	}
	return (ssize_t)(len / 2);
}

int route_write_text(const struct route *r, const char *word, char ret[HELD_TEXT_MAX])
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = route_request_set(r, false);

	if (m == NULL)
		return -ENOMEM;
	return write_hex(word, nlmsg_data(nlmsg_hdr(m)), (size_t)nlmsg_datalen(nlmsg_hdr(m)), ret);
}

int route_write_metrics(const struct route_metrics *metrics, const char *word,
			char ret[HELD_TEXT_MAX])
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = nlmsg_alloc();

	if (m == NULL || route_metrics_put(m, metrics) < 0)
		return -ENOMEM;
	return write_hex(word, nlmsg_data(nlmsg_hdr(m)), (size_t)nlmsg_datalen(nlmsg_hdr(m)), ret);
}

int route_read_text(const char *text, const char *word, struct route *ret)
{
	uint8_t bytes[HELD_TEXT_MAX / 2];
	struct route r;
	const ssize_t n = read_hex(text, word, bytes, sizeof(bytes));

	if (n < 0 || route_decode(bytes, (size_t)n, &r) < 0 || r.len == 0)
		return -EINVAL;
	*ret = r;
	return 0;
}

int route_read_metrics(const char *text, const char *word, struct route_metrics *ret)
{
	uint8_t bytes[HELD_TEXT_MAX / 2];
	const ssize_t n = read_hex(text, word, bytes, sizeof(bytes));
	struct attribute_walk walk = attribute_walk(bytes, n > 0 ? (size_t)n : 0);
	struct route_metrics m = { 0 };
	struct attribute a;

	if (n < 0)
		return -EINVAL;
	if (attribute_next(&walk, &a) &&
	    (a.type != RTA_METRICS || route_metrics_decode(a.data, a.len, &m) < 0))
		return -EINVAL;
	if (walk.left > 0)
		return -EINVAL;
	*ret = m;
	return 0;
}
