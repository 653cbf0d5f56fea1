#include "tunables/place_search.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "host/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define OWN_NETNS   "/proc/thread-self/ns/net"
#define SEARCH_MAX  65536u /* twice the default of kernel.pid_max */
#define LINK_MAX    64	   /* "net:[4026532265]" */
#define LINK_OF_NET "net:["
#define MOUNTS_MAX  (16u << 20) /* of one mount namespace; a line has some 100 characters */
#define MOUNT_ROOT  3		/* fields of /proc/PID/mountinfo, from 0: proc(5) */
#define MOUNT_POINT 4
#define MOUNT_NSFS  " - nsfs "

struct search {
	struct place *place;
	struct bytes seen; /* links of namespaces that were looked at, each with its NUL */
	struct error *e;
};

/* Whether `name` is new, which it is not the next time. 1, 0 or -ENOMEM. */
static int is_new(struct search *s, const char *name)
{
	for (size_t at = 0; at < s->seen.len; at += strlen(s->seen.data + at) + 1) {
		if (strcmp(s->seen.data + at, name) == 0)
			return 0;
	}
	return bytes_append(&s->seen, name, strlen(name) + 1) < 0 ? -ENOMEM : 1;
}

static int open_file(struct os *os, const char *path)
{
	/* O_NONBLOCK: whatever else bears the name must not make us wait. */
	return os->ops->open(os, path, O_RDONLY | O_NONBLOCK, 0);
}

/* Whether the namespace in this file has the cookie; opened at place->netns if so. Files that
 * cannot be opened or entered are none. Returns 1, 0, or what is fatal. */
static int try_file(struct search *s, const char *path)
{
	struct place *p = s->place;
	struct place found = *p;
	int r;

	p->netns = open_file(p->os, path);
	if (p->netns < 0) {
		p->netns = -1;
		return 0;
	}
	if (p->os->ops->setns(p->os, p->netns) == 0) {
		r = place_look_around(&found);
		if (place_leave(p, s->e) < 0)
			return -EPERM;
		if (r == 0 && found.cookie == p->cookie) {
			p->is_init = found.is_init;
			return 1;
		}
	}
	(void)p->os->ops->close(p->os, p->netns);
	p->netns = -1;
	return 0;
}

/* Likewise, of a file whose link says which namespace it is, unless that was looked at. */
static int try_link(struct search *s, const char *link, const char *path)
{
	int r;

	if (strncmp(link, LINK_OF_NET, strlen(LINK_OF_NET)) != 0)
		return 0;
	r = is_new(s, link);
	return r > 0 ? try_file(s, path) : r;
}

/* "" when it cannot be read. */
static void read_link(struct search *s, const char *path, char ret[LINK_MAX])
{
	ssize_t n = s->place->os->ops->readlink(s->place->os, path, ret, LINK_MAX - 1);

	ret[n > 0 ? n : 0] = '\0';
}

static int try_named(struct search *s, const char *name)
{
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), NETNS_DIRECTORY "/%.255s", name);
	r = try_file(s, path);
	if (r > 0)
		(void)snprintf(s->place->name, sizeof(s->place->name), "%s", name);
	return r;
}

static int try_process(struct search *s, const char *pid)
{
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
	r = try_file(s, path);
	if (r > 0)
		(void)snprintf(s->place->name, sizeof(s->place->name), "%s", pid);
	return r;
}

/* --- mounts ------------------------------------------------------------------------------------*/

static bool field_of(struct text_span line, unsigned int index, struct text_span *ret)
{
	for (unsigned int i = 0; text_next_word(&line, ret); i++) {
		if (i == index)
			return true;
	}
	return false;
}

/* Appends a field in which the kernel wrote blanks, tabs, newlines and backslashes as \040. */
static int append_field(struct bytes *b, struct text_span field)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < field.len; i++) {
		unsigned int byte = (unsigned char)field.at[i];

		if (byte == '\\' && i + 3 < field.len) {
			byte = (unsigned int)(field.at[i + 1] - '0') << 6 |
			       (unsigned int)(field.at[i + 2] - '0') << 3 |
			       (unsigned int)(field.at[i + 3] - '0');
			i += 3;
		}
		char c = (char)byte;

		r = bytes_append(b, &c, 1);
	}
	return r;
}

