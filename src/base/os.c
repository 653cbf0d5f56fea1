#include "base/os.h"

#include "base/cleanup.h"
#include "base/os_netlink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int live_open(struct os *os, const char *path, int flags, mode_t mode)
{
	int fd = open(path, flags | O_CLOEXEC, mode);

	(void)os;
	return fd < 0 ? -errno : fd;
}

static ssize_t live_read(struct os *os, int fd, void *buf, size_t len)
{
	ssize_t n = read(fd, buf, len);

	(void)os;
	return n < 0 ? -errno : n;
}

static ssize_t live_write(struct os *os, int fd, const void *buf, size_t len)
{
	ssize_t n = write(fd, buf, len);

	(void)os;
	return n < 0 ? -errno : n;
}

static int live_fsync(struct os *os, int fd)
{
	(void)os;
	return fsync(fd) < 0 ? -errno : 0;
}

static int live_close(struct os *os, int fd)
{
	(void)os;
	return close(fd) < 0 ? -errno : 0;
}

static int live_rename(struct os *os, const char *from, const char *to)
{
	(void)os;
	return rename(from, to) < 0 ? -errno : 0;
}

static int live_unlink(struct os *os, const char *path)
{
	(void)os;
	return unlink(path) < 0 ? -errno : 0;
}

static int live_mkdir(struct os *os, const char *path, mode_t mode)
{
	(void)os;
	return mkdir(path, mode) < 0 ? -errno : 0;
}

static int live_rmdir(struct os *os, const char *path)
{
	(void)os;
	return rmdir(path) < 0 ? -errno : 0;
}

static int live_list(struct os *os, const char *path, struct bytes *names)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	size_t before = names->len;
	int r = 0;

	(void)os;
	if (directory == NULL)
		return -errno;
	while (r == 0) {
		errno = 0;
		entry = readdir(directory);
		if (entry == NULL) {
			r = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = bytes_append(names, entry->d_name, strlen(entry->d_name) + 1);
	}
	(void)closedir(directory);
	if (r < 0)
		names->len = before;
	return r;
}

static ssize_t live_readlink(struct os *os, const char *path, char *buf, size_t len)
{
	ssize_t n = readlink(path, buf, len);

	(void)os;
	return n < 0 ? -errno : n;
}

static int live_setns(struct os *os, int fd)
{
	(void)os;
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

static int live_prlimit(struct os *os, pid_t pid, int resource, const struct rlimit *set,
			struct rlimit *ret)
{
	(void)os;
	return prlimit(pid, (enum __rlimit_resource)resource, set, ret) < 0 ? -errno : 0;
}

static int live_talk(struct os *os, int protocol, const void *request, size_t len,
		     struct bytes *answers)
{
	(void)os;
	return os_netlink_talk(protocol, request, len, answers);
}

static int live_pidfd_open(struct os *os, pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	(void)os;
	return fd < 0 ? -errno : (int)fd;
}

static int live_pidfd_getfd(struct os *os, int pidfd, int fd)
{
	long got = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	(void)os;
	return got < 0 ? -errno : (int)got;
}

static int live_socket(struct os *os, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	(void)os;
	return fd < 0 ? -errno : fd;
}

static int live_getsockopt(struct os *os, int fd, int level, int name, void *value, socklen_t *len)
{
	(void)os;
	return getsockopt(fd, level, name, value, len) < 0 ? -errno : 0;
}

static int live_setsockopt(struct os *os, int fd, int level, int name, const void *value,
			   socklen_t len)
{
	(void)os;
	return setsockopt(fd, level, name, value, len) < 0 ? -errno : 0;
}

static uint64_t live_boottime_ns(struct os *os)
{
	struct timespec now = { 0 };

	(void)os;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static double live_utc_s(struct os *os)
{
	struct timespec now = { 0 };

	(void)os;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct os_ops live_ops = {
	.open = live_open,
	.read = live_read,
	.write = live_write,
	.fsync = live_fsync,
	.close = live_close,
	.rename = live_rename,
	.unlink = live_unlink,
	.mkdir = live_mkdir,
	.rmdir = live_rmdir,
	.list = live_list,
	.readlink = live_readlink,
	.setns = live_setns,
	.prlimit = live_prlimit,
	.talk = live_talk,
	.pidfd_open = live_pidfd_open,
	.pidfd_getfd = live_pidfd_getfd,
	.socket = live_socket,
	.getsockopt = live_getsockopt,
	.setsockopt = live_setsockopt,
	.boottime_ns = live_boottime_ns,
	.utc_s = live_utc_s,
};

struct os *os_live(void)
{
	static struct os live = { &live_ops };

	return &live;
}
