#include "tunables/socket_select.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "measure/filter.h"
#include "tunables/process_identity.h"
#include "tunables/socket_dump.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIDS_MAX (1u << 22) /* kernel.pid_max is at most this */

DEFINE_CLEANUP(struct filter, filter_free)

struct match {
	uint32_t inode;
	uint64_t cookie;
	pid_t pid; /* 0: no holder was found */
	int fd;
};

struct selection {
	const struct place *place;
	const char *text; /* as written */
	struct filter *filter;
	struct bytes pids;    /* pid_t: whom to look into */
	bool all;	      /* everybody, instead */
	bool denied;	      /* some could not be looked into */
	struct bytes matches; /* struct match, sorted by inode once complete */
	struct bytes inodes;  /* uint32_t: of the process of a filter's pid */
};

static void selection_done(struct selection *s)
{
	filter_free(s->filter);
	bytes_done(&s->pids);
	bytes_done(&s->matches);
	bytes_done(&s->inodes);
}

/* --- the selector: terms about processes, and a filter of what is left --- */

/* Where `word`, between blanks and outside of parentheses, begins; NULL. */
static const char *find_operator(const char *text, const char *word)
{
	size_t len = strlen(word);
	int depth = 0;

	for (const char *at = text; *at != '\0'; at++) {
		depth += (*at == '(') - (*at == ')');
		if (depth == 0 && *at == ' ' && strncmp(at + 1, word, len) == 0 &&
		    at[len + 1] == ' ')
			return at + 1;
	}
	return NULL;
}

/* The words by which process_select() knows what the term says: "812", "nginx", "cgroup=/x"; or
 * false when it is a term of the filter. */
static bool is_about_processes(struct text_span term, char ret[TARGET_NAME_MAX])
{
	static const char *const words[] = { "name ", "pid " };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i]);

		if (term.len <= len || memcmp(term.at, words[i], len) != 0)
			continue;
		term = text_span_trim((struct text_span){ term.at + len, term.len - len });
		(void)snprintf(ret, TARGET_NAME_MAX, "%.*s", (int)term.len, term.at);
		/* "pid nginx" is for the filter to complain about. */
		return strcmp(words[i], "name ") == 0 || ret[strspn(ret, "0123456789")] == '\0';
	}
	if (term.len < 7 || memcmp(term.at, "cgroup=", 7) != 0)
		return false;
	(void)snprintf(ret, TARGET_NAME_MAX, "%.*s", (int)term.len, term.at);
	return true;
}

static bool holds_pid(const struct bytes *pids, pid_t pid)
{
	for (size_t at = 0; at < pids->len; at += sizeof(pid)) {
		if (memcmp(pids->data + at, &pid, sizeof(pid)) == 0)
			return true;
	}
	return false;
}

/* The processes meant, if any were meant before: of those, the ones meant as well. */
static int narrow(struct selection *s, const char *words, struct error *e)
{
	CLEANUP(bytes_done) struct bytes meant = { 0 };
	struct bytes both = { 0 };
	int r = process_select(s->place->os, words, PIDS_MAX, &meant, e);

	for (size_t at = 0; r == 0 && at < meant.len; at += sizeof(pid_t)) {
		pid_t pid;

		memcpy(&pid, meant.data + at, sizeof(pid));
		if (s->all || holds_pid(&s->pids, pid))
			r = bytes_append(&both, &pid, sizeof(pid));
	}
	bytes_done(&s->pids);
	s->pids = both;
	s->all = false;
	return r == -ENOMEM ? error_errno(e, r, s->text, "resolving") : r;
}

static int add_term(struct selection *s, struct text_span term, struct bytes *rest, struct error *e)
{
	char words[TARGET_NAME_MAX];

	term = text_span_trim(term);
	if (is_about_processes(term, words))
		return narrow(s, words, e);
	return bytes_printf(rest, "%s%.*s", rest->len > 0 ? " and " : "", (int)term.len, term.at);
}

static int parse(struct selection *s, struct error *e)
{
	CLEANUP(bytes_done) struct bytes rest = { 0 };
	const char *at = s->text, *next;
	int r = 0;

	/* "and" binds closer than "or": there, all is for the filter. */
	if (find_operator(at, "or") != NULL)
		return filter_parse(at, &s->filter, e);
	while (r == 0 && (next = find_operator(at, "and")) != NULL) {
		r = add_term(s, (struct text_span){ at, (size_t)(next - at) }, &rest, e);
		at = next + strlen("and");
	}
	if (r == 0)
		r = add_term(s, (struct text_span){ at, strlen(at) }, &rest, e);
	if (r == 0 && rest.len > 0)
		r = filter_parse(rest.data, &s->filter, e);
	return r;
}

/* --- what it means --- */

static int compare_inodes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int note_inode(void *arg, pid_t pid, int fd, uint32_t inode)
{
	struct selection *s = arg;

	(void)pid, (void)fd;
	return bytes_append(&s->inodes, &inode, sizeof(inode));
}

/* What a filter's `pid N` within parentheses stands for. */
static int look_up_pids(struct selection *s)
{
	const int *pids;
	size_t count = s->filter != NULL ? filter_pids(s->filter, &pids) : 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		bytes_clear(&s->inodes);
		r = socket_dump_descriptors(s->place->os, (pid_t)pids[i], note_inode, s);
		if (r == -EACCES) {
			s->denied = true;
			r = 0;
		}
		if (r == 0 && s->inodes.len > 0) {
			size_t n = s->inodes.len / sizeof(uint32_t);

			qsort(s->inodes.data, n, sizeof(uint32_t), compare_inodes);
			r = filter_set_inodes(s->filter, pids[i],
					      (const uint32_t *)(const void *)s->inodes.data, n);
		}
	}
	return r;
}

