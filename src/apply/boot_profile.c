#include "apply/boot_profile.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/rlimit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX 65536 /* bytes; a name and sixteen inputs are less than 6 KiB */

/* --- reading ----------------------------------------------------------------------------------*/

struct reading {
	struct boot_profile *profile;
	unsigned int line;
	struct error *e;
};

static int fail(const struct reading *g, const char *what)
{
	return error_set(g->e, -EINVAL, ERROR_INPUT, NULL, BOOT_SETTINGS_DIRECTORY "/%s:%u: %s",
			 g->profile->file, g->line, what);
}

static int take_name(struct reading *g, struct text_span value)
{
	if (g->profile->name[0] != '\0')
		return fail(g, "is the second profile; a file has one");
	if (value.len >= sizeof(g->profile->name))
		return fail(g, "is longer than the name of any profile");
	memcpy(g->profile->name, value.at, value.len);
	return 0;
}

static int take_input(struct reading *g, struct text_span value)
{
	struct boot_profile *p = g->profile;

	if (p->input_count == BOOT_PROFILE_INPUTS_MAX)
		return fail(g, "is one input too many");
	if (value.len >= sizeof(p->inputs[0]))
		return fail(g, "is longer than inputs may be");
	memcpy(p->inputs[p->input_count++], value.at, value.len);
	return 0;
}

static int take_line(struct reading *g, struct text_span line)
{
	struct text_span key, value;

	line = text_span_trim(line);
	if (line.len == 0 || line.at[0] == '#')
		return 0;
	if (!text_split_setting(line, &key, &value) || !text_is_printable(line.at, line.len))
		return fail(g, "is neither profile = NAME nor input = NAME=VALUE");
	if (value.len > 0 && text_span_equal(key, "profile"))
		return take_name(g, value);
	if (value.len > 0 && text_span_equal(key, "input"))
		return take_input(g, value);
	return fail(g, "is neither profile = NAME nor input = NAME=VALUE");
}

static int read_file(struct os *os, const char *root, struct boot_profile *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct reading g = { .profile = ret, .e = e };
	struct text_span rest, line;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s" BOOT_SETTINGS_DIRECTORY "/%s", root, ret->file);
	int r = n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : os_read_file(os, path, FILE_MAX, &text);

	if (r < 0)
		return error_errno(e, r, path, "cannot be read");
	rest = (struct text_span){ text.data, text.len };
	while (r == 0 && text_next_line(&rest, &line)) {
		g.line++;
		r = take_line(&g, line);
	}
	if (r == 0 && ret->name[0] == '\0')
		return error_set(e, -EINVAL, ERROR_INPUT, path, "has no line profile = NAME");
	return r;
}

static bool is_profile_file(const char *name)
{
	size_t len = strlen(name), end = strlen(BOOT_PROFILE_ENDING);

	return name[0] != '.' && len > end && len <= NAME_MAX &&
	       strcmp(name + len - end, BOOT_PROFILE_ENDING) == 0;
}

int boot_profile_read(struct os *os, const char *root, struct boot_profile *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes names = { 0 };
	struct boot_profile found = { 0 };
	char directory[PATH_MAX];
	int n = snprintf(directory, sizeof(directory), "%s" BOOT_SETTINGS_DIRECTORY, root);
	int r = n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : os->ops->list(os, directory, &names);

	if (r < 0 && r != -ENOENT)
		return error_errno(e, r, directory, "cannot be read");
	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		const char *name = names.data + at;

		if (is_profile_file(name) && strcmp(name, found.file) > 0)
			(void)snprintf(found.file, sizeof(found.file), "%s", name);
	}
	r = found.file[0] != '\0' ? read_file(os, root, &found, e) : 0;
	if (r == 0)
		*ret = found;
	return r;
}

/* --- writing ----------------------------------------------------------------------------------*/

bool boot_profile_takes(const struct plan_change *c)
{
	char name[PROFILE_NAME_MAX];

	return c->target.kind != &rlimit_kind && profile_of_why(c->why, name);
}

bool boot_profile_keeps(const struct boot_profile *p, const struct plan_change *c)
{
	char name[PROFILE_NAME_MAX], input[PROFILE_WHY_INPUTS_MAX];
	size_t i = 0, at = 0;

	if (p->file[0] == '\0' || !profile_of_why(c->why, name) || strcmp(p->name, name) != 0)
		return false;
	for (; profile_input_of_why(c->why, &at, input); i++) {
		if (i == p->input_count || strcmp(p->inputs[i], input) != 0)
			return false;
	}
	return i == p->input_count;
}

int boot_profile_text(const struct transaction_record *t, struct bytes *ret)
{
	char name[PROFILE_NAME_MAX], input[PROFILE_WHY_INPUTS_MAX];
	size_t i = 0, at = 0;
	int r;

	while (i < t->change_count && !boot_profile_takes(&t->changes[i].change))
		i++;
	if (i == t->change_count || !profile_of_why(t->changes[i].change.why, name))
		return 0;
	r = bytes_printf(ret, "profile = %s\n", name);
	while (r == 0 && profile_input_of_why(t->changes[i].change.why, &at, input))
		r = bytes_printf(ret, "input = %s\n", input);
	return r;
}

/* --- what else is set at boot -----------------------------------------------------------------*/

int boot_others_read(struct os *os, const char *root, struct boot_others *ret, struct error *e)
{
	int r = sysctl_settings_load_system(&ret->sysctls, root, e);

	return r < 0 ? r : boot_settings_read(os, root, &ret->settings, e);
}

void boot_others_done(struct boot_others *o)
{
	sysctl_settings_done(&o->sysctls);
	boot_settings_done(&o->settings);
}

/* Whether the file at `path` is read after the profile's would be. */
static bool comes_after(const char *path, const struct boot_profile *p)
{
	size_t stem = strlen(p->file) - strlen(BOOT_PROFILE_ENDING);
	const char *last = strrchr(path, '/');
	char name[NAME_MAX + 8];

	(void)snprintf(name, sizeof(name), "%.*s.conf", (int)stem, p->file);
	return strcmp(last != NULL ? last + 1 : path, name) > 0;
}

bool boot_others_set(const struct boot_others *o, const struct boot_profile *p, const char *tunable,
		     char *reason, size_t len)
{
	const struct sysctl_line *line = sysctl_settings_find(&o->sysctls, tunable);

	for (size_t i = 0; i < o->settings.count; i++) {
		if (strcmp(o->settings.all[i].tunable, tunable) != 0)
			continue;
		(void)snprintf(reason, len, "%s sets it after the profile", o->settings.all[i].why);
		return true;
	}
	if (line == NULL || line->value == NULL || !comes_after(line->file, p))
		return false;
	(void)snprintf(reason, len, "%.200s:%u sets it at boot, and has the last word", line->file,
		       line->line);
	return true;
}
