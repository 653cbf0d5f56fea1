/* traffic: deterministic TCP and UDP traffic for the lab. One file per kind of traffic; traffic.c
 * has the table of verbs and the socket helpers.
 */
#ifndef NETWRIGHT_LAB_TRAFFIC_H
#define NETWRIGHT_LAB_TRAFFIC_H

#include "lab_tool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every verb is called with argv[0] being its own name, and returns the exit status. */
int traffic_sink(int argc, char **argv);
int traffic_source(int argc, char **argv);
int traffic_listen(int argc, char **argv);
int traffic_connect(int argc, char **argv);
int traffic_churn(int argc, char **argv);
int traffic_pairs(int argc, char **argv);
int traffic_respond(int argc, char **argv);
int traffic_request(int argc, char **argv);
int traffic_udp_sink(int argc, char **argv);
int traffic_udp_source(int argc, char **argv);
int traffic_track(int argc, char **argv);

/* The options that several verbs share. */
#define TRAFFIC_PORT(value)                                             \
	{                                                               \
		"port", TOOL_COUNT, (value), 1, 65535, true, "TCP port" \
	}
#define TRAFFIC_TO(value)                                                            \
	{                                                                            \
		"to", TOOL_TEXT, (value), 0, 0, true, "numeric IPv4 or IPv6 address" \
	}
#define TRAFFIC_MAX_TIME(value)                                                                  \
	{                                                                                        \
		"max-time", TOOL_SECONDS, (value), TOOL_NS_PER_MS, 86400 * TOOL_NS_PER_S, false, \
			"end by itself after this long (300 s)"                                  \
	}
#define TRAFFIC_OPTIONS_END                              \
	{                                                \
		NULL, TOOL_FLAG, NULL, 0, 0, false, NULL \
	}

/* A non-blocking listening socket on every IPv4 (or IPv6) address. receive_buffer 0 leaves
 * autotuning on; `share` sets SO_REUSEPORT. Ends the program on failure.
 */
int traffic_open_listener(uint64_t port, bool ipv6, uint64_t backlog, uint64_t receive_buffer,
			  bool share);
/* Starts a non-blocking connection; send_buffer 0 leaves autotuning on. Returns the descriptor or
 * negative errno; a malformed address ends the program.
 */
int traffic_start_connect(const char *address, uint64_t port, uint64_t send_buffer);
/* The same, waited for (at most 10 s). Both end the program on failure; to the first, the end of
 * the lifetime is none: it returns -EINTR.
 */
int traffic_connect_until_stopped(const char *address, uint64_t port, uint64_t send_buffer);
int traffic_connect_to(const char *address, uint64_t port, uint64_t send_buffer);
/* A bound UDP socket, and one connected to that port; both non-blocking. End the program on
 * failure.
 */
int traffic_open_udp(uint64_t port, bool ipv6, uint64_t receive_buffer);
int traffic_connect_udp(const char *address, uint64_t port);
/* Waits until `fd` can be read or written (POLLIN, POLLOUT). False at the end of the lifetime. */
bool traffic_wait(int fd, short events);
/* Prints one line and flushes it: tests wait for it. */
void traffic_say(const char *line);

#endif
