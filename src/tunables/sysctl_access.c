/* Reading and writing the files of sysctls. */
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/link_index.h"
#include "tunables/sysctl.h"
#include "tunables/sysctl_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static_assert(SYSCTL_PATH_MAX > sizeof("/proc/sys/") + TARGET_NAME_MAX, "every name fits");

const char *sysctl_target_path(const struct target *t, char buf[SYSCTL_PATH_MAX])
{
	return sysctl_key_path(t->name + strlen(t->kind->prefix), buf, SYSCTL_PATH_MAX);
}

/* One blank between words, none around: the kernel separates a vector by tabs. */
static int to_words(struct text_span rest, char ret[HELD_TEXT_MAX])
{
	struct text_span line, word;
	size_t len = 0;

	for (size_t i = 0; i < rest.len; i++) {
		unsigned char c = (unsigned char)rest.at[i];

		if ((c < ' ' && c != '\t' && c != '\n') || c > '~')
			return -EBADMSG;
	}
	ret[0] = '\0';
	for (unsigned int lines = 0; text_next_line(&rest, &line); lines++) {
		/* A second line could not be written back. */
		if (lines > 0)
			return -EBADMSG;
		while (text_next_word(&line, &word)) {
			if (len + (len > 0) + word.len >= HELD_TEXT_MAX)
				return -EFBIG;
			if (len > 0)
				ret[len++] = ' ';
			memcpy(ret + len, word.at, word.len);
			len += word.len;
			ret[len] = '\0';
		}
	}
	return 0;
}

int sysctl_read_key(struct os *os, const char *path, char ret[HELD_TEXT_MAX])
{
	char text[HELD_TEXT_MAX + 1];
	ssize_t n = os_read_piece(os, path, text, HELD_TEXT_MAX);

	return n < 0 ? (int)n : to_words((struct text_span){ text, (size_t)n }, ret);
}

static const char *privilege_of(const struct target *t)
{
	return tunable_privilege(t->tunable) == TUNABLE_NET_ADMIN
		       ? "CAP_NET_ADMIN in the network namespace"
		       : "root";
}

int sysctl_failed(const struct target *t, int code, const char *what, struct error *e)
{
	switch (-code) {
	case ENOENT:
		return error_set(e, -ESTALE, ERROR_FAILED, t->name,
				 "the key is gone: its link was removed or its module unloaded");
	case EACCES:
	case EPERM:
		return error_set(e, code, ERROR_PRIVILEGE, t->name,
				 "%s is not permitted: it takes %s, and a key that the kernel does "
				 "not hold read-only here",
				 what, privilege_of(t));
	case EROFS:
		return error_set(e, code, ERROR_FAILED, t->name,
				 "/proc/sys is mounted read-only here, as in containers; run "
				 "netwright on the host");
	case EFBIG:
		return error_set(e, code, ERROR_FAILED, t->name,
				 "holds more than %d characters, which cannot be journaled",
				 HELD_TEXT_MAX - 1);
	case EBADMSG:
		return error_set(e, code, ERROR_FAILED, t->name,
				 "holds something else than one line of text, which could not be "
				 "put back; something may be mounted over its file");
	default:
		return error_errno(e, code, t->name, what);
	}
}

static int check_link(const struct place *p, const struct target *t, struct error *e)
{
	const char *link = strstr(t->identity, " link ");
	unsigned long long wanted = 0;
	uint32_t index = 0;
	const char *name;
	int r;

	if (link == NULL)
		return 0;
	link += strlen(" link ");
	name = link + strcspn(link, " ");
	if (text_parse_u64(link, (size_t)(name - link), 10, (uint64_t *)&wanted) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "malformed identity");
	name += *name == ' ';
	r = link_index_find(p->os, name, &index, NULL);
	if (r == -ENODEV || (r == 0 && index != wanted))
		return error_set(e, -ESTALE, ERROR_FAILED, t->name,
				 "the link %s with number %llu is gone%s", name, wanted,
				 r == 0 ? ": another one has its name now" : "");
	return r < 0 ? error_errno(e, r, name, "cannot look up the link") : 0;
}

