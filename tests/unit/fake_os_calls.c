/* Reading, writing and the other system calls of the machine in memory. */
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

ssize_t fake_ended(struct os *os, const struct fake_fate *fate, ssize_t r)
{
	if (!fate->die_after)
		return r;
	fake_os_die(os);
	return -EIO;
}

void fake_note(struct fake_os *f, const char *what, const char *a, const char *b)
{
	if (bytes_printf(&f->trace, "%s %s%s%s\n", what, a, b[0] != '\0' ? " " : "", b) < 0)
		abort();
}

struct fake_fd *fake_fd_of(struct fake_os *f, int fd)
{
	int i = fd - FAKE_FIRST_FD;

	return i >= 0 && i < FAKE_FDS && f->fds[i].kind != FAKE_CLOSED ? &f->fds[i] : NULL;
}

static ssize_t fake_read(struct os *os, int number, void *buf, size_t len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fake_fd_of(f, number);
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
	return fake_ended(os, &fate, (ssize_t)n);
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
	fake_note(f, "write", line, words);
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
	fake_note(f, "write", fd->path, "");
	if (bytes_append(&fd->inode->data, data, len) < 0)
		abort();
	return (ssize_t)len;
}

static ssize_t fake_write(struct os *os, int number, const void *buf, size_t len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fake_fd_of(f, number);
	ssize_t n = -EBADF;

	if (fate.fail < 0)
		return fate.fail;
	if (fate.is_short)
		len /= 2;
	if (fd != NULL && fd->kind == FAKE_SYSCTL)
		n = write_sysctl(f, fd, buf, len);
	else if (fd != NULL && fd->kind == FAKE_FILE)
		n = write_file(f, fd, buf, len);
	return fake_ended(os, &fate, n);
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
	struct fake_fd *fd = fake_fd_of(f, number);

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || (fd->kind != FAKE_FILE && fd->kind != FAKE_DIRECTORY))
		return -EBADF;
	fake_note(f, "fsync", fd->path, "");
	if (fd->kind == FAKE_DIRECTORY)
		sync_directory(f, fd->path);
	else
		fake_set(&fd->inode->durable, fd->inode->data.len > 0 ? fd->inode->data.data : "",
			 fd->inode->data.len);
	return (int)fake_ended(os, &fate, 0);
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
	fake_note(f, "rename", from, to);
	fake_entry_of(f, from)->now = NULL;
	fake_entry_of(f, to)->now = inode;
	return (int)fake_ended(os, &fate, 0);
}

static int fake_unlink(struct os *os, const char *path)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);

	if (fate.fail < 0)
		return fate.fail;
	if (fake_os_file(os, path) == NULL)
		return -ENOENT;
	fake_note(f, "unlink", path, "");
	fake_entry_of(f, path)->now = NULL;
	return (int)fake_ended(os, &fate, 0);
}

/* Directories exist without being made, and go with their last file. */
static int fake_mkdir(struct os *os, const char *path, mode_t mode)
{
	struct fake_fate fate = fake_os_step(os);

	(void)path, (void)mode;
	return fate.fail < 0 ? fate.fail : (int)fake_ended(os, &fate, -EEXIST);
}

static int fake_rmdir(struct os *os, const char *path)
{
	struct fake_fate fate = fake_os_step(os);

	(void)path;
	return fate.fail < 0 ? fate.fail : (int)fake_ended(os, &fate, 0);
}

static void list_one(struct bytes *names, const char *name)
{
	if (bytes_append(names, name, strlen(name) + 1) < 0)
		abort();
}

/* The file, or the directory that it is in; once. */
static void list_part(struct bytes *names, const char *rest)
{
	size_t len = strcspn(rest, "/");
	char name[FAKE_PATH_MAX];

	(void)snprintf(name, sizeof(name), "%.*s", (int)len, rest);
	for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1) {
		if (strcmp(names->data + at, name) == 0)
			return;
	}
	list_one(names, name);
}

static int fake_list(struct os *os, const char *path, struct bytes *names)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	char number[16];
	int r;

	if (fate.fail < 0)
		return fate.fail;
	r = fake_list_descriptors(f, path, names);
	if (r < 0)
		return r;
	for (size_t i = 0; strcmp(path, "/run/netns") == 0 && i < f->netns_count; i++) {
		if (f->netns[i].name[0] != '\0' && !f->netns[i].hidden)
			list_one(names, f->netns[i].name);
	}
	for (size_t i = 0; strcmp(path, "/proc") == 0 && i < f->process_count; i++) {
		(void)snprintf(number, sizeof(number), "%d", (int)f->processes[i].pid);
		list_one(names, number);
	}
	for (size_t i = 0; i < f->sysctl_count; i++) {
		const struct fake_sysctl *k = &f->sysctls[i];
		size_t len = strlen(path);

		if ((k->cookie == 0 || k->cookie == f->here) && strncmp(k->path, path, len) == 0 &&
		    k->path[len] == '/')
			list_part(names, k->path + len + 1);
	}
	for (size_t i = 0; i < f->entry_count; i++) {
		const char *entry = f->entries[i].path;
		size_t len = strlen(path);

		if (f->entries[i].now != NULL && strncmp(entry, path, len) == 0 &&
		    entry[len] == '/')
			list_part(names, entry + len + 1);
	}
	return (int)fake_ended(os, &fate, 0);
}

