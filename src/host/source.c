#include "host/source.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { REQUEST_NAME_MAX = 63, PATH_NAME_MAX = 511 };

/* Names stand in recordings' header lines and in messages: one printable word. */
static bool is_one_word(const char *name, size_t max)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (i >= max || name[i] <= ' ' || name[i] > '~')
			return false;
	}
	return i > 0;
}

int source_next_sample(struct source *s, struct error *e)
{
	return s->ops->next_sample(s, e);
}

int source_read_file(struct source *s, enum source_scope scope, const char *path, struct bytes *ret,
		     struct error *e)
{
	int r;

	bytes_clear(ret);
	if (path[0] != '/' || !is_one_word(path, PATH_NAME_MAX))
		return error_set(e, -EINVAL, ERROR_FAILED, NULL,
				 "a file to read must have an absolute path of printable "
				 "characters without blanks");
	r = s->ops->read_file(s, scope, path, ret, e);
	if (r < 0)
		bytes_clear(ret);
	return r;
}

int source_request(struct source *s, const struct source_request *request, struct error *e)
{
	if (!is_one_word(request->name, REQUEST_NAME_MAX))
		return error_set(e, -EINVAL, ERROR_FAILED, NULL,
				 "a netlink request must be named by one printable word of at "
				 "most %d characters",
				 REQUEST_NAME_MAX);
	return s->ops->request(s, request, e);
}

int source_receive(struct source *s, const void **ret_data, size_t *ret_len, struct error *e)
{
	return s->ops->receive(s, ret_data, ret_len, e);
}

int source_scan_sockets(struct source *s, int pid, const uint32_t *inodes, size_t n,
			struct bytes *ret, struct error *e)
{
	bytes_clear(ret);
	if (pid < 0)
		return error_set(e, -EINVAL, ERROR_FAILED, NULL, "no process has the number %d",
				 pid);
	return s->ops->scan_sockets(s, pid, inodes, n, ret, e);
}

uint64_t source_time_ns(const struct source *s)
{
	return s->time_ns;
}

void source_free(struct source *s)
{
	if (s != NULL)
		s->ops->free(s);
}
