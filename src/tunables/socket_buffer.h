/* The buffers of a connection: their sizes, and the locks that keep the kernel from adjusting them.
 * For socket_option.c.
 *
 * A value is a size, which is locked, or SOCKET_BUFFER_AUTO. Errors as in socket_option.h.
 */
#ifndef NETWRIGHT_TUNABLES_SOCKET_BUFFER_H
#define NETWRIGHT_TUNABLES_SOCKET_BUFFER_H

#include "base/os.h"
#include "tunables/kind.h"

#include <limits.h>
#include <stdbool.h>

#define SOCKET_BUFFER_AUTO "auto"

/* The kernel's own least buffers: SOCK_MIN_SNDBUF of include/net/sock.h, with a struct sk_buff of
 * 256 bytes; the least receive buffer is half of it. It doubles what it is told, at most to
 * INT_MAX (sock_setsockopt). */
#define SOCKET_BUFFER_MIN 4608
#define SOCKET_BUFFER_MAX (INT_MAX - 1)

struct socket_buffer;
extern const struct socket_buffer socket_receive_buffer, socket_send_buffer;

int socket_buffer_read(struct os *os, int fd, const struct socket_buffer *b, struct held *ret);
int socket_buffer_write(struct os *os, int fd, const struct socket_buffer *b, const char *to);
int socket_buffer_restore(struct os *os, int fd, const struct socket_buffer *b,
			  const struct held *from);
bool socket_buffer_can_restore(const struct held *from);
/* As socket_option_half_done(). */
bool socket_buffer_half_done(const struct held *now, const struct held *from, const char *to);

#endif
