#include "tunables/socket_buffer.h"

#include "base/text.h"
#include "tunables/socket_number.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* asm-generic/socket.h of Linux 5.14; older C libraries do not have it. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define SEND_LOCK    1 /* SOCK_SNDBUF_LOCK of include/linux/socket.h */
#define RECEIVE_LOCK 2

#define UNDO_SIZE  "size"
#define UNDO_CLAMP "clamp"

/* A receive buffer that is merely unlocked stays as it is for good when it is what holds the flow:
 * the kernel enlarges it once the program reads more in a round trip than ever before
 * (tcp_rcv_space_adjust), which the window forbids. Measured on Linux 6.18: 13 Mbit/s before and
 * after. So it is enlarged this much first, and its window's bound with it. */
#define RELEASE_FACTOR 2

struct socket_buffer {
	int name, force, lock;
};

const struct socket_buffer socket_receive_buffer = { SO_RCVBUF, SO_RCVBUFFORCE, RECEIVE_LOCK };
const struct socket_buffer socket_send_buffer = { SO_SNDBUF, SO_SNDBUFFORCE, SEND_LOCK };

static int read_undo(struct os *os, int fd, const struct socket_buffer *b, bool locked, int size,
		     char undo[HELD_TEXT_MAX])
{
	int clamp = 0, r;
	int len = locked ? 0 : snprintf(undo, HELD_TEXT_MAX, UNDO_SIZE " %d", size);

	if (b->lock != RECEIVE_LOCK)
		return 0;
	r = socket_number_get(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp);
	(void)snprintf(undo + len, HELD_TEXT_MAX - (size_t)len, "%s" UNDO_CLAMP " %d",
		       len > 0 ? " " : "", clamp);
	return r;
}

int socket_buffer_read(struct os *os, int fd, const struct socket_buffer *b, struct held *ret)
{
	int size = 0, lock = 0;
	int r = socket_number_get(os, fd, SOL_SOCKET, b->name, &size);

	if (r == 0)
		r = socket_number_get(os, fd, SOL_SOCKET, SO_BUF_LOCK, &lock);
	if (r < 0)
		return r;
	if ((lock & b->lock) != 0)
		(void)snprintf(ret->text, sizeof(ret->text), "%d", size);
	else
		(void)snprintf(ret->text, sizeof(ret->text), SOCKET_BUFFER_AUTO);
	return read_undo(os, fd, b, (lock & b->lock) != 0, size, ret->undo);
}

/* Sets the size and locks it, in one call. */
static int write_size(struct os *os, int fd, const struct socket_buffer *b, const char *size)
{
	int value, r = socket_number_parse(size, &value);

	return r < 0 ? r : socket_number_set(os, fd, SOL_SOCKET, b->force, value / 2);
}

/* SO_BUF_LOCK sets the locks of both buffers. */
static int unlock(struct os *os, int fd, const struct socket_buffer *b)
{
	int lock = 0;
	int r = socket_number_get(os, fd, SOL_SOCKET, SO_BUF_LOCK, &lock);

	return r < 0 ? r : socket_number_set(os, fd, SOL_SOCKET, SO_BUF_LOCK, lock & ~b->lock);
}

static int released_size(int size)
{
	return size > SOCKET_BUFFER_MAX / RELEASE_FACTOR ? SOCKET_BUFFER_MAX
							 : size * RELEASE_FACTOR;
}

/* Lets the kernel adjust a locked buffer. */
static int release(struct os *os, int fd, const struct socket_buffer *b)
{
	int size = 0, clamp = 0, lock = 0;
	int r = socket_number_get(os, fd, SOL_SOCKET, SO_BUF_LOCK, &lock);

	if (r < 0 || (lock & b->lock) == 0)
		return r;
	if (b->lock == RECEIVE_LOCK) {
		r = socket_number_get(os, fd, SOL_SOCKET, b->name, &size);
		size = released_size(size);
		if (r == 0)
			r = socket_number_set(os, fd, SOL_SOCKET, b->force, size / 2);
		if (r == 0)
			r = socket_number_get(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp);
		if (r == 0 && clamp < size)
			r = socket_number_set(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, size);
	}
	return r < 0 ? r : unlock(os, fd, b);
}

int socket_buffer_write(struct os *os, int fd, const struct socket_buffer *b, const char *to)
{
	return strcmp(to, SOCKET_BUFFER_AUTO) == 0 ? release(os, fd, b) : write_size(os, fd, b, to);
}

/* The number in `undo` ("size 131072 clamp 65536") after its word, or -EINVAL. */
static int parse_undo(const struct held *from, const char *word, int *ret)
{
	struct text_span rest = { from->undo, strlen(from->undo) }, key, number;

	while (text_next_word(&rest, &key) && text_next_word(&rest, &number)) {
		char digits[24];

		if (!text_span_equal(key, word))
			continue;
		text_copy_printable(digits, sizeof(digits), number.at, number.len);
		return socket_number_parse(digits, ret);
	}
	return -EINVAL;
}

/* The kernel lowers the bound of the window while the buffer is locked, and raises it only with a
 * buffer that it enlarges: left low, it holds a buffer that is large already for good. */
static int restore_clamp(struct os *os, int fd, const struct held *from)
{
	int clamp = 0;

	/* Older records have none for "auto". 0, none at all, only an unused socket takes. */
	if (parse_undo(from, UNDO_CLAMP, &clamp) < 0 || clamp == 0)
		return 0;
	return socket_number_set(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, clamp);
}

/* The bound before the lock: what is killed in between is looked at by its size and lock, and done
 * again. */
int socket_buffer_restore(struct os *os, int fd, const struct socket_buffer *b,
			  const struct held *from)
{
	int size = 0, r;

	if (strcmp(from->text, SOCKET_BUFFER_AUTO) != 0) {
		r = restore_clamp(os, fd, from);
		return r < 0 ? r : write_size(os, fd, b, from->text);
	}
	r = parse_undo(from, UNDO_SIZE, &size);
	if (r == 0)
		r = socket_number_set(os, fd, SOL_SOCKET, b->force, size / 2);
	if (r == 0)
		r = restore_clamp(os, fd, from);
	return r < 0 ? r : unlock(os, fd, b);
}

bool socket_buffer_can_restore(const struct held *from)
{
	int number;

	if (strcmp(from->text, SOCKET_BUFFER_AUTO) == 0)
		return parse_undo(from, UNDO_SIZE, &number) == 0;
	return socket_number_parse(from->text, &number) == 0;
}

bool socket_buffer_half_done(const struct held *now, const struct held *from, const char *to)
{
	int was, is;

	if (socket_number_parse(now->text, &is) < 0)
		return false;
	/* Restored, and not unlocked yet; an odd size comes back as the even one below. */
	if (strcmp(from->text, SOCKET_BUFFER_AUTO) == 0)
		return parse_undo(from, UNDO_SIZE, &was) == 0 && is / 2 == was / 2;
	/* Enlarged, and not unlocked yet. */
	return strcmp(to, SOCKET_BUFFER_AUTO) == 0 && socket_number_parse(from->text, &was) == 0 &&
	       is == released_size(was);
}
