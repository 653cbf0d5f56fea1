/* The sections and options of TuneD's files, in memory. */
#include "base/array.h"
#include "profiles/tuned_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void option_done(struct tuned_option *o)
{
	free(o->key);
	free(o->value);
}

void tuned_section_clear(struct tuned_section *s)
{
	for (size_t i = 0; i < s->count; i++)
		option_done(&s->options[i]);
	s->count = 0;
}

void tuned_sections_done(struct tuned_sections *s)
{
	for (size_t i = 0; i < s->count; i++) {
		tuned_section_clear(&s->all[i]);
		free(s->all[i].options);
		free(s->all[i].name);
	}
	free(s->all);
	*s = (struct tuned_sections){ 0 };
}

static int no_memory(const char *file, struct error *e)
{
	return error_errno(e, -ENOMEM, file, "reading");
}

static int too_much(const char *file, unsigned int line, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int too_much(const char *file, unsigned int line, struct error *e, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return error_set(e, -EINVAL, ERROR_INPUT, NULL, "%s:%u: %s", file, line, what);
}

struct tuned_section *tuned_section_find(const struct tuned_sections *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->all[i].name, name) == 0)
			return &s->all[i];
	}
	return NULL;
}

int tuned_section_get(struct tuned_sections *s, const char *name, const char *file,
		      unsigned int line, struct tuned_section **ret, struct error *e)
{
	struct tuned_section *found = tuned_section_find(s, name), *grown;
	char *copy;

	if (found != NULL) {
		*ret = found;
		return 0;
	}
	if (s->count == TUNED_SECTIONS_MAX)
		return too_much(file, line, e,
				"is one section too many: a profile may have %d, those of what it "
				"includes among them",
				TUNED_SECTIONS_MAX);
	grown = array_grow(s->all, s->count, &s->capacity, sizeof(*s->all));
	if (grown == NULL)
		return no_memory(file, e);
	s->all = grown;
	copy = strdup(name);
	if (copy == NULL)
		return no_memory(file, e);
	s->all[s->count] = (struct tuned_section){ .name = copy, .file = file, .line = line };
	*ret = &s->all[s->count++];
	return 0;
}

struct tuned_option *tuned_option_find(const struct tuned_section *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->options[i].key, key) == 0)
			return &s->options[i];
	}
	return NULL;
}

static int add_option(struct tuned_section *s, const char *key, const char *value, const char *file,
		      unsigned int line)
{
	struct tuned_option *grown = array_grow(s->options, s->count, &s->capacity,
						sizeof(*s->options));
	struct tuned_option *o;

	if (grown == NULL)
		return -ENOMEM;
	s->options = grown;
	o = &grown[s->count];
	*o = (struct tuned_option){
		.key = strdup(key), .value = strdup(value), .file = file, .line = line
	};
	if (o->key == NULL || o->value == NULL) {
		option_done(o);
		return -ENOMEM;
	}
	s->count++;
	return 0;
}

int tuned_option_set(struct tuned_section *s, const char *key, const char *value, const char *file,
		     unsigned int line, struct error *e)
{
	struct tuned_option *found = tuned_option_find(s, key);
	char *copy;

	if (strlen(value) > TUNED_VALUE_MAX || strlen(key) > TUNED_VALUE_MAX)
		return too_much(file, line, e, "%.64s is longer than %d bytes", key,
				TUNED_VALUE_MAX);
	if (found == NULL && s->count == TUNED_OPTIONS_MAX)
		return too_much(file, line, e, "is one setting too many of [%.64s]: %d at most",
				s->name, TUNED_OPTIONS_MAX);
	if (found == NULL)
		return add_option(s, key, value, file, line) < 0 ? no_memory(file, e) : 0;
	copy = strdup(value);
	if (copy == NULL)
		return no_memory(file, e);
	free(found->value);
	found->value = copy;
	found->file = file;
	found->line = line;
	return 0;
}

void tuned_option_remove(struct tuned_section *s, const char *key)
{
	struct tuned_option *found = tuned_option_find(s, key);
	size_t at;

	if (found == NULL)
		return;
	at = (size_t)(found - s->options);
	option_done(found);
	memmove(found, found + 1, (s->count - at - 1) * sizeof(*found));
	s->count--;
}

const char *tuned_option_value(const struct tuned_section *s, const char *key,
			       const char *otherwise)
{
	const struct tuned_option *found = tuned_option_find(s, key);

	return found != NULL ? found->value : otherwise;
}

bool tuned_value_is_true(const char *value)
{
	return strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "True") == 0;
}
