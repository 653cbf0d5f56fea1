#include "apply/guardian_channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

int guardian_channel_send(int channel, const struct guardian_message *m)
{
	ssize_t n;

	do {
		n = send(channel, m, sizeof(*m), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return (size_t)n == sizeof(*m) ? 0 : -EIO;
}

int guardian_channel_receive(int channel, int wait_ms, struct guardian_message *ret)
{
	struct pollfd p = { .fd = channel, .events = POLLIN };
	struct guardian_message m;
	ssize_t n;
	int r;

	do {
		r = poll(&p, 1, wait_ms);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	do {
		n = recv(channel, &m, sizeof(m), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return -EPIPE;
	if (n < 0)
		return -errno;
	if ((size_t)n != sizeof(m))
		return -EBADMSG;
	*ret = m;
	return 0;
}
