#include "base/bytes.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FIRST_CAPACITY = 256,
	READ_STEP_BYTES = 4096, /* what seq_file hands out per read of most /proc files */
};

void bytes_done(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

void bytes_clear(struct bytes *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

int bytes_reserve(struct bytes *b, size_t more)
{
	size_t capacity = b->capacity > 0 ? b->capacity : FIRST_CAPACITY;
	size_t need;
	char *data;

	if (more >= (size_t)PTRDIFF_MAX - b->len)
		return -ENOMEM;
	need = b->len + more + 1; /* the terminator */
	if (need <= b->capacity)
		return 0;
	while (capacity < need)
		capacity = capacity > (size_t)PTRDIFF_MAX / 2 ? need : capacity * 2;
	data = realloc(b->data, capacity);
	if (data == NULL)
		return -ENOMEM;
	data[b->len] = '\0';
	b->data = data;
	b->capacity = capacity;
	return 0;
}

int bytes_append(struct bytes *b, const void *data, size_t len)
{
	int r = bytes_reserve(b, len);

	if (r < 0)
		return r;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int bytes_printf(struct bytes *b, const char *fmt, ...)
{
	va_list args;
	int n, r;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;
	r = bytes_reserve(b, (size_t)n);
	if (r < 0)
		return r;
	va_start(args, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
	return 0;
}

static int read_to_end(struct bytes *b, int fd, size_t max)
{
	size_t taken = 0;

	for (;;) {
		/* One byte beyond the limit tells "exactly max" from "more". */
		size_t left = max - taken < SIZE_MAX ? max - taken + 1 : max - taken;
		size_t room;
		ssize_t n;
		int r;

		r = bytes_reserve(b, left < READ_STEP_BYTES ? left : READ_STEP_BYTES);
		if (r < 0)
			return r;
		room = b->capacity - b->len - 1;
		n = read(fd, b->data + b->len, room < left ? room : left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if ((size_t)n > max - taken)
			return -EFBIG;
		taken += (size_t)n;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
	}
}

int bytes_read_fd(struct bytes *b, int fd, size_t max)
{
	size_t before = b->len;
	int r = read_to_end(b, fd, max);

	if (r < 0) {
		b->len = before;
		if (b->data != NULL)
			b->data[before] = '\0';
	}
	return r;
}
