/* The process that owns the deadline of a change to be confirmed.
 *
 * The session that made the change may be the one that it cut off, so the deadline belongs to a
 * process of its own: no terminal, SIGHUP ignored, started before the first write. It holds nothing
 * but the deadline: when that has passed, or when the run that started it dies in the middle, it
 * takes the lock, and lets recovery decide by the journal. If it is killed, the next netwright
 * that changes anything does the same.
 */
#ifndef NETWRIGHT_APPLY_GUARDIAN_H
#define NETWRIGHT_APPLY_GUARDIAN_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct guardian {
	int64_t pid;
	uint64_t start; /* clock ticks since boot; tells it from another of the same number */
	int channel;	/* owned; closing it without guardian_entrust() means "I died" */
};

/* Forks. Call before the store is opened and the lock is taken: neither survives a fork well.
 * Returns when it runs in its own session, with no descriptor of ours but the channel; on failure
 * there is none. The state directory is created when missing. */
int guardian_start(const char *state_directory, struct guardian *ret, struct error *e);
/* The change is journaled as pending: from now on the guardian waits for its deadline
 * (CLOCK_BOOTTIME) alone, which it has acknowledged. On failure it is gone or stuck: the caller
 * rolls back. The channel is closed in either case. If the run dies between the journal and this,
 * the guardian finds the deadline in the journal. */
int guardian_entrust(struct guardian *g, int64_t transaction, uint64_t deadline_boottime_ns,
		     struct error *e);
/* Nothing to guard: it ends. Does nothing for {0}, or when it was entrusted. */
void guardian_dismiss(struct guardian *g);
/* Whether the guardian of a journaled transaction lives. */
bool guardian_alive(int64_t pid, uint64_t start);
/* Wakes the guardian of a transaction that was confirmed or rolled back, so that it ends now. It
 * believes the journal alone: woken without reason it goes on waiting. */
void guardian_wake(int64_t pid, uint64_t start);

#endif
