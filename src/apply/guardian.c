#include "apply/guardian.h"

#include "apply/guardian_channel.h"
#include "apply/guardian_process.h"
#include "apply/state_directory.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "tunables/process_identity.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* For a process on the same machine to say a word; it takes a millisecond when nothing is wrong. */
#define ANSWER_MS 5000

/* Twice forked and in a session of its own it can get no terminal any more, and whoever has become
 * its parent collects it. Does not return in the children. */
static int fork_away(int channel, const char *directory)
{
	pid_t child;
	int status;

	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		if (setsid() < 0)
			_exit(1);
		child = fork();
		if (child != 0)
			_exit(child < 0 ? 1 : 0);
		_exit(guardian_process_run(channel, directory) < 0 ? 1 : 0);
	}
	while (waitpid(child, &status, 0) < 0) {
		/* Whoever started us may ignore SIGCHLD: then it is collected already. */
		if (errno == ECHILD)
			break;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int guardian_start(const char *state_directory, struct guardian *ret, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	struct guardian_message m = { .word = GUARDIAN_DISMISS };
	int ends[2];
	int r;

	/* Also so that a relative name means the same to it. */
	r = state_directory_open(state_directory, true, &d, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(e, -errno, NULL, "the guardian of the deadline cannot be made");
	r = fork_away(ends[1], d.path);
	(void)close(ends[1]);
	if (r == 0)
		r = guardian_channel_receive(ends[0], ANSWER_MS, &m);
	if (r == 0 && m.word != GUARDIAN_READY)
		r = -EBADMSG;
	if (r < 0) {
		(void)close(ends[0]);
		return error_set(e, r, ERROR_FAILED, NULL,
				 "the process that is to guard the deadline did not start (%s), so "
				 "nothing is changed",
				 strerror(-r));
	}
	*ret = (struct guardian){ .pid = m.number, .start = m.time, .channel = ends[0] };
	return 0;
}

int guardian_entrust(struct guardian *g, int64_t transaction, uint64_t deadline_boottime_ns,
		     struct error *e)
{
	struct guardian_message m = { .word = GUARDIAN_ENTRUST,
				      .number = transaction,
				      .time = deadline_boottime_ns };
	int r;

	r = guardian_channel_send(g->channel, &m);
	if (r == 0)
		r = guardian_channel_receive(g->channel, ANSWER_MS, &m);
	if (r == 0 && m.word != GUARDIAN_ACCEPTED)
		r = -EBADMSG;
	/* Accepted or not: one that is stuck and wakes up later finds it closed, and believes the
	 * journal. */
	(void)close(g->channel);
	g->channel = -1;
	if (r < 0)
		return error_set(e, r, ERROR_FAILED, NULL,
				 "the process that was to guard the deadline of transaction %lld "
				 "(PID %lld) is gone or does not answer: %s",
				 (long long)transaction, (long long)g->pid, strerror(-r));
	return 0;
}

void guardian_dismiss(struct guardian *g)
{
	struct guardian_message m = { .word = GUARDIAN_DISMISS };

	if (g->pid == 0 || g->channel < 0)
		return;
	/* When it has ended, or cannot be told, the channel is closed from there. */
	if (guardian_channel_send(g->channel, &m) == 0)
		(void)guardian_channel_receive(g->channel, ANSWER_MS, &m);
	(void)close(g->channel);
	*g = (struct guardian){ .channel = -1 };
}

/* A descriptor of the process of this number and start, or a negative errno. */
static int open_process(int64_t pid, uint64_t start)
{
	uint64_t found = 0;
	int fd, r;

	if (pid <= 0 || pid > INT32_MAX)
		return -ESRCH;
	fd = pidfd_open((pid_t)pid, 0);
	if (fd < 0)
		return -errno;
	r = process_start_find(os_live(), (pid_t)pid, &found);
	if (r == 0 && found == start)
		return fd;
	(void)close(fd);
	return -ESRCH;
}

bool guardian_alive(int64_t pid, uint64_t start)
{
	int fd CLEANUP(close_fdp) = open_process(pid, start);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* It becomes readable when the process has ended, though nobody may have collected it. */
	return fd >= 0 && poll(&p, 1, 0) == 0;
}

void guardian_wake(int64_t pid, uint64_t start)
{
	int fd CLEANUP(close_fdp) = open_process(pid, start);

	if (fd >= 0)
		(void)pidfd_send_signal(fd, SIGUSR1, NULL, 0);
}
