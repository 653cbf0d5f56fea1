/* wanem: a user-space link between two network namespaces, for tests on kernels without netem. */
#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "lab_tool.h"
#include "wanem_link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames the kernel may hold for us. A window is sent in one go and must fit whole, or the device
 * would drop what the emulated queue has room for: 20000 super-frames are 1.3 GB.
 */
#define TUN_QUEUE_FRAMES 20000

struct options {
	const char *netns[2], *device[2];
	uint64_t mtu, max_time_ns;
	struct link_config forward, reverse;
	struct link_config then; /* of both, after SIGUSR2; its loss of forward alone */
};

/* A value that was not given: a reverse one follows the forward one, a later one the first. */
#define NOT_GIVEN UINT64_MAX

static void follow(struct link_config *config, const struct link_config *given)
{
	if (config->rate_bps == NOT_GIVEN)
		config->rate_bps = given->rate_bps;
	if (config->delay_ns == NOT_GIVEN)
		config->delay_ns = given->delay_ns;
	if (config->queue_bytes == NOT_GIVEN)
		config->queue_bytes = given->queue_bytes;
	if (config->loss_ppb == NOT_GIVEN)
		config->loss_ppb = given->loss_ppb;
}

static void read_options(struct options *options, int argc, char **argv)
{
	struct link_config *forward = &options->forward, *reverse = &options->reverse;
	struct link_config *then = &options->then;
	const struct tool_option table[] = {
		{ "a-netns", TOOL_TEXT, &options->netns[0], 0, 0, true, "namespace of side A" },
		{ "b-netns", TOOL_TEXT, &options->netns[1], 0, 0, true, "namespace of side B" },
		{ "a-if", TOOL_TEXT, &options->device[0], 0, 0, false, "A's device (wan0)" },
		{ "b-if", TOOL_TEXT, &options->device[1], 0, 0, false, "B's device (wan0)" },
		{ "rate", TOOL_RATE, &forward->rate_bps, 1000, 100000000000, true,
		  "bit rate of the link, Ethernet framing included" },
		{ "delay", TOOL_MILLIS, &forward->delay_ns, 0, 10 * TOOL_NS_PER_S, true,
		  "one-way delay; the round trip is the sum of both directions" },
		{ "queue", TOOL_BYTES, &forward->queue_bytes, 1, 1 << 30, true, "tail-drop queue" },
		{ "loss", TOOL_SHARE, &forward->loss_ppb, 0, 1000000000, false,
		  "random loss from A to B, of each segment (0)" },
		{ "reverse-rate", TOOL_RATE, &reverse->rate_bps, 1000, 100000000000, false,
		  "from B to A (as --rate)" },
		{ "reverse-delay", TOOL_MILLIS, &reverse->delay_ns, 0, 10 * TOOL_NS_PER_S, false,
		  "from B to A (as --delay)" },
		{ "reverse-queue", TOOL_BYTES, &reverse->queue_bytes, 1, 1 << 30, false,
		  "from B to A (as --queue)" },
		{ "reverse-loss", TOOL_SHARE, &reverse->loss_ppb, 0, 1000000000, false,
		  "from B to A (0)" },
		{ "then-rate", TOOL_RATE, &then->rate_bps, 1000, 100000000000, false,
		  "after SIGUSR2, in both directions (unchanged)" },
		{ "then-delay", TOOL_MILLIS, &then->delay_ns, 0, 10 * TOOL_NS_PER_S, false,
		  "after SIGUSR2, in both directions (unchanged)" },
		{ "then-queue", TOOL_BYTES, &then->queue_bytes, 1, 1 << 30, false,
		  "after SIGUSR2, in both directions (unchanged)" },
		{ "then-loss", TOOL_SHARE, &then->loss_ppb, 0, 1000000000, false,
		  "after SIGUSR2, from A to B (unchanged)" },
		{ "seed", TOOL_COUNT, &forward->seed, 0, 1ULL << 53, false,
		  "of the random losses (1)" },
		{ "mtu", TOOL_COUNT, &options->mtu, 1280, 65535, false, "of both devices (1500)" },
		{ "max-time", TOOL_SECONDS, &options->max_time_ns, TOOL_NS_PER_MS,
		  86400 * TOOL_NS_PER_S, false, "end by itself after this long (300 s)" },
		{ NULL, TOOL_FLAG, NULL, 0, 0, false, NULL },
	};
	const struct tool_usage usage = {
		"wanem",
		"Creates a TUN device in each of two network namespaces and forwards between them\n"
		"like a link. Prints \"ready\" when forwarding; SIGUSR1 prints statistics to\n"
		"stderr; SIGUSR2 changes the link to what --then-... say, and back; SIGTERM prints\n"
		"statistics and ends.",
		table,
	};

	tool_read_options(&usage, argc, argv);
	follow(reverse, forward);
	/* Any other sequence will do; the same one would lose a segment and its acknowledgement. */
	reverse->seed = ~forward->seed;
}

static void enter_netns(const char *name)
{
	char path[4096];
	int fd;

	if (strchr(name, '/') != NULL)
		(void)snprintf(path, sizeof(path), "%s", name);
	else
		(void)snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		tool_fail(
			"cannot open the network namespace %s: %s; create it with \"ip netns add\"",
			path, strerror(errno));
	if (setns(fd, CLONE_NEWNET) != 0)
		tool_fail("cannot enter the network namespace %s: %s; run as root", path,
			  strerror(errno));
	(void)close(fd);
}

