/* From wishes to a plan that is printed or carried out. */
#ifndef NETWRIGHT_CLI_CHANGE_H
#define NETWRIGHT_CLI_CHANGE_H

#include "apply/plan.h"
#include "apply/store.h"
#include "base/error.h"
#include "cli/options.h"
#include "tunables/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct change_request {
	const struct settings *settings; /* confirm_s, dry_run, export, json, lock_timeout_s,
					  * quiet, state_dir, verbose */
	const struct place *place;
	const struct wish *wishes;
	size_t wish_count;
	/* Works out the wishes anew, into `wishes`, once nobody else can change anything any more:
	 * for those that follow from what is in force. NULL: they are as somebody gave them. */
	int (*renew)(void *arg, struct change_request *q, struct error *e);
	void *renew_arg;
	/* --persist is not refused when no file can set any of it. */
	bool persist_what_can;
	/* Looks at the plan before anything is written; NULL: nothing to check. */
	int (*check)(const void *arg, const struct plan *plan, struct error *e);
	const void *arg;
	/* Told of the transaction once it is carried out, or undone; NULL: nobody. */
	void (*applied)(const void *arg, const struct settings *s,
			const struct transaction_record *t);
	const void *applied_arg;
};

/* Makes the plan; prints it (--dry-run, --export), or carries it out and prints what became of it.
 * A plan that holds already writes nothing. Returns an exit status or a negative errno. */
int change_carry_out(const struct change_request *request, FILE *out, struct error *e);

#endif
