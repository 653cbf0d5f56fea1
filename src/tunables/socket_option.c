#include "tunables/socket_option.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/sockdiag.h"
#include "tunables/socket.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
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

#define AUTO	   "auto"
#define UNLIMITED  "unlimited"
#define UNDO_SIZE  "size "
#define UNDO_CLAMP "clamp "
#define NUMBER_MAX 24 /* a number and its NUL */

/* The kernel's own least buffers: SOCK_MIN_SNDBUF of include/net/sock.h, with a struct sk_buff of
 * 256 bytes; the least receive buffer is half of it. It doubles what it is told, at most to
 * INT_MAX (sock_setsockopt). */
#define BUFFER_MIN 4608
#define BUFFER_MAX (INT_MAX - 1)

/* A receive buffer that is merely unlocked stays as it is for good when it is what holds the flow:
 * the kernel enlarges it once the program reads more in a round trip than ever before
 * (tcp_rcv_space_adjust), which the window forbids. Measured on Linux 6.18: 13 Mbit/s before and
 * after. So it is enlarged this much first, and its window's bound with it. */
#define RELEASE_FACTOR 2

#define ROW(...) WORD_ROW(NULL, __VA_ARGS__)
#define WORD_ROW(WORD, NAME, TYPE, UNIT, SCALE, MINIMUM, MAXIMUM, SINCE, SOURCE, ALSO, HELP) \
	{                                                                                    \
		.name = SOCKET_PREFIX NAME, .type = (TYPE), .elements = 1, .unit = (UNIT),   \
		.scale = (SCALE), .minimum = (MINIMUM), .maximum = (MAXIMUM),                \
		.scope = TUNABLE_PER_SOCKET, .undo = TUNABLE_UNDO_FULL, .since = (SINCE),    \
		.source = (SOURCE), .side_effects = (ALSO), .help = (HELP), .word = (WORD),  \
	}
#define PINNED                                                                                   \
	"A connection that had none of its own keeps the sysctl's value of the moment after it " \
	"is put back, and does not follow the sysctl any more."

/* Ranges: MAX_TCP_KEEPIDLE, _KEEPINTVL and _KEEPCNT of include/net/tcp.h. pidfd_getfd(2), through
 * which all are reached, came with Linux 5.6. */
