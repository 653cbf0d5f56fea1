/* Whole files through struct os. */
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A pipe that somebody has put where a file belongs must not hold up whoever reads it: without a
 * writer it is empty. Files know no difference. */
#define READ_FLAGS (O_RDONLY | O_NONBLOCK)

#define READ_STEP_BYTES 4096 /* what seq_file hands out per read of most /proc files */

static int read_to_end(struct os *os, int fd, size_t max, struct bytes *ret)
{
	for (;;) {
		/* One byte beyond the limit tells "exactly max" from "more". */
		size_t left = max - ret->len + 1;
		size_t room = left < READ_STEP_BYTES ? left : READ_STEP_BYTES;
		int r = bytes_reserve(ret, room);
		ssize_t n;

		if (r < 0)
			return r;
		n = os->ops->read(os, fd, ret->data + ret->len, room);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		if (ret->len > max)
			return -EFBIG;
	}
}

int os_read_file(struct os *os, const char *path, size_t max, struct bytes *ret)
{
	int fd = os->ops->open(os, path, READ_FLAGS, 0);
	int r;

	if (fd < 0)
		return fd;
	bytes_clear(ret);
	r = read_to_end(os, fd, max, ret);
	/* Nothing was written: closing has nothing to report. */
	(void)os->ops->close(os, fd);
	if (r < 0)
		bytes_clear(ret);
	return r;
}

ssize_t os_read_piece(struct os *os, const char *path, char *buf, size_t max)
{
	int fd = os->ops->open(os, path, READ_FLAGS, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = os->ops->read(os, fd, buf, max + 1);
	} while (n == -EINTR);
	(void)os->ops->close(os, fd);
	return n > (ssize_t)max ? -EFBIG : n;
}

static int write_all(struct os *os, int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = os->ops->write(os, fd, data, len);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_new(struct os *os, const char *path, mode_t mode, const void *data, size_t len)
{
	int fd, r, closed;

	/* What a crash left behind; opening says so if it cannot be removed. */
	(void)os->ops->unlink(os, path);
	fd = os->ops->open(os, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd < 0)
		return fd;
	r = write_all(os, fd, data, len);
	if (r == 0)
		r = os->ops->fsync(os, fd);
	closed = os->ops->close(os, fd);
	/* Linux has closed it also when it says EINTR. */
	if (r == 0 && closed != -EINTR)
		r = closed;
	return r;
}

static int sync_directory_of(struct os *os, const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX] = ".";
	int fd, r;

	if (slash != NULL)
		(void)snprintf(directory, sizeof(directory), "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
	fd = os->ops->open(os, directory, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	r = os->ops->fsync(os, fd);
	(void)os->ops->close(os, fd);
	return r;
}

int os_replace_file(struct os *os, const char *path, mode_t mode, const void *data, size_t len)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.new", path);
	int r;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return -ENAMETOOLONG;
	r = write_new(os, temporary, mode, data, len);
	if (r == 0)
		r = os->ops->rename(os, temporary, path);
	if (r < 0) {
		(void)os->ops->unlink(os, temporary);
		return r;
	}
	return sync_directory_of(os, path);
}
