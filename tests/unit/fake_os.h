/* A machine in memory for struct os, with the lies of a kernel and faults to order.
 *
 *	struct os *os = fake_os_new();
 *
 *	fake_os_add_netns(os, "blue", 4102);
 *	fake_os_add_sysctl(os, 4102, "net.ipv4.tcp_rmem", "4096\t131072\t6291456\n");
 *	fake_os_lie(os, 4102, "net.ipv4.tcp_rmem", FAKE_HALF, -EINVAL, NULL);
 *	fake_os_fail_at(os, 7, -EIO);
 *	...
 *	fake_os_free(os);
 *
 * Time begins in the initial namespace, whose cookie is 1 here and which has
 * net.core.netdev_max_backlog, by which it is known. A test that runs out of memory aborts,
 * so nothing here returns an error. None of the functions of this header counts as a call.
 */
#ifndef NETWRIGHT_TESTS_UNIT_FAKE_OS_H
#define NETWRIGHT_TESTS_UNIT_FAKE_OS_H

#include "base/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_INITIAL_NETNS 1

struct os *fake_os_new(void);
void fake_os_free(struct os *os);

/* --- the machine --- */

/* A namespace; `name` is of /run/netns, or NULL for one that only processes are in. */
void fake_os_add_netns(struct os *os, const char *name, uint64_t cookie);
/* A process, added before, holds it as well: by a mount that it sees ("/var/lib/x"), or by the
 * descriptor of that number ("fd/9"). The namespace is there as long as fake_os_remove_netns() was
 * not called. */
void fake_os_hold_netns(struct os *os, uint64_t cookie, pid_t pid, const char *where);
/* Its name is gone, or there again; it lives on. */
void fake_os_hide_netns(struct os *os, uint64_t cookie, bool hidden);
void fake_os_remove_netns(struct os *os, uint64_t cookie);
/* A link, or with an index that is there already, another name of it. */
void fake_os_add_link(struct os *os, uint64_t cookie, const char *name, uint32_t index);
void fake_os_remove_link(struct os *os, uint64_t cookie, const char *name);
/* Answers what is asked by netlink and is not a link's name: `netns` is the cookie of where.
 * Returns 0 or a negative errno, as os_ops.talk does; after -EOPNOTSUPP, and nothing answered, the
 * next one is asked. At most two. */
void fake_os_add_talker(struct os *os,
			int (*talk)(void *arg, uint64_t netns, int protocol, const void *request,
				    size_t len, struct bytes *answers),
			void *arg);
/* A kernel without SO_NETNS_COOKIE. */
void fake_os_forget_cookies(struct os *os);

/* A key in one namespace, as the kernel shows it; cookie 0 is every namespace. Adding it again
 * replaces its value. The first value is what a reboot brings back. */
void fake_os_add_sysctl(struct os *os, uint64_t cookie, const char *key, const char *text);
void fake_os_remove_sysctl(struct os *os, uint64_t cookie, const char *key);
/* What somebody else writes. */
void fake_os_set_sysctl(struct os *os, uint64_t cookie, const char *key, const char *text);
/* The value, words separated by one blank; NULL when there is no such key. Valid until changed. */
const char *fake_os_sysctl(struct os *os, uint64_t cookie, const char *key);

enum fake_lie {
	FAKE_HONEST,
	FAKE_HALF,	/* the first word is set, and the write fails with `code` */
	FAKE_REFUSED,	/* nothing is set, and the write fails with `code` */
	FAKE_PARTIAL,	/* the first word is set, and the write succeeds */
	FAKE_ADJUSTED,	/* `text` is set instead, and the write succeeds */
	FAKE_LOST,	/* nothing is set, and the write succeeds */
	FAKE_READ_ONLY, /* opening it for writing fails with `code` */
};
/* From now on. `only` limits the lie to writes of these words; NULL: every write. */
void fake_os_lie(struct os *os, uint64_t cookie, const char *key, enum fake_lie lie, int code,
		 const char *text, const char *only);

/* A process in a namespace. Without limits of its own added, each is unlimited. */
void fake_os_add_process(struct os *os, pid_t pid, const char *comm, uint64_t start,
			 uint64_t cookie, const char *cgroup);
