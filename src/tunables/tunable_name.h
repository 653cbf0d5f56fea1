/* What people write for a tunable, or for one element of it: "net.ipv4.tcp_rmem[2]",
 * "net.ipv4.conf.eth0/100.rp_filter". Pure. */
#ifndef NETWRIGHT_TUNABLES_TUNABLE_NAME_H
#define NETWRIGHT_TUNABLES_TUNABLE_NAME_H

#include "base/error.h"
#include "tunables/catalogue.h"

#define TUNABLE_WHOLE (-1)

struct tunable_name {
	const struct tunable *tunable; /* its row; a pattern when `name` is of an interface */
	char name[TUNABLE_NAME_MAX];   /* without the index; never a pattern */
	int element;		       /* from 0, or TUNABLE_WHOLE */
};

/* Returns 0, or -EINVAL with a sentence in *e: not catalogued, a pattern instead of an interface,
 * an index that the tunable does not have, something after the index. */
int tunable_name_parse(const char *text, struct tunable_name *ret, struct error *e);

#endif
