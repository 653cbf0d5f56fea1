/* How each group of a link's settings is read and written: one struct per group, in a file of its
 * own. Called in the place entered, with a link that is there. */
#ifndef NETWRIGHT_TUNABLES_LINK_ACCESS_H
#define NETWRIGHT_TUNABLES_LINK_ACCESS_H

#include "tunables/kind.h"

#include <stdint.h>

struct link_ref {
	struct os *os;
	uint32_t index;
	char link[TUNABLE_INTERFACE_MAX + 1];
	const char *key;  /* "mtu" */
	const char *name; /* of the target, for messages */
};

/* Errors as those of struct kind. */
struct link_access {
	int (*read)(const struct link_ref *l, struct held *ret, struct error *e);
	int (*check)(const struct link_ref *l, const struct held *from, const char *to,
		     struct error *e);
	int (*write)(const struct link_ref *l, const char *to, struct error *e);
	int (*restore)(const struct link_ref *l, const struct held *from, struct error *e);
};

extern const struct link_access link_attribute_access; /* rtnetlink: mtu, txqueuelen, gso, gro */
extern const struct link_access link_feature_access;   /* ethtool: offload.* */
extern const struct link_access link_channel_access;   /* ethtool: channels.* */
extern const struct link_access link_qdisc_access;

/* Whether it is a qdisc that works without parameters; -EINVAL (ERROR_INPUT). Pure. */
int link_qdisc_check_kind(const char *name, const char *to, struct error *e);

/* held.undo of a qdisc that somebody configured. */
#define LINK_QDISC_FOREIGN "foreign"

#endif
