/* Putting back what changes replaced. Never allocates, never journals. */
#ifndef NETWRIGHT_APPLY_RESTORE_H
#define NETWRIGHT_APPLY_RESTORE_H

#include "apply/store.h"
#include "tunables/place.h"

#include <stdbool.h>
#include <stddef.h>

struct restore {
	/* Where the changes were made; NULL: that namespace is no more. */
	const struct place *place;
	/* For what belongs to the host: any open place. */
	const struct place *host;
	struct change_record *changes;
	size_t count;
	bool force; /* what somebody else wrote is replaced as well */
	/* Index of the change whose write was in hand a moment ago: whatever it holds is what the
	 * kernel made of that write. SIZE_MAX: none. */
	size_t in_hand;
};

/* Restores the changes in reverse order, then looks at all of them once more, in order: restoring
 * one may have set another (net.ipv4.ip_forward sets keys of every interface). Each change ends
 * with its outcome, what it holds and, where a person should know, a note. Returns how many are
 * CHANGE_CONFLICT or CHANGE_UNRESTORED: 0 means that all hold what they held before, or are gone.
 */
size_t restore_changes(const struct restore *r);

/* Says which settings are not as they were: -EUCLEAN (ERROR_CONFLICT). `why` comes first, and may
 * be
 * "". */
int restore_report(const struct transaction_record *t, const char *why, struct error *e);

#endif
