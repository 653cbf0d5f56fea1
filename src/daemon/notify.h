/* Telling systemd how we are, by the protocol of sd_notify(3): a datagram of assignments to the
 * socket that NOTIFY_SOCKET names. Without one nothing is told. What cannot be told stops nothing.
 */
#ifndef NETWRIGHT_DAEMON_NOTIFY_H
#define NETWRIGHT_DAEMON_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* owned; -1: nobody to tell */
	struct sockaddr_un to;
	socklen_t to_len;
};

/* `socket` is NOTIFY_SOCKET: a path, or an abstract name that begins with @; NULL: unset. */
void notify_init(struct notify *n, const char *socket);
void notify_done(struct notify *n);
/* Assignments separated by newlines: "READY=1\nSTATUS=observing". */
void notify_send(const struct notify *n, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* How often "WATCHDOG=1" is due, in nanoseconds: half of WATCHDOG_USEC, when WATCHDOG_PID is unset
 * or ours; 0: never. */
uint64_t notify_watchdog_ns(const char *watchdog_usec, const char *watchdog_pid);

#endif
