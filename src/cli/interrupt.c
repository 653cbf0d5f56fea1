#include "cli/interrupt.h"

/* The one global: a signal handler has no other way to say something. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

/* Without SA_RESTART: a wait must end. */
static void catch_signal(int number, int flags, struct sigaction *ret_old)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(number, NULL, ret_old);
	if (ret_old->sa_handler != SIG_IGN)
		(void)sigaction(number, &action, NULL);
}

void interrupt_begin(struct interrupt *saved)
{
	const int once = (int)SA_RESETHAND;

	interrupted = 0;
	catch_signal(SIGHUP, once, &saved->old_hup);
	catch_signal(SIGINT, once, &saved->old_int);
	catch_signal(SIGTERM, once, &saved->old_term);
	(void)sigaction(SIGPIPE, NULL, &saved->old_pipe);
}

void interrupt_shield(struct interrupt *saved)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	interrupted = 0;
	catch_signal(SIGHUP, 0, &saved->old_hup);
	catch_signal(SIGINT, 0, &saved->old_int);
	catch_signal(SIGTERM, 0, &saved->old_term);
	(void)sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGPIPE, &ignore, &saved->old_pipe);
}

void interrupt_end(const struct interrupt *saved)
{
	(void)sigaction(SIGHUP, &saved->old_hup, NULL);
	(void)sigaction(SIGINT, &saved->old_int, NULL);
	(void)sigaction(SIGPIPE, &saved->old_pipe, NULL);
	(void)sigaction(SIGTERM, &saved->old_term, NULL);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
	return &interrupted;
}
