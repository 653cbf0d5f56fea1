/* traffic respond, traffic request: small questions, answers of a fixed size, and how long they
 * took. A question is 64 bytes; an answer starts with its own size in 8 bytes, host byte order.
 */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION_BYTES 64
#define ANSWER_MIN     sizeof(uint64_t)
#define MAX_CLIENTS    256
#define MAX_REQUESTS   1000000

struct client {
	int fd;
	size_t asked;  /* bytes of the question that have arrived */
	uint64_t owed; /* bytes of the answer still to send */
};

struct responder {
	uint64_t port, size, max_time_ns;
	bool ipv6;
	int listener;
	struct client clients[MAX_CLIENTS];
	size_t client_count;
};

static void accept_clients(struct responder *responder)
{
	const int on = 1;
	int fd;

	while ((fd = accept4(responder->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (responder->client_count == MAX_CLIENTS)
			tool_fail("more than %d clients", MAX_CLIENTS);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		responder->clients[responder->client_count++] = (struct client){ .fd = fd };
	}
}

/* Sends what it can of the answer. False when the connection has ended. */
static bool answer_client(const struct responder *responder, struct client *client)
{
	static char buffer[128 * 1024];

	while (client->owed > 0) {
		size_t want = client->owed < sizeof(buffer) ? (size_t)client->owed : sizeof(buffer);
		ssize_t sent;

		memset(buffer, 0, ANSWER_MIN);
		if (client->owed == responder->size)
			memcpy(buffer, &responder->size, sizeof(responder->size));
		sent = send(client->fd, buffer, want, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		/* The kernel took fewer bytes than the size field has: never seen, never resumed.
		 */
		if (client->owed == responder->size && (size_t)sent < ANSWER_MIN)
			return false;
		client->owed -= (uint64_t)sent;
	}
	return true;
}

static bool serve_client(const struct responder *responder, struct client *client)
{
	char question[QUESTION_BYTES];
	ssize_t got;

	if (client->owed > 0)
		return answer_client(responder, client);
	got = recv(client->fd, question, QUESTION_BYTES - client->asked, 0);
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	client->asked += (size_t)got;
	if (client->asked < QUESTION_BYTES)
		return true;
	client->asked = 0;
	client->owed = responder->size;
	return answer_client(responder, client);
}

static void serve(struct responder *responder)
{
	while (!tool_stopped()) {
		struct pollfd fds[MAX_CLIENTS + 1];
		size_t i, count = responder->client_count;

		for (i = 0; i < count; i++)
			fds[i] = (struct pollfd){
				.fd = responder->clients[i].fd,
				.events = responder->clients[i].owed > 0 ? POLLOUT : POLLIN,
			};
		fds[count] = (struct pollfd){ .fd = responder->listener, .events = POLLIN };
		if (tool_poll(fds, count + 1, TOOL_NS_PER_S) == 0)
			continue;
		/* Backwards: an ended client's place is taken by one already served. */
		for (i = count; i-- > 0;) {
			if (fds[i].revents == 0 || serve_client(responder, &responder->clients[i]))
				continue;
			(void)close(responder->clients[i].fd);
			responder->clients[i] = responder->clients[--responder->client_count];
		}
		accept_clients(responder);
	}
}

int traffic_respond(int argc, char **argv)
{
	static struct responder responder = { .max_time_ns = TOOL_MAX_TIME_NS };
	const struct tool_option table[] = {
		TRAFFIC_PORT(&responder.port),
		{ "size", TOOL_BYTES, &responder.size, ANSWER_MIN, 1 << 30, true,
		  "of each answer, at least 8" },
		{ "6", TOOL_FLAG, &responder.ipv6, 0, 0, false, "listen on IPv6 instead of IPv4" },
		TRAFFIC_MAX_TIME(&responder.max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic respond",
		"Prints \"ready\" when listening, and answers until it is ended.",
		table,
	};

	tool_read_options(&usage, argc, argv);
	tool_start(responder.max_time_ns);
	responder.listener = traffic_open_listener(responder.port, responder.ipv6, 1024, 0, false);
	traffic_say("ready");
	serve(&responder);
	return 0;
}

struct requester {
	const char *to;
	uint64_t port, every_ns, count, max_time_ns;
	bool reconnect;
};

/* Reads exactly `size` bytes into the start of a scratch buffer. */
static bool receive(int fd, char *scratch, size_t scratch_size, uint64_t size)
{
	while (size > 0) {
		size_t want = size < scratch_size ? (size_t)size : scratch_size;
		ssize_t got = recv(fd, scratch, want, 0);

		if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!traffic_wait(fd, POLLIN))
				return false;
			continue;
		}
		if (got <= 0)
			return false;
		size -= (uint64_t)got;
	}
	return true;
}

static bool ask(int fd)
{
	static const char question[QUESTION_BYTES];
	static char scratch[128 * 1024];
	uint64_t size;

	if (send(fd, question, sizeof(question), MSG_NOSIGNAL) != QUESTION_BYTES)
		return false;
	/* The size field comes in one piece: the responder sends it in one. */
	if (!receive(fd, scratch, sizeof(size), sizeof(size)))
		return false;
	memcpy(&size, scratch, sizeof(size));
	return size >= sizeof(size) && receive(fd, scratch, sizeof(scratch), size - sizeof(size));
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_latencies(uint64_t *latencies_ns, uint64_t count)
{
	static const unsigned int percents[] = { 0, 50, 95, 99, 100 };
	static const char *const names[] = { "min", "p50", "p95", "p99", "max" };
	size_t i;

	qsort(latencies_ns, count, sizeof(*latencies_ns), compare_u64);
	printf("requests=%" PRIu64, count);
	for (i = 0; count > 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t ns = latencies_ns[(count - 1) * percents[i] / 100];

		printf(" %s_us=%" PRIu64, names[i], ns / 1000);
	}
	(void)putchar('\n');
}

static int run_requests(const struct requester *requester, uint64_t *latencies_ns)
{
	uint64_t i, next_ns = tool_now_ns(), done = 0;
	int fd = -1;

	for (i = 0; i < requester->count && !tool_stopped(); i++) {
		uint64_t start_ns = tool_now_ns();

		if (fd < 0)
			fd = traffic_connect_until_stopped(requester->to, requester->port, 0);
		if (fd < 0)
			break; /* ended while connecting */
		if (!ask(fd)) {
			if (tool_stopped())
				break;
			tool_fail("%s port %" PRIu64
				  " closed the connection in the middle of an answer",
				  requester->to, requester->port);
		}
		latencies_ns[done++] = tool_now_ns() - start_ns;
		if (requester->reconnect) {
			(void)close(fd);
			fd = -1;
		}
		next_ns += requester->every_ns;
		tool_sleep_until(next_ns);
	}
	if (fd >= 0)
		(void)close(fd);
	print_latencies(latencies_ns, done);
	return done == requester->count ? 0 : 1;
}

int traffic_request(int argc, char **argv)
{
	struct requester requester = { .max_time_ns = TOOL_MAX_TIME_NS };
	const struct tool_option table[] = {
		TRAFFIC_TO(&requester.to),
		TRAFFIC_PORT(&requester.port),
		{ "every", TOOL_MILLIS, &requester.every_ns, 0, 3600 * TOOL_NS_PER_S, true,
		  "interval; 0 asks again at once" },
		{ "count", TOOL_COUNT, &requester.count, 1, MAX_REQUESTS, true, "requests" },
		{ "reconnect", TOOL_FLAG, &requester.reconnect, 0, 0, false,
		  "open a connection for each request, and count that time" },
		TRAFFIC_MAX_TIME(&requester.max_time_ns),
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic request",
		"Asks one question at a time and prints \"requests=N min_us=N p50_us=N p95_us=N\n"
		"p99_us=N max_us=N\". Status 1 when it was ended before the last answer.",
		table,
	};
	uint64_t *latencies_ns;
	int status;

	tool_read_options(&usage, argc, argv);
	latencies_ns = calloc(requester.count, sizeof(*latencies_ns));
	if (latencies_ns == NULL)
		tool_fail("out of memory for %" PRIu64 " latencies", requester.count);
	tool_start(requester.max_time_ns);
	status = run_requests(&requester, latencies_ns);
	free(latencies_ns);
	return status;
}
