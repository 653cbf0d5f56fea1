/* The journal: transactions and their changes, in a small SQLite database.
 *
 * /var/lib/netwright/state.db, journal_mode=TRUNCATE, synchronous=FULL: what a function here
 * reports as done survives power loss. One durable commit before the first write of a transaction,
 * one after the last. The directory is 0700 and ours; a symbolic link, another owner, a database
 * that is damaged, of another program or of a newer schema is refused with what to do
 * (apply/database.h), and so is a record that this program would not have written.
 *
 * Finished transactions are the audit trail: the newest STORE_FINISHED_MAX of them are kept, for at
 * most STORE_FINISHED_DAYS; store_begin() removes the others. What could still be undone (applying,
 * pending, kept, rolling back, partial) and what has persistence files is never removed.
 */
#ifndef NETWRIGHT_APPLY_STORE_H
#define NETWRIGHT_APPLY_STORE_H

#include "apply/plan.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_DIRECTORY "/var/lib/netwright"
#define BOOT_ID_MAX	40

/* A year and a month, so that what was done before the same day last year can be looked up. */
#define STORE_FINISHED_DAYS 400
#define STORE_FINISHED_MAX  1000
/* Changes of one transaction: 37 MB of records; the catalogue has some hundred tunables. */
#define STORE_CHANGES_MAX 4096

/* The states of a transaction.
 *
 *   applying ---> pending ---> kept ---> rolled-back
 *      |             |                       ^
 *      |             +------> rolling-back --+--> partial
 *      +--> failed (everything restored), partial (a person is needed)
 *   any of another boot ---> void
 */
enum transaction_state {
	TRANSACTION_APPLYING,	  /* hot: a crash here is rolled back */
	TRANSACTION_PENDING,	  /* applied, to be confirmed before its deadline */
	TRANSACTION_KEPT,	  /* applied for good */
	TRANSACTION_ROLLING_BACK, /* hot: a crash here is continued */
	TRANSACTION_ROLLED_BACK,
	TRANSACTION_FAILED,  /* could not be applied; everything was restored */
	TRANSACTION_PARTIAL, /* something could not be restored, or was somebody else's */
	TRANSACTION_VOID,    /* of another boot: the kernel forgot it */
	TRANSACTION_STATES,
};

/* What became of one change. */
enum change_outcome {
	CHANGE_PLANNED,	   /* not touched yet, as far as the journal knows */
	CHANGE_WRITTEN,	   /* holds `to`, read back */
	CHANGE_FAILED,	   /* its write failed; restored */
	CHANGE_RESTORED,   /* holds `from` again */
	CHANGE_UNTOUCHED,  /* held `from` when it was to be restored */
	CHANGE_CONFLICT,   /* holds what somebody else wrote; left alone */
	CHANGE_GONE,	   /* its namespace, link, process or socket is no more */
	CHANGE_UNRESTORED, /* restoring failed */
	CHANGE_OUTCOMES,
};

enum persistence_state { PERSISTENCE_NONE, PERSISTENCE_WANTED, PERSISTENCE_WRITTEN };

struct change_record {
	struct plan_change change;
	enum change_outcome outcome;
	char read_back[HELD_TEXT_MAX]; /* after the last write or restore; "" never read */
	char note[256];		       /* why it failed, who wrote what; "" */
};

struct transaction_record {
	int64_t id;
	enum transaction_state state;
	enum persistence_state persistence;
	char boot_id[BOOT_ID_MAX];
	char netns[PLACE_NAME_MAX];
	uint64_t netns_cookie;
	double started_utc_s, finished_utc_s; /* finished: 0 while hot or pending */
	uint64_t deadline_boottime_ns;	      /* 0: none */
	int64_t guardian_pid;		      /* 0: none */
	uint64_t guardian_start;	      /* clock ticks since boot, of /proc/PID/stat */
	uint32_t uid, login_uid;	      /* login_uid UINT32_MAX: unknown */
	char command[512];		      /* as typed, printable */
	char reason[256];		      /* why it ended as it did; "" */
	struct change_record *changes;	      /* owned, in the order of the plan */
	size_t change_count;
};
void transaction_record_done(struct transaction_record *t); /* accepts {0} */

const char *transaction_state_name(enum transaction_state s); /* "rolled-back" */
const char *change_outcome_name(enum change_outcome o);

struct store;

/* For reading, nothing is created: -ENOENT when there is no journal yet. `vfs` NULL is SQLite's
 * own; tests name theirs. Damage and foreign files are -EBADMSG (ERROR_FAILED), wrong owners and
 * links -EPERM (ERROR_FAILED), a newer schema -EOPNOTSUPP. */
enum store_access { STORE_READ, STORE_WRITE };
int store_open(const char *directory, enum store_access access, const char *vfs, struct store **ret,
	       struct error *e);
void store_close(struct store *s); /* accepts NULL */

/* Durable when it returns 0: a new transaction in `t->state` with all its changes; t->id is set.
 * Names, identities, `from` and `to` must be printable ASCII of one line, and each target must be
 * one that target_recall() makes again, for else it could not be rolled back: -EINVAL naming it,
 * and nothing is written. Free text is made printable. */
int store_begin(struct store *s, struct transaction_record *t, struct error *e);
/* Durable when it returns 0: state, deadline, guardian, persistence, reason, finish time, and every
 * change's outcome, read_back and note. All else stays as it was begun. -ENOENT: no such
 * transaction, or not with these changes. After an I/O error either the old or the new is there. */
int store_update(struct store *s, const struct transaction_record *t, struct error *e);
/* The same of the transaction's own row alone: of one that was begun with so many changes, of which
 * not all can be read (apply/store_remains.h). */
int store_settle(struct store *s, const struct transaction_record *t, size_t begun,
		 struct error *e);

/* -ENOENT: no such transaction. A record that is not what this program would have written (an
 * uncatalogued tunable, an unknown state, malformed values) is -EBADMSG, naming it. */
int store_load(struct store *s, int64_t id, struct transaction_record *ret, struct error *e);

/* Ids of the transactions in any of the states of a mask (1u << TRANSACTION_..., and
 * STORE_STATE_UNKNOWN for those whose state is none of them), newest first; *ret is allocated, NULL
 * when there are none. Their records are not looked at: store_load() may refuse some, which says
 * nothing about the others. */
#define STORE_STATE_UNKNOWN (1u << TRANSACTION_STATES)
int store_list(struct store *s, unsigned int state_mask, size_t limit, int64_t **ret,
	       size_t *ret_count, struct error *e);

/* Visits the newest `limit` of those, newest first, without their changes: t->changes is NULL,
 * though change_count says how many there are. For a record that cannot be read, `t` is NULL and
 * `why` is set; only its changes may be damaged and this go unnoticed. `visit` must not use the
 * store. A negative errno of `visit` ends it, and is returned. */
int store_visit(struct store *s, unsigned int state_mask, size_t limit,
		int (*visit)(void *arg, int64_t id, const struct transaction_record *t,
			     const struct error *why),
		void *arg, struct error *e);

#endif
