#include "daemon/single.h"

#include "apply/state_directory.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_FILE "daemon.lock"

/* Whoever only looks (single_probe) holds the lock for an instant. */
#define TRIES	 3
#define PAUSE_NS 20000000L

/* Only a note for others: that it cannot be written, on a full disk, does not make the lock any
 * less ours. */
static void note_holder(int fd)
{
	char line[32];
	int len = snprintf(line, sizeof(line), "%ld\n", (long)getpid());

	if (len > 0 && pwrite(fd, line, (size_t)len, 0) == len)
		(void)!ftruncate(fd, len);
}

static int64_t read_holder(int fd)
{
	char line[32];
	ssize_t n = pread(fd, line, sizeof(line), 0);
	int64_t pid;

	if (n < 2 || line[n - 1] != '\n' || text_parse_i64(line, (size_t)n - 1, &pid) < 0 ||
	    pid <= 0)
		return 0;
	return pid;
}

static int open_file(const struct state_directory *d, int flags, struct error *e)
{
	int fd = openat(d->fd, LOCK_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int failure = fd < 0 ? -errno : 0;
	int r = state_directory_check_file(d, LOCK_FILE, e);

	if (r == 0 && failure < 0)
		r = error_errno(e, failure, d->path, LOCK_FILE " in it cannot be opened");
	if (r == -ENOENT && failure < 0 && failure != -ENOENT)
		r = error_errno(e, failure, d->path, LOCK_FILE " in it cannot be created");
	if (r == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int busy(int fd, struct error *e)
{
	int64_t pid = read_holder(fd);

	if (pid == 0)
		return error_set(e, -EBUSY, ERROR_BUSY, NULL,
				 "another netwright daemon is running; see `netwright status`");
	return error_set(e, -EBUSY, ERROR_BUSY, NULL,
			 "another netwright daemon is running (PID %lld); see `netwright status`",
			 (long long)pid);
}

static int try_lock(int fd)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };

	for (int tries = 1; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || tries == TRIES)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

int single_take(const char *directory, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	int fd, r;

	r = state_directory_open(directory, true, &d, e);
	if (r < 0)
		return r;
	fd = open_file(&d, O_RDWR | O_CREAT, e);
	if (fd < 0)
		return fd;
	r = try_lock(fd);
	if (r == 0) {
		note_holder(fd);
		return fd;
	}
	r = r == -EWOULDBLOCK ? busy(fd, e)
			      : error_errno(e, r, d.path, LOCK_FILE " in it cannot be locked");
	(void)close(fd);
	return r;
}

int single_probe(const char *directory, int64_t *ret_pid, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	int r = state_directory_open(directory, false, &d, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = state_directory_check_file(&d, LOCK_FILE, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;

	int fd CLEANUP(close_fdp) = open_file(&d, O_RDONLY, e);

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_errno(e, -errno, d.path, LOCK_FILE " in it cannot be looked at");
	*ret_pid = read_holder(fd);
	return 1;
}