const struct tunable socket_rows[] = {
	ROW("congestion", TUNABLE_TOKEN, UNIT_TEXT, 1, 0, 0, "5.6", "tcp(7), TCP_CONGESTION",
	    "The congestion control begins anew: what it has learnt about the path is lost.",
	    "Congestion control of the connection, from the next acknowledgement on."),
	ROW("keepalive", TUNABLE_BOOLEAN, UNIT_COUNT, 1, 0, 1, "5.6", "socket(7), SO_KEEPALIVE",
	    NULL, "Whether the peer is probed while nothing is sent: on or off."),
	ROW("keepalive_count", TUNABLE_INTEGER, UNIT_COUNT, 1, 1, 127, "5.6", "tcp(7), TCP_KEEPCNT",
	    PINNED, "Probes without an answer after which it is closed."),
	ROW("keepalive_idle", TUNABLE_INTEGER, UNIT_SECONDS, 1, 1, 32767, "5.6",
	    "tcp(7), TCP_KEEPIDLE", PINNED, "Silence after which the first probe is sent."),
	ROW("keepalive_interval", TUNABLE_INTEGER, UNIT_SECONDS, 1, 1, 32767, "5.6",
	    "tcp(7), TCP_KEEPINTVL", PINNED, "Time between probes that are not answered."),
	ROW("nodelay", TUNABLE_BOOLEAN, UNIT_COUNT, 1, 0, 1, "5.6", "tcp(7), TCP_NODELAY",
	    "Turning it on sends at once what was held back.",
	    "Whether small writes are sent at once (on), or wait for the acknowledgement of what "
	    "was sent before (off, Nagle's algorithm)."),
	ROW("notsent_lowat", TUNABLE_INTEGER, UNIT_BYTES, 1, 0, UINT32_MAX, "5.6",
	    "tcp(7), TCP_NOTSENT_LOWAT", NULL,
	    "Unsent data above which the connection does not show as writable; 0: as "
	    "net.ipv4.tcp_notsent_lowat says."),
	WORD_ROW(
		UNLIMITED, "pacing_rate", TUNABLE_INTEGER, UNIT_RATE, 1, 1, INT64_MAX, "5.6",
		"socket(7), SO_MAX_PACING_RATE",
		"A connection that was limited once stays paced, at the rate that TCP reckons for it.",
		"Highest rate at which it sends: a number of bytes per second, one with a unit "
		"(100Mbit), or \"" UNLIMITED "\"."),
	WORD_ROW(AUTO, "rcvbuf", TUNABLE_INTEGER, UNIT_BYTES, 1, BUFFER_MIN, BUFFER_MAX, "5.14",
		 "socket(7), SO_RCVBUF",
		 "A size ends the kernel's own adjustment; \"" AUTO "\" lets it begin again.",
		 "Receive buffer as ss(8) shows it, twice what programs ask for, or \"" AUTO
		 "\". The window can never exceed 65535 << its scale, which was settled when the "
		 "connection was opened: beyond, only a new connection helps."),
	WORD_ROW(AUTO, "sndbuf", TUNABLE_INTEGER, UNIT_BYTES, 1, BUFFER_MIN, BUFFER_MAX, "5.14",
		 "socket(7), SO_SNDBUF",
		 "A size ends the kernel's own adjustment; \"" AUTO "\" lets it begin again.",
		 "Send buffer as ss(8) shows it, twice what programs ask for, or \"" AUTO "\"."),
	ROW("user_timeout", TUNABLE_INTEGER, UNIT_SECONDS, 1e-3, 0, INT_MAX, "5.6",
	    "tcp(7), TCP_USER_TIMEOUT", NULL,
	    "How long data may stay unacknowledged before the connection is closed; 0: as "
	    "net.ipv4.tcp_retries2 says."),
};
const size_t socket_row_count = ARRAY_LEN(socket_rows);

enum format { FORMAT_NUMBER, FORMAT_UNSIGNED, FORMAT_RATE, FORMAT_TEXT, FORMAT_BUFFER };

/* In the order of the rows. */
static const struct option {
	int level, name;
	enum format format;
	int force, lock; /* FORMAT_BUFFER */
} options[ARRAY_LEN(socket_rows)] = {
	{ IPPROTO_TCP, TCP_CONGESTION, FORMAT_TEXT, 0, 0 },
	{ SOL_SOCKET, SO_KEEPALIVE, FORMAT_NUMBER, 0, 0 },
	{ IPPROTO_TCP, TCP_KEEPCNT, FORMAT_NUMBER, 0, 0 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, FORMAT_NUMBER, 0, 0 },
	{ IPPROTO_TCP, TCP_KEEPINTVL, FORMAT_NUMBER, 0, 0 },
	{ IPPROTO_TCP, TCP_NODELAY, FORMAT_NUMBER, 0, 0 },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, FORMAT_UNSIGNED, 0, 0 },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, FORMAT_RATE, 0, 0 },
	{ SOL_SOCKET, SO_RCVBUF, FORMAT_BUFFER, SO_RCVBUFFORCE, RECEIVE_LOCK },
	{ SOL_SOCKET, SO_SNDBUF, FORMAT_BUFFER, SO_SNDBUFFORCE, SEND_LOCK },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, FORMAT_NUMBER, 0, 0 },
};

static const struct option *option_of(const struct tunable *row)
{
	return &options[row - socket_rows];
}

bool socket_option_is_buffer(const struct tunable *row)
{
	return option_of(row)->format == FORMAT_BUFFER;
}

