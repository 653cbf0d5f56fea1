/* All that the daemon sees of the host and does to it: tune/world.h for every network namespace
 * together. The live one is live_realm.h; tests put a simulated host behind it, with a clock of its
 * own.
 */
#ifndef NETWRIGHT_DAEMON_REALM_H
#define NETWRIGHT_DAEMON_REALM_H

#include "base/error.h"
#include "daemon/config.h"
#include "rules/rulebook.h"
#include "tunables/kind.h"
#include "tune/window.h"
#include "tune/world.h"

#include <stdbool.h>
#include <stdint.h>

#define REALM_LABEL_MAX 288

struct realm_place {
	char name[PLACE_NAME_MAX];   /* opens it; "" our own */
	char label[REALM_LABEL_MAX]; /* for people: its name, "pid 812 (nginx)", or "self" */
	uint64_t cookie;
	bool is_init;
};

struct realm_survey {
	const struct daemon_config *config; /* how long, and which namespaces */
	const struct rulebook *book;
	/* Look up the processes that the book needs, which reads all of /proc: to find anything,
	 * and to propose something. */
	bool find_processes, find_holders;
	void *arg;
	/* Told of each namespace in turn, with its window, which is gone afterwards. What it
	 * returns, if negative, ends the survey. */
	int (*seen)(void *arg, const struct realm_place *place, const struct window *w,
		    struct error *e);
	/* Told of each that should have been seen, and why not. */
	void (*unseen)(void *arg, const char *label, const char *reason);
};

/* A tunable of a change in force that was the daemon's, and is somebody else's now. */
struct realm_loss {
	uint64_t netns_cookie;
	char target[TARGET_NAME_MAX]; /* without an element */
	char reason[256];	      /* "somebody else has set it, to 4096 131072 8388608" */
};

struct realm;

struct realm_ops {
	double (*utc_s)(struct realm *r);
	/* Observes all namespaces over one interval. -EINTR when the run, or only this interval, is
	 * to end; -ETIME when the machine was suspended meanwhile: nothing was seen then. */
	int (*survey)(struct realm *r, const struct realm_survey *s, struct error *e);
	/* One namespace, to try something in. -ESTALE when it is gone. */
	int (*open_world)(struct realm *r, const struct realm_place *place,
			  const struct rulebook *book, struct world **ret, struct error *e);
	void (*close_world)(struct realm *r, struct world *w);
	/* Whether there is no such namespace any more, by whatever name; false when not known. */
	bool (*is_gone)(struct realm *r, const struct realm_place *place);
	/* Calls `lost` for each such tunable, each time it is asked. -EBUSY when a change
	 * waits for its confirmation. */
	int (*check)(struct realm *r, void (*lost)(void *arg, const struct realm_loss *l),
		     void *arg, struct error *e);
};

/* Implementations embed this as their first member. */
struct realm {
	const struct realm_ops *ops;
};

#endif
