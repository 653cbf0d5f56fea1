/* The files of a transaction, if it is to have any. */
#ifndef NETWRIGHT_APPLY_TRANSACTION_FILES_H
#define NETWRIGHT_APPLY_TRANSACTION_FILES_H

#include "apply/transaction.h"

/* WANTED becomes WRITTEN, WRITTEN becomes NONE, in the record: the caller journals it. 0 when there
 * is nothing to do. */
int transaction_files_write(struct applier *a, struct transaction_record *t, struct error *e);
int transaction_files_remove(struct applier *a, struct transaction_record *t, struct error *e);

/* For a transaction that is journaled as kept: writes its files, and journals that. -EUCLEAN
 * (ERROR_CONFLICT) when they could not be: the next recovery tries again. */
int transaction_files_finish(struct applier *a, struct transaction_record *t, struct error *e);

#endif
