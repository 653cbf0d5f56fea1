/* The changes in force that are the daemon's own, and what others have done about them since.
 *
 * The journal is what is asked: of the transactions of this boot, those that the daemon's command
 * made are its own, also when an earlier daemon made them.
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
};

/* Calls `lost` for each target that is somebody else's by now: one of its own transactions in force
 * that holds something else than what it wrote, or that somebody else has changed by a later
 * transaction; and one whose newest own transaction a person has rolled back, or could not be put
 * back because somebody else had set it. The journal is all that is asked, so that it is told as
 * well what was done while no daemon ran. Without a journal there is nothing to look at. -EBUSY
 * (ERROR_BUSY) when a change waits for its confirmation, so that no other can be made, with
 * *ret_own when it is its own; errors of store_open() and others, and what is lost is then not
 * known. */
int kept_check(const struct kept *k, bool *ret_own,
	       void (*lost)(void *arg, const struct realm_loss *l), void *arg, struct error *e);

#endif
