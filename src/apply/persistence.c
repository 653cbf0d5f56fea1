#include "apply/persistence.h"

#include "apply/boot_profile.h"
#include "apply/boot_settings.h"
#include "apply/persistence_file.h"
#include "apply/persistence_unit.h"
#include "base/cleanup.h"
#include "tunables/rlimit.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSCTL_DIRECTORY "/etc/sysctl.d"
#define UNIT_DIRECTORY	 PERSISTENCE_UNITS
#define DROP_IN_END	 ".service.d"
#define ENDING		 ".conf"

bool persistence_is_sysctl(const struct plan_change *c)
{
	return c->target.kind == &sysctl_kind || c->target.kind == &sysctl_uncatalogued_kind;
}

static int append_head(const struct persistence_writer *w, struct bytes *b)
{
	return bytes_printf(b, "# `netwright rollback %lld` removes this file\n",
			    (long long)w->t->id) < 0
		       ? -ENOMEM
		       : 0;
}

/* What is set by lines of its own in a file per transaction. */
struct line_file {
	const char *parent; /* that may have to be made first; NULL */
	const char *directory;
	bool (*takes)(const struct plan_change *c);
	int (*append)(const struct plan_change *c, struct bytes *ret);
};

static const struct line_file line_files[] = {
	{ NULL, SYSCTL_DIRECTORY, persistence_is_sysctl, persistence_sysctl_text },
	{ BOOT_SETTINGS_PARENT, BOOT_SETTINGS_DIRECTORY, boot_settings_take,
	  persistence_boot_text },
};

static int write_lines(const struct persistence_writer *w, const struct line_file *f,
		       struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	size_t count = 0;
	int r = append_head(w, &text);

	for (size_t i = 0; r == 0 && i < w->t->change_count; i++) {
		const struct plan_change *c = &w->t->changes[i].change;

		if (!f->takes(c) || boot_profile_takes(c))
			continue;
		count++;
		r = f->append(c, &text);
	}
	if (r < 0)
		return error_errno(e, r, f->directory, "writing a file in it");
	if (count > 0 && f->parent != NULL)
		r = persistence_directory_make(w, f->parent, e);
	return r == 0 && count > 0 ? persistence_file_write(w, f->directory, ENDING, &text, e) : r;
}

static int write_profile(const struct persistence_writer *w, struct error *e)
{
	CLEANUP(bytes_done) struct bytes lines = { 0 }, text = { 0 };
	int r = boot_profile_text(w->t, &lines);

	if (r == 0 && lines.len == 0)
		return 0;
	if (r == 0)
		r = append_head(w, &text);
	if (r == 0)
		r = bytes_append(&text, lines.data, lines.len);
	if (r < 0)
		return error_errno(e, r, BOOT_SETTINGS_DIRECTORY, "writing a file in it");
	r = persistence_directory_make(w, BOOT_SETTINGS_PARENT, e);
	return r < 0 ? r
		     : persistence_file_write(w, BOOT_SETTINGS_DIRECTORY, BOOT_PROFILE_ENDING,
					      &text, e);
}

/* --- limits of services ------------------------------------------------------------------------*/

/* The unit of each change; "" for those without. */
static int find_units(const struct persistence_writer *w, char (*units)[UNIT_NAME_MAX],
		      struct error *e)
{
	struct error why = { 0 };

	for (size_t i = 0; i < w->t->change_count; i++) {
		const struct target *t = &w->t->changes[i].change.target;
		int r;

		if (t->kind != &rlimit_kind)
			continue;
		r = persistence_unit_find(w->os, t, units[i], &why);
		if (r == 0)
			continue;
		units[i][0] = '\0';
		if (r == -ESTALE || r == -EOPNOTSUPP)
			continue;
		if (e != NULL)
			*e = why;
		return r;
	}
	return 0;
}

static int write_unit(const struct persistence_writer *w, char (*units)[UNIT_NAME_MAX],
		      size_t first, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	char directory[sizeof(UNIT_DIRECTORY) + UNIT_NAME_MAX + 8];
	int r = append_head(w, &text);

	if (r == 0 && bytes_printf(&text, "[Service]\n") < 0)
		r = -ENOMEM;
	for (size_t i = first; r == 0 && i < w->t->change_count; i++) {
		CLEANUP(bytes_done) struct bytes line = { 0 };

		if (strcmp(units[i], units[first]) != 0)
			continue;
		r = persistence_limit_text(&w->t->changes[i].change, &line);
		/* The processes of a service have one setting. */
		if (r == 0 && memmem(text.data, text.len, line.data, line.len) == NULL)
			r = bytes_append(&text, line.data, line.len);
	}
	if (r < 0)
		return error_errno(e, r, units[first], "writing its drop-in");
	(void)snprintf(directory, sizeof(directory), UNIT_DIRECTORY "/%s.d", units[first]);
	return persistence_file_write(w, directory, ENDING, &text, e);
}

