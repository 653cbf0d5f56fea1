/* Faults that befall processes on the machine of applier_fixture.h, and what must be true after. */
#ifndef NETWRIGHT_TESTS_UNIT_FAULT_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_FAULT_FIXTURE_H

#include "applier_fixture.h"

#include <stdbool.h>
#include <stddef.h>

/* What one process of a scenario does, and what the machine looks like before. */
struct scenario {
	const char *name;
	bool confirm, persist;
	void (*prepare)(struct world *w);
	int (*run)(struct world *w);
};

/* What befalls it. */
struct fault {
	int code;      /* the call fails with this */
	bool is_short; /* it writes the half */
	bool kill, after;
	enum fake_loss loss;
};

extern const struct fault faults[];
extern const size_t fault_count;

/* Apply, apply to be confirmed, confirm, roll back, roll back when not confirmed in time. */
#define SCENARIO_COUNT 5
extern const struct scenario scenarios[SCENARIO_COUNT];

/* What befalls call number `call` of the process that runs next. */
void fault_arm(struct world *w, const struct fault *f, unsigned int call);

/* A process that recovers, undisturbed: the journal opens, every setting holds its `from` or its
 * `to` as the journal says, and its files are there or not as it says. Fails the test otherwise.
 * `rebooted`: nothing may have been written since, so all is as when the machine started. */
void fault_settle(struct world *w, bool rebooted, const char *what);

/* Every call of the scenario's process meets the fault, on a machine that `init` makes; when it is
 * killed, every `stride`th call of the recovery after it meets another (0: none). Returns how many
 * runs that were. */
unsigned int fault_torment(const struct scenario *s, void (*init)(struct world *w),
			   const struct fault *f, unsigned int stride);

/* A scenario whose process, and two that recover after it, meet faults at random (NETWRIGHT_SEED=N
 * repeats them), `runs` times; on a machine that `init` makes. */
void fault_random(const struct scenario *s, void (*init)(struct world *w), unsigned int runs);

#endif