bool socket_option_is_receive_buffer(const struct tunable *row)
{
	return option_of(row)->name == SO_RCVBUF && socket_option_is_buffer(row);
}

bool socket_option_is_congestion(const struct tunable *row)
{
	return option_of(row)->format == FORMAT_TEXT;
}

/* --- texts --- */

int socket_option_parse(const struct tunable *row, const char *words, char ret_to[HELD_TEXT_MAX],
			struct error *e)
{
	struct tunable_setting setting;
	int64_t size;
	int r;

	if (row->word != NULL && strcmp(words, row->word) == 0) {
		(void)snprintf(ret_to, HELD_TEXT_MAX, "%s", words);
		return 0;
	}
	r = tunable_parse(row, words, &setting, e);
	if (r < 0)
		return r;
	(void)snprintf(ret_to, HELD_TEXT_MAX, "%s", setting.text);
	/* The kernel doubles what it is told: an odd size it cannot hold. */
	if (socket_option_is_buffer(row) &&
	    text_parse_i64(setting.text, strlen(setting.text), &size) == 0)
		(void)snprintf(ret_to, HELD_TEXT_MAX, "%" PRId64, size + size % 2);
	return 0;
}

/* A number that fits an int. */
static int parse_int(const char *text, int *ret)
{
	int64_t number;

	if (text_parse_i64(text, strlen(text), &number) < 0 || number < 0 || number > INT_MAX)
		return -EINVAL;
	*ret = (int)number;
	return 0;
}

/* A number that is told to the kernel as the int of the same bits. */
static int parse_unsigned(const char *text, uint32_t *ret)
{
	uint64_t number = 0;

	if (text_parse_u64(text, strlen(text), 10, &number) < 0 || number > UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)number;
	return 0;
}

static int parse_rate(const char *text, unsigned long *ret)
{
	uint64_t number = 0;

	if (strcmp(text, UNLIMITED) == 0) {
		*ret = ULONG_MAX;
		return 0;
	}
	if (text_parse_u64(text, strlen(text), 10, &number) < 0 || number >= ULONG_MAX)
		return -EINVAL;
	*ret = (unsigned long)number;
	return 0;
}

static bool is_name(const char *text)
{
	return text[0] != '\0' && strlen(text) < CONGESTION_NAME_MAX;
}

/* --- one system call each --- */

static int get_int(struct os *os, int fd, int level, int name, int *ret)
{
	socklen_t len = sizeof(*ret);
	int value = 0;
	int r = os->ops->getsockopt(os, fd, level, name, &value, &len);

	if (r == 0)
		*ret = value;
	return r;
}

static int set_int(struct os *os, int fd, int level, int name, int value)
{
	return os->ops->setsockopt(os, fd, level, name, &value, sizeof(value));
}

static int read_rate(struct os *os, int fd, const struct option *o, char ret[HELD_TEXT_MAX])
{
	unsigned long rate = 0;
	socklen_t len = sizeof(rate);
	int r = os->ops->getsockopt(os, fd, o->level, o->name, &rate, &len);

	if (r < 0)
		return r;
	if (len != sizeof(rate))
		return -ENOPROTOOPT; /* before 4.20: 32 bits, which 5.6 is not */
	if (rate == ULONG_MAX)
		(void)snprintf(ret, HELD_TEXT_MAX, UNLIMITED);
	else
		(void)snprintf(ret, HELD_TEXT_MAX, "%lu", rate);
	return 0;
}

static int read_name(struct os *os, int fd, const struct option *o, char ret[HELD_TEXT_MAX])
{
	char name[CONGESTION_NAME_MAX + 1] = "";
	socklen_t len = CONGESTION_NAME_MAX;
	int r = os->ops->getsockopt(os, fd, o->level, o->name, name, &len);

	if (r == 0)
		(void)snprintf(ret, HELD_TEXT_MAX, "%s", name);
	return r;
}

