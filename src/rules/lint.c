#include "rules/lint.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/kernel_number.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct lint *find_in(const struct lint *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].id, name) == 0 || strcmp(rows[i].slug, name) == 0)
			return &rows[i];
	}
	return NULL;
}

const struct lint *lint_find(const char *name)
{
	const struct lint *found = find_in(lints, lint_count, name);

	return found != NULL ? found : find_in(line_lints, line_lint_count, name);
}

unsigned int lint_numbers(const char *text, int64_t ret[4])
{
	struct text_span rest = { text, strlen(text) }, word;
	unsigned int n = 0;

	while (n < 4 && text_next_word(&rest, &word) && kernel_number_parse(word, &ret[n]) == 0)
		n++;
	return n;
}

int lint_value_in_force(const struct lint_host *host, enum source_scope scope, const char *key,
			char *buf, size_t len)
{
	CLEANUP(bytes_done) struct bytes file = { 0 };
	char path[SYSCTL_KEY_MAX + 16];
	size_t used = 0;
	struct text_span rest, line, word;
	int r;

	if (sysctl_key_path(key, path, sizeof(path)) == NULL)
		return -ENAMETOOLONG;
	r = source_read_file(host->source, scope, path, &file, NULL);
	if (r < 0)
		return r;
	rest = (struct text_span){ file.data, file.len };
	buf[0] = '\0';
	if (file.len == 0 || !text_next_line(&rest, &line))
		return 0;
	while (text_next_word(&line, &word) && used + 2 < len) {
		if (used > 0)
			buf[used++] = ' ';
		text_copy_printable(buf + used, len - used, word.at, word.len);
		used += strlen(buf + used);
	}
	return 0;
}

bool lint_value_of(const struct lint_host *host, const char *key, char *buf, size_t len)
{
	const struct sysctl_line *line = sysctl_settings_find(host->settings, key);

	if (line != NULL) {
		(void)snprintf(buf, len, "%s", line->value);
		return true;
	}
	return lint_value_in_force(host, SOURCE_NETNS, key, buf, len) == 0;
}

bool lint_number_of(const struct lint_host *host, const char *key, unsigned int element,
		    int64_t *ret)
{
	char text[128];
	int64_t number[4];

	if (!lint_value_of(host, key, text, sizeof(text)) || lint_numbers(text, number) <= element)
		return false;
	*ret = number[element];
	return true;
}

static bool test_holds(const struct lint *lint, const struct lint_case *c)
{
	int64_t number;

	if (lint->test == LINT_SET)
		return !c->live;
	if (lint->test == LINT_JUDGED)
		return true;
	if (c->numbers <= lint->element)
		return false;
	number = c->number[lint->element];
	switch (lint->test) {
	case LINT_EQUAL:
		return number == lint->limit;
	case LINT_NOT_EQUAL:
		return number != lint->limit;
	case LINT_BELOW:
		return number < lint->limit;
	case LINT_ABOVE:
		return number > lint->limit;
	case LINT_AT_LEAST:
		return number >= lint->limit;
	case LINT_SET:
	case LINT_JUDGED:
		break;
	}
	return false;
}

enum lint_verdict lint_judge(const struct lint *lint, const struct lint_case *c,
			     const char **ret_reason)
{
	const struct facts *f = c->host->facts;

	if (!test_holds(lint, c))
		return LINT_FINE;
	if (lint->since > 0 && f->kernel_major == 0) {
		*ret_reason = "the kernel's version is unknown";
		return LINT_UNKNOWN;
	}
	if (LINT_KERNEL(f->kernel_major, f->kernel_minor) < lint->since)
		return LINT_FINE;
	return lint->also == NULL ? LINT_WRONG : lint->also(lint, c, ret_reason);
}

int lint_report_add(struct lint_report *r, const struct lint *as, const struct sysctl_line *line,
		    const char *key, const char *value, const char *fmt, ...)
{
	struct lint_finding f = { .id = as->id,
				  .slug = as->slug,
				  .severity = as->severity,
				  .file = line != NULL ? line->file : NULL,
				  .line = line != NULL ? line->line : 0,
				  .fix = as->fix,
				  .source = as->source };
	struct lint_finding *grown = array_grow(r->findings, r->count, &r->capacity,
						sizeof(*grown));
	va_list args;
	int n;

	if (grown == NULL)
		return -ENOMEM;
	r->findings = grown;
	va_start(args, fmt);
	n = vasprintf(&f.message, fmt, args);
	va_end(args);
	if (n < 0)
		f.message = NULL;
	f.key = strdup(key);
	f.value = strdup(value);
	r->findings[r->count++] = f;
	return f.message == NULL || f.key == NULL || f.value == NULL ? -ENOMEM : 0;
}