static int note_connection(void *arg, const struct socket_info *socket)
{
	const struct match m = { .inode = socket->inode, .cookie = socket->cookie };
	struct selection *s = arg;

	if (s->filter != NULL && !filter_match(s->filter, socket))
		return 0;
	return bytes_append(&s->matches, &m, sizeof(m));
}

static void forget_connections(void *arg)
{
	bytes_clear(&((struct selection *)arg)->matches);
}

static int note_holder(void *arg, pid_t pid, int fd, uint32_t inode)
{
	struct selection *s = arg;
	size_t n = s->matches.len / sizeof(struct match);
	struct match *m = n == 0 ? NULL
				 : bsearch(&inode, s->matches.data, n, sizeof(*m), compare_inodes);

	if (m != NULL && (m->pid == 0 || pid < m->pid || (pid == m->pid && fd < m->fd))) {
		m->pid = pid;
		m->fd = fd;
	}
	return 0;
}

static int list_everybody(struct selection *s)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	int r = s->place->os->ops->list(s->place->os, "/proc", &names);

	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		const char *name = names.data + at;
		uint64_t number;
		pid_t pid;

		if (text_parse_u64(name, strlen(name), 10, &number) < 0 || number == 0 ||
		    number > INT_MAX)
			continue;
		pid = (pid_t)number;
		r = bytes_append(&s->pids, &pid, sizeof(pid));
	}
	return r;
}

static int find_holders(struct selection *s)
{
	int r = s->all ? list_everybody(s) : 0;

	for (size_t at = 0; r == 0 && at < s->pids.len; at += sizeof(pid_t)) {
		pid_t pid;

		memcpy(&pid, s->pids.data + at, sizeof(pid));
		r = socket_dump_descriptors(s->place->os, pid, note_holder, s);
		if (r == -EACCES) {
			s->denied = true;
			r = 0;
		}
	}
	return r;
}

/* --- the result --- */

static int compare_ids(const void *a, const void *b)
{
	const struct socket_id *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

static int collect(const struct selection *s, struct bytes *ids)
{
	size_t n = s->matches.len / sizeof(struct match), found = 0;

	for (size_t i = 0; i < n; i++) {
		struct socket_id id = { 0 };
		struct match m;
		int r;

		memcpy(&m, s->matches.data + i * sizeof(m), sizeof(m));
		/* A dump may show one twice when the table changes under it. */
		if (m.pid == 0 || (i > 0 && memcmp(s->matches.data + (i - 1) * sizeof(m), &m.inode,
						   sizeof(m.inode)) == 0))
			continue;
		id = (struct socket_id){ .pid = m.pid, .fd = m.fd, .cookie = m.cookie };
		r = process_start_find(s->place->os, id.pid, &id.start);
		if (r == -ESRCH)
			continue;
		if (r == 0 && found++ == SOCKET_TARGETS_MAX)
			r = -E2BIG;
		if (r == 0)
			r = bytes_append(ids, &id, sizeof(id));
		if (r < 0)
			return r;
	}
	if (found > 0)
		qsort(ids->data, found, sizeof(struct socket_id), compare_ids);
	return 0;
}

static int conclude(const struct selection *s, int r, size_t found, struct error *e)
{
	char shown[96];

	text_copy_printable(shown, sizeof(shown), s->text, strlen(s->text));
	if (r == -E2BIG)
		return error_set(
			e, r, ERROR_INPUT, shown,
			"means more than %d connections; narrow it, or set the sysctl that "
			"new connections begin with",
			SOCKET_TARGETS_MAX);
	if (r < 0)
		return error_errno(e, r, shown, "looking for connections");
	if (found > 0)
		return 0;
	if (s->denied)
		return error_set(e, -EPERM, ERROR_PRIVILEGE, shown,
				 "no connection was found, and some processes could not be looked "
				 "into: it takes root with CAP_SYS_PTRACE");
	return error_set(e, -ENOENT, ERROR_INPUT, shown,
			 "no process here holds such a TCP connection; ss -tnp lists them, and "
			 "--netns says which namespace to look in");
}

int socket_select(const struct place *p, const char *selector, struct bytes *ids, struct error *e)
{
	CLEANUP(selection_done)
	struct selection s = { .place = p, .text = selector, .all = true };
	const struct socket_dump_visitor visitor = { note_connection, forget_connections, &s };
	int r = parse(&s, e);

	if (r < 0)
		return r == -ENOMEM ? error_errno(e, r, selector, "resolving") : r;
	r = look_up_pids(&s);
	if (r < 0)
		return conclude(&s, r, 0, e);
	r = socket_dump_tcp(p, &visitor, e);
	if (r < 0)
		return r;
	if (s.matches.len > 0) {
		qsort(s.matches.data, s.matches.len / sizeof(struct match), sizeof(struct match),
		      compare_inodes);
		r = find_holders(&s);
	}
	if (r == 0)
		r = collect(&s, ids);
	return conclude(&s, r, ids->len / sizeof(struct socket_id), e);
}
