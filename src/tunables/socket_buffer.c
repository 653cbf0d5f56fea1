#include "tunables/socket_buffer.h"

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

#define UNDO_SIZE  "size "
#define UNDO_CLAMP "clamp "

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

static int read_clamp(struct os *os, int fd, const struct socket_buffer *b, struct held *ret)
{
	int clamp = 0, r;

	if (b->lock != RECEIVE_LOCK)
		return 0;
	r = socket_number_get(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp);
	(void)snprintf(ret->undo, sizeof(ret->undo), UNDO_CLAMP "%d", clamp);
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
	if ((lock & b->lock) != 0) {
		(void)snprintf(ret->text, sizeof(ret->text), "%d", size);
		return read_clamp(os, fd, b, ret);
	}
	(void)snprintf(ret->text, sizeof(ret->text), SOCKET_BUFFER_AUTO);
	(void)snprintf(ret->undo, sizeof(ret->undo), UNDO_SIZE "%d", size);
	return 0;
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

/* The number in `undo` after its word, or -EINVAL. */
static int parse_undo(const struct held *from, const char *word, int *ret)
{
	size_t len = strlen(word);

	return strncmp(from->undo, word, len) == 0 ? socket_number_parse(from->undo + len, ret)
						   : -EINVAL;
}

int socket_buffer_restore(struct os *os, int fd, const struct socket_buffer *b,
			  const struct held *from)
{
	int number = 0, r;

	if (strcmp(from->text, SOCKET_BUFFER_AUTO) == 0) {
		r = parse_undo(from, UNDO_SIZE, &number);
		if (r == 0)
			r = socket_number_set(os, fd, SOL_SOCKET, b->force, number / 2);
		return r < 0 ? r : unlock(os, fd, b);
	}
	/* The bound first: what is killed in between is looked at by its size, and done again. */
	r = parse_undo(from, UNDO_CLAMP, &number) == 0
		    ? socket_number_set(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, number)
		    : 0;
	return r < 0 ? r : write_size(os, fd, b, from->text);
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