static int try_mount(struct search *s, const char *pid, struct text_span line)
{
	CLEANUP(bytes_done) struct bytes path = { 0 };
	struct text_span root, point;
	char link[LINK_MAX];

	if (memmem(line.at, line.len, MOUNT_NSFS, strlen(MOUNT_NSFS)) == NULL ||
	    !field_of(line, MOUNT_ROOT, &root) || !field_of(line, MOUNT_POINT, &point) ||
	    root.len >= sizeof(link))
		return 0;
	(void)snprintf(link, sizeof(link), "%.*s", (int)root.len, root.at);
	if (bytes_printf(&path, "/proc/%s/root", pid) < 0 || append_field(&path, point) < 0 ||
	    bytes_append(&path, "", 1) < 0)
		return -ENOMEM;
	return try_link(s, link, path.data);
}

/* The mounts that a process sees, unless another one saw the same. */
static int try_mounts(struct search *s, const char *pid)
{
	CLEANUP(bytes_done) struct bytes mounts = { 0 };
	struct text_span rest, line;
	char path[PATH_MAX], link[LINK_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%.16s/ns/mnt", pid);
	read_link(s, path, link);
	r = link[0] != '\0' ? is_new(s, link) : 0;
	if (r <= 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%.16s/mountinfo", pid);
	r = os_read_file(s->place->os, path, MOUNTS_MAX, &mounts);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	rest = (struct text_span){ mounts.data, mounts.len };
	while (r == 0 && text_next_line(&rest, &line))
		r = try_mount(s, pid, line);
	return r;
}

/* --- descriptors -------------------------------------------------------------------------------*/

static int try_descriptors(struct search *s, const char *pid)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	char path[PATH_MAX], link[LINK_MAX];
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	(void)s->place->os->ops->list(s->place->os, path, &names);
	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		(void)snprintf(path, sizeof(path), "/proc/%.16s/fd/%.16s", pid, names.data + at);
		read_link(s, path, link);
		/* What was opened by a name is called by what it was bound to, and "/" once nothing
		 * is bound there any more (measured on Linux 6.18). */
		r = strcmp(link, "/") == 0 ? try_file(s, path) : try_link(s, link, path);
	}
	return r;
}

/* --- all of them -------------------------------------------------------------------------------*/

static int try_all(struct search *s, const char *directory,
		   int (*try)(struct search *s, const char *name))
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	bool numbers = try != try_named;
	size_t tried = 0;
	int r = 0;

	/* No directory is one without namespaces. */
	(void)s->place->os->ops->list(s->place->os, directory, &names);
	for (size_t at = 0; r == 0 && at < names.len && tried < SEARCH_MAX;) {
		const char *name = names.data + at;

		at += strlen(name) + 1;
		if (numbers && name[strspn(name, "0123456789")] != '\0')
			continue;
		tried++;
		r = try(s, name);
	}
	return r;
}

int place_search(struct place *p, enum place_reach reach, struct error *e)
{
	static const struct {
		const char *directory;
		int (*try)(struct search *s, const char *name);
		enum place_reach reach;
	} ways[] = {
		{ NETNS_DIRECTORY, try_named, PLACE_IN_USE },
		{ "/proc", try_process, PLACE_IN_USE },
		{ "/proc", try_mounts, PLACE_ANYWHERE },
		{ "/proc", try_descriptors, PLACE_ANYWHERE },
	};
	struct search s = { .place = p, .e = e };
	int r = 0;

	p->home = open_file(p->os, OWN_NETNS);
	if (p->home < 0)
		return error_errno(e, p->home, OWN_NETNS, "cannot open");
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(ways) && ways[i].reach <= reach; i++)
		r = try_all(&s, ways[i].directory, ways[i].try);
	bytes_done(&s.seen);
	if (r == -ENOMEM)
		return error_errno(e, r, p->name, "looking for the network namespace");
	if (r == 0)
		return error_set(e, -ESTALE, ERROR_FAILED, p->name[0] != '\0' ? p->name : NULL,
				 "the network namespace with cookie %llu is gone",
				 (unsigned long long)p->cookie);
	return r < 0 ? r : 0;
}
