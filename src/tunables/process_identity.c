#include "tunables/process_identity.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define STAT_MAX      4096
#define COMM_MAX      15 /* TASK_COMM_LEN without its NUL */
#define START_FIELD   22 /* of /proc/PID/stat, from 1: proc(5) */
#define CGROUP_PREFIX "cgroup="
#define PIDS_MAX      (1u << 20) /* bytes of a cgroup.procs */

static int parse_pid(const char *text, size_t len, pid_t *ret)
{
	uint64_t pid;

	if (text_parse_u64(text, len, 10, &pid) < 0 || pid == 0 || pid > INT_MAX)
		return -EINVAL;
	*ret = (pid_t)pid;
	return 0;
}

int process_start_find(struct os *os, pid_t pid, uint64_t *ret)
{
	CLEANUP(bytes_done) struct bytes stat = { 0 };
	struct text_span rest, word = { NULL, 0 };
	const char *end;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = os_read_file(os, path, STAT_MAX, &stat);
	if (r == -ENOENT)
		return -ESRCH;
	if (r < 0)
		return r;
	/* The name, field 2, may hold blanks and parentheses of its own. */
	end = stat.len > 0 ? memrchr(stat.data, ')', stat.len) : NULL;
	if (end == NULL)
		return -EBADMSG;
	rest = (struct text_span){ end + 1, stat.len - (size_t)(end + 1 - stat.data) };
	for (unsigned int field = 3; field <= START_FIELD; field++) {
		if (!text_next_word(&rest, &word))
			return -EBADMSG;
	}
	return text_parse_u64(word.at, word.len, 10, ret) < 0 ? -EBADMSG : 0;
}

static int add(struct bytes *pids, pid_t pid, size_t max)
{
	if (pids->len / sizeof(pid) >= max)
		return -E2BIG;
	return bytes_append(pids, &pid, sizeof(pid));
}

static bool is_called(struct os *os, const char *pid, const char *name)
{
	CLEANUP(bytes_done) struct bytes comm = { 0 };
	char path[64];
	size_t len = strlen(name);
	int n = snprintf(path, sizeof(path), "/proc/%s/comm", pid);

	/* It may have ended meanwhile: then it is none. */
	return n > 0 && (size_t)n < sizeof(path) && os_read_file(os, path, STAT_MAX, &comm) == 0 &&
	       comm.len == len + 1 && memcmp(comm.data, name, len) == 0 && comm.data[len] == '\n';
}

static int select_by_name(struct os *os, const char *name, size_t max, struct bytes *pids)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	int r = os->ops->list(os, "/proc", &names);

	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		const char *entry = names.data + at;
		pid_t pid;

		if (parse_pid(entry, strlen(entry), &pid) == 0 && is_called(os, entry, name))
			r = add(pids, pid, max);
	}
	return r;
}

/* A path below the root of the control groups that does not lead out of it. */
static bool is_cgroup(const char *path)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 0 || (path[0] == '.' && (len == 1 || (len == 2 && path[1] == '.'))))
			return false;
		path += len + (path[len] == '/');
	}
	return true;
}

static int read_cgroup(struct os *os, const char *path, struct bytes *ret)
{
	/* Version 2 alone, then with version 1 beside it, as systemd mounts them. */
	static const char *const roots[] = { "", "/unified", "/systemd" };
	char file[512];
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < ARRAY_LEN(roots); i++) {
		int n = snprintf(file, sizeof(file), "/sys/fs/cgroup%s/%s/cgroup.procs", roots[i],
				 path);

		if (n < 0 || (size_t)n >= sizeof(file))
			return -ENAMETOOLONG;
		r = os_read_file(os, file, PIDS_MAX, ret);
	}
	return r;
}

static int select_by_cgroup(struct os *os, const char *path, size_t max, struct bytes *pids)
{
	CLEANUP(bytes_done) struct bytes procs = { 0 };
	struct text_span rest, line;
	int r = read_cgroup(os, path, &procs);

	rest = (struct text_span){ procs.data, procs.len };
	while (r == 0 && text_next_line(&rest, &line)) {
		pid_t pid;

		/* 0 is a process that our PID namespace does not show. */
		if (parse_pid(line.at, line.len, &pid) == 0)
			r = add(pids, pid, max);
	}
	return r;
}

static int malformed(const char *shown, struct error *e)
{
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "processes are selected by a PID, a name of at most %d characters, or "
			 "cgroup=PATH below /sys/fs/cgroup",
			 COMM_MAX);
}

int process_select(struct os *os, const char *selector, size_t max, struct bytes *pids,
		   struct error *e)
{
	size_t len = strlen(selector), before = pids->len;
	const char *cgroup = selector + strlen(CGROUP_PREFIX);
	char shown[64];
	uint64_t start;
	pid_t pid;
	int r;

	text_copy_printable(shown, sizeof(shown), selector, len);
	if (len > 0 && strspn(selector, "0123456789") == len) {
		if (parse_pid(selector, len, &pid) < 0)
			return malformed(shown, e);
		r = process_start_find(os, pid, &start);
		if (r == 0)
			r = add(pids, pid, max);
	} else if (strncmp(selector, CGROUP_PREFIX, strlen(CGROUP_PREFIX)) == 0) {
		cgroup += *cgroup == '/';
		if (*cgroup == '\0' || !is_cgroup(cgroup))
			return malformed(shown, e);
		r = select_by_cgroup(os, cgroup, max, pids);
	} else if (len == 0 || len > COMM_MAX) {
		return malformed(shown, e);
	} else {
		r = select_by_name(os, selector, max, pids);
	}
	if (r == -E2BIG)
		return error_set(e, r, ERROR_INPUT, shown, "means more than %zu processes", max);
	if (r == -ESRCH || r == -ENOENT || (r == 0 && pids->len == before))
		return error_set(e, -ENOENT, ERROR_INPUT, shown, "there is no such process here");
	return r < 0 ? error_errno(e, r, shown, "looking for processes") : 0;
}