static void configure_device(struct ifreq *request, const char *netns, uint64_t mtu)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		tool_fail("cannot open a socket in %s: %s", netns, strerror(errno));
	request->ifr_qlen = TUN_QUEUE_FRAMES;
	if (ioctl(fd, SIOCSIFTXQLEN, request) != 0)
		tool_fail("cannot set the queue length of %s in %s: %s", request->ifr_name, netns,
			  strerror(errno));
	request->ifr_mtu = (int)mtu;
	if (ioctl(fd, SIOCSIFMTU, request) != 0)
		tool_fail("cannot set the MTU of %s in %s: %s", request->ifr_name, netns,
			  strerror(errno));
	if (ioctl(fd, SIOCGIFFLAGS, request) == 0)
		request->ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, request) != 0)
		tool_fail("cannot bring up %s in %s: %s", request->ifr_name, netns,
			  strerror(errno));
	(void)close(fd);
}

/* The device belongs to the namespace this thread is in, and goes away with the descriptor. */
static int open_tun(const char *netns, const char *name, uint64_t mtu)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int fd;

	if (strlen(name) >= IFNAMSIZ)
		tool_fail("%s: a device name has at most %d characters", name, IFNAMSIZ - 1);
	enter_netns(netns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		tool_fail("cannot open /dev/net/tun: %s; the kernel needs CONFIG_TUN",
			  strerror(errno));
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, TUNSETIFF, &request) != 0)
		tool_fail("cannot create %s in %s: %s; is there one already?", name, netns,
			  strerror(errno));
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) != 0)
		tool_fail("cannot turn on offloads of %s in %s: %s", name, netns, strerror(errno));
	configure_device(&request, netns, mtu);
	return fd;
}

static uint64_t load(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void print_stats(const char *direction, const struct link_stats *stats)
{
	uint64_t delivered = load(&stats->delivered);
	uint64_t late_us = load(&stats->late_sum_ns) / TOOL_NS_PER_US;
	uint64_t late_max_us = load(&stats->late_max_ns) / TOOL_NS_PER_US;

	fprintf(stderr,
		"%s packets=%" PRIu64 " bytes=%" PRIu64 " segments=%" PRIu64
		" random_losses=%" PRIu64 " tail_drops=%" PRIu64 " refused=%" PRIu64
		" late_mean_us=%" PRIu64 " late_max_us=%" PRIu64 "\n",
		direction, load(&stats->packets), load(&stats->bytes), load(&stats->segments),
		load(&stats->random_losses), load(&stats->tail_drops), load(&stats->refused),
		delivered > 0 ? late_us / delivered : late_us, late_max_us);
}

static void print_all_stats(const struct link links[2])
{
	print_stats("a->b", &links[0].stats);
	print_stats("b->a", &links[1].stats);
	(void)fflush(stderr);
}

static void forward_until_stopped(struct link links[2], int stop_fd)
{
	pthread_t threads[2];
	char *failure[2] = { NULL, NULL };
	const uint64_t one = 1;
	int i, r;

	for (i = 0; i < 2; i++) {
		r = pthread_create(&threads[i], NULL, link_run, &links[i]);
		if (r != 0)
			tool_fail("cannot start a thread: %s", strerror(r));
	}
	(void)puts("ready");
	(void)fflush(stdout);
	while (!tool_stopped()) {
		(void)tool_poll(NULL, 0, TOOL_NS_PER_S);
		if (tool_report_wanted())
			print_all_stats(links);
		if (tool_change_wanted())
			for (i = 0; i < 2; i++)
				atomic_store(&links[i].change, true);
		/* A thread that gave up has to take the program with it. */
		for (i = 0; i < 2; i++)
			if (pthread_tryjoin_np(threads[i], (void **)&failure[i]) == 0)
				tool_fail("%s", failure[i] != NULL ? failure[i] : "a thread ended");
	}
	if (write(stop_fd, &one, sizeof(one)) != sizeof(one))
		tool_fail("cannot stop the threads: %s", strerror(errno));
	for (i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	print_all_stats(links);
}

int main(int argc, char **argv)
{
	/* Both default to "as much as A to B has", except the loss. */
	struct options options = {
		.device = { "wan0", "wan0" },
		.mtu = 1500,
		.max_time_ns = TOOL_MAX_TIME_NS,
		.forward = { .seed = 1 },
		.reverse = { NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, 0, 0 },
		.then = { NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, 0 },
	};
	struct link_config later[2];
	struct link links[2];
	int tun[2], stop_fd, i;

	tool_set_name("wanem");
	read_options(&options, argc, argv);
	tool_start(options.max_time_ns);
	for (i = 0; i < 2; i++)
		tun[i] = open_tun(options.netns[i], options.device[i], options.mtu);
	stop_fd = eventfd(0, EFD_CLOEXEC);
	if (stop_fd < 0)
		tool_fail("cannot create an event descriptor: %s", strerror(errno));
	later[0] = later[1] = options.then;
	later[1].loss_ppb = options.reverse.loss_ppb;
	follow(&later[0], &options.forward);
	follow(&later[1], &options.reverse);
	link_init(&links[0], &options.forward, &later[0], tun[0], tun[1], stop_fd);
	link_init(&links[1], &options.reverse, &later[1], tun[1], tun[0], stop_fd);
	forward_until_stopped(links, stop_fd);
	for (i = 0; i < 2; i++) {
		link_done(&links[i]);
		(void)close(tun[i]);
	}
	(void)close(stop_fd);
	return 0;
}
