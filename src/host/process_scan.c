#include "host/process_scan.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "host/process_dir.h"
#include "host/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* /proc/PID/limits is 1.3 KiB. */
#define LIMITS_MAX 4096

/* "Max open files            1024                 524288               files" */
static bool parse_limits(const char *text, uint64_t *ret_soft, uint64_t *ret_hard)
{
	static const char label[] = "Max open files";
	struct text_span rest, word;
	const char *at = strstr(text, label);
	uint64_t *const limits[] = { ret_soft, ret_hard };

	if (at == NULL)
		return false;
	at += sizeof(label) - 1;
	rest = (struct text_span){ at, strcspn(at, "\n") };
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (!text_next_word(&rest, &word))
			return false;
		if (text_span_equal(word, "unlimited"))
			*limits[i] = UINT64_MAX;
		else if (text_parse_u64(word.at, word.len, 10, limits[i]) < 0)
			return false;
	}
	return true;
}

/* proc_fd_getattr() of fs/proc/fd.c gives the number as the directory's size since Linux 6.2, and
 * to everybody; before, the entries are counted by whoever may. */
static int count_descriptors(bool sizes, int pid_fd, uint64_t *ret)
{
	CLEANUP(process_close_dirp) DIR *descriptors = NULL;
	const struct dirent *entry;
	struct stat st;
	int r;

	*ret = 0;
	if (fstatat(pid_fd, "fd", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (sizes) {
		*ret = (uint64_t)st.st_size;
		return 0;
	}
	r = process_open_descriptors(pid_fd, &descriptors);
	while (r == 0 && descriptors != NULL && (entry = readdir(descriptors)) != NULL)
		*ret += entry->d_name[0] != '.';
	return r;
}

/* Largest share of the limit first. */
static int compare_shares(const void *a, const void *b)
{
	const struct process_near_limit *x = a, *y = b;
	const double left = (double)x->descriptors * (double)y->soft;
	const double right = (double)y->descriptors * (double)x->soft;

	return (left < right) - (left > right);
}

static int keep(struct process_scan *s, const struct process_near_limit *p)
{
	struct process_near_limit *grown = array_grow(s->all, s->count, &s->capacity,
						      sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	s->all = grown;
	s->all[s->count++] = *p;
	return 0;
}

/* The path of the unified hierarchy, "0::/...", or that of systemd's where there is none. */
static void read_cgroup(int pid_fd, char *buf, size_t size)
{
	static const char *const hierarchies[] = { "0::", ":name=systemd:" };
	char text[2048];

	process_read_start(pid_fd, "cgroup", text, sizeof(text));
	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(hierarchies) && buf[0] == '\0'; i++) {
		const char *at = strstr(text, hierarchies[i]);

		if (at != NULL) {
			at += strlen(hierarchies[i]);
			text_copy_printable(buf, size, at, strcspn(at, "\n"));
		}
	}
}

/* Leaves p->netns 0 when nobody may know: no inode has that number. */
static int identify_netns(int pid_fd, struct process_near_limit *p)
{
	struct stat st;

	if (fstatat(pid_fd, "ns/net", &st, 0) == 0) {
		p->netns_dev = st.st_dev;
		p->netns_ino = st.st_ino;
		return 0;
	}
	return process_is_denied(errno) ? 0 : -errno;
}

static int scan_process(struct process_scan *s, int proc_fd, bool sizes, const char *pid)
{
	CLEANUP(close_fdp) int pid_fd = process_open(proc_fd, pid);
	struct process_near_limit p = { 0 };
	char limits[LIMITS_MAX];
	uint64_t number;
	int r;

	if (pid_fd < 0)
		return process_is_denied(-pid_fd) ? -EACCES : pid_fd;
	if (text_parse_u64(pid, strlen(pid), 10, &number) < 0 || number > INT32_MAX)
		return 0;
	p.pid = (int)number;
	r = count_descriptors(sizes, pid_fd, &p.descriptors);
	if (r < 0 || p.descriptors == 0)
		return r;
	process_read_start(pid_fd, "limits", limits, sizeof(limits));
	if (!parse_limits(limits, &p.soft, &p.hard))
		return -EACCES;
	if (p.soft == UINT64_MAX || p.descriptors * 100 < p.soft * PROCESSES_KEPT_PERCENT)
		return 0;
	r = identify_netns(pid_fd, &p);
	return r < 0 ? r : keep(s, &p);
}

/* hidepid=2 and subset=pid of proc(5): somebody else's process 1 is not there at all. */
static bool hides_processes(int proc_fd)
{
	return faccessat(proc_fd, "1", F_OK, 0) < 0 && errno == ENOENT;
}

int process_scan_read(struct process_scan *ret)
{
	CLEANUP(process_close_dirp) DIR *processes = opendir("/proc");
	const char *pid;
	struct stat self;
	int proc_fd;

	if (processes == NULL)
		return -errno;
	proc_fd = dirfd(processes);
	if (stat("/proc/self/fd", &self) < 0)
		return -errno;
	ret->hidden = hides_processes(proc_fd);
	while ((pid = process_next(processes)) != NULL) {
		int r = scan_process(ret, proc_fd, self.st_size > 0, pid);

		if (r == -ENOMEM)
			return r;
		if (r == -ENOENT || r == -ESRCH)
			continue; /* it has ended meanwhile */
		ret->scanned++;
		ret->unseen += r < 0;
	}
	if (ret->count > 0)
		qsort(ret->all, ret->count, sizeof(*ret->all), compare_shares);
	return 0;
}

void process_scan_done(struct process_scan *s)
{
	free(s->all);
	*s = (struct process_scan){ 0 };
}

/* Those that have ended since are left out: 1 when written, 0, or -ENOMEM. */
static int write_process(const struct process_near_limit *p, struct bytes *ret)
{
	char path[32], comm[PROCESS_COMM_MAX], cgroup[PROCESS_CGROUP_MAX];
	CLEANUP(close_fdp) int pid_fd = -1;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d", p->pid);
	pid_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pid_fd < 0)
		return 0;
	process_read_comm(pid_fd, comm);
	read_cgroup(pid_fd, cgroup, sizeof(cgroup));
	r = bytes_printf(ret, "process %d %llu %llu %llu %s\n", p->pid,
			 (unsigned long long)p->descriptors, (unsigned long long)p->soft,
			 (unsigned long long)p->hard, comm);
	if (r == 0 && cgroup[0] != '\0')
		r = bytes_printf(ret, "cgroup %s\n", cgroup);
	return r < 0 ? r : 1;
}

int process_scan_answer(const struct process_scan *s, bool own, struct bytes *ret)
{
	uint64_t unseen = s->unseen;
	unsigned int written = 0;
	struct stat netns;
	int r;

	if (stat("/proc/thread-self/ns/net", &netns) < 0)
		return -errno;
	for (size_t i = 0; i < s->count && !own; i++)
		unseen += s->all[i].netns_ino == 0;
	r = bytes_printf(ret, "scanned %llu\nunseen %llu\nhidden %d\n",
			 (unsigned long long)s->scanned, (unsigned long long)unseen, s->hidden);
	for (size_t i = 0; i < s->count && r >= 0 && written < PROCESSES_KEPT_MAX; i++) {
		const struct process_near_limit *p = &s->all[i];
		const bool inside = p->netns_ino == netns.st_ino && p->netns_dev == netns.st_dev;

		if (!inside && (!own || p->netns_ino != 0))
			continue;
		r = write_process(p, ret);
		written += r > 0;
	}
	return r < 0 ? r : 0;
}
