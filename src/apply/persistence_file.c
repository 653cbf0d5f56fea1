#include "apply/persistence_file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define FILE_MODE      0644
#define DIRECTORY_MODE 0755
#define FIRST_LINE_MAX (PERSISTENCE_MARK_MAX + 24)
/* Of a file of ours: some hundred changes of at most 2300 bytes. */
#define FILE_MAX (16u << 20)

void persistence_writer_init(struct persistence_writer *w, struct os *os, const char *root,
			     const struct transaction_record *t)
{
	*w = (struct persistence_writer){ .os = os, .root = root, .t = t };
	(void)snprintf(w->mark, sizeof(w->mark),
		       "# netwright transaction %lld, begun %.0f s after 1970, boot %s",
		       (long long)t->id, t->started_utc_s, t->boot_id);
}

int persistence_file_path(const struct persistence_writer *w, const char *directory,
			  const char *ending, char path[PATH_MAX], struct error *e)
{
	int n = snprintf(path, PATH_MAX, "%s%s/95-netwright-%010lld%s", w->root, directory,
			 (long long)w->t->id, ending);

	if (n > 0 && n < PATH_MAX)
		return 0;
	return error_errno(e, -ENAMETOOLONG, directory, "naming a file in it");
}

static void format_first_line(const struct persistence_writer *w, const char *body, size_t len,
			      char ret[FIRST_LINE_MAX])
{
	(void)snprintf(ret, FIRST_LINE_MAX, "%s, crc32 %08lx\n", w->mark,
		       crc32(0, (const Bytef *)body, (uInt)len));
}

/* Whether a text that begins with our mark is as we wrote it. */
static bool is_intact(const struct persistence_writer *w, const struct bytes *text)
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

int persistence_file_look(const struct persistence_writer *w, const char *path, struct error *e)
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

static int sync_directory(const struct persistence_writer *w, const char *path, struct error *e)
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

int persistence_directory_make(const struct persistence_writer *w, const char *directory,
			       struct error *e)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s", w->root, directory);
	int r = n > 0 && n < PATH_MAX ? w->os->ops->mkdir(w->os, path, DIRECTORY_MODE)
				      : -ENAMETOOLONG;

	if (r == -EEXIST)
		return 0;
	return r < 0 ? error_errno(e, r, path, "cannot be made") : sync_directory(w, path, e);
}

int persistence_file_write(const struct persistence_writer *w, const char *directory,
			   const char *ending, const struct bytes *body, struct error *e)
{
	CLEANUP(bytes_done) struct bytes whole = { 0 };
	char path[PATH_MAX], first[FIRST_LINE_MAX];
	int r = persistence_file_path(w, directory, ending, path, e);

	if (r == 0)
		r = persistence_directory_make(w, directory, e);
	if (r == 0)
		r = persistence_file_look(w, path, e);
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

int persistence_file_remove(const struct persistence_writer *w, const char *path, struct error *e)
{
	char left[PATH_MAX];
	struct error why = { 0 };
	int r = persistence_file_look(w, path, &why);

	if (r == -EEXIST)
		return r;
	if (r == -EUCLEAN)
		return error_set(e, r, why.kind, NULL, "%s", why.text);
	if (r == 1)
		r = w->os->ops->unlink(w->os, path);
	if (r < 0)
		return error_errno(e, r, path, "cannot be removed");
	/* What a crash while writing left. */
	(void)snprintf(left, sizeof(left), "%.4000s.new", path);
	(void)w->os->ops->unlink(w->os, left);
	/* Also when there was none: a run that removed it may have been killed before this. */
	return sync_directory(w, path, e);
}
