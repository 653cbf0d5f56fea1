/* The kernel's routes: finding one by its key, and changing it. In the place entered.
 *
 * A lookup dumps the family's routes: the kernel can look up an address, not a key.
 */
#ifndef NETWRIGHT_TUNABLES_ROUTE_TABLE_H
#define NETWRIGHT_TUNABLES_ROUTE_TABLE_H

#include "base/error.h"
#include "base/os.h"
#include "tunables/route_message.h"

struct route_lookup {
	bool exists, served;
	struct route route;   /* of the key, if it exists */
	struct route serving; /* else what packets to the whole prefix take in that table */
};

/* Finds the route of `key`; with any_priority the preferred one of its prefix. Several routes with
 * one key cannot be told apart: route.fixed says so. Errors of netlink_exchange(), -EBADMSG. */
int route_lookup(struct os *os, const struct route_key *key, struct route_lookup *ret);

/* Replaces the route of r->key; what the kernel then holds is compared, and the old one put back
 * when anything but the metrics became another, or when the kernel lost it. `now` is the route as
 * looked up. `object` is for messages. */
int route_replace(struct os *os, const struct route *now, const struct route *r, const char *object,
		  struct error *e);
int route_make(struct os *os, const struct route_key *key, const struct route *serving,
	       const char *object, struct error *e);
int route_put_back(struct os *os, const struct route *r, const char *object, struct error *e);
int route_remove(struct os *os, const struct route *r, const char *object, struct error *e);

#endif
