#include "apply/tuned_profile.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (1u << 20) /* stock profiles have 4 KB */
#define FILES_MAX      32	  /* of a chain of includes; the longest stock one has five */
#define SETTINGS_MAX   4096
#define PROFILE_CONF   "tuned.conf"

/* Where profiles are, what wins first: TuneD before and since 2.23. */
static const char *const directories[] = {
	"/etc/tuned/profiles",
	"/etc/tuned",
	"/usr/lib/tuned/profiles",
	"/usr/lib/tuned",
};

struct loader {
	struct os *os;
	const char *root;
	struct tuned_profile *profile;
	char loaded[FILES_MAX][TUNED_FILE_MAX];
	size_t loaded_count;
};

/* A section while its lines are read. */
struct section {
	char name[64];
	bool is_sysctl, enabled;
};

static void trim(struct text_span *s)
{
	while (s->len > 0 && (*s->at == ' ' || *s->at == '\t')) {
		s->at++;
		s->len--;
	}
	while (s->len > 0 && strchr(" \t\r", s->at[s->len - 1]) != NULL)
		s->len--;
}

/* A comment begins with # after a blank; the value may stand in quotation marks. */
static void trim_value(struct text_span *s)
{
	for (size_t i = 1; i < s->len; i++) {
		if (s->at[i] == '#' && (s->at[i - 1] == ' ' || s->at[i - 1] == '\t')) {
			s->len = i;
			break;
		}
	}
	trim(s);
	if (s->len >= 2 && s->at[0] == '"' && s->at[s->len - 1] == '"') {
		s->at++;
		s->len -= 2;
	}
}

static bool split_line(struct text_span line, struct text_span *key, struct text_span *value)
{
	const char *equals = memchr(line.at, '=', line.len);

	if (equals == NULL)
		return false;
	*key = (struct text_span){ line.at, (size_t)(equals - line.at) };
	*value = (struct text_span){ equals + 1, line.len - key->len - 1 };
	trim(key);
	trim_value(value);
	return key->len > 0;
}

/* TuneD's words for true; anything else, "yes" included, is false. */
static bool is_true(struct text_span s)
{
	return text_span_equal(s, "1") || text_span_equal(s, "true") || text_span_equal(s, "True");
}

static void forget_section(struct tuned_profile *p, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->settings[i].section, name) != 0)
			p->settings[kept++] = p->settings[i];
	}
	p->count = kept;
}

static int add_setting(struct loader *l, const struct section *s, const char *file,
		       unsigned int line, struct text_span key, struct text_span value)
{
	struct tuned_profile *p = l->profile;
	struct tuned_setting *grown, *added;

	if (p->count >= SETTINGS_MAX)
		return 0;
	grown = reallocarray(p->settings, p->count + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	p->settings = grown;
	added = &grown[p->count];
	*added = (struct tuned_setting){ .line = line };
	if (sysctl_key_normalise(key.at, key.len, added->key) < 0)
		return 0;
	memcpy(added->section, s->name, sizeof(added->section));
	text_copy_printable(added->file, sizeof(added->file), file, strlen(file));
	if (memmem(value.at, value.len, "${", 2) == NULL)
		text_copy_printable(added->value, sizeof(added->value), value.at, value.len);
	p->count++;
	return 0;
}

static int take_option(struct loader *l, struct section *s, const char *file, unsigned int line,
		       struct text_span key, struct text_span value)
{
	if (text_span_equal(key, "type")) {
		s->is_sysctl = text_span_equal(value, "sysctl");
	} else if (text_span_equal(key, "enabled")) {
		s->enabled = is_true(value);
		if (!s->enabled)
			forget_section(l->profile, s->name);
	} else if (text_span_equal(key, "replace")) {
		if (is_true(value))
			forget_section(l->profile, s->name);
	} else if (s->is_sysctl && s->enabled && memchr(key.at, '.', key.len) != NULL) {
		return add_setting(l, s, file, line, key, value);
	}
	return 0;
}

static void begin_section(struct section *s, struct text_span line)
{
	size_t len = line.len >= 2 ? line.len - 2 : 0;

	*s = (struct section){ .enabled = true };
	text_copy_printable(s->name, sizeof(s->name), line.at + 1, len);
	s->is_sysctl = strcmp(s->name, "sysctl") == 0;
}

static int take_lines(struct loader *l, const char *file, const struct bytes *text)
{
	struct text_span rest = { text->data, text->len }, line, key, value;
	struct section section = { .enabled = true };
	unsigned int number = 0;
	int r = 0;

	while (r == 0 && text_next_line(&rest, &line)) {
		number++;
		trim(&line);
		if (line.len == 0 || *line.at == '#' || *line.at == ';')
			continue;
		if (*line.at == '[')
			begin_section(&section, line);
		else if (split_line(line, &key, &value))
			r = take_option(l, &section, file, number, key, value);
	}
	return r;
}

static bool is_loaded(const struct loader *l, const char *file)
{
	for (size_t i = 0; i < l->loaded_count; i++) {
		if (strcmp(l->loaded[i], file) == 0)
			return true;
	}
	return false;
}

/* The first file of a profile that was not loaded yet: one in /etc may include its own name, and
 * means the stock one. */
static int open_profile(struct loader *l, struct text_span name, struct bytes *text,
			const char **ret_file)
{
	char path[TUNED_FILE_MAX + 512];
	char *file = l->loaded[l->loaded_count < FILES_MAX ? l->loaded_count : 0];

	if (l->loaded_count >= FILES_MAX || name.len == 0 || name.len > 64 ||
	    memchr(name.at, '/', name.len) != NULL)
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_LEN(directories); i++) {
		(void)snprintf(file, TUNED_FILE_MAX, "%s/%.*s/" PROFILE_CONF, directories[i],
			       (int)name.len, name.at);
		(void)snprintf(path, sizeof(path), "%.500s%s", l->root, file);
		if (!is_loaded(l, file) && os_read_file(l->os, path, FILE_BYTES_MAX, text) == 0) {
			l->loaded_count++;
			*ret_file = file;
			return 0;
		}
	}
	return -ENOENT;
}

