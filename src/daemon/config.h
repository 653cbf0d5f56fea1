/* How the daemon works, from netwright.conf:
 *
 *	daemon = {
 *	  interval = "60s"; sample = "30s";
 *	  patience = 3; window = "5s"; pairs = 6; settle = "5s";
 *	  tune = true; on_exit = "keep"; netns = "all";
 *	};
 *
 * All may be left out; these are the defaults.
 */
#ifndef NETWRIGHT_DAEMON_CONFIG_H
#define NETWRIGHT_DAEMON_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define DAEMON_PATIENCE_MAX 100

/* What becomes of the changes in force that were the daemon's when it ends. */
enum daemon_exit { DAEMON_EXIT_KEEP, DAEMON_EXIT_ROLLBACK };

struct daemon_config {
	double interval_s;     /* how long one audit of all namespaces lasts: 1 s to 1 d */
	double sample_s;       /* between its samples: 0.1 s to 1 h, at most the interval */
	bool paced;	       /* the file says neither: both may be longer, see daemon/pace.h */
	unsigned int patience; /* audits in a row that must find the same before it is tried, where
				* the rule does not say: 1 to DAEMON_PATIENCE_MAX */
	double window_s;       /* each window of a trial: 1 s to 1 h (tune/trial.h) */
	double settle_s;       /* left out after each change of a trial: 0.1 s to 1 h */
	unsigned int pairs;    /* of windows of a trial: PAIRED_SHIFT_MIN to PAIRED_SHIFT_MAX */
	bool tune;	       /* else it observes only */
	enum daemon_exit on_exit;
	char **netns; /* owned; which namespaces, by their names; see all_netns */
	size_t netns_count;
	bool all_netns;
};

/* The defaults, overridden by the settings of the file, which may lack `daemon`; the file's other
 * settings are not looked at. `ret` must be {0}; release with daemon_config_done() in any case.
 * Errors: -ENOENT; -EINVAL (ERROR_INPUT) with file and line; -ENOMEM. */
int daemon_config_load(struct daemon_config *ret, const char *path, struct error *e);
int daemon_config_load_text(struct daemon_config *ret, const char *name, const char *text,
			    size_t len, struct error *e);
/* Without a file. */
void daemon_config_default(struct daemon_config *ret);
void daemon_config_done(struct daemon_config *c); /* accepts {0} */

/* Whether a namespace is to be watched: by its name in /run/netns, or "self" for our own. */
bool daemon_config_has_netns(const struct daemon_config *c, const char *name);

#endif
