/* The system calls of the machine in memory. */
#include "fake_os_world.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* linux/socket.h of Linux 5.14. */
#define FAKE_SO_NETNS_COOKIE 71

/* What every call begins and ends with: `r` is what the call would return. */
static ssize_t ended(struct os *os, const struct fake_fate *fate, ssize_t r)
{
	if (!fate->die_after)
		return r;
	fake_os_die(os);
	return -EIO;
}

static void note(struct fake_os *f, const char *fmt, const char *a, const char *b)
{
	if (bytes_printf(&f->trace, "%s %s%s%s\n", fmt, a, b[0] != '\0' ? " " : "", b) < 0)
		abort();
}

static struct fake_fd *fd_of(struct fake_os *f, int fd)
{
	int i = fd - FAKE_FIRST_FD;

	return i >= 0 && i < FAKE_FDS && f->fds[i].kind != FAKE_CLOSED ? &f->fds[i] : NULL;
}

/* --- open --- */

static void process_file(const struct fake_process *p, const char *file, struct bytes *ret)
{
	int r = 0;

	bytes_clear(ret);
	if (strcmp(file, "stat") == 0)
		r = bytes_printf(ret, "%d (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %llu 0 0\n",
				 (int)p->pid, p->comm, (unsigned long long)p->start);
	else if (strcmp(file, "comm") == 0)
		r = bytes_printf(ret, "%s\n", p->comm);
	else if (strcmp(file, "cgroup") == 0)
		r = bytes_printf(ret, "0::%s\n", p->cgroup);
	if (r < 0)
		abort();
}

static int open_process(struct fake_os *f, struct fake_fd *fd, const char *path)
{
	char *end;
	pid_t pid = (pid_t)strtol(path + strlen("/proc/"), &end, 10);
	const struct fake_process *p = fake_find_process(f, pid);

	if (p == NULL || *end != '/')
		return -ENOENT;
	if (strcmp(end, "/ns/net") == 0) {
		fd->kind = FAKE_NETNS;
		fd->cookie = p->cookie;
		return 0;
	}
	process_file(p, end + 1, &fd->content);
	fd->kind = FAKE_SYSCTL;
	return fd->content.len > 0 ? 0 : -ENOENT;
}

/* cgroup.procs of the processes whose cgroup the directory is. */
static int open_cgroup(struct fake_os *f, struct fake_fd *fd, const char *path)
{
	const char *cgroup = path + strlen("/sys/fs/cgroup");
	const char *last = strrchr(cgroup, '/');
	bool found = false;

	if (strcmp(last, "/cgroup.procs") != 0)
		return -ENOENT;
	bytes_clear(&fd->content);
	for (size_t i = 0; i < f->process_count; i++) {
		const struct fake_process *p = &f->processes[i];

		if (strlen(p->cgroup) != (size_t)(last - cgroup) ||
		    strncmp(p->cgroup, cgroup, strlen(p->cgroup)) != 0)
			continue;
		found = true;
		if (bytes_printf(&fd->content, "%d\n", (int)p->pid) < 0)
			abort();
	}
	fd->kind = FAKE_SYSCTL;
	return found ? 0 : -ENOENT;
}

static int open_named_netns(struct fake_os *f, struct fake_fd *fd, const char *name)
{
	for (size_t i = 0; i < f->netns_count; i++) {
		if (f->netns[i].name[0] != '\0' && strcmp(f->netns[i].name, name) == 0) {
			fd->kind = FAKE_NETNS;
			fd->cookie = f->netns[i].cookie;
			return 0;
		}
	}
	return -ENOENT;
}

static int open_sysctl(struct fake_os *f, struct fake_fd *fd, const char *path, int flags)
{
	const struct fake_sysctl *s = fake_find_sysctl(f, f->here, path);

	if (s == NULL)
		return -ENOENT;
	if (s->lie == FAKE_READ_ONLY && (flags & O_ACCMODE) != O_RDONLY)
		return s->code;
	fd->kind = FAKE_SYSCTL;
	fake_set(&fd->content, s->text, strlen(s->text));
	for (size_t i = 0; i < fd->content.len; i++) {
		if (fd->content.data[i] == ' ' && s->text[0] >= '0' && s->text[0] <= '9')
			fd->content.data[i] = '\t';
	}
	if (bytes_append(&fd->content, "\n", 1) < 0)
		abort();
	return 0;
}

