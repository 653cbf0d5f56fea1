/* Where tunables are read and written: a network namespace of this machine.
 *
 * A namespace is remembered by its cookie (SO_NETNS_COOKIE), which is never reused within a boot;
 * names and inode numbers are: three deleted and recreated namespaces had the same inode (measured
 * on Linux 6.18). Which one is the initial namespace the cookie does not say (it is 3 on that
 * kernel): the one that shows keys which are not per namespace is.
 */
#ifndef NETWRIGHT_TUNABLES_PLACE_H
#define NETWRIGHT_TUNABLES_PLACE_H

#include "base/error.h"
#include "base/os.h"

#include <stdbool.h>
#include <stdint.h>

#define PLACE_NAME_MAX 256

struct place {
	struct os *os;
	char name[PLACE_NAME_MAX]; /* of /run/netns, a PID, or "" for our own */
	uint64_t cookie;	   /* 0: this kernel has none (before 5.14) */
	bool is_init;
	int netns; /* owned; -1: our own, nothing to enter */
	int home;  /* owned; to come back to; -1 with netns -1 */
};

/* Opens the namespace `name` (as netns_open(); NULL or "": our own). Errors: -ENOENT, -EPERM,
 * -EINVAL, and -ENOPROTOOPT (ERROR_UNSUPPORTED) on kernels before 5.14 without cookies, where only
 * our own namespace can be changed. */
int place_open(struct os *os, const char *name, struct place *ret, struct error *e);
/* Opens the namespace with this cookie: our own or the one called `name` if it has it, else one
 * that has another name or that a process is in, and with PLACE_ANYWHERE also one that only a file
 * somewhere keeps (place_search.h). -ESTALE when there is none any more. */
enum place_reach { PLACE_IN_USE, PLACE_ANYWHERE };
int place_open_again(struct os *os, const char *name, uint64_t cookie, enum place_reach reach,
		     struct place *ret, struct error *e);
void place_close(struct place *p);

/* Between these the calling thread is in the namespace. A failed leave() is fatal for whatever
 * would be done next: -EPERM or the errno, and the place is not used any more. */
int place_enter(const struct place *p, struct error *e);
int place_leave(const struct place *p, struct error *e);
/* Leaves; returns `r`, or what leaving failed with. */
int place_return(const struct place *p, int r, struct error *e);

#endif
