#include "host/live.h"

#include "base/cleanup.h"
#include "host/live_netns.h"
#include "host/live_window.h"
#include "host/netlink_channel.h"
#include "host/netns.h"
#include "host/process_scan.h"
#include "host/shared_answers.h"
#include "host/socket_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef NETWRIGHT_VERSION
#define NETWRIGHT_VERSION "unknown"
#endif

enum { FAMILIES_MAX = 4 }; /* generic netlink families remembered; ethtool alone is asked */

static const int protocols[] = { NETLINK_SOCK_DIAG, NETLINK_ROUTE, NETLINK_GENERIC };

struct genl_family {
	char name[16]; /* GENL_NAMSIZ */
	uint16_t id;
};

struct live_source {
	struct source source; /* first */
	struct live_netns netns;
	struct live_window own_window;
	struct live_window *window;			       /* own_window, or the group's */
	uint64_t round;					       /* of the window */
	struct shared_answers *shared;			       /* the group's; NULL when alone */
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

static int live_next_sample(struct source *s, struct error *e)
{
	struct live_source *l = live(s);
	int r = live_window_follow(l->window, &l->round);

	(void)e;
	if (r == 0)
		return 0;
	if (l->shared != NULL)
		shared_answers_begin(l->shared, l->round);
	s->time_ns = live_window_now_ns();
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
			    geteuid(), netns_label(l->netns.name), is_init, NETWRIGHT_VERSION);
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

static int read_processes(struct live_source *l, struct bytes *ret)
{
	const bool own = l->netns.scope[SOURCE_NETNS] < 0;
	const struct process_scan *shared;
	struct process_scan scan = { 0 };
	int r;

	if (l->shared != NULL) {
		r = shared_answers_processes(l->shared, &shared);
		return r < 0 ? r : process_scan_answer(shared, own, ret);
	}
	r = process_scan_read(&scan);
	if (r == 0)
		r = process_scan_answer(&scan, own, ret);
	process_scan_done(&scan);
	return r;
}

static int read_any(struct live_source *l, const char *path, struct bytes *ret)
{
	if (strcmp(path, SOURCE_INFO_PATH) == 0)
		return read_info(l, ret);
	if (strcmp(path, SOURCE_NETNS_STATE_PATH) == 0)
		return bytes_printf(ret, "%s\n",
				    live_netns_is_present(&l->netns) ? "present" : "gone");
	if (strcmp(path, SOURCE_WINDOW_STATE_PATH) == 0)
		return bytes_printf(ret, "%s\n",
				    l->window->interrupted ? "interrupted" : "complete");
	if (strcmp(path, SOURCE_PROCESSES_PATH) == 0)
		return read_processes(l, ret);
	return read_proc_net(path, ret);
}

static int read_in_scope(struct live_source *l, enum source_scope scope, const char *path,
			 struct bytes *ret, struct error *e)
{
	int r = live_netns_enter(&l->netns, scope, e);

	if (r < 0)
		return r;
	l->source.time_ns = live_window_now_ns();
	r = read_any(l, path, ret);
	if (r < 0)
		(void)error_errno(e, r, path, "cannot read");
	return live_netns_leave(&l->netns, scope, r, e);
}

/* What another source of the group has read for this sample is not read again. */
static int read_shared(struct live_source *l, enum source_scope scope, const char *path,
		       struct bytes *ret, struct error *e)
{
	const struct shared_answer *answer = shared_answers_find(l->shared, path);
	int r;

	if (answer == NULL) {
		r = read_in_scope(l, scope, path, ret, e);
		if (shared_answers_keep(l->shared, path, r, l->source.time_ns, ret) < 0)
			return error_errno(e, -ENOMEM, path, "cannot read");
		return r;
	}
	l->source.time_ns = answer->time_ns;
	if (answer->result < 0)
		return error_errno(e, answer->result, path, "cannot read");
	r = bytes_append(ret, answer->content.data, answer->content.len);
	return r < 0 ? error_errno(e, r, path, "cannot read") : 0;
}

static int live_read_file(struct source *s, enum source_scope scope, const char *path,
			  struct bytes *ret, struct error *e)
{
	struct live_source *l = live(s);

	/* The facts are those of the audited namespace, whoever asks. */
	if (strcmp(path, SOURCE_INFO_PATH) == 0)
		scope = SOURCE_NETNS;
	if (l->shared != NULL && shared_answers_has(scope, path))
		return read_shared(l, scope, path, ret, e);
	return read_in_scope(l, scope, path, ret, e);
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
	s->time_ns = live_window_now_ns();
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
	struct shared_answers *shared = live(s)->shared;

	s->time_ns = live_window_now_ns();
	if (shared != NULL)
		return shared_answers_scan(shared, pid, inodes, n, ret, e);
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

static int new_source(const char *netns, int fd, struct live_source **ret, struct error *e)
{
	struct live_source *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL) {
		(void)error_errno(e, -ENOMEM, NULL, "cannot open the kernel's sources");
		return -ENOMEM;
	}
	r = live_netns_open(&l->netns, netns, fd, e);
	if (r < 0) {
		free(l);
		return r;
	}
	l->source.ops = &live_ops;
	*ret = l;
	return 0;
}

int live_source_new(const struct live_options *options, struct source **ret, struct error *e)
{
	struct live_window window;
	struct live_source *l;
	int r = live_window_init(&window, options, e);

	if (r < 0)
		return r;
	r = new_source(options->netns, -1, &l, e);
	if (r < 0)
		return r;
	l->own_window = window;
	l->window = &l->own_window;
	*ret = &l->source;
	return 0;
}

/* --- several, side by side -------------------------------------------------------------------- */

struct live_group {
	struct live_window window;
	struct shared_answers answers;
};

int live_group_new(const struct live_options *options, struct live_group **ret, struct error *e)
{
	struct live_group *g = calloc(1, sizeof(*g));
	int r;

	if (g == NULL)
		return error_errno(e, -ENOMEM, NULL, "cannot open the kernel's sources");
	r = live_window_init(&g->window, options, e);
	if (r < 0) {
		free(g);
		return r;
	}
	*ret = g;
	return 0;
}

int live_group_add(struct live_group *g, const char *netns, int fd, struct source **ret,
		   struct error *e)
{
	struct live_source *l;
	int r = new_source(netns, fd, &l, e);

	if (r < 0)
		return r;
	l->window = &g->window;
	l->shared = &g->answers;
	*ret = &l->source;
	return 0;
}

void live_group_free(struct live_group *g)
{
	if (g == NULL)
		return;
	shared_answers_done(&g->answers);
	free(g);
}
