/* Which connections a selector means, and who holds them. */
#ifndef NETWRIGHT_TUNABLES_SOCKET_SELECT_H
#define NETWRIGHT_TUNABLES_SOCKET_SELECT_H

#include "base/bytes.h"
#include "tunables/socket_name.h"

#define SOCKET_TARGETS_MAX 4096

/* Appends to *ids (an array of struct socket_id) one holder of each connection of the place's
 * namespace that the selector means: that of the lowest PID, and its lowest descriptor; listening
 * sockets are none. The selector is the language of measure/filter.h, where a conjunction at the
 * top may also have the terms "name NAME" and "cgroup=PATH". With those and "pid N" there, only
 * the processes meant are looked into; else all (about 7 us for each of their descriptors).
 * -EINVAL (ERROR_INPUT) malformed; -ENOENT (ERROR_INPUT) it means none; -E2BIG (ERROR_INPUT) more
 * than SOCKET_TARGETS_MAX; -EPERM (ERROR_PRIVILEGE) none was found, and some processes could not be
 * looked into; -EOPNOTSUPP. */
int socket_select(const struct place *p, const char *selector, struct bytes *ids, struct error *e);

#endif
