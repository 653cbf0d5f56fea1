/* traffic source: the sending end. As fast as the connection takes it, at a rate, or in bursts. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FLOWS 256
/* A paced flow writes this often, and never more at once than it fell behind in WRITE_BEHIND_NS:
 * a real-time source does not send later what the network did not take in time.
 */
#define PACE_TICK_NS	(2 * TOOL_NS_PER_MS)
#define WRITE_BEHIND_NS TOOL_NS_PER_S
/* A segment over IPv4 with time stamps. Smaller writes would make small packets of a slow flow. */
#define QUANTUM_BYTES 1448
#define UNLIMITED     UINT64_MAX

struct flow {
	int fd;
	uint64_t owed;	  /* bytes it may write now */
	uint64_t owed_ns; /* time not yet turned into bytes (pacing) */
	uint64_t skipped; /* acknowledged before --omit was over */
	bool alive;
};

struct source {
	const char *to;
	uint64_t port, flow_count, rate_bps, burst_bytes, every_ns, send_buffer;
	uint64_t time_ns, omit_ns;
	uint64_t written;
	struct flow flows[MAX_FLOWS];
};

/* What the kernel knows about one connection; all 0 when it does not say. */
static struct tcp_info read_tcp_info(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	(void)getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info;
}

/* Gives every flow what it may write, and returns when to come back. */
static uint64_t grant(struct source *source, uint64_t now_ns, uint64_t due_ns)
{
	uint64_t step_ns = source->burst_bytes > 0 ? source->every_ns : PACE_TICK_NS;
	uint64_t cap = source->rate_bps / 8 * (WRITE_BEHIND_NS / TOOL_NS_PER_S);
	size_t i;

	if (cap < QUANTUM_BYTES)
		cap = QUANTUM_BYTES;
	if (source->burst_bytes == 0 && source->rate_bps == 0)
		return UNLIMITED;
	for (; due_ns <= now_ns; due_ns += step_ns) {
		for (i = 0; i < source->flow_count; i++) {
			struct flow *flow = &source->flows[i];

			if (source->burst_bytes > 0) {
				flow->owed += source->burst_bytes;
				continue;
			}
			/* In bits x ns first, so that no rate is rounded to nothing. */
			flow->owed_ns += source->rate_bps * step_ns;
			flow->owed += flow->owed_ns / (8 * TOOL_NS_PER_S);
			flow->owed_ns %= 8 * TOOL_NS_PER_S;
			if (flow->owed > cap)
				flow->owed = cap;
		}
	}
	return due_ns;
}

static bool wants_to_write(const struct source *source, const struct flow *flow)
{
	uint64_t least = source->rate_bps > 0 ? QUANTUM_BYTES : 1;

	return flow->alive && flow->owed >= least;
}

static void write_flow(struct source *source, struct flow *flow)
{
	static const char buffer[128 * 1024];

	while (wants_to_write(source, flow) && !tool_stopped()) {
		size_t want = flow->owed < sizeof(buffer) ? (size_t)flow->owed : sizeof(buffer);
		ssize_t sent = send(flow->fd, buffer, want, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0) {
			fprintf(stderr, "traffic: a connection to %s ended: %s\n", source->to,
				strerror(errno));
			flow->alive = false;
			return;
		}
		source->written += (uint64_t)sent;
		if (flow->owed != UNLIMITED)
			flow->owed -= (uint64_t)sent;
		else
			return; /* one write each, so that flows share fairly */
	}
}

static void wait_and_write(struct source *source, uint64_t until_ns)
{
	struct pollfd fds[MAX_FLOWS];
	uint64_t now_ns = tool_now_ns();
	size_t i;

	for (i = 0; i < source->flow_count; i++) {
		bool wants = wants_to_write(source, &source->flows[i]);

		fds[i] = (struct pollfd){ .fd = wants ? source->flows[i].fd : -1,
					  .events = POLLOUT };
	}
	if (tool_poll(fds, source->flow_count, until_ns > now_ns ? until_ns - now_ns : 0) == 0)
		return;
	for (i = 0; i < source->flow_count; i++)
		if (fds[i].revents != 0)
			write_flow(source, &source->flows[i]);
}

static void send_until(struct source *source, uint64_t end_ns)
{
	uint64_t due_ns = tool_now_ns();
	uint64_t now_ns;

	while (!tool_stopped() && (now_ns = tool_now_ns()) < end_ns) {
		due_ns = grant(source, now_ns, due_ns);
		wait_and_write(source, due_ns < end_ns ? due_ns : end_ns);
	}
}

static void open_flows(struct source *source)
{
	size_t i;

	for (i = 0; i < source->flow_count; i++) {
		struct flow *flow = &source->flows[i];

		flow->fd = traffic_connect_to(source->to, source->port, source->send_buffer);
		flow->alive = true;
		if (source->rate_bps == 0 && source->burst_bytes == 0)
			flow->owed = UNLIMITED;
	}
}