/* --- namespaces, processes, sockets --- */

static int fake_setns(struct os *os, int number)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_fd *fd = fake_fd_of(f, number);

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || fd->kind != FAKE_NETNS)
		return fd == NULL ? -EBADF : -EINVAL;
	f->here = fd->cookie;
	return (int)fake_ended(os, &fate, 0);
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
		fake_note(f, "prlimit", who, what);
		p->limits[resource] = *set;
	}
	return (int)fake_ended(os, &fate, 0);
}

void fake_os_add_talker(struct os *os,
			int (*talk)(void *arg, uint64_t netns, int protocol, const void *request,
				    size_t len, struct bytes *answers),
			void *arg)
{
	struct fake_os *f = fake_os_of(os);

	if (f->talker_count == FAKE_TALKERS)
		abort();
	f->talkers[f->talker_count++] = (struct fake_talker){ talk, arg };
}

/* What asks only leaves no trace; of generic netlink it is not looked at which does. */
static void note_request(struct fake_os *f, int protocol, const void *request)
{
	struct nlmsghdr header;
	char what[32];

	memcpy(&header, request, sizeof(header));
	if (protocol == NETLINK_ROUTE &&
	    (header.nlmsg_type - RTM_BASE) % 4 == RTM_GETLINK - RTM_BASE)
		return;
	(void)snprintf(what, sizeof(what), "%d %u", protocol, header.nlmsg_type);
	fake_note(f, "talk", what, "");
}

static int ask_talkers(struct fake_os *f, int protocol, const void *request, size_t len,
		       struct bytes *answers)
{
	int r = -EOPNOTSUPP;

	note_request(f, protocol, request);
	for (size_t i = 0; r == -EOPNOTSUPP && i < f->talker_count; i++)
		r = f->talkers[i].talk(f->talkers[i].arg, f->here, protocol, request, len, answers);
	return r;
}

/* Of links with one index the first is the link, the others are its alternative names. */
static const char *first_name(const struct fake_os *f, const struct fake_link *link)
{
	size_t i = 0;

	while (f->links[i].cookie != link->cookie || f->links[i].index != link->index)
		i++;
	return f->links[i].name;
}

/* Dumps connections, and looks up a link by name: what else is asked is for the talker. */
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

	if (fate.fail < 0)
		return fate.fail;
	if (protocol == NETLINK_SOCK_DIAG)
		return (int)fake_ended(os, &fate, fake_dump_sockets(f, request, len, answers));
	memset(&asked, 0, sizeof(asked));
	if (protocol == NETLINK_ROUTE && len == sizeof(asked))
		memcpy(&asked, request, len);
	if (asked.header.nlmsg_type != RTM_GETLINK || asked.attribute.rta_type != IFLA_IFNAME)
		return (int)fake_ended(os, &fate, ask_talkers(f, protocol, request, len, answers));
	for (size_t i = 0; i < f->link_count; i++) {
		if (f->links[i].cookie != f->here || strcmp(f->links[i].name, asked.name) != 0)
			continue;
		asked.header.nlmsg_type = RTM_NEWLINK;
		asked.link.ifi_index = (int)f->links[i].index;
		memset(asked.name, 0, sizeof(asked.name));
		(void)snprintf(asked.name, sizeof(asked.name), "%s", first_name(f, &f->links[i]));
		if (bytes_append(answers, &asked, sizeof(asked)) < 0)
			abort();
		return (int)fake_ended(os, &fate, 0);
	}
	return (int)fake_ended(os, &fate, -ENODEV);
}

static int fake_getsockopt(struct os *os, int number, int level, int name, void *value,
			   socklen_t *len)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	const struct fake_fd *fd = fake_fd_of(f, number);

	if (fate.fail < 0)
		return fate.fail;
	if (fd == NULL || (fd->kind != FAKE_SOCKET && fd->kind != FAKE_TCP))
		return fd == NULL ? -EBADF : -ENOTSOCK;
	if (fd->kind == FAKE_TCP)
		return (int)fake_ended(os, &fate,
				       fake_get_tcp(os, fd->cookie, level, name, value, len));
	if (level != SOL_SOCKET || name != FAKE_SO_NETNS_COOKIE || f->no_cookies ||
	    *len < sizeof(fd->cookie))
		return -ENOPROTOOPT;
	memcpy(value, &fd->cookie, sizeof(fd->cookie));
	return (int)fake_ended(os, &fate, 0);
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
	.mkdir = fake_mkdir,
	.rmdir = fake_rmdir,
	.list = fake_list,
	.readlink = fake_readlink,
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
