/* Any bytes as the content of every file of /proc and /sys: counters, facts, kernel configuration.
 */
#include "host/counters.h"
#include "host/facts.h"
#include "host/procfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text_source {
	struct source source;
	const uint8_t *data;
	size_t len;
};

static int read_text(struct source *s, enum source_scope scope, const char *path, struct bytes *ret,
		     struct error *e)
{
	const struct text_source *t = (const struct text_source *)(const void *)s;

	(void)scope, (void)path, (void)e;
	bytes_clear(ret);
	return bytes_append(ret, t->data, t->len);
}

static void require(bool promise)
{
	if (!promise)
		abort();
}

/* Values lie within one line of the text. */
static void check_field(void *arg, const struct procfile_field *field)
{
	const struct text_span *text = arg;

	require(field->value.at >= text->at &&
		field->value.at + field->value.len <= text->at + text->len);
	require(memchr(field->value.at, '\n', field->value.len) == NULL);
}

static void check_shapes(const uint8_t *data, size_t size)
{
	struct text_span text = { .at = (const char *)data, .len = size };

	procfile_each_pair(text, check_field, &text);
	procfile_each_inline(text, ' ', check_field, &text);
	procfile_each_inline(text, '=', check_field, &text);
	procfile_each_row(text, check_field, &text);
	procfile_each_column(text, check_field, &text);
	procfile_each_key(text, check_field, &text);
	procfile_each_table(text, check_field, &text);
	(void)procfile_find_key(text, "MemTotal");
}

static void check_counters(struct source *s)
{
	struct counters counters;
	char reason[160];

	if (counters_read(s, &counters, NULL) < 0)
		return;
	for (int i = 0; i < COUNTERS; i++) {
		require(counters.known[i] || counters.value[i] == 0);
		(void)counter_reason(&counters, (enum counter)i, reason, sizeof(reason));
		require(counters.known[i] == (reason[0] == '\0'));
	}
}

static void check_facts(struct source *s)
{
	struct facts facts;

	if (facts_read(s, &facts, NULL) < 0)
		return;
	require(memchr(facts.hostname, '\0', sizeof(facts.hostname)) != NULL);
	require(memchr(facts.kernel, '\0', sizeof(facts.kernel)) != NULL);
	require(facts.congestion_available.count <= FACTS_NAMES_MAX);
	(void)facts_available(&facts, "cc", "bbr");
	(void)facts_available(&facts, "qdisc", "fq");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct source_ops ops = { .read_file = read_text };
	struct text_source t = { .source = { .ops = &ops }, .data = data, .len = size };

	check_shapes(data, size);
	check_counters(&t.source);
	check_facts(&t.source);
	return 0;
}
