/* The system calls by which netwright changes things, replaceable in tests.
 *
 * Everything that reads a tunable to journal it, writes it, reads it back, or writes a file that
 * must survive goes through one of these, so that a test can make the Nth call fail, be short, or
 * be the last one of a process that is killed there. Reading for an audit does not: that is
 * host/source.h.
 *
 * Unlike the system calls, every function returns a negative errno on failure.
 */
#ifndef NETWRIGHT_BASE_OS_H
#define NETWRIGHT_BASE_OS_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

struct os;

struct os_ops {
	int (*open)(struct os *os, const char *path, int flags,
		    mode_t mode); /* O_CLOEXEC is added */
	ssize_t (*read)(struct os *os, int fd, void *buf, size_t len);
	ssize_t (*write)(struct os *os, int fd, const void *buf, size_t len);
	int (*fsync)(struct os *os, int fd);
	int (*close)(struct os *os, int fd);
	int (*rename)(struct os *os, const char *from, const char *to);
	int (*unlink)(struct os *os, const char *path);
	int (*mkdir)(struct os *os, const char *path, mode_t mode);
	int (*rmdir)(struct os *os, const char *path);
	/* Appends the names in a directory, each with its NUL, without "." and "..". */
	int (*list)(struct os *os, const char *path, struct bytes *names);
	/* At most `len` bytes of where a link leads, without a NUL; returns how many. */
	ssize_t (*readlink)(struct os *os, const char *path, char *buf, size_t len);
	int (*setns)(struct os *os, int fd); /* CLONE_NEWNET */
	int (*prlimit)(struct os *os, pid_t pid, int resource, const struct rlimit *set,
		       struct rlimit *ret);
	/* Sends one netlink request in the namespace entered, and appends every datagram of the
	 * answer to *answers until its NLMSG_DONE, acknowledgement or error; NLM_F_ACK is added to
	 * what is no dump. A refusal is the kernel's negative errno, -EAGAIN a dump that a change
	 * interrupted: ask again. */
	int (*talk)(struct os *os, int protocol, const void *request, size_t len,
		    struct bytes *answers);
	int (*pidfd_open)(struct os *os, pid_t pid);
	int (*pidfd_getfd)(struct os *os, int pidfd, int fd);
	int (*socket)(struct os *os, int family, int type,
		      int protocol); /* SOCK_CLOEXEC is added */
	int (*getsockopt)(struct os *os, int fd, int level, int name, void *value, socklen_t *len);
	int (*setsockopt)(struct os *os, int fd, int level, int name, const void *value,
			  socklen_t len);
	uint64_t (*boottime_ns)(struct os *os); /* CLOCK_BOOTTIME: goes on while suspended */
	double (*utc_s)(struct os *os);		/* CLOCK_REALTIME: for the audit trail only */
};

/* Implementations embed this as their first member. */
struct os {
	const struct os_ops *ops;
};

/* This machine. Never NULL; static. */
struct os *os_live(void);

/* Replaces *ret with the whole of a file, at most `max` bytes: 0, the errno of the call that
 * failed, or -EFBIG. Never waits: a pipe is empty, or -EAGAIN. */
int os_read_file(struct os *os, const char *path, size_t max, struct bytes *ret);

/* Likewise of a file that the kernel gives in one piece, as it does sysctls and /proc/PID/comm,
 * with one read(2). Returns its length, or a negative errno; `buf` has room for max + 1 bytes. */
ssize_t os_read_piece(struct os *os, const char *path, char *buf, size_t max);

/* Replaces a file so that after a crash or power loss it is the old one or the new one: a temporary
 * file beside it (PATH.new; there is one writer), fsync, rename, fsync of the directory. `mode` is
 * cut by the umask. On failure the temporary file is removed and the old one untouched; but when
 * the last fsync fails, the new one is in place and may be lost with the power. */
int os_replace_file(struct os *os, const char *path, mode_t mode, const void *data, size_t len);

#endif
