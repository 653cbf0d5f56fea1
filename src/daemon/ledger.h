/* What the daemon puts into the history: the outcomes of what it tried, so that a restart does not
 * try it all again, and how the main metrics went.
 *
 * The history may fail, on a full disk: that is said once, and stops nothing. Metrics are written
 * ten audits at a time: whoever opens the history for writing has all of it checked, which takes
 * longer than the writing.
 */
#ifndef NETWRIGHT_DAEMON_LEDGER_H
#define NETWRIGHT_DAEMON_LEDGER_H

#include "daemon/logbook.h"
#include "daemon/realm.h"
#include "tune/memory.h"
#include "tune/window.h"

#include <stdbool.h>
#include <stddef.h>

#define LEDGER_BATCH 10 /* audits */

struct ledger_page; /* what one audit of one namespace measured */

struct ledger {
	const char *directory; /* borrowed, as what follows */
	const struct logbook *log;
	const char *boot_id;
	struct ledger_page *pages; /* owned */
	size_t count, capacity;
	struct logbook_complaint trouble;
};
void ledger_done(struct ledger *l); /* what was not written is lost; accepts {0} */

/* Recalls what was tried in this boot. */
void ledger_load(struct ledger *l, struct memory *ret);
void ledger_save(struct ledger *l, const struct outcome *o);
/* Takes down the main metrics of a window, to be written by ledger_write(). */
void ledger_add(struct ledger *l, double utc_s, const struct realm_place *place,
		const struct window *w);
void ledger_write(struct ledger *l);

#endif
