/* Signals that end a program: during an observation they end it early, and what was seen is
 * reported; during a change they stop it, and what was written is put back. */
#ifndef NETWRIGHT_CLI_INTERRUPT_H
#define NETWRIGHT_CLI_INTERRUPT_H

#include <signal.h>

struct interrupt {
	struct sigaction old_hup, old_int, old_pipe, old_term;
};

/* From here on the first SIGHUP, SIGINT or SIGTERM sets the flag; the second one does what it did
 * before (ends the program). A signal that was ignored (nohup, background jobs) stays ignored. */
void interrupt_begin(struct interrupt *saved);
/* Likewise, but every further signal only sets the flag as well, and SIGPIPE is ignored: nothing
 * but SIGKILL ends the program between two writes. */
void interrupt_shield(struct interrupt *saved);
/* Restores what was there before. */
void interrupt_end(const struct interrupt *saved);
/* Non-zero once a signal arrived. */
const volatile sig_atomic_t *interrupt_flag(void);

#endif
