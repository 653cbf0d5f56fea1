#include "tunables/rlimit.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/capability.h"
#include "tunables/process_identity.h"
#include "tunables/rlimit_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getrlimit(2). RLIMIT_RTTIME is in microseconds, RLIMIT_NICE counts 20 - nice. */
#define ROW_UNDO(NAME, UNIT, SCALE, UNDO, HELP)                                       \
	{                                                                             \
		.name = RLIMIT_PREFIX NAME, .type = TUNABLE_INTEGER, .elements = 1,   \
		.unit = (UNIT), .scale = (SCALE), .minimum = 0, .maximum = INT64_MAX, \
		.scope = TUNABLE_PER_PROCESS, .undo = (UNDO), .since = "2.6.36",      \
		.source = "prlimit(2)", .help = HELP,                                 \
	}
#define ROW(NAME, UNIT, SCALE, HELP) ROW_UNDO(NAME, UNIT, SCALE, TUNABLE_UNDO_FULL, HELP)
/* A process that has used more than a new limit gets a signal at once. */
#define ROW_KILLS(NAME, UNIT, SCALE, HELP) ROW_UNDO(NAME, UNIT, SCALE, TUNABLE_UNDO_NO, HELP)

static const struct tunable rows[] = {
	ROW("as", UNIT_BYTES, 1, "Address space of the process; beyond it memory is refused."),
	ROW("core", UNIT_BYTES, 1, "Size of the core file that a crash leaves behind."),
	ROW_KILLS("cpu", UNIT_SECONDS, 1,
		  "CPU time; at the soft limit SIGXCPU, at the hard one SIGKILL."),
	ROW("data", UNIT_BYTES, 1, "Data segment: initialised, uninitialised and heap."),
	ROW("fsize", UNIT_BYTES, 1, "Size of files that the process writes."),
	ROW("locks", UNIT_COUNT, 1, "Without effect since Linux 2.4.25."),
	ROW("memlock", UNIT_BYTES, 1,
	    "Memory kept from being swapped out; io_uring and BPF of old kernels count here."),
	ROW("msgqueue", UNIT_BYTES, 1, "POSIX message queues of the process's user."),
	ROW("nice", UNIT_COUNT, 1, "Ceiling of the nice value, as 20 - nice."),
	ROW("nofile", UNIT_COUNT, 1,
	    "Descriptors that the process may have open, sockets included: accept(2) fails beyond "
	    "it. At most fs.nr_open."),
	ROW("nproc", UNIT_COUNT, 1, "Processes and threads of the process's user."),
	ROW("rss", UNIT_BYTES, 1, "Without effect since Linux 2.6."),
	ROW("rtprio", UNIT_COUNT, 1, "Ceiling of the realtime priority."),
	ROW_KILLS("rttime", UNIT_SECONDS, 1e-6,
		  "CPU time that a realtime thread may take without a blocking call; at the soft "
		  "limit SIGXCPU, at the hard one SIGKILL."),
	ROW("sigpending", UNIT_COUNT, 1, "Signals queued to the process's user."),
	ROW("stack", UNIT_BYTES, 1, "Stack of the process; threads take it as their default."),
};
static const size_t row_count = ARRAY_LEN(rows);

/* In the order of the rows. */
static const int resources[ARRAY_LEN(rows)] = {
	RLIMIT_AS,     RLIMIT_CORE,   RLIMIT_CPU,	 RLIMIT_DATA,
	RLIMIT_FSIZE,  RLIMIT_LOCKS,  RLIMIT_MEMLOCK,	 RLIMIT_MSGQUEUE,
	RLIMIT_NICE,   RLIMIT_NOFILE, RLIMIT_NPROC,	 RLIMIT_RSS,
	RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK,
};

static int resource_of(const struct target *t)
{
	return resources[t->tunable - rows];
}

/* "rlimit:SELECTOR/RESOURCE"; a control group has slashes of its own. */
static const struct tunable *split(const char *name, char selector[TARGET_NAME_MAX])
{
	const char *start = name + strlen(RLIMIT_PREFIX), *slash;
	const struct tunable *row;

	if (strncmp(name, RLIMIT_PREFIX, strlen(RLIMIT_PREFIX)) != 0)
		return NULL;
	slash = strrchr(start, '/');
	if (slash == NULL || (size_t)(slash - start) >= TARGET_NAME_MAX)
		return NULL;
	row = kind_find_key(&rlimit_kind, slash + 1);
	memcpy(selector, start, (size_t)(slash - start));
	selector[slash - start] = '\0';
	return row;
}

