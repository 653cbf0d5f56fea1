/* Which transactions a run has left in force: so that nothing that goes wrong after that denies
 * them, and scripts do not take the host for unchanged. */
#ifndef NETWRIGHT_CLI_KEPT_CHANGES_H
#define NETWRIGHT_CLI_KEPT_CHANGES_H

#include "base/error.h"
#include "cli/document.h"
#include "cli/options.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define KEPT_CHANGES_MAX 8

struct kept_changes {
	int64_t transactions[KEPT_CHANGES_MAX]; /* oldest first */
	size_t count;
};

/* More than KEPT_CHANGES_MAX are a defect of the caller, and left out. */
void kept_changes_add(struct kept_changes *k, int64_t transaction);

/* Adds to what failed that they are in force all the same, which makes it ERROR_CONFLICT; leaves it
 * alone when there are none. Returns `failed`. */
int kept_changes_explain(const struct kept_changes *k, const struct settings *s, int failed,
			 struct error *e);

/* After everything was printed, which came to `printed`: 0 when it has reached its reader, else a
 * negative errno, explained as above. */
int kept_changes_finish_printing(const struct kept_changes *k, const struct settings *s,
				 int printed, FILE *out, struct error *e);

/* [3, 5]: a new reference. */
json_t *kept_changes_array(struct document *d, const struct kept_changes *k);

#endif
