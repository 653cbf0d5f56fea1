/* One profile after another, without the host's own values in between.
 *
 * A profile that follows others is applied as one transaction, which also puts back what only they
 * had set. So the journal stays a stack: rolling that transaction back leads to the profile before,
 * rolling all of them back to the host's own values; nothing of the earlier ones is rewritten, and
 * a crash is recovered as that of any other transaction. Which profile is in force follows from the
 * order of the kept transactions, and is stored nowhere else.
 */
#ifndef NETWRIGHT_APPLY_SUCCESSION_H
#define NETWRIGHT_APPLY_SUCCESSION_H

#include "apply/profile_wishes.h"
#include "apply/store.h"
#include "base/error.h"
#include "tunables/place.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a transaction is a profile's, and of which. */
bool succession_profile_of(const struct transaction_record *t, char ret_name[PROFILE_NAME_MAX]);
/* Whether it is one that is in force here: kept, of this boot and this namespace. */
bool succession_is_profile(const struct transaction_record *t, const char *boot_id,
			   const struct place *p);
/* Whether profile's transaction `later` follows the profile's transaction `earlier`: rolling the
 * earlier one back first would leave half of each. Both are in force. */
bool succession_follows(const struct transaction_record *later,
			const struct transaction_record *earlier);

/* Adds to the wishes of a profile, whose changes say `why` (profile_why_format()), what earlier
 * profiles set and it does not, as it was before them, and takes them out of the way of raise_to
 * and lower_to: those are held against what the host had by itself. What does not hold what they
 * wrote is left alone: it is somebody else's. `records` are those of succession_is_profile(),
 * newest first. Errors are those of reading the tunables. */
int succession_add(const struct place *p, const struct transaction_record *const *records, size_t n,
		   const char *why, struct profile_wishes *wishes, struct error *e);

/* Gives `values` what the host had before those profiles, where they still hold what they wrote: a
 * profile that follows is worked out from that. 0 or -ENOMEM. */
int succession_take_back(const struct place *p, const struct transaction_record *const *records,
			 size_t n, struct tunable_values *values, struct error *e);

#endif
