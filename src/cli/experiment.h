/* What the verbs share that try changes on live traffic: the world as the command line says, for as
 * long as it takes, with signals that end it in order. */
#ifndef NETWRIGHT_CLI_EXPERIMENT_H
#define NETWRIGHT_CLI_EXPERIMENT_H

#include "base/error.h"
#include "cli/change_session.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "rules/rulebook.h"
#include "tune/live_world.h"
#include "tune/trial.h"

#include <stdbool.h>

#define EXPERIMENT_PAIRS PAIRED_SHIFT_MIN

struct experiment {
	const struct settings *settings;
	struct rulebook book;
	struct live_world *world;
	struct progress progress;
	struct interrupt saved;
	char command[CHANGE_COMMAND_MAX];
	bool shielded;
};

/* Loads the rules, opens the namespace of --netns, and shields from signals: from here on SIGHUP,
 * SIGINT and SIGTERM end a wait, and what is on trial is put back. `ret` must be {0}; release with
 * experiment_close() in any case. */
int experiment_open(const struct settings *s, struct experiment *ret, struct error *e);
void experiment_close(struct experiment *x);

/* --pairs, checked: -EINVAL (ERROR_INPUT). */
int experiment_pairs(const struct settings *s, unsigned int *ret, struct error *e);

/* Before a plan is tried: names who else sets the same, and with --persist what gets no file, and
 * refuses what could not be tried, or what --persist cannot be kept for. `persist_what_can`: not
 * that no file can set any of it. Errors as live_change_prepare() and persistence_check_plan(). */
int experiment_prepare(struct experiment *x, const struct plan *plan, const struct wish *wishes,
		       size_t count, bool persist_what_can, struct error *e);

/* Looks at the traffic as it is. Errors as observe() of world_ops; release with window_done(). */
int experiment_look(struct experiment *x, double seconds, struct window *ret, struct error *e);
/* trial_run() with progress on a terminal. An interrupted one says what became of the change. */
int experiment_try(struct experiment *x, struct trial_request *request, struct trial_report *ret,
		   struct error *e);
/* Whether the journal says that nothing of a trial that came to a verdict is in force. */
bool experiment_is_restored(const struct experiment *x, const struct trial_report *report);

/* Which sockets the plan's changes reach. */
enum trial_sockets experiment_sockets(const struct plan *plan);

#endif