/* Totals of all flows; the goodput is what was acknowledged after --omit. */
static void print_result(const struct source *source, uint64_t measured_ns)
{
	uint64_t acked = 0, counted = 0, sent = 0, retransmitted = 0, segments = 0, again = 0;
	uint32_t rtt_us = 0, min_rtt_us = UINT32_MAX;
	size_t i;

	for (i = 0; i < source->flow_count; i++) {
		struct tcp_info info = read_tcp_info(source->flows[i].fd);

		acked += info.tcpi_bytes_acked;
		counted += info.tcpi_bytes_acked - source->flows[i].skipped;
		sent += info.tcpi_bytes_sent;
		retransmitted += info.tcpi_bytes_retrans;
		segments += info.tcpi_data_segs_out;
		again += info.tcpi_total_retrans;
		if (info.tcpi_rtt > rtt_us)
			rtt_us = info.tcpi_rtt;
		if (info.tcpi_min_rtt < min_rtt_us)
			min_rtt_us = info.tcpi_min_rtt;
	}
	printf("bytes=%" PRIu64 " acked=%" PRIu64 " sent=%" PRIu64 " retransmitted=%" PRIu64
	       " segments=%" PRIu64 " segments_retransmitted=%" PRIu64
	       " goodput_bps=%.0f seconds=%.3f rtt_us=%" PRIu32 " min_rtt_us=%" PRIu32 "\n",
	       source->written, acked, sent, retransmitted, segments, again,
	       (double)counted * 8e9 / (double)measured_ns, (double)measured_ns / 1e9, rtt_us,
	       min_rtt_us);
}

static void run(struct source *source)
{
	const struct linger abort_on_close = { .l_onoff = 1, .l_linger = 0 };
	uint64_t start_ns, measured_ns;
	size_t i;

	open_flows(source);
	start_ns = tool_now_ns();
	send_until(source, start_ns + source->omit_ns);
	measured_ns = tool_now_ns();
	for (i = 0; i < source->flow_count; i++)
		source->flows[i].skipped = read_tcp_info(source->flows[i].fd).tcpi_bytes_acked;
	send_until(source, start_ns + source->time_ns);
	measured_ns = tool_now_ns() - measured_ns;
	print_result(source, measured_ns > 0 ? measured_ns : 1);
	/* What is still in the send buffer must not go on after the time asked for. */
	for (i = 0; i < source->flow_count; i++) {
		(void)setsockopt(source->flows[i].fd, SOL_SOCKET, SO_LINGER, &abort_on_close,
				 sizeof(abort_on_close));
		(void)close(source->flows[i].fd);
	}
}

int traffic_source(int argc, char **argv)
{
	static struct source source = { .flow_count = 1 };
	const struct tool_option table[] = {
		TRAFFIC_TO(&source.to),
		TRAFFIC_PORT(&source.port),
		{ "time", TOOL_SECONDS, &source.time_ns, TOOL_NS_PER_MS, 3600 * TOOL_NS_PER_S, true,
		  "send for this long" },
		{ "omit", TOOL_SECONDS, &source.omit_ns, 0, 3600 * TOOL_NS_PER_S, false,
		  "leave the first seconds out of the goodput (0)" },
		{ "flows", TOOL_COUNT, &source.flow_count, 1, MAX_FLOWS, false, "connections (1)" },
		{ "rate", TOOL_RATE, &source.rate_bps, 1000, 100000000000, false,
		  "write at this rate on each connection, in small writes" },
		{ "burst", TOOL_BYTES, &source.burst_bytes, 1, 1 << 30, false,
		  "write this much every --every, on each connection" },
		{ "every", TOOL_MILLIS, &source.every_ns, TOOL_NS_PER_MS, 3600 * TOOL_NS_PER_S,
		  false, "interval of --burst" },
		{ "sndbuf", TOOL_BYTES, &source.send_buffer, 1, 1 << 30, false,
		  "set SO_SNDBUF, which turns autotuning off" },
		TRAFFIC_OPTIONS_END,
	};
	const struct tool_usage usage = {
		"traffic source",
		"Sends, then prints one line of totals: bytes=N written by the program, acked=N,\n"
		"goodput_bps=N and what the kernel counted for its connections.",
		table,
	};

	tool_read_options(&usage, argc, argv);
	if ((source.burst_bytes > 0) != (source.every_ns > 0))
		tool_fail("--burst and --every need each other");
	if (source.burst_bytes > 0 && source.rate_bps > 0)
		tool_fail("--rate and --burst exclude each other");
	if (source.omit_ns >= source.time_ns)
		tool_fail("--omit must be shorter than --time");
	tool_start(source.time_ns + 30 * TOOL_NS_PER_S);
	run(&source);
	return 0;
}
