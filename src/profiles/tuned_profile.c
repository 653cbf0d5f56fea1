#include "profiles/tuned_profile.h"

#include "base/cleanup.h"
#include "rules/config_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAIN	  "main"
#define VARIABLES "variables"
#define INCLUDE	  "include"

struct loader {
	const struct tuned_search *search;
	struct tuned_profile *profile;
	struct error *e;
};

static int load_path(struct loader *l, const char *path);

static int fail_memory(struct error *e)
{
	return error_errno(e, -ENOMEM, NULL, "reading a TuneD profile");
}

bool tuned_name_is_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";

	return name[0] != '\0' && name[strspn(name, letters)] == '\0';
}

static bool was_loaded(const struct tuned_profile *p, const char *path)
{
	for (size_t i = 0; i < p->file_count; i++) {
		if (strcmp(p->files[i], path) == 0)
			return true;
	}
	return false;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* *ret is NULL when the only files of that name have been read already. */
static int locate(struct loader *l, const char *name, char **ret)
{
	bool seen = false;

	*ret = NULL;
	for (size_t i = 0; i < l->search->count; i++) {
		char *path;

		if (asprintf(&path, "%s/%s/tuned.conf", l->search->directories[i], name) < 0)
			return fail_memory(l->e);
		if (was_loaded(l->profile, path)) {
			seen = true;
		} else if (is_file(path)) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	if (seen)
		return 0;
	return error_set(l->e, -ENOENT, ERROR_INPUT, NULL,
			 "there is no TuneD profile %s: none of the %zu directories searched has "
			 "%s/tuned.conf (ls /usr/lib/tuned /etc/tuned lists what there is)",
			 name, l->search->count, name);
}

static int load_name(struct loader *l, const char *name)
{
	bool optional = name[0] == '-';
	CLEANUP(free_charp) char *path = NULL;
	int r;

	/* Only the last part of a path counts: nobody leaves the directories. */
	name += optional ? 1 : 0;
	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	if (!tuned_name_is_valid(name))
		return error_set(l->e, -EINVAL, ERROR_INPUT, NULL,
				 "\"%.64s\" is not a name of a TuneD profile: letters, digits and "
				 "_.- only",
				 name);
	r = locate(l, name, &path);
	if (r == -ENOENT && optional)
		return 0;
	return r == 0 && path != NULL ? load_path(l, path) : r;
}

static int add_gap(struct tuned_profile *p, const struct tuned_option *include, const char *why)
{
	struct tuned_gap *grown = reallocarray(p->gaps, p->gap_count + 1, sizeof(*p->gaps));

	if (grown == NULL)
		return -ENOMEM;
	p->gaps = grown;
	p->gaps[p->gap_count] = (struct tuned_gap){ .include = *include, .why = why };
	p->gaps[p->gap_count].include.key = strdup(include->key);
	p->gaps[p->gap_count].include.value = strdup(include->value);
	p->gap_count++;
	return 0;
}

/* "a, b;c": the names of an include. */
static int load_includes(struct loader *l, const struct tuned_option *include)
{
	CLEANUP(free_charp) char *names = NULL;
	char *rest, *name;
	int r = 0;

	/* TuneD reads variables only after all files: an include cannot name any. */
	if (strstr(include->value, "${") != NULL)
		return add_gap(l->profile, include,
			       "depends on a variable or function of TuneD's; import the profile "
			       "that it stands for by itself") < 0
			       ? fail_memory(l->e)
			       : 0;
	names = strdup(include->value);
	if (names == NULL)
		return fail_memory(l->e);
	for (rest = names; r == 0 && (name = strsep(&rest, ",;")) != NULL;) {
		name += strspn(name, " \t\n");
		name[strcspn(name, " \t\n")] = '\0';
		r = load_name(l, name);
	}
	return r;
}

/* What a child does not say it takes from nobody: merger.py copies these whether given or not. */
static const char *const never_inherited[] = { "type", "enabled", "devices" };

static void drop_options(struct tuned_section *from, const char *list)
{
	char name[128];

	while (*list != '\0') {
		size_t len;

		list += strspn(list, " \t\n,;");
		len = strcspn(list, " \t\n,;");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, list);
		tuned_option_remove(from, name);
		list += len;
	}
}

static int merge_section(struct tuned_profile *p, const struct tuned_section *child,
			 struct error *e)
{
	bool known = tuned_section_find(&p->units, child->name) != NULL;
	struct tuned_section *into;
	int r = tuned_section_get(&p->units, child->name, child->file, child->line, &into, e);

	if (r < 0)
		return r;
	if (tuned_value_is_true(tuned_option_value(child, "replace", "0")))
		tuned_section_clear(into);
	for (size_t i = 0; known && i < ARRAY_LEN(never_inherited); i++)
		tuned_option_remove(into, never_inherited[i]);
	drop_options(into, tuned_option_value(child, "drop", ""));
	for (size_t i = 0; i < child->count && r == 0; i++) {
		const struct tuned_option *o = &child->options[i];

		r = tuned_option_set(into, o->key, o->value, o->file, o->line, e);
	}
	return r;
}

static int merge(struct loader *l, struct tuned_sections *file)
{
	int r = 0;

	for (size_t i = 0; i < file->count && r == 0; i++)
		r = merge_section(l->profile, &file->all[i], l->e);
	return r;
}

/* Its own include is not merged into the child's. */
static int take_include(struct loader *l, struct tuned_sections *file)
{
	struct tuned_section *section = tuned_section_find(file, MAIN);
	const struct tuned_option *include = section != NULL ? tuned_option_find(section, INCLUDE)
							     : NULL;
	int r;

	if (include == NULL)
		return 0;
	r = load_includes(l, include);
	if (r == 0)
		tuned_option_remove(section, INCLUDE);
	return r;
}

static int load_path(struct loader *l, const char *path)
{
	CLEANUP(tuned_sections_done) struct tuned_sections file = { 0 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct tuned_profile *p = l->profile;
	char *kept;
	int r;

	if (p->file_count == TUNED_FILES_MAX)
		return error_set(l->e, -EINVAL, ERROR_INPUT, path,
				 "is one file too many: %d at most", TUNED_FILES_MAX);
	r = config_text_read_file(path, &text, l->e);
	if (r < 0)
		return r;
	kept = strdup(path);
	if (kept == NULL)
		return fail_memory(l->e);
	p->files[p->file_count++] = kept;
	r = tuned_file_parse(kept, text.data, text.len, &file, l->e);
	if (r == 0)
		r = take_include(l, &file);
	return r == 0 ? merge(l, &file) : r;
}

static int include_variables(struct tuned_profile *p, const struct tuned_option *o, struct error *e)
{
	CLEANUP(tuned_sections_done) struct tuned_sections file = { 0 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct tuned_section *section;
	int r = 0;

	/* TuneD says so in its log and goes on. */
	if (!is_file(o->value) || config_text_read_file(o->value, &text, NULL) < 0 ||
	    tuned_file_parse_variables(o->value, text.data, text.len, &file, NULL) < 0)
		return add_gap(p, o, "the file of variables cannot be read") < 0 ? fail_memory(e)
										 : 0;
	section = tuned_section_find(&file, VARIABLES);
	for (size_t i = 0; section != NULL && i < section->count && r == 0; i++)
		r = tuned_variables_define(&p->variables, &section->options[i], e);
	return r;
}

static int define_variables(struct tuned_profile *p, struct error *e)
{
	const struct tuned_section *section = tuned_section_find(&p->units, VARIABLES);
	int r = 0;

	for (size_t i = 0; section != NULL && i < section->count && r == 0; i++) {
		const struct tuned_option *o = &section->options[i];

		if (strcmp(o->key, INCLUDE) == 0)
			r = include_variables(p, o, e);
		else
			r = tuned_variables_define(&p->variables, o, e);
	}
	return r;
}

static int finish(struct tuned_profile *p, struct error *e)
{
	const struct tuned_section *section = tuned_section_find(&p->units, MAIN);
	const char *summary = section != NULL ? tuned_option_value(section, "summary", NULL) : NULL;

	if (summary != NULL) {
		p->summary = strdup(summary);
		if (p->summary == NULL)
			return fail_memory(e);
	}
	return define_variables(p, e);
}

int tuned_profile_load(const struct tuned_search *search, const char *name,
		       struct tuned_profile *ret, struct error *e)
{
	struct loader l = { search, ret, e };
	int r = load_name(&l, name);

	if (r < 0)
		return r;
	ret->name = strdup(name);
	return ret->name == NULL ? fail_memory(e) : finish(ret, e);
}

/* "DIR/NAME/tuned.conf" is the profile NAME, another file one of its own name. */
static char *name_of_path(const char *path)
{
	const char *last = strrchr(path, '/'), *end = last, *begin;

	if (last == NULL || strcmp(last + 1, "tuned.conf") != 0)
		return strdup(last != NULL ? last + 1 : path);
	for (begin = end; begin > path && begin[-1] != '/';)
		begin--;
	return strndup(begin, (size_t)(end - begin));
}

int tuned_profile_load_file(const struct tuned_search *search, const char *path,
			    struct tuned_profile *ret, struct error *e)
{
	struct loader l = { search, ret, e };
	int r = load_path(&l, path);

	if (r < 0)
		return r;
	ret->name = name_of_path(path);
	return ret->name == NULL ? fail_memory(e) : finish(ret, e);
}

void tuned_profile_done(struct tuned_profile *p)
{
	for (size_t i = 0; i < p->gap_count; i++) {
		free(p->gaps[i].include.key);
		free(p->gaps[i].include.value);
	}
	free(p->gaps);
	tuned_variables_done(&p->variables);
	tuned_sections_done(&p->units);
	for (size_t i = 0; i < p->file_count; i++)
		free(p->files[i]);
	free(p->name);
	free(p->summary);
	*p = (struct tuned_profile){ 0 };
}
