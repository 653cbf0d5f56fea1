#include "tunables/sysctl_file.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char glob_characters[] = "*?[";

static void swap_separators(char *key)
{
	for (; *key != '\0'; key++) {
		if (*key == '.')
			*key = '/';
		else if (*key == '/')
			*key = '.';
	}
}

/* Parts as they stand in a path: none may be empty or lead elsewhere. */
static bool path_is_sound(const char *path)
{
	for (const char *at = path;;) {
		size_t len = strcspn(at, "/");

		if (len == 0 || (len == 1 && at[0] == '.') ||
		    (len == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += len;
		if (*at == '\0')
			return true;
		at++;
	}
}

int sysctl_key_normalise(const char *text, size_t len, char ret[SYSCTL_KEY_MAX])
{
	char key[SYSCTL_KEY_MAX];
	size_t first;

	if (len >= sizeof(key))
		return -ENAMETOOLONG;
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return -EINVAL;
		key[i] = text[i];
	}
	key[len] = '\0';
	first = strcspn(key, "./");
	if (key[first] == '.')
		swap_separators(key);
	if (!path_is_sound(key))
		return -EINVAL;
	swap_separators(key);
	memcpy(ret, key, len + 1);
	return 0;
}

const char *sysctl_key_path(const char *key, char *buf, size_t len)
{
	static const char root[] = "/proc/sys/";
	int n = snprintf(buf, len, "%s%s", root, key);

	if (n < 0 || (size_t)n >= len)
		return NULL;
	swap_separators(buf + sizeof(root) - 1);
	return buf;
}

bool sysctl_key_matches(const char *glob, const char *key)
{
	char pattern[SYSCTL_KEY_MAX], path[SYSCTL_KEY_MAX];

	if (strlen(glob) >= sizeof(pattern) || strlen(key) >= sizeof(path))
		return false;
	(void)snprintf(pattern, sizeof(pattern), "%s", glob);
	(void)snprintf(path, sizeof(path), "%s", key);
	swap_separators(pattern);
	swap_separators(path);
	return fnmatch(pattern, path, FNM_PATHNAME | FNM_NOESCAPE) == 0;
}

static char *printable_copy(struct text_span span)
{
	char *copy = malloc(span.len + 1);

	if (copy != NULL)
		text_copy_printable(copy, span.len + 1, span.at, span.len);
	return copy;
}

/* Vectors are often written with tabs, which are as good as blanks to the kernel. */
static char *value_copy(struct text_span span)
{
	char *copy = printable_copy(span);

	for (size_t i = 0; copy != NULL && copy[i] != '\0'; i++) {
		if (span.at[i] == '\t')
			copy[i] = ' ';
	}
	return copy;
}

/* Splits a line that is neither blank nor a comment. Returns 0 or -ENOMEM. */
static int parse_line(struct text_span line, struct sysctl_line *ret)
{
	struct text_span key, value = { 0 };
	char normal[SYSCTL_KEY_MAX] = "";

	if (line.at[0] == '-') {
		ret->ignores_errors = true;
		line = (struct text_span){ line.at + 1, line.len - 1 };
	}
	key = text_span_trim(line);
	if (text_split_setting(line, &key, &value)) {
		ret->value = value_copy(value);
		if (ret->value == NULL)
			return -ENOMEM;
	} else if (!ret->ignores_errors) {
		ret->problem = "not of the form key = value";
	}
	if (ret->problem == NULL && sysctl_key_normalise(key.at, key.len, normal) < 0)
		ret->problem = "no name of a setting before the equals sign";
	else if (ret->problem == NULL && ret->value != NULL && value.len == 0)
		ret->problem = "no value after the equals sign";
	ret->glob = strpbrk(normal, glob_characters) != NULL;
	ret->key = strdup(normal);
	return ret->key == NULL ? -ENOMEM : 0;
}

static void line_done(struct sysctl_line *line)
{
	free(line->key);
	free(line->value);
}

static int add_line(struct sysctl_settings *s, struct text_span text, unsigned int number)
{
	struct sysctl_line line = { .file = s->files[s->file_count - 1],
				    .line = number,
				    .overridden_by = SIZE_MAX };
	struct sysctl_line *grown;
	bool too_long = text.len >= SYSCTL_LINE_MAX;

	text = text_span_trim(text);
	if (text.len == 0 || text.at[0] == '#' || text.at[0] == ';')
		return 0;
	grown = array_grow(s->lines, s->line_count, &s->line_capacity, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	s->lines = grown;
	if (too_long) {
		line.problem = "longer than 4095 characters";
		line.key = strdup("");
	}
	if (too_long ? line.key == NULL : parse_line(text, &line) < 0) {
		line_done(&line);
		return -ENOMEM;
	}
	s->lines[s->line_count++] = line;
	return 0;
}

static int add_file(struct sysctl_settings *s, const char *name)
{
	char **files = reallocarray(s->files, s->file_count + 1, sizeof(*files));
	struct text_span span = { name, strlen(name) };

	if (files == NULL)
		return -ENOMEM;
	s->files = files;
	files[s->file_count] = printable_copy(span);
	if (files[s->file_count] == NULL)
		return -ENOMEM;
	s->file_count++;
	return 0;
}

static int order_of_line(const void *a, const void *b)
{
	const struct sysctl_line *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	if (order != 0)
		return order;
	return (*x > *y) - (*x < *y);
}

/* Of the lines that set the same key the last one wins, whatever file it is in. Sorted, so that a
 * file of a hundred thousand lines costs no square of it. */
static int find_overridden(struct sysctl_settings *s)
{
	struct sysctl_line **order = calloc(s->line_count + 1, sizeof(struct sysctl_line *));
	size_t n = 0;

	if (order == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->line_count; i++) {
		if (s->lines[i].problem == NULL && s->lines[i].value != NULL)
			order[n++] = &s->lines[i];
	}
	qsort(order, n, sizeof(struct sysctl_line *), order_of_line);
	for (size_t i = n; i-- > 1;) {
		struct sysctl_line *earlier = order[i - 1];
		const struct sysctl_line *later = order[i];

		if (strcmp(earlier->key, later->key) == 0)
			earlier->overridden_by = later->overridden_by != SIZE_MAX
							 ? later->overridden_by
							 : (size_t)(later - s->lines);
	}
	free(order);
	return 0;
}

int sysctl_settings_parse(struct sysctl_settings *s, const char *file, const char *text, size_t len,
			  struct error *e)
{
	struct text_span rest = { text, len }, line;
	unsigned int number = 0;
	int r;

	if (len > SYSCTL_FILE_MAX)
		return error_set(e, -EFBIG, ERROR_INPUT, file,
				 "larger than 1 MiB: this is no file of settings");
	if (len > 0 && memchr(text, '\0', len) != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, file,
				 "holds a NUL byte: this is no text file");
	r = add_file(s, file);
	while (r == 0 && text_next_line(&rest, &line))
		r = add_line(s, line, ++number);
	if (r == 0)
		r = find_overridden(s);
	return r < 0 ? error_errno(e, r, file, "reading settings") : 0;
}

int sysctl_settings_load_file(struct sysctl_settings *s, const char *path, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	/* A FIFO must not make us wait for somebody to write to it; a pipe whose writer is there,
	 * as of <(COMMAND), is waited for. */
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r = fd < 0 || fcntl(fd, F_SETFL, 0) < 0 ? -errno : 0;

	if (r == 0)
		r = bytes_read_fd(&text, fd, SYSCTL_FILE_MAX);

	if (r == -EFBIG)
		return error_set(e, r, ERROR_INPUT, path,
				 "larger than 1 MiB: this is no file of settings");
	if (r < 0)
		return error_errno(e, r, path, fd < 0 ? "opening" : "reading");
	return sysctl_settings_parse(s, path, text.data, text.len, e);
}

int sysctl_settings_add_unread(struct sysctl_settings *s, const char *file, const struct error *why)
{
	struct sysctl_unread *grown = reallocarray(s->unread, s->unread_count + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	s->unread = grown;
	grown += s->unread_count++;
	text_copy_printable(grown->file, sizeof(grown->file), file, strlen(file));
	grown->why = *why;
	return 0;
}

const struct sysctl_line *sysctl_settings_find(const struct sysctl_settings *s, const char *key)
{
	const struct sysctl_line *glob = NULL;
	bool excluded = false;

	for (size_t i = s->line_count; i-- > 0;) {
		const struct sysctl_line *line = &s->lines[i];

		if (line->problem != NULL)
			continue;
		if (line->value != NULL && !line->glob && strcmp(line->key, key) == 0)
			return line;
		if (!line->glob && line->value != NULL)
			continue;
		if (!sysctl_key_matches(line->key, key))
			continue;
		if (line->value == NULL)
			excluded = true;
		else if (glob == NULL)
			glob = line;
	}
	return excluded ? NULL : glob;
}

void sysctl_settings_done(struct sysctl_settings *s)
{
	for (size_t i = 0; i < s->line_count; i++)
		line_done(&s->lines[i]);
	free(s->lines);
	for (size_t i = 0; i < s->file_count; i++)
		free(s->files[i]);
	free(s->files);
	free(s->unread);
	*s = (struct sysctl_settings){ 0 };
}