static int read_clamp(struct os *os, int fd, const struct option *o, struct held *ret)
{
	int clamp = 0, r;

	if (o->lock != RECEIVE_LOCK)
		return 0;
	r = get_int(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp);
	(void)snprintf(ret->undo, sizeof(ret->undo), UNDO_CLAMP "%d", clamp);
	return r;
}

static int read_buffer(struct os *os, int fd, const struct option *o, struct held *ret)
{
	int size = 0, lock = 0;
	int r = get_int(os, fd, o->level, o->name, &size);

	if (r == 0)
		r = get_int(os, fd, SOL_SOCKET, SO_BUF_LOCK, &lock);
	if (r < 0)
		return r;
	if ((lock & o->lock) != 0) {
		(void)snprintf(ret->text, sizeof(ret->text), "%d", size);
		return read_clamp(os, fd, o, ret);
	}
	(void)snprintf(ret->text, sizeof(ret->text), AUTO);
	(void)snprintf(ret->undo, sizeof(ret->undo), UNDO_SIZE "%d", size);
	return 0;
}

int socket_option_read(struct os *os, int fd, const struct tunable *row, struct held *ret)
{
	const struct option *o = option_of(row);
	struct held held = { 0 };
	int number = 0, r;

	switch (o->format) {
	case FORMAT_RATE:
		r = read_rate(os, fd, o, held.text);
		break;
	case FORMAT_TEXT:
		r = read_name(os, fd, o, held.text);
		break;
	case FORMAT_BUFFER:
		r = read_buffer(os, fd, o, &held);
		break;
	case FORMAT_UNSIGNED:
		r = get_int(os, fd, o->level, o->name, &number);
		(void)snprintf(held.text, sizeof(held.text), "%u", (unsigned int)number);
		break;
	case FORMAT_NUMBER:
	default:
		r = get_int(os, fd, o->level, o->name, &number);
		(void)snprintf(held.text, sizeof(held.text), "%d", number);
		break;
	}
	if (r == 0)
		*ret = held;
	return r;
}

static int write_rate(struct os *os, int fd, const struct option *o, const char *to)
{
	unsigned long rate = 0;
	int r = parse_rate(to, &rate);

	if (r < 0)
		return r;
	return os->ops->setsockopt(os, fd, o->level, o->name, &rate, sizeof(rate));
}

static int write_name(struct os *os, int fd, const struct option *o, const char *to)
{
	if (!is_name(to))
		return -ENOENT; /* as the kernel says of a name that it does not know */
	return os->ops->setsockopt(os, fd, o->level, o->name, to, (socklen_t)strlen(to));
}

/* Sets the size and locks it, in one call. */
static int write_size(struct os *os, int fd, const struct option *o, const char *size)
{
	int value, r = parse_int(size, &value);

	return r < 0 ? r : set_int(os, fd, SOL_SOCKET, o->force, value / 2);
}

/* SO_BUF_LOCK sets the locks of both buffers. */
static int unlock(struct os *os, int fd, const struct option *o)
{
	int lock = 0;
	int r = get_int(os, fd, SOL_SOCKET, SO_BUF_LOCK, &lock);

	return r < 0 ? r : set_int(os, fd, SOL_SOCKET, SO_BUF_LOCK, lock & ~o->lock);
}

static int released_size(int size)
{
	return size > BUFFER_MAX / RELEASE_FACTOR ? BUFFER_MAX : size * RELEASE_FACTOR;
}

/* Lets the kernel adjust a locked buffer. */
static int release(struct os *os, int fd, const struct option *o)
{
	int size = 0, clamp = 0, lock = 0;
	int r = get_int(os, fd, SOL_SOCKET, SO_BUF_LOCK, &lock);

	if (r < 0 || (lock & o->lock) == 0)
		return r;
	if (o->lock == RECEIVE_LOCK) {
		r = get_int(os, fd, o->level, o->name, &size);
		size = released_size(size);
		if (r == 0)
			r = set_int(os, fd, SOL_SOCKET, o->force, size / 2);
		if (r == 0)
			r = get_int(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp);
		if (r == 0 && clamp < size)
			r = set_int(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, size);
	}
	return r < 0 ? r : unlock(os, fd, o);
}

