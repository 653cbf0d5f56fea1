/* All that the closed loop learns from the host and does to it. The live one is live_world.h; tests
 * put a simulated host behind it, with a clock of its own.
 *
 * A trial is journaled as a transaction that is pending until it is kept: if this program dies, or
 * is suspended past the deadline, the guardian or the next run rolls it back.
 */
#ifndef NETWRIGHT_TUNE_WORLD_H
#define NETWRIGHT_TUNE_WORLD_H

#include "apply/plan.h"
#include "apply/store.h"
#include "base/error.h"
#include "tune/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window_request {
	double seconds;	   /* length of the window */
	double interval_s; /* between its samples */
	bool new_sockets;  /* count only sockets that were not there at the last mark() */
};

struct world;

struct world_ops {
	/* CLOCK_BOOTTIME in nanoseconds: it counts while the machine is suspended. */
	uint64_t (*now_ns)(struct world *w);
	/* Waits. -EINTR when the run is to end. */
	int (*wait)(struct world *w, double seconds, struct error *e);
	/* Remembers which sockets exist, for `new_sockets`. */
	int (*mark)(struct world *w, struct error *e);
	/* Observes one window. -EINTR when the run is to end (*ret is {0}); -ESTALE when the
	 * namespace is gone; -ETIME when the machine was suspended meanwhile: the window says
	 * nothing, another may be tried. Release *ret with window_done(). */
	int (*observe)(struct world *w, const struct window_request *request, struct window *ret,
		       struct error *e);
	/* Applies the wishes as a pending transaction with that deadline. 0 with *ret; 0 with
	 * ret->id 0 when they hold already; else as transaction_apply(), -EBUSY (ERROR_BUSY) also
	 * while somebody else's transaction is pending. */
	int (*apply)(struct world *w, const struct wish *wishes, size_t count, double deadline_s,
		     struct transaction_record *ret, struct error *e);
	/* 0 while the transaction is pending and all its targets hold what it wrote. -ECANCELED
	 * when a person has rolled it back, -EALREADY when somebody has confirmed it, -ETIME when
	 * its guardian has, whose deadline passed or who had to end; -EEXIST (ERROR_CONFLICT) when
	 * a target holds something else, whose name is written to `target`. */
	int (*check)(struct world *w, int64_t transaction, char target[TARGET_NAME_MAX],
		     struct error *e);
	/* The journal keeps the reason. 0, also when somebody has confirmed it; -EUCLEAN
	 * (ERROR_CONFLICT) when it is kept, but its files could not be written or a target holds
	 * something else; -ETIME, -ECANCELED as check(). */
	int (*keep)(struct world *w, int64_t transaction, const char *reason, struct error *e);
	/* 0, also when it is rolled back already; -EALREADY when somebody has confirmed it: it is
	 * theirs, and stays; -EUCLEAN (ERROR_CONFLICT) when a target held something else, which was
	 * left; all else: it is still in force. */
	int (*revert)(struct world *w, int64_t transaction, const char *reason, struct error *e);
};

/* Implementations embed this as their first member. */
struct world {
	const struct world_ops *ops;
};

#endif
