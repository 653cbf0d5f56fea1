#include "host/processes.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/procfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool next_number(struct text_span *rest, uint64_t *ret)
{
	struct text_span word;

	return text_next_word(rest, &word) && text_parse_u64(word.at, word.len, 10, ret) == 0;
}

/* What follows one blank; it may hold blanks itself. */
static void take_rest(struct text_span rest, char *buf, size_t size)
{
	if (rest.len > 0) {
		rest.at++;
		rest.len--;
	}
	text_copy_printable(buf, size, rest.at, rest.len);
}

static int add_process(struct process_table *t, struct text_span rest)
{
	struct process_info p = { 0 };
	uint64_t pid;

	if (!next_number(&rest, &pid) || pid == 0 || pid > INT32_MAX ||
	    !next_number(&rest, &p.descriptors) || !next_number(&rest, &p.soft) ||
	    !next_number(&rest, &p.hard) || t->count == PROCESSES_KEPT_MAX)
		return -EBADMSG;
	p.pid = (int)pid;
	take_rest(rest, p.comm, sizeof(p.comm));
	t->processes[t->count++] = p;
	return 0;
}

static int take_line(struct process_table *t, struct text_span line)
{
	struct text_span key;
	uint64_t number;

	if (!text_next_word(&line, &key))
		return 0;
	if (text_span_equal(key, "process"))
		return add_process(t, line);
	if (text_span_equal(key, "cgroup")) {
		if (t->count == 0)
			return -EBADMSG;
		take_rest(line, t->processes[t->count - 1].cgroup, PROCESS_CGROUP_MAX);
		return 0;
	}
	if (!next_number(&line, &number))
		return -EBADMSG;
	if (text_span_equal(key, "scanned"))
		t->scanned = number;
	else if (text_span_equal(key, "unseen"))
		t->unseen = number;
	else if (text_span_equal(key, "hidden"))
		t->hidden = number != 0;
	return 0;
}

static int parse(struct text_span text, struct process_table *ret, struct error *e)
{
	struct process_table t = { .read = true };
	struct text_span line;

	t.processes = calloc(PROCESSES_KEPT_MAX, sizeof(*t.processes));
	if (t.processes == NULL)
		return error_errno(e, -ENOMEM, "processes", "cannot list");
	while (text_next_line(&text, &line)) {
		if (take_line(&t, line) == 0)
			continue;
		process_table_done(&t);
		return error_set(e, -EBADMSG, ERROR_INPUT, SOURCE_PROCESSES_PATH,
				 "\"%.*s\" is no line of a list of processes; the recording is "
				 "damaged",
				 line.len < 60 ? (int)line.len : 60, line.at);
	}
	*ret = t;
	return 0;
}

int processes_read(struct source *s, struct process_table *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	int r = source_read_file(s, SOURCE_NETNS, SOURCE_PROCESSES_PATH, &content, NULL);

	if (r == -ENOMEM)
		return error_errno(e, r, "processes", "cannot list");
	if (r < 0) {
		*ret = (struct process_table){ 0 };
		/* A recording made before processes were looked at. */
		(void)snprintf(ret->reason, sizeof(ret->reason), "%s",
			       r == -ENODATA ? "the recording does not hold them" : strerror(-r));
		return 0;
	}
	return parse(procfile_text(&content), ret, e);
}

void process_table_done(struct process_table *t)
{
	free(t->processes);
	*t = (struct process_table){ 0 };
}
