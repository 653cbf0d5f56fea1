#include "daemon/notify.h"

#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void notify_init(struct notify *n, const char *socket_name)
{
	size_t len = socket_name != NULL ? strlen(socket_name) : 0;

	*n = (struct notify){ .fd = -1, .to.sun_family = AF_UNIX };
	if (len < 2 || len >= sizeof(n->to.sun_path) ||
	    (socket_name[0] != '/' && socket_name[0] != '@'))
		return;
	memcpy(n->to.sun_path, socket_name, len);
	if (socket_name[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void notify_done(struct notify *n)
{
	if (n->fd >= 0)
		(void)close(n->fd);
	n->fd = -1;
}

void notify_send(const struct notify *n, const char *fmt, ...)
{
	char message[512];
	va_list args;
	int len;

	if (n->fd < 0)
		return;
	va_start(args, fmt);
	len = vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (len <= 0)
		return;
	if ((size_t)len >= sizeof(message))
		len = (int)sizeof(message) - 1;
	(void)!sendto(n->fd, message, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&n->to,
		      n->to_len);
}

uint64_t notify_watchdog_ns(const char *watchdog_usec, const char *watchdog_pid)
{
	uint64_t usec, pid;

	if (watchdog_usec == NULL ||
	    text_parse_u64(watchdog_usec, strlen(watchdog_usec), 10, &usec) < 0 ||
	    usec > UINT64_MAX / 1000)
		return 0;
	if (watchdog_pid != NULL &&
	    (text_parse_u64(watchdog_pid, strlen(watchdog_pid), 10, &pid) < 0 ||
	     pid != (uint64_t)getpid()))
		return 0;
	return usec * 1000 / 2;
}
