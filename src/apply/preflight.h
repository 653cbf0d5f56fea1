/* The last look before a plan is carried out. Writes nothing. */
#ifndef NETWRIGHT_APPLY_PREFLIGHT_H
#define NETWRIGHT_APPLY_PREFLIGHT_H

#include "apply/transaction.h"

/* Everything that can be known to go wrong: errors as of transaction_apply(). */
int preflight_check(struct applier *a, const struct place *p, const struct plan *plan,
		    const struct apply_options *options, struct error *e);

#endif
