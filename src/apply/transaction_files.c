#include "apply/transaction_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *root_of(const struct applier *a)
{
	return a->root != NULL ? a->root : "";
}

static int cannot(struct error *e)
{
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, NULL,
			 "this netwright writes no files that survive a reboot");
}

int transaction_files_write(struct applier *a, struct transaction_record *t, struct error *e)
{
	int r;

	if (t->persistence != PERSISTENCE_WANTED)
		return 0;
	if (a->persister == NULL)
		return cannot(e);
	r = a->persister->write(a->os, root_of(a), t, e);
	if (r == 0)
		t->persistence = PERSISTENCE_WRITTEN;
	return r;
}

int transaction_files_remove(struct applier *a, struct transaction_record *t, struct error *e)
{
	int r;

	if (t->persistence == PERSISTENCE_NONE)
		return 0;
	if (t->state == TRANSACTION_APPLYING || t->state == TRANSACTION_PENDING) {
		t->persistence = PERSISTENCE_NONE;
		return 0;
	}
	if (a->persister == NULL)
		return cannot(e);
	/* Also when they are only wanted: a crash may have come between writing and journaling. But
	 * nothing is written before a transaction is journaled as kept. */
	r = a->persister->remove(a->os, root_of(a), t, e);
	if (r == 0)
		t->persistence = PERSISTENCE_NONE;
	return r;
}

int transaction_files_finish(struct applier *a, struct transaction_record *t, struct error *e)
{
	struct error why = { 0 };
	int r;

	if (t->persistence != PERSISTENCE_WANTED)
		return 0;
	r = transaction_files_write(a, t, &why);
	if (r == 0)
		r = store_update(a->store, t, &why);
	if (r == 0)
		return 0;
	return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
			 "transaction %lld is applied and kept, but may not survive a reboot: %s; "
			 "the next netwright that changes settings tries again",
			 (long long)t->id, why.text);
}
