/* Where the daemon waits: for an instant, for signals, and for the watchdog's next turn.
 *
 * Everything that the daemon does runs to its end between two waits, so that one thread and no
 * state machine are enough: an observation, or a trial, waits here (live_options.wait,
 * live_world.h), and is ended early from here.
 *
 *   SIGTERM, SIGINT   end: whatever waits is ended early; a second one kills, as if uncaught
 *   SIGHUP            the configuration is to be read anew, see waiter_take_reload()
 *   SIGUSR1           `on_status` is called
 */
#ifndef NETWRIGHT_DAEMON_WAIT_H
#define NETWRIGHT_DAEMON_WAIT_H

#include "base/error.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct waiter_options {
	uint64_t watchdog_ns; /* how often `on_watchdog` is called while waiting; 0: never */
	void (*on_watchdog)(void *arg);
	void (*on_status)(void *arg);
	void *arg;
};

struct waiter {
	struct waiter_options options;
	int epoll, timer, signals; /* owned */
	sigset_t saved;
	uint64_t watchdog_due_ns;
	volatile sig_atomic_t ending; /* 1 once SIGTERM or SIGINT has come */
	bool reload;
	bool reload_ends; /* SIGHUP ends a wait early as well */
};

/* Blocks the signals and opens what they are waited for with. Errors: of the system calls. `w` must
 * stay where it is. */
int waiter_open(struct waiter *w, const struct waiter_options *options, struct error *e);
void waiter_close(struct waiter *w); /* accepts one that could not be opened */

/* Waits until that CLOCK_BOOTTIME in nanoseconds, also while the machine is suspended; true then.
 * False when the run is to end, or a reload ends it. Signals that came before are looked at in any
 * case. `waiter` is a struct waiter, so that this is a hook of live_options. */
bool waiter_wait(void *waiter, uint64_t until_ns);

/* Whether waiting would end early now. */
bool waiter_is_over(const struct waiter *w);

/* Whether a reload was asked for since the last call. */
bool waiter_take_reload(struct waiter *w);

#endif
