/* Connections of the machine in memory, and how other processes reach them. */
#include "fake_os_world.h"

#include "host/tcpinfo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_SO_COOKIE	 57
#define FAKE_SO_BUF_LOCK 72
#define FAKE_INODE_BASE	 100000u /* inode of a connection: this and its cookie */

static void *grown(void *array, size_t count, size_t size)
{
	char *larger = realloc(array, (count + 1) * size);

	if (larger == NULL)
		abort();
	memset(larger + count * size, 0, size);
	return larger;
}

struct fake_tcp *fake_os_socket(struct os *os, uint64_t cookie)
{
	struct fake_os *f = fake_os_of(os);

	for (size_t i = 0; i < f->tcp_count; i++) {
		if (f->tcps[i]->cookie == cookie)
			return f->tcps[i];
	}
	return NULL;
}

struct fake_tcp *fake_os_add_socket(struct os *os, uint64_t cookie, uint64_t netns,
				    uint16_t local_port, const char *remote, uint16_t remote_port)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_tcp *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	f->tcps = (struct fake_tcp **)grown((void *)f->tcps, f->tcp_count, sizeof(*f->tcps));
	f->tcps[f->tcp_count++] = t;
	*t = (struct fake_tcp){ .cookie = cookie,
				.netns = netns,
				.local_port = local_port,
				.remote_port = remote_port,
				.state = TCP_ESTABLISHED,
				.congestion = "cubic",
				.sndbuf = 87040,
				.rcvbuf = 131072,
				.window_clamp = 65536,
				.pacing_rate = UINT64_MAX,
				.keepalive_idle = 7200,
				.keepalive_interval = 75,
				.keepalive_count = 9,
				.rcv_wscale = 7 };
	(void)snprintf(t->remote, sizeof(t->remote), "%s", remote);
	return t;
}

void fake_os_hold_socket(struct os *os, pid_t pid, int fd, uint64_t cookie)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_descriptor *d;

	f->descriptors = grown(f->descriptors, f->descriptor_count, sizeof(*f->descriptors));
	d = &f->descriptors[f->descriptor_count++];
	*d = (struct fake_descriptor){ .pid = pid, .fd = fd, .cookie = cookie };
}

void fake_os_drop_socket(struct os *os, pid_t pid, int fd)
{
	struct fake_os *f = fake_os_of(os);

	for (size_t i = 0; i < f->descriptor_count; i++) {
		if (f->descriptors[i].pid == pid && f->descriptors[i].fd == fd) {
			f->descriptors[i] = f->descriptors[--f->descriptor_count];
			return;
		}
	}
}

void fake_os_set_trace_right(struct os *os, bool may)
{
	fake_os_of(os)->no_trace_right = !may;
}

void fake_os_set_links_readable(struct os *os, bool readable)
{
	fake_os_of(os)->no_link_right = !readable;
}

static const struct fake_descriptor *find_descriptor(struct fake_os *f, pid_t pid, int fd)
{
	for (size_t i = 0; i < f->descriptor_count; i++) {
		if (f->descriptors[i].pid == pid && f->descriptors[i].fd == fd)
			return &f->descriptors[i];
	}
	return NULL;
}

/* --- /proc/PID/fd --- */

int fake_list_descriptors(struct fake_os *f, const char *path, struct bytes *names)
{
	char *end;
	pid_t pid;

	if (strncmp(path, "/proc/", 6) != 0)
		return 0;
	pid = (pid_t)strtol(path + 6, &end, 10);
	if (end == path + 6 || strcmp(end, "/fd") != 0)
		return 0;
	if (fake_find_process(f, pid) == NULL)
		return -ENOENT;
	if (f->no_trace_right)
		return -EACCES;
	for (size_t i = 0; i < f->bind_count; i++) {
		const char *bound = f->binds[i].path;
		size_t len = strlen(path);

		if (strncmp(bound, path, len) == 0 && bound[len] == '/' &&
		    bytes_append(names, bound + len + 1, strlen(bound + len + 1) + 1) < 0)
			abort();
	}
	for (size_t i = 0; i < f->descriptor_count; i++) {
		char number[16];
		int n = snprintf(number, sizeof(number), "%d", f->descriptors[i].fd);

		if (f->descriptors[i].pid == pid && bytes_append(names, number, (size_t)n + 1) < 0)
			abort();
	}
	return 0;
}