static int open_file(struct fake_os *f, struct fake_fd *fd, const char *path, int flags)
{
	struct fake_entry *entry;

	if ((flags & O_DIRECTORY) != 0) {
		fd->kind = FAKE_DIRECTORY;
		return 0;
	}
	if ((flags & O_CREAT) == 0 && fake_os_file(&f->os, path) == NULL)
		return -ENOENT;
	entry = fake_entry_of(f, path);
	if (entry->now != NULL && (flags & O_EXCL) != 0)
		return -EEXIST;
	if (entry->now == NULL)
		entry->now = fake_new_inode(f);
	if ((flags & O_TRUNC) != 0)
		bytes_clear(&entry->now->data);
	fd->kind = FAKE_FILE;
	fd->inode = entry->now;
	return 0;
}

static int open_any(struct fake_os *f, struct fake_fd *fd, const char *path, int flags)
{
	static const char named[] = "/run/netns/", cgroups[] = "/sys/fs/cgroup/";

	if (strcmp(path, "/proc/thread-self/ns/net") == 0) {
		fd->kind = FAKE_NETNS;
		return 0;
	}
	if (strncmp(path, named, strlen(named)) == 0)
		return open_named_netns(f, fd, path + strlen(named));
	if (strncmp(path, "/proc/sys/", 10) == 0)
		return open_sysctl(f, fd, path, flags);
	if (strncmp(path, "/proc/", 6) == 0 && path[6] >= '0' && path[6] <= '9')
		return open_process(f, fd, path);
	if (strncmp(path, cgroups, strlen(cgroups)) == 0)
		return open_cgroup(f, fd, path);
	return open_file(f, fd, path, flags);
}

static int fake_open(struct os *os, const char *path, int flags, mode_t mode)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	int i = 0, r;

	(void)mode;
	if (fate.fail < 0)
		return fate.fail;
	while (i < FAKE_FDS && f->fds[i].kind != FAKE_CLOSED)
		i++;
	if (i == FAKE_FDS)
		return -EMFILE;
	f->fds[i].cookie = f->here;
	f->fds[i].offset = 0;
	f->fds[i].inode = NULL;
	(void)snprintf(f->fds[i].path, sizeof(f->fds[i].path), "%s", path);
	r = open_any(f, &f->fds[i], path, flags);
	if (r < 0)
		f->fds[i].kind = FAKE_CLOSED;
	return (int)ended(os, &fate, r < 0 ? r : FAKE_FIRST_FD + i);
}

static int fake_socket(struct os *os, int family, int type, int protocol)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	int i = 0;

	(void)family, (void)type, (void)protocol;
	if (fate.fail < 0)
		return fate.fail;
	while (i < FAKE_FDS && f->fds[i].kind != FAKE_CLOSED)
		i++;
	if (i == FAKE_FDS)
		return -EMFILE;
	f->fds[i].kind = FAKE_SOCKET;
	f->fds[i].cookie = f->here;
	return (int)ended(os, &fate, FAKE_FIRST_FD + i);
}

static int fake_close(struct os *os, int number)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fd_of(f, number);

	if (fd == NULL)
		return -EBADF;
	/* A close that fails has closed all the same. */
	if (!f->dead)
		fd->kind = FAKE_CLOSED;
	return fate.fail < 0 ? fate.fail : (int)ended(os, &fate, 0);
}

/* --- read and write --- */

static ssize_t fake_read(struct os *os, int number, void *buf, size_t len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fd_of(f, number);
	const struct bytes *content;
	size_t n;

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || (fd->kind != FAKE_SYSCTL && fd->kind != FAKE_FILE))
		return -EBADF;
	content = fd->kind == FAKE_FILE ? &fd->inode->data : &fd->content;
	n = fd->offset < content->len ? content->len - fd->offset : 0;
	if (n > len)
		n = len;
	if (n > 0)
		memcpy(buf, content->data + fd->offset, n);
	fd->offset += n;
	return ended(os, &fate, (ssize_t)n);
}

static bool is_number(const char *text)
{
	return (text[0] >= '0' && text[0] <= '9') || text[0] == '-';
}

/* As the kernel takes a vector: the words given replace the first ones, what is missing stays, and
 * what is too many is ignored. Words that are no numbers are replaced as a whole. At most `count`
 * words are taken. */
static void assign(struct fake_sysctl *s, const char *words, unsigned int count)
{
	struct text_span given = { words, strlen(words) }, old = { s->text, strlen(s->text) };
	struct text_span a, b;
	char text[FAKE_TEXT_MAX];
	size_t used = 0;

	if (!is_number(s->text)) {
		memcpy(s->text, words, strlen(words) + 1);
		return;
	}
	while (text_next_word(&old, &b)) {
		if (count > 0 && text_next_word(&given, &a)) {
			b = a;
			count--;
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s",
					 used > 0 ? " " : "", (int)b.len, b.at);
	}
	memcpy(s->text, text, used + 1);
}

