#include "cli/profile_journal.h"

#include "apply/boot.h"
#include "cli/change_session.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static int choose(const struct place *p, struct profile_journal *j, struct error *e)
{
	char boot_id[BOOT_ID_MAX];
	int r = boot_id_read(boot_id, e);

	if (r < 0)
		return r;
	j->records = calloc(j->kept.count + 1, sizeof(*j->records));
	if (j->records == NULL)
		return error_errno(e, -ENOMEM, NULL, "journal");
	for (size_t i = 0; i < j->kept.count; i++) {
		if (succession_is_profile(&j->kept.all[i], boot_id, p, NULL))
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
