/* traffic pairs: many established, idle connections, both ends of which are ours. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CHILDREN 256
#define MAX_MESSAGE  4096 /* fits into any socket's buffers */
/* Descriptors a child needs besides its connections: the standard ones, listener, pipe. */
#define SPARE_DESCRIPTORS 16
/* Fewer than the default 28232 ephemeral ports, as each child has one destination. */
#define MAX_PAIRS_PER_CHILD 20000

__attribute__((noreturn)) static void child_fail(const char *what, uint64_t done)
{
	fprintf(stderr, "traffic: cannot %s after %" PRIu64 " connections of one process: %s\n",
		what, done, strerror(errno));
	_exit(1);
}

/* Each child listens on its own loopback address, so the ephemeral ports are its own as well. */
static int open_child_listener(unsigned int index, struct sockaddr_in *ret)
{
	socklen_t size = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET };
	ret->sin_addr.s_addr = htonl(0x7f000001 + index);
	if (fd < 0 || bind(fd, (const struct sockaddr *)ret, size) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)ret, &size) != 0)
		child_fail("listen on a loopback address", 0);
	return fd;
}

/* One message from one end to the other, which reads it. */
static void exchange(int from, int to, uint64_t size, uint64_t done)
{
	static char message[MAX_MESSAGE];

	if (send(from, message, size, MSG_NOSIGNAL) != (ssize_t)size ||
	    recv(to, message, size, MSG_WAITALL) != (ssize_t)size)
		child_fail("exchange a message", done);
}

static void open_pair(int listener, const struct sockaddr_in *address, uint64_t message,
		      uint64_t done)
{
	/* No TIME_WAIT left behind: the benchmark's next run would dump those as well. */
	const struct linger abort_on_close = { .l_onoff = 1, .l_linger = 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;

	if (fd < 0)
		child_fail("open a socket", done);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof(abort_on_close));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		child_fail("connect", done);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (accepted < 0)
		child_fail("accept", done);
	if (message > 0) {
		exchange(fd, accepted, message, done);
		exchange(accepted, fd, message, done);
	}
}

__attribute__((noreturn)) static void run_child(unsigned int index, uint64_t pairs,
						uint64_t message, pid_t parent, int ready_fd)
{
	struct sockaddr_in address;
	sigset_t none;
	int listener;
	uint64_t i;

	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		_exit(1);
	listener = open_child_listener(index, &address);
	for (i = 0; i < pairs; i++)
		open_pair(listener, &address, message, i);
	if (write(ready_fd, "", 1) != 1)
		_exit(1);
	(void)close(ready_fd);
	for (;;)
		(void)pause();
}

static uint64_t pairs_per_child(void)
{
	struct rlimit limit;
	uint64_t pairs;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		tool_fail("cannot read RLIMIT_NOFILE: %s", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		tool_fail("cannot raise RLIMIT_NOFILE to its hard limit: %s", strerror(errno));
	if (limit.rlim_cur < 2 * SPARE_DESCRIPTORS)
		tool_fail("the limit of open files is too low: raise \"ulimit -Hn\"");
	pairs = (limit.rlim_cur - SPARE_DESCRIPTORS) / 2;
	return pairs < MAX_PAIRS_PER_CHILD ? pairs : MAX_PAIRS_PER_CHILD;
}

/* Starts the children; returns how many. */
static unsigned int start_children(uint64_t count, uint64_t message, pid_t *children, int ready_fd)
{
	uint64_t most = pairs_per_child();
	pid_t parent = getpid();
	unsigned int started;

	if (count > most * MAX_CHILDREN)
		tool_fail("--count: at most %" PRIu64 " connections with this limit of open files",
			  most * MAX_CHILDREN);
	for (started = 0; count > 0; started++) {
		uint64_t pairs = count < most ? count : most;

		children[started] = fork();
		if (children[started] < 0)
			tool_fail("cannot start a process: %s", strerror(errno));
		if (children[started] == 0)
			run_child(started, pairs, message, parent, ready_fd);
		count -= pairs;
	}
	return started;
}

/* One byte from each child; the end of the pipe before that is a child's failure. */
static bool wait_ready(int fd, unsigned int children)
{
	while (children > 0 && traffic_wait(fd, POLLIN)) {
		char bytes[MAX_CHILDREN];
		ssize_t got = read(fd, bytes, children);

		if (got <= 0 || waitpid(-1, NULL, WNOHANG) > 0)
			return false;
		children -= (unsigned int)got;
	}
	return children == 0;
}

int traffic_pairs(int argc, char **argv)
{
	static pid_t children[MAX_CHILDREN];
	uint64_t count = 0, message = 0, max_time_ns = TOOL_MAX_TIME_NS;
	const struct tool_option table[] = {
		{ "count", TOOL_COUNT, &count, 1, 10000000, true,
		  "connections; each is two sockets" },
		{ "message", TOOL_BYTES, &message, 1, MAX_MESSAGE, false,
		  "send this much each way once, and read it" },
		TRAFFIC_MAX_TIME(&max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic pairs",
		"Opens idle loopback connections from as many processes as the limit of open files\n"
		"asks for, prints \"ready\", and holds them until it is ended.",
		table,
	};
	unsigned int i, started;
	int ready[2];
	bool ok;

	tool_read_options(&usage, argc, argv);
	tool_start(max_time_ns);
	if (pipe(ready) != 0)
		tool_fail("cannot create a pipe: %s", strerror(errno));
	started = start_children(count, message, children, ready[1]);
	(void)close(ready[1]);
	ok = wait_ready(ready[0], started);
	if (ok)
		traffic_say("ready");
	while (ok && !tool_stopped())
		(void)tool_poll(NULL, 0, TOOL_NS_PER_S);
	for (i = 0; i < started; i++)
		(void)kill(children[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	if (!ok && !tool_stopped())
		tool_fail("not all connections could be opened");
	return 0;
}
