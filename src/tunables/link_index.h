/* The number of a link, by which a link is told from a later one of the same name. */
#ifndef NETWRIGHT_TUNABLES_LINK_INDEX_H
#define NETWRIGHT_TUNABLES_LINK_INDEX_H

#include "base/os.h"
#include "host/links.h"

#include <stdint.h>

/* The index of the link called `name` in the namespace entered, and its first name, which is
 * another one when `name` is an alternative one (ip link property add altname); NULL: not asked.
 * Alternative names that are longer than LINK_NAME_MAX - 1 are not looked for. 0, -ENODEV,
 * -ENAMETOOLONG, or what asking the kernel failed with. */
int link_index_find(struct os *os, const char *name, uint32_t *ret_index,
		    char ret_name[LINK_NAME_MAX]);

#endif
