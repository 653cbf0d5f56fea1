/* traffic udp-sink, traffic udp-source: datagrams, and a program that does not read them. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#define DATAGRAM_MAX 1400

static uint64_t read_all(int fd)
{
	static char buffer[65536];
	uint64_t count = 0;

	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

int traffic_udp_sink(int argc, char **argv)
{
	uint64_t port = 0, receive_buffer = 0, max_time_ns = TOOL_MAX_TIME_NS, every_ns = 0;
	uint64_t datagrams = 0;
	bool ipv6 = false, stall = false;
	const struct tool_option table[] = {
		TRAFFIC_PORT(&port),
		{ "6", TOOL_FLAG, &ipv6, 0, 0, false, "bind to IPv6 instead of IPv4" },
		{ "stall", TOOL_FLAG, &stall, 0, 0, false, "never read" },
		{ "every", TOOL_MILLIS, &every_ns, TOOL_NS_PER_MS, 60 * TOOL_NS_PER_S, false,
		  "read all there is this often instead of at once" },
		{ "rcvbuf", TOOL_BYTES, &receive_buffer, 1, 1 << 30, false, "set SO_RCVBUF" },
		TRAFFIC_MAX_TIME(&max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic udp-sink",
		"Prints \"ready\" when bound, and \"datagrams=N\" when it is ended.",
		table,
	};
	int fd;

	tool_read_options(&usage, argc, argv);
	tool_start(max_time_ns);
	fd = traffic_open_udp(port, ipv6, receive_buffer);
	traffic_say("ready");
	while (!tool_stopped()) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (stall)
			(void)tool_poll(NULL, 0, TOOL_NS_PER_S);
		else if (every_ns > 0)
			tool_sleep_until(tool_now_ns() + every_ns);
		else
			(void)tool_poll(&ready, 1, TOOL_NS_PER_S);
		if (!stall)
			datagrams += read_all(fd);
	}
	printf("datagrams=%" PRIu64 "\n", datagrams);
	return 0;
}

int traffic_udp_source(int argc, char **argv)
{
	static const char payload[DATAGRAM_MAX];
	const char *to = NULL;
	uint64_t port = 0, size = 100, burst = 1, every_ns = 0, time_ns = 0, sent = 0, next_ns,
		 end_ns;
	const struct tool_option table[] = {
		TRAFFIC_TO(&to),
		TRAFFIC_PORT(&port),
		{ "size", TOOL_BYTES, &size, 1, DATAGRAM_MAX, false, "of a datagram (100 bytes)" },
		{ "burst", TOOL_COUNT, &burst, 1, 1000000, false, "datagrams at a time (1)" },
		{ "every", TOOL_MILLIS, &every_ns, TOOL_NS_PER_MS / 10, 60 * TOOL_NS_PER_S, true,
		  "a burst this often" },
		{ "time", TOOL_SECONDS, &time_ns, TOOL_NS_PER_MS, 3600 * TOOL_NS_PER_S, true,
		  "how long to go on" },
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic udp-source",
		"Sends datagrams from one connected socket. Prints \"sent=N\" at the end.",
		table,
	};
	int fd;

	tool_read_options(&usage, argc, argv);
	tool_start(time_ns + TOOL_NS_PER_S);
	fd = traffic_connect_udp(to, port);
	next_ns = tool_now_ns();
	end_ns = next_ns + time_ns;
	while (next_ns < end_ns && !tool_stopped()) {
		uint64_t i;

		for (i = 0; i < burst; i++)
			sent += send(fd, payload, size, 0) >= 0;
		next_ns += every_ns;
		tool_sleep_until(next_ns);
	}
	printf("sent=%" PRIu64 "\n", sent);
	return 0;
}
