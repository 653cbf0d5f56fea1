#include "host/socket_scan.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/process_dir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	const uint32_t *inodes;
	size_t n;
	struct bytes *found;
	int proc_fd;
	bool incomplete;
};

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

static int list_sockets(struct scan *s, const char *pid, int pid_fd, DIR *descriptors)
{
	char comm[PROCESS_COMM_MAX] = "";
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
		if (n < 0 && process_is_denied(errno))
			return -EACCES;
		if (n <= 0 || !parse_link(target, (size_t)n, &inode) || !is_wanted(s, inode))
			continue;
		if (comm[0] == '\0')
			process_read_comm(pid_fd, comm);
		r = bytes_printf(s->found, "%u %s %s\n", inode, pid, comm);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns 0 or a negative errno: -ENOENT and -ESRCH mean that the process is gone, -EACCES that
 * nobody may look into it. */
static int scan_process(struct scan *s, const char *pid)
{
	CLEANUP(close_fdp) int pid_fd = process_open(s->proc_fd, pid);
	CLEANUP(process_close_dirp) DIR *descriptors = NULL;
	int r;

	if (pid_fd < 0)
		return pid_fd;
	r = process_open_descriptors(pid_fd, &descriptors);
	return r < 0 || descriptors == NULL ? r : list_sockets(s, pid, pid_fd, descriptors);
}

static int scan_all(struct scan *s, DIR *processes, struct error *e)
{
	const char *pid;

	while ((pid = process_next(processes)) != NULL) {
		int r = scan_process(s, pid);

		if (r == -EACCES)
			s->incomplete = true;
		else if (r < 0 && r != -ENOENT && r != -ESRCH)
			return error_errno(e, r, pid, "cannot list the descriptors");
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
	CLEANUP(process_close_dirp) DIR *processes = opendir("/proc");
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
