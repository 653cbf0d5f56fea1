#include "tune/memory_store.h"

#include "apply/history_outcomes.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(((struct outcome_record *)0)->rule) == MEMORY_RULE_MAX, "copied whole");

static bool find_kind(const char *name, enum outcome_kind *ret)
{
	for (enum outcome_kind k = 0; k < OUTCOME_KINDS; k++) {
		if (strcmp(outcome_kind_name(k), name) != 0)
			continue;
		*ret = k;
		return true;
	}
	return false;
}

static int recall(void *arg, const struct outcome_record *record)
{
	struct outcome o = { .netns_cookie = record->netns_cookie,
			     .failures = record->failures,
			     .utc_s = record->utc_s,
			     .retry_utc_s = record->retry_utc_s };

	/* A kind of a later version says nothing to this one. */
	if (!find_kind(record->kind, &o.kind))
		return 0;
	memcpy(o.tunable, record->tunable, sizeof(o.tunable));
	memcpy(o.rule, record->rule, sizeof(o.rule));
	memcpy(o.value, record->value, sizeof(o.value));
	memcpy(o.reason, record->reason, sizeof(o.reason));
	return memory_recall(arg, &o);
}

int memory_load(struct history *h, const char *boot_id, struct memory *ret, size_t *ret_damaged,
		struct error *e)
{
	return history_load_outcomes(h, boot_id, recall, ret, ret_damaged, e);
}

int memory_save(struct history *h, const char *boot_id, const struct outcome *o, struct error *e)
{
	struct outcome_record record = { .netns_cookie = o->netns_cookie,
					 .failures = o->failures,
					 .utc_s = o->utc_s,
					 .retry_utc_s = o->retry_utc_s };

	memcpy(record.tunable, o->tunable, sizeof(record.tunable));
	memcpy(record.rule, o->rule, sizeof(record.rule));
	memcpy(record.value, o->value, sizeof(record.value));
	memcpy(record.reason, o->reason, sizeof(record.reason));
	(void)snprintf(record.kind, sizeof(record.kind), "%s", outcome_kind_name(o->kind));
	return history_save_outcome(h, boot_id, &record, e);
}
