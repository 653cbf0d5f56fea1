#include "tunables/socket.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/sockdiag.h"
#include "tunables/capability.h"
#include "tunables/socket_grab.h"
#include "tunables/socket_name.h"
#include "tunables/socket_option.h"
#include "tunables/socket_select.h"
#include "tunables/sysctl.h"
#include "tunables/sysctl_congestion.h"
#include "tunables/sysctl_file.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* A window is at most what the kernel reckons fits a buffer: half of it until it has seen segments
 * (TCP_DEFAULT_SCALING_RATIO of include/net/tcp.h). */
#define BUFFER_PER_WINDOW 2

static int unknown_name(const char *name, struct error *e)
{
	char shown[80];

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	return error_set(e, -EINVAL, ERROR_INPUT, shown,
			 "no such option of connections; write socket:PID/FD/OPTION, or "
			 "\"socket:dst 198.51.100.0/24/OPTION\" (port N, pid N, name NAME, "
			 "cgroup=PATH, ...) with an option such as %s",
			 kind_suggest_key(&socket_kind, name, "congestion"));
}

static int find(const struct place *p, const char *name, const char *selector, struct bytes *ids,
		struct error *e)
{
	struct socket_id id;
	pid_t pid;
	int fd, r;

	if (!socket_holder_parse(selector, &pid, &fd))
		return socket_select(p, selector, ids, e);
	r = socket_identify(p->os, pid, fd, name, &id, e);
	if (r == 0 && bytes_append(ids, &id, sizeof(id)) < 0)
		r = error_errno(e, -ENOMEM, name, "resolving");
	return r;
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	CLEANUP(bytes_done) struct bytes ids = { 0 };
	struct target_list list = { 0 };
	char selector[TARGET_NAME_MAX];
	const char *key = "";
	const struct tunable *row = NULL;
	int r;

	if (socket_name_split(name, selector, &key))
		row = kind_find_key(&socket_kind, key);
	if (row == NULL)
		return unknown_name(name, e);
	r = find(p, name, selector, &ids, e);
	if (r < 0)
		return r;
	/* One more: calloc(0) is anything. */
	list.all = calloc(ids.len / sizeof(struct socket_id) + 1, sizeof(*list.all));
	if (list.all == NULL)
		return error_errno(e, -ENOMEM, name, "resolving");
	for (size_t at = 0; at < ids.len; at += sizeof(struct socket_id)) {
		struct target *t = &list.all[list.count++];
		struct socket_id id;

		memcpy(&id, ids.data + at, sizeof(id));
		*t = (struct target){ .kind = &socket_kind, .tunable = row };
		socket_name_format(&id, key, t->name);
		socket_identity_format(&id, t->identity);
	}
	*ret = list;
	return 0;
}

static const struct tunable *recall(const char *name, const char *identity)
{
	char selector[TARGET_NAME_MAX];
	struct socket_id id;
	const char *key;
	pid_t pid;
	int fd;

	if (!socket_name_split(name, selector, &key) || !socket_holder_parse(selector, &pid, &fd) ||
	    !socket_identity_parse(identity, &id) || pid != id.pid || fd != id.fd)
		return NULL;
	return kind_find_key(&socket_kind, key);
}

/* A descriptor of ours to close at once, or a negative errno. */
static int grab(const struct place *p, const struct target *t, struct error *e)
{
	struct socket_id id;

	if (!socket_identity_parse(t->identity, &id))
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "malformed identity");
	return socket_grab(p->os, &id, t->name, e);
}

static int present(const struct place *p, const struct target *t, struct error *e)
{
	int fd = grab(p, t, e);

	if (fd >= 0)
		(void)p->os->ops->close(p->os, fd);
	return fd < 0 ? fd : 0;
}

static int failed(const struct target *t, int code, const char *what, struct error *e)
{
	if (code == -ENOPROTOOPT)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "this kernel has no such option of connections (Linux %s has)",
				 t->tunable->since);
	if (code == -EPERM)
		return error_set(e, code, ERROR_PRIVILEGE, t->name,
				 "%s is not permitted: it takes CAP_NET_ADMIN", what);
	if (code == -ENOENT && socket_option_is_congestion(t->tunable))
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "this kernel has no such congestion control");
	return error_errno(e, code, t->name, what);
}

static int read_option(const struct place *p, const struct target *t, struct held *ret,
		       struct error *e)
{
	int fd = grab(p, t, e);
	int r;

	if (fd < 0)
		return fd;
	r = socket_option_read(p->os, fd, t->tunable, ret);
	(void)p->os->ops->close(p->os, fd);
	return r < 0 ? failed(t, r, "reading the option", e) : 0;
}

/* The row says where its option stands, and cannot be called otherwise. */
static int parse(const struct tunable *row, const char *name, const char *words,
		 char ret_to[HELD_TEXT_MAX], struct error *e)
{
	(void)name;
	return socket_option_parse(row, words, ret_to, e);
}

