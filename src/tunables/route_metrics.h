/* The metrics of a route: what RTA_METRICS holds (include/uapi/linux/rtnetlink.h). Pure.
 *
 * 0 is how the kernel writes that a metric is not set: what sockets use then is the sysctl, the
 * link, or the default. ip_metrics_convert() and rtnetlink_put_metrics() leave zeros out.
 */
#ifndef NETWRIGHT_TUNABLES_ROUTE_METRICS_H
#define NETWRIGHT_TUNABLES_ROUTE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;

#define ROUTE_METRIC_SLOTS 32 /* RTAX_* are numbered to 17; locks are bits of 32 */
#define ROUTE_CONGCTL_MAX  16 /* TCP_CA_NAME_MAX of include/net/tcp.h, with the NUL */

struct route_metrics {
	uint32_t number[ROUTE_METRIC_SLOTS]; /* by RTAX_*; RTAX_LOCK is the bits of locked ones */
	char congctl[ROUTE_CONGCTL_MAX];     /* "": not set */
};

/* The attributes within RTA_METRICS. -EBADMSG what is malformed, -EOPNOTSUPP a metric that this
 * program does not know how to send again. */
int route_metrics_decode(const void *data, size_t len, struct route_metrics *ret);
/* Appends RTA_METRICS, also when nothing is set: to a route over a nexthop object without it,
 * fib_create_info() of net/ipv4/fib_semantics.c gives the metrics of any other that is alike, such
 * as those that were to be taken away (measured on Linux 6.18). 0 or -ENOMEM. */
int route_metrics_put(struct nl_msg *m, const struct route_metrics *metrics);
bool route_metrics_equal(const struct route_metrics *a, const struct route_metrics *b);

/* One metric as people write it: "congctl", "ecn" (a bit of the features), "rto_min", ... */
struct route_metric;
const struct route_metric *route_metric_find(const char *name); /* or NULL */

#define ROUTE_METRIC_TEXT_MAX 24
#define ROUTE_UNSET	      "unset" /* no congestion control */

/* "10", "0", "bbr", "unset". Returns buf. */
const char *route_metric_text(const struct route_metric *k, const struct route_metrics *m,
			      char buf[ROUTE_METRIC_TEXT_MAX]);
/* Sets it from its canonical text, and with it the lock that it does not work without. -EINVAL. */
int route_metric_set(const struct route_metric *k, const char *text, struct route_metrics *m);
/* Makes it, and its lock, what it is in `from`. */
void route_metric_copy(const struct route_metric *k, const struct route_metrics *from,
		       struct route_metrics *to);

#endif
