/* traffic listen, traffic connect: a listener whose queue overflows, and what keeps it so. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_HELD 4096

int traffic_listen(int argc, char **argv)
{
	uint64_t port = 0, backlog = 0, own = 0, max_time_ns = TOOL_MAX_TIME_NS, i;
	bool ipv6 = false, share = false;
	const struct tool_option table[] = {
		TRAFFIC_PORT(&port),
		{ "backlog", TOOL_COUNT, &backlog, 0, 1000000, true, "of listen(2)" },
		{ "connect", TOOL_COUNT, &own, 1, MAX_HELD, false,
		  "also open this many connections to itself" },
		{ "6", TOOL_FLAG, &ipv6, 0, 0, false, "listen on IPv6 instead of IPv4" },
		{ "share", TOOL_FLAG, &share, 0, 0, false, "set SO_REUSEPORT" },
		TRAFFIC_MAX_TIME(&max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic listen",
		"Prints \"ready\" when listening. A queue of backlog B holds B + 1 connections.",
		table,
	};

	tool_read_options(&usage, argc, argv);
	tool_start(max_time_ns);
	(void)traffic_open_listener(port, ipv6, backlog, 0, share);
	for (i = 0; i < own; i++) {
		int fd = traffic_start_connect(ipv6 ? "::1" : "127.0.0.1", port, 0);

		if (fd < 0)
			tool_fail("cannot connect to port %" PRIu64 " of this host: %s", port,
				  strerror(-fd));
	}
	traffic_say("ready");
	while (!tool_stopped())
		(void)tool_poll(NULL, 0, TOOL_NS_PER_S);
	return 0;
}

struct connector {
	const char *to;
	uint64_t port, count, every_ns, hold_ns;
	uint64_t opened, failed;
	int held[MAX_HELD]; /* a ring, the oldest at opened % count; -1: none */
};

static void replace_oldest(struct connector *connector)
{
	int *slot = &connector->held[connector->opened % connector->count];

	if (*slot >= 0)
		(void)close(*slot);
	*slot = traffic_start_connect(connector->to, connector->port, 0);
	connector->opened++;
	if (*slot < 0)
		connector->failed++;
}

int traffic_connect(int argc, char **argv)
{
	static struct connector connector;
	const struct tool_option table[] = {
		TRAFFIC_TO(&connector.to),
		TRAFFIC_PORT(&connector.port),
		{ "count", TOOL_COUNT, &connector.count, 1, MAX_HELD, true,
		  "connections to hold at a time" },
		{ "hold", TOOL_SECONDS, &connector.hold_ns, TOOL_NS_PER_MS, 3600 * TOOL_NS_PER_S,
		  true, "how long to go on" },
		{ "every", TOOL_MILLIS, &connector.every_ns, TOOL_NS_PER_MS / 10,
		  3600 * TOOL_NS_PER_S, false, "after the first --count, replace one this often" },
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic connect",
		"Opens --count connections without waiting for them, prints \"ready\", then replaces\n"
		"the oldest every --every. Prints \"opened=N failed=N\" at the end.",
		table,
	};
	uint64_t i, next_ns, end_ns;

	tool_read_options(&usage, argc, argv);
	tool_start(connector.hold_ns + TOOL_NS_PER_S);
	end_ns = tool_now_ns() + connector.hold_ns;
	memset(connector.held, 0xff, sizeof(connector.held));
	for (i = 0; i < connector.count && !tool_stopped(); i++)
		replace_oldest(&connector);
	traffic_say("ready");
	next_ns = connector.every_ns > 0 ? tool_now_ns() + connector.every_ns : end_ns;
	for (; next_ns < end_ns && !tool_stopped(); next_ns += connector.every_ns) {
		tool_sleep_until(next_ns);
		replace_oldest(&connector);
	}
	tool_sleep_until(end_ns);
	printf("opened=%" PRIu64 " failed=%" PRIu64 "\n", connector.opened, connector.failed);
	return 0;
}
