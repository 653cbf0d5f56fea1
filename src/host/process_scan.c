#include "host/process_scan.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/process_dir.h"
#include "host/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* /proc/PID/limits is 1.3 KiB. */
#define LIMITS_MAX 4096

struct scan {
	int proc_fd;
	bool own;	   /* the namespace is our own */
	bool sizes;	   /* the kernel says how many descriptors there are */
	struct stat netns; /* that is audited */
	uint64_t scanned, unseen;
	struct process_info kept[PROCESSES_KEPT_MAX]; /* largest share first */
	size_t count;
};

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
static int count_descriptors(const struct scan *s, int pid_fd, uint64_t *ret)
{
	CLEANUP(process_close_dirp) DIR *descriptors = NULL;
	const struct dirent *entry;
	struct stat st;
	int r;

	*ret = 0;
	if (fstatat(pid_fd, "fd", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (s->sizes) {
		*ret = (uint64_t)st.st_size;
		return 0;
	}
	r = process_open_descriptors(pid_fd, &descriptors);
	while (r == 0 && descriptors != NULL && (entry = readdir(descriptors)) != NULL)
		*ret += entry->d_name[0] != '.';
	return r;
}

static bool has_larger_share(const struct process_info *a, const struct process_info *b)
{
	return (double)a->descriptors * (double)b->soft > (double)b->descriptors * (double)a->soft;
}

static void keep(struct scan *s, const struct process_info *p)
{
	size_t i = s->count;

	if (i == PROCESSES_KEPT_MAX && !has_larger_share(p, &s->kept[i - 1]))
		return;
	if (i < PROCESSES_KEPT_MAX)
		s->count++;
	else
		i--;
	for (; i > 0 && has_larger_share(p, &s->kept[i - 1]); i--)
		s->kept[i] = s->kept[i - 1];
	s->kept[i] = *p;
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

/* Whether a process is in the audited namespace: 1, 0, or -EACCES when nobody may know. */
static int is_inside(const struct scan *s, int pid_fd)
{
	struct stat st;

	if (fstatat(pid_fd, "ns/net", &st, 0) == 0)
		return st.st_ino == s->netns.st_ino && st.st_dev == s->netns.st_dev;
	if (!process_is_denied(errno))
		return 0;
	return s->own ? 1 : -EACCES;
}

static int scan_process(struct scan *s, const char *pid)
{
	CLEANUP(close_fdp) int pid_fd = process_open(s->proc_fd, pid);
	struct process_info p = { 0 };
	char limits[LIMITS_MAX];
	uint64_t number;
	int r;

	if (pid_fd < 0)
		return process_is_denied(-pid_fd) ? -EACCES : pid_fd;
	if (text_parse_u64(pid, strlen(pid), 10, &number) < 0 || number > INT32_MAX)
		return 0;
	p.pid = (int)number;
	r = count_descriptors(s, pid_fd, &p.descriptors);
	if (r < 0 || p.descriptors == 0)
		return r;
	process_read_start(pid_fd, "limits", limits, sizeof(limits));
	if (!parse_limits(limits, &p.soft, &p.hard))
		return -EACCES;
	if (p.soft == UINT64_MAX || p.descriptors * 100 < p.soft * PROCESSES_KEPT_PERCENT)
		return 0;
	r = is_inside(s, pid_fd);
	if (r <= 0)
		return r;
	process_read_comm(pid_fd, p.comm);
	read_cgroup(pid_fd, p.cgroup, sizeof(p.cgroup));
	keep(s, &p);
	return 0;
}

/* hidepid=2 and subset=pid of proc(5): somebody else's process 1 is not there at all. */
static bool hides_processes(int proc_fd)
{
	return faccessat(proc_fd, "1", F_OK, 0) < 0 && errno == ENOENT;
}

static int write_answer(const struct scan *s, struct bytes *ret)
{
	int r = bytes_printf(ret, "scanned %llu\nunseen %llu\nhidden %d\n",
			     (unsigned long long)s->scanned, (unsigned long long)s->unseen,
			     hides_processes(s->proc_fd));

	for (size_t i = 0; i < s->count && r == 0; i++) {
		const struct process_info *p = &s->kept[i];

		r = bytes_printf(ret, "process %d %llu %llu %llu %s\n", p->pid,
				 (unsigned long long)p->descriptors, (unsigned long long)p->soft,
				 (unsigned long long)p->hard, p->comm);
		if (r == 0 && p->cgroup[0] != '\0')
			r = bytes_printf(ret, "cgroup %s\n", p->cgroup);
	}
	return r;
}

int process_scan(bool own, struct bytes *ret)
{
	CLEANUP(process_close_dirp) DIR *processes = opendir("/proc");
	struct scan s = { .own = own };
	const char *pid;
	struct stat self;

	if (processes == NULL)
		return -errno;
	s.proc_fd = dirfd(processes);
	if (stat("/proc/thread-self/ns/net", &s.netns) < 0 || stat("/proc/self/fd", &self) < 0)
		return -errno;
	s.sizes = self.st_size > 0;
	while ((pid = process_next(processes)) != NULL) {
		int r = scan_process(&s, pid);

		if (r == -ENOMEM)
			return r;
		if (r == -ENOENT || r == -ESRCH)
			continue; /* it has ended meanwhile */
		s.scanned++;
		s.unseen += r < 0;
	}
	return write_answer(&s, ret);
}
