#include "cli/profile_journal.h"

#include "apply/boot.h"
#include "cli/change_journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int load(const struct settings *s, unsigned int states, struct change_list *ret,
		struct error *e)
{
	struct store *store = NULL;
	int r = change_journal_open(s, &store, e);

	if (r == 0)
		r = change_list_load(store, states, SIZE_MAX, ret, e);
	store_close(store);
	return r;
}

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
	int r = load(s, 1u << TRANSACTION_KEPT, &ret->kept, e);

	return r < 0 ? r : choose(p, ret, e);
}

void profile_journal_done(struct profile_journal *j)
{
	free(j->records);
	change_list_done(&j->kept);
	*j = (struct profile_journal){ 0 };
}

static void take_inputs(const struct transaction_record *t, struct profile_inputs *ret)
{
	struct profile_inputs inputs = { .transaction = t->id };
	char name[PROFILE_NAME_MAX];
	size_t i = 0, at = 0;

	while (i < t->change_count && !profile_of_why(t->changes[i].change.why, name))
		i++;
	while (i < t->change_count && inputs.count < OPTION_LIST_MAX &&
	       profile_input_of_why(t->changes[i].change.why, &at, inputs.texts[inputs.count]))
		inputs.count++;
	*ret = inputs;
}

int profile_journal_find_inputs(const struct settings *s, const struct place *p, const char *name,
				struct profile_inputs *ret, struct error *e)
{
	struct change_list list = { 0 };
	char boot_id[BOOT_ID_MAX], applied[PROFILE_NAME_MAX];
	bool found = false;
	int r = boot_id_read(boot_id, e);

	if (r == 0)
		r = load(s, 1u << TRANSACTION_KEPT | 1u << TRANSACTION_PENDING, &list, e);
	if (r == 0) {
		/* One of them may be the newest. */
		(void)change_list_complain(&list);
		*ret = (struct profile_inputs){ 0 };
	}
	for (size_t i = 0; r == 0 && i < list.count && !found; i++) {
		const struct transaction_record *t = &list.all[i];

		found = strcmp(t->boot_id, boot_id) == 0 && t->netns_cookie == p->cookie &&
			succession_profile_of(t, applied);
		if (found && strcmp(applied, name) == 0)
			take_inputs(t, ret);
	}
	change_list_done(&list);
	return r;
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
