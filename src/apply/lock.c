#include "apply/lock.h"

#include "apply/state_directory.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define NOTE_FILE "lock"
/* How often a waiting run looks again: not noticed by a person, nothing to a CPU. */
#define POLL_NS 20000000L

static double now_boottime_s(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* "PID BOOTTIME COMMAND\n". Only a note for others: that it cannot be written, on a full disk, does
 * not make the lock any less ours. */
static void note_holder(int fd, const char *command)
{
	char line[LOCK_COMMAND_MAX + 64], printable[LOCK_COMMAND_MAX];
	int len;

	text_copy_printable(printable, sizeof(printable), command, strlen(command));
	len = snprintf(line, sizeof(line), "%ld %.3f %s\n", (long)getpid(), now_boottime_s(),
		       printable);
	if (len > 0 && pwrite(fd, line, (size_t)len, 0) == len)
		(void)!ftruncate(fd, len);
}

static int open_note(const struct state_directory *d, int flags, struct error *e)
{
	int fd, r;

	fd = openat(d->fd, NOTE_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 && errno != ELOOP)
		return error_errno(e, -errno, d->path, "the note of who locks it cannot be opened");
	r = state_directory_check_file(d, NOTE_FILE, e);
	if (r == 0 && fd < 0)
		r = error_errno(e, -ELOOP, d->path, "the note of who locks it cannot be opened");
	if (r == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* The file is written by whoever holds the lock: read strictly, and nothing is believed that is not
 * well-formed. */
static void read_holder(const struct state_directory *d, struct lock_holder *ret)
{
	int fd CLEANUP(close_fdp) = open_note(d, O_RDONLY, NULL);
	char line[LOCK_COMMAND_MAX + 64];
	struct text_span rest = { line, 0 }, pid, since;
	uint64_t number, whole;
	ssize_t n;

	*ret = (struct lock_holder){ 0 };
	n = fd >= 0 ? pread(fd, line, sizeof(line), 0) : 0;
	if (n <= 0 || memchr(line, '\n', (size_t)n) == NULL)
		return;
	rest.len = (size_t)((const char *)memchr(line, '\n', (size_t)n) - line);
	if (!text_next_word(&rest, &pid) || !text_next_word(&rest, &since))
		return;
	const char *dot = memchr(since.at, '.', since.len);
	size_t digits = dot != NULL ? (size_t)(dot - since.at) : since.len;
	if (text_parse_u64(pid.at, pid.len, 10, &number) < 0 || number == 0 || number > INT32_MAX ||
	    text_parse_u64(since.at, digits, 10, &whole) < 0)
		return;
	ret->pid = (int64_t)number;
	ret->held_s = fmax(0, now_boottime_s() - (double)whole);
	while (rest.len > 0 && *rest.at == ' ') {
		rest.at++;
		rest.len--;
	}
	text_copy_printable(ret->command, sizeof(ret->command), rest.at, rest.len);
}

/* Takes the lock without waiting: 0, -EWOULDBLOCK, or an error. */
static int try_lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EINTR ? -EWOULDBLOCK : -errno;
}

static int busy(const struct state_directory *d, struct error *e)
{
	struct lock_holder h;

	read_holder(d, &h);
	if (h.pid == 0)
		return error_set(e, -EBUSY, ERROR_BUSY, NULL,
				 "another netwright is changing settings; wait for it or see "
				 "`netwright status`");
	return error_set(e, -EBUSY, ERROR_BUSY, NULL,
			 "another netwright (PID %lld: %s, since %.0f s) is changing settings; "
			 "wait for it or see `netwright status`",
			 (long long)h.pid, h.command, h.held_s);
}

static int wait_for(const struct state_directory *d, double wait_s, struct error *e)
{
	static const struct timespec pause = { .tv_nsec = POLL_NS };
	double until = now_boottime_s() + (wait_s > 0 ? wait_s : 0);
	int r;

	/* Once more at least: whoever only looks (lock_probe) holds it for an instant. */
	for (int tries = 0;; tries++) {
		bool last = tries > 0 && now_boottime_s() >= until;

		r = try_lock(d->fd);
		if (r != -EWOULDBLOCK || last)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (r == -EWOULDBLOCK)
		return busy(d, e);
	return r < 0 ? error_errno(e, r, d->path, "it cannot be locked") : 0;
}

/* Whoever comes next locks the directory that has the name now: one that was replaced while we
 * waited for it locks nobody out. */
static bool is_current(const struct state_directory *d)
{
	struct stat ours, named;

	return fstat(d->fd, &ours) == 0 && lstat(d->path, &named) == 0 &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

int lock_take(const char *directory, double wait_s, const char *command, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	int note, fd, r;

	do {
		state_directory_close(&d);
		r = state_directory_open(directory, true, &d, e);
		if (r == 0)
			r = wait_for(&d, wait_s, e);
		if (r < 0)
			return r;
	} while (!is_current(&d));
	note = open_note(&d, O_RDWR | O_CREAT, e);
	if (note < 0)
		return note;
	note_holder(note, command);
	(void)close(note);
	fd = d.fd;
	d.fd = -1;
	return fd;
}

int lock_probe(const char *directory, struct lock_holder *ret, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	int r;

	r = state_directory_open(directory, false, &d, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = state_directory_check_file(&d, NOTE_FILE, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (flock(d.fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_errno(e, -errno, d.path, "whether it is locked cannot be seen");
	read_holder(&d, ret);
	return 1;
}
