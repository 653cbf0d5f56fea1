/* Which route is meant, as people write it: PREFIX[@QUALIFIER,...], where PREFIX is as
 * 198.51.100.0/24, 2001:db8::/32, an address, or `default` for 0.0.0.0/0 (that of IPv6 is ::/0),
 * and qualifiers are table:N, metric:N and, for IPv4, tos:N (an = would end the
 * name in NAME=VALUE). Pure.
 */
#ifndef NETWRIGHT_TUNABLES_ROUTE_KEY_H
#define NETWRIGHT_TUNABLES_ROUTE_KEY_H

#include "host/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUTE_KEY_TEXT_MAX 112 /* with the NUL: a prefix, and three qualifiers of ten digits */

/* What the kernel's tables are ordered by (struct fib_config, struct fib6_config). */
struct route_key {
	struct prefix prefix;
	uint32_t table;	   /* RT_TABLE_MAIN without table: */
	uint32_t priority; /* the metric; without metric: the kernel's: 0, for IPv6 1024 */
	bool any_priority; /* metric: was not given: the one that is preferred may be meant */
	uint8_t tos;
};

/* 0 or -EINVAL. */
int route_key_parse(const char *text, size_t len, struct route_key *ret);
/* The canonical text, in which what is as without a qualifier has none; any_priority is not looked
 * at. Returns buf. */
const char *route_key_format(const struct route_key *k, char buf[ROUTE_KEY_TEXT_MAX]);
/* Whether both name one place of the kernel's tables. */
bool route_key_equal(const struct route_key *a, const struct route_key *b);
/* The metric of a route that was given none: 0, and IP6_RT_PRIO_USER of include/net/ip6_route.h. */
uint32_t route_key_default_priority(uint8_t family);

#endif
