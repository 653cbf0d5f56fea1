/* The number of a link, by which a link is told from a later one of the same name. */
#ifndef NETWRIGHT_TUNABLES_LINK_INDEX_H
#define NETWRIGHT_TUNABLES_LINK_INDEX_H

#include "base/os.h"

#include <stdint.h>

/* The index of the link called `name` in the namespace entered: 0, -ENODEV, -ENAMETOOLONG, or what
 * asking the kernel failed with. */
int link_index_find(struct os *os, const char *name, uint32_t *ret);

#endif