void fake_os_remove_process(struct os *os, pid_t pid);
void fake_os_set_limit(struct os *os, pid_t pid, int resource, rlim_t soft, rlim_t hard);
struct rlimit fake_os_limit(struct os *os, pid_t pid, int resource);
/* Whether limits may be raised above the hard one; at first they may. */
void fake_os_set_resource_right(struct os *os, bool may);

/* A TCP connection, open, with a kernel's defaults; inode 100000 + cookie. What a test changes of
 * it is what somebody else does. Valid until fake_os_free(). */
struct fake_tcp {
	uint64_t cookie, netns;
	char remote[16]; /* IPv4 */
	uint16_t local_port, remote_port;
	uint8_t state;
	char congestion[16];
	int sndbuf, rcvbuf, window_clamp, lock; /* lock: of SO_BUF_LOCK */
	uint64_t pacing_rate;
	int keepalive, keepalive_idle, keepalive_interval, keepalive_count;
	int nodelay, notsent_lowat, user_timeout;
	unsigned int rcv_wscale;
	bool no_lock; /* a kernel without SO_BUF_LOCK */
};
struct fake_tcp *fake_os_add_socket(struct os *os, uint64_t cookie, uint64_t netns,
				    uint16_t local_port, const char *remote, uint16_t remote_port);
struct fake_tcp *fake_os_socket(struct os *os, uint64_t cookie);
#define FAKE_NO_SOCKET UINT64_MAX /* any other file, in place of a cookie */
/* The process has the connection open as that descriptor; several may share one. */
void fake_os_hold_socket(struct os *os, pid_t pid, int fd, uint64_t cookie);
void fake_os_drop_socket(struct os *os, pid_t pid, int fd);
/* Whether we may look into processes; at first we may. */
void fake_os_set_trace_right(struct os *os, bool may);
/* Whether what their descriptors are may be read; at first it may. */
void fake_os_set_links_readable(struct os *os, bool readable);

/* Plain files. Directories exist without being added. */
void fake_os_add_file(struct os *os, const char *path, const char *text);
void fake_os_remove_file(struct os *os, const char *path); /* durably; if there is one */
const char *fake_os_file(struct os *os, const char *path); /* NULL: there is none */

void fake_os_set_boottime(struct os *os, uint64_t ns);
/* The namespace that the thread is in. */
uint64_t fake_os_netns(struct os *os);
unsigned int fake_os_open_files(struct os *os); /* descriptors not closed */

/* --- faults: calls are numbered from 1 --- */

unsigned int fake_os_calls(struct os *os); /* so far */
void fake_os_fail_at(struct os *os, unsigned int call, int code);
/* If that call is a write, it takes the first half only. */
void fake_os_short_at(struct os *os, unsigned int call);
/* The process is killed before or right after that call: later calls fail with -EIO and do
 * nothing. */
void fake_os_die_at(struct os *os, unsigned int call, bool after);
bool fake_os_died(struct os *os);
/* A new process: counts from 1, without faults, descriptors, or a namespace other than the initial
 * one. With `power_lost`, after a reboot: what was not synced is lost, sysctls are as they were
 * first, processes are gone. */
void fake_os_revive(struct os *os, bool power_lost);

/* For other fakes that share the count, such as a file system of SQLite: takes one call, and says
 * what becomes of it. With fail 0 it happens; with `die_after`, call fake_os_die() after it. */
struct fake_fate {
	int fail; /* 0, or the negative errno to fail with */
	bool is_short, die_after;
};
struct fake_fate fake_os_step(struct os *os);
void fake_os_die(struct os *os);

/* What was changed, a line for each call that had an effect: "write 4102 net.ipv4.tcp_rmem 1 2 3",
 * "write PATH" for a file, "fsync PATH", "rename FROM TO", "unlink PATH", "prlimit PID RESOURCE
 * SOFT HARD", "setsockopt COOKIE LEVEL NAME". fake_os_note() adds one of another fake. */
const char *fake_os_trace(struct os *os);
void fake_os_note(struct os *os, const char *line);

#endif
