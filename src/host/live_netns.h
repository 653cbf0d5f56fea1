/* The network namespaces that a live source reads: our own, the audited one, the initial one. */
#ifndef NETWRIGHT_HOST_LIVE_NETNS_H
#define NETWRIGHT_HOST_LIVE_NETNS_H

#include "base/error.h"
#include "host/source.h"

#include <stdbool.h>

struct live_netns {
	char name[256]; /* as given; "" for our own */
	int own;	/* to come back to */
	int scope[2];	/* by enum source_scope; -1 where it is our own: nothing to enter */
	bool stranded;	/* coming back failed: whatever is read from now on is another's */
};

/* Opens the namespaces and tries that they may be entered. The audited one is that of `fd` (which
 * is duplicated), or with -1 the one of this name. The initial namespace is that of
 * process 1, or our own where that may not be entered. Errors as live_source_new(). */
int live_netns_open(struct live_netns *n, const char *name, int fd, struct error *e);
void live_netns_close(struct live_netns *n);

/* Between these the calling thread is in the scope's namespace. leave() returns `r`, or the errno
 * of not being able to come back. */
int live_netns_enter(struct live_netns *n, enum source_scope scope, struct error *e);
int live_netns_leave(struct live_netns *n, enum source_scope scope, int r, struct error *e);

/* Whether the name still means the audited namespace. */
bool live_netns_is_present(const struct live_netns *n);

#endif
