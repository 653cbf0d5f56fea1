#include "tunables/socket_grab.h"

#include "tunables/process_identity.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* asm-generic/socket.h; Linux 4.12. */
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

static int not_permitted(const char *name, int code, struct error *e)
{
	return error_set(
		e, code, ERROR_PRIVILEGE, name,
		"the process may not be looked into: it takes CAP_SYS_PTRACE for a process "
		"of another user, and with the Yama security module a kernel.yama."
		"ptrace_scope below 3; run netwright as root, outside of a container");
}

static int failed(const char *name, int code, const char *what, struct error *e)
{
	if (code == -ENOSYS)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, name,
				 "this kernel cannot reach connections of other processes "
				 "(pidfd_getfd, Linux 5.6 has it)");
	if (code == -EPERM || code == -EACCES)
		return not_permitted(name, code, e);
	return error_errno(e, code, name, what);
}

/* The process is looked at in between: nothing is taken from another one of its number. */
static int duplicate(struct os *os, struct socket_id *id)
{
	int pidfd = os->ops->pidfd_open(os, id->pid);
	uint64_t start = 0;
	int r;

	if (pidfd < 0)
		return pidfd == -EINVAL ? -ESRCH : pidfd; /* EINVAL: a thread's number */
	r = process_start_find(os, id->pid, &start);
	if (r == 0 && id->start != 0 && id->start != start)
		r = -ESRCH;
	if (r == 0)
		r = os->ops->pidfd_getfd(os, pidfd, id->fd);
	(void)os->ops->close(os, pidfd);
	if (r >= 0)
		id->start = start;
	return r;
}

static int read_number(struct os *os, int fd, int option, int *ret)
{
	socklen_t len = sizeof(*ret);

	return os->ops->getsockopt(os, fd, SOL_SOCKET, option, ret, &len);
}

/* -ENOTSOCK for other files, and for sockets that are not TCP's. */
static int read_cookie(struct os *os, int fd, uint64_t *ret)
{
	socklen_t len = sizeof(*ret);
	int domain = 0, protocol = 0;
	int r = read_number(os, fd, SO_DOMAIN, &domain);

	if (r == 0)
		r = read_number(os, fd, SO_PROTOCOL, &protocol);
	if (r < 0)
		return r;
	if ((domain != AF_INET && domain != AF_INET6) || protocol != IPPROTO_TCP)
		return -ENOTSOCK;
	return os->ops->getsockopt(os, fd, SOL_SOCKET, SO_COOKIE, ret, &len);
}

/* What is 0 in *id is filled in, and what is not must be so: -ESRCH and -ESTALE. */
static int take(struct os *os, struct socket_id *id)
{
	uint64_t cookie = 0;
	int fd = duplicate(os, id);
	int r;

	if (fd < 0)
		return fd;
	r = read_cookie(os, fd, &cookie);
	if (r == 0 && id->cookie != 0 && id->cookie != cookie)
		r = -ESTALE;
	if (r < 0)
		(void)os->ops->close(os, fd);
	else
		id->cookie = cookie;
	return r < 0 ? r : fd;
}

int socket_grab(struct os *os, const struct socket_id *id, const char *name, struct error *e)
{
	struct socket_id wanted = *id;
	int fd = take(os, &wanted);

	if (fd >= 0)
		return fd;
	if (fd == -ESRCH)
		return error_set(e, -ESTALE, ERROR_FAILED, name, "the process has ended");
	if (fd == -ESTALE || fd == -EBADF || fd == -ENOTSOCK)
		return error_set(e, -ESTALE, ERROR_FAILED, name, "the connection was closed");
	return failed(name, fd, "reaching the connection", e);
}

int socket_identify(struct os *os, pid_t pid, int fd, const char *name, struct socket_id *ret,
		    struct error *e)
{
	struct socket_id id = { .pid = pid, .fd = fd };
	int taken = take(os, &id);

	if (taken >= 0) {
		(void)os->ops->close(os, taken);
		*ret = id;
		return 0;
	}
	if (taken == -ESRCH)
		return error_set(e, -ENOENT, ERROR_INPUT, name, "there is no such process here");
	if (taken == -EBADF)
		return error_set(e, -ENOENT, ERROR_INPUT, name,
				 "the process has no such descriptor open");
	if (taken == -ENOTSOCK)
		return error_set(e, -EINVAL, ERROR_INPUT, name, "this is no TCP connection");
	return failed(name, taken, "reaching the connection", e);
}
