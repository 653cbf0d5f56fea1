/* Reading what the host has set. */
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/catalogue.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TUNABLE_PATH_MAX (TUNABLE_NAME_MAX + 16)

static void set_unknown(struct tunable_value *v)
{
	for (size_t i = 0; i < TUNABLE_ELEMENTS_MAX; i++)
		v->element[i] = value_unknown(v->reason);
}

/* One blank between words, none around: the kernel separates a vector by tabs. Returns false when
 * the text does not fit. */
static bool normalise(const char *text, size_t text_len, char *buf, size_t size)
{
	struct text_span rest = { text, text_len }, line, word;
	size_t len = 0;

	buf[0] = '\0';
	if (text_len == 0 || !text_next_line(&rest, &line))
		return true;
	while (text_next_word(&line, &word)) {
		if (len + (len > 0 ? 1 : 0) + word.len >= size)
			return false;
		if (len > 0)
			buf[len++] = ' ';
		text_copy_printable(buf + len, size - len, word.at, word.len);
		len += strlen(buf + len);
	}
	return true;
}

static int parse_numbers(const struct tunable *t, struct tunable_value *v)
{
	struct text_span rest = { v->text, strlen(v->text) }, word;
	struct value element[TUNABLE_ELEMENTS_MAX];
	unsigned int n = 0;
	int64_t number;

	while (text_next_word(&rest, &word)) {
		if (n >= t->elements || text_parse_i64(word.at, word.len, &number) != 0)
			return -EINVAL;
		element[n++] = value_number(tunable_from_kernel(t, number));
	}
	if (n != t->elements)
		return -EINVAL;
	memcpy(v->element, element, n * sizeof(element[0]));
	return 0;
}

void tunable_value_take(const struct tunable *t, const char *text, size_t len,
			struct tunable_value *v)
{
	*v = (struct tunable_value){ .exists = true };
	set_unknown(v);
	if (!normalise(text, len, v->text, sizeof(v->text))) {
		v->text[0] = '\0';
		(void)snprintf(v->reason, sizeof(v->reason), "%s is longer than %zu bytes", t->name,
			       sizeof(v->text));
		return;
	}
	if (t->unit == UNIT_TEXT) {
		v->element[0] = value_text(v->text);
		return;
	}
	if (parse_numbers(t, v) < 0)
		(void)snprintf(v->reason, sizeof(v->reason), "%s holds \"%.40s\", not %u number%s",
			       t->name, v->text, t->elements, t->elements == 1 ? "" : "s");
}

static void explain(const struct tunable *t, int code, struct tunable_value *v)
{
	if (code == -ENOENT && t->since != NULL)
		(void)snprintf(v->reason, sizeof(v->reason),
			       "%s does not exist here; Linux has it since %s", t->name, t->since);
	else if (code == -ENOENT)
		(void)snprintf(v->reason, sizeof(v->reason), "%s does not exist here", t->name);
	else if (code == -EISDIR)
		(void)snprintf(v->reason, sizeof(v->reason), "%s is one setting of each interface",
			       t->name);
	else if (code == -ENODATA)
		(void)snprintf(v->reason, sizeof(v->reason), "%s is not in this recording",
			       t->name);
	else
		(void)snprintf(v->reason, sizeof(v->reason), "%s: %s", t->name, strerror(-code));
	v->exists = code != -ENOENT && code != -ENODATA && code != -EISDIR;
}

/* Keys such as net.core.rmem_max are shown in every namespace, others in the initial one only. */
static int read_key(struct source *s, const struct tunable *t, struct bytes *file)
{
	char path[TUNABLE_PATH_MAX];
	int r;

	if (tunable_is_pattern(t))
		return -EISDIR;
	if (tunable_path(t, path, sizeof(path)) == NULL)
		return -ENAMETOOLONG;
	r = source_read_file(s, SOURCE_NETNS, path, file, NULL);
	if (t->scope == TUNABLE_INIT_ONLY && (r == -ENOENT || r == -ENODATA))
		r = source_read_file(s, SOURCE_HOST, path, file, NULL);
	return r;
}

/* 0 or -ENOMEM. */
static int read_value(struct source *s, const struct tunable *t, struct bytes *file,
		      struct tunable_value *ret)
{
	int r = read_key(s, t, file);

	if (r == -ENOMEM)
		return r;
	set_unknown(ret);
	if (r == 0)
		tunable_value_take(t, file->data, file->len, ret);
	else
		explain(t, r, ret);
	return 0;
}

static void leave_out(const struct tunable *t, struct tunable_value *ret)
{
	set_unknown(ret);
	(void)snprintf(ret->reason, sizeof(ret->reason), "%s was not asked for", t->name);
}

int tunable_values_read_some(struct source *s, const bool *wanted, struct tunable_values *ret,
			     struct error *e)
{
	CLEANUP(bytes_done) struct bytes file = { 0 };
	struct tunable_value *values = calloc(tunable_count, sizeof(*values));

	if (values == NULL)
		return error_errno(e, -ENOMEM, NULL, "settings");
	for (size_t i = 0; i < tunable_count; i++) {
		if (wanted != NULL && !wanted[i]) {
			leave_out(&tunables[i], &values[i]);
		} else if (read_value(s, &tunables[i], &file, &values[i]) < 0) {
			free(values);
			return error_errno(e, -ENOMEM, tunables[i].name, "reading");
		}
	}
	ret->values = values;
	return 0;
}

int tunable_values_read(struct source *s, struct tunable_values *ret, struct error *e)
{
	return tunable_values_read_some(s, NULL, ret, e);
}

void tunable_values_done(struct tunable_values *v)
{
	free(v->values);
	v->values = NULL;
}

const struct tunable_value *tunable_value_of(const struct tunable_values *v,
					     const struct tunable *t)
{
	return v->values == NULL ? NULL : &v->values[t - tunables];
}
