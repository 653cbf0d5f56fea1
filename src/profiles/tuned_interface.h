/* What TuneD's plugins `net` and `sysfs` set of interfaces, as tunables "link:eth0/mtu".
 *
 * Only interfaces that a profile names become settings: TuneD's patterns stand for whatever devices
 * there are when it starts, and its plugin `net` never touches virtual ones.
 */
#ifndef NETWRIGHT_PROFILES_TUNED_INTERFACE_H
#define NETWRIGHT_PROFILES_TUNED_INTERFACE_H

#include "profiles/import.h"

#include <stdbool.h>

/* One option of a section, as it is being carried over. */
struct tuned_interface_option {
	struct import *im;
	struct import_origin origin;
	const char *shown;   /* the line as people know it */
	const char *devices; /* of the section, variables expanded; "*": it says none */
	const char *key, *value;
};

/* Of a section [net]. 0 or -ENOMEM. */
int tuned_interface_carry(const struct tuned_interface_option *o);

/* Of a section [sysfs]: whether the file belongs to an interface; if so, *ret is 0 or -ENOMEM. */
bool tuned_interface_carry_sysfs(const struct tuned_interface_option *o, int *ret);

#endif