static ssize_t write_sysctl(struct fake_os *f, struct fake_fd *fd, const char *data, size_t len)
{
	struct fake_sysctl *s = fake_find_sysctl(f, fd->cookie, fd->path);
	char words[FAKE_TEXT_MAX], line[FAKE_PATH_MAX + 32];
	enum fake_lie lie;

	/* Removed since it was opened; and the kernel ignores what is not written at offset 0. */
	if (s == NULL)
		return -ENOENT;
	if (len == 0 || fd->offset > 0)
		return (ssize_t)len;
	fd->offset += len;
	fake_words(data, len, words);
	(void)snprintf(line, sizeof(line), "%llu %s", (unsigned long long)fd->cookie,
		       fd->path + strlen("/proc/sys/"));
	note(f, "write", line, words);
	lie = s->limited && strcmp(words, s->only) != 0 ? FAKE_HONEST : s->lie;
	if (lie == FAKE_HONEST || lie == FAKE_READ_ONLY)
		assign(s, words, FAKE_TEXT_MAX);
	else if (lie == FAKE_ADJUSTED)
		assign(s, s->instead, FAKE_TEXT_MAX);
	else if (lie == FAKE_HALF || lie == FAKE_PARTIAL)
		assign(s, words, 1);
	return lie == FAKE_HALF || lie == FAKE_REFUSED ? s->code : (ssize_t)len;
}

static ssize_t write_file(struct fake_os *f, struct fake_fd *fd, const void *data, size_t len)
{
	note(f, "write", fd->path, "");
	if (bytes_append(&fd->inode->data, data, len) < 0)
		abort();
	return (ssize_t)len;
}

static ssize_t fake_write(struct os *os, int number, const void *buf, size_t len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fd_of(f, number);
	ssize_t n = -EBADF;

	if (fate.fail < 0)
		return fate.fail;
	if (fate.is_short)
		len /= 2;
	if (fd != NULL && fd->kind == FAKE_SYSCTL)
		n = write_sysctl(f, fd, buf, len);
	else if (fd != NULL && fd->kind == FAKE_FILE)
		n = write_file(f, fd, buf, len);
	return ended(os, &fate, n);
}

/* --- files --- */

/* The names in a directory become durable when the directory is synced. */
static void sync_directory(struct fake_os *f, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < f->entry_count; i++) {
		struct fake_entry *entry = &f->entries[i];

		if (strncmp(entry->path, path, len) == 0 && entry->path[len] == '/' &&
		    strchr(entry->path + len + 1, '/') == NULL)
			entry->durable = entry->now;
	}
}

static int fake_fsync(struct os *os, int number)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fd_of(f, number);

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || (fd->kind != FAKE_FILE && fd->kind != FAKE_DIRECTORY))
		return -EBADF;
	note(f, "fsync", fd->path, "");
	if (fd->kind == FAKE_DIRECTORY)
		sync_directory(f, fd->path);
	else
		fake_set(&fd->inode->durable, fd->inode->data.len > 0 ? fd->inode->data.data : "",
			 fd->inode->data.len);
	return (int)ended(os, &fate, 0);
}

static int fake_rename(struct os *os, const char *from, const char *to)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_inode *inode;

	if (fate.fail < 0)
		return fate.fail;
	inode = fake_entry_of(f, from)->now;
	if (inode == NULL)
		return -ENOENT;
	note(f, "rename", from, to);
	fake_entry_of(f, from)->now = NULL;
	fake_entry_of(f, to)->now = inode;
	return (int)ended(os, &fate, 0);
}

static int fake_unlink(struct os *os, const char *path)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);

	if (fate.fail < 0)
		return fate.fail;
	if (fake_os_file(os, path) == NULL)
		return -ENOENT;
	note(f, "unlink", path, "");
	fake_entry_of(f, path)->now = NULL;
	return (int)ended(os, &fate, 0);
}

static void list_one(struct bytes *names, const char *name)
{
	if (bytes_append(names, name, strlen(name) + 1) < 0)
		abort();
}

static int fake_list(struct os *os, const char *path, struct bytes *names)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	char number[16];

	if (fate.fail < 0)
		return fate.fail;
	for (size_t i = 0; strcmp(path, "/run/netns") == 0 && i < f->netns_count; i++) {
		if (f->netns[i].name[0] != '\0')
			list_one(names, f->netns[i].name);
	}
	for (size_t i = 0; strcmp(path, "/proc") == 0 && i < f->process_count; i++) {
		(void)snprintf(number, sizeof(number), "%d", (int)f->processes[i].pid);
		list_one(names, number);
	}
	for (size_t i = 0; i < f->entry_count; i++) {
		const char *entry = f->entries[i].path;
		size_t len = strlen(path);

		if (f->entries[i].now != NULL && strncmp(entry, path, len) == 0 &&
		    entry[len] == '/' && strchr(entry + len + 1, '/') == NULL)
			list_one(names, entry + len + 1);
	}
	return (int)ended(os, &fate, 0);
}

