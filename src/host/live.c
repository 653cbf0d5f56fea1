#include "host/live.h"

#include "base/cleanup.h"
#include "host/live_netns.h"
#include "host/netlink_channel.h"
#include "host/process_scan.h"
#include "host/sampling_clock.h"
#include "host/socket_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef NETWRIGHT_VERSION
#define NETWRIGHT_VERSION "unknown"
#endif

#define NS_PER_S 1000000000u

/* Between looks at the stop flag and reports of progress. */
#define WAIT_SLICE_NS (NS_PER_S / 4)

enum { FAMILIES_MAX = 4 }; /* generic netlink families remembered; ethtool alone is asked */

static const int protocols[] = { NETLINK_SOCK_DIAG, NETLINK_ROUTE, NETLINK_GENERIC };

struct genl_family {
	char name[16]; /* GENL_NAMSIZ */
	uint16_t id;
};

struct live_source {
	struct source source; /* first */
	struct live_options options;
	struct live_netns netns;
	struct sampling_clock clock;
	bool interrupted; /* the window was ended before its time */
	struct netlink_channel channels[ARRAY_LEN(protocols)]; /* in their order */
	struct netlink_channel *active;			       /* the last request's, NULL before */
	char request_name[64];
	size_t datagram_len; /* of what `datagram` holds of the active answer; 0: nothing yet */
	struct genl_family families[FAMILIES_MAX];
	size_t family_count;
	_Alignas(NLMSG_ALIGNTO) char datagram[NETLINK_DATAGRAM_MAX];
};

static struct live_source *live(struct source *s)
{
	return (struct live_source *)(void *)s;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool is_stopped(const struct live_source *l)
{
	return l->options.stop != NULL && *l->options.stop != 0;
}

static void sleep_until(uint64_t instant_ns)
{
	const struct timespec t = {
		.tv_sec = (time_t)(instant_ns / NS_PER_S),
		.tv_nsec = (long)(instant_ns % NS_PER_S),
	};

	/* A signal ends the sleep early; the caller looks at the clock again. */
	(void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL);
}

/* Waits for the instant; false when it was told to stop. */
static bool wait_until(struct live_source *l, uint64_t due_ns)
{
	for (;;) {
		uint64_t now = now_ns();
		uint64_t slice = due_ns - now < WAIT_SLICE_NS ? due_ns : now + WAIT_SLICE_NS;

		if (is_stopped(l)) {
			l->interrupted = true;
			return false;
		}
		if (l->options.progress != NULL)
			l->options.progress(l->options.progress_arg,
					    (double)(now - l->clock.start_ns) / NS_PER_S,
					    l->options.duration_s);
		if (now >= due_ns)
			return true;
		sleep_until(slice);
	}
}

static int live_next_sample(struct source *s, struct error *e)
{
	struct live_source *l = live(s);
	uint64_t due;

	(void)e;
	if (l->clock.over)
		return 0;
	if (!l->clock.started) {
		sampling_clock_start(&l->clock, now_ns());
	} else {
		due = sampling_clock_next(&l->clock, now_ns());
		if (wait_until(l, due))
			sampling_clock_took(&l->clock, due);
		else
			l->clock.over = true;
	}
	s->time_ns = now_ns();
	return 1;
}

static int read_info(const struct live_source *l, struct bytes *ret)
{
	/* The initial namespace alone has the keys that are not per namespace; its inode number
	 * became fixed only lately. */
	bool is_init = access("/proc/sys/net/core/netdev_max_backlog", F_OK) == 0;

	return bytes_printf(ret,
			    "start_utc %lld\npage_size %ld\nclock_ticks %ld\neuid %u\nnetns %s\n"
			    "netns_is_init %d\nversion %s\n",
			    (long long)time(NULL), sysconf(_SC_PAGESIZE), sysconf(_SC_CLK_TCK),
			    geteuid(), l->netns.name[0] != '\0' ? l->netns.name : "self", is_init,
			    NETWRIGHT_VERSION);
}

static int read_path(const char *path, struct bytes *ret)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : bytes_read_fd(ret, fd, SOURCE_FILE_MAX);
}

/* /proc/net is a link to the net directory of the process, that is of its first thread; what
 * follows setns() is the thread's. */
static int read_proc_net(const char *path, struct bytes *ret)
{
	static const char prefix[] = "/proc/net/";
	char own[600];
	int n;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return read_path(path, ret);
	n = snprintf(own, sizeof(own), "/proc/thread-self/net/%s", path + sizeof(prefix) - 1);
	return n < 0 || (size_t)n >= sizeof(own) ? -ENAMETOOLONG : read_path(own, ret);
}

static int read_any(struct live_source *l, const char *path, struct bytes *ret)
{
	if (strcmp(path, SOURCE_INFO_PATH) == 0)
		return read_info(l, ret);
	if (strcmp(path, SOURCE_NETNS_STATE_PATH) == 0)
		return bytes_printf(ret, "%s\n",
				    live_netns_is_present(&l->netns) ? "present" : "gone");
	if (strcmp(path, SOURCE_WINDOW_STATE_PATH) == 0)
		return bytes_printf(ret, "%s\n", l->interrupted ? "interrupted" : "complete");
	if (strcmp(path, SOURCE_PROCESSES_PATH) == 0)
		return process_scan(l->netns.scope[SOURCE_NETNS] < 0, ret);
	return read_proc_net(path, ret);
}

