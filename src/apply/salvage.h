/* Rolling back what can be read of a damaged record.
 *
 * Only when the transaction's own row is whole, is of this boot, and has no files: then it is
 * certain in which namespace its changes were made and that they are in force. Each change has its
 * own checksum, so that one that can be read is what was journaled.
 */
#ifndef NETWRIGHT_APPLY_SALVAGE_H
#define NETWRIGHT_APPLY_SALVAGE_H

#include "apply/store_remains.h"
#include "apply/transaction.h"

bool salvage_can(const struct applier *a, const struct store_remains *m);

/* Restores the changes that can be read, and journals how it ended: FAILED or ROLLED_BACK if they
 * are all that it had, with which the record is whole again; else PARTIAL, and those that cannot be
 * read stay as they are: -EUCLEAN (ERROR_CONFLICT). Only if salvage_can(). */
int salvage_finish(struct applier *a, struct store_remains *m, bool force, const char *reason,
		   struct error *e);

/* For transaction_roll_back(), of a record that store_load() refuses because of `damage`. When
 * nothing can be restored, that is told: -EBADMSG (ERROR_CONFLICT), with *ret zeroed. */
int salvage_roll_back(struct applier *a, int64_t id, bool force, const char *reason,
		      const struct error *damage, struct transaction_record *ret, struct error *e);

#endif
