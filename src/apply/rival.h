/* Who else sets what we are about to set. */
#ifndef NETWRIGHT_APPLY_RIVAL_H
#define NETWRIGHT_APPLY_RIVAL_H

#include "apply/plan.h"
#include "tunables/place.h"
#include "tunables/sysctl_file.h"

#include <stdbool.h>
#include <stddef.h>

enum rival_kind { RIVAL_TUNED, RIVAL_BPFTUNE, RIVAL_SYSCTL_FILE };

struct rival {
	enum rival_kind kind;
	char name[192];	 /* "TuneD, profile network-throughput (PID 812)" */
	char where[280]; /* file and line that set the key; "" for programs that tune it */
	char value[128]; /* what it sets, printable; "" unknown */
	char tunable[TARGET_NAME_MAX]; /* the change of the plan that it would undo */
	char consequence[160];	       /* "comes back at the next boot" */
};

struct rivals {
	struct rival *all; /* owned; in the order of the plan */
	size_t count;
	struct sysctl_unread *unread; /* owned; files that may set keys of the plan, or not */
	size_t unread_count;
};

/* The running TuneD (its active profile's [sysctl] keys, includes followed), a running bpftune
 * (the keys its tuners write), and the line of sysctl.d(5) that wins, that own a key of the plan.
 * Files of sysctl.d count in the initial namespace, TuneD in its own. A file that sets the very
 * value of the plan is none; with `persist`, nor is one that ours would be read after. `root` is
 * prefixed to /etc, /run, /usr and /proc ("" on a real host). A file of sysctl.d that
 * cannot be read is in `unread` when the plan has a sysctl; what else cannot be read is no rival. 0
 * or -ENOMEM. Release with rivals_done(). */
int rivals_find(const char *root, const struct place *p, const struct plan *plan, bool persist,
		struct rivals *ret);
void rivals_done(struct rivals *r); /* accepts {0} */

const char *rival_kind_name(enum rival_kind k); /* "tuned", "bpftune", "sysctl.d" */

#endif
