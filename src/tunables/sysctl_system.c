/* The files that a booting system reads, in its order. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "tunables/sysctl_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* In order of precedence: sysctl.d(5), and /lib for systems where it is no link to /usr/lib. */
static const char *const directories[] = {
	"/etc/sysctl.d",     "/run/sysctl.d", "/usr/local/lib/sysctl.d",
	"/usr/lib/sysctl.d", "/lib/sysctl.d",
};
static const char last_file[] = "/etc/sysctl.conf";

#define FILES_MAX 1024 /* of all directories together; distributions ship a dozen */

struct found {
	const char *directory;
	char *name;
};

struct search {
	const char *root;
	struct found files[FILES_MAX];
	size_t count;
};

static int is_settings_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static bool is_known(const struct search *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->files[i].name, name) == 0)
			return true;
	}
	return false;
}

static int search_directory(struct search *s, const char *directory, struct error *e)
{
	CLEANUP(free_charp) char *path = NULL;
	struct dirent **entries = NULL;
	int n, r = 0;

	if (asprintf(&path, "%s%s", s->root, directory) < 0)
		return error_errno(e, -ENOMEM, directory, "searching");
	n = scandir(path, &entries, is_settings_file, NULL);
	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : error_errno(e, -errno, path, "open");
	for (int i = 0; i < n; i++) {
		char *name = NULL;

		if (r == 0 && !is_known(s, entries[i]->d_name)) {
			name = s->count < FILES_MAX ? strdup(entries[i]->d_name) : NULL;
			if (name == NULL)
				r = error_errno(e, s->count < FILES_MAX ? -ENOMEM : -E2BIG, path,
						"searching");
		}
		if (name != NULL)
			s->files[s->count++] = (struct found){ .directory = directory,
							       .name = name };
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int order_of_names(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Reads `path` below `root`, under its name without the root. */
static int load_below(struct sysctl_settings *settings, const char *root, const char *path,
		      struct stat *ret_stat, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	CLEANUP(free_charp) char *whole = NULL;
	CLEANUP(close_fdp) int fd = -1;
	int r;

	if (asprintf(&whole, "%s%s", root, path) < 0)
		return error_errno(e, -ENOMEM, path, "reading settings");
	fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return error_set(e, -ENOENT, ERROR_FAILED, whole,
				 "is a link that leads nowhere; mend or remove it");
	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return error_errno(e, -errno, whole, "open");
	if (!S_ISREG(ret_stat->st_mode))
		return S_ISCHR(ret_stat->st_mode)
			       ? 0 /* a link to /dev/null */
			       : error_set(e, -EINVAL, ERROR_INPUT, whole, "is not a regular file");
	r = bytes_read_fd(&text, fd, SYSCTL_FILE_MAX);
	if (r == -EFBIG)
		return error_set(e, r, ERROR_INPUT, whole,
				 "larger than 1 MiB: this is no file of settings");
	if (r < 0)
		return error_errno(e, r, whole, "read");
	return sysctl_settings_parse(settings, path, text.data, text.len, e);
}

/* Reads one file, or adds it to those that could not be read. */
static int load_or_note(struct sysctl_settings *settings, const char *root, const char *path,
			struct stat *ret_stat, bool *ret_read)
{
	struct error why;
	int r = load_below(settings, root, path, ret_stat, &why);

	*ret_read = r == 0;
	return r < 0 && r != -ENOMEM ? sysctl_settings_add_unread(settings, path, &why) : r;
}

static int load_found(struct sysctl_settings *settings, const struct search *s)
{
	CLEANUP(free_charp) char *last = NULL;
	struct stat last_stat = { 0 };
	bool has_last, is_read, linked = false;
	int r = 0;

	if (asprintf(&last, "%s%s", s->root, last_file) < 0)
		return -ENOMEM;
	has_last = stat(last, &last_stat) == 0;
	for (size_t i = 0; i < s->count && r == 0; i++) {
		CLEANUP(free_charp) char *path = NULL;
		struct stat st = { 0 };

		if (asprintf(&path, "%s/%s", s->files[i].directory, s->files[i].name) < 0)
			return -ENOMEM;
		r = load_or_note(settings, s->root, path, &st, &is_read);
		linked = linked || (has_last && st.st_dev == last_stat.st_dev &&
				    st.st_ino == last_stat.st_ino);
	}
	if (r == 0 && has_last && !linked) {
		r = load_or_note(settings, s->root, last_file, &last_stat, &is_read);
		if (r == 0 && is_read && S_ISREG(last_stat.st_mode))
			settings->unlinked = settings->files[settings->file_count - 1];
	}
	return r;
}

int sysctl_settings_load_system(struct sysctl_settings *settings, const char *root, struct error *e)
{
	struct search *s = calloc(1, sizeof(*s));
	int r = s == NULL ? -ENOMEM : 0;

	if (r == 0)
		s->root = root;
	for (size_t i = 0; i < ARRAY_LEN(directories) && r == 0; i++) {
		struct error why;

		r = search_directory(s, directories[i], &why);
		if (r < 0 && r != -ENOMEM)
			r = sysctl_settings_add_unread(settings, directories[i], &why);
	}
	if (r == 0) {
		qsort(s->files, s->count, sizeof(s->files[0]), order_of_names);
		r = load_found(settings, s);
	}
	for (size_t i = 0; s != NULL && i < s->count; i++)
		free(s->files[i].name);
	free(s);
	return r < 0 ? error_errno(e, r, NULL, "reading settings") : 0;
}
