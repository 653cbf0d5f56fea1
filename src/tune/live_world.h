/* The live world: one network namespace of this machine, and the journal.
 *
 * It holds the namespace open by a descriptor, so that a name that is given to another namespace
 * meanwhile misleads nobody. Each change, check and roll-back is a session of its own with the
 * journal (apply/session.h): between them nothing is locked, and others may change something.
 */
#ifndef NETWRIGHT_TUNE_LIVE_WORLD_H
#define NETWRIGHT_TUNE_LIVE_WORLD_H

#include "apply/transaction.h"
#include "base/error.h"
#include "rules/rulebook.h"
#include "tunables/place.h"
#include "tune/world.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Texts and the book are borrowed, and must outlive the world. */
struct live_world_options {
	const char *netns;	     /* as place_open(); NULL: our own */
	uint64_t netns_cookie;	     /* of the namespace that is meant; 0: whichever has the name */
	const char *state_directory; /* absolute */
	double lock_wait_s;	     /* 0: SESSION_LOCK_TIMEOUT_S */
	const char *command;	     /* for the audit trail */
	const struct rulebook *book;
	const char *filter;		   /* which sockets count, as --filter; NULL: all */
	bool persist;			   /* what is kept gets files for the next boot */
	bool find_owners;		   /* look up the processes behind sockets in each window */
	const volatile sig_atomic_t *stop; /* non-zero ends a wait; may be NULL */
	/* For a program that has other things to wait for: see struct live_options. NULL: sleeps,
	 * looking at `stop` four times a second. */
	bool (*wait)(void *arg, uint64_t until_ns);
	void *wait_arg;
	/* Told of what earlier runs had left, when a session finishes it; may be NULL. */
	struct recovery_listener listener;
};

struct live_world;

/* Errors as place_open() and place_open_again(); -EINVAL a malformed filter. */
int live_world_open(const struct live_world_options *options, struct live_world **ret,
		    struct error *e);
void live_world_free(struct live_world *w); /* accepts NULL */

/* For trial_run(). */
struct world *live_world(struct live_world *w);
const struct place *live_world_place(const struct live_world *w);
/* live_change_prepare() */
int live_world_prepare(struct live_world *w, const struct plan *plan, struct error *e);

#endif
