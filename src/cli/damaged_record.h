/* What a damaged record of the journal still tells a person who has to look after it. */
#ifndef NETWRIGHT_CLI_DAMAGED_RECORD_H
#define NETWRIGHT_CLI_DAMAGED_RECORD_H

#include "apply/store.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* Prints the settings of the transaction that can be read, with what they held before, and the
 * command that sets a sysctl so again; nothing when none can. 0, -ENOMEM, or what reading the
 * journal fails with. */
int damaged_record_print(const struct settings *s, struct store *journal, int64_t id, FILE *out,
			 struct error *e);

#endif
