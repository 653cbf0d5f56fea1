#include "host/cpus.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/procfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SOFTNET "/proc/net/softnet_stat"
#define PATH_STAT    "/proc/stat"

/* Fields of a line "cpu3 user nice system idle iowait irq softirq steal", proc(5). Guest times are
 * contained in user and nice. */
enum { TIME_IDLE = 3, TIME_IOWAIT = 4, TIME_SOFTIRQ = 6, TIME_FIELDS = 8 };

/* Where softnet_stat has them, from 0; the CPU's number stands after the backlog. */
static const size_t softnet_columns[SOFTNET_COLUMNS] = {
	[SOFTNET_PROCESSED] = 0,    [SOFTNET_DROPPED] = 1,	 [SOFTNET_SQUEEZED] = 2,
	[SOFTNET_RECEIVED_RPS] = 9, [SOFTNET_FLOW_LIMITED] = 10, [SOFTNET_BACKLOG] = 11,
};
enum { SOFTNET_CPU_COLUMN = 12, SOFTNET_WORDS_MAX = 16 };

static int compare_numbers(const void *a, const void *b)
{
	const struct cpu_info *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* "cpu3" but not "cpu". */
static bool parse_cpu_name(struct text_span word, uint32_t *ret)
{
	uint64_t number;

	if (word.len < 4 || memcmp(word.at, "cpu", 3) != 0 ||
	    text_parse_u64(word.at + 3, word.len - 3, 10, &number) < 0 || number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool parse_times(struct text_span line, struct cpu_info *c)
{
	struct text_span word;
	uint64_t value;

	for (size_t i = 0; i < TIME_FIELDS; i++) {
		if (!text_next_word(&line, &word) ||
		    text_parse_u64(word.at, word.len, 10, &value) < 0)
			return false;
		c->time[CPU_TIME_TOTAL] += value;
		if (i == TIME_IDLE || i == TIME_IOWAIT)
			c->time[CPU_TIME_IDLE] += value;
		if (i == TIME_SOFTIRQ)
			c->time[CPU_TIME_SOFTIRQ] = value;
	}
	return true;
}

static int take_stat(struct text_span text, struct cpu_table *t)
{
	struct text_span line, word;

	t->cpus = calloc(text_count_lines(text) + 1, sizeof(*t->cpus));
	if (t->cpus == NULL)
		return -ENOMEM;
	while (text_next_line(&text, &line)) {
		struct cpu_info c = { 0 };

		if (!text_next_word(&line, &word) || !parse_cpu_name(word, &c.number))
			continue;
		c.time_known = parse_times(line, &c);
		t->cpus[t->count++] = c;
	}
	if (t->count > 0)
		qsort(t->cpus, t->count, sizeof(*t->cpus), compare_numbers);
	else
		(void)snprintf(t->time_reason, sizeof(t->time_reason),
			       PATH_STAT " has no line of a CPU");
	return 0;
}

/* The numbers of a line; how many there are. */
static size_t parse_softnet(struct text_span line, uint64_t ret[SOFTNET_WORDS_MAX])
{
	struct text_span word;
	size_t n = 0;

	while (n < SOFTNET_WORDS_MAX && text_next_word(&line, &word) &&
	       text_parse_u64(word.at, word.len, 16, &ret[n]) == 0)
		n++;
	return n;
}

/* Lines without a CPU's number are those of the online CPUs in their order, and only that. */
static struct cpu_info *cpu_of_line(const struct cpu_table *t, const uint64_t *words, size_t n,
				    size_t line, size_t lines)
{
	if (n <= SOFTNET_CPU_COLUMN)
		return lines == t->count ? &t->cpus[line] : NULL;
	for (size_t i = 0; i < t->count; i++) {
		if (t->cpus[i].number == words[SOFTNET_CPU_COLUMN])
			return &t->cpus[i];
	}
	return NULL;
}

static void take_softnet(struct text_span text, struct cpu_table *t)
{
	size_t lines = text_count_lines(text), matched = 0;
	uint64_t words[SOFTNET_WORDS_MAX];
	struct text_span line;

	for (size_t at = 0; text_next_line(&text, &line); at++) {
		size_t n = parse_softnet(line, words);
		struct cpu_info *c = cpu_of_line(t, words, n, at, lines);

		if (c == NULL || n == 0)
			continue;
		matched++;
		for (size_t i = 0; i < SOFTNET_COLUMNS; i++) {
			c->known[i] = softnet_columns[i] < n;
			c->softnet[i] = c->known[i] ? words[softnet_columns[i]] : 0;
		}
	}
	if (matched == 0)
		(void)snprintf(t->softnet_reason, sizeof(t->softnet_reason),
			       PATH_SOFTNET " does not say which CPU a line is about");
}

static int read_file(struct source *s, const char *path, struct bytes *content, char *reason,
		     size_t len, struct error *e)
{
	int r = source_read_file(s, SOURCE_HOST, path, content, NULL);

	if (r == -ENOMEM)
		return error_errno(e, r, path, "cannot read");
	if (r < 0)
		(void)snprintf(reason, len, "%s: %s", path, strerror(-r));
	return r < 0 ? 1 : 0;
}

int cpus_read(struct source *s, struct cpu_table *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	struct cpu_table t = { 0 };
	int r = read_file(s, PATH_STAT, &content, t.time_reason, sizeof(t.time_reason), e);

	if (r == 0 && take_stat(procfile_text(&content), &t) < 0)
		r = error_errno(e, -ENOMEM, PATH_STAT, "cannot read");
	if (r >= 0)
		r = read_file(s, PATH_SOFTNET, &content, t.softnet_reason, sizeof(t.softnet_reason),
			      e);
	if (r < 0) {
		cpu_table_done(&t);
		return r;
	}
	if (r == 0)
		take_softnet(procfile_text(&content), &t);
	*ret = t;
	return 0;
}

void cpu_table_done(struct cpu_table *t)
{
	free(t->cpus);
	*t = (struct cpu_table){ 0 };
}

const struct cpu_info *cpu_find(const struct cpu_table *t, uint32_t number)
{
	const struct cpu_info key = { .number = number };

	if (t->count == 0)
		return NULL;
	return bsearch(&key, t->cpus, t->count, sizeof(*t->cpus), compare_numbers);
}
