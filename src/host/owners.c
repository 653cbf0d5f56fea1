#include "host/owners.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* One line of the scan. */
static int parse_line(struct text_span line, struct owner *ret)
{
	struct text_span inode, pid;
	uint64_t inode_value, pid_value;

	if (!text_next_word(&line, &inode) || !text_next_word(&line, &pid))
		return -EBADMSG;
	if (text_parse_u64(inode.at, inode.len, 10, &inode_value) < 0 || inode_value > UINT32_MAX)
		return -EBADMSG;
	if (text_parse_u64(pid.at, pid.len, 10, &pid_value) < 0 || pid_value > INT_MAX)
		return -EBADMSG;
	/* The name is what follows one blank; it may hold blanks itself. */
	if (line.len > 0) {
		line.at++;
		line.len--;
	}
	*ret = (struct owner){ .inode = (uint32_t)inode_value,
			       .pid = (int)pid_value,
			       .sharers = 1 };
	text_copy_printable(ret->comm, sizeof(ret->comm), line.at, line.len);
	return 0;
}

static int compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Sorts, then leaves one owner per inode, the lowest process, counting different processes. */
static void merge_owners(struct owner_table *t)
{
	size_t kept = 0, i;
	int last_pid = 0;

	qsort(t->owners, t->count, sizeof(*t->owners), compare_owners);
	for (i = 0; i < t->count; i++) {
		const struct owner *o = &t->owners[i];

		if (kept == 0 || t->owners[kept - 1].inode != o->inode)
			t->owners[kept++] = *o;
		else if (o->pid != last_pid)
			t->owners[kept - 1].sharers++;
		last_pid = o->pid;
	}
	t->count = kept;
}

static int parse_scan(struct text_span text, struct owner_table *ret, struct error *e)
{
	struct owner_table t = { 0 };
	struct text_span line;
	size_t lines = text_count_lines(text);

	if (lines > 0) {
		t.owners = calloc(lines, sizeof(*t.owners));
		if (t.owners == NULL)
			return error_errno(e, -ENOMEM, "sockets of processes", "cannot list");
	}
	while (t.count < lines && text_next_line(&text, &line)) {
		if (parse_line(line, &t.owners[t.count]) < 0) {
			owner_table_done(&t);
			return error_set(e, -EBADMSG, ERROR_INPUT, "sockets of processes",
					 "a line of the scan is not INODE PID NAME");
		}
		t.count++;
	}
	if (t.count > 0)
		merge_owners(&t);
	*ret = t;
	return 0;
}

int owners_find(struct source *s, const uint32_t *inodes, size_t n, struct owner_table *ret,
		struct error *e)
{
	struct bytes text = { 0 };
	bool incomplete;
	int r;

	if (n == 0) {
		*ret = (struct owner_table){ 0 };
		return 0;
	}
	r = source_scan_sockets(s, 0, inodes, n, &text, e);
	incomplete = r == -EACCES;
	if (r == 0 || incomplete)
		r = parse_scan((struct text_span){ text.data, text.len }, ret, e);
	/* Whoever could not be looked into holds none of them when all were found. */
	if (r == 0)
		ret->incomplete = incomplete && ret->count < n;
	bytes_done(&text);
	return r;
}

int owners_of_process(struct source *s, int pid, struct owner_table *ret, struct error *e)
{
	struct bytes text = { 0 };
	int r;

	/* 0 would mean every process to the scan. */
	if (pid <= 0)
		return error_set(e, -ESRCH, ERROR_INPUT, NULL, "no process has the number %d", pid);
	r = source_scan_sockets(s, pid, NULL, 0, &text, e);
	if (r == 0)
		r = parse_scan((struct text_span){ text.data, text.len }, ret, e);
	bytes_done(&text);
	return r;
}

static int compare_inode(const void *key, const void *element)
{
	const uint32_t *inode = key;
	const struct owner *o = element;

	return (*inode > o->inode) - (*inode < o->inode);
}

const struct owner *owner_lookup(const struct owner_table *t, uint32_t inode)
{
	if (t->count == 0)
		return NULL;
	return bsearch(&inode, t->owners, t->count, sizeof(*t->owners), compare_inode);
}

void owner_table_done(struct owner_table *t)
{
	free(t->owners);
	*t = (struct owner_table){ 0 };
}
