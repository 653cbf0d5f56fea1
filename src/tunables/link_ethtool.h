/* Asking and telling the driver of a link through ethtool's generic netlink family. For link_*.c.
 *
 * Source: Documentation/networking/ethtool-netlink.rst. Errors: -EOPNOTSUPP (ERROR_UNSUPPORTED)
 * when the kernel or the driver does not have it, -EBADMSG when an answer is malformed, -ENOMEM,
 * and what the kernel says. */
#ifndef NETWRIGHT_TUNABLES_LINK_ETHTOOL_H
#define NETWRIGHT_TUNABLES_LINK_ETHTOOL_H

#include "base/bytes.h"
#include "base/error.h"
#include "host/attribute.h"
#include "tunables/link_access.h"

#include <netlink/msg.h>
#include <stdint.h>

/* The number that this kernel has given the family. */
int link_ethtool_find(const struct link_ref *l, uint16_t *ret_family, struct error *e);

/* A request about the link, to which attributes may be added; NULL: out of memory. */
struct nl_msg *link_ethtool_request(const struct link_ref *l, uint16_t family, uint8_t command);
/* Sends a request, and frees it. NULL is -ENOMEM. */
int link_ethtool_ask(const struct link_ref *l, struct nl_msg *m, struct bytes *answers,
		     struct error *e);

/* Asks a command that needs no attributes: *ret walks those of the answer, within `answers`. */
int link_ethtool_get(const struct link_ref *l, uint8_t command, struct bytes *answers,
		     struct attribute_walk *ret, struct error *e);

#endif
