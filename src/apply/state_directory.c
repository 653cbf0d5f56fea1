#include "apply/state_directory.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static bool writable_by_others(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static bool owned(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* The absolute path: the parent's links are followed, the last component's is not. */
static int canonicalise(const char *path, char ret[PATH_MAX])
{
	char parent[PATH_MAX], real[PATH_MAX];
	size_t len = strlen(path);
	const char *last;

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len == 0)
		return -ENOENT;
	if (len >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, len);
	parent[len] = '\0';
	last = strrchr(parent, '/');
	last = last != NULL ? last + 1 : parent;
	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return realpath(parent, ret) != NULL ? 0 : -errno;
	char name[NAME_MAX + 1];
	if (snprintf(name, sizeof(name), "%s", last) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	parent[last - parent] = '\0';
	if (realpath(parent[0] != '\0' ? parent : ".", real) == NULL)
		return -errno;
	if (snprintf(ret, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

/* The new name is on the disk before anything that relies on it is. */
static int sync_parent(const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	(void)snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash == NULL)
		return 0;
	slash[slash == parent ? 1 : 0] = '\0';

	int fd CLEANUP(close_fdp) = open(parent, DIRECTORY_FLAGS);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

static int make_missing(const char *path, struct error *e)
{
	int r;

	if (mkdir(path, 0700) < 0)
		return errno == EEXIST ? 0 : error_errno(e, -errno, path, "cannot be created");
	r = sync_parent(path);
	return r < 0 ? error_errno(e, r, path, "cannot be created durably") : 0;
}

static int open_directory(const char *path, struct error *e)
{
	struct stat st;
	int fd;

	fd = open(path, DIRECTORY_FLAGS | O_NOFOLLOW);
	if (fd >= 0)
		return fd;
	int cause = errno;
	/* O_DIRECTORY and O_NOFOLLOW together call a link ENOTDIR. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return error_set(e, -EPERM, ERROR_FAILED, path,
				 "the state directory is a symbolic link, which is not followed; "
				 "name the directory itself with --state-dir");
	if (cause == EACCES)
		return error_set(e, -EACCES, ERROR_PRIVILEGE, path,
				 "the state directory cannot be read: run netwright as root");
	return error_errno(e, -cause, path, "the state directory cannot be opened");
}

static int check_directory(int fd, const char *path, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(e, -errno, path, "the state directory cannot be examined");
	if (!owned(&st))
		return error_set(e, -EPERM, ERROR_FAILED, path,
				 "the state directory belongs to uid %u, neither to root nor to "
				 "us, so what is in it is not trusted; correct it with chown, or "
				 "name another with --state-dir",
				 (unsigned int)st.st_uid);
	if (writable_by_others(&st))
		return error_set(e, -EPERM, ERROR_FAILED, path,
				 "others may write to the state directory (mode %04o), so what is "
				 "in it is not trusted; look through it, then chmod 0700",
				 (unsigned int)(st.st_mode & 07777));
	return 0;
}

int state_directory_open(const char *path, bool create, struct state_directory *ret,
			 struct error *e)
{
	char absolute[PATH_MAX];
	int fd, r;

	r = canonicalise(path, absolute);
	if (r == 0 && create) {
		r = make_missing(absolute, e);
		if (r < 0)
			return r;
	} else if (r < 0) {
		return error_errno(e, r, path, "the state directory cannot be found");
	}

	fd = open_directory(absolute, e);
	if (fd < 0)
		return fd;
	r = check_directory(fd, absolute, e);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	ret->fd = fd;
	(void)snprintf(ret->path, sizeof(ret->path), "%s", absolute);
	return 0;
}

void state_directory_close(struct state_directory *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
}

int state_directory_check_file(const struct state_directory *d, const char *name, struct error *e)
{
	const char *wrong = NULL;
	struct stat st;

	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return -ENOENT;
		return error_errno(e, -errno, name, "cannot be examined");
	}
	if (S_ISLNK(st.st_mode))
		wrong = "is a symbolic link";
	else if (!S_ISREG(st.st_mode))
		wrong = "is no regular file";
	else if (!owned(&st))
		wrong = "belongs to neither root nor us";
	else if (writable_by_others(&st))
		wrong = "may be written to by others";
	else if (st.st_nlink > 1)
		wrong = "has a second name (a hard link)";
	if (wrong == NULL)
		return 0;
	return error_set(e, -EPERM, ERROR_FAILED, d->path,
			 "%s %s, so it is not trusted and was not touched; find out how it came "
			 "to be, and move it away",
			 name, wrong);
}
