/* Ctrl-C during an observation ends it early, and what was seen is reported. */
#ifndef NETWRIGHT_CLI_INTERRUPT_H
#define NETWRIGHT_CLI_INTERRUPT_H

#include <signal.h>

struct interrupt {
	struct sigaction old_hup, old_int, old_term;
};

/* From here on the first SIGHUP, SIGINT or SIGTERM sets the flag; the second one does what it did
 * before (ends the program). A signal that was ignored (nohup, background jobs) stays ignored. */
void interrupt_begin(struct interrupt *saved);
/* Restores what was there before. */
void interrupt_end(const struct interrupt *saved);
/* Non-zero once a signal arrived. */
const volatile sig_atomic_t *interrupt_flag(void);

#endif
