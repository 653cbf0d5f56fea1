/* The profiles that the journal has in force. */
#ifndef NETWRIGHT_CLI_PROFILE_JOURNAL_H
#define NETWRIGHT_CLI_PROFILE_JOURNAL_H

#include "apply/succession.h"
#include "base/error.h"
#include "cli/change_list.h"
#include "cli/options.h"
#include "tunables/place.h"

#include <stddef.h>
#include <stdint.h>

struct profile_journal {
	struct change_list kept;		   /* owned */
	const struct transaction_record **records; /* owned; those of profiles here, newest first */
	size_t count;
};

/* Reads the journal, changing nothing; none is in force without one. `ret` must be {0}; release
 * with profile_journal_done() in any case. Errors as of change_journal_open(). */
int profile_journal_load(const struct settings *s, const struct place *p,
			 struct profile_journal *ret, struct error *e);
void profile_journal_done(struct profile_journal *j);

/* With which inputs the profile that is in force was applied. */
struct profile_inputs {
	int64_t transaction; /* 0: it is not in force */
	char texts[OPTION_LIST_MAX][PROFILE_WHY_INPUTS_MAX];
	size_t count;
};
/* Those of the newest profile's transaction here, kept or waiting for its confirmation, if `name`
 * is its profile; else of none. Errors as above. */
int profile_journal_find_inputs(const struct settings *s, const struct place *p, const char *name,
				struct profile_inputs *ret, struct error *e);

/* -EBUSY (ERROR_CONFLICT) when `id` is a profile's transaction that another profile's followed:
 * that one has to be rolled back first. */
int profile_journal_refuse_followed(struct store *store, int64_t id, struct error *e);

#endif
