#include "host/live_netns.h"

#include "base/cleanup.h"
#include "host/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static int try_entering(struct live_netns *n, enum source_scope scope, struct error *e)
{
	int r = live_netns_enter(n, scope, e);

	return r < 0 ? r : live_netns_leave(n, scope, 0, e);
}

static void forget(struct live_netns *n, enum source_scope scope)
{
	close_fdp(&n->scope[scope]);
	n->scope[scope] = -1;
}

static int duplicate(int fd, struct error *e)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy >= 0 ? copy : error_errno(e, -errno, NULL, "cannot open the network namespace");
}

static int open_audited(struct live_netns *n, const char *name, int fd, struct error *e)
{
	int r;

	n->scope[SOURCE_NETNS] = fd >= 0 ? duplicate(fd, e) : netns_open(name, e);
	if (n->scope[SOURCE_NETNS] < 0)
		return n->scope[SOURCE_NETNS];
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	if (netns_same(n->own, n->scope[SOURCE_NETNS])) {
		forget(n, SOURCE_NETNS);
		return 0;
	}
	r = try_entering(n, SOURCE_NETNS, e);
	if (r == -EPERM)
		return error_set(e, r, ERROR_PRIVILEGE, name,
				 "the network namespace may not be entered; run as root");
	return r;
}

static int open_initial(struct live_netns *n, struct error *e)
{
	n->scope[SOURCE_HOST] = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	if (n->scope[SOURCE_HOST] < 0)
		return 0;
	if (netns_same(n->own, n->scope[SOURCE_HOST]) ||
	    try_entering(n, SOURCE_HOST, n->stranded ? e : NULL) < 0)
		forget(n, SOURCE_HOST);
	if (n->stranded)
		return error_set(e, -EPERM, ERROR_PRIVILEGE, NULL,
				 "cannot come back from the initial network namespace");
	return 0;
}

int live_netns_open(struct live_netns *n, const char *name, int fd, struct error *e)
{
	int r;

	*n = (struct live_netns){ .own = netns_open(NULL, e), .scope = { -1, -1 } };
	r = n->own < 0 ? n->own : 0;
	if (r == 0 && name != NULL)
		r = open_audited(n, name, fd, e);
	if (r == 0)
		r = open_initial(n, e);
	if (r < 0)
		live_netns_close(n);
	return r;
}

void live_netns_close(struct live_netns *n)
{
	forget(n, SOURCE_NETNS);
	forget(n, SOURCE_HOST);
	close_fdp(&n->own);
	n->own = -1;
}

int live_netns_enter(struct live_netns *n, enum source_scope scope, struct error *e)
{
	if (n->stranded)
		return error_set(e, -EPERM, ERROR_PRIVILEGE, NULL,
				 "cannot come back from another network namespace");
	return n->scope[scope] < 0 ? 0 : netns_enter(n->scope[scope], e);
}

int live_netns_leave(struct live_netns *n, enum source_scope scope, int r, struct error *e)
{
	int back = n->scope[scope] < 0 ? 0 : netns_enter(n->own, e);

	if (back == 0)
		return r;
	/* Possible only when a user namespace gave us rights over the other, not over our own. */
	n->stranded = true;
	return back;
}

bool live_netns_is_present(const struct live_netns *n)
{
	CLEANUP(close_fdp) int now = -1;

	if (n->name[0] == '\0')
		return true;
	now = netns_open(n->name, NULL);
	return now >= 0 &&
	       netns_same(now, n->scope[SOURCE_NETNS] < 0 ? n->own : n->scope[SOURCE_NETNS]);
}
