/* Taking hold of a connection of another process for a moment. */
#ifndef NETWRIGHT_TUNABLES_SOCKET_GRAB_H
#define NETWRIGHT_TUNABLES_SOCKET_GRAB_H

#include "base/os.h"
#include "tunables/socket_name.h"

/* A duplicate of the descriptor, which is the connection of this cookie: what was duplicated
 * cannot become another one while we have it, so nothing need be checked again after using it.
 * Close it at once. `name` is for the message. -ESTALE when the process ended, or its number or
 * descriptor means something else now; -EPERM, -EOPNOTSUPP; a negative errno. */
int socket_grab(struct os *os, const struct socket_id *id, const char *name, struct error *e);

/* Fills *ret, start and cookie included, with what a descriptor of a process holds. -ENOENT
 * (ERROR_INPUT) when there is no such process or descriptor, -EINVAL (ERROR_INPUT) when it is no
 * TCP connection. */
int socket_identify(struct os *os, pid_t pid, int fd, const char *name, struct socket_id *ret,
		    struct error *e);

#endif
