/* Where profiles come from: the binary, directories, files. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "profiles/embedded.h"
#include "profiles/profile.h"
#include "profiles/profile_reader.h"
#include "rules/config_text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void profile_library_done(struct profile_library *l)
{
	for (size_t i = 0; i < l->count; i++)
		profile_done(&l->profiles[i]);
	free(l->profiles);
	*l = (struct profile_library){ 0 };
}

/* Every profile that was read has a name. */
static bool is_called(const struct profile *p, const char *name)
{
	return p->name != NULL && name != NULL && strcmp(p->name, name) == 0;
}

static struct profile *find(const struct profile_library *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++) {
		if (is_called(&l->profiles[i], name))
			return &l->profiles[i];
	}
	return NULL;
}

const struct profile *profile_library_find(const struct profile_library *l, const char *name)
{
	return find(l, name);
}

int profile_library_get(const struct profile_library *l, const char *name,
			const struct profile **ret, struct error *e)
{
	const struct profile *p = find(l, name);
	struct suggestion s = suggest_start(name, strlen(name));
	char shown[64];

	if (p != NULL) {
		*ret = p;
		return 0;
	}
	for (size_t i = 0; i < l->count; i++)
		suggest_offer(&s, l->profiles[i].name);
	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	if (s.best != NULL)
		return error_set(e, -ENOENT, ERROR_INPUT, NULL,
				 "no profile is called \"%s\"; did you mean %s?", shown, s.best);
	return error_set(e, -ENOENT, ERROR_INPUT, NULL,
			 "no profile is called \"%s\"; netwright profile list has them", shown);
}

static int compare_names(const void *a, const void *b)
{
	const struct profile *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Takes over *p, in place of one with the same name. */
static int put(struct profile_library *l, struct profile *p, struct error *e)
{
	struct profile *known = find(l, p->name), *more;

	if (known != NULL) {
		profile_done(known);
		*known = *p;
	} else {
		more = reallocarray(l->profiles, l->count + 1, sizeof(*more));
		if (more == NULL)
			return error_errno(e, -ENOMEM, p->file, "reading profiles");
		l->profiles = more;
		l->profiles[l->count++] = *p;
	}
	*p = (struct profile){ 0 };
	if (l->count > 1)
		qsort(l->profiles, l->count, sizeof(*l->profiles), compare_names);
	return 0;
}

static int parse(const char *name, const char *text, size_t len, struct profile *ret,
		 struct error *e)
{
	config_t config;
	int r = config_text_parse(name, text, len, &config, e);

	if (r < 0)
		return r;
	r = profile_read(config_root_setting(&config), name, ret, e);
	config_destroy(&config);
	return r;
}

int profile_library_load_text(struct profile_library *l, const char *name, const char *text,
			      size_t len, const char **ret_name, struct error *e)
{
	CLEANUP(profile_done) struct profile p = { 0 };
	const char *called;
	int r = parse(name, text, len, &p, e);

	if (r < 0)
		return r;
	called = p.name;
	r = put(l, &p, e);
	if (r == 0 && ret_name != NULL)
		*ret_name = called;
	return r;
}

int profile_library_load_file(struct profile_library *l, const char *path, const char **ret_name,
			      struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	int r = config_text_read_file(path, &content, e);

	/* What cannot be opened is a mistake in what was asked for. */
	if (r == -ENOENT)
		return error_set(e, r, ERROR_INPUT, path, "there is no such file");
	return r < 0 ? r
		     : profile_library_load_text(l, path, content.data, content.len, ret_name, e);
}

int profile_library_load_builtin(struct profile_library *l, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < embedded_profile_count && r == 0; i++) {
		const struct embedded_profile *p = &embedded_profiles[i];

		r = profile_library_load_text(l, p->name, p->text, (size_t)(p->end - p->text), NULL,
					      e);
	}
	return r;
}

static int is_profile(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* By bytes: a locale must not change the order. */
static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_entry(struct profile_library *l, const char *directory, const char *entry,
		      struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	CLEANUP(profile_done) struct profile p = { 0 };
	CLEANUP(free_charp) char *path = NULL;
	const struct profile *other;
	int r;

	if (asprintf(&path, "%s/%s", directory, entry) < 0) {
		path = NULL;
		return error_errno(e, -ENOMEM, directory, "reading profiles");
	}
	r = config_text_read_file(path, &content, e);
	/* The directory lists it: -ENOENT would say that there is no directory. */
	if (r == -ENOENT)
		return error_set(e, -EINVAL, ERROR_INPUT, path,
				 "leads to no file; remove the link, or mend it");
	if (r == 0)
		r = parse(path, content.data, content.len, &p, e);
	if (r < 0)
		return r;
	other = find(l, p.name);
	if (other != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, NULL,
				 "%s: the profile \"%s\" is in %s already; rename or remove one",
				 path, p.name, other->file);
	return put(l, &p, e);
}

int profile_library_load_directory(struct profile_library *l, const char *directory,
				   struct error *e)
{
	CLEANUP(profile_library_done) struct profile_library more = { 0 };
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, is_profile, compare_entries);
	int r = 0;

	if (n < 0)
		return error_errno(e, -errno, directory, "open");
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = load_entry(&more, directory, entries[i]->d_name, e);
		free(entries[i]);
	}
	free(entries);
	for (size_t i = 0; i < more.count && r == 0; i++)
		r = put(l, &more.profiles[i], e);
	/* What was taken over is zeroed, and released as such. */
	return r;
}
