#include "host/netns.h"

#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

enum { NETNS_NAME_MAX = 255 }; /* NAME_MAX: the name is a file's */

static int open_own(struct error *e)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : error_errno(e, -errno, "/proc/thread-self/ns/net", "cannot open");
}

static bool is_process(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

/* A name whose mount is gone (ip-netns leaves one behind after a crash) is an empty plain file. */
static bool is_namespace(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

int netns_open_failed(const char *name, int code, struct error *e)
{
	if (code == -EINVAL)
		return error_set(e, -ENOENT, ERROR_INPUT, name,
				 "this is no network namespace but a file left over in %s",
				 NETNS_DIRECTORY);
	if (code == -ENOENT)
		return error_set(e, -ENOENT, ERROR_INPUT, name,
				 "there is no network namespace of this name in %s%s",
				 NETNS_DIRECTORY,
				 is_process(name) ? ", and no process of this number" : "");
	/* A link of /proc/PID/ns refuses with EACCES what setns() would refuse with EPERM. */
	if (code == -EACCES || code == -EPERM)
		return error_set(e, -EPERM, ERROR_PRIVILEGE, name,
				 "the network namespace may not be opened; run as root");
	return error_errno(e, code, name, "cannot open the network namespace");
}

int netns_paths(const char *name, char named[NETNS_PATH_MAX], char of_process[NETNS_PATH_MAX],
		struct error *e)
{
	static_assert(NETNS_PATH_MAX > sizeof("/proc//ns/net") + NETNS_NAME_MAX, "both fit");

	if (name[0] == '\0' || strlen(name) > NETNS_NAME_MAX || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "a network namespace is given by its name in %s or by the number "
				 "of a process",
				 NETNS_DIRECTORY);
	(void)snprintf(named, NETNS_PATH_MAX, "%s/%s", NETNS_DIRECTORY, name);
	of_process[0] = '\0';
	if (is_process(name))
		(void)snprintf(of_process, NETNS_PATH_MAX, "/proc/%s/ns/net", name);
	return 0;
}

int netns_open(const char *name, struct error *e)
{
	char named[NETNS_PATH_MAX] = "", of_process[NETNS_PATH_MAX] = "";
	int fd, r;

	if (name == NULL)
		return open_own(e);
	r = netns_paths(name, named, of_process, e);
	if (r < 0)
		return r;
	/* Symbolic links are followed: container engines' namespaces are often named by one. */
	fd = open(named, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && of_process[0] != '\0')
		fd = open(of_process, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return netns_open_failed(name, -errno, e);
	if (!is_namespace(fd)) {
		(void)close(fd);
		return netns_open_failed(name, -EINVAL, e);
	}
	return fd;
}

bool netns_same(int fd_a, int fd_b)
{
	struct stat a, b;

	return fstat(fd_a, &a) == 0 && fstat(fd_b, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int netns_enter(int fd, struct error *e)
{
	if (setns(fd, CLONE_NEWNET) == 0)
		return 0;
	return error_errno(e, -errno, NULL, "cannot enter the network namespace");
}

const char *netns_label(const char *name)
{
	if (name[0] == '\0')
		return "self";
	return strcmp(name, "self") == 0 ? NETNS_DIRECTORY "/self" : name;
}
