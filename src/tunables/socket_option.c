#include "tunables/socket_option.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/sockdiag.h"
#include "tunables/socket.h"
#include "tunables/socket_buffer.h"
#include "tunables/socket_number.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define UNLIMITED "unlimited"

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
	WORD_ROW(
		SOCKET_BUFFER_AUTO, "rcvbuf", TUNABLE_INTEGER, UNIT_BYTES, 1, SOCKET_BUFFER_MIN,
		SOCKET_BUFFER_MAX, "5.14", "socket(7), SO_RCVBUF",
		"A size ends the kernel's own adjustment; \"" SOCKET_BUFFER_AUTO
		"\" lets it begin again.",
		"Receive buffer as ss(8) shows it, twice what programs ask for, or \"" SOCKET_BUFFER_AUTO
		"\". The window can never exceed 65535 << its scale, which was settled when the "
		"connection was opened: beyond, only a new connection helps."),
	WORD_ROW(
		SOCKET_BUFFER_AUTO, "sndbuf", TUNABLE_INTEGER, UNIT_BYTES, 1, SOCKET_BUFFER_MIN,
		SOCKET_BUFFER_MAX, "5.14", "socket(7), SO_SNDBUF",
		"A size ends the kernel's own adjustment; \"" SOCKET_BUFFER_AUTO
		"\" lets it begin again.",
		"Send buffer as ss(8) shows it, twice what programs ask for, or \"" SOCKET_BUFFER_AUTO
		"\"."),
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
	const struct socket_buffer *buffer; /* FORMAT_BUFFER */
} options[ARRAY_LEN(socket_rows)] = {
	{ IPPROTO_TCP, TCP_CONGESTION, FORMAT_TEXT, NULL },
	{ SOL_SOCKET, SO_KEEPALIVE, FORMAT_NUMBER, NULL },
	{ IPPROTO_TCP, TCP_KEEPCNT, FORMAT_NUMBER, NULL },
	{ IPPROTO_TCP, TCP_KEEPIDLE, FORMAT_NUMBER, NULL },
	{ IPPROTO_TCP, TCP_KEEPINTVL, FORMAT_NUMBER, NULL },
	{ IPPROTO_TCP, TCP_NODELAY, FORMAT_NUMBER, NULL },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, FORMAT_UNSIGNED, NULL },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, FORMAT_RATE, NULL },
	{ SOL_SOCKET, SO_RCVBUF, FORMAT_BUFFER, &socket_receive_buffer },
	{ SOL_SOCKET, SO_SNDBUF, FORMAT_BUFFER, &socket_send_buffer },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, FORMAT_NUMBER, NULL },
};

static const struct option *option_of(const struct tunable *row)
{
	return &options[row - socket_rows];
}

bool socket_option_is_buffer(const struct tunable *row)
{
	return option_of(row)->buffer != NULL;
}

bool socket_option_is_receive_buffer(const struct tunable *row)
{
	return option_of(row)->buffer == &socket_receive_buffer;
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
		r = socket_buffer_read(os, fd, o->buffer, &held);
		break;
	case FORMAT_UNSIGNED:
		r = socket_number_get(os, fd, o->level, o->name, &number);
		(void)snprintf(held.text, sizeof(held.text), "%u", (unsigned int)number);
		break;
	case FORMAT_NUMBER:
	default:
		r = socket_number_get(os, fd, o->level, o->name, &number);
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

int socket_option_write(struct os *os, int fd, const struct tunable *row, const char *to)
{
	const struct option *o = option_of(row);
	uint32_t bits = 0;
	int number, r;

	switch (o->format) {
	case FORMAT_UNSIGNED:
		r = parse_unsigned(to, &bits);
		return r < 0 ? r : socket_number_set(os, fd, o->level, o->name, (int)bits);
	case FORMAT_RATE:
		return write_rate(os, fd, o, to);
	case FORMAT_TEXT:
		return write_name(os, fd, o, to);
	case FORMAT_BUFFER:
		return socket_buffer_write(os, fd, o->buffer, to);
	case FORMAT_NUMBER:
	default:
		r = socket_number_parse(to, &number);
		return r < 0 ? r : socket_number_set(os, fd, o->level, o->name, number);
	}
}

int socket_option_restore(struct os *os, int fd, const struct tunable *row, const struct held *from)
{
	const struct option *o = option_of(row);

	if (o->format == FORMAT_BUFFER)
		return socket_buffer_restore(os, fd, o->buffer, from);
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
		return socket_buffer_can_restore(from);
	case FORMAT_NUMBER:
	default:
		return socket_number_parse(from->text, &number) == 0;
	}
}

bool socket_option_half_done(const struct tunable *row, const struct held *now,
			     const struct held *from, const char *to)
{
	return socket_option_is_buffer(row) && socket_buffer_half_done(now, from, to);
}
