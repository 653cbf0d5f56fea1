/* The kind of tunables that are metrics of routes: "route:198.51.100.0/24/congctl",
 * "route:default@table:100,metric:50/initcwnd"; route_key.h has the notation.
 *
 * A route is replaced by itself with one metric changed (NLM_F_REPLACE), as it is when it is
 * written: two metrics of one route are two changes, and each is put back alone. A prefix without a
 * route gets one like that which serves it in its table, with ROUTE_PROTOCOL, its metrics included;
 * it goes when the last metric that was set in it is put back.
 *
 * Identities are "netns COOKIE", and "netns COOKIE new" for a route that was not there. `undo` is
 * "route HEX", the whole route, or "absent HEX", the metrics of the one that served.
 */
#ifndef NETWRIGHT_TUNABLES_ROUTE_H
#define NETWRIGHT_TUNABLES_ROUTE_H

#include "tunables/kind.h"

#define ROUTE_PREFIX "route:"

extern const struct kind route_kind;

#endif
