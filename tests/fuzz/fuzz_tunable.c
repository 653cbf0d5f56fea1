/* NAME=VALUE as people write it, and NAME[I]=VALUE onto a present value after a further "=". What
 * is accepted must be canonical: parsing it again changes nothing, it equals itself, and a merged
 * element leaves the others alone. */
#include "tunables/tunable_name.h"
#include "tunables/tunable_setting.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 4096

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What a name leads to lies below /proc/sys, without a step up. */
static void check_path(const char *name)
{
	char path[TUNABLE_NAME_MAX + 16];

	require(tunable_name_path(name, path, sizeof(path)) != NULL);
	require(strncmp(path, "/proc/sys/", 10) == 0);
	require(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
	require(strstr(path, "//") == NULL);
}

static void check_setting(const struct tunable *t, const struct tunable_setting *s)
{
	struct tunable_setting again;
	char meaning[64];

	require(tunable_text_equal(t, s->text, s->text));
	require(tunable_text_between(t, s->text, s->text, s->text));
	require(tunable_text_describe(t, s->text, meaning, sizeof(meaning)) == meaning);
	require(strpbrk(s->text, "\t\n") == NULL);
	if (tunable_parse(t, s->text, &again, NULL) == 0)
		require(strcmp(again.text, s->text) == 0);
}

/* Looking for the name nearest to an unknown one takes a thousand times as long as all the rest:
 * one unknown name in sixteen will do. */
static bool is_worth_it(const char *name, size_t variety)
{
	char key[TUNABLE_NAME_MAX];
	size_t len = strcspn(name, "[");

	if (len >= sizeof(key))
		return variety % 16 == 0;
	memcpy(key, name, len);
	key[len] = '\0';
	return tunable_find(key) != NULL || variety % 16 == 0;
}

static void run(const char *name, const char *value, const char *current)
{
	struct tunable_setting s;
	struct tunable_name n;
	struct error e;
	char meaning[64];

	if (!is_worth_it(name, strlen(value)))
		return;
	if (tunable_name_parse(name, &n, &e) < 0)
		return;
	check_path(n.name);
	if (n.element == TUNABLE_WHOLE && tunable_parse(n.tunable, value, &s, &e) == 0) {
		check_setting(n.tunable, &s);
		require(tunable_parse(n.tunable, s.text, &s, &e) == 0);
	}
	if (n.element != TUNABLE_WHOLE &&
	    tunable_parse_element(n.tunable, (unsigned int)n.element, current, value, &s, &e) == 0)
		check_setting(n.tunable, &s);
	(void)tunable_text_describe(n.tunable, value, meaning, sizeof(meaning));
	require(tunable_text_equal(n.tunable, value, current) ==
		tunable_text_equal(n.tunable, current, value));
	require(tunable_text_between(n.tunable, value, current, value) ==
		tunable_text_between(n.tunable, value, value, current));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[INPUT_MAX + 1], *value, *current;

	if (size > INPUT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	value = strchr(text, '=');
	if (value == NULL)
		value = text + strlen(text);
	else
		*value++ = '\0';
	current = strchr(value, '=');
	if (current == NULL)
		current = value + strlen(value);
	else
		*current++ = '\0';
	run(text, value, current);
	return 0;
}
