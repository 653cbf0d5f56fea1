#include "cli/profile_journal.h"

#include "apply/boot.h"
#include "cli/change_journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static int choose(const struct place *p, struct profile_journal *j, struct error *e)
{
	char boot_id[BOOT_ID_MAX];
	int r = boot_id_read(boot_id, e);

	if (r < 0)
		return r;
	j->records = calloc(j->kept.count + 1, sizeof(const struct transaction_record *));
	if (j->records == NULL)
		return error_errno(e, -ENOMEM, NULL, "journal");
	for (size_t i = 0; i < j->kept.count; i++) {
		if (succession_is_profile(&j->kept.all[i], boot_id, p))
			j->records[j->count++] = &j->kept.all[i];
	}
	return 0;
}

int profile_journal_load(const struct settings *s, const struct place *p,
			 struct profile_journal *ret, struct error *e)
{
	struct store *store = NULL;
	int r = change_journal_open(s, &store, e);

	if (r == 0)
		r = change_list_load(store, 1u << TRANSACTION_KEPT, SIZE_MAX, &ret->kept, e);
	store_close(store);
	return r < 0 ? r : choose(p, ret, e);
}

void profile_journal_done(struct profile_journal *j)
{
	free(j->records);
	change_list_done(&j->kept);
	*j = (struct profile_journal){ 0 };
}

static int refuse(const struct change_list *in_force, const struct transaction_record *t,
		  struct error *e)
{
	char name[PROFILE_NAME_MAX], later[PROFILE_NAME_MAX];

	for (size_t i = 0; i < in_force->count; i++) {
		const struct transaction_record *other = &in_force->all[i];

		if (!succession_follows(other, t) || !succession_profile_of(t, name) ||
		    !succession_profile_of(other, later))
			continue;
		return error_set(
			e, -EBUSY, ERROR_CONFLICT, NULL,
			"transaction %lld applied profile %s, and transaction %lld followed "
			"it with profile %s: roll that one back first, or both with --all",
			(long long)t->id, name, (long long)other->id, later);
	}
	return 0;
}

int profile_journal_refuse_followed(struct store *store, int64_t id, struct error *e)
{
	const unsigned int in_force = 1u << TRANSACTION_KEPT | 1u << TRANSACTION_PENDING |
				      1u << TRANSACTION_PARTIAL;
	struct change_list list = { 0 };
	int r = change_list_load(store, in_force, SIZE_MAX, &list, e);

	for (size_t i = 0; i < list.count && r == 0; i++) {
		if (list.all[i].id == id)
			r = refuse(&list, &list.all[i], e);
	}
	change_list_done(&list);
	return r;
}
