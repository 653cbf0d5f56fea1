/* Which sockets existed at one instant, to tell later which ones are new. */
#ifndef NETWRIGHT_TUNE_SOCKET_MARKS_H
#define NETWRIGHT_TUNE_SOCKET_MARKS_H

#include "base/error.h"
#include "host/source.h"

#include <stddef.h>
#include <stdint.h>

struct socket_marks {
	uint64_t *cookies; /* owned; sorted, each once. 8 bytes for each socket */
	size_t count, capacity;
};

/* Replaces *m by the sockets of the source's namespace: TCP in every state that holds what a socket
 * is given when it is made, those that listen included, and UDP. Connections in TIME_WAIT as well:
 * they cost little and harm nothing. What was not remembered would count as new: errors are those
 * of sockdiag_dump() for any part of it, but for -ENOENT of what this kernel cannot list (it has no
 * udp_diag), which is seen in no window either; *m is then empty. */
int socket_marks_take(struct socket_marks *m, struct source *s, struct error *e);
void socket_marks_done(struct socket_marks *m); /* accepts {0} */

#endif