static int live_read_file(struct source *s, enum source_scope scope, const char *path,
			  struct bytes *ret, struct error *e)
{
	struct live_source *l = live(s);
	int r;

	/* The facts are those of the audited namespace, whoever asks. */
	if (strcmp(path, SOURCE_INFO_PATH) == 0)
		scope = SOURCE_NETNS;
	r = live_netns_enter(&l->netns, scope, e);
	if (r < 0)
		return r;
	s->time_ns = now_ns();
	r = read_any(l, path, ret);
	if (r < 0)
		(void)error_errno(e, r, path, "cannot read");
	return live_netns_leave(&l->netns, scope, r, e);
}

static struct netlink_channel *find_channel(struct live_source *l, int protocol)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(protocols); i++) {
		if (protocols[i] == protocol)
			return &l->channels[i];
	}
	return NULL;
}

static int open_channel(struct live_source *l, struct netlink_channel *c, int protocol,
			struct error *e)
{
	int r;

	if (c->socket != NULL)
		return 0;
	r = live_netns_enter(&l->netns, SOURCE_NETNS, e);
	if (r < 0)
		return r;
	r = netlink_channel_open(c, protocol, e);
	return live_netns_leave(&l->netns, SOURCE_NETNS, r, e);
}

/* The message type of a generic netlink family, looked up once. */
static int resolve_family(struct live_source *l, struct netlink_channel *c, const char *family,
			  struct error *e)
{
	size_t i;
	int r;

	for (i = 0; i < l->family_count; i++) {
		if (strcmp(l->families[i].name, family) == 0)
			return l->families[i].id;
	}
	if (strlen(family) >= sizeof(l->families[0].name))
		return error_errno(e, -EINVAL, family, "no generic netlink family");
	r = netlink_channel_resolve(c, family, e);
	if (r > 0 && l->family_count < FAMILIES_MAX) {
		struct genl_family *known = &l->families[l->family_count++];

		(void)snprintf(known->name, sizeof(known->name), "%s", family);
		known->id = (uint16_t)r;
	}
	return r;
}

static int live_request(struct source *s, const struct source_request *request, struct error *e)
{
	struct live_source *l = live(s);
	struct netlink_channel *c = find_channel(l, request->protocol);
	int type = request->type;
	int r;

	if (c == NULL)
		return error_errno(e, -EPROTONOSUPPORT, request->name, "cannot ask the kernel");

	/* What is left of an answer that was given up would stand in the way of this one. */
	if (l->active != NULL && !netlink_channel_is_idle(l->active, l->datagram, l->datagram_len))
		netlink_channel_close(l->active);
	l->active = NULL;
	l->datagram_len = 0;
	r = open_channel(l, c, request->protocol, e);
	if (r < 0)
		return r;
	if (request->family != NULL) {
		type = resolve_family(l, c, request->family, e);
		if (type < 0)
			return type;
	}
	s->time_ns = now_ns();
	r = netlink_channel_send(c, request, (uint16_t)type, e);
	if (r < 0)
		return r;
	l->active = c;
	(void)snprintf(l->request_name, sizeof(l->request_name), "%s", request->name);
	return 0;
}

static int live_receive(struct source *s, const void **ret_data, size_t *ret_len, struct error *e)
{
	struct live_source *l = live(s);
	int r;

	if (l->active == NULL)
		return error_set(e, -EINVAL, ERROR_FAILED, NULL, "nothing was requested");
	l->datagram_len = 0;
	r = netlink_channel_receive(l->active, l->request_name, l->datagram, &l->datagram_len, e);
	if (r <= 0)
		return r;
	*ret_data = l->datagram;
	*ret_len = l->datagram_len;
	return r;
}

static int live_scan_sockets(struct source *s, int pid, const uint32_t *inodes, size_t n,
			     struct bytes *ret, struct error *e)
{
	s->time_ns = now_ns();
	return socket_scan(pid, inodes, n, ret, e);
}

static void live_free(struct source *s)
{
	struct live_source *l = live(s);
	size_t i;

	for (i = 0; i < ARRAY_LEN(l->channels); i++)
		netlink_channel_close(&l->channels[i]);
	live_netns_close(&l->netns);
	free(l);
}

static const struct source_ops live_ops = {
	.next_sample = live_next_sample,
	.read_file = live_read_file,
	.request = live_request,
	.receive = live_receive,
	.scan_sockets = live_scan_sockets,
	.free = live_free,
};

int live_source_new(const struct live_options *options, struct source **ret, struct error *e)
{
	const double shortest_s = 0.1, longest_s = 3600;
	struct live_source *l;
	int r;

	/* Without a duration the interval is never used. A year is as good as for ever. */
	if (!(options->duration_s >= 0 && options->duration_s <= 366.0 * 86400) ||
	    (options->duration_s > 0 &&
	     !(options->interval_s >= shortest_s && options->interval_s <= longest_s)))
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "samples are taken every 0.1 to 3600 s, for at most a year");
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return error_errno(e, -ENOMEM, NULL, "cannot open the kernel's sources");
	r = live_netns_open(&l->netns, options->netns, e);
	if (r < 0) {
		free(l);
		return r;
	}
	l->source.ops = &live_ops;
	l->options = *options;
	l->options.netns = NULL; /* the caller's; live_netns keeps its own copy */
	l->clock.duration_ns = (uint64_t)llround(options->duration_s * NS_PER_S);
	l->clock.interval_ns = (uint64_t)llround(options->interval_s * NS_PER_S);
	*ret = &l->source;
	return 0;
}
