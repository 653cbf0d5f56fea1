/* What fake_os.c (the machine and its faults), fake_os_open.c and fake_os_calls.c (the
 * system calls) share. */
#ifndef NETWRIGHT_TESTS_UNIT_FAKE_OS_WORLD_H
#define NETWRIGHT_TESTS_UNIT_FAKE_OS_WORLD_H

#include "fake_os.h"

#include "tunables/sysctl_file.h"

#define FAKE_RESOURCES 16
#define FAKE_FDS       64
#define FAKE_FIRST_FD  1000 /* so that a real descriptor is never mistaken for one of these */
#define FAKE_TEXT_MAX  4096
#define FAKE_PATH_MAX  320

struct fake_netns {
	char name[64]; /* "": none */
	bool hidden;   /* it does not show its name */
	uint64_t cookie;
};

struct fake_link {
	uint64_t cookie;
	char name[16];
	uint32_t index;
};

struct fake_sysctl {
	uint64_t cookie; /* 0: every namespace */
	char path[FAKE_PATH_MAX];
	char text[FAKE_TEXT_MAX], first[FAKE_TEXT_MAX]; /* words, one blank between */
	enum fake_lie lie;
	int code;
	char instead[FAKE_TEXT_MAX], only[FAKE_TEXT_MAX];
	bool limited; /* to `only` */
};

struct fake_process {
	pid_t pid;
	char comm[32], cgroup[128];
	uint64_t start, cookie;
	struct rlimit limits[FAKE_RESOURCES];
};

struct fake_inode {
	struct bytes data, durable;
};

/* What a path leads to now, and after a power loss; NULL: nothing. */
struct fake_entry {
	char path[FAKE_PATH_MAX];
	struct fake_inode *now, *durable;
};

enum fake_fd_kind {
	FAKE_CLOSED,
	FAKE_SYSCTL,
	FAKE_FILE,
	FAKE_DIRECTORY,
	FAKE_NETNS,
	FAKE_SOCKET,
	FAKE_PIDFD,
	FAKE_TCP,
};

/* Where else a namespace is held: a mount ("/proc/PID/root/...") or a descriptor
 * ("/proc/PID/fd/N"). */
struct fake_bind {
	char path[FAKE_PATH_MAX];
	uint64_t cookie;
};

/* What a process has open. */
struct fake_descriptor {
	pid_t pid;
	int fd;
	uint64_t cookie; /* of a connection, or FAKE_NO_SOCKET */
};

struct fake_fd {
	enum fake_fd_kind kind;
	char path[FAKE_PATH_MAX];
	uint64_t cookie; /* of the namespace it was opened in, or stands for; of FAKE_TCP its own,
			  * and of FAKE_PIDFD the number of the process */
	size_t offset;
	struct bytes content;	  /* what reading gives, but for FAKE_FILE */
	struct fake_inode *inode; /* FAKE_FILE */
};

#define FAKE_TALKERS 2

struct fake_os {
	struct os os;
	struct fake_netns *netns;
	size_t netns_count;
	struct fake_bind *binds;
	size_t bind_count;
	struct fake_link *links;
	size_t link_count;
	struct fake_sysctl *sysctls;
	size_t sysctl_count;
	struct fake_process *processes;
	size_t process_count;
	struct fake_tcp **tcps;
	size_t tcp_count;
	struct fake_descriptor *descriptors;
	size_t descriptor_count;
	struct fake_inode **inodes;
	size_t inode_count;
	struct fake_entry *entries;
	size_t entry_count;
	struct fake_fd fds[FAKE_FDS];
	uint64_t here; /* the thread's namespace */
	uint64_t boottime_ns;
	bool no_cookies, no_resource_right, no_trace_right, no_link_right;
	unsigned int calls, fail_at, short_at, die_at;
	int fail_code;
	bool die_after, dead;
	struct bytes trace;
	struct fake_talker {
		int (*talk)(void *arg, uint64_t netns, int protocol, const void *request,
			    size_t len, struct bytes *answers);
		void *arg;
	} talkers[FAKE_TALKERS];
	size_t talker_count;
};

extern const struct os_ops fake_os_ops;

struct fake_os *fake_os_of(struct os *os);
struct fake_sysctl *fake_find_sysctl(struct fake_os *f, uint64_t cookie, const char *path);
struct fake_process *fake_find_process(struct fake_os *f, pid_t pid);
const struct fake_bind *fake_find_bind(struct fake_os *f, const char *path);
struct fake_netns *fake_find_netns(struct fake_os *f, uint64_t cookie);
/* The entry of a path, made when missing. */
struct fake_entry *fake_entry_of(struct fake_os *f, const char *path);
struct fake_inode *fake_new_inode(struct fake_os *f);
void fake_set(struct bytes *b, const void *data, size_t len);
/* What every call ends with: `r` is what it would return. */
ssize_t fake_ended(struct os *os, const struct fake_fate *fate, ssize_t r);
void fake_note(struct fake_os *f, const char *what, const char *a, const char *b);
struct fake_fd *fake_fd_of(struct fake_os *f, int fd); /* NULL: not open */
int fake_open(struct os *os, const char *path, int flags, mode_t mode);
int fake_socket(struct os *os, int family, int type, int protocol);
int fake_close(struct os *os, int fd);
/* fake_os_sockets.c */
int fake_pidfd_open(struct os *os, pid_t pid);
int fake_pidfd_getfd(struct os *os, int pidfd, int fd);
int fake_setsockopt(struct os *os, int fd, int level, int name, const void *value, socklen_t len);
ssize_t fake_readlink(struct os *os, const char *path, char *buf, size_t len);
int fake_get_tcp(struct os *os, uint64_t cookie, int level, int name, void *value, socklen_t *len);
int fake_dump_sockets(struct fake_os *f, const void *request, size_t len, struct bytes *answers);
/* What is in /proc/PID/fd; nothing of other directories. */
int fake_list_descriptors(struct fake_os *f, const char *path, struct bytes *names);
void fake_free_sockets(struct fake_os *f);
/* One blank between words. */
void fake_words(const char *text, size_t len, char ret[FAKE_TEXT_MAX]);

#endif
