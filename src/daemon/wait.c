#include "daemon/wait.h"

#include "base/cleanup.h"
#include "host/live_window.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

static const int watched[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

static void fill_set(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		(void)sigaddset(set, watched[i]);
}

static int add(const struct waiter *w, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_descriptors(struct waiter *w, const sigset_t *set)
{
	int r;

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		return -errno;
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer < 0)
		return -errno;
	w->signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signals < 0)
		return -errno;
	r = add(w, w->timer);
	return r < 0 ? r : add(w, w->signals);
}

int waiter_open(struct waiter *w, const struct waiter_options *options, struct error *e)
{
	sigset_t set;
	int r;

	*w = (struct waiter){ .options = *options, .epoll = -1, .timer = -1, .signals = -1 };
	fill_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, &w->saved) < 0)
		return error_errno(e, -errno, NULL, "signals cannot be blocked");
	r = open_descriptors(w, &set);
	if (r < 0) {
		waiter_close(w);
		return error_errno(e, r, NULL, "cannot wait for signals and the clock");
	}
	if (options->watchdog_ns > 0)
		w->watchdog_due_ns = live_window_now_ns() + options->watchdog_ns;
	return 0;
}

void waiter_close(struct waiter *w)
{
	int *const descriptors[] = { &w->epoll, &w->timer, &w->signals };

	for (size_t i = 0; i < ARRAY_LEN(descriptors); i++) {
		if (*descriptors[i] >= 0)
			(void)close(*descriptors[i]);
		*descriptors[i] = -1;
	}
	(void)sigprocmask(SIG_SETMASK, &w->saved, NULL);
}

/* From now on whoever ends us means at once. What was ignored (nohup, background jobs) stays so. */
static void let_signals_kill(void)
{
	static const int deadly[] = { SIGTERM, SIGINT };
	struct sigaction action;
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
		if (sigaction(deadly[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			(void)signal(deadly[i], SIG_DFL);
		(void)sigaddset(&set, deadly[i]);
	}
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void hear(struct waiter *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			w->reload = true;
			break;
		case SIGUSR1:
			if (w->options.on_status != NULL)
				w->options.on_status(w->options.arg);
			break;
		default:
			w->ending = 1;
			let_signals_kill();
			return;
		}
	}
}

static void feed_watchdog(struct waiter *w, uint64_t now_ns)
{
	if (w->watchdog_due_ns == 0 || now_ns < w->watchdog_due_ns)
		return;
	w->options.on_watchdog(w->options.arg);
	w->watchdog_due_ns = now_ns + w->options.watchdog_ns;
}

static bool arm(const struct waiter *w, uint64_t until_ns)
{
	uint64_t at = until_ns;

	if (w->watchdog_due_ns != 0 && w->watchdog_due_ns < at)
		at = w->watchdog_due_ns;
	const struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(at / NS_PER_S), .tv_nsec = (long)(at % NS_PER_S) },
	};

	return timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &when, NULL) == 0;
}

bool waiter_is_over(const struct waiter *w)
{
	return w->ending != 0 || (w->reload && w->reload_ends);
}

bool waiter_wait(void *waiter, uint64_t until_ns)
{
	struct waiter *w = waiter;
	struct epoll_event event;
	uint64_t now_ns;

	for (;;) {
		hear(w);
		if (waiter_is_over(w))
			return false;
		now_ns = live_window_now_ns();
		feed_watchdog(w, now_ns);
		if (now_ns >= until_ns)
			return true;
		/* Neither fails but for a defect; turning round without a pause would be worse. */
		if (!arm(w, until_ns) ||
		    (epoll_wait(w->epoll, &event, 1, -1) < 0 && errno != EINTR))
			return false;
	}
}

bool waiter_take_reload(struct waiter *w)
{
	bool asked = w->reload;

	w->reload = false;
	return asked;
}
