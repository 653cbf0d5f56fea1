#include "host/netns_list.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void close_dirp(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
	*dir = NULL;
}

static struct netns_entry *find(const struct netns_list *l, const struct stat *st)
{
	for (size_t i = 0; i < l->count; i++) {
		struct netns_entry *known = &l->entries[i];

		if (known->fd >= 0 && known->dev == st->st_dev && known->ino == st->st_ino)
			return known;
	}
	return NULL;
}

/* Takes over the entry's descriptor. */
static int add(struct netns_list *l, const struct netns_entry *entry, struct error *e)
{
	struct netns_entry *grown = realloc(l->entries, (l->count + 1) * sizeof(*grown));

	if (grown == NULL) {
		close_fdp(&entry->fd);
		return error_errno(e, -ENOMEM, NULL, "cannot list the network namespaces");
	}
	l->entries = grown;
	grown[l->count++] = *entry;
	return 0;
}

static int add_own(struct netns_list *l, struct error *e)
{
	struct netns_entry own = { .label = "self", .fd = netns_open(NULL, e) };
	struct stat st;

	if (own.fd < 0)
		return own.fd;
	if (fstat(own.fd, &st) < 0) {
		int code = -errno;

		(void)close(own.fd);
		return error_errno(e, code, NULL, "cannot look at the network namespace");
	}
	own.dev = st.st_dev;
	own.ino = st.st_ino;
	return add(l, &own, e);
}

/* --- names ------------------------------------------------------------------------------------ */

static void set_name(struct netns_entry *entry, const char *name)
{
	(void)snprintf(entry->name, sizeof(entry->name), "%s", name);
	name = netns_label(name);
	text_copy_printable(entry->label, sizeof(entry->label), name, strlen(name));
}

static int add_named(struct netns_list *l, const char *name, struct error *e)
{
	struct netns_entry entry = { .fd = -1 };
	struct netns_entry *known;
	struct error why = { 0 };
	struct stat st;

	set_name(&entry, name);
	entry.fd = netns_open(name, &why);
	if (entry.fd == -EMFILE || entry.fd == -ENFILE)
		return error_errno(e, entry.fd, name, "cannot open the network namespace");
	if (entry.fd < 0) {
		text_copy_printable(entry.reason, sizeof(entry.reason), why.text, strlen(why.text));
		entry.fd = -1;
		return add(l, &entry, e);
	}
	if (fstat(entry.fd, &st) < 0) {
		(void)close(entry.fd);
		return error_errno(e, -EBADF, name, "cannot look at the network namespace");
	}
	known = find(l, &st);
	if (known != NULL) {
		(void)close(entry.fd);
		if (known->name[0] == '\0') /* our own has a name */
			set_name(known, name);
		return 0;
	}
	entry.dev = st.st_dev;
	entry.ino = st.st_ino;
	return add(l, &entry, e);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int add_all_named(struct netns_list *l, struct error *e)
{
	struct dirent **names = NULL;
	int n = scandir(NETNS_DIRECTORY, &names, is_visible, alphasort);
	int r = 0;

	if (n < 0)
		return errno == ENOMEM ? error_errno(e, -ENOMEM, NETNS_DIRECTORY, "cannot list")
				       : 0;
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_named(l, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	return r;
}

/* --- processes -------------------------------------------------------------------------------- */

/* At most `size` bytes from the start of a file of /proc/PID; 0 when it cannot be read. */
static size_t read_start(int proc_fd, const char *pid, const char *file, char *buf, size_t size)
{
	CLEANUP(close_fdp) int fd = -1;
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", pid, file);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, buf, size) : 0;
	return n > 0 ? (size_t)n : 0;
}

/* Kernel threads and what has ended have no command line: they are in no namespace of their own. */
static bool is_program(int proc_fd, const char *pid)
{
	char first;

	return read_start(proc_fd, pid, "cmdline", &first, 1) == 1;
}

static void label_process(struct netns_entry *entry, int proc_fd, const char *pid)
{
	char raw[64], comm[16];
	size_t len = read_start(proc_fd, pid, "comm", raw, sizeof(raw));

	if (len > 0 && raw[len - 1] == '\n')
		len--;
	text_copy_printable(comm, sizeof(comm), raw, len);
	(void)snprintf(entry->name, sizeof(entry->name), "%s", pid);
	(void)snprintf(entry->label, sizeof(entry->label), "pid %s (%s)", pid,
		       len > 0 ? comm : "?");
}

/* Opens the namespace of a process and adds it, unless it is known or the process is gone. */
static int add_process(struct netns_list *l, int proc_fd, const char *pid, struct error *e)
{
	struct netns_entry entry = { .fd = -1 };
	char path[64];
	struct stat st;
	uint64_t number;

	(void)snprintf(path, sizeof(path), "%s/ns/net", pid);
	if (text_parse_u64(pid, strlen(pid), 10, &number) < 0 || number > INT_MAX)
		return 0;
	if (fstatat(proc_fd, path, &st, 0) < 0) {
		if ((errno == EACCES || errno == EPERM) && is_program(proc_fd, pid))
			l->unseen_processes++;
		return 0;
	}
	if (find(l, &st) != NULL)
		return 0;
	entry.fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (entry.fd < 0 && (errno == EMFILE || errno == ENFILE))
		return error_errno(e, -errno, pid, "cannot open the network namespace");
	/* Between the two calls the process may have ended or moved. */
	if (entry.fd < 0 || fstat(entry.fd, &st) < 0 || find(l, &st) != NULL) {
		close_fdp(&entry.fd);
		return 0;
	}
	entry.dev = st.st_dev;
	entry.ino = st.st_ino;
	entry.pid = (int)number;
	label_process(&entry, proc_fd, pid);
	return add(l, &entry, e);
}

static int add_all_processes(struct netns_list *l, struct error *e)
{
	CLEANUP(close_dirp) DIR *processes = opendir("/proc");
	struct dirent *entry;
	int r = 0;

	if (processes == NULL)
		return error_errno(e, -errno, "/proc", "cannot open");
	/* Ascending: init_pid_ns is walked by number (fs/proc/base.c, next_tgid()). */
	while (r == 0 && (entry = readdir(processes)) != NULL) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			r = add_process(l, dirfd(processes), entry->d_name, e);
	}
	return r;
}

int netns_list_read(struct netns_list *ret,
		    bool (*is_enough)(void *arg, const struct netns_list *named), void *arg,
		    struct error *e)
{
	struct netns_list l = { 0 };
	int r = add_own(&l, e);

	if (r == 0)
		r = add_all_named(&l, e);
	if (r == 0 && (is_enough == NULL || !is_enough(arg, &l)))
		r = add_all_processes(&l, e);
	if (r < 0) {
		netns_list_done(&l);
		return r;
	}
	*ret = l;
	return 0;
}

void netns_list_done(struct netns_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		close_fdp(&l->entries[i].fd);
	free(l->entries);
	*l = (struct netns_list){ 0 };
}
