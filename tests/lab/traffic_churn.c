/* traffic churn: many connections that have ended, to leave their TIME-WAIT behind. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORTS	4
#define WAIT_NS TOOL_NS_PER_S

/* One connection to a listener of this process. Who closes first keeps the TIME-WAIT: the server.
 */
static void open_and_close(int listener, const char *to, uint64_t port)
{
	int client = traffic_start_connect(to, port, 0), server;
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	char byte;

	if (client < 0)
		tool_fail("cannot connect to port %" PRIu64 " of this host: %s", port,
			  strerror(-client));
	(void)tool_poll(&ready, 1, WAIT_NS);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		tool_fail("cannot accept on port %" PRIu64 ": %s", port, strerror(errno));
	(void)close(server);
	ready = (struct pollfd){ .fd = client, .events = POLLIN };
	(void)tool_poll(&ready, 1, WAIT_NS);
	(void)recv(client, &byte, 1, MSG_DONTWAIT); /* the end of the stream */
	(void)close(client);
}

int traffic_churn(int argc, char **argv)
{
	uint64_t port = 0, count = 0, max_time_ns = TOOL_MAX_TIME_NS, i;
	int listeners[PORTS];
	bool ipv6 = false;
	const struct tool_option table[] = {
		TRAFFIC_PORT(&port),
		{ "count", TOOL_COUNT, &count, 1, 1000000, true, "connections to open and close" },
		{ "6", TOOL_FLAG, &ipv6, 0, 0, false, "IPv6 instead of IPv4" },
		TRAFFIC_MAX_TIME(&max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic churn",
		"Uses four ports from --port on. Prints \"ready\" when all connections have ended, and\n"
		"goes on listening.",
		table,
	};

	tool_read_options(&usage, argc, argv);
	tool_start(max_time_ns);
	for (i = 0; i < PORTS; i++)
		listeners[i] = traffic_open_listener(port + i, ipv6, 16, 0, false);
	for (i = 0; i < count && !tool_stopped(); i++)
		open_and_close(listeners[i % PORTS], ipv6 ? "::1" : "127.0.0.1", port + i % PORTS);
	traffic_say("ready");
	while (!tool_stopped())
		(void)tool_poll(NULL, 0, TOOL_NS_PER_S);
	return 0;
}