/* --- namespaces, processes, sockets --- */

static int fake_setns(struct os *os, int number)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_fd *fd = fd_of(f, number);

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || fd->kind != FAKE_NETNS)
		return fd == NULL ? -EBADF : -EINVAL;
	f->here = fd->cookie;
	return (int)ended(os, &fate, 0);
}

static int fake_prlimit(struct os *os, pid_t pid, int resource, const struct rlimit *set,
			struct rlimit *ret)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_process *p = fake_find_process(f, pid);
	char who[64], what[64];

	if (fate.fail < 0)
		return fate.fail;
	if (p == NULL)
		return -ESRCH;
	if (ret != NULL)
		*ret = p->limits[resource];
	if (set != NULL && set->rlim_cur > set->rlim_max)
		return -EINVAL;
	if (set != NULL && set->rlim_max > p->limits[resource].rlim_max && f->no_resource_right)
		return -EPERM;
	if (set != NULL) {
		(void)snprintf(who, sizeof(who), "%d %d", (int)pid, resource);
		(void)snprintf(what, sizeof(what), "%llu %llu", (unsigned long long)set->rlim_cur,
			       (unsigned long long)set->rlim_max);
		note(f, "prlimit", who, what);
		p->limits[resource] = *set;
	}
	return (int)ended(os, &fate, 0);
}

/* Looks up a link by name: the only request that is understood. */
static int fake_talk(struct os *os, int protocol, const void *request, size_t len,
		     struct bytes *answers)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr attribute;
		char name[16];
	} asked;
	const size_t answer_len = sizeof(asked.header) + sizeof(asked.link);

	if (fate.fail < 0)
		return fate.fail;
	if (protocol != NETLINK_ROUTE || len != sizeof(asked))
		return -EOPNOTSUPP;
	memcpy(&asked, request, len);
	if (asked.header.nlmsg_type != RTM_GETLINK || asked.attribute.rta_type != IFLA_IFNAME)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < f->link_count; i++) {
		if (f->links[i].cookie != f->here || strcmp(f->links[i].name, asked.name) != 0)
			continue;
		asked.header.nlmsg_type = RTM_NEWLINK;
		asked.header.nlmsg_len = (uint32_t)answer_len;
		asked.link.ifi_index = (int)f->links[i].index;
		if (bytes_append(answers, &asked, answer_len) < 0)
			abort();
		return (int)ended(os, &fate, 0);
	}
	return (int)ended(os, &fate, -ENODEV);
}

static int fake_getsockopt(struct os *os, int number, int level, int name, void *value,
			   socklen_t *len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_fd *fd = fd_of(f, number);

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || fd->kind != FAKE_SOCKET)
		return -EBADF;
	if (level != SOL_SOCKET || name != FAKE_SO_NETNS_COOKIE || f->no_cookies ||
	    *len < sizeof(fd->cookie))
		return -ENOPROTOOPT;
	memcpy(value, &fd->cookie, sizeof(fd->cookie));
	return (int)ended(os, &fate, 0);
}

static int fake_setsockopt(struct os *os, int fd, int level, int name, const void *value,
			   socklen_t len)
{
	(void)os, (void)fd, (void)level, (void)name, (void)value, (void)len;
	return -ENOPROTOOPT;
}

static int fake_pidfd_open(struct os *os, pid_t pid)
{
	(void)os, (void)pid;
	return -ENOSYS;
}

static int fake_pidfd_getfd(struct os *os, int pidfd, int fd)
{
	(void)os, (void)pidfd, (void)fd;
	return -ENOSYS;
}

static uint64_t fake_boottime_ns(struct os *os)
{
	return fake_os_of(os)->boottime_ns;
}

static double fake_utc_s(struct os *os)
{
	/* The machine was booted at the beginning of 2026. */
	return 1767225600.0 + (double)fake_os_of(os)->boottime_ns / 1e9;
}

const struct os_ops fake_os_ops = {
	.open = fake_open,
	.read = fake_read,
	.write = fake_write,
	.fsync = fake_fsync,
	.close = fake_close,
	.rename = fake_rename,
	.unlink = fake_unlink,
	.list = fake_list,
	.setns = fake_setns,
	.prlimit = fake_prlimit,
	.talk = fake_talk,
	.pidfd_open = fake_pidfd_open,
	.pidfd_getfd = fake_pidfd_getfd,
	.socket = fake_socket,
	.getsockopt = fake_getsockopt,
	.setsockopt = fake_setsockopt,
	.boottime_ns = fake_boottime_ns,
	.utc_s = fake_utc_s,
};
