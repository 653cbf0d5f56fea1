/* The options of a TCP connection that can be set: their rows, and each through a descriptor.
 *
 * Values are texts as in struct held: numbers in the kernel's unit, names, and where there is no
 * number "auto" (buffers) or "unlimited" (pacing).
 */
#ifndef NETWRIGHT_TUNABLES_SOCKET_OPTION_H
#define NETWRIGHT_TUNABLES_SOCKET_OPTION_H

#include "base/os.h"
#include "tunables/kind.h"

#include <stdbool.h>

extern const struct tunable socket_rows[];
extern const size_t socket_row_count;

bool socket_option_is_buffer(const struct tunable *row);
bool socket_option_is_receive_buffer(const struct tunable *row);
bool socket_option_is_congestion(const struct tunable *row);

/* What people write, in canonical form. -EINVAL, -ERANGE or -E2BIG. */
int socket_option_parse(const struct tunable *row, const char *words, char ret_to[HELD_TEXT_MAX],
			struct error *e);

/* Negative errnos of getsockopt(2) and setsockopt(2); -ENOPROTOOPT: this kernel has no such
 * option; -EINVAL: the text is no value. */
int socket_option_read(struct os *os, int fd, const struct tunable *row, struct held *ret);
int socket_option_write(struct os *os, int fd, const struct tunable *row, const char *to);
int socket_option_restore(struct os *os, int fd, const struct tunable *row,
			  const struct held *from);
/* Whether socket_option_restore() could tell the kernel what is held. Pure. */
bool socket_option_can_restore(const struct tunable *row, const struct held *from);
/* Whether `now` is what a write of `to`, or a restore of `from`, that ended half-way leaves. */
bool socket_option_half_done(const struct tunable *row, const struct held *now,
			     const struct held *from, const char *to);

#endif
