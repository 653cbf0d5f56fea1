#include "rules/config_text.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not blocking on a pipe that someone put there. */
static int open_regular(const char *path, struct error *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return error_errno(e, -errno, path, "open");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return error_set(e, -EINVAL, ERROR_INPUT, path, "is not a regular file");
	}
	return fd;
}

int config_text_read_file(const char *path, struct bytes *ret, struct error *e)
{
	CLEANUP(close_fdp) int fd = open_regular(path, e);
	int r;

	if (fd < 0)
		return fd;
	r = bytes_reserve(ret, 0);
	if (r == 0)
		r = bytes_read_fd(ret, fd, CONFIG_TEXT_MAX);
	if (r == -EFBIG)
		return error_set(e, -EINVAL, ERROR_INPUT, path, "is larger than %u KiB",
				 CONFIG_TEXT_MAX >> 10);
	return r < 0 ? error_errno(e, r, path, "read") : 0;
}

/* libconfig would open the files that @include names: nothing of that here. Refused wherever a line
 * begins with it, as in libconfig's own grammar; inside a text it has no use either. */
static int refuse_include(const char *name, const char *text, struct error *e)
{
	static const char include[] = "@include";
	unsigned int line = 1;

	for (const char *at = text; at != NULL; line++) {
		at += strspn(at, " \t");
		if (strncmp(at, include, sizeof(include) - 1) == 0)
			return error_set(e, -EINVAL, ERROR_INPUT, NULL,
					 "%s:%u: @include is not supported; put the file beside "
					 "this one",
					 name, line);
		at = strchr(at, '\n');
		if (at != NULL)
			at++;
	}
	return 0;
}

int config_text_parse(const char *name, const char *text, size_t len, config_t *ret,
		      struct error *e)
{
	CLEANUP(free_charp) char *copy = NULL;
	int r;

	if (len > CONFIG_TEXT_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, name, "is larger than %u KiB",
				 CONFIG_TEXT_MAX >> 10);
	if (memchr(text, '\0', len) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, name, "is not a text file");
	copy = strndup(text, len);
	if (copy == NULL)
		return error_errno(e, -ENOMEM, name, "reading");
	r = refuse_include(name, copy, e);
	if (r < 0)
		return r;
	config_init(ret);
	if (config_read_string(ret, copy) == CONFIG_TRUE)
		return 0;
	r = error_set(e, -EINVAL, ERROR_INPUT, NULL, "%s:%d: %s", name, config_error_line(ret),
		      config_error_text(ret));
	config_destroy(ret);
	return r;
}