int sysctl_present(const struct place *p, const struct target *t, struct error *e)
{
	char netns[40];
	size_t len;
	int r;

	(void)snprintf(netns, sizeof(netns), "netns %llu", (unsigned long long)p->cookie);
	len = strlen(netns);
	if (strncmp(t->identity, netns, len) != 0 ||
	    (t->identity[len] != '\0' && t->identity[len] != ' '))
		return error_set(e, -ESTALE, ERROR_FAILED, t->name,
				 "this is another network namespace than the one it belongs to");
	r = place_enter(p, e);
	if (r < 0)
		return r;
	return place_return(p, check_link(p, t, e), e);
}

int sysctl_read(const struct place *p, const struct target *t, struct held *ret, struct error *e)
{
	char path[SYSCTL_PATH_MAX], text[HELD_TEXT_MAX];
	int r = place_enter(p, e);

	if (r < 0)
		return r;
	r = sysctl_read_key(p->os, sysctl_target_path(t, path), text);
	if (r < 0)
		r = sysctl_failed(t, r, "reading", e);
	r = place_return(p, r, e);
	if (r < 0)
		return r;
	memcpy(ret->text, text, sizeof(text));
	ret->undo[0] = '\0';
	return 0;
}

static int open_for_writing(const struct place *p, const struct target *t, struct error *e)
{
	char path[SYSCTL_PATH_MAX];
	int fd = p->os->ops->open(p->os, sysctl_target_path(t, path), O_WRONLY | O_NOFOLLOW, 0);

	return fd < 0 ? sysctl_failed(t, fd, "writing", e) : fd;
}

int sysctl_probe(const struct place *p, const struct target *t, struct error *e)
{
	int fd = open_for_writing(p, t, e);

	if (fd < 0)
		return fd;
	(void)p->os->ops->close(p->os, fd);
	return 0;
}

static int write_failed(const struct target *t, const char *to, int code, struct error *e)
{
	bool word = t->tunable->type == TUNABLE_TOKEN || t->tunable->type == TUNABLE_TOKENS;

	switch (-code) {
	case EINVAL:
		return error_set(e, code, ERROR_FAILED, t->name,
				 "the kernel refused \"%.100s\" as invalid", to);
	case ENOENT:
		return error_set(
			e, code, ERROR_FAILED, t->name, "the kernel refused \"%.100s\": %s", to,
			word ? "it has none of this name, and no module of it" : "no such entry");
	case EPERM:
	case EACCES:
		return error_set(e, code, ERROR_PRIVILEGE, t->name,
				 "the kernel did not permit \"%.100s\" here; it takes %s", to,
				 privilege_of(t));
	default:
		return error_set(e, code, ERROR_FAILED, t->name, "writing \"%.100s\": %s", to,
				 strerror(-code));
	}
}

static int write_inside(const struct place *p, const struct target *t, const char *to,
			struct error *e)
{
	char line[HELD_TEXT_MAX + 1];
	size_t len = strlen(to);
	ssize_t n;
	int fd, closed;

	if (len >= HELD_TEXT_MAX)
		return sysctl_failed(t, -EFBIG, "writing", e);
	/* With its newline, because a write of nothing at all changes nothing. */
	(void)snprintf(line, sizeof(line), "%s\n", to);
	len++;
	fd = open_for_writing(p, t, e);
	if (fd < 0)
		return fd;
	n = p->os->ops->write(p->os, fd, line, len);
	closed = p->os->ops->close(p->os, fd);
	if (n < 0)
		return write_failed(t, to, (int)n, e);
	if ((size_t)n != len)
		return error_set(e, -EIO, ERROR_FAILED, t->name,
				 "the kernel took %zd of %zu characters of \"%.100s\"", n, len, to);
	return closed < 0 ? error_errno(e, closed, t->name, "closing after the write") : 0;
}

int sysctl_write(const struct place *p, const struct target *t, const char *to, struct error *e)
{
	int r = place_enter(p, e);

	return r < 0 ? r : place_return(p, write_inside(p, t, to, e), e);
}
