#include "host/shared_answers.h"

#include "base/text.h"
#include "host/socket_scan.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool shared_answers_has(enum source_scope scope, const char *path)
{
	if (starts_with(path, "/netwright/")) /* pseudo files are each source's own */
		return false;
	return scope == SOURCE_HOST ||
	       !(starts_with(path, "/proc/net/") || starts_with(path, "/proc/sys/net/"));
}

/* --- files ------------------------------------------------------------------------------------ */

static int compare_names(const void *a, const void *b)
{
	const struct shared_answer *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void free_answer(void *node)
{
	struct shared_answer *answer = node;

	free(answer->name);
	bytes_done(&answer->content);
	free(answer);
}

static void forget(struct shared_answers *a)
{
	tdestroy(a->tree, free_answer);
	bytes_done(&a->scan);
	free(a->held);
	process_scan_done(&a->processes);
	*a = (struct shared_answers){ .round = a->round };
}

void shared_answers_begin(struct shared_answers *a, uint64_t round)
{
	if (round == a->round)
		return;
	forget(a);
	a->round = round;
}

const struct shared_answer *shared_answers_find(const struct shared_answers *a, const char *name)
{
	const struct shared_answer key = { .name = (char *)(uintptr_t)name };
	void *const *node = tfind(&key, &a->tree, compare_names);

	return node != NULL ? *node : NULL;
}

int shared_answers_keep(struct shared_answers *a, const char *name, int result, uint64_t time_ns,
			const struct bytes *content)
{
	struct shared_answer *answer = calloc(1, sizeof(*answer));
	void *const *node;

	if (answer == NULL)
		return -ENOMEM;
	*answer = (struct shared_answer){
		.name = strdup(name),
		.result = result,
		.time_ns = time_ns,
	};
	if (answer->name == NULL ||
	    (result == 0 && bytes_append(&answer->content, content->data, content->len) < 0)) {
		free_answer(answer);
		return -ENOMEM;
	}
	node = tsearch(answer, &a->tree, compare_names);
	if (node == NULL || *node != answer)
		free_answer(answer);
	return node == NULL ? -ENOMEM : 0;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static int compare_held(const void *a, const void *b)
{
	const struct held_socket *x = a, *y = b;

	return x->inode != y->inode ? (x->inode > y->inode) - (x->inode < y->inode)
				    : (x->line > y->line) - (x->line < y->line);
}

/* The lines of the scan, by their first word. */
static int index_scan(struct shared_answers *a)
{
	struct text_span rest = { a->scan.data, a->scan.len }, line, word;
	size_t lines = 0;

	while (text_next_line(&rest, &line))
		lines++;
	a->held = calloc(lines + 1, sizeof(*a->held));
	if (a->held == NULL)
		return -ENOMEM;
	rest = (struct text_span){ a->scan.data, a->scan.len };
	while (a->held_count < lines && text_next_line(&rest, &line)) {
		const size_t offset = (size_t)(line.at - a->scan.data);
		uint64_t inode;

		if (!text_next_word(&line, &word) ||
		    text_parse_u64(word.at, word.len, 10, &inode) < 0 || inode > UINT32_MAX)
			return -EBADMSG;
		a->held[a->held_count++] = (struct held_socket){ (uint32_t)inode, offset };
	}
	qsort(a->held, a->held_count, sizeof(*a->held), compare_held);
	return 0;
}

static int scan_once(struct shared_answers *a, struct error *e)
{
	int r;

	if (a->scanned)
		return 0;
	a->scan_result = socket_scan(0, NULL, 0, &a->scan, e);
	if (a->scan_result < 0 && a->scan_result != -EACCES)
		return a->scan_result;
	r = index_scan(a);
	a->scanned = r == 0;
	return r < 0 ? error_errno(e, r, "sockets of processes", "cannot list") : 0;
}

static size_t first_held(const struct shared_answers *a, uint32_t inode)
{
	size_t low = 0, high = a->held_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (a->held[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int append_held(const struct shared_answers *a, uint32_t inode, struct bytes *ret)
{
	int r = 0;

	for (size_t i = first_held(a, inode);
	     r == 0 && i < a->held_count && a->held[i].inode == inode; i++) {
		const char *line = a->scan.data + a->held[i].line;

		r = bytes_append(ret, line, strcspn(line, "\n") + 1);
	}
	return r;
}

static int scan_all(struct shared_answers *a, const uint32_t *inodes, size_t n, struct bytes *ret,
		    struct error *e)
{
	int r = scan_once(a, e);

	if (r == 0 && inodes == NULL)
		r = bytes_append(ret, a->scan.data, a->scan.len);
	for (size_t i = 0; r == 0 && inodes != NULL && i < n; i++)
		r = append_held(a, inodes[i], ret);
	if (r == 0 && a->scan_result == -EACCES)
		return error_set(e, -EACCES, ERROR_PRIVILEGE, "/proc",
				 "the sockets of some processes cannot be seen; run as root");
	return r;
}

static int scan_one(struct shared_answers *a, int pid, struct bytes *ret, struct error *e)
{
	const struct shared_answer *answer;
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "sockets of %d", pid);
	answer = shared_answers_find(a, name);
	if (answer == NULL) {
		r = socket_scan(pid, NULL, 0, ret, e);
		return shared_answers_keep(a, name, r, 0, ret) < 0 ? -ENOMEM : r;
	}
	if (answer->result < 0)
		return error_errno(e, answer->result, name, "cannot list");
	return bytes_append(ret, answer->content.data, answer->content.len);
}

int shared_answers_scan(struct shared_answers *a, int pid, const uint32_t *inodes, size_t n,
			struct bytes *ret, struct error *e)
{
	if (pid == 0)
		return scan_all(a, inodes, n, ret, e);
	return inodes == NULL ? scan_one(a, pid, ret, e) : socket_scan(pid, inodes, n, ret, e);
}

int shared_answers_processes(struct shared_answers *a, const struct process_scan **ret)
{
	if (!a->processes_read)
		a->processes_result = process_scan_read(&a->processes);
	a->processes_read = true;
	*ret = &a->processes;
	return a->processes_result;
}

void shared_answers_done(struct shared_answers *a)
{
	forget(a);
	a->round = 0;
}
