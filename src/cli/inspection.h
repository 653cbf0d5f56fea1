/* From options to results: what audit, flows, metrics and explain have in common. */
#ifndef NETWRIGHT_CLI_INSPECTION_H
#define NETWRIGHT_CLI_INSPECTION_H

#include "base/error.h"
#include "cli/options.h"
#include "host/source.h"
#include "measure/observation.h"
#include "rules/diagnose.h"
#include "rules/lint.h"
#include "rules/rulebook.h"
#include "tunables/catalogue.h"

#include <stdbool.h>

#define INSPECTION_RULES_DIRECTORY "/etc/netwright/rules"
#define INSPECTION_CONFIG_FILE	   "/etc/netwright/netwright.conf"

/* An audit samples every second: short enough to see a queue fill, long enough that 100 000 sockets
 * cost little. */
#define INSPECTION_SAMPLE_INTERVAL_S 1.0

struct inspection_request {
	const struct settings *settings;
	double default_seconds; /* length of the window when --for is not given */
	bool tunables;		/* read what is set */
	bool diagnose;		/* load the rule books and judge, lints too; needs `tunables` */
};

struct inspection {
	struct observation *observation;
	struct tunable_values tunables;
	struct lint_report lints; /* of the values in force */
	struct rulebook rulebook;
	struct diagnosis diagnosis;
	bool replayed;
};

/* Rule books and filter are checked first, so that a mistake in them does not cost the time of an
 * observation. Ctrl-C ends a live observation early; observation->interrupted then says so.
 * Returns 0 or a negative errno; release with inspection_done() in any case. */
int inspection_run(const struct inspection_request *request, struct inspection *ret,
		   struct error *e);
void inspection_done(struct inspection *i); /* accepts {0} */

/* The steps of a run after the observation, for those who observe on their own. While the source
 * can still be read: what is set, and the lints of it when it is to be judged; `filtered` when the
 * observation looked at some sockets only. Then the judgement. */
int inspection_read_settings(struct source *source, bool filtered, bool diagnose,
			     struct inspection *i, struct error *e);
int inspection_judge(const struct rulebook *book, struct inspection *i, struct error *e);

/* The built-in rule books, those of INSPECTION_RULES_DIRECTORY if there is one, and those of
 * --rules; and what the configuration file, INSPECTION_CONFIG_FILE if there is one or that of
 * --config, wants ignored. `ret` must be {0}; release with rulebook_done() in any case. */
int inspection_load_rules(const struct settings *settings, struct rulebook *ret, struct error *e);

#endif
