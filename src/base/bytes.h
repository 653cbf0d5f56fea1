/* A growable run of bytes. Initialise with {0}. */
#ifndef NETWRIGHT_BASE_BYTES_H
#define NETWRIGHT_BASE_BYTES_H

#include <stdarg.h>
#include <stddef.h>

struct bytes {
	char *data; /* owned; data[len] is always '\0' once anything was stored */
	size_t len;
	size_t capacity;
};

void bytes_done(struct bytes *b);		 /* releases and zeroes; accepts {0} */
void bytes_clear(struct bytes *b);		 /* len = 0, memory kept */
int bytes_reserve(struct bytes *b, size_t more); /* 0 or -ENOMEM */
int bytes_append(struct bytes *b, const void *data, size_t len); /* 0 or -ENOMEM */
int bytes_printf(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends the whole of an open file, at most `max` bytes: 0, -errno, or -EFBIG when there is more.
 * Virtual files of /proc say size 0 and are read to their end; EINTR is retried. A failed read
 * appends nothing; an empty file leaves data "" rather than NULL.
 */
int bytes_read_fd(struct bytes *b, int fd, size_t max);

#endif
