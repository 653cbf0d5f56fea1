/* What a diagnosis wants changed. Pure. */
#ifndef NETWRIGHT_APPLY_PROPOSAL_H
#define NETWRIGHT_APPLY_PROPOSAL_H

#include "apply/plan.h"
#include "base/error.h"
#include "rules/diagnose.h"

#include <stdbool.h>
#include <stddef.h>

struct proposal {
	struct wish *wishes; /* owned; in the order of the findings, the most severe first */
	size_t count;
	struct proposal_text *texts; /* owned; what the wishes borrow from */
};

/* Which findings count: those of rules that `wanted` names by id or slug, however severe; when it
 * names none, all but those below `least`. */
struct proposal_choice {
	enum severity least;
	const char *const *wanted; /* may be NULL when wanted_count is 0 */
	size_t wanted_count;
};

bool proposal_chooses(const struct proposal_choice *choice, const struct finding *f);

/* One wish per element that the chosen findings change. Where several change the same one, the most
 * severe finding's value counts. Numbers are in the kernel's own unit. 0 or -ENOMEM; release with
 * proposal_done() in any case. */
int proposal_make(const struct diagnosis *d, const struct proposal_choice *choice,
		  struct proposal *ret, struct error *e);
/* The wish for that element of a sysctl, or NULL. */
const struct wish *proposal_find(const struct proposal *p, const struct tunable *t,
				 unsigned int element);
void proposal_done(struct proposal *p); /* accepts {0} */

#endif