static int unknown_name(const char *name, struct error *e)
{
	char shown[80];

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	return error_set(
		e, -EINVAL, ERROR_INPUT, shown,
		"no limit of this name; write rlimit:PID/RESOURCE, rlimit:NAME/RESOURCE or "
		"rlimit:cgroup=PATH/RESOURCE with a resource such as %s",
		kind_suggest_key(&rlimit_kind, name, "nofile"));
}

/* 1 when the process has meanwhile ended. */
static int make_target(struct os *os, const struct tunable *row, pid_t pid, struct target *ret,
		       struct error *e)
{
	uint64_t start;
	int r = process_start_find(os, pid, &start);

	if (r == -ESRCH)
		return 1;
	if (r < 0)
		return error_errno(e, r, row->name, "reading when the process started");
	*ret = (struct target){ .kind = &rlimit_kind, .tunable = row };
	(void)snprintf(ret->name, sizeof(ret->name), RLIMIT_PREFIX "%d/%s", (int)pid,
		       row->name + strlen(RLIMIT_PREFIX));
	(void)snprintf(ret->identity, sizeof(ret->identity), "process %d start %llu", (int)pid,
		       (unsigned long long)start);
	return 0;
}

static int resolve(const struct place *p, const char *name, struct target_list *ret,
		   struct error *e)
{
	CLEANUP(bytes_done) struct bytes pids = { 0 };
	struct target_list list = { 0 };
	char selector[TARGET_NAME_MAX];
	const struct tunable *row = split(name, selector);
	size_t count;
	int r;

	if (row == NULL)
		return unknown_name(name, e);
	r = process_select(p->os, selector, RLIMIT_TARGETS_MAX, &pids, e);
	if (r < 0)
		return r;
	count = pids.len / sizeof(pid_t);
	list.all = calloc(count, sizeof(*list.all));
	if (list.all == NULL)
		return error_errno(e, -ENOMEM, name, "resolving");
	for (size_t i = 0; r >= 0 && i < count; i++) {
		pid_t pid;

		memcpy(&pid, pids.data + i * sizeof(pid), sizeof(pid));
		r = make_target(p->os, row, pid, &list.all[list.count], e);
		list.count += r == 0;
	}
	if (r >= 0 && list.count == 0)
		r = error_set(e, -ENOENT, ERROR_INPUT, name, "the process has ended");
	if (r < 0)
		target_list_done(&list);
	else
		*ret = list;
	return r < 0 ? r : 0;
}

/* The PID and start of an identity; false when it is none. */
static bool parse_identity(const char *identity, pid_t *ret_pid, uint64_t *ret_start)
{
	struct text_span rest = { identity, strlen(identity) }, word;
	char again[TARGET_IDENTITY_MAX];
	uint64_t number[2] = { 0, 0 };

	for (unsigned int i = 0; i < 4; i++) {
		if (!text_next_word(&rest, &word) ||
		    (i % 2 == 1 && text_parse_u64(word.at, word.len, 10, &number[i / 2]) < 0))
			return false;
	}
	*ret_pid = (pid_t)number[0];
	*ret_start = number[1];
	(void)snprintf(again, sizeof(again), "process %d start %llu", (int)*ret_pid,
		       (unsigned long long)*ret_start);
	return *ret_pid > 0 && strcmp(again, identity) == 0;
}

static const struct tunable *recall(const char *name, const char *identity)
{
	char selector[TARGET_NAME_MAX], number[16];
	const struct tunable *row = split(name, selector);
	uint64_t start;
	pid_t pid;

	if (row == NULL || !parse_identity(identity, &pid, &start))
		return NULL;
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	return strcmp(number, selector) == 0 ? row : NULL;
}

static int gone(const struct target *t, struct error *e)
{
	return error_set(e, -ESTALE, ERROR_FAILED, t->name, "the process has ended");
}

static int present(const struct place *p, const struct target *t, struct error *e)
{
	uint64_t start = 0, now = 0;
	pid_t pid = 0;
	int r;

	if (!parse_identity(t->identity, &pid, &start))
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "malformed identity");
	r = process_start_find(p->os, pid, &now);
	if (r == -ESRCH || (r == 0 && now != start))
		return gone(t, e);
	return r < 0 ? error_errno(e, r, t->name, "reading when the process started") : 0;
}

static int prlimit_failed(const struct target *t, int code, const char *what, struct error *e)
{
	if (code == -ESRCH)
		return gone(t, e);
	if (code == -EPERM)
		return error_set(
			e, code, ERROR_PRIVILEGE, t->name,
			"%s is not permitted: it takes CAP_SYS_RESOURCE for a process of "
			"another user and for raising the hard limit, and no limit on open "
			"files is above fs.nr_open",
			what);
	return error_errno(e, code, t->name, what);
}