int socket_option_write(struct os *os, int fd, const struct tunable *row, const char *to)
{
	const struct option *o = option_of(row);
	uint32_t bits = 0;
	int number, r;

	switch (o->format) {
	case FORMAT_UNSIGNED:
		r = parse_unsigned(to, &bits);
		return r < 0 ? r : set_int(os, fd, o->level, o->name, (int)bits);
	case FORMAT_RATE:
		return write_rate(os, fd, o, to);
	case FORMAT_TEXT:
		return write_name(os, fd, o, to);
	case FORMAT_BUFFER:
		return strcmp(to, AUTO) == 0 ? release(os, fd, o) : write_size(os, fd, o, to);
	case FORMAT_NUMBER:
	default:
		r = parse_int(to, &number);
		return r < 0 ? r : set_int(os, fd, o->level, o->name, number);
	}
}

/* The number in `undo` after its word, or -EINVAL. */
static int parse_undo(const struct held *from, const char *word, int *ret)
{
	size_t len = strlen(word);

	return strncmp(from->undo, word, len) == 0 ? parse_int(from->undo + len, ret) : -EINVAL;
}

static int restore_buffer(struct os *os, int fd, const struct option *o, const struct held *from)
{
	int number = 0, r;

	if (strcmp(from->text, AUTO) == 0) {
		r = parse_undo(from, UNDO_SIZE, &number);
		if (r == 0)
			r = set_int(os, fd, SOL_SOCKET, o->force, number / 2);
		return r < 0 ? r : unlock(os, fd, o);
	}
	/* The bound first: what is killed in between is looked at by its size, and done again. */
	r = parse_undo(from, UNDO_CLAMP, &number) == 0
		    ? set_int(os, fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, number)
		    : 0;
	return r < 0 ? r : write_size(os, fd, o, from->text);
}

int socket_option_restore(struct os *os, int fd, const struct tunable *row, const struct held *from)
{
	const struct option *o = option_of(row);

	if (o->format == FORMAT_BUFFER)
		return restore_buffer(os, fd, o, from);
	return socket_option_write(os, fd, row, from->text);
}

bool socket_option_can_restore(const struct tunable *row, const struct held *from)
{
	unsigned long rate;
	uint32_t bits;
	int number;

	switch (option_of(row)->format) {
	case FORMAT_UNSIGNED:
		return parse_unsigned(from->text, &bits) == 0;
	case FORMAT_RATE:
		return parse_rate(from->text, &rate) == 0;
	case FORMAT_TEXT:
		return is_name(from->text);
	case FORMAT_BUFFER:
		if (strcmp(from->text, AUTO) == 0)
			return parse_undo(from, UNDO_SIZE, &number) == 0;
		return parse_int(from->text, &number) == 0;
	case FORMAT_NUMBER:
	default:
		return parse_int(from->text, &number) == 0;
	}
}

bool socket_option_half_done(const struct tunable *row, const struct held *now,
			     const struct held *from, const char *to)
{
	int was, is;

	if (!socket_option_is_buffer(row) || parse_int(now->text, &is) < 0)
		return false;
	/* Restored, and not unlocked yet; an odd size comes back as the even one below. */
	if (strcmp(from->text, AUTO) == 0)
		return parse_undo(from, UNDO_SIZE, &was) == 0 && is / 2 == was / 2;
	/* Enlarged, and not unlocked yet. */
	return strcmp(to, AUTO) == 0 && parse_int(from->text, &was) == 0 &&
	       is == released_size(was);
}