static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	(void)p, (void)now;
	if (element >= 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "has no elements");
	return socket_option_parse(t->tunable, words, ret_to, e);
}

/* --- what can be known before --- */

static int check_right(const struct place *p, const struct target *t, struct error *e)
{
	int held = capability_held(p->os, CAPABILITY_NET_ADMIN, e);

	if (held != 0)
		return held < 0 ? held : 0;
	return error_set(e, -EPERM, ERROR_PRIVILEGE, t->name,
			 "setting it, and putting it back, takes CAP_NET_ADMIN, which this run "
			 "does not have");
}

static int check_congestion(const struct place *p, const struct target *t, const char *to,
			    struct error *e)
{
	char available[HELD_TEXT_MAX], path[SYSCTL_PATH_MAX];
	struct text_span rest, word;
	int r = sysctl_read_key(p->os, sysctl_key_path(CONGESTION_AVAILABLE, path, sizeof(path)),
				available);

	if (r < 0)
		return error_errno(e, r, CONGESTION_AVAILABLE, "reading");
	rest = (struct text_span){ available, strlen(available) };
	while (text_next_word(&rest, &word)) {
		if (text_span_equal(word, to))
			return 0;
	}
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
			 "the congestion control \"%.20s\" is not available now, only %.200s; if "
			 "there is a module of it, load it first: modprobe tcp_%.20s",
			 to, available, to);
}

/* How far the window can be opened at all. */
static int check_window(const struct place *p, const struct target *t, const char *to,
			struct error *e)
{
	struct tcpinfo info = { 0 };
	socklen_t len = sizeof(info);
	int64_t size, ceiling;
	int fd, r;

	if (text_parse_i64(to, strlen(to), &size) < 0)
		return 0;
	fd = grab(p, t, e);
	if (fd < 0)
		return fd;
	r = p->os->ops->getsockopt(p->os, fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	(void)p->os->ops->close(p->os, fd);
	if (r < 0)
		return failed(t, r, "reading its window scale", e);
	ceiling = tcpinfo_rcv_wnd_max(&info);
	if (!tcpinfo_has(len, flags) || info.state != SOCKET_ESTABLISHED ||
	    size <= BUFFER_PER_WINDOW * ceiling)
		return 0;
	return error_set(e, -ERANGE, ERROR_INPUT, t->name,
			 "the window of this connection cannot exceed %lld bytes (65535 << %u, "
			 "settled when it was opened), for which %lld are enough; for more, it "
			 "needs to be opened again, after net.ipv4.tcp_rmem[2] was raised",
			 (long long)ceiling, tcpinfo_rcv_wscale(&info),
			 (long long)(BUFFER_PER_WINDOW * ceiling));
}

static int check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e)
{
	int r = 0;

	if (!socket_option_can_restore(t->tunable, from))
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, t->name,
				 "holds \"%.60s\", which could not be written back", from->text);
	if (socket_option_is_congestion(t->tunable))
		r = check_congestion(p, t, to, e);
	else if (socket_option_is_receive_buffer(t->tunable))
		r = check_window(p, t, to, e);
	if (r == 0 &&
	    (socket_option_is_congestion(t->tunable) || socket_option_is_buffer(t->tunable)))
		r = check_right(p, t, e);
	return r;
}

static int write_option(const struct place *p, const struct target *t, const char *to,
			struct error *e)
{
	int fd = grab(p, t, e);
	int r;

	if (fd < 0)
		return fd;
	r = socket_option_write(p->os, fd, t->tunable, to);
	(void)p->os->ops->close(p->os, fd);
	return r < 0 ? failed(t, r, "setting the option", e) : 0;
}

static int restore(const struct place *p, const struct target *t, const struct held *from,
		   struct error *e)
{
	int fd = grab(p, t, e);
	int r;

	if (fd < 0)
		return fd;
	r = socket_option_restore(p->os, fd, t->tunable, from);
	(void)p->os->ops->close(p->os, fd);
	return r < 0 ? failed(t, r, "putting the option back", e) : 0;
}

static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	if (strcmp(now->text, to) == 0)
		return HELD_TO;
	if (strcmp(now->text, from->text) == 0)
		return HELD_FROM;
	return socket_option_half_done(t->tunable, now, from, to) ? HELD_BETWEEN : HELD_FOREIGN;
}

const struct kind socket_kind = {
	.name = "socket",
	.prefix = SOCKET_PREFIX,
	.rows = socket_rows,
	.row_count = &socket_row_count,
	.fleeting = true,
	.host_wide = true,
	.resolve = resolve,
	.recall = recall,
	.parse = parse,
	.present = present,
	.read = read_option,
	.want = want,
	.check = check,
	.write = write_option,
	.restore = restore,
	.relate = relate,
};
