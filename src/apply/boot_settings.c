#include "apply/boot_settings.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/link.h"
#include "tunables/route.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDING	 ".conf"
#define FILE_MAX (16u << 20) /* as of apply/persistence_file.c */

/* One file as it is read. */
struct reading {
	struct boot_settings *settings;
	const char *file; /* its last name */
	unsigned int line;
};

bool boot_settings_take(const struct plan_change *c)
{
	return c->target.kind == &link_kind || c->target.kind == &route_kind;
}

static int add_problem(struct reading *g, const char *what)
{
	struct bytes *b = &g->settings->problems;
	int r = g->line > 0 ? bytes_printf(b, BOOT_SETTINGS_DIRECTORY "/%s:%u: %s", g->file,
					   g->line, what)
			    : bytes_printf(b, BOOT_SETTINGS_DIRECTORY "/%s: %s", g->file, what);

	return r < 0 ? -ENOMEM : bytes_append(b, "", 1);
}

/* --- lines ------------------------------------------------------------------------------------*/

static void drop(struct boot_settings *s, size_t i)
{
	free(s->all[i].tunable);
	free(s->all[i].value);
	s->count--;
	memmove(s->all + i, s->all + i + 1, (s->count - i) * sizeof(s->all[0]));
}

static int add(struct reading *g, struct text_span name, struct text_span value)
{
	struct boot_settings *s = g->settings;
	struct boot_setting *all, *one;

	for (size_t i = 0; i < s->count; i++) {
		if (text_span_equal(name, s->all[i].tunable)) {
			drop(s, i);
			break;
		}
	}
	if (s->count == BOOT_SETTINGS_MAX)
		return -E2BIG;
	all = reallocarray(s->all, s->count + 1, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	s->all = all;
	one = &all[s->count];
	*one = (struct boot_setting){ .tunable = strndup(name.at, name.len),
				      .value = strndup(value.at, value.len) };
	s->count++;
	(void)snprintf(one->why, sizeof(one->why), "restore %.120s:%u", g->file, g->line);
	return one->tunable != NULL && one->value != NULL ? 0 : -ENOMEM;
}

static int read_line(struct reading *g, struct text_span line)
{
	struct text_span name, value;

	line = text_span_trim(line);
	if (line.len == 0 || line.at[0] == '#')
		return 0;
	if (!text_split_setting(line, &name, &value) || !text_is_printable(line.at, line.len))
		return add_problem(g, "is not TUNABLE = VALUE in printable characters");
	if (name.len == 0 || name.len >= TARGET_NAME_MAX || value.len == 0 ||
	    value.len >= HELD_TEXT_MAX)
		return add_problem(g, "its name or value is empty or too long");
	return add(g, name, value);
}

/* --- files ------------------------------------------------------------------------------------*/

static int read_file(struct os *os, const char *directory, struct reading *g)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span rest, line;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", directory, g->file);
	int r = n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : os_read_file(os, path, FILE_MAX, &text);

	g->line = 0;
	if (r == -ENOENT) /* removed meanwhile */
		return 0;
	if (r < 0)
		return r == -ENOMEM ? r : add_problem(g, strerror(-r));
	rest = (struct text_span){ text.data, text.len };
	while (r == 0 && text_next_line(&rest, &line)) {
		g->line++;
		r = read_line(g, line);
	}
	return r;
}

static bool is_settings_file(const char *name)
{
	size_t len = strlen(name), end = strlen(ENDING);

	return name[0] != '.' && len > end && strcmp(name + len - end, ENDING) == 0;
}

/* The first name after `last` in byte order; NULL: there is none. */
static const char *next_name(const struct bytes *names, const char *last)
{
	const char *best = NULL;

	for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1) {
		const char *name = names->data + at;

		if (is_settings_file(name) && (last == NULL || strcmp(name, last) > 0) &&
		    (best == NULL || strcmp(name, best) < 0))
			best = name;
	}
	return best;
}

int boot_settings_read(struct os *os, const char *root, struct boot_settings *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	struct reading g = { .settings = ret };
	char directory[PATH_MAX];
	int n = snprintf(directory, sizeof(directory), "%s" BOOT_SETTINGS_DIRECTORY, root);
	int r = n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : os->ops->list(os, directory, &names);

	if (r == -ENOENT)
		return 0;
	for (g.file = r < 0 ? NULL : next_name(&names, NULL); r == 0 && g.file != NULL;
	     g.file = next_name(&names, g.file))
		r = read_file(os, directory, &g);
	return r < 0 ? error_errno(e, r, directory, "cannot be read") : 0;
}

void boot_settings_done(struct boot_settings *s)
{
	while (s->count > 0)
		drop(s, s->count - 1);
	free(s->all);
	bytes_done(&s->problems);
	*s = (struct boot_settings){ 0 };
}

/* --- the unit ---------------------------------------------------------------------------------*/

/* systemd.unit(5): the first that has it counts. */
static const char *const unit_files[] = {
	"/etc/systemd/system/" BOOT_UNIT,
	"/usr/local/lib/systemd/system/" BOOT_UNIT,
	"/usr/lib/systemd/system/" BOOT_UNIT,
	"/lib/systemd/system/" BOOT_UNIT,
};

int boot_unit_check(struct os *os, const char *name, struct error *e)
{
	for (size_t i = 0; i < ARRAY_LEN(unit_files); i++) {
		CLEANUP(bytes_done) struct bytes text = { 0 };
		int r = os_read_file(os, unit_files[i], FILE_MAX, &text);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return error_errno(e, r, unit_files[i], "cannot be read");
		if (text.len > 0)
			return 0;
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, name,
				 "%s, which sets it at boot, is masked (%s is empty): systemctl "
				 "unmask " BOOT_UNIT,
				 BOOT_UNIT, unit_files[i]);
	}
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, name,
			 "%s, which sets it at boot, is not installed; make install puts it there",
			 BOOT_UNIT);
}