static bool is_first(char (*units)[UNIT_NAME_MAX], size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(units[k], units[i]) == 0)
			return false;
	}
	return units[i][0] != '\0';
}

static bool has_limits(const struct transaction_record *t)
{
	for (size_t i = 0; i < t->change_count; i++) {
		if (t->changes[i].change.target.kind == &rlimit_kind)
			return true;
	}
	return false;
}

static int write_limits(const struct persistence_writer *w, struct error *e)
{
	char(*units)[UNIT_NAME_MAX];
	int r;

	if (!has_limits(w->t))
		return 0;
	units = calloc(w->t->change_count, sizeof(*units));
	if (units == NULL)
		return error_errno(e, -ENOMEM, NULL, "finding units");
	r = find_units(w, units, e);
	for (size_t i = 0; r == 0 && i < w->t->change_count; i++) {
		if (is_first(units, i))
			r = write_unit(w, units, i, e);
	}
	free(units);
	return r;
}

int persistence_write(struct os *os, const char *root, const struct transaction_record *t,
		      struct error *e)
{
	struct persistence_writer w;
	int r = 0;

	persistence_writer_init(&w, os, root, t);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(line_files); i++)
		r = write_lines(&w, &line_files[i], e);
	if (r == 0)
		r = write_profile(&w, e);
	return r < 0 ? r : write_limits(&w, e);
}

/* --- finding and removing ---------------------------------------------------------------------*/

static bool is_drop_in(const char *name)
{
	size_t len = strlen(name), end = strlen(DROP_IN_END);

	return len > end && len <= NAME_MAX && strcmp(name + len - end, DROP_IN_END) == 0;
}

/* Calls `visit` for each path that a file of the transaction may have. The process of a limit may
 * have ended, so all drop-ins are looked at. */
static int walk(const struct persistence_writer *w,
		int (*visit)(const struct persistence_writer *w, const char *path, void *arg,
			     struct error *e),
		void *arg, struct error *e)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	char path[PATH_MAX], units[PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(line_files); i++) {
		r = persistence_file_path(w, line_files[i].directory, ENDING, path, e);
		if (r == 0)
			r = visit(w, path, arg, e);
	}
	if (r == 0)
		r = persistence_file_path(w, BOOT_SETTINGS_DIRECTORY, BOOT_PROFILE_ENDING, path, e);
	if (r == 0)
		r = visit(w, path, arg, e);
	if (r < 0 || !has_limits(w->t))
		return r;
	(void)snprintf(units, sizeof(units), "%s" UNIT_DIRECTORY, w->root);
	r = w->os->ops->list(w->os, units, &names);
	if (r < 0)
		return r == -ENOENT ? 0 : error_errno(e, r, units, "cannot be read");
	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		char directory[sizeof(UNIT_DIRECTORY) + NAME_MAX + 2];
		const char *name = names.data + at;

		if (!is_drop_in(name))
			continue;
		(void)snprintf(directory, sizeof(directory), UNIT_DIRECTORY "/%.255s", name);
		r = persistence_file_path(w, directory, ENDING, path, e);
		if (r == 0)
			r = visit(w, path, arg, e);
	}
	return r;
}

static int remove_one(const struct persistence_writer *w, const char *path, void *arg,
		      struct error *e)
{
	char directory[PATH_MAX];
	int r = persistence_file_remove(w, path, e);

	(void)arg;
	if (r < 0)
		return r == -EEXIST ? 0 : r;
	(void)snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path),
		       path);
	/* Succeeds if it is empty, and then has no meaning to anybody. */
	if (strstr(directory, DROP_IN_END) != NULL)
		(void)w->os->ops->rmdir(w->os, directory);
	return 0;
}

int persistence_remove(struct os *os, const char *root, const struct transaction_record *t,
		       struct error *e)
{
	struct persistence_writer w;

	persistence_writer_init(&w, os, root, t);
	return walk(&w, remove_one, NULL, e);
}

static int list_one(const struct persistence_writer *w, const char *path, void *arg,
		    struct error *e)
{
	struct error why = { 0 };

	(void)e;
	if (persistence_file_look(w, path, &why) != 1)
		return 0;
	return bytes_append(arg, path, strlen(path) + 1);
}

int persistence_list(struct os *os, const char *root, const struct transaction_record *t,
		     struct bytes *ret)
{
	struct error why = { 0 };
	struct persistence_writer w;

	persistence_writer_init(&w, os, root, t);
	return walk(&w, list_one, ret, &why) == -ENOMEM ? -ENOMEM : 0;
}

const struct persister persistence_files = {
	.write = persistence_write,
	.remove = persistence_remove,
	.check = persistence_check_plan,
};
