/* The TCP connections of a namespace, and the sockets of a process, read through struct os. */
#ifndef NETWRIGHT_TUNABLES_SOCKET_DUMP_H
#define NETWRIGHT_TUNABLES_SOCKET_DUMP_H

#include "host/sockdiag.h"
#include "tunables/place.h"

/* Calls `visit` for each connection that is open or half closed and that a process holds, without
 * tcp_info and memory. A dump that the kernel says was disturbed is begun again after `restart`. A
 * negative return of `visit` ends it. Enters and leaves the place. */
struct socket_dump_visitor {
	int (*visit)(void *arg, const struct socket_info *socket);
	void (*restart)(void *arg);
	void *arg;
};
int socket_dump_tcp(const struct place *p, const struct socket_dump_visitor *visitor,
		    struct error *e);

/* Calls `visit` for each descriptor of the process that is a socket. A process that has meanwhile
 * ended has none. -EACCES when it may not be looked into, or some of its descriptors may not. */
int socket_dump_descriptors(struct os *os, pid_t pid,
			    int (*visit)(void *arg, pid_t pid, int fd, uint32_t inode), void *arg);

#endif
