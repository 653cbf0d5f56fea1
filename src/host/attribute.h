/* Walks netlink attributes in place.
 *
 *	struct attribute_walk walk = attribute_walk(data, len);
 *	struct attribute a;
 *
 *	while (attribute_next(&walk, &a))
 *		...
 *
 * Inline because the socket dump decodes five of them for each of 100 000 sockets. The walk ends at
 * the first attribute that overruns its container: what comes after cannot be located.
 */
#ifndef NETWRIGHT_HOST_ATTRIBUTE_H
#define NETWRIGHT_HOST_ATTRIBUTE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct attribute {
	uint16_t type;	     /* without the nested and byte-order flags */
	uint16_t len;	     /* of the data alone */
	const uint8_t *data; /* may be unaligned for 8-byte numbers: use attribute_copy() */
};

struct attribute_walk {
	const uint8_t *at;
	size_t left;
};

static inline struct attribute_walk attribute_walk(const void *data, size_t len)
{
	return (struct attribute_walk){ .at = data, .left = len };
}

/* The attributes of a message after its family header of `header_len` bytes; none when the message
 * is shorter than that. The message must lie within its datagram. */
static inline struct attribute_walk attribute_walk_message(const struct nlmsghdr *message,
							   size_t header_len)
{
	const size_t skip = NLMSG_ALIGN(NLMSG_HDRLEN + header_len);

	if (message->nlmsg_len <= skip)
		return attribute_walk(NULL, 0);
	return attribute_walk((const uint8_t *)message + skip, message->nlmsg_len - skip);
}

static inline struct attribute_walk attribute_walk_nested(const struct attribute *a)
{
	return attribute_walk(a->data, a->len);
}

/* False at the end, and at an attribute that is malformed. */
static inline bool attribute_next(struct attribute_walk *walk, struct attribute *ret)
{
	struct nlattr header;
	size_t step;

	if (walk->left < sizeof(header))
		return false;
	memcpy(&header, walk->at, sizeof(header));
	if (header.nla_len < sizeof(header) || header.nla_len > walk->left)
		return false;
	ret->type = header.nla_type & (uint16_t)NLA_TYPE_MASK;
	ret->len = (uint16_t)(header.nla_len - sizeof(header));
	ret->data = walk->at + sizeof(header);
	step = (header.nla_len + (size_t)NLA_ALIGNTO - 1) & ~((size_t)NLA_ALIGNTO - 1);
	if (step > walk->left) /* the last attribute may come without its padding */
		step = walk->left;
	walk->at += step;
	walk->left -= step;
	return true;
}

/* Copies the first `size` bytes; false, and *ret untouched, when there are fewer. */
static inline bool attribute_copy(const struct attribute *a, void *ret, size_t size)
{
	if (a->len < size)
		return false;
	memcpy(ret, a->data, size);
	return true;
}

#endif