ssize_t fake_readlink(struct os *os, const char *path, char *buf, size_t len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_bind *b = fake_find_bind(f, path);
	const struct fake_descriptor *d = NULL;
	char link[64], *end;
	pid_t mounts = 0;
	int n;

	if (fate.fail < 0)
		return fate.fail;
	if (strncmp(path, "/proc/", 6) == 0) {
		pid_t pid = (pid_t)strtol(path + 6, &end, 10);

		if (strncmp(end, "/fd/", 4) == 0)
			d = find_descriptor(f, pid, (int)strtol(end + 4, NULL, 10));
		else if (strcmp(end, "/ns/mnt") == 0 && fake_find_process(f, pid) != NULL)
			mounts = pid;
	}
	if (d == NULL && b == NULL && mounts == 0)
		return -ENOENT;
	if (d != NULL && f->no_link_right)
		return -EACCES;
	if (b != NULL && fake_find_netns(f, b->cookie)->hidden)
		n = snprintf(link, sizeof(link), "/");
	else if (b != NULL)
		n = snprintf(link, sizeof(link), "net:[%llu]", (unsigned long long)b->cookie);
	else if (mounts != 0)
		n = snprintf(link, sizeof(link), "mnt:[%d]", (int)mounts);
	else if (d->cookie == FAKE_NO_SOCKET)
		n = snprintf(link, sizeof(link), "/var/log/syslog");
	else
		n = snprintf(link, sizeof(link), "socket:[%llu]",
			     (unsigned long long)(FAKE_INODE_BASE + d->cookie));
	memcpy(buf, link, (size_t)n < len ? (size_t)n : len);
	return fake_ended(os, &fate, (size_t)n < len ? n : (ssize_t)len);
}

/* --- dumps --- */

static void append_connection(const struct fake_tcp *t, struct bytes *answers)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_msg message;
	} m = { 0 };

	m.header.nlmsg_len = sizeof(m);
	m.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	m.message.idiag_family = AF_INET;
	m.message.idiag_state = t->state;
	m.message.idiag_inode = (uint32_t)(FAKE_INODE_BASE + t->cookie);
	m.message.id.idiag_sport = htons(t->local_port);
	m.message.id.idiag_dport = htons(t->remote_port);
	if (inet_pton(AF_INET, t->remote, m.message.id.idiag_dst) != 1)
		abort();
	m.message.id.idiag_src[0] = htonl(0xc0000201u); /* 192.0.2.1 */
	m.message.id.idiag_cookie[0] = (uint32_t)t->cookie;
	m.message.id.idiag_cookie[1] = (uint32_t)(t->cookie >> 32);
	if (bytes_append(answers, &m, sizeof(m)) < 0)
		abort();
}

int fake_dump_sockets(struct fake_os *f, const void *request, size_t len, struct bytes *answers)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} asked;
	const struct nlmsghdr done = { .nlmsg_len = sizeof(done), .nlmsg_type = NLMSG_DONE };

	if (len != sizeof(asked))
		return -EOPNOTSUPP;
	memcpy(&asked, request, len);
	for (size_t i = 0; asked.request.sdiag_family == AF_INET && i < f->tcp_count; i++) {
		const struct fake_tcp *t = f->tcps[i];

		if (t->netns == f->here && (asked.request.idiag_states >> t->state & 1) != 0)
			append_connection(t, answers);
	}
	if (bytes_append(answers, &done, sizeof(done)) < 0)
		abort();
	return 0;
}

/* --- descriptors of others --- */

static int new_fd(struct fake_os *f, enum fake_fd_kind kind, uint64_t cookie)
{
	int i = 0;

	while (i < FAKE_FDS && f->fds[i].kind != FAKE_CLOSED)
		i++;
	if (i == FAKE_FDS)
		return -EMFILE;
	f->fds[i].kind = kind;
	f->fds[i].cookie = cookie;
	return FAKE_FIRST_FD + i;
}

int fake_pidfd_open(struct os *os, pid_t pid)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);

	if (fate.fail < 0)
		return fate.fail;
	if (fake_find_process(f, pid) == NULL)
		return -ESRCH;
	return (int)fake_ended(os, &fate, new_fd(f, FAKE_PIDFD, (uint64_t)pid));
}

int fake_pidfd_getfd(struct os *os, int pidfd, int fd)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_fd *p = fake_fd_of(f, pidfd);
	const struct fake_descriptor *d;

	if (fate.fail < 0)
		return fate.fail;
	if (p == NULL || p->kind != FAKE_PIDFD)
		return -EBADF;
	if (fake_find_process(f, (pid_t)p->cookie) == NULL)
		return -ESRCH;
	if (f->no_trace_right)
		return -EPERM;
	d = find_descriptor(f, (pid_t)p->cookie, fd);
	if (d == NULL)
		return -EBADF;
	return (int)fake_ended(os, &fate,
			       d->cookie == FAKE_NO_SOCKET ? new_fd(f, FAKE_FILE, 0)
							   : new_fd(f, FAKE_TCP, d->cookie));
}

/* --- options --- */

struct fake_number {
	int level, name;
	int *number;
};

