#include "tunables/place.h"

#include "host/netns.h"
#include "tunables/place_search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* linux/socket.h of Linux 5.14; older C libraries do not have it. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* net_core_table of net/core/sysctl_net_core.c: of the initial namespace alone. */
#define INIT_ONLY_KEY "/proc/sys/net/core/netdev_max_backlog"
#define OWN_NETNS     "/proc/thread-self/ns/net"

static int open_file(struct os *os, const char *path)
{
	/* O_NONBLOCK: whatever else bears the name must not make us wait. */
	return os->ops->open(os, path, O_RDONLY | O_NONBLOCK, 0);
}

static void close_file(struct os *os, int *fd)
{
	if (*fd >= 0)
		(void)os->ops->close(os, *fd);
	*fd = -1;
}

/* The cookie of the namespace that the thread is in. */
static int read_cookie(struct os *os, uint64_t *ret)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	int fd = os->ops->socket(os, AF_UNIX, SOCK_DGRAM, 0);
	int r;

	if (fd < 0)
		return fd;
	r = os->ops->getsockopt(os, fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len);
	close_file(os, &fd);
	if (r == 0)
		*ret = cookie;
	return r;
}

int place_look_around(struct place *p)
{
	uint64_t cookie = 0;
	int r = read_cookie(p->os, &cookie);
	int fd;

	if (r < 0 && r != -ENOPROTOOPT)
		return r;
	p->cookie = cookie;
	fd = open_file(p->os, INIT_ONLY_KEY);
	if (fd < 0 && fd != -ENOENT)
		return fd;
	p->is_init = fd >= 0;
	close_file(p->os, &fd);
	return 0;
}

static int cannot_identify(const char *name, int code, struct error *e)
{
	if (code == -ENOPROTOOPT)
		return error_set(e, code, ERROR_UNSUPPORTED, name,
				 "this kernel has no cookies to tell network namespaces apart "
				 "(Linux 5.14 has); run netwright inside of the namespace instead");
	return error_errno(e, code, name, "cannot identify the network namespace");
}

int place_enter(const struct place *p, struct error *e)
{
	int r = p->netns < 0 ? 0 : p->os->ops->setns(p->os, p->netns);

	return r == 0 ? 0 : error_errno(e, r, p->name, "cannot enter the network namespace");
}

int place_leave(const struct place *p, struct error *e)
{
	int r = p->netns < 0 ? 0 : p->os->ops->setns(p->os, p->home);

	return r == 0 ? 0 : error_errno(e, r, p->name, "cannot come back from the namespace");
}

int place_return(const struct place *p, int r, struct error *e)
{
	/* The error of what was done inside is kept unless leaving has one of its own. */
	int left = p->netns < 0 ? 0 : place_leave(p, e);

	return left < 0 ? left : r;
}

void place_close(struct place *p)
{
	close_file(p->os, &p->netns);
	close_file(p->os, &p->home);
}

static int open_own(struct place *p, struct error *e)
{
	int r = place_look_around(p);

	return r < 0 ? cannot_identify(NULL, r, e) : 0;
}

/* Finds out which namespace p->netns is, and lets go of it when it is our own. */
static int identify(struct place *p, uint64_t own, struct error *e)
{
	int r = p->os->ops->setns(p->os, p->netns);
	int left;

	if (r < 0)
		return netns_open_failed(p->name, r, e);
	r = place_look_around(p);
	left = place_leave(p, e);
	if (left < 0)
		return left;
	if (r < 0)
		return cannot_identify(p->name, r, e);
	if (p->cookie == own) {
		close_file(p->os, &p->netns);
		close_file(p->os, &p->home);
	}
	return 0;
}

static int open_named(struct place *p, struct error *e)
{
	char named[NETNS_PATH_MAX] = "", of_process[NETNS_PATH_MAX] = "";
	uint64_t own = p->cookie;
	int r = netns_paths(p->name, named, of_process, e);

	if (r < 0)
		return r;
	if (own == 0)
		return cannot_identify(p->name, -ENOPROTOOPT, e);
	p->netns = open_file(p->os, named);
	if (p->netns == -ENOENT && of_process[0] != '\0')
		p->netns = open_file(p->os, of_process);
	if (p->netns < 0)
		return netns_open_failed(p->name, p->netns, e);
	p->home = open_file(p->os, OWN_NETNS);
	if (p->home < 0)
		return error_errno(e, p->home, OWN_NETNS, "cannot open");
	return identify(p, own, e);
}

int place_open(struct os *os, const char *name, struct place *ret, struct error *e)
{
	struct place p = { .os = os, .netns = -1, .home = -1 };
	int r;

	if (name != NULL && strlen(name) >= sizeof(p.name))
		name = "/"; /* longer than any name, and as malformed */
	r = open_own(&p, e);
	if (r == 0 && name != NULL && name[0] != '\0') {
		(void)snprintf(p.name, sizeof(p.name), "%s", name);
		r = open_named(&p, e);
	}
	if (r < 0)
		place_close(&p);
	else
		*ret = p;
	return r;
}

int place_open_again(struct os *os, const char *name, uint64_t cookie, enum place_reach reach,
		     struct place *ret, struct error *e)
{
	struct place p;
	uint64_t own, now = 0;
	int r = place_open(os, NULL, &p, e);

	if (r < 0)
		return r;
	if (p.cookie == cookie) {
		*ret = p;
		return 0;
	}
	own = p.cookie;
	if (name[0] != '\0' && place_open(os, name, &p, e) == 0) {
		if (p.cookie == cookie) {
			*ret = p;
			return 0;
		}
		place_close(&p);
	}
	/* Having entered the one of this name and not come back is fatal. */
	if (read_cookie(os, &now) == 0 && now != own)
		return -EPERM;
	p = (struct place){ .os = os, .cookie = cookie, .netns = -1, .home = -1 };
	(void)snprintf(p.name, sizeof(p.name), "%s", name);
	r = place_search(&p, reach, e);
	if (r < 0)
		place_close(&p);
	else
		*ret = p;
	return r;
}
