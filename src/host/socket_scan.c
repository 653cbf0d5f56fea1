#include "host/socket_scan.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PF_KTHREAD of include/linux/sched.h, as field 9 (flags) of /proc/PID/stat shows it. */
#define KERNEL_THREAD_FLAG 0x00200000u

struct scan {
	const uint32_t *inodes;
	size_t n;
	struct bytes *found;
	int proc_fd;
	bool incomplete;
};

static void close_dirp(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
	*dir = NULL;
}

static int compare_inodes(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_wanted(const struct scan *s, uint32_t inode)
{
	return s->inodes == NULL ||
	       bsearch(&inode, s->inodes, s->n, sizeof(inode), compare_inodes) != NULL;
}

static int open_in(int directory, const char *name, int flags)
{
	return openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
}

/* Reads the start of /proc/PID/`file` as text. */
static void read_start(int pid_fd, const char *file, char *buf, size_t size)
{
	CLEANUP(close_fdp) int fd = open_in(pid_fd, file, 0);
	ssize_t n = fd >= 0 ? read(fd, buf, size - 1) : 0;

	buf[n > 0 ? n : 0] = '\0';
}

static bool is_denied(int code)
{
	return code == EACCES || code == EPERM;
}

/* Kernel threads hold no sockets of their own, so being kept from looking loses nothing. */
static bool is_kernel_thread(int pid_fd)
{
	struct text_span rest, word = { 0 };
	char stat[512];
	uint64_t flags;
	int i;

	read_start(pid_fd, "stat", stat, sizeof(stat));
	/* The name, field 2, ends with the last ")": it may hold blanks and brackets itself. */
	rest.at = strrchr(stat, ')');
	if (rest.at == NULL)
		return false;
	rest.at++;
	rest.len = strlen(rest.at);
	for (i = 3; i <= 9; i++) {
		if (!text_next_word(&rest, &word))
			return false;
	}
	return text_parse_u64(word.at, word.len, 10, &flags) == 0 &&
	       (flags & KERNEL_THREAD_FLAG) != 0;
}

/* "socket:[12345]" */
static bool parse_link(const char *target, size_t len, uint32_t *ret_inode)
{
	static const char prefix[] = "socket:[";
	const size_t prefix_len = sizeof(prefix) - 1;
	uint64_t inode;

	if (len <= prefix_len || memcmp(target, prefix, prefix_len) != 0 || target[len - 1] != ']')
		return false;
	if (text_parse_u64(target + prefix_len, len - prefix_len - 1, 10, &inode) < 0 ||
	    inode > UINT32_MAX)
		return false;
	*ret_inode = (uint32_t)inode;
	return true;
}

static void read_comm(int pid_fd, char *comm, size_t size)
{
	char raw[64];

	read_start(pid_fd, "comm", raw, sizeof(raw));
	text_copy_printable(comm, size, raw, strcspn(raw, "\n"));
}

static int list_sockets(struct scan *s, const char *pid, int pid_fd, DIR *descriptors)
{
	char comm[16] = "";
	struct dirent *entry;

	while ((entry = readdir(descriptors)) != NULL) {
		char target[64];
		uint32_t inode;
		ssize_t n;
		int r;

		if (entry->d_name[0] == '.')
			continue;
		n = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof(target));
		/* CAP_DAC_READ_SEARCH opens the directory, but where the links lead takes the
		 * rights of ptrace(2): root in a container has one and may lack the other. */
		if (n < 0 && is_denied(errno))
			return -EACCES;
		if (n <= 0 || !parse_link(target, (size_t)n, &inode) || !is_wanted(s, inode))
			continue;
		if (comm[0] == '\0')
			read_comm(pid_fd, comm, sizeof(comm));
		r = bytes_printf(s->found, "%u %s %s\n", inode, pid, comm[0] != '\0' ? comm : "?");
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns 0 or a negative errno: -ENOENT and -ESRCH mean that the process is gone, -EACCES that
 * nobody may look into it. */
static int scan_process(struct scan *s, const char *pid)
{
	CLEANUP(close_fdp) int pid_fd = open_in(s->proc_fd, pid, O_DIRECTORY);
	CLEANUP(close_dirp) DIR *descriptors = NULL;
	int fd;

	if (pid_fd < 0)
		return -errno;
	fd = open_in(pid_fd, "fd", O_DIRECTORY);
	if (fd < 0 && is_denied(errno))
		return is_kernel_thread(pid_fd) ? 0 : -EACCES;
	if (fd < 0)
		return -errno;
	/* It looks at the directory, which a process that has just ended no longer has. */
	descriptors = fdopendir(fd);
	if (descriptors == NULL) {
		int code = -errno;

		(void)close(fd);
		return code;
	}
	return list_sockets(s, pid, pid_fd, descriptors);
}

static int scan_all(struct scan *s, DIR *processes, struct error *e)
{
	struct dirent *entry;

	while ((entry = readdir(processes)) != NULL) {
		int r;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		r = scan_process(s, entry->d_name);
		if (r == -EACCES)
			s->incomplete = true;
		else if (r < 0 && r != -ENOENT && r != -ESRCH)
			return error_errno(e, r, entry->d_name, "cannot list the descriptors");
	}
	if (s->incomplete)
		return error_set(e, -EACCES, ERROR_PRIVILEGE, "/proc",
				 "the sockets of some processes cannot be seen; run as root");
	return 0;
}

static int scan_one(struct scan *s, int pid, struct error *e)
{
	char name[16];
	int r;

	(void)snprintf(name, sizeof(name), "%d", pid);
	r = scan_process(s, name);
	if (r == -ENOENT || r == -ESRCH)
		return error_set(e, -ESRCH, ERROR_INPUT, name, "there is no such process");
	if (r == -EACCES)
		return error_set(e, r, ERROR_PRIVILEGE, name,
				 "the sockets of this process cannot be seen; run as root");
	return r < 0 ? error_errno(e, r, name, "cannot list the descriptors") : 0;
}

int socket_scan(int pid, const uint32_t *inodes, size_t n, struct bytes *ret, struct error *e)
{
	CLEANUP(close_dirp) DIR *processes = opendir("/proc");
	struct scan s = { .inodes = inodes, .n = n, .found = ret };
	int r;

	if (processes == NULL)
		return error_errno(e, -errno, "/proc", "cannot open");
	s.proc_fd = dirfd(processes);
	r = bytes_append(ret, "", 0);
	if (r < 0 || (inodes != NULL && n == 0))
		return r;
	return pid == 0 ? scan_all(&s, processes, e) : scan_one(&s, pid, e);
}
