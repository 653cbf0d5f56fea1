/* The kind of tunables that are options of open TCP connections, whoever holds them:
 * "socket:SELECTOR/KEY".
 *
 * The selector is PID/FD, or the language of `--filter` (measure/filter.h) with two more terms:
 * "dst 198.51.100.0/24 and port 443", "name nginx", "cgroup=PATH". It means the connections of the
 * place's namespace at that moment, without listening sockets. The canonical name is
 * "socket:PID/FD/KEY", and the identity "process PID start TICKS fd FD cookie COOKIE": the cookie
 * of a socket is never used again, so neither a later process of that number nor a later file of
 * that descriptor is taken for it. A connection that several processes share is one target.
 *
 * An option is read and set through a duplicate of the descriptor (pidfd_open, pidfd_getfd: Linux
 * 5.6), which is closed at once: while it is open, the connection outlives its process.
 *
 * Buffers are "auto", when the kernel sizes them, or the size in force in bytes, which is twice
 * what a program asks setsockopt(2) for; SO_BUF_LOCK (Linux 5.14) tells which. Clearing the lock
 * alone does not bring back what was: a buffer set to 262144 stayed so for good (measured on Linux
 * 6.18). So `undo` of "auto" is "size N", which is written before the lock is cleared. That of a
 * receive buffer ends with "clamp N", the bound of its window (TCP_WINDOW_CLAMP), whether it was
 * locked or not: the kernel lowers it while the buffer is locked, and left so it held a buffer of
 * 24 MB to 12 of 97 Mbit/s (the same kernel). Records without it are read as well. How far the
 * kernel has moved a buffer meanwhile is nobody's change.
 */
#ifndef NETWRIGHT_TUNABLES_SOCKET_H
#define NETWRIGHT_TUNABLES_SOCKET_H

#include "tunables/kind.h"

#define SOCKET_PREFIX "socket:"

extern const struct kind socket_kind;

#endif
