/* The changes in force that are the daemon's own, and what others have done about them since.
 *
 * The journal is what is asked: of the transactions of this boot that are kept, those that the
 * daemon's command made are its own, also when an earlier daemon made them.
 */
#ifndef NETWRIGHT_DAEMON_KEPT_H
#define NETWRIGHT_DAEMON_KEPT_H

#include "apply/store.h"
#include "base/error.h"
#include "base/os.h"
#include "daemon/realm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The command of the daemon's transactions in the journal. */
#define KEPT_COMMAND "netwright daemon"

bool kept_is_own(const struct transaction_record *t);

struct kept {
	struct os *os;
	const char *directory; /* of the journal; borrowed */
	int64_t *ids;	       /* owned: its own that were kept when it last looked */
	size_t count;
};
void kept_done(struct kept *k); /* releases the ids */

/* Calls `lost` for each target of its own transactions in force that holds something else than what
 * it wrote, that somebody else has changed by a later transaction, or that was rolled back since
 * the last call. Without a journal there is nothing to look at. -EBUSY (ERROR_BUSY) when a change
 * of somebody else waits for its confirmation, so that no other can be made; errors of store_open()
 * and others, and what is lost is then not known. */
int kept_check(struct kept *k, void (*lost)(void *arg, const struct realm_loss *l), void *arg,
	       struct error *e);

#endif
