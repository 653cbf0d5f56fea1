/* The processes, and their control groups, behind what was found beside flows: UDP sockets, busy
 * destinations, listeners, and connections that were not closed. The closing part of an
 * observation; see closing.h. */
#ifndef NETWRIGHT_MEASURE_HOLDER_H
#define NETWRIGHT_MEASURE_HOLDER_H

#include "host/source.h"
#include "measure/observation.h"

#include <stddef.h>
#include <stdint.h>

/* How many inodes holder_inodes() may write. */
size_t holder_inodes_max(const struct observation *o);
/* Writes the inodes whose processes are to be looked up, unsorted, and returns their number. */
size_t holder_inodes(const struct observation *o, uint32_t *inodes);
/* Names processes by o->owners, reads their control groups, and fills o->holders. What cannot be
 * read stays "". 0 or -ENOMEM. */
int holders_name(struct source *s, struct observation *o);

#endif
