/* Arrays that grow one by one. */
#ifndef NETWRIGHT_BASE_ARRAY_H
#define NETWRIGHT_BASE_ARRAY_H

#include <stddef.h>

/* `all`, of which `count` elements of `size` bytes are in use, with room for one more: as it is, or
 * moved, and *capacity doubled. NULL: no memory, and `all` is the caller's as before. `all` may be
 * NULL when *capacity is 0. */
void *array_grow(void *all, size_t count, size_t *capacity, size_t size);

#endif