/* The value of `include` in [main]; empty when there is none. */
static struct text_span find_include(const struct bytes *text)
{
	struct text_span rest = { text->data, text->len }, line, key, value;
	struct text_span found = { "", 0 };
	bool in_main = false;

	while (text_next_line(&rest, &line)) {
		trim(&line);
		if (line.len > 0 && *line.at == '[')
			in_main = text_span_equal(line, "[main]");
		else if (in_main && split_line(line, &key, &value) &&
			 text_span_equal(key, "include"))
			found = value;
	}
	return found;
}

static int load_profile(struct loader *l, struct text_span name);

static int load_parents(struct loader *l, const struct bytes *text)
{
	struct text_span list = find_include(text);
	int r = 0;

	while (r == 0 && list.len > 0) {
		struct text_span name = { list.at, 0 };

		while (name.len < list.len && strchr(",;", list.at[name.len]) == NULL)
			name.len++;
		list.at += name.len;
		list.len -= name.len;
		if (list.len > 0) {
			list.at++;
			list.len--;
		}
		trim(&name);
		if (name.len > 0 && *name.at == '-') { /* it may be missing */
			name.at++;
			name.len--;
		}
		r = load_profile(l, name);
	}
	return r;
}

/* The depth is bounded by FILES_MAX: each file is loaded once. */
static int load_profile(struct loader *l, struct text_span name)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	const char *file;
	int r;

	if (open_profile(l, name, &text, &file) < 0)
		return 0;
	r = load_parents(l, &text);
	return r < 0 ? r : take_lines(l, file, &text);
}

static int load_named(struct loader *l, const char *file)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span rest, line, word;
	char path[512];
	int r = 0;

	(void)snprintf(path, sizeof(path), "%.400s%s", l->root, file);
	if (os_read_file(l->os, path, FILE_BYTES_MAX, &text) < 0)
		return 0;
	rest = (struct text_span){ text.data, text.len };
	if (!text_next_line(&rest, &line))
		return 0;
	trim(&line);
	if (l->profile->name[0] == '\0')
		text_copy_printable(l->profile->name, sizeof(l->profile->name), line.at, line.len);
	while (r == 0 && text_next_word(&line, &word))
		r = load_profile(l, word);
	return r;
}

int tuned_profile_load(struct os *os, const char *root, struct tuned_profile *ret)
{
	struct loader *l = calloc(1, sizeof(*l));
	int r;

	*ret = (struct tuned_profile){ 0 };
	if (l == NULL)
		return -ENOMEM;
	l->os = os;
	l->root = root;
	l->profile = ret;
	r = load_named(l, "/etc/tuned/active_profile");
	if (r == 0)
		r = load_named(l, "/etc/tuned/post_loaded_profile");
	free(l);
	if (r < 0)
		tuned_profile_done(ret);
	return r;
}

void tuned_profile_done(struct tuned_profile *p)
{
	free(p->settings);
	*p = (struct tuned_profile){ 0 };
}

const struct tuned_setting *tuned_profile_find(const struct tuned_profile *p, const char *key)
{
	for (size_t i = p->count; i > 0; i--) {
		if (strcmp(p->settings[i - 1].key, key) == 0)
			return &p->settings[i - 1];
	}
	return NULL;
}
