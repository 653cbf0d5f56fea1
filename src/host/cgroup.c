#include "host/cgroup.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "0::/system.slice/nginx.service", "4:memory:/docker/f00": what follows the second colon. */
static bool path_of_line(struct text_span line, struct text_span *ret)
{
	const char *colon = memchr(line.at, ':', line.len);
	const char *end = line.at + line.len;

	if (colon != NULL)
		colon = memchr(colon + 1, ':', (size_t)(end - colon - 1));
	if (colon == NULL || colon + 1 == end || colon[1] != '/')
		return false;
	*ret = (struct text_span){ colon + 1, (size_t)(end - colon - 1) };
	return true;
}

static bool is_unified(struct text_span line)
{
	return line.len > 3 && strncmp(line.at, "0::", 3) == 0;
}

static struct text_span choose(struct text_span text)
{
	struct text_span line, path, chosen = { "", 0 };
	bool found = false;

	while (text_next_line(&text, &line)) {
		if (!path_of_line(line, &path))
			continue;
		if (is_unified(line) && path.len > 1)
			return path;
		if (!found || (chosen.len == 1 && path.len > 1))
			chosen = path;
		found = true;
	}
	return chosen;
}

int cgroup_of_process(struct source *s, int pid, char ret_path[CGROUP_PATH_MAX], struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span path;
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	r = source_read_file(s, SOURCE_HOST, name, &text, e);
	if (r < 0)
		return r;
	path = choose((struct text_span){ text.data, text.len });
	if (path.len == 0)
		return error_set(e, -ENODATA, ERROR_FAILED, name, "it names no control group");
	if (path.len >= CGROUP_PATH_MAX) {
		path.at += path.len - (CGROUP_PATH_MAX - 1);
		path.len = CGROUP_PATH_MAX - 1;
	}
	text_copy_printable(ret_path, CGROUP_PATH_MAX, path.at, path.len);
	return 0;
}