static int add_unjudged(struct lint_report *r, const struct lint *lint, const char *reason)
{
	struct lint_unjudged *grown;

	for (size_t i = 0; i < r->unjudged_count; i++) {
		if (strcmp(r->unjudged[i].id, lint->id) == 0 &&
		    strcmp(r->unjudged[i].key, lint->key) == 0)
			return 0;
	}
	grown = array_grow(r->unjudged, r->unjudged_count, &r->unjudged_capacity, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	r->unjudged = grown;
	r->unjudged[r->unjudged_count++] =
		(struct lint_unjudged){ .id = lint->id, .key = lint->key, .reason = reason };
	return 0;
}

/* The same mistake is told once per line, and not again for the value in force. */
static bool is_reported(const struct lint_report *r, const char *id, const char *key,
			const struct sysctl_line *line)
{
	for (size_t i = r->count; i-- > 0;) {
		const struct lint_finding *f = &r->findings[i];

		if (line != NULL && (f->file != line->file || f->line != line->line))
			return false;
		if (strcmp(f->id, id) == 0 && sysctl_key_matches(f->key, key))
			return true;
	}
	return false;
}

static int judge_one(const struct lint *lint, struct lint_case *c, const struct sysctl_line *line,
		     struct lint_report *r)
{
	const char *reason = NULL;

	c->numbers = lint_numbers(c->value, c->number);
	switch (lint_judge(lint, c, &reason)) {
	case LINT_WRONG:
		if (is_reported(r, lint->id, c->key, line))
			return 0;
		return lint_report_add(r, lint, line, c->key, c->value, "%s", lint->message);
	case LINT_UNKNOWN:
		return add_unjudged(r, lint, reason);
	case LINT_FINE:
		break;
	}
	return 0;
}

/* A glob in a file sets every key that no line names. */
static bool line_sets(const struct lint_host *host, const struct sysctl_line *line,
		      const struct lint *lint)
{
	if (!line->glob)
		return sysctl_key_matches(lint->key, line->key);
	return sysctl_key_matches(line->key, lint->key) &&
	       sysctl_settings_find(host->settings, lint->key) == line;
}

static int judge_line(const struct lint_host *host, const struct sysctl_line *line,
		      struct lint_report *report)
{
	int r = lint_line(host, line, report);

	for (size_t i = 0; i < lint_count && r == 0; i++) {
		struct lint_case c = { .host = host, .key = line->key, .value = line->value };

		if (line_sets(host, line, &lints[i]))
			r = judge_one(&lints[i], &c, line, report);
	}
	return r < 0 ? r : 0;
}

static int judge_in_force(const struct lint_host *host, const struct lint *lint,
			  struct lint_report *report)
{
	char value[128];
	struct lint_case c = { .host = host, .key = lint->key, .value = value, .live = true };
	int r;

	if (lint->test == LINT_SET || strpbrk(lint->key, "*?[") != NULL)
		return 0;
	r = lint_value_in_force(host, SOURCE_NETNS, lint->key, value, sizeof(value));
	if (r < 0) /* not here, or not to be read: nothing is in force that could be wrong */
		return r == -ENOMEM ? r : 0;
	return judge_one(lint, &c, NULL, report);
}

int lint_run(const struct lint_host *host, bool live, struct lint_report *ret, struct error *e)
{
	const struct sysctl_settings *s = host->settings;
	int r = 0;

	for (size_t i = 0; i < s->line_count && r == 0; i++)
		r = judge_line(host, &s->lines[i], ret);
	for (size_t i = 0; live && i < lint_count && r == 0; i++)
		r = judge_in_force(host, &lints[i], ret);
	return r < 0 ? error_errno(e, r, NULL, "judging settings") : 0;
}

void lint_report_done(struct lint_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->findings[i].key);
		free(r->findings[i].value);
		free(r->findings[i].message);
	}
	free(r->findings);
	free(r->unjudged);
	*r = (struct lint_report){ 0 };
}
