/* What was observed and why something was changed, for people to look up.
 *
 * STATE/history.db, apart from the journal and less durable (synchronous=NORMAL), so that it can
 * never endanger a roll-back: power loss may cost the last entries. Nothing is decided by it. A
 * failure to write it fails no change: it is a warning.
 *
 * The newest HISTORY_AUDITS_MAX audits are kept, for at most HISTORY_DAYS. What trials came to is
 * in history_outcomes.h, metrics over time in history_trends.h.
 */
#ifndef NETWRIGHT_APPLY_HISTORY_H
#define NETWRIGHT_APPLY_HISTORY_H

#include "apply/store.h"
#include "base/error.h"
#include "tunables/place.h"

#include <stdint.h>

#define HISTORY_AUDITS_MAX 1000
#define HISTORY_DAYS	   STORE_FINISHED_DAYS
/* Bytes of an audit's findings: a finding is some 1.5 KB of JSON, and there are about a hundred
 * rules. */
#define HISTORY_FINDINGS_MAX 262144

/* An audit that something was changed because of. */
struct audit_record {
	int64_t id;
	double utc_s; /* when its window began */
	double window_s;
	char boot_id[BOOT_ID_MAX];
	char netns[PLACE_NAME_MAX];
	uint64_t netns_cookie;
	/* A JSON array, as "findings" of netwright.audit/1. When it was read back: valid JSON of
	 * valid UTF-8, but its strings are to be made printable before a terminal sees them. */
	char *findings; /* owned */
};
void audit_record_done(struct audit_record *a); /* accepts {0} */

struct history;

/* Access, directory and errors as store_open(). */
int history_open(const char *directory, enum store_access access, const char *vfs,
		 struct history **ret, struct error *e);
void history_close(struct history *h); /* accepts NULL */

/* Records an audit and, unless it is 0, the transaction that followed from it. -EINVAL when a text
 * is not printable or the findings are no JSON array, -E2BIG when they are too long. */
int history_add_audit(struct history *h, const struct audit_record *a, int64_t transaction,
		      int64_t *ret_id, struct error *e);

/* The audit that a transaction followed from. -ENOENT when none is recorded, -EBADMSG when the
 * record is not what this program would have written. Release *ret with audit_record_done(). */
int history_find_audit(struct history *h, int64_t transaction, struct audit_record *ret,
		       struct error *e);

#endif
