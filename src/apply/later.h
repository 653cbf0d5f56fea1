/* Transactions on top of others.
 *
 * The journal is a stack: what a transaction replaced may be what an earlier one had written. Put
 * back in the wrong order, the later one would restore the earlier one's value for good, and what
 * the host had by itself would be lost.
 */
#ifndef NETWRIGHT_APPLY_LATER_H
#define NETWRIGHT_APPLY_LATER_H

#include "apply/store.h"
#include "base/error.h"

/* -EBUSY (ERROR_CONFLICT), naming it, when a later transaction of the same boot changed one of the
 * targets of `t` and is in force: kept, pending, or partial without having let go of that target.
 * What somebody else wrote since (CHANGE_CONFLICT) is let go of: `t` will find that as well. Else
 * 0, or what reading the journal fails with. */
int later_refuse(struct store *store, const struct transaction_record *t, struct error *e);

#endif
