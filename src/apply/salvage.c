#include "apply/salvage.h"

#include "apply/later.h"
#include "apply/restore.h"
#include "apply/rollback.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IN_FORCE                                                                           \
	(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_PENDING | 1u << TRANSACTION_KEPT | \
	 1u << TRANSACTION_ROLLING_BACK | 1u << TRANSACTION_PARTIAL)

bool salvage_can(const struct applier *a, const struct store_remains *m)
{
	const struct transaction_record *t = &m->record;

	return m->settled && t->change_count > 0 && (IN_FORCE & 1u << t->state) != 0 &&
	       t->persistence == PERSISTENCE_NONE && !rollback_is_other_boot(a, t);
}

static int journal_end(struct applier *a, const struct store_remains *m, struct error *e)
{
	const struct transaction_record *t = &m->record;
	struct error why = { 0 };
	int r = m->complete ? store_update(a->store, t, &why)
			    : store_settle(a->store, t, m->begun, &why);

	if (r == 0)
		return 0;
	return error_set(e, r, why.kind, NULL,
			 "transaction %lld: what can be read of it is put back, but the journal "
			 "could not be written: %.300s",
			 (long long)t->id, why.text);
}

static int report(const struct store_remains *m, size_t bad, struct error *e)
{
	const struct transaction_record *t = &m->record;
	const size_t lost = m->begun - t->change_count;
	char why[160] = "";

	if (lost > 0)
		(void)snprintf(why, sizeof(why),
			       "%zu of the %zu settings of transaction %lld cannot be read in the "
			       "journal and are left as they are",
			       lost, m->begun, (long long)t->id);
	if (bad > 0)
		return restore_report(t, why, e);
	return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
			 "%s; the others hold what they held before; see netwright show %lld", why,
			 (long long)t->id);
}

int salvage_finish(struct applier *a, struct store_remains *m, bool force, const char *reason,
		   struct error *e)
{
	struct transaction_record *t = &m->record;
	enum transaction_state good = t->state == TRANSACTION_APPLYING ? TRANSACTION_FAILED
								       : TRANSACTION_ROLLED_BACK;
	size_t bad = 0;
	int r = rollback_restore(a, t, force, &bad, e);

	if (r < 0)
		return r;
	t->state = bad == 0 && m->complete ? good : TRANSACTION_PARTIAL;
	(void)snprintf(t->reason, sizeof(t->reason), "%.120s", reason);
	if (!m->complete)
		(void)snprintf(t->reason, sizeof(t->reason),
			       "%.120s; %zu of its %zu settings cannot be read in the journal",
			       reason, m->begun - t->change_count, m->begun);
	t->finished_utc_s = a->os->ops->utc_s(a->os);
	r = journal_end(a, m, e);
	return r < 0 || t->state != TRANSACTION_PARTIAL ? r : report(m, bad, e);
}

int salvage_roll_back(struct applier *a, int64_t id, bool force, const char *reason,
		      const struct error *damage, struct transaction_record *ret, struct error *e)
{
	struct store_remains m CLEANUP(store_remains_done) = { 0 };
	int r = store_load_remains(a->store, id, a->boot_id, &m, e);

	if (r < 0)
		return r;
	if (!salvage_can(a, &m))
		return error_set(e, damage->code, damage->kind, NULL, "%s", damage->text);
	if (!force)
		r = later_refuse(a->store, &m.record, e);
	if (r < 0)
		return r;
	r = salvage_finish(a, &m, force, reason, e);
	*ret = m.record;
	m.record = (struct transaction_record){ 0 };
	return r;
}
