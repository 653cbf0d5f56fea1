/* The parts of a roll-back that recovery shares. */
#ifndef NETWRIGHT_APPLY_ROLLBACK_H
#define NETWRIGHT_APPLY_ROLLBACK_H

#include "apply/transaction.h"

/* Restores the changes as restore_changes() does, in the namespace of the transaction if it is
 * still there; *ret_bad is what that returns. Nothing is journaled. */
int rollback_restore(struct applier *a, struct transaction_record *t, bool force, size_t *ret_bad,
		     struct error *e);

/* Restores what the transaction changed, removes its files, and journals how it ended: FAILED if it
 * was being applied, else ROLLED_BACK; or PARTIAL with -EUCLEAN (ERROR_CONFLICT). Call it in a
 * state from which a crash is recovered: hot, or pending and past its deadline. On other errors
 * that is still its state in the journal. */
int rollback_finish(struct applier *a, struct transaction_record *t, bool force, const char *reason,
		    struct error *e);

/* Ends a transaction of another boot, whose values are gone with it: its files are finished if it
 * was kept, and else removed. -EUCLEAN (ERROR_CONFLICT) when they cannot be. */
int rollback_make_void(struct applier *a, struct transaction_record *t, struct error *e);

/* Writes the files of a kept transaction of this boot that wants some: 1, or 0 when there is
 * nothing to do. One whose values hold what they held before was undone when the journal could not
 * be written: it is closed instead, as FAILED, or PARTIAL when that is true of some only. -EUCLEAN
 * (ERROR_CONFLICT) when files cannot be written or removed. */
int rollback_finish_kept(struct applier *a, struct transaction_record *t, struct error *e);

/* Whether something of a transaction was gone when it was put back: it can be rolled back again, in
 * case it was only hidden. */
bool rollback_left_gone(const struct transaction_record *t);

bool rollback_is_other_boot(const struct applier *a, const struct transaction_record *t);

#endif
