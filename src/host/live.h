/* The live source: this machine's kernel. */
#ifndef NETWRIGHT_HOST_LIVE_H
#define NETWRIGHT_HOST_LIVE_H

#include "base/error.h"
#include "host/source.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct live_options {
	const char *netns;		   /* NAME of /run/netns, a PID, or NULL for our own */
	double duration_s;		   /* length of the window; 0: one sample, then over */
	double interval_s;		   /* between samples, 0.1 to 3600 */
	const volatile sig_atomic_t *stop; /* non-zero ends the window early; may be NULL. The next
					    * sample is then taken at once and is the last one. */
	/* Called about four times a second while waiting; may be NULL. */
	void (*progress)(void *arg, double elapsed_s, double duration_s);
	void *progress_arg;
	/* For a program that has other things to wait for as well: waits until that CLOCK_BOOTTIME,
	 * in nanoseconds; false ends the window early, as `stop` does. NULL: just sleep. */
	bool (*wait)(void *arg, uint64_t until_ns);
	void *wait_arg;
};

/* Netlink sockets are opened in the chosen namespace when first needed. The process itself stays in
 * its own; every read of the other enters and leaves it, and nothing is entered when the other is
 * our own, so that this works without privilege. Several sources may exist in one process.
 * Errors: -ENOENT no such namespace or process, -EPERM may not enter it, -EINVAL a name that cannot
 * be one, or an interval outside 0.1 to 3600 s. */
int live_source_new(const struct live_options *options, struct source **ret, struct error *e);

/* Several namespaces side by side: sources that share one window, so that each sample of one is
 * taken beside those of the others, and the answers that are the same in all of them, which are
 * read once per sample (shared_answers.h). One thread reads all of them, in any order.
 *
 * `netns` of the options is not used. Errors: -EINVAL as above. Free the group after its sources.
 */
struct live_group;
int live_group_new(const struct live_options *options, struct live_group **ret, struct error *e);
/* Adds the namespace that `fd` holds, under the name by which it can be opened again; fd -1 opens
 * it by this name, NULL is our own. Errors as live_source_new(). */
int live_group_add(struct live_group *g, const char *netns, int fd, struct source **ret,
		   struct error *e);
void live_group_free(struct live_group *g); /* accepts NULL */

#endif
