/* Keeps what was tried in the history, across restarts within one boot. */
#ifndef NETWRIGHT_TUNE_MEMORY_STORE_H
#define NETWRIGHT_TUNE_MEMORY_STORE_H

#include "apply/history.h"
#include "base/error.h"
#include "tune/memory.h"

#include <stddef.h>

/* Adds what was tried in this boot to `ret`. Entries that this program would not have written are
 * left out and counted. Errors as history_load_outcomes(). */
int memory_load(struct history *h, const char *boot_id, struct memory *ret, size_t *ret_damaged,
		struct error *e);
/* Errors as history_save_outcome(). */
int memory_save(struct history *h, const char *boot_id, const struct outcome *o, struct error *e);

#endif
