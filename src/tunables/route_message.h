/* Routes as the kernel's raw messages, from which they can be made again exactly. Pure.
 *
 * libnl-route cannot carry the congestion control of a route, and drops what it does not know. So a
 * route is kept as the bytes of its message: struct rtmsg and the attributes, without what the
 * kernel says but does not take (states of links, ages), and without the metrics, which are apart.
 */
#ifndef NETWRIGHT_TUNABLES_ROUTE_MESSAGE_H
#define NETWRIGHT_TUNABLES_ROUTE_MESSAGE_H

#include "tunables/kind.h"
#include "tunables/route_key.h"
#include "tunables/route_metrics.h"

#include <stddef.h>
#include <stdint.h>

/* rtm_protocol of the routes that netwright makes. Numbers above RTPROT_STATIC are not the
 * kernel's; this one is none of include/uapi/linux/rtnetlink.h or iproute2's rt_protos. */
#define ROUTE_PROTOCOL 110

/* Bytes that fit into a journal's text as two digits each, beside a word and the metrics. */
#define ROUTE_RAW_MAX 800

struct route {
	struct route_key key;
	uint8_t protocol;
	struct route_metrics metrics;
	const char *fixed;  /* why it cannot be changed; NULL: it can */
	const char *unlike; /* why no route can be made like it; NULL: one can */
	size_t len;	    /* of raw; 0 when it is too long */
	uint8_t raw[ROUTE_RAW_MAX];
};

/* From what follows the netlink header of an RTM_NEWROUTE. 0; -ENOENT for what is in no table, such
 * as an entry of the cache; -EBADMSG. */
int route_decode(const uint8_t *data, size_t len, struct route *ret);

/* Requests, owned by the caller; NULL: out of memory. */
/* To replace the route of the same key, or with `create` to make it. */
struct nl_msg *route_request_set(const struct route *r, bool create);
/* To make a route for `key` like `serving`, with its metrics as they are in there. */
struct nl_msg *route_request_make(const struct route_key *key, const struct route *serving);
struct nl_msg *route_request_remove(const struct route *r);

/* For the journal: all that making the route again takes, or only its metrics. -ENOMEM or
 * -EFBIG. */
int route_write_text(const struct route *r, const char *word, char ret[HELD_TEXT_MAX]);
int route_write_metrics(const struct route_metrics *m, const char *word, char ret[HELD_TEXT_MAX]);
/* -EINVAL when it is none of these. */
int route_read_text(const char *text, const char *word, struct route *ret);
int route_read_metrics(const char *text, const char *word, struct route_metrics *ret);

#endif
