#include "apply/tuned_active.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rules/config_text.h"
#include "tunables/sysctl_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ROOT_MAX 400

/* The layouts of TuneD up to 2.22 and since 2.23, the administrator's before the distribution's. */
static const char *const layouts[] = { "/etc/tuned/profiles", "/etc/tuned",
				       "/usr/lib/tuned/profiles", "/usr/lib/tuned" };

static int load_one(const char *root, struct text_span name, struct tuned_active *a)
{
	char directories[ARRAY_LEN(layouts)][ROOT_MAX + 32], text[128];
	struct tuned_search search = { .count = ARRAY_LEN(layouts) };
	struct tuned_profile *p = &a->profiles[a->count];
	int r;

	if (a->count == TUNED_ACTIVE_MAX || name.len >= sizeof(text))
		return 0;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	for (size_t i = 0; i < search.count; i++) {
		(void)snprintf(directories[i], sizeof(directories[i]), "%.*s%s", ROOT_MAX, root,
			       layouts[i]);
		search.directories[i] = directories[i];
	}
	r = tuned_profile_load(&search, text, p, NULL);
	if (r == 0) {
		a->count++;
		return 0;
	}
	tuned_profile_done(p);
	return r == -ENOMEM ? r : 0;
}

/* The names in the first line of a file. */
static int load_named(const char *root, const char *file, struct tuned_active *a)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span rest, line, word;
	char path[ROOT_MAX + 64];
	int r;

	(void)snprintf(path, sizeof(path), "%.*s%s", ROOT_MAX, root, file);
	r = config_text_read_file(path, &text, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	rest = (struct text_span){ text.data, text.len };
	if (!text_next_line(&rest, &line))
		return 0;
	if (a->name[0] == '\0')
		text_copy_printable(a->name, sizeof(a->name), line.at, line.len);
	while (r == 0 && text_next_word(&line, &word))
		r = load_one(root, word, a);
	return r;
}

int tuned_active_load(const char *root, struct tuned_active *ret)
{
	int r = load_named(root, "/etc/tuned/active_profile", ret);

	ret->root_len = strlen(root);
	return r < 0 ? r : load_named(root, "/etc/tuned/post_loaded_profile", ret);
}

void tuned_active_done(struct tuned_active *a)
{
	for (size_t i = 0; i < a->count; i++)
		tuned_profile_done(&a->profiles[i]);
	*a = (struct tuned_active){ 0 };
}

static bool is_sysctls(const struct tuned_section *s)
{
	return strcmp(tuned_option_value(s, "type", s->name), "sysctl") == 0 &&
	       tuned_value_is_true(tuned_option_value(s, "enabled", "1"));
}

static const struct tuned_option *find_option(const struct tuned_section *s, const char *key)
{
	char dotted[SYSCTL_KEY_MAX];

	for (size_t i = s->count; i > 0; i--) {
		const char *name = s->options[i - 1].key;

		if (sysctl_key_normalise(name, strlen(name), dotted) == 0 &&
		    strcmp(dotted, key) == 0)
			return &s->options[i - 1];
	}
	return NULL;
}

/* Without the quotes, which TuneD takes off; "" when a variable or a function is left in it, or it
 * is too long for a sysctl. */
static int expand(const struct tuned_profile *p, const char *value, char *buf, size_t size)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	enum tuned_unexpanded left = TUNED_EXPANDED;
	struct text_span s;
	int r;

	buf[0] = '\0';
	r = tuned_variables_expand(&p->variables, value, &text, &left);
	if (r == -E2BIG)
		return 0;
	if (r < 0)
		return r;
	if (left != TUNED_EXPANDED || text.len == 0)
		return 0;
	s = (struct text_span){ text.data, text.len };
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		s = (struct text_span){ s.at + 1, s.len - 2 };
	text_copy_printable(buf, size, s.at, s.len);
	return 0;
}

int tuned_active_find(const struct tuned_active *a, const char *key,
		      struct tuned_active_setting *ret)
{
	for (size_t i = a->count; i > 0; i--) {
		const struct tuned_profile *p = &a->profiles[i - 1];

		for (size_t j = p->units.count; j > 0; j--) {
			const struct tuned_section *s = &p->units.all[j - 1];
			const struct tuned_option *o = is_sysctls(s) ? find_option(s, key) : NULL;

			if (o == NULL)
				continue;
			ret->file = o->file + a->root_len;
			ret->line = o->line;
			return expand(p, o->value, ret->value, sizeof(ret->value)) < 0 ? -ENOMEM
										       : 1;
		}
	}
	return 0;
}
