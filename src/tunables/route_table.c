#include "tunables/route_table.h"

#include "base/cleanup.h"
#include "tunables/netlink_exchange.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>

static struct nl_msg *dump_request(uint8_t family)
{
	const struct rtmsg head = { .rtm_family = family == 4 ? AF_INET : AF_INET6 };

	return netlink_message_new(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && address_equal(&a->address, &b->address);
}

static void offer_route(struct route_lookup *found, const struct route_key *key,
			const struct route *r)
{
	if (r->key.tos != key->tos || (!key->any_priority && r->key.priority != key->priority))
		return;
	if (found->exists && found->route.key.priority < r->key.priority)
		return;
	if (found->exists && found->route.key.priority == r->key.priority) {
		found->route.fixed = "there are several routes of this prefix, table and metric";
		return;
	}
	found->exists = true;
	found->route = *r;
}

static void offer_serving(struct route_lookup *found, const struct route_key *key,
			  const struct route *r)
{
	const struct route *best = &found->serving;

	if (r->key.tos != 0 || r->key.prefix.length >= key->prefix.length ||
	    !prefix_contains(&r->key.prefix, &key->prefix.address))
		return;
	if (found->served && (best->key.prefix.length > r->key.prefix.length ||
			      (best->key.prefix.length == r->key.prefix.length &&
			       best->key.priority <= r->key.priority)))
		return;
	found->served = true;
	found->serving = *r;
}

int route_lookup(struct os *os, const struct route_key *key, struct route_lookup *ret)
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = dump_request(key->prefix.address.family);
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct route_lookup found = { 0 };
	struct netlink_reply reply;
	size_t at = 0;
	int r = netlink_exchange(os, NETLINK_ROUTE, m, &answers);

	if (r < 0)
		return r;
	while (netlink_next(&answers, &at, &reply)) {
		struct route route;

		r = reply.type == RTM_NEWROUTE ? route_decode(reply.data, reply.len, &route)
					       : -EBADMSG;
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		if (route.key.table != key->table)
			continue;
		if (same_prefix(&route.key.prefix, &key->prefix))
			offer_route(&found, key, &route);
		else
			offer_serving(&found, key, &route);
	}
	*ret = found;
	return 0;
}

/* Sends and frees. */
static int change(struct os *os, struct nl_msg *m, const char *object, const char *what,
		  struct error *e)
{
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	CLEANUP(netlink_message_freep) struct nl_msg *owned = m;
	int r = netlink_exchange(os, NETLINK_ROUTE, owned, &answers);

	return r < 0 ? netlink_failed(&answers, r, object, what, e) : 0;
}

int route_make(struct os *os, const struct route_key *key, const struct route *serving,
	       const char *object, struct error *e)
{
	return change(os, route_request_make(key, serving), object, "making the route", e);
}

int route_put_back(struct os *os, const struct route *r, const char *object, struct error *e)
{
	return change(os, route_request_set(r, true), object, "making the route again", e);
}

int route_remove(struct os *os, const struct route *r, const char *object, struct error *e)
{
	return change(os, route_request_remove(r), object, "removing the route", e);
}

/* Whether the route is there as it was, but for the metrics. */
static int look_again(struct os *os, const struct route *was, bool *ret_exists, bool *ret_same)
{
	struct route_lookup found;
	int r = route_lookup(os, &was->key, &found);

	if (r < 0)
		return r;
	*ret_exists = found.exists;
	*ret_same = found.exists && found.route.len == was->len &&
		    memcmp(found.route.raw, was->raw, was->len) == 0;
	return 0;
}

int route_replace(struct os *os, const struct route *now, const struct route *r, const char *object,
		  struct error *e)
{
	bool exists = true, same = true;
	int failed = change(os, route_request_set(r, false), object, "replacing the route", e);
	int looked = look_again(os, now, &exists, &same);

	/* What cannot be read is the caller's to notice, who reads back as well. */
	if (looked < 0 || same)
		return failed;
	/* ip6_route_multipath_add() replaces hop by hop, and can fail between two of them. */
	(void)change(os, route_request_set(now, !exists), object, "restoring the route", NULL);
	if (failed < 0)
		return failed;
	return error_set(e, -EIO, ERROR_FAILED, object,
			 "the kernel changed more of the route than its metrics; it was put back");
}
