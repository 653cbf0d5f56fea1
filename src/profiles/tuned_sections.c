/* The sections and options of TuneD's files, in memory. */
#include "profiles/tuned_file.h"

#include <errno.h>
#include <stdint.h>
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

/* Room for one more of `size` bytes; NULL: no memory, and nothing has changed. */
static void *grow(void *all, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity == 0 ? 8 : 2 * *capacity;

	if (count < *capacity)
		return all;
	all = reallocarray(all, wanted, size);
	if (all != NULL)
		*capacity = wanted;
	return all;
}

struct tuned_section *tuned_section_find(const struct tuned_sections *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->all[i].name, name) == 0)
			return &s->all[i];
	}
	return NULL;
}

struct tuned_section *tuned_section_get(struct tuned_sections *s, const char *name,
					const char *file, unsigned int line)
{
	struct tuned_section *found = tuned_section_find(s, name), *grown;
	char *copy;

	if (found != NULL)
		return found;
	grown = grow(s->all, s->count, &s->capacity, sizeof(*s->all));
	if (grown == NULL)
		return NULL;
	s->all = grown;
	copy = strdup(name);
	if (copy == NULL)
		return NULL;
	s->all[s->count] = (struct tuned_section){ .name = copy, .file = file, .line = line };
	return &s->all[s->count++];
}

struct tuned_option *tuned_option_find(const struct tuned_section *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->options[i].key, key) == 0)
			return &s->options[i];
	}
	return NULL;
}

int tuned_option_set(struct tuned_section *s, const char *key, const char *value, const char *file,
		     unsigned int line)
{
	struct tuned_option *found = tuned_option_find(s, key), *grown;
	struct tuned_option o = { .key = NULL, .value = strdup(value), .file = file, .line = line };

	if (o.value == NULL)
		return -ENOMEM;
	if (found != NULL) {
		o.key = found->key;
		free(found->value);
		*found = o;
		return 0;
	}
	grown = grow(s->options, s->count, &s->capacity, sizeof(*s->options));
	if (grown != NULL)
		s->options = grown;
	o.key = grown != NULL ? strdup(key) : NULL;
	if (o.key == NULL) {
		free(o.value);
		return -ENOMEM;
	}
	s->options[s->count++] = o;
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
