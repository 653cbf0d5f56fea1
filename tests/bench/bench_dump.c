/* Times a dump of all established IPv4 TCP sockets, three ways in turn so that drift of the machine
 * hits all alike:
 *   floor      the same request, received into the same buffer size and thrown away;
 *   netwright  decoded, matched to known flows, deltas taken (the second and later dumps);
 *   ss         `ss -tin` to /dev/null.
 * Prints medians per socket, the ratios, and netwright's memory per socket. Run by run.sh inside a
 * namespace that holds the sockets: bench_dump ROUNDS
 */
#include "base/error.h"
#include "base/text.h"
#include "host/live.h"
#include "host/sockdiag.h"
#include "measure/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 101

enum way { WAY_FLOOR, WAY_NETWRIGHT, WAY_SS, WAYS };

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int floor_dump(int fd)
{
	static char buffer[32768];
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		/* The same states and extensions as host/sockdiag.c asks for. */
		.request = { .sdiag_family = AF_INET,
			     .sdiag_protocol = IPPROTO_TCP,
			     .idiag_ext = (1 << (INET_DIAG_INFO - 1)) |
					  (1 << (INET_DIAG_VEGASINFO - 1)) |
					  (1 << (INET_DIAG_CONG - 1)) |
					  (1 << (INET_DIAG_SKMEMINFO - 1)),
			     .idiag_states = (1u << SOCKET_ESTABLISHED) | (1u << SOCKET_LISTEN) },
	};

	if (send(fd, &message, sizeof(message), 0) != (ssize_t)sizeof(message))
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *first = (struct nlmsghdr *)(void *)buffer;

		if (n < 0)
			return -errno;
		if (first->nlmsg_type == NLMSG_DONE || first->nlmsg_type == NLMSG_ERROR)
			return 0;
	}
}

static int count_and_match(void *arg, const struct socket_info *socket)
{
	return socket->state == SOCKET_ESTABLISHED ? flow_observe(arg, socket) : 0;
}

static int netwright_dump(struct source *source, struct flow_table *table, struct error *e)
{
	uint64_t time_ns = 0;
	int r;

	flow_round_begin(table, (uint64_t)(now_s() * 1e9));
	r = sockdiag_dump_tcp(source, AF_INET, count_and_match, table, &time_ns, e);
	flow_round_end(table, r >= 0);
	return r < 0 ? r : 0;
}

static int ss_dump(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
			(void)execlp("ss", "ss", "-4tin", (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static int run(struct source *source, struct flow_table *table, int fd, size_t rounds,
	       double seconds[WAYS][ROUNDS_MAX], struct error *e)
{
	for (size_t i = 0; i < rounds; i++) {
		for (int way = 0; way < WAYS; way++) {
			double start = now_s();
			int r = way == WAY_FLOOR       ? floor_dump(fd)
				: way == WAY_NETWRIGHT ? netwright_dump(source, table, e)
						       : ss_dump();

			if (r < 0)
				return error_errno(e, r, "bench_dump", "dump");
			seconds[way][i] = now_s() - start;
		}
	}
	return 0;
}

static void report(struct flow_table *table, size_t rounds, double seconds[WAYS][ROUNDS_MAX])
{
	double sockets = (double)flow_table_count(table);
	double floor_s = median(seconds[WAY_FLOOR], rounds);
	double ours_s = median(seconds[WAY_NETWRIGHT], rounds);
	double ss_s = median(seconds[WAY_SS], rounds);

	printf("%8.0f sockets   floor %6.0f   netwright %6.0f   ss %6.0f ns per socket\n", sockets,
	       floor_s / sockets * 1e9, ours_s / sockets * 1e9, ss_s / sockets * 1e9);
	printf("%8s           netwright / floor %.3f (target 1.15)   ss / netwright %.2f (target 3)   "
	       "%.1f bytes per socket (target 128)\n",
	       "", ours_s / floor_s, ss_s / ours_s, (double)flow_table_memory(table) / sockets);
}

int main(int argc, char **argv)
{
	static double seconds[WAYS][ROUNDS_MAX];
	struct live_options options = { .interval_s = 1 };
	struct error e = { 0 };
	struct source *source = NULL;
	struct flow_table *table = NULL;
	uint64_t rounds = 0;
	int status = EXIT_FAILURE;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (argc != 2 || text_parse_u64(argv[1], strlen(argv[1]), 10, &rounds) < 0 || rounds == 0 ||
	    rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: bench_dump ROUNDS (1 to %d)\n", ROUNDS_MAX);
		return 2;
	}
	if (fd < 0 || live_source_new(&options, &source, &e) < 0 || flow_table_new(&table) < 0)
		goto out;
	/* The first dump fills the table; it is warm-up for all three. */
	if (floor_dump(fd) < 0 || netwright_dump(source, table, &e) < 0 || ss_dump() < 0)
		goto out;
	if (run(source, table, fd, (size_t)rounds, seconds, &e) < 0)
		goto out;
	report(table, (size_t)rounds, seconds);
	status = EXIT_SUCCESS;
out:
	if (status != EXIT_SUCCESS)
		(void)fprintf(stderr, "bench_dump: %s\n", e.text[0] ? e.text : "set-up failed");
	flow_table_free(table);
	source_free(source);
	if (fd >= 0)
		(void)close(fd);
	return status;
}
