#include "cli/interrupt.h"

/* The one global: a signal handler has no other way to say something. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static void catch_signal(int number, struct sigaction *ret_old)
{
	struct sigaction action = { .sa_handler = on_signal };

	/* Once, and without SA_RESTART: the wait must end. */
	action.sa_flags = (int)SA_RESETHAND;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(number, NULL, ret_old);
	if (ret_old->sa_handler != SIG_IGN)
		(void)sigaction(number, &action, NULL);
}

void interrupt_begin(struct interrupt *saved)
{
	interrupted = 0;
	catch_signal(SIGHUP, &saved->old_hup);
	catch_signal(SIGINT, &saved->old_int);
	catch_signal(SIGTERM, &saved->old_term);
}

void interrupt_end(const struct interrupt *saved)
{
	(void)sigaction(SIGHUP, &saved->old_hup, NULL);
	(void)sigaction(SIGINT, &saved->old_int, NULL);
	(void)sigaction(SIGTERM, &saved->old_term, NULL);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
	return &interrupted;
}