static pid_t pid_of(const struct target *t)
{
	uint64_t start;
	pid_t pid;

	/* There is no process -1; 0 would be ourselves. */
	return parse_identity(t->identity, &pid, &start) ? pid : -1;
}

static int read_limit(const struct place *p, const struct target *t, struct held *ret,
		      struct error *e)
{
	struct rlimit limit;
	int r = p->os->ops->prlimit(p->os, pid_of(t), resource_of(t), NULL, &limit);

	if (r < 0)
		return prlimit_failed(t, r, "reading the limit", e);
	ret->undo[0] = '\0';
	rlimit_format(limit, ret->text);
	return 0;
}

/* The words as they are: whether a soft limit alone moves the hard one is for want() to say. */
static int parse(const struct tunable *row, const char *name, const char *words,
		 char ret_to[HELD_TEXT_MAX], struct error *e)
{
	const struct tunable called = tunable_called(row, name);
	struct rlimit limit;
	int r = rlimit_parse_words(&called, words, (struct rlimit){ 0, 0 }, &limit, e);

	if (r == 0)
		(void)snprintf(ret_to, HELD_TEXT_MAX, "%s", words);
	return r;
}

static int want(const struct place *p, const struct target *t, int element, const char *words,
		const struct held *now, char ret_to[HELD_TEXT_MAX], struct error *e)
{
	struct rlimit limit, to;
	int r;

	(void)p;
	if (element >= 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name,
				 "has no elements; give SOFT or SOFT:HARD");
	if (rlimit_parse(now->text, &limit) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "\"%.60s\" is no limit",
				 now->text);
	r = rlimit_parse_words(t->tunable, words, limit, &to, e);
	if (r == 0)
		rlimit_format(to, ret_to);
	return r;
}

static int check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e)
{
	struct rlimit old, new;
	int right;

	if (rlimit_parse(from->text, &old) < 0 || rlimit_parse(to, &new) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "\"%.60s\" is no limit", to);
	if (new.rlim_max == old.rlim_max)
		return 0;
	right = capability_held(p->os, CAPABILITY_SYS_RESOURCE, e);
	if (right != 0)
		return right < 0 ? right : 0;
	if (new.rlim_max > old.rlim_max)
		return error_set(e, -EPERM, ERROR_PRIVILEGE, t->name,
				 "raising the hard limit (%s to %s) takes CAP_SYS_RESOURCE, which "
				 "this run does not have",
				 from->text, to);
	return error_set(e, -EPERM, ERROR_PRIVILEGE, t->name,
			 "lowering the hard limit (%s to %s) could not be undone without "
			 "CAP_SYS_RESOURCE; lower the soft limit alone",
			 from->text, to);
}

static int write_limit(const struct place *p, const struct target *t, const char *to,
		       struct error *e)
{
	struct rlimit limit;
	int r;

	if (rlimit_parse(to, &limit) < 0)
		return error_set(e, -EINVAL, ERROR_INPUT, t->name, "\"%.60s\" is no limit", to);
	r = p->os->ops->prlimit(p->os, pid_of(t), resource_of(t), &limit, NULL);
	return r < 0 ? prlimit_failed(t, r, "setting the limit", e) : 0;
}

static int restore(const struct place *p, const struct target *t, const struct held *from,
		   struct error *e)
{
	return write_limit(p, t, from->text, e);
}

static enum held_relation relate(const struct target *t, const struct held *now,
				 const struct held *from, const char *to)
{
	struct rlimit held, old, new;

	(void)t;
	if (strcmp(now->text, to) == 0)
		return HELD_TO;
	if (strcmp(now->text, from->text) == 0)
		return HELD_FROM;
	if (rlimit_parse(now->text, &held) < 0 || rlimit_parse(from->text, &old) < 0 ||
	    rlimit_parse(to, &new) < 0)
		return HELD_FOREIGN;
	return (held.rlim_cur == old.rlim_cur || held.rlim_cur == new.rlim_cur) &&
			       (held.rlim_max == old.rlim_max || held.rlim_max == new.rlim_max)
		       ? HELD_BETWEEN
		       : HELD_FOREIGN;
}

const struct kind rlimit_kind = {
	.name = "rlimit",
	.prefix = RLIMIT_PREFIX,
	.rows = rows,
	.row_count = &row_count,
	.host_wide = true,
	.fleeting = true,
	.resolve = resolve,
	.recall = recall,
	.parse = parse,
	.present = present,
	.read = read_limit,
	.want = want,
	.check = check,
	.write = write_limit,
	.restore = restore,
	.relate = relate,
};
