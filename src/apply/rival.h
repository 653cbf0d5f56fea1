/* Who else sets what we are about to set. */
#ifndef NETWRIGHT_APPLY_RIVAL_H
#define NETWRIGHT_APPLY_RIVAL_H

#include "apply/plan.h"
#include "base/error.h"

#include <stddef.h>

enum rival_kind { RIVAL_TUNED, RIVAL_BPFTUNE, RIVAL_SYSCTL_FILE };

struct rival {
	enum rival_kind kind;
	char name[64];	 /* "TuneD, profile network-throughput (PID 812)" */
	char where[256]; /* file and line that set the key; "" for programs that tune it */
	char value[128]; /* what it sets; "" unknown */
	char tunable[TARGET_NAME_MAX]; /* the change of the plan that it would undo */
	char consequence[160]; /* "comes back at the next boot", "is set again on restart" */
};

struct rivals {
	struct rival *all; /* owned */
	size_t count;
};

/* The running TuneD (its active profile's [sysctl] keys, includes followed), a running bpftune
 * (the keys its tuners write), and the sysctl.d(5) lines, that own a key of the plan. `root` is
 * prefixed to /etc, /run, /usr and /proc ("" on a real host). What cannot be read is no rival. 0 or
 * -ENOMEM. */
int rivals_find(const char *root, const struct plan *plan, struct rivals *ret, struct error *e);
void rivals_done(struct rivals *r);

#endif
