/* What a damaged record of the journal still tells.
 *
 * A record that store_load() refuses with -EBADMSG may be of a transaction that is half done: then
 * nobody knows what its targets held before, and changing them would bury that for good. What
 * finished, whatever became of it, is in nobody's way. */
#ifndef NETWRIGHT_APPLY_STORE_REMAINS_H
#define NETWRIGHT_APPLY_STORE_REMAINS_H

#include "apply/store.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_remains {
	/* Its state is applying, pending, rolling-back or illegible, and that it is of another boot
	 * is not certain. */
	bool may_be_hot;
	bool complete; /* record.changes are all that it had */
	bool settled;  /* the transaction's own row is whole: record.state and deadline are so */
	size_t begun;  /* how many changes it had; 0: not known, and nothing of `record` is */
	/* Its changes are those whose names and values can be read, in order; what became of each
	 * is not told. */
	struct transaction_record record;
};
void store_remains_done(struct store_remains *m); /* accepts {0} */

/* 0, or what reading the database fails with. Release *ret with store_remains_done() in any case.
 */
int store_load_remains(struct store *s, int64_t id, const char *boot_id, struct store_remains *ret,
		       struct error *e);

#endif
