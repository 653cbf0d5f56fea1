/* Carrying out plans so that nothing can be lost.
 *
 * Every function here is called with the lock held (apply/lock.h); transaction_recover() comes
 * first. The order is always: journal,
 * durably; write; read back; journal, durably. See the promises in netwright(8).
 */
#ifndef NETWRIGHT_APPLY_TRANSACTION_H
#define NETWRIGHT_APPLY_TRANSACTION_H

#include "apply/plan.h"
#include "apply/store.h"
#include "base/error.h"
#include "base/os.h"

#include <signal.h>
#include <stdbool.h>

/* Files that make kept values survive a reboot. Both functions are idempotent, and what they did is
 * durable when they return 0. */
struct persister {
	int (*write)(struct os *os, const char *root, const struct transaction_record *t,
		     struct error *e);
	int (*remove)(struct os *os, const char *root, const struct transaction_record *t,
		      struct error *e);
	/* Whether a plan's values can be made to survive; NULL: any. Nothing is written. */
	int (*check)(const struct place *p, const struct plan *plan, struct error *e);
};

struct applier {
	struct os *os;
	struct store *store; /* opened for writing */
	char boot_id[BOOT_ID_MAX];
	const struct persister *persister; /* NULL: `persist` is refused */
	const char *root;		   /* prefixed to /etc; NULL: "" */
};

struct apply_options {
	const char *command;  /* for the audit trail */
	double confirm_s;     /* > 0: pending until confirmed, rolled back after so long */
	int64_t guardian_pid; /* watches the deadline; 0: none */
	uint64_t guardian_start;
	bool persist;			   /* write the files once confirmed or kept */
	const volatile sig_atomic_t *stop; /* non-zero: finish the write in hand, roll back */
};

/* Applies a plan. Under the lock every target is read again: -ESTALE when one is gone (of a kind
 * that comes and goes: when all are; else those become CHANGE_GONE, and the others are set),
 * -EAGAIN (ERROR_CONFLICT) when one no longer holds the plan's `from`, -EINVAL (ERROR_INPUT) when a
 * `to` is not what the target's kind would have made of it, -EBUSY (ERROR_BUSY) while another
 * transaction is pending or unfinished, -EBADMSG when a damaged record may hold what a target held
 * before; nothing is written then, and *ret is zeroed. An empty plan is 0 with *ret zeroed and no
 * transaction. Otherwise *ret is the transaction as journaled:
 *
 *   0            TRANSACTION_KEPT or _PENDING
 *   -EIO and others, TRANSACTION_FAILED: everything touched was restored
 *   -EUCLEAN (ERROR_CONFLICT), TRANSACTION_PARTIAL: something could not be; *ret says what
 *   -EUCLEAN, TRANSACTION_KEPT: applied, but the files that make it survive a reboot were not
 *                written; recovery tries again
 *   -EINTR       stopped by `stop`, restored
 *
 * If the journal cannot be written after the changes were made, they are restored as well. Release
 * *ret with transaction_record_done() in any case. */
int transaction_apply(struct applier *a, const struct place *p, const struct plan *plan,
		      const struct apply_options *options, struct transaction_record *ret,
		      struct error *e);

/* Puts back what a kept, pending, partial or hot transaction changed, in reverse order. A target
 * that does not hold what we wrote is left alone unless `force`. 0 when every target holds its
 * `from` or is gone; -EUCLEAN (ERROR_CONFLICT) when not; -EALREADY when it is rolled back or void
 * already, and nothing of it that was gone then is there again; of a damaged record what
 * apply/salvage.h says; -ENOENT; -EBUSY (ERROR_CONFLICT),
 * with *ret zeroed, when a later one that is in force changed the same and not `force`. Of a
 * transaction of another boot, only the files that make it survive are removed. A journal on a disk
 * that is full or fails stops nothing, and its errno is returned when it cannot say at the end what
 * became of it. */
int transaction_roll_back(struct applier *a, int64_t id, bool force, const char *reason,
			  struct transaction_record *ret, struct error *e);

/* The reason of a person, and whether it was one who rolled a transaction back. */
#define TRANSACTION_BY_HAND "by hand"
bool transaction_is_undone_by_hand(const struct transaction_record *t);

/* Makes a pending transaction a kept one; `reason` says why, "" because a person wants it. -EUCLEAN
 * (ERROR_CONFLICT) when it is, and some of its settings hold something else by now
 * (CHANGE_CONFLICT), or files could not be written; -ETIME when the deadline has passed (it is then
 * rolled back by recovery, not here), -ENOENT when nothing is pending. id 0: the one that is
 * pending. */
int transaction_confirm(struct applier *a, int64_t id, const char *reason,
			struct transaction_record *ret, struct error *e);

/* Who is told what recovery finds; each function may be NULL. */
struct recovery_listener {
	void (*recovered)(void *arg, const struct transaction_record *t);
	/* A record that store_load() refuses. */
	void (*unreadable)(void *arg, int64_t id, const struct error *why);
	void *arg;
};

/* What a crash, a killed guardian or a reboot left behind is finished: hot transactions and
 * pending ones past their deadline are rolled back, those of another boot become void, unfinished
 * persistence files are written or removed. Idempotent; a crash within it is continued by the next
 * call. `listener` (may be NULL) is told of each transaction touched. Returns how many there were,
 * or a negative errno: the first failure, the others having been attempted. -EUCLEAN
 * (ERROR_CONFLICT) is only about files that could not be written or removed: other settings may be
 * changed all the same. Damaged records are no failure: what can be read of one that is hot or past
 * its deadline is rolled back (apply/salvage.h), and what one may have in hand is refused by
 * transaction_apply(), and nothing else. Of settled ones the newest are looked at. */
int transaction_recover(struct applier *a, const struct recovery_listener *listener,
			struct error *e);

#endif