static int *number_of(struct fake_tcp *t, int level, int name)
{
	const struct fake_number numbers[] = {
		{ SOL_SOCKET, SO_SNDBUF, &t->sndbuf },
		{ SOL_SOCKET, SO_RCVBUF, &t->rcvbuf },
		{ SOL_SOCKET, FAKE_SO_BUF_LOCK, &t->lock },
		{ SOL_SOCKET, SO_KEEPALIVE, &t->keepalive },
		{ IPPROTO_TCP, TCP_KEEPIDLE, &t->keepalive_idle },
		{ IPPROTO_TCP, TCP_KEEPINTVL, &t->keepalive_interval },
		{ IPPROTO_TCP, TCP_KEEPCNT, &t->keepalive_count },
		{ IPPROTO_TCP, TCP_NODELAY, &t->nodelay },
		{ IPPROTO_TCP, TCP_WINDOW_CLAMP, &t->window_clamp },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, &t->notsent_lowat },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, &t->user_timeout },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].level == level && numbers[i].name == name)
			return numbers[i].number;
	}
	return NULL;
}

static int give(void *value, socklen_t *len, const void *from, size_t size)
{
	if (*len < size)
		return -EINVAL;
	memcpy(value, from, size);
	*len = (socklen_t)size;
	return 0;
}

int fake_get_tcp(struct os *os, uint64_t cookie, int level, int name, void *value, socklen_t *len)
{
	struct fake_tcp *t = fake_os_socket(os, cookie);
	const int inet = AF_INET, tcp = IPPROTO_TCP;
	struct tcpinfo info = { 0 };

	if (level == SOL_SOCKET && name == SO_DOMAIN)
		return give(value, len, &inet, sizeof(inet));
	if (level == SOL_SOCKET && name == SO_PROTOCOL)
		return give(value, len, &tcp, sizeof(tcp));
	if (level == SOL_SOCKET && name == FAKE_SO_COOKIE)
		return give(value, len, &t->cookie, sizeof(t->cookie));
	if (level == SOL_SOCKET && name == SO_MAX_PACING_RATE)
		return give(value, len, &t->pacing_rate, sizeof(t->pacing_rate));
	if (level == SOL_SOCKET && name == FAKE_SO_BUF_LOCK && t->no_lock)
		return -ENOPROTOOPT;
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return give(value, len, t->congestion, sizeof(t->congestion));
	if (level == IPPROTO_TCP && name == TCP_INFO) {
		info.state = t->state;
		info.wscales = (uint8_t)(t->rcv_wscale << TCPINFO_SECOND_NIBBLE_SHIFT);
		return give(value, len, &info, sizeof(info));
	}
	if (number_of(t, level, name) == NULL)
		return -ENOPROTOOPT;
	return give(value, len, number_of(t, level, name), sizeof(int));
}

/* The lock comes with the size, and stays when it is cleared alone: what was measured. */
static void set_buffer(struct fake_tcp *t, int name, int value)
{
	*(name == SO_RCVBUFFORCE ? &t->rcvbuf : &t->sndbuf) = 2 * value;
	t->lock |= name == SO_RCVBUFFORCE ? 2 : 1;
}

static int set_congestion(struct fake_tcp *t, const void *value, socklen_t len)
{
	char name[16] = "";

	if (len >= sizeof(name))
		return -EINVAL;
	memcpy(name, value, len);
	if (strcmp(name, "cubic") != 0 && strcmp(name, "bbr") != 0 && strcmp(name, "reno") != 0)
		return -ENOENT;
	memcpy(t->congestion, name, sizeof(name));
	return 0;
}

static int set_tcp(struct fake_tcp *t, int level, int name, const void *value, socklen_t len)
{
	int number = 0;

	if (level == SOL_SOCKET && name == SO_MAX_PACING_RATE) {
		memcpy(&t->pacing_rate, value, sizeof(t->pacing_rate));
		return 0;
	}
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return set_congestion(t, value, len);
	if (len != sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	if (level == SOL_SOCKET && (name == SO_RCVBUFFORCE || name == SO_SNDBUFFORCE))
		set_buffer(t, name, number);
	else if (number_of(t, level, name) != NULL)
		*number_of(t, level, name) = number;
	else
		return -ENOPROTOOPT;
	return 0;
}

int fake_setsockopt(struct os *os, int number, int level, int name, const void *value,
		    socklen_t len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_fd *fd = fake_fd_of(f, number);
	char who[64], what[64];
	int r;

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || fd->kind != FAKE_TCP)
		return fd == NULL ? -EBADF : -ENOTSOCK;
	r = set_tcp(fake_os_socket(os, fd->cookie), level, name, value, len);
	if (r < 0)
		return r;
	(void)snprintf(who, sizeof(who), "%llu", (unsigned long long)fd->cookie);
	(void)snprintf(what, sizeof(what), "%d %d", level, name);
	fake_note(f, "setsockopt", who, what);
	return (int)fake_ended(os, &fate, 0);
}

void fake_free_sockets(struct fake_os *f)
{
	for (size_t i = 0; i < f->tcp_count; i++)
		free(f->tcps[i]);
	free((void *)f->tcps);
	free(f->descriptors);
}
