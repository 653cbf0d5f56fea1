/* traffic sink: the receiving end. Reads at once, at a bounded rate, or never. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A slow reader wakes this often; at 100 kB/s it reads 2 kB at a time. */
#define SLOW_TICK_NS (20 * TOOL_NS_PER_MS)
#define MAX_FLOWS    1024
#define EVENTS	     64

struct sink {
	uint64_t port, slow_bytes_per_s, receive_buffer, max_time_ns;
	bool ipv6, stall, share;
	int listener, epoll;
	uint64_t bytes, connections;
	/* The slow reader's: every connection may read as much in each tick. */
	int flows[MAX_FLOWS];
	size_t flow_count;
};

static void watch(const struct sink *sink, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		tool_fail("cannot watch a connection: %s", strerror(errno));
}

static void accept_flows(struct sink *sink)
{
	int fd;

	while ((fd = accept4(sink->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		sink->connections++;
		if (sink->stall)
			continue; /* stays open and is never read */
		if (sink->slow_bytes_per_s == 0)
			watch(sink, fd);
		else if (sink->flow_count < MAX_FLOWS)
			sink->flows[sink->flow_count++] = fd;
		else
			tool_fail("more than %d connections for a slow sink", MAX_FLOWS);
	}
	if (errno == EMFILE)
		tool_fail("out of descriptors after %" PRIu64 " connections: raise \"ulimit -n\"",
			  sink->connections);
}

/* Reads up to `budget` bytes. False when the connection has ended, however it did. */
static bool read_flow(struct sink *sink, int fd, uint64_t budget)
{
	static char buffer[256 * 1024];

	while (budget > 0) {
		size_t want = budget < sizeof(buffer) ? (size_t)budget : sizeof(buffer);
		ssize_t got = recv(fd, buffer, want, 0);

		if (got < 0)
			return errno == EAGAIN || errno == EINTR;
		if (got == 0)
			return false;
		sink->bytes += (uint64_t)got;
		budget -= (uint64_t)got;
	}
	return true;
}

static void read_fast(struct sink *sink)
{
	struct pollfd ready = { .fd = sink->epoll, .events = POLLIN };

	while (!tool_stopped()) {
		struct epoll_event events[EVENTS];
		int i, count;

		if (tool_poll(&ready, 1, TOOL_NS_PER_S) == 0)
			continue;
		count = epoll_wait(sink->epoll, events, EVENTS, 0);
		for (i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (fd == sink->listener)
				accept_flows(sink);
			else if (!read_flow(sink, fd, 1 << 20))
				(void)close(fd);
		}
	}
}

static void read_slowly(struct sink *sink)
{
	uint64_t next_ns = tool_now_ns();
	uint64_t owed = 0; /* in bytes x ns, so that no rate is rounded to nothing */

	while (!tool_stopped()) {
		size_t i = 0;

		next_ns += SLOW_TICK_NS;
		owed += sink->slow_bytes_per_s * SLOW_TICK_NS;
		accept_flows(sink);
		while (i < sink->flow_count) {
			if (read_flow(sink, sink->flows[i], owed / TOOL_NS_PER_S)) {
				i++;
				continue;
			}
			(void)close(sink->flows[i]);
			sink->flows[i] = sink->flows[--sink->flow_count];
		}
		owed %= TOOL_NS_PER_S;
		tool_sleep_until(next_ns);
	}
}

int traffic_sink(int argc, char **argv)
{
	static struct sink sink = { .max_time_ns = TOOL_MAX_TIME_NS };
	const struct tool_option table[] = {
		TRAFFIC_PORT(&sink.port),
		{ "6", TOOL_FLAG, &sink.ipv6, 0, 0, false, "listen on IPv6 instead of IPv4" },
		{ "share", TOOL_FLAG, &sink.share, 0, 0, false, "set SO_REUSEPORT" },
		{ "slow", TOOL_BYTES, &sink.slow_bytes_per_s, 1, 1 << 30, false,
		  "read this many bytes a second from each connection" },
		{ "stall", TOOL_FLAG, &sink.stall, 0, 0, false, "accept, but never read" },
		{ "rcvbuf", TOOL_BYTES, &sink.receive_buffer, 1, 1 << 30, false,
		  "set SO_RCVBUF, which turns autotuning off" },
		TRAFFIC_MAX_TIME(&sink.max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic sink",
		"Prints \"ready\" when listening, and \"bytes=N connections=N\" when it is ended.",
		table,
	};

	tool_read_options(&usage, argc, argv);
	tool_start(sink.max_time_ns);
	sink.listener = traffic_open_listener(sink.port, sink.ipv6, 1024, sink.receive_buffer,
					      sink.share);
	sink.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (sink.epoll < 0)
		tool_fail("cannot create an epoll descriptor: %s", strerror(errno));
	watch(&sink, sink.listener);
	traffic_say("ready");
	if (sink.slow_bytes_per_s > 0 && !sink.stall)
		read_slowly(&sink);
	else
		read_fast(&sink);
	printf("bytes=%" PRIu64 " connections=%" PRIu64 "\n", sink.bytes, sink.connections);
	return 0;
}
