/* Opening, of the machine in memory: what every path leads to. */
#include "fake_os_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The mounts of namespaces that a process sees, as in proc(5), between two others. */
static void process_mounts(struct fake_os *f, pid_t pid, struct bytes *ret)
{
	char root[32];
	int r, len = snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);

	bytes_clear(ret);
	r = bytes_printf(ret, "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
	for (size_t i = 0; i < f->bind_count && r >= 0; i++) {
		if (strncmp(f->binds[i].path, root, (size_t)len) != 0)
			continue;
		r = bytes_printf(ret, "%zu 21 0:4 net:[%llu] ", 100 + i,
				 (unsigned long long)f->binds[i].cookie);
		for (const char *c = f->binds[i].path + len; *c != '\0' && r >= 0; c++)
			r = *c == ' ' ? bytes_printf(ret, "\\040") : bytes_printf(ret, "%c", *c);
		if (r >= 0)
			r = bytes_printf(ret, " rw - nsfs nsfs rw\n");
	}
	if (r < 0 || bytes_printf(ret, "22 21 0:5 / /proc rw - proc proc rw\n") < 0)
		abort();
}

static int open_process(struct fake_os *f, struct fake_fd *fd, const char *path)
{
	char *end;
	pid_t pid = (pid_t)strtol(path + strlen("/proc/"), &end, 10);
	const struct fake_process *p = fake_find_process(f, pid);
	const struct fake_bind *b = fake_find_bind(f, path);

	if (p == NULL || *end != '/')
		return -ENOENT;
	if (b != NULL) {
		fd->kind = FAKE_NETNS;
		fd->cookie = b->cookie;
		return 0;
	}
	if (strcmp(end, "/mountinfo") == 0) {
		process_mounts(f, pid, &fd->content);
		fd->kind = FAKE_SYSCTL;
		return 0;
	}
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
		if (f->netns[i].name[0] != '\0' && !f->netns[i].hidden &&
		    strcmp(f->netns[i].name, name) == 0) {
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

int fake_open(struct os *os, const char *path, int flags, mode_t mode)
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
	return (int)fake_ended(os, &fate, r < 0 ? r : FAKE_FIRST_FD + i);
}

int fake_socket(struct os *os, int family, int type, int protocol)
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
	return (int)fake_ended(os, &fate, FAKE_FIRST_FD + i);
}

int fake_close(struct os *os, int number)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = fake_os_step(os);
	struct fake_fd *fd = fake_fd_of(f, number);

	if (fd == NULL)
		return -EBADF;
	/* A close that fails has closed all the same. */
	if (!f->dead)
		fd->kind = FAKE_CLOSED;
	return fate.fail < 0 ? fate.fail : (int)fake_ended(os, &fate, 0);
}
