#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_NS (10 * TOOL_NS_PER_S)

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct verb verbs[] = {
	{ "churn", traffic_churn, "open and close loopback connections, the server's side first" },
	{ "connect", traffic_connect,
	  "open connections all the time, to keep a listener overflowing" },
	{ "listen", traffic_listen, "listen and never accept" },
	{ "pairs", traffic_pairs, "hold many idle loopback connections" },
	{ "request", traffic_request, "ask \"traffic respond\" and measure the answers" },
	{ "respond", traffic_respond, "answer \"traffic request\"" },
	{ "sink", traffic_sink, "accept connections and read, slowly, or not at all" },
	{ "source", traffic_source,
	  "send to \"traffic sink\": all it takes, at a rate, or in bursts" },
	{ "udp-sink", traffic_udp_sink, "read datagrams, now and then, or not at all" },
	{ "udp-source", traffic_udp_source, "send datagrams" },
	{ "track", traffic_track, "enter connections into the connection tracking table" },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

struct address {
	struct sockaddr_storage storage;
	socklen_t size;
};

static void parse_address(const char *text, uint64_t port, struct address *ret)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(&ret->storage, &in, sizeof(in));
		ret->size = sizeof(in);
	} else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memcpy(&ret->storage, &in6, sizeof(in6));
		ret->size = sizeof(in6);
	} else {
		tool_fail("--to: \"%s\" is not a numeric IPv4 or IPv6 address", text);
	}
}

static int open_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

int traffic_open_listener(uint64_t port, bool ipv6, uint64_t backlog, uint64_t receive_buffer,
			  bool share)
{
	struct address address;
	int fd;

	parse_address(ipv6 ? "::" : "0.0.0.0", port, &address);
	fd = open_socket(address.storage.ss_family, SOCK_STREAM);
	if (fd < 0)
		tool_fail("cannot open a socket: %s", strerror(-fd));
	(void)set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (share && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0)
		tool_fail("cannot share the port: %s", strerror(errno));
	if (ipv6)
		(void)set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	/* Before listen(): the window scale of every connection depends on it. */
	if (receive_buffer > 0 && set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)receive_buffer) != 0)
		tool_fail("cannot set a receive buffer of %llu bytes: %s",
			  (unsigned long long)receive_buffer, strerror(errno));
	if (bind(fd, (const struct sockaddr *)&address.storage, address.size) != 0)
		tool_fail("cannot bind to port %llu: %s; does something else listen there?",
			  (unsigned long long)port, strerror(errno));
	if (listen(fd, (int)backlog) != 0)
		tool_fail("cannot listen on port %llu: %s", (unsigned long long)port,
			  strerror(errno));
	return fd;
}

int traffic_start_connect(const char *text, uint64_t port, uint64_t send_buffer)
{
	struct address address;
	int fd, r;

	parse_address(text, port, &address);
	fd = open_socket(address.storage.ss_family, SOCK_STREAM);
	if (fd < 0)
		return fd;
	/* Small writes are what the flags of this tool ask for; Nagle would merge them. */
	(void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (send_buffer > 0 && set_option(fd, SOL_SOCKET, SO_SNDBUF, (int)send_buffer) != 0)
		tool_fail("cannot set a send buffer of %llu bytes: %s",
			  (unsigned long long)send_buffer, strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address.storage, address.size) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	r = -errno;
	(void)close(fd);
	return r;
}

int traffic_connect_until_stopped(const char *address, uint64_t port, uint64_t send_buffer)
{
	int fd = traffic_start_connect(address, port, send_buffer);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	int failure = ETIMEDOUT;
	socklen_t size = sizeof(failure);

	if (fd < 0) {
		failure = -fd;
	} else if (tool_poll(&ready, 1, CONNECT_TIMEOUT_NS) > 0) {
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
	} else if (tool_stopped()) {
		(void)close(fd);
		return -EINTR;
	}
	if (failure != 0)
		tool_fail("cannot connect to %s port %llu: %s; is \"traffic\" listening there?",
			  address, (unsigned long long)port, strerror(failure));
	return fd;
}

int traffic_connect_to(const char *address, uint64_t port, uint64_t send_buffer)
{
	int fd = traffic_connect_until_stopped(address, port, send_buffer);

	if (fd < 0)
		tool_fail("ended while connecting to %s port %llu", address,
			  (unsigned long long)port);
	return fd;
}

static int open_udp(int family)
{
	int fd = open_socket(family, SOCK_DGRAM);

	if (fd < 0)
		tool_fail("cannot open a UDP socket: %s", strerror(-fd));
	return fd;
}

int traffic_open_udp(uint64_t port, bool ipv6, uint64_t receive_buffer)
{
	struct address address;
	int fd;

	parse_address(ipv6 ? "::" : "0.0.0.0", port, &address);
	fd = open_udp(address.storage.ss_family);
	if (receive_buffer > 0 && set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)receive_buffer) != 0)
		tool_fail("cannot set a receive buffer of %llu bytes: %s",
			  (unsigned long long)receive_buffer, strerror(errno));
	if (bind(fd, (const struct sockaddr *)&address.storage, address.size) != 0)
		tool_fail("cannot bind to UDP port %llu: %s; is it taken?",
			  (unsigned long long)port, strerror(errno));
	return fd;
}

int traffic_connect_udp(const char *text, uint64_t port)
{
	struct address address;
	int fd;

	parse_address(text, port, &address);
	fd = open_udp(address.storage.ss_family);
	if (connect(fd, (const struct sockaddr *)&address.storage, address.size) != 0)
		tool_fail("cannot connect to %s: %s", text, strerror(errno));
	return fd;
}

bool traffic_wait(int fd, short events)
{
	struct pollfd ready = { .fd = fd, .events = events };

	while (!tool_stopped())
		if (tool_poll(&ready, 1, TOOL_NS_PER_S) > 0)
			return true;
	return false;
}

void traffic_say(const char *line)
{
	(void)puts(line);
	(void)fflush(stdout);
}

static void print_verbs(FILE *out)
{
	size_t i;

	fprintf(out, "usage: traffic VERB OPTION...\n");
	for (i = 0; i < VERBS; i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	fprintf(out, "\"traffic VERB --help\" lists its options.\n");
}

int main(int argc, char **argv)
{
	size_t i;

	tool_set_name("traffic");
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_verbs(stdout);
		return 0;
	}
	for (i = 0; argc > 1 && i < VERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "traffic: unknown verb \"%s\"\n", argv[1]);
	print_verbs(stderr);
	return 2;
}
