/* What choosing a congestion control takes besides the write.
 *
 * tcp_set_default_congestion_control() of net/ipv4/tcp_cong.c: in the initial namespace any one may
 * be chosen, its module is loaded, and it joins the ones allowed to everybody, for good; in other
 * namespaces only the allowed ones may be chosen, which are the same list for the whole host. So
 * the initial namespace's `undo` is "allowed " and that list, and restoring takes the chosen one
 * out of it again if nothing else was done to it. A loaded module stays loaded.
 */
#ifndef NETWRIGHT_TUNABLES_SYSCTL_CONGESTION_H
#define NETWRIGHT_TUNABLES_SYSCTL_CONGESTION_H

#include "tunables/kind.h"

#define CONGESTION_CONTROL   "net.ipv4.tcp_congestion_control"
#define CONGESTION_ALLOWED   "net.ipv4.tcp_allowed_congestion_control"
#define CONGESTION_AVAILABLE "net.ipv4.tcp_available_congestion_control"

/* The `read` and `restore` of the kind of sysctls: of any of them. */
int sysctl_congestion_read(const struct place *p, const struct target *t, struct held *ret,
			   struct error *e);
int sysctl_congestion_restore(const struct place *p, const struct target *t,
			      const struct held *from, struct error *e);

#endif
