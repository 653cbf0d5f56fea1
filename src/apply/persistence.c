#include "apply/persistence.h"

#include "apply/boot_profile.h"
#include "apply/boot_settings.h"
#include "apply/persistence_unit.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/rlimit.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SYSCTL_DIRECTORY "/etc/sysctl.d"
#define UNIT_DIRECTORY	 PERSISTENCE_UNITS
#define DROP_IN_END	 ".service.d"
#define ENDING		 ".conf"
#define FILE_MODE	 0644
#define DIRECTORY_MODE	 0755
#define MARK_MAX	 160
#define FIRST_LINE_MAX	 (MARK_MAX + 24)
/* Of a file of ours: some hundred changes of at most 2300 bytes. */
#define FILE_MAX (16u << 20)

/* One transaction's files below one root. */
struct writer {
	struct os *os;
	const char *root;
	const struct transaction_record *t;
	char mark[MARK_MAX]; /* what the first line of each begins with */
};

static void writer_init(struct writer *w, struct os *os, const char *root,
			const struct transaction_record *t)
{
	*w = (struct writer){ .os = os, .root = root, .t = t };
	(void)snprintf(w->mark, sizeof(w->mark),
		       "# netwright transaction %lld, begun %.0f s after 1970, boot %s",
		       (long long)t->id, t->started_utc_s, t->boot_id);
}

bool persistence_is_sysctl(const struct plan_change *c)
{
	return c->target.kind == &sysctl_kind || c->target.kind == &sysctl_uncatalogued_kind;
}

static int make_path(const struct writer *w, const char *directory, const char *ending,
		     char path[PATH_MAX], struct error *e)
{
	int n = snprintf(path, PATH_MAX, "%s%s/95-netwright-%010lld%s", w->root, directory,
			 (long long)w->t->id, ending);

	if (n > 0 && n < PATH_MAX)
		return 0;
	return error_errno(e, -ENAMETOOLONG, directory, "naming a file in it");
}

static void format_first_line(const struct writer *w, const char *body, size_t len,
			      char ret[FIRST_LINE_MAX])
{
	(void)snprintf(ret, FIRST_LINE_MAX, "%s, crc32 %08lx\n", w->mark,
		       crc32(0, (const Bytef *)body, (uInt)len));
}

/* Whether a text that begins with our mark is as we wrote it. */
static bool is_intact(const struct writer *w, const struct bytes *text)
{
	const char *body = memchr(text->data, '\n', text->len);
	char first[FIRST_LINE_MAX];
	size_t len;

	if (body == NULL)
		return false;
	body++;
	len = (size_t)(body - text->data);
	format_first_line(w, body, text->len - len, first);
	return strlen(first) == len && memcmp(text->data, first, len) == 0;
}

/* 1 ours, 0 there is none, -EEXIST another's, -EUCLEAN ours, and somebody has edited it. */
static int look_at(const struct writer *w, const char *path, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	int r = os_read_file(w->os, path, FILE_MAX, &text);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_errno(e, r, path, "cannot be read");
	if (text.len >= strlen(w->mark) && memcmp(text.data, w->mark, strlen(w->mark)) == 0 &&
	    is_intact(w, &text))
		return 1;
	if (memmem(text.data, text.len, w->mark, strlen(w->mark)) != NULL)
		return error_set(
			e, -EUCLEAN, ERROR_CONFLICT, path,
			"was edited since it was written; keep what you need of it, and remove it");
	return error_set(e, -EEXIST, ERROR_CONFLICT, path,
			 "is not of this transaction but of another journal, or was edited; "
			 "move it away");
}

static int sync_directory(const struct writer *w, const char *path, struct error *e)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, r;

	(void)snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	fd = w->os->ops->open(w->os, directory, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_errno(e, fd, directory, "cannot be opened");
	r = w->os->ops->fsync(w->os, fd);
	(void)w->os->ops->close(w->os, fd);
	return r < 0 ? error_errno(e, r, directory, "cannot be written to the disk") : 0;
}

static int make_directory(const struct writer *w, const char *directory, struct error *e)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s", w->root, directory);
	int r = n > 0 && n < PATH_MAX ? w->os->ops->mkdir(w->os, path, DIRECTORY_MODE)
				      : -ENAMETOOLONG;

	if (r == -EEXIST)
		return 0;
	return r < 0 ? error_errno(e, r, path, "cannot be made") : sync_directory(w, path, e);
}

