#include "host/process_dir.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

/* PF_KTHREAD of include/linux/sched.h, as field 9 (flags) of /proc/PID/stat shows it. */
#define KERNEL_THREAD_FLAG 0x00200000u

void process_close_dirp(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
	*dir = NULL;
}

const char *process_next(DIR *proc)
{
	struct dirent *entry;

	while ((entry = readdir(proc)) != NULL) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			return entry->d_name;
	}
	return NULL;
}

int process_open_in(int pid_fd, const char *name, int flags)
{
	int fd = openat(pid_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);

	return fd < 0 ? -errno : fd;
}

int process_open(int proc_fd, const char *pid)
{
	return process_open_in(proc_fd, pid, O_DIRECTORY);
}

void process_read_start(int pid_fd, const char *file, char *buf, size_t size)
{
	CLEANUP(close_fdp) int fd = process_open_in(pid_fd, file, 0);
	ssize_t n = fd >= 0 ? read(fd, buf, size - 1) : 0;

	buf[n > 0 ? n : 0] = '\0';
}

bool process_is_denied(int code)
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

	process_read_start(pid_fd, "stat", stat, sizeof(stat));
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

int process_open_descriptors(int pid_fd, DIR **ret)
{
	int fd = process_open_in(pid_fd, "fd", O_DIRECTORY);
	DIR *descriptors;

	if (fd < 0 && process_is_denied(-fd)) {
		if (!is_kernel_thread(pid_fd))
			return -EACCES;
		*ret = NULL;
		return 0;
	}
	if (fd < 0)
		return fd;
	/* It looks at the directory, which a process that has just ended no longer has. */
	descriptors = fdopendir(fd);
	if (descriptors == NULL) {
		int code = -errno;

		(void)close(fd);
		return code;
	}
	*ret = descriptors;
	return 0;
}

void process_read_comm(int pid_fd, char comm[PROCESS_COMM_MAX])
{
	char raw[64];

	process_read_start(pid_fd, "comm", raw, sizeof(raw));
	text_copy_printable(comm, PROCESS_COMM_MAX, raw, strcspn(raw, "\n"));
	if (comm[0] == '\0')
		text_copy_printable(comm, PROCESS_COMM_MAX, "?", 1);
}
