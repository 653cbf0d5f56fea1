#include "apply/later.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define IN_FORCE (1u << TRANSACTION_KEPT | 1u << TRANSACTION_PENDING | 1u << TRANSACTION_PARTIAL)

static bool let_go(const struct change_record *c)
{
	return c->outcome == CHANGE_RESTORED || c->outcome == CHANGE_UNTOUCHED ||
	       c->outcome == CHANGE_GONE || c->outcome == CHANGE_CONFLICT;
}

static bool changes_target(const struct transaction_record *later,
			   const struct transaction_record *t, const struct target *target)
{
	if (!target->kind->host_wide && later->netns_cookie != t->netns_cookie)
		return false;
	for (size_t i = 0; i < later->change_count; i++) {
		const struct change_record *c = &later->changes[i];

		if (target_same(&c->change.target, target) &&
		    !(later->state == TRANSACTION_PARTIAL && let_go(c)))
			return true;
	}
	return false;
}

static int refuse(const struct transaction_record *later, const struct transaction_record *t,
		  struct error *e)
{
	for (size_t i = 0; i < t->change_count; i++) {
		const struct target *target = &t->changes[i].change.target;

		if (!changes_target(later, t, target))
			continue;
		return error_set(e, -EBUSY, ERROR_CONFLICT, NULL,
				 "transaction %lld changed %s after transaction %lld did, and "
				 "would bring that value back: roll transaction %lld back first, "
				 "or all of them with --all",
				 (long long)later->id, target->name, (long long)t->id,
				 (long long)later->id);
	}
	return 0;
}

int later_refuse(struct store *store, const struct transaction_record *t, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(store, IN_FORCE, SIZE_MAX, &ids, &count, e);

	for (size_t i = 0; r == 0 && i < count && ids[i] > t->id; i++) {
		struct transaction_record later = { 0 };

		r = store_load(store, ids[i], &later, e);
		if (r == 0 && strcmp(later.boot_id, t->boot_id) == 0)
			r = refuse(&later, t, e);
		else if (r == -EBADMSG) /* nobody can roll that one back, to whatever value */
			r = 0;
		transaction_record_done(&later);
	}
	free(ids);
	return r;
}