static int write_file(const struct writer *w, const char *directory, const char *ending,
		      const struct bytes *body, struct error *e)
{
	CLEANUP(bytes_done) struct bytes whole = { 0 };
	char path[PATH_MAX], first[FIRST_LINE_MAX];
	int r = make_path(w, directory, ending, path, e);

	if (r == 0)
		r = make_directory(w, directory, e);
	if (r == 0)
		r = look_at(w, path, e);
	if (r < 0)
		return r;
	format_first_line(w, body->data, body->len, first);
	r = bytes_append(&whole, first, strlen(first));
	if (r == 0)
		r = bytes_append(&whole, body->data, body->len);
	if (r == 0)
		r = os_replace_file(w->os, path, FILE_MODE, whole.data, whole.len);
	return r < 0 ? error_errno(e, r, path, "cannot be written") : 0;
}

static int append_head(const struct writer *w, struct bytes *b)
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

static int write_lines(const struct writer *w, const struct line_file *f, struct error *e)
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
		r = make_directory(w, f->parent, e);
	return r == 0 && count > 0 ? write_file(w, f->directory, ENDING, &text, e) : r;
}

static int write_profile(const struct writer *w, struct error *e)
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
	r = make_directory(w, BOOT_SETTINGS_PARENT, e);
	return r < 0 ? r : write_file(w, BOOT_SETTINGS_DIRECTORY, BOOT_PROFILE_ENDING, &text, e);
}

/* --- limits of services ------------------------------------------------------------------------*/

/* The unit of each change; "" for those without. */
static int find_units(const struct writer *w, char (*units)[UNIT_NAME_MAX], struct error *e)
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

static int write_unit(const struct writer *w, char (*units)[UNIT_NAME_MAX], size_t first,
		      struct error *e)
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
	return write_file(w, directory, ENDING, &text, e);
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

static int write_limits(const struct writer *w, struct error *e)
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
	struct writer w;
	int r = 0;

	writer_init(&w, os, root, t);
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
static int walk(const struct writer *w,
		int (*visit)(const struct writer *w, const char *path, void *arg, struct error *e),
		void *arg, struct error *e)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	char path[PATH_MAX], units[PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(line_files); i++) {
		r = make_path(w, line_files[i].directory, ENDING, path, e);
		if (r == 0)
			r = visit(w, path, arg, e);
	}
	if (r == 0)
		r = make_path(w, BOOT_SETTINGS_DIRECTORY, BOOT_PROFILE_ENDING, path, e);
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
		r = make_path(w, directory, ENDING, path, e);
		if (r == 0)
			r = visit(w, path, arg, e);
	}
	return r;
}

static int remove_one(const struct writer *w, const char *path, void *arg, struct error *e)
{
	char other[PATH_MAX];
	struct error why = { 0 };
	int r = look_at(w, path, &why);

	(void)arg;
	if (r == -EEXIST)
		return 0;
	if (r == -EUCLEAN)
		return error_set(e, r, why.kind, NULL, "%s", why.text);
	if (r == 1)
		r = w->os->ops->unlink(w->os, path);
	if (r < 0)
		return error_errno(e, r, path, "cannot be removed");
	/* What a crash while writing left. */
	(void)snprintf(other, sizeof(other), "%.4000s.new", path);
	(void)w->os->ops->unlink(w->os, other);
	/* Also when there was none: a run that removed it may have been killed before this. */
	r = sync_directory(w, path, e);
	if (r < 0)
		return r;
	(void)snprintf(other, sizeof(other), "%.*s", (int)(strrchr(path, '/') - path), path);
	/* Succeeds if it is empty, and then has no meaning to anybody. */
	if (strstr(other, DROP_IN_END) != NULL)
		(void)w->os->ops->rmdir(w->os, other);
	return 0;
}

int persistence_remove(struct os *os, const char *root, const struct transaction_record *t,
		       struct error *e)
{
	struct writer w;

	writer_init(&w, os, root, t);
	return walk(&w, remove_one, NULL, e);
}

static int list_one(const struct writer *w, const char *path, void *arg, struct error *e)
{
	struct error why = { 0 };

	(void)e;
	if (look_at(w, path, &why) != 1)
		return 0;
	return bytes_append(arg, path, strlen(path) + 1);
}

int persistence_list(struct os *os, const char *root, const struct transaction_record *t,
		     struct bytes *ret)
{
	struct error why = { 0 };
	struct writer w;

	writer_init(&w, os, root, t);
	return walk(&w, list_one, ret, &why) == -ENOMEM ? -ENOMEM : 0;
}

const struct persister persistence_files = {
	.write = persistence_write,
	.remove = persistence_remove,
	.check = persistence_check_plan,
};
